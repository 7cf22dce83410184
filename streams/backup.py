"""A copy of a database as it stands at one moment, made while the process goes on writing, and looked over before it counts as one."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from streams.database import in_words
from streams.lock import Unusable
from streams.store import open_reader

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class Backup(NamedTuple):
    """A backup that was made."""

    path: Path
    size: int
    #: the last position of published changes in it, to compare with `clearly tail --positions`
    changes: int


def back_up(database: Path, to: Path, now: datetime) -> Backup:
    """Return the backup that was made of a database: the file `to`, or one in the folder `to` that is named after the moment.

    Raises `Unusable`, with nothing left behind, where there is no such database, where the file is there already, where it cannot be
    written, and where the copy is damaged: then the database is as well.
    """
    path = to / f"{database.stem}-{now:%Y%m%dT%H%M%SZ}.db" if to.is_dir() else to
    if path.exists():
        raise Unusable(f"{path}: is there already, and a backup is never written over; give another name, or a folder")
    part = path.with_name(path.name + ".part")
    try:
        changes = copied(database, part)
        kept(part, path)
    except sqlite3.Error as error:
        raise Unusable(f"{database}: no backup was made: {in_words(error)}") from error
    except OSError as error:
        raise Unusable(f"{path}: {(error.strerror or str(error)).lower()}") from error
    finally:
        part.unlink(missing_ok=True)
    return Backup(path, path.stat().st_size, changes)


def copied(database: Path, part: Path) -> int:
    """Copy a database in one step, so that no commit in between makes it begin anew, and return its last position of changes."""
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640))
    reader = open_reader(database)
    try:
        target = sqlite3.connect(part, isolation_level=None)
        try:
            reader.connection.backup(target)
            # One file: who copies it elsewhere need not think of others beside it.
            target.execute("PRAGMA journal_mode = DELETE")
            found = [row[0] for row in target.execute("PRAGMA integrity_check(3)")]
            if found != ["ok"]:
                raise Unusable(f"{database}: damaged ({'; '.join(found)}); docs/disaster.md says what to do")
            return int((target.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone() or (0,))[0])
        finally:
            target.close()
    finally:
        reader.close()


def kept(part: Path, path: Path) -> None:
    """Give a finished copy its name, once all of it is on the disk."""
    flush(part)
    part.rename(path)
    flush(path.parent)


def flush(place: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
