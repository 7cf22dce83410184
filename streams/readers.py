"""Who reads topics by hand: when each was read last, and up to where, in a small file beside the database.

The database has one writer, and whoever reads is none. Where the file cannot be written nothing is noted, and nothing is the worse for it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Read(NamedTuple):
    """When a topic was read last, and the position up to which."""

    at: int
    position: int


def readers_of(database: Path) -> Path:
    """Return where it is noted who read the topics of a database."""
    return database.with_name(f"{database.name}.readers")


def last_read(database: Path) -> dict[str, Read]:
    """Return when each topic was read last; nothing of those that nobody read."""
    try:
        return msgspec.json.decode(readers_of(database).read_bytes(), type=dict[str, Read])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def note_read(database: Path, topics: Iterable[str], read: Read) -> None:
    """Note that topics were read up to a position. Of two who note at the same moment one is enough."""
    found, told = last_read(database), list(topics)
    if not told:
        return
    for topic in told:
        before = found.get(topic, read)
        found[topic] = Read(max(before.at, read.at), max(before.position, read.position))
    path = readers_of(database)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        part.write_bytes(msgspec.json.encode(found))
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
