"""Runs the stories of rule authors through the engine, three ways: straight, restarted after every event, and shuffled.

Straight, the whole story must come out as written, in the order in which it is decided. Restarted and shuffled (within what the
catalogue allows an event to be late), the tasks that stand at the end must be the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations
from typing import TYPE_CHECKING

from engine.calendar import show_instant
from engine.events import Event, Rejected, instant_of, micros
from engine.rehearsal.gates import Gates
from engine.watching import Change, Watching

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.language import Expectation, Rule, Rulebook, RuleTest
    from engine.places import Places

#: Orders of arrival that are tried for one story; short stories have all of theirs tried.
ORDERS = 24


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one story went: empty `faults` is well. Each fault is a line for the rule author."""

    test: RuleTest
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Return whether everything came out as written."""
        return not self.faults


Arrival = tuple[int, Event]


def rehearse(book: Rulebook, test: RuleTest, places: Places | None = None, gates: Gates | None = None) -> Outcome:
    """Return how a story goes with its rule; drafts are rehearsed like live rules. Who rehearses many keeps the `gates` of them all."""
    stage = Stage(book, test, places, gates)
    events = stage.events()
    if isinstance(events, str):
        return Outcome(test, (events,))
    ordered = sorted(events, key=lambda pair: pair[0])
    straight = stage.run(ordered)
    faults = compare(test, [change for change in straight if change.change != "updated"], book.zone)
    standing = fold(straight)
    if fold(stage.run(ordered, restarted=True)) != standing:
        faults.append("with a restart after every event other tasks stand at the end")
    for order in shuffled(ordered):
        if fold(stage.run(order)) != standing:
            told = ", ".join(show_instant(instant_of(event), book.zone) for _, event in order)
            faults.append(f"with the events arriving in another order other tasks stand at the end: {told}")
            break
    return Outcome(test, tuple(faults))


def concerned(book: Rulebook, name: str) -> dict[str, Rule]:
    """Return the rule of this name and every rule that it counts, that covers it, or that it covers: the others cannot matter to it."""
    found: dict[str, Rule] = {}
    todo = [name]
    while todo:
        rule = book.rules.get(todo.pop())
        if rule is None or rule.name in found:
            continue
        found[rule.name] = rule
        events = [event for part in (rule.anchor, *rule.others) for event in part.events]
        todo += [event.removeprefix("finding.") for event in events if event.startswith("finding.")]
        todo += [other.name for other in book.rules.values() if rule.name in other.covered_by]
        todo += rule.covered_by
    return found


class Stage:
    """One story with the one rule that it is about, and the rules that matter to it."""

    def __init__(self, book: Rulebook, test: RuleTest, places: Places | None, gates: Gates | None = None) -> None:
        rules = concerned(book, test.rule)
        self.book = replace(book, rules=rules)
        self.test = test
        self.places = places
        self.gate = (gates or Gates(book.catalogue)).of(rules.values(), (told.record["type"] for told in test.events))

    def events(self) -> list[Arrival] | str:
        """Return the events with their arrival, or why one of them is none."""
        found = []
        for told in self.test.events:
            event = self.gate.convert(told.record)
            if isinstance(event, Rejected):
                return f"an event of this story is rejected: {event}"
            found.append((told.arrives, event))
        return found

    def run(self, arrivals: Sequence[Arrival], *, restarted: bool = False) -> list[Change]:
        """Return the changes of the story's rule."""
        first = min((min(at, instant_of(event)) for at, event in arrivals), default=0)
        world = self.world(first)
        changes: list[Change] = []
        seen: list[Event] = []
        for at, event in arrivals:
            world.receive(event, at)
            seen.append(event)
            if restarted:
                changes += world.take_changes()
                world = world.restarted(self.world(first), seen)
        if self.test.clock is not None:
            world.tick(self.test.clock)
        changes += world.take_changes()
        return [change for change in changes if change.rule == self.test.rule]

    def world(self, first: int) -> Watching:
        """Return a fresh world; history is known from long before the story, so that `first_time_in` can speak."""
        return Watching(self.book, self.gate, places=self.places, history_from=first - 400 * 86_400_000_000, drafts=True)


