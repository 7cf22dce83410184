"""The docket: what the store keeps of casework, and how it is read. Written with the batch that it belongs to, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from engine.casework import (
    Broken,
    Mark,
    Publication,
    Row,
    decode_checkpoint,
    decode_entry,
    encode_checkpoint,
    encode_entry,
    evidence_in,
    forgotten,
    unpack,
)
from streams.tasktable import Filter, columns, counted

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from engine.casework import Checkpoint, Entry, Task
    from streams.store import Reader

ENCODER = msgspec.json.Encoder(order="deterministic")
BROKEN = msgspec.json.Decoder(list[Broken])
MARK = msgspec.json.Decoder(Mark)
PUBLICATION = msgspec.json.Decoder(Publication)


@dataclass(slots=True)
class Docket:
    """What one batch adds: entries, what is told beside them, rows as the world gave them with its tasks, and files handed in."""

    entries: Sequence[Entry] = ()
    published: Sequence[Publication] = ()
    rows: Sequence[Row] = ()
    tasks: Mapping[str, Task] = field(default_factory=dict)
    #: the task, the hash of a file's content, when it arrived, and the content
    attachments: Sequence[tuple[str, str, int, bytes]] = ()
    #: the task, and the evidence whose content goes with this batch
    erased: Sequence[tuple[str, Sequence[str]]] = ()
    checkpoint: Checkpoint | None = None

    def __bool__(self) -> bool:
        """Return whether there is anything to keep."""
        return bool(self.entries or self.published or self.rows or self.attachments or self.checkpoint or self.erased)

    def keep(self, connection: sqlite3.Connection) -> None:
        """Write it inside the transaction that is open."""
        write = connection.executemany
        write(
            "INSERT INTO journal (task, seq, at, kind, line) VALUES (?, ?, ?, ?, ?)",
            [(one.task_id, one.seq, one.at, one.kind, encode_entry(one)) for one in self.entries],
        )
        write(
            "INSERT INTO publications (topic, unit, id, line) VALUES (?, ?, ?, ?)",
            [(one.topic, one.unit, one.id, ENCODER.encode(one)) for one in self.published],
        )
        keep_rows(self.rows, self.tasks, connection)
        write("INSERT OR IGNORE INTO attachments (task, hash, arrived, content) VALUES (?, ?, ?, ?)", self.attachments)
        for task, names in self.erased:
            erase(task, names, connection)
        if self.checkpoint is not None:
            write("INSERT INTO checkpoints (at, line) VALUES (?, ?)", [(self.checkpoint.at, encode_checkpoint(self.checkpoint))])


def keep_rows(rows: Sequence[Row], tasks: Mapping[str, Task], connection: sqlite3.Connection) -> None:
    """Write rows: tasks with what lists are ordered by, anything else as it is."""
    write = connection.executemany
    told = [row for row in rows if row.packed is not None]
    write("DELETE FROM tasks WHERE task = ?", [(row.id,) for row in rows if row.packed is None and row.kind == "task"])
    write("DELETE FROM terms WHERE kind = ? AND id = ?", [row[:2] for row in rows if row.packed is None and row.kind != "task"])
    write(
        "INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((*columns(tasks[row.id]), row.packed) for row in told if row.kind == "task"),
    )
    write("INSERT OR REPLACE INTO terms (kind, id, row) VALUES (?, ?, ?)", [row for row in told if row.kind != "task"])


def erase(task: str, names: Sequence[str], connection: sqlite3.Connection) -> None:
    """Take the content of evidence away, and what people wrote beside it; the journal keeps its hash, and the chain verifies."""
    connection.execute("PRAGMA secure_delete = ON")  # what is gone is overwritten, not only let go
    found = connection.execute("SELECT position, line FROM journal WHERE task = ? ORDER BY seq", (task,)).fetchall()
    entries = [decode_entry(line) for _, line in found]
    gone = [(task, held.item.sha256) for name, held in evidence_in(entries).items() if name in names and held.item.sha256]
    connection.executemany("DELETE FROM attachments WHERE task = ? AND hash = ?", gone)
    for (position, line), entry in zip(found, forgotten(entries, names), strict=True):
        if (bare := encode_entry(entry)) != line:
            connection.execute("UPDATE journal SET line = ? WHERE position = ?", (bare, position))


def journal_of(reader: Reader, task: str) -> list[Entry]:
    """Return the whole journal of a task."""
    return [decode_entry(line) for (line,) in reader.ask("SELECT line FROM journal WHERE task = ? ORDER BY seq", task)]


def journal(reader: Reader, after: int = 0) -> Iterator[tuple[int, Entry]]:
    """Give every entry behind a position, in the order in which they were appended."""
    for position, line in reader.ask("SELECT position, line FROM journal WHERE position > ? ORDER BY position", after):
        yield position, decode_entry(line)


def marks(reader: Reader, after: int = 0) -> list[Mark]:
    """Return the marks of every entry behind a position, in the order in which they were appended."""
    return [MARK.decode(line) for (line,) in reader.ask("SELECT line FROM journal WHERE position > ? ORDER BY position", after)]


def published(reader: Reader, after: int = 0) -> Iterator[tuple[int, Publication]]:
    """Give what was told beside the journal behind a position."""
    for position, line in reader.ask("SELECT position, line FROM publications WHERE position > ? ORDER BY position", after):
        yield position, PUBLICATION.decode(line)


def published_on(reader: Reader, topics: Sequence[str], after: int, most: int) -> list[tuple[int, bytes]]:
    """Return the next lines of some topics behind a position, with their positions."""
    named = ", ".join("?" * len(topics))
    question = f"SELECT position, line FROM publications WHERE topic IN ({named}) AND position > ? ORDER BY position LIMIT ?"  # noqa: S608 - only question marks
    return reader.ask(question, *topics, after, most).fetchall()


def rows(reader: Reader) -> Iterator[tuple[str, str, bytes]]:
    """Give what a world takes up again after a restart, as `Row` has it."""
    yield from reader.ask("SELECT kind, id, row FROM terms")
    yield from reader.ask("SELECT 'task', task, row FROM tasks")


def task(reader: Reader, name: str) -> Task | None:
    """Return a task as it stands, None where there is none or it was forgotten."""
    row = reader.one("SELECT row FROM tasks WHERE task = ?", name)
    return None if row is None else unpack(row)


def digested(reader: Reader) -> int | None:
    """Return up to when digests were told, or None where none ever was."""
    row = reader.one("SELECT row FROM terms WHERE kind = 'digest'")
    return None if row is None else int(row)


def scored(reader: Reader) -> str | None:
    """Return the last month of which scorecards were told, or None where none ever was begun."""
    row: bytes | None = reader.one("SELECT row FROM terms WHERE kind = 'scorecard'")
    return None if row is None else row.decode()


def moved_within(reader: Reader, since: int, until: int) -> list[str]:
    """Return the tasks of which the journal tells something in a period."""
    return [name for (name,) in reader.ask("SELECT DISTINCT task FROM journal WHERE at >= ? AND at < ?", since, until)]


def moved_between(reader: Reader, after: int, end: int, most: int) -> list[tuple[int, str, int]]:
    """Return position, task and number of the next entries behind one position and up to another."""
    question = "SELECT position, task, seq FROM journal WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"
    return reader.ask(question, after, end, most).fetchall()


def calendars(reader: Reader) -> Iterator[Row]:
    """Give the calendars by which some clock counts or counted."""
    yield from map(Row._make, reader.ask("SELECT kind, id, row FROM terms WHERE kind = 'calendar'"))


def last_checkpoint(reader: Reader) -> Checkpoint | None:
    """Return the last root over the journal."""
    line = reader.one("SELECT line FROM checkpoints ORDER BY position DESC LIMIT 1")
    return None if line is None else decode_checkpoint(line)


def not_holding(reader: Reader) -> list[Broken]:
    """Return which invariants did not hold when somebody last looked."""
    noted = reader.meta("broken")
    return BROKEN.decode(noted) if noted else []


class Standing(msgspec.Struct):
    """How casework stands, as `clearly status` shows it. Times are microseconds since 1970."""

    #: tasks by state, those that are over and may still be opened again, too
    states: dict[str, int]
    #: how many are open, and how many of them are late
    open: int
    late: int
    #: records of the journal, and files that were handed in
    entries: int
    files: int
    #: when all invariants held last, and which do not hold now
    heartbeat: int | None = None
    broken: list[str] = []
    #: the last checkpoint: its number, when it was made, and the hash to keep somewhere else
    root: int | None = None
    rooted_at: int | None = None
    root_hash: str | None = None


def standing(reader: Reader) -> Standing | None:
    """Return how casework stands; None where there never was any."""
    entries, last = reader.end("journal"), last_checkpoint(reader)
    if not entries and last is None:
        return None
    now = reader.meta("now") or 0
    states = dict(reader.ask("SELECT state, count(*) FROM tasks GROUP BY state ORDER BY state").fetchall())
    return Standing(
        states=states,
        open=counted(reader, Filter()),
        late=counted(reader, Filter(overdue=now)),
        entries=entries,
        files=reader.one("SELECT count(*) FROM attachments"),
        heartbeat=reader.meta("heartbeat"),
        broken=[str(one) for one in not_holding(reader)],
        root=None if last is None else last.number,
        rooted_at=None if last is None else last.at,
        root_hash=None if last is None else last.hash,
    )


def checkpoints(reader: Reader) -> list[Checkpoint]:
    """Return every root over the journal, in order."""
    return [decode_checkpoint(line) for (line,) in reader.ask("SELECT line FROM checkpoints ORDER BY position")]
