"""The mailroom: saved subscriptions and every message under way, in a file of its own beside the database.

The database has one writer, and nobody who sends a mail may keep it waiting. So the mailroom reads there and writes here.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from engine.casework import Subscription
from streams.database import connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS subscriptions (
    name     TEXT PRIMARY KEY,
    made     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    row      BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS parcels (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription TEXT NOT NULL,
    id           TEXT NOT NULL,
    made         INTEGER NOT NULL,
    due          INTEGER,
    attempts     INTEGER NOT NULL DEFAULT 0,
    ended        INTEGER,
    why          TEXT NOT NULL DEFAULT '',
    title        TEXT NOT NULL,
    text         TEXT NOT NULL,
    event        BLOB NOT NULL,
    UNIQUE (subscription, id)
);
CREATE INDEX IF NOT EXISTS parcels_by_due ON parcels (subscription, due) WHERE due IS NOT NULL;
"""
COLUMNS = "number, subscription, id, made, attempts, why, title, text, event"
#: How long what was delivered is remembered.
KEPT = 30 * 86_400_000_000


class Parcel(NamedTuple):
    """One message to one subscriber. The id is that of what it tells, so that whoever gets it twice knows it."""

    number: int
    subscription: str
    id: str
    made: int
    attempts: int
    why: str
    title: str
    text: str
    event: bytes


class Mailroom:
    """The file of the mailroom. A parcel with `due` waits; without it, it was delivered, or given up and says why."""

    def __init__(self, path: Path) -> None:
        is_new = not path.exists()
        if is_new:
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))  # addresses hold passwords
        self.connection = connect(path, sqlite3.Connection)
        self.connection.execute("PRAGMA journal_mode = WAL")
        with self.transaction():
            for statement in TABLES.split(";"):
                self.connection.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do everything inside, or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    # Subscriptions ----------------------------------------------------------------------------------------------------

    def add(self, one: Subscription, position: int, now: int) -> None:
        """Keep a subscription: it is told what comes behind a position. One of the same name is changed and goes on where it was."""
        self.connection.execute(
            "INSERT INTO subscriptions (name, made, position, row) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET row = excluded.row",
            (one.name, now, position, msgspec.json.encode(one)),
        )

    def remove(self, name: str) -> bool:
        """Forget a subscription and what waits for it; return whether there was one."""
        with self.transaction():
            self.connection.execute("DELETE FROM parcels WHERE subscription = ? AND due IS NOT NULL", (name,))
            return self.connection.execute("DELETE FROM subscriptions WHERE name = ?", (name,)).rowcount > 0

    def subscriptions(self) -> list[tuple[Subscription, int]]:
        """Return every subscription, with the position behind which it has not been told yet."""
        rows = self.connection.execute("SELECT row, position FROM subscriptions ORDER BY name").fetchall()
        return [(msgspec.json.decode(row, type=Subscription), position) for row, position in rows]

    # Parcels ----------------------------------------------------------------------------------------------------------

    def take_in(self, name: str, parcels: Sequence[tuple[Parcel, int]], position: int) -> None:
        """Keep parcels, each with when it is due, and how far the subscription has been told; what it has been told before is left out."""
        with self.transaction():
            self.connection.executemany(
                "INSERT OR IGNORE INTO parcels (subscription, id, made, due, title, text, event) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(name, one.id, one.made, due, one.title, one.text, one.event) for one, due in parcels],
            )
            self.connection.execute("UPDATE subscriptions SET position = ? WHERE name = ?", (position, name))

    def due(self, name: str, now: int, most: int) -> list[Parcel]:
        """Return the parcels of a subscription that are due, in their order."""
        question = f"SELECT {COLUMNS} FROM parcels WHERE subscription = ? AND due <= ? ORDER BY number LIMIT ?"  # noqa: S608 - only our own words
        return [Parcel(*row) for row in self.connection.execute(question, (name, now, most))]

    def begin(self, number: int, again: int | None, now: int) -> None:
        """Note, before it is sent, that a parcel is tried, and when it would be tried again: None where this is the last time."""
        self.connection.execute(
            "UPDATE parcels SET attempts = attempts + 1, due = ?, ended = ? WHERE number = ?", (again or now, now, number)
        )

    def end(self, number: int, why: str, again: int | None, now: int) -> None:
        """Note what became of a parcel: delivered where there is no reason why not, else tried again, or given up."""
        self.connection.execute(
            "UPDATE parcels SET due = ?, ended = ?, why = ? WHERE number = ?", (again if why else None, now, why, number)
        )

    def undelivered(self) -> list[Parcel]:
        """Return the parcels that were given up, each with why."""
        question = f"SELECT {COLUMNS} FROM parcels WHERE due IS NULL AND why != '' ORDER BY number"  # noqa: S608 - only our own words
        return [Parcel(*row) for row in self.connection.execute(question)]

    def again(self, numbers: Sequence[int], now: int) -> int:
        """Have given-up parcels tried again from the beginning, and return how many."""
        found = 0
        with self.transaction():
            for number in numbers:
                question = "UPDATE parcels SET due = ?, attempts = 0 WHERE number = ? AND due IS NULL AND why != ''"
                found += self.connection.execute(question, (now, number)).rowcount
        return found

    def counts(self, name: str) -> tuple[int, int, int]:
        """Return how many parcels of a subscription were delivered, wait, and were given up."""
        question = "SELECT due IS NOT NULL, why != '', count(*) FROM parcels WHERE subscription = ? GROUP BY 1, 2"
        found = {(bool(waits), bool(failed)): count for waits, failed, count in self.connection.execute(question, (name,))}
        waiting = found.get((True, False), 0) + found.get((True, True), 0)
        return found.get((False, False), 0), waiting, found.get((False, True), 0)

    def forget(self, now: int) -> None:
        """Let go of what was delivered long ago."""
        self.connection.execute("DELETE FROM parcels WHERE due IS NULL AND why = '' AND ended < ?", (now - KEPT,))


def mailroom_of(database: Path) -> Path:
    """Return where the mailroom of a database is."""
    return database.with_name(f"{database.name}.mailroom")
