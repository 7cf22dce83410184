"""The store: one SQLite file with the kept history, what every rule knows, and what was published.

`Store` writes and holds the database for its process; `Reader` looks at it from any other process meanwhile. Whatever one batch of
events causes is a `Batch`, and a batch is kept whole or not at all.

WAL, so that readers never wait for the writer; `synchronous=FULL`, because an acknowledged event is a promise: with NORMAL a power
cut takes back the last commits, and a sender who was told 202 does not send again. It costs one flush a batch, not one an event.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from streams.database import NotKept, applied, connect, in_words, migrate, migrations, transaction
from streams.lock import Hold, Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from streams.docket import Docket

__all__ = ["Batch", "EventRow", "FeedRow", "NotKept", "Reader", "RejectedRow", "Store", "WatchRow", "open_reader", "open_store"]


class EventRow(NamedTuple):
    """An accepted event as it came."""

    type: str
    source: str
    id: str
    at: int
    arrived: int
    headers: str | None
    raw: bytes


class RejectedRow(NamedTuple):
    """A record that did not fit, where it stood, why, and what would be right."""

    source: str
    place: str
    code: str
    reason: str
    path: str
    remedy: str
    arrived: int
    headers: str | None
    raw: bytes


class WatchRow(NamedTuple):
    """What a rule knows about a key; `row` is None once there is nothing left to know."""

    rule: str
    key: bytes
    collects: str
    row: bytes | None


class FeedRow(NamedTuple):
    """How far a file has been read: bytes and lines; `identity` tells whether it is still the same file."""

    path: str
    identity: str
    offset: int
    line: int


@dataclass(slots=True)
class Batch:
    """Everything that one transaction keeps."""

    now: int
    events: list[EventRow] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    replayed: list[int] = field(default_factory=list)
    watches: list[WatchRow] = field(default_factory=list)
    changes: list[tuple[str, bytes]] = field(default_factory=list)
    feeds: list[FeedRow] = field(default_factory=list)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    rulebook: tuple[str, bytes] | None = None
    #: rules whose watches are dropped before `watches` are written
    dropped: list[str] = field(default_factory=list)
    docket: Docket | None = None
    #: event types with the time before which their events are let go
    horizons: Mapping[str, int] = field(default_factory=dict)


class Reader:
    """What can be read while another process writes; each call sees the last commit, whole."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection

    def ask(self, question: str, *values: object) -> sqlite3.Cursor:
        """Return the rows that answer one SQL question."""
        return self.connection.execute(question, values)

    def one(self, question: str, *values: object) -> Any:
        """Return the only value that answers, or None."""
        row = self.ask(question, *values).fetchone()
        return None if row is None else row[0]

    def meta(self, name: str) -> Any:
        """Return what is noted under `name`, or None."""
        return self.one("SELECT value FROM meta WHERE name = ?", name)

    def end(self, table: str) -> int:
        """Return the last position ever given in `table`, 0 before the first."""
        return self.one("SELECT seq FROM sqlite_sequence WHERE name = ?", table) or 0

    def events(self, after: int = 0) -> Iterator[tuple[int, EventRow]]:
        """Return the kept events behind a position, in the order in which they were accepted."""
        for row in self.ask(
            "SELECT position, type, source, id, at, arrived, headers, raw FROM events WHERE position > ? ORDER BY position", after
        ):
            yield row[0], EventRow(*row[1:])

    def watches(self) -> Iterator[WatchRow]:
        """Return what every rule knows about every key."""
        yield from map(WatchRow._make, self.ask("SELECT rule, key, collects, row FROM watches"))

    def changes(self, after: int, most: int = 1_000) -> list[tuple[int, bytes]]:
        """Return published lines behind a position, with their positions."""
        return self.ask("SELECT position, line FROM changes WHERE position > ? ORDER BY position LIMIT ?", after, most).fetchall()

    def changes_of(self, task: str) -> list[tuple[int, bytes]]:
        """Return every published line of one task, in order."""
        return self.ask("SELECT position, line FROM changes WHERE task = ? ORDER BY position", task).fetchall()

    def rejected(self, *, open_only: bool = False) -> Iterator[tuple[int, RejectedRow, int | None]]:
        """Return rejected records with position and, where one was accepted later, when."""
        for row in self.ask(
            "SELECT position, replayed, source, place, code, reason, path, remedy, arrived, headers, raw "
            "FROM rejected WHERE replayed IS NULL OR NOT ? ORDER BY position",
            open_only,
        ):
            yield row[0], RejectedRow(*row[2:]), row[1]

    def feed(self, path: str) -> FeedRow | None:
        """Return how far a file has been read."""
        row = self.ask("SELECT path, identity, offset, line FROM feeds WHERE path = ?", path).fetchone()
        return None if row is None else FeedRow(*row)

    def counters(self, kind: str) -> dict[str, int]:
        """Return everything counted under `kind`, by name."""
        return dict(self.ask("SELECT name, count FROM counters WHERE kind = ? ORDER BY name", kind).fetchall())

    def rulebook(self) -> tuple[str, bytes] | None:
        """Return version and files of the rulebook that ran last."""
        row: tuple[str, bytes] | None = self.ask("SELECT version, files FROM rulebooks ORDER BY number DESC LIMIT 1").fetchone()
        return row

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


