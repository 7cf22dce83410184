"""Who answers for what happened where, as of the event's time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from engine.places.grid import CUSTOMER, UNPLACED, Grid
from engine.places.organisation import HEAD, Organisation
from engine.places.people import People

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from engine.places.routes import Routes, Way

#: So many different names are counted one by one, the rest together: events can name whatever they like.
MOST_NAMES = 1_000
REST = "…"


class Answer(NamedTuple):
    """Who answers: the unit, and the person in it. A person is None where nobody in that unit or above it has a name."""

    unit: str | None
    person: str | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Places:
    """Grid, organisation and routes of a rules folder. Nothing changes but `counts`.

    `counts` has (what, name): `unplaced` elements as `level: name`, `unknown unit` and `unknown person` that an event or the grid
    names, and roles for which `nobody` was found.
    """

    grid: Grid
    organisation: Organisation
    routes: Routes | None = None
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def roles(self) -> AbstractSet[str] | None:
        """Return the roles that rules may name, or None where no routes say so."""
        return None if self.routes is None else frozenset(self.routes.ways)

    @property
    def people(self) -> People:
        """Return the people and units by what they may do."""
        return People(self.organisation)

    @property
    def reads(self) -> AbstractSet[str]:
        """Return the fields of an event that say where it happened and who answers."""
        ways = [] if self.routes is None else [way for ways in self.routes.ways.values() for way in ways]
        return frozenset((CUSTOMER, *self.grid.levels, *(way.name for way in ways if way.kind in {"person_in", "unit_in"})))

    def place(self, values: Mapping[str, str], at: int) -> dict[str, str]:
        """Return what the grid says where an event is silent, level by level; what nothing says is `unplaced`, and counted."""
        placed = self.grid.place(values, at)
        for level, name in placed.unknown:
            self._count("unplaced", f"{level}: {name}")
        return {level: placed.names.get(level, UNPLACED) for level in self.grid.levels if values.get(level, UNPLACED) == UNPLACED}

    def resolve(self, role: str, values: Mapping[str, str], at: int) -> Answer:
        """Return who answers for a role: by the first way of its route that leads to a person, else the first unit on the way.

        Where no way leads to a unit, the catch-all answers. Nobody at all answers only where the folder has no routes.
        """
        if self.routes is None:
            return Answer(None, None)
        names = {**values, **self.grid.place(values, at).names}
        nearest: Answer | None = None
        for way in self.routes.ways.get(role, ()):
            for answer in self._by(way, names, at):
                if answer.person is not None:
                    return answer
                nearest = nearest or answer
        self._count("nobody", role)
        return nearest or self._catch_all(at)

    def unit_of(self, values: Mapping[str, str], at: int) -> str | None:
        """Return the unit that looks after where something happened: of the lowest level that has one; None where none has."""
        return self._unit_of(CUSTOMER, {**values, **self.grid.place(values, at).names}, at)

    def area_of(self, unit: str, at: int) -> dict[str, str]:
        """Return the county or city that a unit, or the nearest one above it, looks after, with what it hangs on; nothing if none does."""
        areas = {
            element.unit: element
            for level in reversed(self.grid.levels[-2:])
            for history in self.grid.elements[level].values()
            if (element := history.at(at)) is not None and element.unit is not None
        }
        found = next((areas[one.name] for one in self.organisation.upwards(unit, at) if one.name in areas), None)
        return {} if found is None else {found.level: found.name, **dict(found.above)}

    def title(self, what: str, name: str, at: int) -> str:
        """Return what a level's element, a `unit`, a `person` or a `role` is called for people; without a title, its name."""
        if what == "role":
            return name if self.routes is None else self.routes.titles.get(name, name)
        match what:
            case "unit":
                title = unit.title if (unit := self.organisation.unit(name, at)) else None
            case "person":
                title = person.title if (person := self.organisation.person(name, at)) else None
            case _:
                title = element.title if (element := self.grid.element(what, name, at)) else None
        return title or name

    def _by(self, way: Way, names: Mapping[str, str], at: int) -> Iterator[Answer]:
        """Return the answers to which a way leads, the nearest unit first."""
        match way.kind:
            case "manager_of":
                element = self.grid.element(way.name, names.get(way.name), at)
                yield from self._person(element.manager if element is not None else None, at)
            case "person_in":
                yield from self._person(said(names, way.name), at)
            case "person":
                yield from self._person(way.name, at)
            case "unit_of":
                yield from self._unit(way, self._unit_of(way.name, names, at), at)
            case "unit_in":
                yield from self._unit(way, said(names, way.name), at)
            case "unit":
                yield from self._unit(way, way.name, at)

    def _unit_of(self, level: str, names: Mapping[str, str], at: int) -> str | None:
        """Return the unit of an element, or of the nearest one above it that has one."""
        levels = (CUSTOMER, *self.grid.levels)
        for one in levels[levels.index(level) :]:
            element = self.grid.element(one, names.get(one), at)
            if element is not None and element.unit is not None:
                return element.unit
        return None

    def _person(self, name: str | None, at: int) -> Iterator[Answer]:
        person = self.organisation.person(name, at)
        if person is not None:
            yield Answer(person.unit, self.organisation.answering(person.name, at))
        elif name is not None:
            self._count("unknown person", name)

    def _unit(self, way: Way, name: str | None, at: int) -> Iterator[Answer]:
        if name is not None and self.organisation.unit(name, at) is None:
            self._count("unknown unit", name)
        for unit, person in self.organisation.asked(name, way.department, way.post, at):
            yield Answer(unit, person)

    def _catch_all(self, at: int) -> Answer:
        """Return who leads the unit that answers where nobody else does, or the nearest one above it that somebody leads."""
        name = "" if self.routes is None else self.routes.catch_all
        asked = self.organisation.asked(name, None, HEAD, at)
        return next((Answer(unit, person) for unit, person in asked if person is not None), Answer(name, None))

    def _count(self, what: str, name: str) -> None:
        kind = (what, name)
        self.counts[kind if kind in self.counts or len(self.counts) < MOST_NAMES else (what, REST)] += 1


def said(names: Mapping[str, str], field: str) -> str | None:
    """Return what an event says in a field, or None."""
    value = names.get(field)
    return None if value == UNPLACED else value
