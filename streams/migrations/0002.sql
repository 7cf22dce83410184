-- What happened to each task, one entry after the other, chained by hash: the source of truth of casework.
CREATE TABLE journal (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    task     TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    line     BLOB NOT NULL
);
-- A task has each number once: an entry that was decided twice is refused by the database itself.
CREATE UNIQUE INDEX journal_by_task ON journal (task, seq);

-- How each task stands: the fold of its journal, packed, with what lists are filtered and ordered by.
CREATE TABLE tasks (
    task     TEXT PRIMARY KEY,
    rule     TEXT NOT NULL,
    state    TEXT NOT NULL,
    over     INTEGER NOT NULL,
    level    INTEGER,
    severity TEXT NOT NULL,
    unit     TEXT NOT NULL,
    person   TEXT,
    due      INTEGER,
    missed   INTEGER NOT NULL,
    opened   INTEGER NOT NULL,
    row      BLOB NOT NULL
) WITHOUT ROWID;
-- A list shows what is due first, and what has no deadline last.
CREATE INDEX tasks_by_due ON tasks (over, missed DESC, due);

-- What else casework takes up after a restart: calendars by which some clock counts or counted, areas and their storms.
CREATE TABLE terms (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    row  BLOB NOT NULL,
    PRIMARY KEY (kind, id)
);

-- What is told beside the journal: alerts by level, supervision, scores. An id is told once.
CREATE TABLE publications (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    topic    TEXT NOT NULL,
    unit     TEXT NOT NULL,
    id       TEXT NOT NULL UNIQUE,
    line     BLOB NOT NULL
);

-- Files that were handed in as evidence, by the hash of their content. What two tasks have is there twice, so that each can be erased.
CREATE TABLE attachments (
    task    TEXT NOT NULL,
    hash    TEXT NOT NULL,
    arrived INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (task, hash)
);

-- Roots over the journal, hour by hour, each chained to the one before it.
CREATE TABLE checkpoints (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    line     BLOB NOT NULL
);
