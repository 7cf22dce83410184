"""A condition: read once against the fields of its events, then asked of every event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from engine.language.condition.cel import cel
from engine.language.condition.code import RUNTIME, Coder, names_in
from engine.language.condition.parser import Parser
from engine.language.condition.tokens import Fault
from engine.language.condition.tree import Leaf as LeafNode
from engine.language.condition.tree import Lookup, Node, Value, leaves_of, parts_of, values_of
from engine.source import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events import Field as CatalogueField
    from engine.language.table import Table


class Leaf(NamedTuple):
    """One test of a condition, as it went for one event: True, False or None (unknown), and the values that decided."""

    text: str
    verdict: bool | None
    actual: dict[str, Any]


class Condition:
    """One line under `if`. It holds only where it is definitely true: a missing value makes it unknown.

    `fields` are the event fields that it reads, `tables` the tables; `names` is what its Python needs beside RUNTIME, and `problems`
    are warnings, such as `&&` where `and` is our word.
    """

    __slots__ = ("_false", "_leaves", "_true", "fields", "names", "node", "problems", "tables", "text", "zone")

    def __init__(self, text: str, node: Node, zone: str, problems: tuple[Problem, ...] = ()) -> None:
        self.text = text
        self.node = node
        self.zone = zone
        self.problems = problems
        values = [value for leaf in leaves_of(node) for value in values_of(leaf)]
        self.fields = frozenset(name for value in values for name in names_in(value))
        self.tables: Mapping[str, Table] = {one.table.name: one.table for value in values for one in lookups_in(value)}
        coder = Coder(zone)
        true, false = coder.node(node, positive=True), coder.node(node, positive=False)
        self.names: Mapping[str, Any] = coder.names
        self._true = function(true, coder.names)
        self._false = function(false, coder.names)
        self._leaves: list[tuple[Condition, LeafNode]] | None = None

    def python(self, var: str = "e") -> str:
        """Return a Python expression over `var`, true where the condition definitely holds. It needs RUNTIME and `names`."""
        return Coder(self.zone, var).node(self.node, positive=True)

    def verdict(self, event: Any) -> bool | None:
        """Return True or False, or None where a missing value leaves it open."""
        if self._true(event):
            return True
        return False if self._false(event) else None

    def leaves(self, event: Any) -> list[Leaf]:
        """Return each test of the condition as it went for this event."""
        if self._leaves is None:
            self._leaves = [(Condition(leaf.text, leaf, self.zone), leaf) for leaf in leaves_of(self.node)]
        return [Leaf(leaf.text, one.verdict(event), actual(leaf, event)) for one, leaf in self._leaves]

    def cel(self) -> str:
        """Return the same condition in CEL, over a map called `event` whose times are timestamps."""
        return cel(self.node, self.zone)


def function(expression: str, names: Mapping[str, Any]) -> Any:
    """Return the expression as a function of an event."""
    return eval(f"lambda e: {expression}", {**RUNTIME, **names})  # noqa: S307 - made from checked trees only


def lookups_in(value: Value) -> list[Lookup]:
    """Return what a value looks up in tables."""
    own = [value] if isinstance(value, Lookup) else []
    return own + [one for part in parts_of(value) for one in lookups_in(part)]


def actual(leaf: LeafNode, event: Any) -> dict[str, Any]:
    """Return the fields of a test, and what tables say of them, with the values that they have for the event."""
    values = values_of(leaf)
    found = {name: getattr(event, name) for value in values for name in names_in(value)}
    for one in (one for value in values for one in lookups_in(value)):
        found[f"{one.table.name}.{one.field}"] = looked_up(one, event)
    return found


def looked_up(lookup: Lookup, event: Any) -> Any:
    """Return what a table says of an event, or None."""
    coder, known = Coder("UTC"), dict[str, str]()
    there = " and ".join(coder.guards(lookup, known))
    return function(f"{coder.value(lookup, known)} if {there} else None", coder.names)(event)


def parse_condition(
    text: str,
    place: Place,
    fields: Mapping[str, CatalogueField],
    zone: str = "UTC",
    tables: Mapping[str, Table] | None = None,
) -> Condition | list[Problem]:
    """Return the condition, or the problem with it at its column. `place` is that of the text's first character."""
    try:
        parser = Parser(text, fields, zone, tables or {})
        node = parser.whole()
    except Fault as fault:
        return [Problem(Place(place.file, place.line, place.column + fault.column), fault.code, fault.say)]
    warned = (Problem(Place(place.file, place.line, place.column + column), "words", say, "warning") for column, say in parser.warned)
    return Condition(text, node, zone, tuple(warned))
