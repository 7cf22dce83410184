"""Where two conditions part ways: values of fields for which the one definitely holds and the other does not."""

from __future__ import annotations

from itertools import islice, product
from math import prod
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.language.condition.tree import Field, Literal, leaves_of, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.events import Field as CatalogueField
    from engine.language.condition.condition import Condition
    from engine.language.condition.tree import Leaf

#: Combinations of values that are tried.
MOST = 20_000
#: Parting values that are handed back.
WANTED = 12
OTHER = "another"


class Turning(NamedTuple):
    """Values by field that tell two lists of conditions apart. `is_certain` says that without any there are none at all."""

    values: list[dict[str, Any]]
    is_certain: bool


def turning(one: Sequence[Condition], other: Sequence[Condition], fields: Mapping[str, CatalogueField]) -> Turning:
    """Return where two lists of conditions, each of which must hold as a whole, part ways. Fields that are not tried are missing."""
    listed = [*one, *other]
    asked = sorted({name for condition in listed for name in condition.fields})
    leaves = [leaf for condition in listed for leaf in leaves_of(condition.node)]
    options = {name: tried(fields[name], listed) for name in asked if name in fields}
    found: list[dict[str, Any]] = []
    for values in islice(product(*options.values()), MOST):
        named = dict(zip(options, values, strict=True))
        event = SimpleNamespace(**{**dict.fromkeys(asked), **named})
        if holds(one, event) != holds(other, event):
            found.append(named)
            if len(found) == WANTED:
                break
    is_small = prod(map(len, options.values())) <= MOST and len(options) == len(asked)
    return Turning(found, is_small and all(map(is_plain, leaves)))


def is_plain(leaf: Leaf) -> bool:
    """Return whether a test asks one field for literals that can all be tried."""
    values = values_of(leaf)
    fields = [value for value in values if isinstance(value, Field) and value.type in {"text", "number", "yes/no"}]
    return len(fields) == 1 and all(isinstance(value, Literal) for value in values if value not in fields)


def holds(conditions: Sequence[Condition], event: Any) -> bool:
    """Return whether all conditions definitely hold; what cannot be asked does not."""
    try:
        return all(condition.verdict(event) is True for condition in conditions)
    except (TypeError, AttributeError, ValueError):
        return False


def tried(field: CatalogueField, conditions: Sequence[Condition]) -> list[Any]:
    """Return the values of a field that can make a difference."""
    found = [literal.value for condition in conditions for literal in literals_of(condition)]
    values: list[Any]
    match field.kind:
        case "yes/no":
            values = [True, False]
        case "whole number" | "number":
            numbers = [value for value in found if isinstance(value, int | float) and not isinstance(value, bool)]
            values = sorted({near for value in numbers for near in (value - 1, value, value + 1)} | {0})
        case "one of":
            values = list(field.choices)
        case "text":
            values = [*sorted({value for value in found if isinstance(value, str)}), OTHER]
        case _:
            values = []
    return [*values, None] if field.optional or not values else values


def literals_of(condition: Condition) -> list[Literal]:
    """Return every literal of a condition, those of its lists too."""
    found = []
    for leaf in leaves_of(condition.node):
        found += [value for value in values_of(leaf) if isinstance(value, Literal)]
        found += [Literal(option, "", 0) for option in getattr(leaf, "options", ())]
    return found