def compare(test: RuleTest, changes: list[Change], zone: str) -> list[str]:
    """Return what differs between what was expected and what came, each as a line."""
    left = list(changes)
    faults = []
    for wanted in test.expect:
        found = next((change for change in left if fits(wanted, change)), None)
        if found is None:
            faults.append(f"wanted: {shown(wanted, zone)}")
        else:
            left.remove(found)
    wanted_kinds = {wanted.kind for wanted in test.expect}
    # an episode's end is worth a line only where the story asks for one
    extra = [change for change in left if change.change != "ended" or "ended" in wanted_kinds]
    return faults + [f"not wanted: {told(change, zone)}" for change in extra]


def fits(wanted: Expectation, change: Change) -> bool:
    """Return whether a change is what was expected; only what is written matters."""
    return (
        change.change == wanted.kind
        and micros(change.at) == wanted.at
        and all(change.key.get(name) == value for name, value in wanted.same.items())
        and (wanted.evidence is None or list(wanted.evidence) == change.evidence)
        and wanted.say in change.say
        and (wanted.count is None or wanted.count == change.count)
        and (wanted.severity is None or wanted.severity == change.severity)
        and (wanted.to is None or wanted.to == change.to.role)
        and (wanted.due is None or wanted.due == micros(change.due))
    )


def shown(wanted: Expectation, zone: str) -> str:
    """Return an expectation as a line."""
    key = ", ".join(f"{name}={value}" for name, value in wanted.same.items())
    return f"{wanted.kind} {show_instant(wanted.at, zone)} {key}".rstrip()


def told(change: Change, zone: str) -> str:
    """Return a change as a line."""
    key = ", ".join(f"{name}={value}" for name, value in change.key.items())
    return f"{change.change} {show_instant(micros(change.at), zone)} {key} (evidence {', '.join(change.evidence) or 'none'})"


#: What stands at the end: per task when it opened, its evidence, and when it ended.
Standing = dict[str, tuple[object, ...]]


def fold(changes: Iterable[Change]) -> Standing:
    """Return the tasks that stand after all changes: what must not depend on the order of arrival, or on restarts."""
    tasks: Standing = {}
    evidence: dict[str, set[str]] = {}
    for change in changes:
        held = evidence.setdefault(change.task_id, set())
        if change.change == "withdrawn":
            tasks.pop(change.task_id, None)
            held.clear()
            continue
        if change.change == "opened":
            held.clear()
        held.update(change.evidence)
        held.difference_update(change.evidence_removed)
        ended = change.at if change.change == "ended" else None
        tasks[change.task_id] = (change.rule, tuple(change.key.items()), tuple(sorted(held)), ended, change.count, change.due)
    return tasks


def shuffled(arrivals: Sequence[Arrival]) -> list[list[Arrival]]:
    """Return other orders in which the events could have arrived, each event at most `late_by` after it happened."""
    on_time = [(at, event) for at, event in arrivals if at - instant_of(event) <= event.kind.late_by]
    if len(on_time) != len(arrivals):
        return []
    orders = []
    for delays in permutations(range(len(arrivals))) if len(arrivals) <= 4 else rotations(len(arrivals)):
        order = []
        for rank, (_, event) in zip(delays, arrivals, strict=True):
            late = event.kind.late_by * rank // max(1, len(arrivals))
            order.append((instant_of(event) + late, event))
        orders.append(sorted(order, key=lambda pair: pair[0]))
        if len(orders) == ORDERS:
            break
    return orders


def rotations(length: int) -> list[tuple[int, ...]]:
    """Return every rotation of 0 … length - 1, forwards and backwards."""
    forward = tuple(range(length))
    turned = [forward[by:] + forward[:by] for by in range(length)]
    return turned + [turn[::-1] for turn in turned]
