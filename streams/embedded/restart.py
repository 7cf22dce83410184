"""A world taken up again from the store: watches as they were, repetitions known, and what no longer fits rebuilt from kept history.

A row fits as long as the rule collects the same (`Rule.collects`) and the engine packs watches the same way. Any other rule is built
anew from the kept raw events, together with the rules that read its findings, and what it finds is compared with what was published:
only the difference is told.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from engine.events import instant_of
from engine.watching import Watching
from streams.embedded.history import kept_events
from streams.embedded.retelling import retold
from streams.embedded.state import BEGINNING, NEVER
from streams.store import WatchRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.events import Event
    from engine.language import Rule, Rulebook
    from engine.watching import Change
    from streams.rules import Rules
    from streams.store import Reader

    Row = tuple[str, bytes, bytes]

FINDING = "finding."
#: What a row of another version or of a changed event type can come to while it is unpacked.
UNREADABLE = (msgspec.DecodeError, ValueError, TypeError, LookupError, AttributeError)
#: A month, in microseconds: what every rule keeps beyond its window and the allowed delay.
KEEP = 30 * 86_400_000_000


@dataclass(slots=True)
class Restored:
    """A world as the store has it, and what had to be rebuilt for it: rules, their rows, and the changes to tell."""

    world: Watching
    rebuilt: set[str] = field(default_factory=set)
    rows: list[WatchRow] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def restored(reader: Reader, rules: Rules) -> Restored:
    """Return the world that the store describes, under these rules."""
    stale = stale_rules(reader, rules.book)
    while True:
        found = Restored(begun(reader, rules), closed(rules.book, stale))
        unfit = fill(found.world, reader, found.rebuilt)
        if not unfit:
            break
        stale |= unfit  # the world was filled in part: another one is begun
    remembered(found, reader, rules)
    return found


def stale_rules(reader: Reader, book: Rulebook) -> set[str]:
    """Return the awake rules whose rows, if there are any, were collected under another meaning of the rule."""
    noted = reader.meta("collects")
    known = msgspec.json.decode(noted) if noted else {}
    return {name for name, rule in book.rules.items() if rule.status in {"live", "shadow"} and known.get(name) != rule.collects}


def closed(book: Rulebook, stale: Iterable[str]) -> set[str]:
    """Return rules to rebuild, with those that depend on what these find."""
    found = set(stale)
    while more := {name for name, rule in book.rules.items() if name not in found and depends_on(rule) & found}:
        found |= more
    return found


def depends_on(rule: Rule) -> set[str]:
    """Return the rules whose findings a rule looks at."""
    events = {event for part in (rule.anchor, *rule.others) for event in part.events if event.startswith(FINDING)}
    return {event.removeprefix(FINDING) for event in events} | set(rule.covered_by)


def begun(reader: Reader, rules: Rules) -> Watching:
    """Return an empty world that stands where the stored one stands in time."""
    world = Watching(rules.book, rules.gate, places=rules.places, history_from=reader.meta("history_from"))
    saved = reader.meta("progress")
    world.progress.load(msgspec.msgpack.decode(saved) if saved else [BEGINNING, BEGINNING, []])
    known = instants(reader, "known_from")
    for name, plan in world.plans.items():
        plan.known_from = known.get(name, plan.known_from)
    return world


def instants(reader: Reader, name: str) -> dict[str, int]:
    """Return instants that were noted by rule or by event type."""
    noted = reader.meta(name)
    return msgspec.json.decode(noted, type=dict[str, int]) if noted else {}


def known_from(world: Watching, rule: str, let_go: Mapping[str, int]) -> int:
    """Return from when on every event that a rule reads is kept; `let_go` says up to where each type is not."""
    found = NEVER
    for kind in world.plans[rule].types:
        other = kind.removeprefix(FINDING)
        if kind != other:
            found = max(found, known_from(world, other, let_go) if other in world.plans else NEVER)
        else:
            found = max(found, let_go.get(kind, NEVER))
    return found


def fill(world: Watching, reader: Reader, leave_out: set[str]) -> set[str]:
    """Give a world its rows, and return the rules whose rows this program cannot read."""
    unfit = set()
    rows = reader.ask("SELECT rule, key, row FROM watches ORDER BY rule")
    for rule, group in groupby(rows, lambda row: row[0]):
        if rule not in leave_out and rule in world.plans:
            try:
                world.restore(group)
            except UNREADABLE:
                unfit.add(rule)
    for name, lane in world.lanes.items():
        if world.plans[name].types & world.sequel.counted:
            # Findings stand in no store but in the watches that count them.
            for watch in lane.watches.values():
                deque(map(world.remember, (fact for fact in watch.facts if fact.kind.name in world.sequel.counted)), maxlen=0)
    return unfit


def remembered(found: Restored, reader: Reader, rules: Rules) -> None:
    """Tell a world of every kept event, and have the rules that need it judge them again."""
    world = found.world
    types = {kind.kind.name for kind in world.kinds.values() if kind.is_watched or not kind.is_plain}
    if not reader.end("events"):
        return
    events = kept_events(reader, rules.gate, types)
    if found.rebuilt:
        rebuild(found, reader, rules, noted(world, events))
    else:
        deque(noted(world, events), maxlen=0)


def noted(world: Watching, events: Iterable[Event]) -> Iterator[Event]:
    """Return the events, each remembered by the world as one that was judged."""
    remember = world.remember
    for event in events:
        remember(event)
        yield event


def rebuild(found: Restored, reader: Reader, rules: Rules, events: Iterable[Event]) -> None:
    """Judge kept history by the rules to be rebuilt, and take their watches into the world."""
    world = found.world
    book = replace(rules.book, rules={name: rules.book.rules[name] for name in scaffold(rules.book, found.rebuilt)})
    aside = Watching(book, rules.gate, places=rules.places, history_from=world.history_from)
    # Time stands still until all of it is in, as after any standstill.
    aside.progress.load([BEGINNING, world.progress.began, [[*source, at] for source, at in world.progress.heard.items()]])
    let_go = instants(reader, "let_go")
    for name, plan in aside.plans.items():
        plan.known_from = known_from(aside, name, let_go)
    for name in found.rebuilt & set(world.plans):
        world.plans[name].known_from = aside.plans[name].known_from
    for event in events:
        if aside.history_from is None:
            aside.history_from = instant_of(event)
        aside.receive(event, BEGINNING)
    aside.tick(world.progress.now)
    rows = [(rule, key, row) for rule, key, row in aside.take_rows() if rule in found.rebuilt and row is not None]
    world.restore(rows)
    found.rows = [WatchRow(rule, key, rules.book.rules[rule].collects, row) for rule, key, row in rows]
    told = [change for change in aside.take_changes() if change.rule in found.rebuilt]
    found.changes = retold(reader, told, since={name: judged_from(world, name) for name in found.rebuilt})


def judged_from(world: Watching, rule: str) -> int:
    """Return from when on kept history says for certain that a rule does not find something."""
    plan, month_ago = world.plans.get(rule), world.progress.now - KEEP
    if plan is None or not plan.is_disprovable:
        return month_ago
    return max(month_ago, plan.known_from + plan.reach)


def scaffold(book: Rulebook, rebuilt: set[str]) -> set[str]:
    """Return the rules to rebuild, with those whose findings they need to see again."""
    found = set(rebuilt)
    while more := {other for name in found for other in depends_on(book.rules[name])} - found:
        found |= more
    return found
