"""From organisation.yaml and organisation.csv to the organisation, or to every problem in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.places.organisation import Organisation, Person, Seat, Unit
from engine.places.reader import Reader
from engine.places.row import BETWEEN, Lines, Listed, top_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.places.history import History
    from engine.places.notes import Notes
    from engine.places.row import Row
    from engine.source import Document

SETTINGS = ("units", "people")
UNITS = ("unit", "in", "department", "title", "since", "until")
PEOPLE = ("person", "unit", "posts", "title", "since", "until")
BOTH = ("unit", "in", "department", "person", "posts", "title", "since", "until")


class OrganisationReader(Reader):
    """One pass over the files of the organisation."""

    def __init__(self, zone: str, notes: Notes) -> None:
        super().__init__(zone, notes)
        self.units: dict[str, list[tuple[Unit, Row]]] = {}
        self.people: dict[str, list[tuple[Person, Row]]] = {}

    def organisation(self, document: Document | None, files: Mapping[str, str]) -> Organisation:
        """Return the organisation; whatever is wrong with it is noted."""
        top = top_of(document, SETTINGS, "the organisation", self.notes)
        if document is not None:
            for setting, columns, take in (("units", UNITS, self.take_unit), ("people", PEOPLE, self.take_person)):
                for row in Listed(document, setting, top[setting], self.notes).rows(columns) if setting in top else ():
                    take(row)
        if "organisation.csv" in files:
            for row in Lines("organisation.csv", files["organisation.csv"], self.notes).rows(BOTH):
                self.take_either(row)
        units, people = self.histories("unit", self.units), self.histories("person", self.people)
        self.check(units, people)
        return Organisation(units, people, seats(posts_of(people)), seats(departments_of(units)))

    def take_either(self, row: Row) -> None:
        """Take a row that is about a person if it names one, and else about a unit."""
        about_person = "person" in row.values
        for name in ("in", "department") if about_person else ("posts",):
            if name in row.values:
                self.say(row, name, "places-row", f"'{name}' belongs to a row about a {'unit' if about_person else 'person'}")
        if about_person:
            self.take_person(row)
        else:
            self.take_unit(row)

    def take_unit(self, row: Row) -> None:
        """Take a row about a unit."""
        get = row.values.get
        if "unit" not in row.values:
            self.say(row, None, "places-row", "'unit' is missing in this row")
            return
        unit = Unit(row.values["unit"], get("in"), get("department"), get("title"), *self.dates(row))
        self.units.setdefault(unit.name, []).append((unit, row))
        if unit.department is not None and unit.above is None:
            self.say(row, "department", "places-row", "a department is one of a unit; say with 'in' of which")

    def take_person(self, row: Row) -> None:
        """Take a row about a person."""
        for name in ("person", "unit"):
            if name not in row.values:
                self.say(row, None, "places-row", f"'{name}' is missing in this row")
                return
        posts = tuple(one for one in BETWEEN.split(row.values.get("posts", "")) if one)
        person = Person(row.values["person"], row.values["unit"], posts, row.values.get("title"), *self.dates(row))
        self.people.setdefault(person.name, []).append((person, row))

    def check(self, units: Mapping[str, History[Unit]], people: Mapping[str, History[Person]]) -> None:
        """Note units that no row describes, and circles."""
        for name, rows in self.units.items():
            for (_, row), (unit, since, until) in zip(rows, units[name].spans(), strict=True):
                if unit.above is not None:
                    self.refer(row, "in", "unit", units, (since, until))
                    self.check_circle(row, unit, units)
        for name, held in self.people.items():
            for (_, row), (_, since, until) in zip(held, people[name].spans(), strict=True):
                self.refer(row, "unit", "unit", units, (since, until))

    def check_circle(self, row: Row, unit: Unit, units: Mapping[str, History[Unit]]) -> None:
        """Note a way up that comes back to where it began. A circle begins with one of its rows, so it is enough to look then."""
        way = [unit.name]
        above = unit.above
        while above is not None and above not in way:
            way.append(above)
            history = units.get(above)
            found = history.at(unit.since) if history is not None else None
            above = found.above if found is not None else None
        if above == unit.name:
            self.say(row, "in", "places-circle", f"these units lie in each other in a circle: {' → '.join([*way, above])}")


def posts_of(people: Mapping[str, History[Person]]) -> Iterator[tuple[tuple[str, str], Seat]]:
    """Return who holds which post in which unit."""
    for name, history in people.items():
        for person, since, until in history.spans():
            for post in person.posts:
                yield (person.unit, post), Seat(name, since, until)


def departments_of(units: Mapping[str, History[Unit]]) -> Iterator[tuple[tuple[str, str], Seat]]:
    """Return which unit is which department of which unit."""
    for name, history in units.items():
        for unit, since, until in history.spans():
            if unit.above is not None and unit.department is not None:
                yield (unit.above, unit.department), Seat(name, since, until)


def seats(found: Iterable[tuple[tuple[str, str], Seat]]) -> dict[tuple[str, str], tuple[Seat, ...]]:
    """Return seats by where they are, in the order in which they were written."""
    held: dict[tuple[str, str], list[Seat]] = {}
    for where, seat in found:
        held.setdefault(where, []).append(seat)
    return {where: tuple(several) for where, several in held.items()}
