-- Raw events of the kept history, in the order in which they were accepted. Rebuilding and explaining need them.
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    type     TEXT NOT NULL,
    source   TEXT NOT NULL,
    id       TEXT NOT NULL,
    at       INTEGER NOT NULL,
    arrived  INTEGER NOT NULL,
    headers  TEXT,
    raw      BLOB NOT NULL
);
-- Kept history is let go type by type, oldest first.
CREATE INDEX events_by_age ON events (type, at);

-- What each rule knows about each key, packed by the engine; `collects` is the hash of what the rule collects (same hash, same state).
CREATE TABLE watches (
    rule     TEXT NOT NULL,
    key      BLOB NOT NULL,
    collects TEXT NOT NULL,
    row      BLOB NOT NULL,
    PRIMARY KEY (rule, key)
);

-- What was published: one line of JSON each, for `clearly tail` from any position.
CREATE TABLE changes (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    task     TEXT NOT NULL,
    line     BLOB NOT NULL
);
CREATE INDEX changes_by_task ON changes (task);

-- What did not fit, each with its reason; `replayed` is when it was accepted after all.
CREATE TABLE rejected (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    source   TEXT NOT NULL,
    place    TEXT NOT NULL,
    code     TEXT NOT NULL,
    reason   TEXT NOT NULL,
    path     TEXT NOT NULL,
    remedy   TEXT NOT NULL,
    arrived  INTEGER NOT NULL,
    replayed INTEGER,
    headers  TEXT,
    raw      BLOB NOT NULL
);

-- How far each file of a feed has been read.
CREATE TABLE feeds (
    path     TEXT PRIMARY KEY,
    identity TEXT NOT NULL,
    offset   INTEGER NOT NULL,
    line     INTEGER NOT NULL
);

-- Everything that is only counted: names of unknown fields, events by source …
CREATE TABLE counters (
    kind  TEXT NOT NULL,
    name  TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
);

-- Every rulebook that ran, with its files; it holds for the events behind `position`.
CREATE TABLE rulebooks (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    version  TEXT NOT NULL,
    position INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    files    BLOB NOT NULL
);

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
);

CREATE TABLE migrations (
    number  INTEGER PRIMARY KEY,
    applied INTEGER NOT NULL
);
