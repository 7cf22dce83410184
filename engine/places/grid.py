"""The grid: which element hangs on which, and who answers for it, as of a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.places.history import History

#: What an element is called that the grid does not know. Rules may speak of it: `feeder != "unplaced"`.
UNPLACED = "unplaced"
#: A customer stands below the grid: customers.csv says on which transformer area, and who looks after a key one.
CUSTOMER = "customer"
#: What is counted for an event that names no element at all.
NOWHERE = ("event", "without a place")
#: From the lowest level up, unless grid.yaml says otherwise.
LEVELS = ("transformer_area", "feeder", "substation", "county", "city")


class Element(msgspec.Struct, frozen=True, gc=False):
    """One row of one element: what it hangs on (the levels above that the row names), and who answers for it."""

    level: str
    name: str
    above: tuple[tuple[str, str], ...]
    unit: str | None
    manager: str | None
    title: str | None
    since: int
    until: int


class Placed(NamedTuple):
    """What is known of where an event happened, by level, and the elements that it or the grid names but no row describes."""

    names: dict[str, str]
    unknown: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Grid:
    """Every element by level and name, customers first, then `levels`: those of the grid itself, the lowest first."""

    levels: tuple[str, ...]
    elements: Mapping[str, Mapping[str, History[Element]]]

    def element(self, level: str, name: str | None, at: int) -> Element | None:
        """Return an element as it was, or None."""
        history = self.elements[level].get(name) if name is not None and level in self.elements else None
        return history.at(at) if history is not None else None

    def place(self, values: Mapping[str, str], at: int) -> Placed:
        """Return where an event happened. What it says itself holds; of the rest, the lowest element that says it decides."""
        said = {level: values[level] for level in self.elements if values.get(level, UNPLACED) != UNPLACED}
        names = dict(said)
        unknown: list[tuple[str, str]] = []
        for level, elements in self.elements.items():
            if level not in names:
                continue
            history = elements.get(names[level])
            element = history.at(at) if history is not None else None
            if element is not None:
                for above, name in element.above:
                    names.setdefault(above, name)
            elif level != CUSTOMER and elements:
                unknown.append((level, names[level]))
        return Placed(names, unknown or self._adrift(said, names))

    def _adrift(self, said: Mapping[str, str], names: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return the lowest element of an event that the grid could not place to the end, although no row was looked for in vain."""
        if all(level in names for level in self.levels[1:]):
            return []
        return [next(iter(said.items()), NOWHERE)]
