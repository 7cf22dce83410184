"""From organisation.yaml and organisation.csv to the organisation, or to every problem in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from engine.places.organisation import Absence, Organisation, Person, Seat, Unit
from engine.places.reader import Reader
from engine.places.row import BETWEEN, Lines, Listed, top_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.places.history import History
    from engine.places.notes import Notes
    from engine.places.row import Row
    from engine.source import Document

K = TypeVar("K", bound="str | tuple[str, str]")

SETTINGS = ("units", "people", "absences")
UNITS = ("unit", "in", "department", "supervised_by", "was", "title", "since", "until")
PEOPLE = ("person", "unit", "posts", "title", "since", "until")
ABSENCES = ("person", "substitute", "since", "until")
OF_UNITS = ("in", "department", "supervised_by", "was")
BOTH = ("unit", *OF_UNITS, "person", "posts", "substitute", "title", "since", "until")
#: Whoever sits on one of these checks or maintains everything and decides nothing.
ASIDE = frozenset({"auditor", "administrator"})


class OrganisationReader(Reader):
    """One pass over the files of the organisation."""

    def __init__(self, zone: str, notes: Notes) -> None:
        super().__init__(zone, notes)
        self.units: dict[str, list[tuple[Unit, Row]]] = {}
        self.people: dict[str, list[tuple[Person, Row]]] = {}
        self.absences: dict[str, list[tuple[Absence, Row]]] = {}

    def organisation(self, document: Document | None, files: Mapping[str, str]) -> Organisation:
        """Return the organisation; whatever is wrong with it is noted."""
        top = top_of(document, SETTINGS, "the organisation", self.notes)
        if document is not None:
            for setting, columns, take in (
                ("units", UNITS, self.take_unit),
                ("people", PEOPLE, self.take_person),
                ("absences", ABSENCES, self.take_absence),
            ):
                for row in Listed(document, setting, top[setting], self.notes).rows(columns) if setting in top else ():
                    take(row)
        if "organisation.csv" in files:
            for row in Lines("organisation.csv", files["organisation.csv"], self.notes).rows(BOTH):
                self.take_either(row)
        units, people = self.histories("unit", self.units), self.histories("person", self.people)
        absences = self.histories("the absence of", self.absences)
        self.check(units, people)
        self.check_absences(absences, people)
        return Organisation(
            units,
            people,
            seats(posts_of(people)),
            seats(departments_of(units)),
            absences,
            seats(standing_in(absences)),
            seats(members_of(people)),
            seats(successors_of(units)),
        )

    def take_either(self, row: Row) -> None:
        """Take a row that is about a person if it names one, about an absence if somebody stands in, and else about a unit."""
        about_person = "person" in row.values
        for name in OF_UNITS if about_person else ("posts", "substitute"):
            if name in row.values:
                self.say(row, name, "places-row", f"'{name}' belongs to a row about a {'unit' if about_person else 'person'}")
        if "substitute" in row.values and about_person:
            self.take_absence(row)
        elif about_person:
            self.take_person(row)
        else:
            self.take_unit(row)

    def take_unit(self, row: Row) -> None:
        """Take a row about a unit."""
        get = row.values.get
        if "unit" not in row.values:
            self.say(row, None, "places-row", "'unit' is missing in this row")
            return
        name, was = row.values["unit"], words_of(row, "was")
        unit = Unit(name, get("in"), get("department"), get("title"), get("supervised_by"), was, *self.dates(row))
        self.units.setdefault(unit.name, []).append((unit, row))
        if unit.department is not None and unit.above is None:
            self.say(row, "department", "places-row", "a department is one of a unit; say with 'in' of which")

    def take_person(self, row: Row) -> None:
        """Take a row about a person."""
        for name in ("person", "unit"):
            if name not in row.values:
                self.say(row, None, "places-row", f"'{name}' is missing in this row")
                return
        posts = words_of(row, "posts")
        aside = ASIDE.intersection(posts)
        if aside and ASIDE.symmetric_difference(posts) - ASIDE:
            told = f"whoever is '{min(aside)}' has no say in any task, so the other posts beside it mean nothing there"
            self.notes.warn(row.place("posts"), "places-role", told)
        person = Person(row.values["person"], row.values["unit"], posts, row.values.get("title"), *self.dates(row))
        self.people.setdefault(person.name, []).append((person, row))

    def take_absence(self, row: Row) -> None:
        """Take a row about an absence; one without an end would never be noticed."""
        for name in ("person", "since", "until"):
            if name not in row.values:
                told = "write from when until when" if name != "person" else "say who is away"
                self.say(row, None, "places-row", f"'{name}' is missing in this absence; {told}")
                return
        absence = Absence(row.values["person"], row.values.get("substitute"), *self.dates(row))
        self.absences.setdefault(absence.name, []).append((absence, row))
        if absence.substitute == absence.name:
            self.say(row, "substitute", "places-role", f"'{absence.name}' cannot stand in for '{absence.name}'")

    def check(self, units: Mapping[str, History[Unit]], people: Mapping[str, History[Person]]) -> None:
        """Note units that no row describes, and circles."""
        for name, rows in self.units.items():
            for (_, row), (unit, since, until) in zip(rows, units[name].spans(), strict=True):
                if unit.above is not None:
                    self.refer(row, "in", "unit", units, (since, until))
                    self.check_circle(row, unit, units)
                if unit.supervised_by is not None:
                    self.check_supervision(row, unit, units, (since, until))
                for earlier in unit.was:
                    self.check_earlier(row, unit, earlier, units)
        for name, held in self.people.items():
            for (_, row), (_, since, until) in zip(held, people[name].spans(), strict=True):
                self.refer(row, "unit", "unit", units, (since, until))

    def check_absences(self, absences: Mapping[str, History[Absence]], people: Mapping[str, History[Person]]) -> None:
        """Note absences of people, or of substitutes, that there are not."""
        for name, held in self.absences.items():
            for (_, row), (absence, since, until) in zip(held, absences[name].spans(), strict=True):
                self.refer(row, "person", "person", people, (since, until))
                if absence.substitute is not None:
                    self.refer(row, "substitute", "person", people, (since, until))

    def check_supervision(self, row: Row, unit: Unit, units: Mapping[str, History[Unit]], span: tuple[int, int]) -> None:
        """Note a supervising unit that is not there, or that would judge itself."""
        self.refer(row, "supervised_by", "unit", units, span)
        if unit.supervised_by == unit.name:
            self.say(row, "supervised_by", "places-role", f"'{unit.name}' cannot supervise itself")

    def check_earlier(self, row: Row, unit: Unit, earlier: str, units: Mapping[str, History[Unit]]) -> None:
        """Note a former unit that never was, or that goes on beside the one that it became."""
        history = units.get(earlier)
        if history is None:
            told = f"there is no unit '{earlier}'{self.notes.hint(earlier, units)}; keep the row of the unit that became this one"
            self.say(row, "was", "places-unknown", told)
        elif history.at(unit.since) is not None:
            told = f"unit '{earlier}' is still there when '{unit.name}' begins; give it the 'until' at which it became '{unit.name}'"
            self.say(row, "was", "places-twice", told)

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


def members_of(people: Mapping[str, History[Person]]) -> Iterator[tuple[str, Seat]]:
    """Return who is in which unit."""
    for name, history in people.items():
        for person, since, until in history.spans():
            yield person.unit, Seat(name, since, until)


def standing_in(absences: Mapping[str, History[Absence]]) -> Iterator[tuple[str, Seat]]:
    """Return who stands in for whom."""
    for name, history in absences.items():
        for absence, since, until in history.spans():
            if absence.substitute is not None:
                yield absence.substitute, Seat(name, since, until)


def successors_of(units: Mapping[str, History[Unit]]) -> Iterator[tuple[str, Seat]]:
    """Return which units earlier ones became, from the first row that says so on."""
    for name, history in units.items():
        for unit, since, _ in history.spans():
            for earlier in unit.was:
                yield earlier, Seat(name, since, history.rows[-1].until)


def words_of(row: Row, name: str) -> tuple[str, ...]:
    """Return the words of a column that holds several."""
    return tuple(one for one in BETWEEN.split(row.values.get(name, "")) if one)


def seats(found: Iterable[tuple[K, Seat]]) -> dict[K, tuple[Seat, ...]]:
    """Return seats by where they are, in the order in which they were written."""
    held: dict[K, list[Seat]] = {}
    for where, seat in found:
        held.setdefault(where, []).append(seat)
    return {where: tuple(several) for where, several in held.items()}
