"""Months of history through the same engine as in production, in memory: files in, changes out, and what they come to.

`backtest` reads everything first, because events are judged in the order in which they arrived and files keep another one.
Longer than most modules, for what becomes no event on the way has to be told in the same report as what was found.
"""

from __future__ import annotations

import gzip
import re
import sys
import zlib
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from itertools import islice
from operator import attrgetter, le
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast
from zoneinfo import ZoneInfo

from engine.events import Rejected, arrival_of, instants_of
from engine.events.mapping import Mapping, Refusal, Skipped, feed
from engine.watching import Summary, Watching, in_order, replay
from streams.clock import now
from streams.collecting import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.events import Event, Gate
    from engine.watching import Change
    from streams.rules import Rules

    #: told what is being done ("reading", "judging"), how much of it is done, and how much there is, if that is known
    Progress = Callable[[str, int, int | None], None]
    Publish = Callable[[list[Change]], None]

#: "Standard input."
STDIN = Path("-")
#: Bytes of lines that are decoded at once: more would leave the processor's cache.
STRETCH = 1 << 15
#: Events, or rows of a mapped file, between two reports of progress.
EVERY = 10_000
#: Events that are handed to the engine at once, and let go together.
AT_ONCE = 250
ARRIVED = attrgetter("arrived")
#: What stands behind the file's name in the path of a rejected record: the line, and where in the record.
PLACE = re.compile(r"(:\d+)(.*)", re.DOTALL)


class Input(NamedTuple):
    """A file of history, or `-`: JSON Lines in the catalogue's shape, or anything that a mapping reads; `.gz` or not."""

    path: Path
    mapping: Mapping | None = None


@dataclass
class Harvest:
    """What was read: events, and what became none, by its reason."""

    events: list[Event] = field(default_factory=list)
    refusals: dict[tuple[str, str, str], Refusal] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    #: whether the events are known to be in the order in which they arrived, and when the newest of them did
    is_in_order: bool = True
    newest: int = -(1 << 62)

    @property
    def rejected(self) -> int:
        """Return how many records were rejected."""
        return sum(one.count for one in self.refusals.values())

    def reject(self, one: Rejected, file: str) -> None:
        """Count a record of a file that is no event, and keep the first of its kind. Its path begins with file and line."""
        found = PLACE.match(one.path, len(file))
        line, path = found.groups() if found else ("", "")
        key = (one.code, path, one.right or one.reason)
        if key not in self.refusals:
            self.refusals[key] = Refusal(one.code, path.removeprefix("."), one.reason, one.right, file + line)
        self.refusals[key].count += 1

    def take(self, outcome: Event | Rejected | Skipped, file: str) -> None:
        """Take one outcome of a mapping."""
        if isinstance(outcome, Rejected):
            self.reject(outcome, file)
        elif isinstance(outcome, Skipped):
            self.skipped[outcome.reason] += 1
        else:
            self.is_in_order = False
            self.events.append(outcome)

    def add(self, events: list[Event]) -> None:
        """Take many events, and look at their order while they are at hand: to come back for that later takes longer than judging."""
        self.events += events
        if events and self.is_in_order:
            arrivals = list(map(arrival_of, events)) if any(map(ARRIVED, events)) else instants_of(events)
            self.is_in_order = self.newest <= arrivals[0] and all(map(le, arrivals, islice(arrivals, 1, None)))
            self.newest = arrivals[-1]

    def drained(self) -> list[Event]:
        """Return the events in the order in which they arrived; none is left here, for one list of them is enough."""
        events, self.events = self.events, []
        return events if self.is_in_order else in_order(events)


@dataclass
class Report:
    """What a backtest came to. `is_whole` says whether it ran to its end; `later` counts events behind `until`."""

    harvest: Harvest
    summary: Summary
    later: int = 0
    is_whole: bool = True


class Period(NamedTuple):
    """The tasks that are wanted: those that open from `since` on; nothing that arrived after `until` is used. Both may be open."""

    since: int | None = None
    until: int | None = None


def never() -> bool:
    """Return that nobody asked to stop."""
    return False


def quietly(stage: str, done: int, total: int | None) -> None:
    """Show no progress."""


class Asking(NamedTuple):
    """Tells how far it is, and asks whether to stop."""

    progress: Progress = quietly
    is_stopped: Callable[[], bool] = never


@undisturbed()
def backtest(
    rules: Rules,
    inputs: Sequence[Input],
    publish: Publish,
    progress: Progress = quietly,
    *,
    period: Period = Period(),  # noqa: B008 - immutable
    is_stopped: Callable[[], bool] = never,
) -> Report:
    """Return what rules find in history, handing the changes to `publish` as they come.

    `is_stopped` is asked often; once it says yes, what was judged so far is told and the report says that it is not whole. Events
    from before `since` are judged, for rules look back on them, but tasks that opened before it are not told.
    """
    asking = Asking(progress, is_stopped)
    report, events = gathered(rules, inputs, asking, period.until)
    return judged(rules, report, events, publish, asking, period) if report.is_whole else report


def gathered(rules: Rules, inputs: Sequence[Input], asking: Asking, until: int | None) -> tuple[Report, list[Event]]:
    """Return the events of files in the order in which they arrived, and a report that says what became none."""
    harvest = Harvest()
    report = Report(harvest, Summary(zone=ZoneInfo(rules.book.zone)))
    for one in inputs:
        for done, total in reap(one, rules.gate, harvest):
            asking.progress("reading", done, total)
            if asking.is_stopped():
                report.is_whole = False
                return report, []
    events = harvest.drained()
    used = events if until is None else [event for event in events if arrival_of(event) <= until]
    report.later = len(events) - len(used)
    return report, used


