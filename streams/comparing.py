"""The same history through two rule sets at once: files are read and their events decoded once, both worlds judge them in step.

In step, so that a run which is stopped has come equally far with both, and what it found up to then can be compared.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from engine.events import Gate, arrival_of
from engine.language import FINDING, OVER, reads_of
from engine.watching import Comparison, Tasks, Watching, compare, in_order, replay
from streams.backtest import EVERY, STDIN, Harvest, Period, never, quietly, reap, span
from streams.clock import moment, now
from streams.collecting import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from engine.events import Event
    from streams.backtest import Input, Progress
    from streams.rules import Rules


class Side(NamedTuple):
    """One of two rule sets, and the history as it reads it: the same files, through mappings of its own."""

    rules: Rules
    inputs: Sequence[Input]


@dataclass
class Compared:
    """What two rule sets made of one history. Where it was stopped (`is_whole` is false), tasks are compared up to `until`.

    `events` were judged, from `first` to `last`. Where both read the history in the same way, both have the same harvest.
    """

    comparison: Comparison
    before: Harvest
    after: Harvest
    events: int = 0
    first: int | None = None
    last: int | None = None
    later: int = 0
    is_whole: bool = True
    until: int | None = None


class Twice(Exception):  # noqa: N818 - what has to be done about it
    """The two read the history differently, so it is read twice, and standard input cannot be."""


class Stopped(Exception):  # noqa: N818 - what became of it
    """Somebody asked to stop while the history was being read."""


@undisturbed()
def compare_histories(
    before: Side,
    after: Side,
    progress: Progress = quietly,
    *,
    period: Period = Period(),  # noqa: B008 - immutable
    is_stopped: Callable[[], bool] = never,
) -> Compared:
    """Return what becomes different when `after` takes the place of `before`.

    Raises `Twice` where the two read the history differently and it comes from standard input.
    """
    asking = Asking(progress, is_stopped)
    try:
        read = history_of(before, after, asking)
    except Stopped:
        return Compared(Comparison([]), Harvest(), Harvest(), is_whole=False)
    used = upto(read.before, period.until), upto(read.after, period.until)
    worlds = [Watching(side.rules.book, gate, places=side.rules.places) for side, gate in zip((before, after), read.gates, strict=True)]
    for world in worlds:
        world.explains = False  # tasks are compared, not their reasons
    tasks = Tasks(), Tasks()
    done, is_whole = in_step(worlds, used, tasks, asking, period.until)
    reached = None if is_whole else min(world.now for world in worlds)
    since, until = (None if at is None else moment(at) for at in (period.since, reached))
    comparison = compare(tasks[0].standing(since, until), tasks[1].standing(since, until), ZoneInfo(after.rules.book.zone))
    for world in worlds:
        world.close()
    first, last = span(used[0][:done])
    later = max(len(read.before) - len(used[0]), len(read.after) - len(used[1]))
    return Compared(comparison, *read.harvests, done, first, last, later, is_whole, reached)


def in_step(
    worlds: Sequence[Watching], used: Sequence[list[Event]], tasks: Sequence[Tasks], asking: Asking, until: int | None
) -> tuple[int, bool]:
    """Have worlds judge their events, none of them far ahead of the other; return how many were judged, and whether it was all."""
    done, total, clock = 0, max(map(len, used)), now()
    runs = [replay(*one, until=until, clock=clock, every=EVERY) for one in zip(worlds, used, tasks, strict=True)]
    for steps in zip_longest(*runs, fillvalue=0):
        done = max(done, *steps)
        if asking("judging", done, total) and done < total:
            return done, False
    return done, True


class Asking(NamedTuple):
    """Tells how far it is, and asks whether to stop."""

    progress: Progress
    is_stopped: Callable[[], bool]

    def __call__(self, stage: str, done: int, total: int | None) -> bool:
        self.progress(stage, done, total)
        return self.is_stopped()


class History(NamedTuple):
    """Events in the order in which they arrived, as each of the two rule sets sees them, and the gate they came through."""

    before: list[Event]
    after: list[Event]
    gates: tuple[Gate, Gate]
    harvests: tuple[Harvest, Harvest]


def history_of(before: Side, after: Side, asking: Asking) -> History:
    """Return the history, read once where both read it in the same way."""
    is_piped = any(one.path == STDIN for one in before.inputs)
    if before.inputs == after.inputs and is_one_catalogue(before.rules, after.rules):
        reads = reads_of(before.rules.book), reads_of(after.rules.book)
        gate = Gate(before.rules.book.catalogue, together(*reads))
        harvest = harvested(before.inputs, gate, asking)
        # a field that only one of them reads may have cost an event that the other would have taken
        if is_piped or not harvest.refusals or reads[0] == reads[1]:
            gates = gate, Gate(after.rules.book.catalogue, together(*reads), like=gate)
            events = taken(harvest)
            return History(events, twins(events, before.rules, after.rules, gates[1]), gates, (harvest, harvest))
    elif is_piped:
        raise Twice
    harvests = harvested(before.inputs, before.rules.gate, asking), harvested(after.inputs, after.rules.gate, asking)
    return History(taken(harvests[0]), taken(harvests[1]), (before.rules.gate, after.rules.gate), harvests)


def harvested(inputs: Sequence[Input], gate: Gate, asking: Asking) -> Harvest:
    """Return what files hold."""
    harvest = Harvest()
    for one in inputs:
        for done, total in reap(one, gate, harvest):
            if asking("reading", done, total):
                raise Stopped
    return harvest


def taken(harvest: Harvest) -> list[Event]:
    """Return the events of a harvest in the order in which they arrived; one list of them is enough."""
    events, harvest.events = in_order(harvest.events), []
    return events


def is_one_catalogue(before: Rules, after: Rules) -> bool:
    """Return whether both call the same things events; findings of their own rules aside."""
    one, other = (
        {name: kind for name, kind in rules.book.catalogue.types.items() if not name.startswith((FINDING, OVER))}
        for rules in (before, after)
    )
    return one == other and before.book.zone == after.book.zone


def together(one: Mapping[str, AbstractSet[str]], other: Mapping[str, AbstractSet[str]]) -> dict[str, AbstractSet[str]]:
    """Return the fields that either of two rulebooks reads, by event type."""
    return {name: one.get(name, frozenset()) | other.get(name, frozenset()) for name in {*one, *other}}


def twins(events: list[Event], before: Rules, after: Rules, gate: Gate) -> list[Event]:
    """Return the events for a second world: those that the first one will fill in from its own grid as copies."""
    known = set(gate.structs.values())
    placed = {made for made in known if any(field.placed for field in made.kind.fields.values())}
    if grounds(before) == grounds(after):
        placed = set()
    if not placed and known.issuperset(map(type, events)):
        return events
    return [copy(event) if type(event) in placed else event for event in events if type(event) in known]


def grounds(rules: Rules) -> dict[str, str]:
    """Return the files that rules stand on: grid, organisation, routes, calendars, tables."""
    own = {rule.place.file for rule in rules.book.rules.values()}
    return {name: text for name, text in rules.decisive.items() if name not in own}


def upto(events: list[Event], until: int | None) -> list[Event]:
    """Return the events that had arrived by then."""
    return events if until is None else [event for event in events if arrival_of(event) <= until]
