"""The organisation: units within units, the people in them with their posts, and who stands in for whom, as of a moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.places.history import History

#: The post of whoever leads a unit: who is asked where a route names no post.
HEAD = "head"


class Unit(NamedTuple):
    """One row of a unit: the unit that it belongs to, which department of that it is, if it is one, and who supervises it.

    `was` are the codes of the units that became this one.
    """

    name: str
    above: str | None
    department: str | None
    title: str | None
    supervised_by: str | None
    was: tuple[str, ...]
    since: int
    until: int


class Person(NamedTuple):
    """One row of a person: the unit and the posts there."""

    name: str
    unit: str
    posts: tuple[str, ...]
    title: str | None
    since: int
    until: int


class Absence(NamedTuple):
    """One row of an absence: who is away, and who stands in, if somebody does."""

    name: str
    substitute: str | None
    since: int
    until: int


class Seat(NamedTuple):
    """From when until when a name is found somewhere: a person on a post, a department in a unit."""

    name: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Organisation:
    """Units and people by name, and who is found where. Of several on one post, the first one written answers.

    `absences` is by person, `standing_in` has whom a person stands in for, `members` the people of a unit, and `successors` the
    units that an earlier one became.
    """

    units: Mapping[str, History[Unit]]
    people: Mapping[str, History[Person]]
    posts: Mapping[tuple[str, str], tuple[Seat, ...]]
    departments: Mapping[tuple[str, str], tuple[Seat, ...]]
    absences: Mapping[str, History[Absence]] = field(default_factory=dict)
    standing_in: Mapping[str, tuple[Seat, ...]] = field(default_factory=dict)
    members: Mapping[str, tuple[Seat, ...]] = field(default_factory=dict)
    successors: Mapping[str, tuple[Seat, ...]] = field(default_factory=dict)

    def unit(self, name: str | None, at: int) -> Unit | None:
        """Return a unit as it was, or None."""
        history = self.units.get(name) if name is not None else None
        return history.at(at) if history is not None else None

    def person(self, name: str | None, at: int) -> Person | None:
        """Return a person as of a moment, or None."""
        history = self.people.get(name) if name is not None else None
        return history.at(at) if history is not None else None

    def upwards(self, name: str | None, at: int) -> Iterator[Unit]:
        """Return a unit and the units above it, the nearest first."""
        seen: set[str] = set()
        while (unit := self.unit(name, at)) is not None and unit.name not in seen:
            yield unit
            seen.add(unit.name)
            name = unit.above

    def asked(self, name: str | None, department: str | None, post: str, at: int) -> Iterator[tuple[str, str | None]]:
        """Return the units to ask, the nearest first, each with who holds the post there, or None."""
        for unit in self.upwards(name, at):
            seat = unit.name
            if department is not None and unit.department != department:
                found = first(self.departments.get((unit.name, department), ()), at)
                if found is None:
                    continue
                seat = found
            yield seat, self.holder(seat, post, at)

    def holder(self, unit: str, post: str, at: int) -> str | None:
        """Return who answers on a post of a unit: of several, the first one who is there or has somebody standing in."""
        here = (seat.name for seat in self.posts.get((unit, post), ()) if seat.since <= at < seat.until)
        return next((answering for name in here if (answering := self.answering(name, at)) is not None), None)

    def answering(self, name: str, at: int) -> str | None:
        """Return who answers for a person: that person, or while away whoever stands in; None where nobody does."""
        seen: set[str] = set()
        while (absence := self.absence(name, at)) is not None:
            if absence.substitute is None or name in seen:
                return None
            seen.add(name)
            name = absence.substitute
        return name if self.person(name, at) is not None else None

    def absence(self, name: str, at: int) -> Absence | None:
        """Return the absence of a person at a moment, or None."""
        history = self.absences.get(name) if self.absences else None
        return history.at(at) if history is not None else None


def no_organisation() -> Organisation:
    """Return an organisation that has nobody yet."""
    return Organisation({}, {}, {}, {})


def first(seats: tuple[Seat, ...], at: int) -> str | None:
    """Return the first name that is there at a moment."""
    return next((seat.name for seat in seats if seat.since <= at < seat.until), None)
