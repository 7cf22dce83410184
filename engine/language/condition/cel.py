"""Tree to CEL, so that somebody else's engine can be asked for the same verdict.

The CEL reads a map called `event` in which every time, of either kind, is a timestamp. Its `lowerAscii` leaves letters beyond ASCII alone.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.language.condition.tree import (
    Among,
    Call,
    Compare,
    Difference,
    Field,
    Join,
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
    from engine.language.table import Table

SIGNS = {"and": "&&", "or": "||"}
OTHER = {"and": "or", "or": "and"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: CEL counts the days of the week from Sunday.
WEEK = '["sun", "mon", "tue", "wed", "thu", "fri", "sat"]'


def cel(node: Node, zone: str, *, positive: bool = True) -> str:
    """Return CEL that is true where the node is definitely true (or, with `positive` off, definitely false)."""
    match node:
        case Join(word, parts):
            sign = f" {SIGNS[word if positive else OTHER[word]]} "
            return f"({sign.join(cel(part, zone, positive=positive) for part in parts)})"
        case Not(inner):
            return cel(inner, zone, positive=not positive)
        case Missing(value):
            there = " && ".join(guards(value, zone)) or f"has(event.{value.name if isinstance(value, Field) else ''})"
            return f"!({there})" if positive else f"({there})"
        case _:
            guard = dict.fromkeys(guard for value in values_of(node) for guard in guards(value, zone))
            sign = "" if positive else "!"
            return f"({' && '.join([*guard, f'{sign}{bare(node, zone)}'])})"


def bare(leaf: Compare | Among | Truth, zone: str) -> str:
    """Return the test of a leaf whose values are all there."""
    match leaf:
        case Truth(value):
            return shown(value, zone)
        case Among(value, options):
            return f"({numeric(value, zone)} in [{', '.join(literal(option, value.type) for option in options)}])"
        case Compare(sign, left, right):
            return f"({numeric(left, zone)} {sign} {shown(right, zone)})"


def numeric(value: Value, zone: str) -> str:
    """Return a value that may be compared with whole and other numbers alike: CEL asks for `dyn` where it knows which one it has."""
    text = shown(value, zone)
    return f"dyn({text})" if value.type == "number" and not isinstance(value, Field) else text


def guards(value: Value, zone: str) -> list[str]:
    """Return what must hold for a value to be there: CEL alone would raise an error."""
    inner = [guard for part in parts_of(value) for guard in guards(part, zone)]
    match value:
        case Field(name=name, optional=True):
            return [f"has(event.{name})"]
        case Lookup(table=table, field=field, keys=keys):
            rows = nested(table, field)
            found = []
            for key in keys:
                found.append(f"({shown(key, zone)} in {rows})")
                rows = f"{rows}[{shown(key, zone)}]"
            return [*inner, *found]
        case _:
            return inner


def shown(value: Value, zone: str) -> str:
    """Return a value in CEL."""
    match value:
        case Literal(value=plain, type=kind):
            return literal(plain, kind)
        case Field(name=name):
            return f"event.{name}"
        case Lookup(table=table, field=field, keys=keys):
            return nested(table, field) + "".join(f"[{shown(key, zone)}]" for key in keys)
        case Difference(left=left, right=right):
            return f"({shown(left, zone)} - {shown(right, zone)})"
        case Call(name=name, arguments=arguments):
            return called(name, [shown(argument, zone) for argument in arguments], zone)


def called(name: str, arguments: list[str], zone: str) -> str:
    """Return a function in CEL."""
    match name:
        case "starts_with":
            return f"{arguments[0]}.startsWith({arguments[1]})"
        case "contains":
            return f"{arguments[0]}.contains({arguments[1]})"
        case "lower":
            return f"{arguments[0]}.lowerAscii()"
        case "length":
            return f"size({arguments[0]})"
        case "hour_of":
            return f"{arguments[0]}.getHours({json.dumps(zone)})"
        case _:
            return f"{WEEK}[{arguments[0]}.getDayOfWeek({json.dumps(zone)})]"


def nested(table: Table, field: str) -> str:
    """Return a column of a table as maps in maps, one level for each key field; rows that are missing there are left out."""
    kinds = [table.fields[name].kind for name in table.key]
    tree: dict[Any, Any] = {}
    for key, value in table.column(field).items():
        branch = tree
        *first, last = key if len(kinds) > 1 else (key,)
        for part in first:
            branch = branch.setdefault(part, {})
        branch[last] = value
    return written(tree, table.fields[field].kind)


def written(tree: Any, kind: str) -> str:
    """Return nested maps in CEL."""
    if not isinstance(tree, dict):
        return literal(tree, "time" if kind in {"time", "milliseconds"} else "")
    return "{" + ", ".join(f"{literal(key, '')}: {written(value, kind)}" for key, value in tree.items()) + "}"


def literal(value: Any, kind: str) -> str:
    """Return a literal in CEL."""
    if kind == "time":
        return f'timestamp("{(EPOCH + timedelta(microseconds=value)).isoformat().replace("+00:00", "Z")}")'
    if kind == "length":
        return f'duration("{value // 1_000_000}s")'
    return str(value).lower() if isinstance(value, bool) else json.dumps(value, ensure_ascii=False)
