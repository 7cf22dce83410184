"""Values for which conditions hold, and values for which just one of them does not: what stories about a rule are made of."""

from __future__ import annotations

from itertools import islice, product
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from engine.language.condition.reach import OTHER_TEXT, split, values
from engine.language.condition.tree import Field, leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.language.condition.condition import Condition

#: More combinations than this are not tried.
MOST = 20_000
ANOTHER = "另一 another"


def satisfying(conditions: Sequence[Condition], usual: Mapping[str, Any], failing: Condition | None = None) -> dict[str, Any] | None:
    """Return values of fields under which every condition definitely holds, or None where none were found among those that are tried.

    Times are microseconds, and None stands for a missing field. `usual` is tried first, so that the fewest fields differ from it; fields
    that it does not name are missing. With `failing`, that one of the conditions must not hold while all the others do.
    """
    for given in islice(attempts(conditions, usual), MOST):
        event = SimpleNamespace(**{**dict.fromkeys(read_by(conditions)), **usual, **given})
        if all((condition.verdict(event) is True) is not (condition is failing) for condition in conditions):
            return {name: value for name, value in given.items() if value != usual.get(name)}
    return None


def read_by(conditions: Sequence[Condition]) -> list[str]:
    """Return the fields that conditions read."""
    return sorted({name for condition in conditions for name in condition.fields})


def attempts(conditions: Sequence[Condition], usual: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give combinations of values that make a difference, those nearest to the usual ones first."""
    tried = candidates(conditions, usual)
    ranked = {name: sorted(found, key=lambda value: (value != usual.get(name), value is None)) for name, found in tried.items()}
    for chosen in product(*ranked.values()):
        yield dict(zip(ranked, chosen, strict=True))


def candidates(conditions: Sequence[Condition], usual: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return for each field that conditions read the values that make a difference to them."""
    found: dict[str, dict[Any, None]] = {name: {usual.get(name): None} for name in read_by(conditions)}
    for condition in conditions:
        for leaf in leaves_of(condition.node):
            parts = split(leaf)
            if parts is None or not isinstance(parts[0], Field):
                continue
            name = parts[0].name
            made = sorted(values(parts[0], parts[1]), key=repr)
            found[name].update(dict.fromkeys(ANOTHER if value == OTHER_TEXT else value for value in made))
            if parts[0].optional:
                found[name][None] = None
    return {name: list(chosen) for name, chosen in found.items()}
