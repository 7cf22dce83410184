"""Where a rule and its edit part ways: the values at which their conditions turn, and the lengths at whose edges they differ."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.calendar import Length
from engine.language import Basis, Condition
from engine.language.condition import turning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.events import EventType
    from engine.language import Rule

#: What says nothing of how a rule behaves.
SILENT = frozenset({"version", "collects", "place", "title", "owner", "reason", "review_by", "calendar_name", "text", "status"})


class Boundary(NamedTuple):
    """Values at which two rules part ways, each with the types of the events that have them; and whether they never do."""

    values: list[tuple[tuple[str, ...], dict[str, Any]]]
    is_equal: bool


def boundary(one: Rule, other: Rule, types: Mapping[str, EventType]) -> Boundary:
    """Return where two rules part ways in what their conditions say."""
    parts = list(zip((one.anchor, *one.others), (other.anchor, *other.others), strict=False))
    values: list[tuple[tuple[str, ...], dict[str, Any]]] = []
    is_certain = True
    basis = Basis(types, {}, "UTC")
    for mine, theirs in parts:
        if meaning(mine.conditions) == meaning(theirs.conditions):
            continue
        found = turning(mine.conditions, theirs.conditions, basis.fields_of(mine.events))
        values += [(mine.events, each) for each in found.values]
        is_certain = is_certain and found.is_certain
    return Boundary(values, is_certain and not values and unconditional(one) == unconditional(other))


def unconditional(rule: Rule) -> Any:
    """Return what a rule means, its conditions left aside."""
    return meaning(rule, conditions=False)


def meaning(value: Any, *, conditions: bool = True) -> Any:
    """Return what decides how a rule behaves, as something that can be compared: two texts of one meaning are equal."""
    if isinstance(value, Condition):
        return (value.python(), sorted((name, repr(part)) for name, part in value.names.items())) if conditions else ()
    if is_dataclass(value):
        told = [one.name for one in fields(value) if one.name not in SILENT and (conditions or one.name != "conditions")]
        return [(name, meaning(getattr(value, name), conditions=conditions)) for name in told]
    if isinstance(value, list | tuple):
        return [meaning(one, conditions=conditions) for one in value]
    return repr(value)


def lengths_in(value: Any) -> Iterator[int]:
    """Give every exact length of a rule, in microseconds."""
    if isinstance(value, Length):
        if value.exact:
            yield value.micros
    elif is_dataclass(value) and not isinstance(value, Condition):
        for one in fields(value):
            if one.name not in {"calendar", "place"}:
                yield from lengths_in(getattr(value, one.name))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from lengths_in(part)
