"""Conditions as trees of few kinds of nodes. A value knows its type and its column, a leaf the words that it was written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.language.table import Table

HOURS = tuple(range(24))
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, yes or no, a length or a moment (both in microseconds)."""

    value: Any
    type: str
    column: int


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the event; `kind` is what the catalogue calls its type."""

    name: str
    type: str
    column: int
    optional: bool
    kind: str
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Lookup:
    """A field of the row of a table that some values name; missing where there is no such row, or nothing in it."""

    table: Table
    field: str
    keys: tuple[Value, ...]
    type: str
    column: int
    kind: str
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A listed function of one or two values."""

    name: str
    arguments: tuple[Value, ...]
    type: str
    column: int

    @property
    def choices(self) -> tuple[Any, ...]:
        """Return the values that the function can give, where they are few."""
        return {"hour_of": HOURS, "weekday_of": WEEKDAYS}.get(self.name, ())


@dataclass(frozen=True, slots=True)
class Difference:
    """The length of time from one moment (`right`) to another (`left`)."""

    left: Value
    right: Value
    column: int
    type: str = "length"


Value = Literal | Field | Lookup | Call | Difference


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values and a sign."""

    sign: str
    left: Value
    right: Value
    text: str


@dataclass(frozen=True, slots=True)
class Among:
    """A value in a list of literals."""

    value: Value
    options: tuple[Any, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A field, or what a table says, is missing."""

    value: Field | Lookup
    text: str


@dataclass(frozen=True, slots=True)
class Truth:
    """A yes/no value by itself."""

    value: Value
    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Join:
    """`and` or `or` of two conditions or more."""

    word: str
    parts: tuple[Node, ...]


Leaf = Compare | Among | Missing | Truth
Node = Leaf | Not | Join


def parts_of(value: Value) -> tuple[Value, ...]:
    """Return the values that a value is made of."""
    match value:
        case Call(arguments=parts) | Lookup(keys=parts):
            return parts
        case Difference(left=left, right=right):
            return left, right
        case _:
            return ()


def values_of(leaf: Leaf) -> tuple[Value, ...]:
    """Return the values that a leaf compares."""
    return (leaf.left, leaf.right) if isinstance(leaf, Compare) else (leaf.value,)


def leaves_of(node: Node) -> list[Leaf]:
    """Return the tests of a tree, from left to right."""
    match node:
        case Join(parts=parts):
            return [leaf for part in parts for leaf in leaves_of(part)]
        case Not(inner):
            return leaves_of(inner)
        case _:
            return [node]
