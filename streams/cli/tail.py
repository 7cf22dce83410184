"""`clearly tail`: the records of a topic as lines, from any position, as long as somebody reads."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from engine.casework import cloud_event
from engine.source import suggest
from streams import clock
from streams.cli.outcome import FINE, Refused
from streams.lock import Unusable
from streams.readers import Read, note_read
from streams.rules import recalled
from streams.store import open_reader
from streams.topics import FINDINGS, TOPICS, Topic, is_topic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.casework import Publication
    from streams.store import Reader
    from streams.topics import Told

    Within = Callable[[str, str], bool]

#: Seconds between two looks for something new.
PAUSE = 0.5
#: How often it is noted that somebody reads.
HOUR = 3_600_000_000


class Wanted(NamedTuple):
    """Which records are wanted; what is empty asks for nothing. A unit stands for all below it, and may be the role that stands for it."""

    topic: str = FINDINGS
    rules: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    severities: frozenset[str] = frozenset()
    #: of findings: the status of their rule
    statuses: frozenset[str] = frozenset()
    level: int | None = None

    def wants(self, one: Publication, within: Within) -> bool:
        """Return whether a record is wanted."""
        return (
            (not self.rules or one.rule in self.rules)
            and (not self.units or any(within(one.unit, unit) for unit in self.units))
            and (one.severity in self.severities or not one.severity)
            and (not self.statuses or one.topic != FINDINGS or one.state in self.statuses)
            and (self.level is None or (one.level is not None and one.level >= self.level))
        )


class Written(NamedTuple):
    """How a record is written."""

    positions: bool = False
    as_cloudevents: bool = False

    def line(self, told: Told) -> bytes:
        """Return a record as a line, with its end."""
        line = msgspec.json.encode(cloud_event(told.record)) if self.as_cloudevents else told.line
        return (f"{told.position}\t".encode() if self.positions else b"") + line + b"\n"


def tail_topic(db: Path, after: int, wanted: Wanted, written: Written, *, follow: bool) -> int:
    """Write the records behind a position, and with `follow` whatever comes, until Ctrl-C; return the exit code."""
    must_be_topic(wanted.topic)
    try:
        reader = open_reader(db)
    except Unusable as error:
        raise Refused(str(error)) from error
    try:
        write(Topic(reader, wanted.topic), after, wanted, written, follow=follow)
    except KeyboardInterrupt:
        return FINE
    finally:
        reader.close()
    return FINE


def must_be_topic(name: str) -> None:
    """Refuse what is no topic."""
    if not is_topic(name):
        raise Refused(f"--topic {name}: there is no such topic{suggest(name, TOPICS) or '; one of ' + ', '.join(TOPICS)}")


def write(topic: Topic, after: int, wanted: Wanted, written: Written, *, follow: bool) -> None:
    """Write what is wanted of a topic, to its end or for ever."""
    within = places_in(topic.reader) if wanted.units else same
    noted = 0
    while True:
        told = topic.after(after)
        for one in told:
            after = int(one.position)
            if wanted.wants(one.record, within):
                sys.stdout.buffer.write(written.line(one))
        sys.stdout.buffer.flush()
        if not told and (now := clock.now()) >= noted + HOUR:
            noted = now
            note_read(topic.reader.path, topic.published, Read(now, after))
        if not told and not follow:
            return
        if not told:
            time.sleep(PAUSE)


def same(unit: str, wanted: str) -> bool:
    """Return whether a unit is the one that is wanted."""
    return unit == wanted


def places_in(reader: Reader) -> Within:
    """Return what says whether a unit lies within another, by the organisation of the rules that ran last, as it is today."""
    kept = reader.rulebook()
    rules = None if kept is None else recalled(*kept)
    people = None if rules is None or rules.places is None else rules.places.people
    if people is None:
        return same
    now = max(clock.now(), reader.meta("now") or 0)
    return lambda unit, wanted: unit == wanted or people.within(unit, wanted, now)
