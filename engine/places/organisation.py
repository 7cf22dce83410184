"""The organisation: units within units, and the people in them with their posts, as of a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.places.history import History

#: The post of whoever leads a unit: who is asked where a route names no post.
HEAD = "head"


class Unit(NamedTuple):
    """One row of a unit: the unit that it belongs to, and which department of that it is, if it is one."""

    name: str
    above: str | None
    department: str | None
    title: str | None
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


class Seat(NamedTuple):
    """From when until when a name is found somewhere: a person on a post, a department in a unit."""

    name: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Organisation:
    """Units and people by name, and who is found where. Of several on one post, the first one written answers."""

    units: Mapping[str, History[Unit]]
    people: Mapping[str, History[Person]]
    posts: Mapping[tuple[str, str], tuple[Seat, ...]]
    departments: Mapping[tuple[str, str], tuple[Seat, ...]]

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
            yield seat, first(self.posts.get((seat, post), ()), at)


def first(seats: tuple[Seat, ...], at: int) -> str | None:
    """Return the first name that is there at a moment."""
    return next((seat.name for seat in seats if seat.since <= at < seat.until), None)
