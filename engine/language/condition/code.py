"""Tree to Python: each node twice, once for `definitely true` and once for `definitely false`, with `not` pushed down to the leaves.

A missing value makes a comparison unknown, and unknown fires nothing. Required fields need no guard, so that the code for them is
what a person would write by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.events import micros
from engine.language.condition.tree import (
    WEEKDAYS,
    Among,
    Call,
    Compare,
    Difference,
    Field,
    Join,
    Leaf,
    Literal,
    Lookup,
    Missing,
    Node,
    Not,
    Truth,
    Value,
    parts_of,
    values_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OPPOSITE = {"==": "!=", "!=": "==", ">=": "<", "<": ">=", "<=": ">", ">": "<="}
OTHER = {"and": "or", "or": "and"}
#: A longer list is looked up in a set instead of from left to right.
LONG_LIST = 6


@lru_cache(maxsize=64)
def here(zone: str) -> ZoneInfo:
    """Return a time zone that is known to exist."""
    return ZoneInfo(zone)


def local(at: int, zone: str) -> datetime:
    """Return an instant as local time."""
    return (EPOCH + timedelta(microseconds=at)).astimezone(here(zone))


def hour_of(at: int, zone: str) -> int:
    """Return the local hour of an instant."""
    return local(at, zone).hour


def weekday_of(at: int, zone: str) -> str:
    """Return the local weekday of an instant: mon, tue and so on."""
    return WEEKDAYS[local(at, zone).weekday()]


#: The functions that generated code may call; a condition's own `names` come beside them.
RUNTIME: Mapping[str, Any] = {"moment_of": micros, "hour_of": hour_of, "weekday_of": weekday_of}


class Coder:
    """Writes one condition as Python over a variable. `names` are the tables and moments that the text speaks of."""

    def __init__(self, zone: str, var: str = "e") -> None:
        self.zone = zone
        self.var = var
        self.names: dict[str, Any] = {}
        self.rows = 0

    def node(self, node: Node, *, positive: bool) -> str:
        """Return an expression that is true where the node is definitely true (`positive`), or definitely false."""
        match node:
            case Join(word, parts):
                joint = f" {word if positive else OTHER[word]} "
                return f"({joint.join(self.node(part, positive=positive) for part in parts)})"
            case Not(inner):
                return self.node(inner, positive=not positive)
            case _:
                return self.leaf(node, positive=positive)

    def leaf(self, leaf: Leaf, *, positive: bool) -> str:
        """Return the code of a leaf, behind a check of everything in it that may be missing."""
        known: dict[str, str] = {}
        guards = [guard for value in values_of(leaf) for guard in self.guards(value, known)]
        if isinstance(leaf, Missing) and isinstance(leaf.value, Field):
            return f"{self.var}.{leaf.value.name} is {'' if positive else 'not '}None"
        if isinstance(leaf, Missing):
            return f"({'not ' if positive else ''}({' and '.join(guards)}))"
        return f"({' and '.join([*dict.fromkeys(guards), self.test(leaf, known, positive=positive)])})"

    def guards(self, value: Value, known: dict[str, str]) -> list[str]:
        """Return what must hold for a value to be there. `known` gathers, by spelling, the variables that hold rows of tables."""
        inner = [guard for part in parts_of(value) for guard in self.guards(part, known)]
        match value:
            case Field(name=name, optional=True):
                return [f"{self.var}.{name} is not None"]
            case Lookup(table=table, field=field, keys=keys):
                name = f"table_{table.name.replace('-', '_')}_{field}"
                self.names[name] = table.column(field)
                listed = [self.value(key, known) for key in keys]
                asked = f"{name}.get({listed[0] if len(listed) == 1 else '(' + ', '.join(listed) + ')'})"
                self.rows += 1
                known[repr(value)] = f"_{self.rows}"
                return [*inner, f"(_{self.rows} := {asked}) is not None"]
            case _:
                return inner

    def test(self, leaf: Leaf, known: dict[str, str], *, positive: bool) -> str:
        """Return the bare test of a leaf whose values are all there."""
        match leaf:
            case Truth(value):
                return f"{'' if positive else 'not '}{self.value(value, known)}"
            case Among(value, options):
                return f"{self.value(value, known)} {'' if positive else 'not '}in {listed(options)}"
            case Compare(sign, left, right):
                written = self.moments(left, right) or (self.value(left, known), self.value(right, known))
                return f"{written[0]} {sign if positive else OPPOSITE[sign]} {written[1]}"
            case _:
                raise TypeError(leaf)

    def moments(self, left: Value, right: Value) -> tuple[str, str] | None:
        """Return both sides of a comparison of times as they stand on the event: no arithmetic where none is needed."""
        sides = []
        for value in (left, right):
            match value:
                case Field(name=name, kind="time"):
                    sides.append(f"{self.var}.{name}")
                case Literal(value=at, type="time"):
                    name = f"moment_{at}".replace("-", "_")
                    self.names[name] = EPOCH + timedelta(microseconds=at)
                    sides.append(name)
                case _:
                    return None
        return (sides[0], sides[1]) if any(isinstance(value, Field) for value in (left, right)) else None

    def value(self, value: Value, known: dict[str, str]) -> str:
        """Return the code of a value that is there."""
        match value:
            case Literal(value=plain):
                return repr(plain)
            case Field(name=name, kind="time"):
                return f"moment_of({self.var}.{name})"
            case Field(name=name, kind="milliseconds"):
                return f"{self.var}.{name} * 1000"
            case Field(name=name):
                return f"{self.var}.{name}"
            case Lookup():
                return known[repr(value)]
            case Difference(left=left, right=right):
                return f"({self.value(left, known)} - {self.value(right, known)})"
            case Call(name=name, arguments=arguments):
                return self.call(name, [self.value(argument, known) for argument in arguments])

    def call(self, name: str, arguments: list[str]) -> str:
        """Return the code of a function."""
        match name:
            case "starts_with":
                return f"{arguments[0]}.startswith({arguments[1]})"
            case "contains":
                return f"({arguments[1]} in {arguments[0]})"
            case "lower":
                return f"{arguments[0]}.lower()"
            case "length":
                return f"len({arguments[0]})"
            case _:
                return f"{name}({arguments[0]}, {self.zone!r})"


def listed(options: tuple[Any, ...]) -> str:
    """Return the code of a list of literals."""
    if len(options) > LONG_LIST:
        return "{" + ", ".join(map(repr, options)) + "}"
    return repr(options)


def names_in(value: Value) -> list[str]:
    """Return the fields of the event in a value."""
    own = [value.name] if isinstance(value, Field) else []
    return own + [name for part in parts_of(value) for name in names_in(part)]
