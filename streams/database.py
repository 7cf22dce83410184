"""The database file: opened, recognised, brought up to date, and written in transactions that are kept whole or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING

from streams.lock import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: "clry": tells our file from any other SQLite file.
APPLICATION = 0x636C7279


class NotKept(Exception):  # noqa: N818 - what became of the batch
    """A batch could not be written and nothing of it is kept; the message says why, in one line."""


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Do everything inside in one transaction, or nothing of it and raise `NotKept`."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            undo(connection)
        if isinstance(error, sqlite3.Error):
            raise NotKept(f"{path}: {in_words(error)}; nothing of this batch was kept, nothing was acknowledged") from error
        raise


def undo(connection: sqlite3.Connection) -> None:
    """Roll back. SQLite may have done so itself when the disk failed; then there is nothing left to roll back."""
    try:
        connection.execute("ROLLBACK")
    except sqlite3.Error:
        if connection.in_transaction:
            raise


def in_words(error: sqlite3.Error) -> str:
    """Return what went wrong, in words an operator can act on."""
    match getattr(error, "sqlite_errorname", "") or "":
        case "SQLITE_FULL":
            return "the disk is full, or the database has reached its allowed size: make room"
        case "SQLITE_BUSY" | "SQLITE_LOCKED":
            return "another program keeps the database locked: let it finish"
        case "SQLITE_READONLY" | "SQLITE_PERM" | "SQLITE_CANTOPEN":
            return "the database cannot be written: check the permissions of the file and of its folder"
        case "SQLITE_CORRUPT" | "SQLITE_NOTADB":
            return "the file is damaged or not a database: restore a backup"
        case name:
            return f"the database could not be written ({(str(error) or name).lower()}): check the disk"


def connect(path: Path, factory: type[sqlite3.Connection]) -> sqlite3.Connection:
    """Return a connection that waits for other programs for ten seconds and flushes every commit to the disk."""
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False, factory=factory)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -65536")  # 64 MB: the rows of watches that come again and again
    return connection


def migrations() -> dict[int, str]:
    """Return the numbered steps that make the tables."""
    folder = resources.files("streams") / "migrations"
    return {int(file.name[:4]): file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".sql")}


def applied(connection: sqlite3.Connection, path: Path) -> int:
    """Return the number of the last step a database has gone through, 0 for an empty file; raise `Unusable` for a foreign one."""
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    if mark == APPLICATION:
        return int(connection.execute("SELECT max(number) FROM migrations").fetchone()[0])
    if mark or connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise Unusable(f"{path}: this is another program's database; give another --db")
    return 0


def migrate(connection: sqlite3.Connection, path: Path, now: int) -> None:
    """Bring a database up to date. Each step is recorded in the transaction it runs in, so a crash between steps does no harm."""
    steps = migrations()
    found = applied(connection, path)
    if found > max(steps):
        raise Unusable(f"{path}: written by a newer version (layout {found}, this program knows {max(steps)}); update the program")
    for number in sorted(number for number in steps if number > found):
        with transaction(connection, path):
            for statement in statements(steps[number]):
                connection.execute(statement)
            connection.execute("INSERT INTO migrations (number, applied) VALUES (?, ?)", (number, now))
            connection.execute(f"PRAGMA application_id = {APPLICATION}")


def statements(script: str) -> Iterator[str]:
    """Return the statements of a script one by one: sqlite3's own `executescript` would commit in between."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
