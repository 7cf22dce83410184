"""A copy of a database as it stands at one moment, made while the process goes on writing, and looked over before it counts as one.

Saved subscriptions lie in a file beside the database, and so does their copy. It is made first: a mailroom that knew more than the database
would pass over what is told anew after a restore; one that knows less brings a message a second time, under the same id.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from streams.database import in_words
from streams.lock import Unusable
from streams.notify import mailroom_of
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
    #: the copy of the saved subscriptions, where there are some
    mailroom: Path | None = None


def back_up(database: Path, to: Path, now: datetime) -> Backup:
    """Return the backup that was made of a database: the file `to`, or one in the folder `to` that is named after the moment.

    Raises `Unusable`, with nothing left behind, where there is no such database, where the file is there already, where it cannot be
    written, and where the copy is damaged: then the database is as well.
    """
    path = to / f"{database.stem}-{now:%Y%m%dT%H%M%SZ}.db" if to.is_dir() else to
    room = mailroom_of(path) if mailroom_of(database).is_file() else None
    if there := [one for one in (path, room) if one is not None and one.exists()]:
        raise Unusable(f"{there[0]}: is there already, and a backup is never written over; give another name, or a folder")
    part, aside = (path.with_name(path.name + ending) for ending in (".part", ".mailroom.part"))
    try:
        if room is not None:
            copied_room(mailroom_of(database), aside)
        changes = copied(database, part)
        if room is not None:
            kept(aside, room)
        kept(part, path)
    except sqlite3.Error as error:
        raise Unusable(f"{database}: no backup was made: {in_words(error)}") from error
    except OSError as error:
        raise Unusable(f"{path}: {(error.strerror or str(error)).lower()}") from error
    finally:
        part.unlink(missing_ok=True)
        aside.unlink(missing_ok=True)
    return Backup(path, path.stat().st_size, changes, room)


def copied(database: Path, part: Path) -> int:
    """Copy a database in one step, so that no commit in between makes it begin anew, and return its last position of changes."""
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640))
    with closing(open_reader(database)) as reader, closing(sqlite3.connect(part, isolation_level=None)) as target:
        looked_over(reader.connection, target, database)
        return int((target.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone() or (0,))[0])


def copied_room(room: Path, part: Path) -> None:
    """Copy a mailroom in one step, readable by its owner only: addresses hold passwords."""
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    with closing(sqlite3.connect(f"file:{quote(str(room))}?mode=ro", uri=True)) as source, closing(sqlite3.connect(part)) as target:
        looked_over(source, target, room)


def looked_over(source: sqlite3.Connection, target: sqlite3.Connection, name: Path) -> None:
    """Copy one file into another, as one file; raise `Unusable` where it is damaged."""
    source.backup(target)
    # One file: who copies it elsewhere need not think of others beside it.
    target.execute("PRAGMA journal_mode = DELETE")
    found = [row[0] for row in target.execute("PRAGMA integrity_check(3)")]
    if found != ["ok"]:
        raise Unusable(f"{name}: damaged ({'; '.join(found)}); docs/disaster.md says what to do")


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
