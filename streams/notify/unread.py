"""Topics on which something was told and nobody was there: no subscription has them, and nobody has read them for a week."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from engine.casework import Subscription
from streams import docket
from streams.notify.mailroom import mailroom_of
from streams.readers import Read, last_read

if TYPE_CHECKING:
    from pathlib import Path

    from streams.store import Reader

#: A warning that nobody reads for so long is none.
WEEK = 7 * 86_400_000_000
NEVER = Read(0, 0)


class Unread(msgspec.Struct, frozen=True):
    """A topic that nobody reads: since when something stands there, and how many records do."""

    topic: str
    since: int
    records: int


def unread(reader: Reader, now: int, zone: str = "UTC") -> list[Unread]:
    """Return the topics that nobody has subscribed to and nobody has read for a week though something stands there."""
    subscriptions = subscriptions_of(reader.path)
    if subscriptions is None:
        return []
    held = [one for one in subscriptions if not one.is_over(now, zone)]
    topics = [topic for (topic,) in reader.ask("SELECT DISTINCT topic FROM publications ORDER BY topic")]
    read = last_read(reader.path)
    found = [standing(reader, topic, read.get(topic, NEVER)) for topic in topics if not any(one.has_topic(topic) for one in held)]
    return [one for one in found if one is not None and now - max(one.since, read.get(one.topic, NEVER).at) >= WEEK]


def standing(reader: Reader, topic: str, read: Read) -> Unread | None:
    """Return what stands on a topic behind where it was read to, or None."""
    where = "FROM publications WHERE topic = ? AND position > ?"
    line = reader.one(f"SELECT line {where} ORDER BY position LIMIT 1", topic, read.position)
    if line is None:
        return None
    first = docket.PUBLICATION.decode(line)
    count: int = reader.one(f"SELECT count(*) {where}", topic, read.position)
    return Unread(topic, first.time + (first.late_by or 0), count)


def subscriptions_of(database: Path) -> list[Subscription] | None:
    """Return the saved subscriptions of a database; None where only somebody else may know them."""
    path = mailroom_of(database)
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=1)) as room:
            return [msgspec.json.decode(row, type=Subscription) for (row,) in room.execute("SELECT row FROM subscriptions")]
    except sqlite3.Error:
        return None
