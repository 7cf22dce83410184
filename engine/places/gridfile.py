"""From grid.yaml, grid.csv and customers.csv to the grid, or to every problem in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from engine.places.grid import CUSTOMER, LEVELS, UNPLACED, Element, Grid
from engine.places.reader import Reader
from engine.places.row import Lines, Listed, top_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.places.history import History
    from engine.places.notes import Notes
    from engine.places.row import Row
    from engine.source import Document

    Named = dict[str, dict[str, list[tuple[Element, Row]]]]

SETTINGS = ("levels", "elements")
GRID = ("unit", "manager", "title", "since", "until")
CUSTOMERS = ("unit", "account_manager", "title", "since", "until")
NAME = re.compile(r"[a-z][a-z0-9_]*")


class GridReader(Reader):
    """One pass over the files of the grid."""

    def __init__(self, zone: str, notes: Notes) -> None:
        super().__init__(zone, notes)
        self.levels: tuple[str, ...] = LEVELS
        self.named: Named = {}

    def grid(self, document: Document | None, files: Mapping[str, str]) -> Grid:
        """Return the grid; whatever is wrong with it is noted."""
        top = top_of(document, SETTINGS, "the grid", self.notes)
        if document is not None and "levels" in top:
            self.levels = self.levels_of(document, top["levels"])
        self.named = {level: {} for level in (CUSTOMER, *self.levels)}
        for row in self.rows(document, top, files):
            self.take(row, self.levels, "manager")
        if "customers.csv" in files:
            for row in Lines("customers.csv", files["customers.csv"], self.notes).rows((CUSTOMER, *self.levels, *CUSTOMERS)):
                self.take(row, (CUSTOMER, *self.levels), "account_manager")
        elements = {level: self.histories(spoken(level), named) for level, named in self.named.items()}
        self.check_above(elements)
        return Grid(self.levels, elements)

    def rows(self, document: Document | None, top: Mapping[str, Any], files: Mapping[str, str]) -> Iterator[Row]:
        """Return the rows of the grid's two files."""
        columns = (*self.levels, *GRID)
        if document is not None and "elements" in top:
            yield from Listed(document, "elements", top["elements"], self.notes).rows(columns)
        if "grid.csv" in files:
            yield from Lines("grid.csv", files["grid.csv"], self.notes).rows(columns)

    def levels_of(self, document: Document, value: object) -> tuple[str, ...]:
        """Return the levels that the file names, the lowest first."""
        if not isinstance(value, list) or not value or len({str(one) for one in value}) != len(value):
            self.notes.say(
                document.place(("levels",)), "places-name", f"'levels' is a list of different names, the lowest first: {', '.join(LEVELS)}"
            )
            return LEVELS
        good = True
        for number, one in enumerate(value):
            if not isinstance(one, str) or not NAME.fullmatch(one) or one in {CUSTOMER, *GRID, *CUSTOMERS}:
                told = "a level is called like the field of the events: small letters, digits and _, and none of this file's other names"
                self.notes.say(document.place(("levels", number)), "places-name", told)
                good = False
        return tuple(value) if good else LEVELS

    def take(self, row: Row, levels: tuple[str, ...], manager: str) -> None:
        """Take a row: it is about the lowest level that it names, and the others are what that hangs on."""
        values = row.values
        named = [(level, values[level]) for level in levels if level in values]
        if not named or (levels[0] == CUSTOMER and named[0][0] != CUSTOMER):
            self.say(
                row,
                None,
                "places-row",
                f"this row names no element; one of {', '.join(levels if levels[0] != CUSTOMER else levels[:1])} must stand in it",
            )
            return
        for level, name in named:
            if name == UNPLACED:
                self.say(
                    row, level, "places-name", f"'{UNPLACED}' is what unknown elements are called; leave it out, or give it another name"
                )
                return
        (level, name), *above = named
        get = values.get
        element = Element(level, name, tuple(above), get("unit"), get(manager), get("title"), *self.dates(row))
        self.named[level].setdefault(name, []).append((element, row))

    def check_above(self, elements: Mapping[str, Mapping[str, History[Element]]]) -> None:
        """Note what a row hangs on and no row describes, at levels that have rows of their own."""
        fine = {level: sound(named) for level, named in elements.items()}
        for row, element, span in self.spans(elements):
            for level, name in element.above:
                if name not in fine[level] and elements[level]:
                    self.refer(row, level, spoken(level), elements[level], span)

    def check_answers(self, grid: Grid, units: Mapping[str, History[Any]], people: Mapping[str, History[Any]]) -> None:
        """Note units and managers that the organisation does not know."""
        fine_units, fine_people = sound(units), sound(people)
        for row, element, span in self.spans(grid.elements):
            if element.unit is not None and element.unit not in fine_units:
                self.refer(row, "unit", "unit", units, span)
            if element.manager is not None and element.manager not in fine_people:
                self.refer(row, "account_manager" if element.level == CUSTOMER else "manager", "person", people, span)

    def spans(self, elements: Mapping[str, Mapping[str, History[Element]]]) -> Iterator[tuple[Row, Element, tuple[int, int]]]:
        """Return every row with its element, and from when until when it holds."""
        for level, named in self.named.items():
            for name, rows in named.items():
                if len(rows) == 1:
                    element, row = rows[0]
                    yield row, element, (element.since, element.until)
                    continue
                for (_, row), (element, since, until) in zip(rows, elements[level][name].spans(), strict=True):
                    yield row, element, (since, until)


def sound(named: Mapping[str, History[Any]]) -> set[str]:
    """Return the names that may be used at any moment, so that most rows need no closer look."""
    return {name for name, history in named.items() if history.always}


def spoken(level: str) -> str:
    """Return a level as people say it."""
    return level.replace("_", " ")
