"""What a condition looks up in tables, compared with the rows that there are."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from engine.language.condition.condition import lookups_in
from engine.language.condition.tree import Literal, leaves_of, values_of

if TYPE_CHECKING:
    from engine.language.condition import Condition, Lookup

#: More combinations than this are not compared.
MOST = 1000


def rows_missing(condition: Condition) -> list[str]:
    """Return, for each lookup whose values are known before any event comes, which rows the table does not have."""
    found = []
    lookups = [one for leaf in leaves_of(condition.node) for value in values_of(leaf) for one in lookups_in(value)]
    for lookup in lookups:
        there = {key if isinstance(key, tuple) else (key,) for key in map(lookup.table.key_of, lookup.table.rows)}
        lacking = [", ".join(map(str, values)) for values in asked(lookup) if values not in there]
        if lacking:
            more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
            found.append(f"table '{lookup.table.name}' has no row for {' · '.join(lacking[:3])}{more}; there the condition does not hold")
    return list(dict.fromkeys(found))


def asked(lookup: Lookup) -> list[tuple[Any, ...]]:
    """Return every key that a lookup can ask for, where its values are few and known."""
    options = [(key.value,) if isinstance(key, Literal) else getattr(key, "choices", ()) for key in lookup.keys]
    return list(product(*options)) if 0 < prod(map(len, options)) <= MOST else []
