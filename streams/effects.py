"""The effect of remedies, measured from kept events: how often it came up again, and how often it had before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from engine.casework import Effect, is_counted, stretches
from engine.events import FIRST_MOMENT
from engine.watching import Past, occurrences, reads

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import Any

    from engine.casework import Task
    from engine.events import Event
    from streams.rules import Rules

#: Events come in somewhat later than they happen: so much longer than the longest watch they are kept.
MORE = 30 * 86_400_000_000


class Measure(msgspec.Struct, array_like=True, gc=False):
    """What is to be measured of a task's remedy at a moment: how often its rule's matter came up at its object, since and before."""

    task: str
    rule: str
    key: dict[str, str]
    at: int
    after: tuple[int, int]
    before: tuple[int, int]
    #: the partition in which the task is at home, where there are several
    home: int = 0


MEASURE = msgspec.msgpack.Decoder(Measure)


class Kept(NamedTuple):
    """What is kept of events: up to when some types were let go, when the first one was, and those of a time that may be about a key."""

    let_go: Callable[[Collection[str]], int]
    history_from: int | None
    events: Callable[[Collection[str], tuple[int, int], Mapping[str, str]], Iterable[Event]]


def measure_of(task: Task, criterion: Mapping[str, Any], at: int, home: int = 0) -> Measure | None:
    """Return what is to be measured of a remedy at a moment; None where the plan names nothing that is counted."""
    if not is_counted(criterion):
        return None
    after, before = stretches(task, criterion, at)
    return Measure(task.id, task.rule, dict(task.key), at, after, before, home)


def effect(rules: Rules, asked: Measure, kept: Kept) -> Effect | None:
    """Return what is measured; None where the rule is gone, rests on findings, which are kept nowhere as events, or not all is kept."""
    types = types_of(rules, asked.rule) if asked.rule in rules.book.rules else set()
    let_go = kept.let_go(types)
    if not types or let_go > asked.after[0]:
        return None
    known = max(let_go, (kept.history_from or 0) - 1)
    since = min(asked.after[0], max(asked.before[0], known))
    events = [(event, FIRST_MOMENT) for event in kept.events(types, (since, asked.at), asked.key)]
    past = Past(events, asked.at, history_from=since)
    value, earlier = occurrences(rules.book, rules.gate, asked.rule, asked.key, past, (asked.after, asked.before))
    return Effect(value, earlier if known <= asked.before[0] else None)


def types_of(rules: Rules, rule: str) -> set[str]:
    """Return the event types that a rule rests on; none where it rests on findings."""
    types = reads(rules.book, rules.gate, rule)
    return set() if any(name.startswith("finding.") for name in types) else types


def reach(rules: Rules) -> dict[str, int]:
    """Return how long events are kept so that remedies can be measured, by type: as long as the longest watch, and somewhat longer."""
    longest = max(one.watch.micros for one in rules.profile.severities.values()) + MORE
    live = [name for name, rule in rules.book.rules.items() if rule.status == "live"]
    return {kind: longest for name in live for kind in types_of(rules, name)}
