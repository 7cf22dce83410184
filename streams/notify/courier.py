"""The courier: makes a parcel of whatever was told for each who wants it, and brings it. It is told the time and waits for nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from engine.casework import again_at, cloud_event, ending, message
from streams import docket
from streams.notify.channel import send
from streams.notify.mailroom import Mailroom, Parcel
from streams.rules import recalled
from streams.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.casework import Publication, Subscription
    from streams.rules import Rules
    from streams.store import Reader

#: So many records are looked at, and so many parcels of one subscriber brought, in one round.
LOOKED_AT, BROUGHT = 1_000, 100
SECOND = 1_000_000
#: A subscriber that does not answer is left alone for so long, and so do those who wait behind it not wait for each of its messages.
REST = 10 * SECOND
HOUR = 3_600 * SECOND


class House(NamedTuple):
    """What is known of the rules that ran last: the time zone, which unit lies in which, and which rule is about what."""

    version: str
    rules: Rules | None

    @property
    def zone(self) -> str:
        """Return the time zone of the rules."""
        return "UTC" if self.rules is None else self.rules.book.zone

    def within(self, unit: str, subtree: str, at: int) -> bool:
        """Return whether a unit lies in a subtree."""
        people = None if self.rules is None or self.rules.places is None else self.rules.places.people
        return unit == subtree or (people is not None and people.within(unit, subtree, at))

    def category(self, rule: str) -> str:
        """Return the category of a rule; nothing where there is none of that name any more."""
        found = None if self.rules is None else self.rules.book.rules.get(rule)
        return "" if found is None else found.category


class Courier:
    """One courier of one database; it lets go of nothing that it did not bring."""

    def __init__(self, database: Path, mailroom: Mailroom) -> None:
        self.reader: Reader = open_reader(database)
        self.mailroom = mailroom
        self.house = House("", None)
        self._rests: dict[str, int] = {}
        #: subscriptions of which it has been noted that they end soon
        self._warned: set[tuple[str, str]] = set()
        self._tidied = 0

    def close(self) -> None:
        """Let go of both files."""
        self.reader.close()
        self.mailroom.close()

    def round(self, now: int) -> Counter[str]:
        """Make parcels of what is new, bring what is due, and return how many were brought, failed, or were given up."""
        self._look_at_house()
        counts: Counter[str] = Counter()
        for subscription, position in self.mailroom.subscriptions():
            if subscription.is_over(now, self.house.zone):
                continue
            self._take_in(subscription, position, now)
            if self._rests.get(subscription.name, now) <= now:
                counts.update(self._bring(subscription, now))
        if now - self._tidied > HOUR:
            self._tidied = now
            self.mailroom.forget(now)
        return counts

    def _look_at_house(self) -> None:
        """Take up the rules that run now, if they are others."""
        version = self.reader.one("SELECT version FROM rulebooks ORDER BY number DESC LIMIT 1")
        if version is not None and version != self.house.version:
            kept = self.reader.rulebook()
            assert kept is not None, "a version has its files"
            self.house = House(version, recalled(*kept))

    # In ---------------------------------------------------------------------------------------------------------------

    def _take_in(self, to: Subscription, position: int, now: int) -> None:
        """Make parcels for one subscriber of everything behind a position that it wants."""
        house = self.house
        while found := self.reader.ask(
            "SELECT position, line FROM publications WHERE position > ? ORDER BY position LIMIT ?", position, LOOKED_AT
        ).fetchall():
            told = [docket.PUBLICATION.decode(line) for _, line in found]
            wanted = [one for one in told if to.wants(one, lambda unit, subtree: house.within(unit, subtree, now), house.category)]
            position = found[-1][0]
            self.mailroom.take_in(to.name, [self._parcel(to, one, now) for one in wanted], position)
        if (to.name, to.expires) not in self._warned and to.ends_soon(now, self.house.zone):
            self._warned.add((to.name, to.expires))
            self.mailroom.take_in(to.name, list(self._ending(to, now)), position)

    def _parcel(self, to: Subscription, one: Publication, now: int) -> tuple[Parcel, int]:
        """Return a record as a parcel, and from when on it may be brought."""
        said = message(one, to, self.house.zone)
        event = cloud_event(one)
        event["data"] = {**event["data"], "message": {"title": said.title, "text": said.text}}
        due = to.may_be_told_at(now, one.severity, self.house.zone)
        return Parcel(0, to.name, one.id, now, 0, "", said.title, said.text, msgspec.json.encode(event)), due

    def _ending(self, to: Subscription, now: int) -> Iterator[tuple[Parcel, int]]:
        """Give the message that a subscription ends soon; its id is that of its last day, so it is told once."""
        said = ending(to)
        event = {"type": "clearly.subscription.ending.v1", "data": {"message": {"title": said.title, "text": said.text}}}
        due = to.may_be_told_at(now, "", self.house.zone)
        yield Parcel(0, to.name, f"ending/{to.expires}", now, 0, "", said.title, said.text, msgspec.json.encode(event)), due

    # Out --------------------------------------------------------------------------------------------------------------

    def _bring(self, to: Subscription, now: int) -> Iterator[str]:
        """Bring what is due to one subscriber, until one message fails, and give what became of each."""
        for parcel in self.mailroom.due(to.name, now, BROUGHT):
            again = again_at(now, parcel.attempts + 1)
            if again is not None:
                severity = str(msgspec.json.decode(parcel.event).get("severity", ""))
                again = to.may_be_told_at(again, severity, self.house.zone)
            # noted before it is sent: whatever happens meanwhile, no message is tried more often than it may be
            self.mailroom.begin(parcel.number, again, now)
            why = send(to, parcel, now)
            self.mailroom.end(parcel.number, why, again, now)
            if why:
                self._rests[to.name] = now + REST
                yield "failed" if again is not None else "given up"
                return
            yield "brought"
