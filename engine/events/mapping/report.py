"""What a mapping makes of samples: everything that an operator looks at before a feed is switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.events.mapping.mapping import through
from engine.events.mapping.skip import Skipped
from engine.events.rejected import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.events.event import Event
    from engine.events.gate import Gate
    from engine.events.mapping.mapping import Mapping

#: How many of the first events a report shows.
SHOWN = 5


class Refusal(msgspec.Struct):
    """Rejections of one kind: what the first one was and where, what would be right, and how many there are."""

    code: str
    field: str
    reason: str
    right: str
    place: str
    count: int = 0


class LeftOut(msgspec.Struct):
    """Rows left out for one reason; `event` is "" where it is the whole row."""

    reason: str
    event: str
    place: str
    count: int = 0


class FeedReport(msgspec.Struct):
    """What came of the samples. Every record is in `events`, `rejected` or `skipped`, counted once for each event it could become.

    `unused` are columns of the samples that the mapping never looks at; `absent` are columns it needs and some sample lacks.
    """

    feed: str
    files: list[str] = []
    rows: int = 0
    events: dict[str, int] = {}
    first: list[dict[str, object]] = []
    rejected: list[Refusal] = []
    skipped: list[LeftOut] = []
    unused: list[str] = []
    absent: list[str] = []

    @property
    def is_fine(self) -> bool:
        """Return whether something came out and nothing was rejected."""
        return bool(self.events) and not self.rejected

    @property
    def problem(self) -> str:
        """Return in one line why the mapping is not ready, or ""."""
        if self.rejected:
            return f"{sum(one.count for one in self.rejected):,} rejected; the most frequent: {self.rejected[0].reason}"
        return "" if self.events else "no event came out"


def check(mapping: Mapping, gate: Gate, samples: Iterable[tuple[str, Iterable[str]]], shown: int = SHOWN) -> FeedReport:
    """Return what becomes of samples, each the name of a file and its lines. Frequent refusals come first."""
    report = FeedReport(mapping.name)
    tally = _Tally(report, shown)
    columns: dict[str, None] = {}
    absent: dict[str, None] = {}
    for file, lines in samples:
        reading = mapping.read(lines, file)
        reading.notice = True
        for outcome in through(gate, reading):
            tally.add(outcome)
        report.files.append(file)
        report.rows += reading.rows
        columns |= reading.columns
        absent |= dict.fromkeys(reading.absent)
    used = set(mapping.columns)
    report.unused = [name for name in columns if name not in used]
    report.absent = list(absent)
    report.rejected.sort(key=lambda one: -one.count)
    report.skipped.sort(key=lambda one: -one.count)
    return report


class _Tally:
    def __init__(self, report: FeedReport, shown: int) -> None:
        self.report = report
        self.shown = shown
        self.refusals: dict[tuple[str, str, str], Refusal] = {}
        self.left_out: dict[tuple[str, str], LeftOut] = {}

    def add(self, outcome: Event | Rejected | Skipped) -> None:
        if isinstance(outcome, Rejected):
            self.refused(outcome)
        elif isinstance(outcome, Skipped):
            self.skipped(outcome)
        else:
            self.event(outcome)

    def event(self, event: Event) -> None:
        name, report = event.kind.name, self.report
        report.events[name] = report.events.get(name, 0) + 1
        if len(report.first) < self.shown:
            report.first.append(msgspec.to_builtins(event))

    def refused(self, one: Rejected) -> None:
        place, _, field = one.path.rpartition(":")
        line, _, field = field.partition(".")
        key = (one.code, field, one.right or one.reason)
        group = self.refusals.get(key)
        if group is None:
            group = self.refusals[key] = Refusal(one.code, field, one.reason, one.right, f"{place}:{line}")
            self.report.rejected.append(group)
        group.count += 1

    def skipped(self, one: Skipped) -> None:
        key = (one.event, one.reason)
        group = self.left_out.get(key)
        if group is None:
            group = self.left_out[key] = LeftOut(one.reason, one.event, f"{one.file}:{one.line}")
            self.report.skipped.append(group)
        group.count += 1
