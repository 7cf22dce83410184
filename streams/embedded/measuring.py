"""The effect of remedies, measured from the kept events of a store: how often it came up again, and how often it had before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.casework import Effect, is_counted, stretches
from engine.watching import Past, occurrences, reads
from streams.embedded.history import kept_about
from streams.embedded.restart import instants
from streams.embedded.state import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from engine.casework import Task
    from engine.events import Event
    from streams.rules import Rules
    from streams.store import Reader

#: Events come in somewhat later than they happen: so much longer than the longest watch they are kept.
MORE = 30 * 86_400_000_000


def measured(store: Reader, rules: Rules, task: Task, criterion: Mapping[str, Any], at: int) -> Effect | None:
    """Return what is measured of a remedy at a moment; None where the plan names nothing that is counted, or not all is kept any more."""
    if not is_counted(criterion) or task.rule not in rules.book.rules:
        return None
    after, before = stretches(task, criterion, at)
    types = types_of(rules, task.rule)
    if not types:  # the findings of other rules are kept nowhere as events
        return None
    let_go = max((until for name, until in instants(store, "let_go").items() if name in types), default=BEGINNING)
    if let_go > after[0]:
        return None
    known = max(let_go, (store.meta("history_from") or 0) - 1)
    since = min(after[0], max(before[0], known))
    past = Past([(event, BEGINNING) for event in events(store, rules, task, (since, at))], at, history_from=since)
    value, earlier = occurrences(rules.book, rules.gate, task.rule, task.key, past, (after, before))
    return Effect(value, earlier if known <= before[0] else None)


def events(store: Reader, rules: Rules, task: Task, within: tuple[int, int]) -> Iterator[Event]:
    """Give the kept events that can be about a task's key, in the order in which they were accepted."""
    return kept_about(store, rules.gate, types_of(rules, task.rule), within, task.key)


def types_of(rules: Rules, rule: str) -> set[str]:
    """Return the event types that a rule rests on; none where it rests on findings."""
    types = reads(rules.book, rules.gate, rule)
    return set() if any(name.startswith("finding.") for name in types) else types


def reach(rules: Rules) -> dict[str, int]:
    """Return how long events are kept so that remedies can be measured, by type: as long as the longest watch, and somewhat longer."""
    longest = max(one.watch.micros for one in rules.profile.severities.values()) + MORE
    live = [name for name, rule in rules.book.rules.items() if rule.status == "live"]
    return {kind: longest for name in live for kind in types_of(rules, name)}
