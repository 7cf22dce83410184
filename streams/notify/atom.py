"""Alerts as an Atom feed, for whoever reads feeds: the newest ones of a unit and those below it, from a level on."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, tostring

from engine.casework import message_in_feed
from streams import docket
from streams.notify.courier import House
from streams.readers import Read, note_read
from streams.rules import recalled
from streams.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.casework import Publication, Subscription
    from streams.store import Reader

NAMESPACE: Final = "http://www.w3.org/2005/Atom"
#: So many alerts stand in a feed, and so many are looked at for them.
MOST, LOOKED_AT = 100, 5_000
#: How often it is noted that somebody reads.
HOUR: Final = 3_600_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Alerts:
    """The feeds of one database. Rules are read anew only where others run."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self._house = House("", None)
        self._noted = 0

    def feed(self, to: Subscription, now: int) -> bytes:
        """Return the feed of the alerts that a subscription wants, the newest first."""
        with closing(open_reader(self.database)) as reader:
            house = self._house = self._house_of(reader)
            found = list(self._wanted(reader, house, to, now))
            if now >= self._noted + HOUR:
                self._noted = now
                read = [f"alert.l{level}" for level in range(6) if to.has_topic(f"alert.l{level}")]
                note_read(self.database, read, Read(now, reader.end("publications")))
        return written(found, to, house.zone, now)

    def _house_of(self, reader: Reader) -> House:
        version = reader.one("SELECT version FROM rulebooks ORDER BY number DESC LIMIT 1")
        kept = reader.rulebook() if version is not None and version != self._house.version else None
        return self._house if kept is None else House(version, recalled(*kept))

    def _wanted(self, reader: Reader, house: House, to: Subscription, now: int) -> Iterator[Publication]:
        question = "SELECT line FROM publications WHERE topic LIKE 'alert.%' ORDER BY position DESC LIMIT ?"
        count = 0
        for (line,) in reader.ask(question, LOOKED_AT):
            one = docket.PUBLICATION.decode(line)
            if to.wants(one, lambda unit, subtree: house.within(unit, subtree, now), house.category):
                yield one
                count += 1
            if count == MOST:
                return


def written(found: list[Publication], to: Subscription, zone: str, now: int) -> bytes:
    """Return records as a feed."""
    asked = [("unit", unit) for unit in to.units] + [("severity", to.severity)] * bool(to.severity)
    asked += [("category", category) for category in to.categories]
    asked += [("level", str(to.level))] if to.level is not None else []
    feed = Element("feed", xmlns=NAMESPACE)
    add(feed, "id", f"urn:clearly:alerts?{urlencode(asked)}")
    add(feed, "title", " ".join(("说清楚 explain-clearly", *to.units)))
    add(feed, "updated", shown(max((one.time + (one.late_by or 0) for one in found), default=now)))
    for one in found:
        entry = SubElement(feed, "entry")
        said = message_in_feed(one, to, zone)
        add(entry, "id", f"urn:uuid:{one.id}")
        add(entry, "title", said.title)
        add(entry, "updated", shown(one.time + (one.late_by or 0)))
        add(SubElement(entry, "author"), "name", one.unit)
        SubElement(entry, "category", term=one.topic)
        add(entry, "content", said.text).set("type", "text")
    told: bytes = tostring(feed, "utf-8", xml_declaration=True)
    return told


def add(above: Element, name: str, text: str) -> Element:
    """Return a new element with a text in it, without the letters that XML cannot hold."""
    found = SubElement(above, name)
    found.text = "".join(letter for letter in text if letter >= " " or letter in "\n\t")
    return found


def shown(at: int) -> str:
    """Return a moment as Atom writes it."""
    return (EPOCH + timedelta(microseconds=at // 1_000_000 * 1_000_000)).isoformat()
