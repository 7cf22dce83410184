"""History through the engine: the same verbs as in production, as fast as one process can."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta, tzinfo
from itertools import islice
from operator import attrgetter, le
from typing import TYPE_CHECKING, Any

from engine.events import arrival_of, instant_of, instants_of
from engine.watching.finding import Change, moment
from engine.watching.progress import FOREVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from engine.events import Event
    from engine.watching.world import Watching


ARRIVED = attrgetter("arrived")
#: Events between two hand-overs of changes: with more of them, changes would leave the processor's cache before they are written.
STRETCH = 250


#: What a change adds to each of the summary's counters: a withdrawn task is no longer a task of its rule.
BY = {"opened": (1, 1, 1, 1, 1), "withdrawn": (1, -1, -1, -1, -1), "updated": (1,), "ended": (1,)}


def counted_of(change: Change, zone: tzinfo) -> tuple[Any, ...]:
    """Return what the summary counts of a change: its kind, and of a task its rule, unit or role, day by number, and key."""
    if change.change not in {"opened", "withdrawn"}:
        return (change.change,)
    day = change.at.astimezone(zone).toordinal()
    return change.change, change.rule, change.to.unit or change.to.role, day, (change.rule, ", ".join(change.key.values()))


@dataclass
class Summary:
    """What a backtest found, added up from its changes."""

    #: days and weeks are those of this zone
    zone: tzinfo = UTC
    events: int = 0
    first: int | None = None
    last: int | None = None
    changes: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    keys: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: by the day's number, as `date.toordinal` counts
    _days: Counter[int] = field(default_factory=Counter)

    def add(self, change: Change) -> None:
        """Count one change."""
        for counter, what, by in zip(self.counters, counted_of(change, self.zone), BY[change.change], strict=False):
            counter[what] += by

    @property
    def counters(self) -> tuple[Counter[Any], ...]:
        """Return all that is counted, in the order of `counted_of`."""
        return self.changes, self.rules, self.units, self._days, self.keys

    @property
    def days(self) -> Counter[str]:
        """Return how many tasks opened on each day."""
        return Counter({date.fromordinal(day).isoformat(): number for day, number in self._days.items()})

    @property
    def weeks(self) -> Counter[str]:
        """Return how many tasks opened in each week, by its Monday."""
        weeks: Counter[str] = Counter()
        for number, count in self._days.items():
            day = date.fromordinal(number)
            weeks[(day - timedelta(days=day.weekday())).isoformat()] += count
        return weeks

    @property
    def tasks(self) -> int:
        """Return how many tasks stand, withdrawn ones taken off."""
        return self.rules.total()

    def as_json(self) -> dict[str, object]:
        """Return the summary for machines."""
        worst = max(self.days.items(), key=lambda pair: (pair[1], pair[0]), default=None)
        return {
            "events": self.events,
            "from": None if self.first is None else moment(self.first),
            "to": None if self.last is None else moment(self.last),
            "tasks": self.tasks,
            "changes": dict(self.changes),
            "per_rule": dict(self.rules.most_common()),
            "per_unit": dict(self.units.most_common()),
            "per_week": dict(sorted(self.weeks.items())),
            "worst_day": None if worst is None else {"day": worst[0], "tasks": worst[1]},
        }


def in_order(events: Iterable[Event]) -> list[Event]:
    """Return the events in the order in which they arrived, or happened where no arrival was recorded."""
    held = list(events)
    if any(map(ARRIVED, held)):
        held.sort(key=arrival_of)
        return held
    moments = instants_of(held)
    if not all(map(le, moments, islice(moments, 1, None))):  # most files are in order
        held.sort(key=instant_of)
    return held


def replay(
    watching: Watching,
    events: Iterable[Event],
    publish: Callable[[list[Change]], None],
    *,
    until: int | None = None,
    clock: int = FOREVER,
    every: int = 20_000,
) -> Iterator[int]:
    """Run events, in the order given, through `watching`; yield how many are done after each `every` of them, more or less.

    Changes are handed to `publish` as they come. A backtest ends at its last event, or at `until` where that is given. Nothing can
    have arrived after `clock`, the time at which the history is read: an event that says so is kept and moves no time.
    """
    number, waiting = 0, iter(events)
    receive = watching.receive
    while stretch := list(islice(waiting, STRETCH)):
        for event, at in zip(stretch, instants_of(stretch), strict=True):
            arrived = at if event.arrived is None else arrival_of(event)
            receive(event, arrived if arrived < clock else clock, at)  # noqa: FURB136 - a call less for every event
        number += len(stretch)
        publish(watching.take_changes())
        if number % every < len(stretch):
            yield number
    watching.tick(watching.now if until is None else until)
    publish(watching.take_changes())
    yield number
