"""The effect of remedies, measured from the kept events of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.effects import Kept, effect, measure_of
from streams.embedded.history import kept_about
from streams.embedded.restart import instants
from streams.embedded.state import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from engine.casework import Effect, Task
    from streams.rules import Rules
    from streams.store import Reader


def measured(store: Reader, rules: Rules, task: Task, criterion: Mapping[str, Any], at: int) -> Effect | None:
    """Return what is measured of a remedy at a moment; None where the plan names nothing that is counted, or not all is kept any more."""
    asked = measure_of(task, criterion, at)
    return None if asked is None else effect(rules, asked, kept_in(store, rules))


def kept_in(store: Reader, rules: Rules) -> Kept:
    """Return what a store has kept of events."""

    def let_go(types: Collection[str]) -> int:
        return max((until for name, until in instants(store, "let_go").items() if name in types), default=BEGINNING)

    return Kept(
        let_go,
        store.meta("history_from"),
        lambda types, within, key: kept_about(store, rules.gate, types, within, key),
    )