class Store(Reader):
    """The one writer of a database."""

    def __init__(self, path: Path, connection: sqlite3.Connection, hold: Hold) -> None:
        super().__init__(path, connection)
        self._hold = hold

    def keep(self, batch: Batch) -> None:
        """Keep a batch in one transaction, whole; raise `NotKept`, with nothing kept, if it cannot be written."""
        with transaction(self.connection, self.path):
            self._keep_what_came(batch)
            self._keep_what_followed(batch)
        if batch.docket is not None and batch.docket.erased:
            self._overwrite()

    def _overwrite(self) -> None:
        """Leave nothing of what was erased in the log of the database; where somebody reads, the next checkpoint does."""
        self.connection.execute("PRAGMA secure_delete = OFF")
        with suppress(sqlite3.Error):
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _keep_what_came(self, batch: Batch) -> None:
        write = self.connection.executemany
        if batch.events:
            write("INSERT INTO events (type, source, id, at, arrived, headers, raw) VALUES (?, ?, ?, ?, ?, ?, ?)", batch.events)
        if batch.rejected:
            write(
                "INSERT INTO rejected (source, place, code, reason, path, remedy, arrived, headers, raw)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                batch.rejected,
            )
        if batch.replayed:
            write("UPDATE rejected SET replayed = ? WHERE position = ?", [(batch.now, position) for position in batch.replayed])
        if batch.feeds:
            write("INSERT OR REPLACE INTO feeds (path, identity, offset, line) VALUES (?, ?, ?, ?)", batch.feeds)
        if batch.counts:
            write(
                "INSERT INTO counters (kind, name, count) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, name) DO UPDATE SET count = count + excluded.count",
                [(kind, name, count) for (kind, name), count in batch.counts.items()],
            )

    def _keep_what_followed(self, batch: Batch) -> None:
        write = self.connection.executemany
        if batch.dropped:
            write("DELETE FROM watches WHERE rule = ?", [(rule,) for rule in batch.dropped])
        if batch.watches:
            kept = [row for row in batch.watches if row.row is not None]
            gone = [(row.rule, row.key) for row in batch.watches if row.row is None]
            write(
                "INSERT INTO watches (rule, key, collects, row) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (rule, key) DO UPDATE SET collects = excluded.collects, row = excluded.row",
                kept,
            )
            write("DELETE FROM watches WHERE rule = ? AND key = ?", gone)
        if batch.changes:
            write("INSERT INTO changes (task, line) VALUES (?, ?)", batch.changes)
        if batch.docket:
            batch.docket.keep(self.connection)
        if batch.rulebook is not None:
            values = (batch.rulebook[0], self.end("events"), batch.now, batch.rulebook[1])
            write("INSERT INTO rulebooks (version, position, at, files) VALUES (?, ?, ?, ?)", [values])
        if batch.horizons:
            write("DELETE FROM events WHERE type = ? AND at < ?", batch.horizons.items())
        noted = [*batch.meta.items(), ("now", batch.now)]
        write("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", noted)

    def close(self) -> None:
        """Let go of the file and of the hold on it."""
        super().close()
        self._hold.release()


def open_store(path: Path, now: int, *, factory: type[sqlite3.Connection] = sqlite3.Connection) -> Store:
    """Return the store at `path`, made or brought up to date if need be; raise `Unusable` if that cannot be.

    The hold on the database lasts until `close` or the end of the process. `factory` is for tests that make writing fail.
    """
    if not path.parent.is_dir():
        raise Unusable(f"{path}: there is no folder {path.parent}")
    hold = Hold(path)
    try:
        connection = connect(path, factory)
        connection.execute("PRAGMA page_size = 8192")  # for a new file: fewer, larger writes than with 4096
        connection.execute("PRAGMA journal_mode = WAL")
        # A checkpoint copies pages back and flushes twice; every 40 MB instead of 4 keeps it out of most batches.
        connection.execute("PRAGMA wal_autocheckpoint = 10000")
        migrate(connection, path, now)
    except (sqlite3.Error, NotKept) as error:
        hold.release()
        raise Unusable(str(error) if isinstance(error, NotKept) else f"{path}: {in_words(error)}") from error
    except Unusable:
        hold.release()
        raise
    return Store(path, connection, hold)


def open_reader(path: Path) -> Reader:
    """Return a reader of the store at `path`; raise `Unusable` if there is none or it is of another version."""
    if not path.is_file():
        raise Unusable(f"{path}: there is no such database; `clearly run --db {path}` makes it")
    try:
        connection = connect(path, sqlite3.Connection)
        connection.execute("PRAGMA query_only = ON")
        if (found := applied(connection, path)) != (known := max(migrations())):
            raise Unusable(f"{path}: its layout is number {found}, this program reads number {known}; start `clearly run` once")
    except sqlite3.Error as error:
        raise Unusable(f"{path}: {in_words(error)}") from error
    return Reader(path, connection)