def judged(rules: Rules, report: Report, events: list[Event], publish: Publish | None, asking: Asking, period: Period) -> Report:
    """Return the report of events that are judged here, one after the other; the list is empty then.

    Without `publish` the changes are counted and no more: what explains them is not put together.
    """
    summary, total = report.summary, len(events)
    told = Told(summary, publish, period.since)
    world = Watching(rules.book, rules.gate, places=rules.places)
    world.explains = publish is not None
    for done in replay(world, let_go(events, summary), told, until=period.until, clock=now(), every=EVERY):
        summary.events = done
        asking.progress("judging", done, total)
        if asking.is_stopped() and done < total:
            report.is_whole = False
            break
    world.close()
    return report


def let_go(events: list[Event], summary: Summary) -> Iterator[Event]:
    """Yield events in their order and keep none that was yielded, noting when the first and the last of them happened."""
    events.reverse()
    while events:
        stretch = events[: -AT_ONCE - 1 : -1]
        del events[-AT_ONCE:]
        first, last = span(stretch)
        summary.first = first if summary.first is None or first is None else min(summary.first, first)
        summary.last = last if summary.last is None or last is None else max(summary.last, last)
        yield from stretch


class Wanted:
    """Picks out of changes those of tasks that opened in the period."""

    def __init__(self, since: int | None) -> None:
        self.since = None if since is None else since / 1_000_000
        self.earlier: set[str] = set()

    def __call__(self, change: Change) -> bool:
        """Return whether a change is of a task that opened in the period."""
        if self.since is None:
            return True
        if change.change == "opened":
            (self.earlier.discard if change.at.timestamp() >= self.since else self.earlier.add)(change.task_id)
        return change.task_id not in self.earlier


class Told:
    """What is told of the changes: those of tasks that opened in the period, counted and handed on to whoever reads them."""

    def __init__(self, summary: Summary, publish: Publish | None, since: int | None) -> None:
        self.summary = summary
        self.publish = publish
        self.is_wanted = Wanted(since)

    def __call__(self, changes: list[Change]) -> None:
        if self.is_wanted.since is not None:
            changes = list(filter(self.is_wanted, changes))
        for change in changes:
            self.summary.add(change)
        if self.publish is not None:
            self.publish(changes)


def span(events: Sequence[Event]) -> tuple[int | None, int | None]:
    """Return when the first and the last of some events happened."""
    moments = instants_of(events)
    return min(moments, default=None), max(moments, default=None)


# Reading ----------------------------------------------------------------------------------------------------------------


def reap(one: Input, gate: Gate, harvest: Harvest) -> Iterator[tuple[int, int | None]]:
    """Read a file into the harvest; yield after each stretch how many of its bytes are read, and how many it has."""
    with opened(one.path) as (handle, raw, total):
        lines = mapped(one, gate, handle, harvest) if one.mapping else plain(str(one.path), gate, handle, harvest)
        try:
            for _ in lines:
                yield (raw.tell() if raw.seekable() else 0), total
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            reason = f"the packed file is damaged from here on ({str(error).lower()})"
            harvest.reject(Rejected(code="damaged", reason=reason, right="get a whole copy", path=str(one.path)), str(one.path))
        yield total or 0, total


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO, int | None]]:
    """Give a file unpacked, the file as it lies on the disk, and its size there."""
    if path == STDIN:
        yield sys.stdin.buffer, sys.stdin.buffer, None
        return
    with path.open("rb") as raw:
        size = path.stat().st_size
        if path.suffix != ".gz":
            yield raw, raw, size
            return
        with gzip.open(raw) as unpacked:
            yield cast("BinaryIO", unpacked), raw, size


def plain(file: str, gate: Gate, handle: BinaryIO, harvest: Harvest) -> Iterator[None]:
    """Read JSON Lines in the catalogue's shape."""
    number = 0
    while lines := handle.readlines(STRETCH):
        if number == 0:
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        found = gate.decode_lines(lines)
        if Rejected in set(map(type, found)):
            found = located(file, number, gate, lines, harvest)
        harvest.add(cast("list[Event]", found))
        number += len(lines)
        yield


def located(file: str, number: int, gate: Gate, lines: Sequence[bytes], harvest: Harvest) -> list[Event | Rejected]:
    """Return the events of lines that are not all fine, and note the others with the lines they stand in."""
    events: list[Event | Rejected] = []
    for place, line in enumerate(lines, number + 1):
        for one in gate.decode(line) if line.strip() else ():
            if isinstance(one, Rejected):
                harvest.reject(one.inside(f"{file}:{place}"), file)
            else:
                events.append(one)
    return events


def mapped(one: Input, gate: Gate, handle: BinaryIO, harvest: Harvest) -> Iterator[None]:
    """Read another system's file through its mapping; what is no text in its encoding costs its row, not the file."""
    assert one.mapping is not None
    file = str(one.path)
    text = TextIOWrapper(handle, one.mapping.encoding, errors="surrogateescape", newline="")
    try:
        for number, outcome in enumerate(feed(one.mapping, gate, text, file)):
            harvest.take(outcome, file)
            if number % EVERY == 0:
                yield
        yield
    finally:
        text.detach()  # who opened the file closes it
