"""The scorecard of a unit and of its supervisors, from the journal alone: how much was on time, right at once, and lasting.

It is fair or it is nothing. What a unit was wrongly asked for does not count against it; time that stood still is not its time; lateness of
a supervisor is the supervisor's; and a rate over too few cases is shown and never ranked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.casework.task import Task, apply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.casework.journal import Entry

    #: unit, moment -> the unit that supervises it
    Supervises = Callable[[str, int], str | None]

HOUR: Final = 3_600_000_000
#: Fewer cases than this say nothing about anybody.
ENOUGH: Final = 10
#: Entries that end an obligation of a unit; one of two signatures ends none.
ENDS: Final = {
    "task.acknowledged": "ack",
    "task.countersigned": "sign",
    "task.interim": "interim",
    "task.explained": "explain",
    "task.remedied": "remedy",
}
REVIEWED: Final = frozenset({"EXPLAINED", "REMEDIED"})
DECIDED: Final = frozenset({"C.accept", "C.reject"})
ON_TIME: Final = ("ack", "sign", "interim", "explain", "remedy")
OF_SUPERVISORS: Final = ("review", "appeal")
RATES: Final = (*ON_TIME, "accepted at once", "recurred", "reopened", "upheld", *OF_SUPERVISORS)
COUNTS: Final = ("issued", "closed", "cancelled", "breaches")


class Mark(NamedTuple):
    """One thing that counts for a unit: under which measure, when, and whether it was met; `met` of a mere number is True."""

    at: int
    unit: str
    measure: str
    met: bool
    cycle: int


class Stay(NamedTuple):
    """How long a task stood in a state."""

    until: int
    unit: str
    state: str
    hours: float


class Period(NamedTuple):
    """From when until when, the latter no longer in it."""

    since: int
    until: int


class Size(NamedTuple):
    """How large a unit is, and how much was said about it, so that large and small can be compared; None is not known."""

    customers: int | None = None
    complaints: int | None = None


UNKNOWN: Final = Size()


class Rate(msgspec.Struct, frozen=True):
    """How many of how many. `ranked` says whether they are enough to be compared with others."""

    met: int
    of: int
    ranked: bool

    @property
    def share(self) -> float | None:
        """Return the share, or None of nothing."""
        return self.met / self.of if self.of else None


class Middle(msgspec.Struct, frozen=True):
    """The median of the hours that tasks stood in a state, and of how many."""

    hours: float
    of: int
    ranked: bool


class Score(msgspec.Struct, frozen=True):
    """What a unit did in a period. A rate or median that there was no case of is left out."""

    rates: dict[str, Rate]
    counts: dict[str, int]
    #: highest rung of the tasks that climbed -> how many
    rungs: dict[int, int]
    hours: dict[str, Middle]
    issued_per_10_000_customers: float | None = None
    issued_per_complaint: float | None = None


@dataclass(slots=True)
class Tally:
    """What is counted for one unit; tallies of several add up to that of the unit above them."""

    met: Counter[str] = field(default_factory=Counter)
    of: Counter[str] = field(default_factory=Counter)
    rungs: Counter[int] = field(default_factory=Counter)
    stays: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: Tally) -> None:
        """Take in another tally."""
        self.met.update(other.met)
        self.of.update(other.of)
        self.rungs.update(other.rungs)
        for state, hours in other.stays.items():
            self.stays[state] += hours

    def score(self, size: Size = UNKNOWN, enough: int = ENOUGH) -> Score:
        """Return the score."""
        issued = self.of["issued"]
        return Score(
            {name: Rate(self.met[name], self.of[name], self.of[name] >= enough) for name in RATES if self.of[name]},
            {name: self.of[name] for name in COUNTS},
            dict(sorted(self.rungs.items())),
            {state: Middle(median(hours), len(hours), len(hours) >= enough) for state, hours in sorted(self.stays.items())},
            issued / size.customers * 10_000 if size.customers else None,
            issued / size.complaints if size.complaints else None,
        )


def tallies(entries: Iterable[Entry], period: Period, supervises: Supervises) -> dict[str, Tally]:
    """Return what is counted in a period for each unit, and for each supervising one, from whole journals of tasks."""
    journals: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        journals[entry.task_id].append(entry)
    found: defaultdict[str, Tally] = defaultdict(Tally)
    for name, journal in journals.items():
        Replayed(name, journal, supervises).count(period, found)
    return dict(found)


def together(found: Mapping[str, Tally], is_in: Callable[[str], bool]) -> Tally:
    """Return the tally of all units of which something holds, such as that they lie in a subtree."""
    whole = Tally()
    for unit, tally in found.items():
        if is_in(unit):
            whole.add(tally)
    return whole


def ranking(scores: Mapping[str, Score], rate: str, *, best_first: bool = True) -> tuple[list[tuple[str, Rate]], list[tuple[str, Rate]]]:
    """Return the units in the order of a rate, and apart from them those with too few cases to be ranked, by name."""
    held = [(unit, score.rates[rate]) for unit, score in scores.items() if rate in score.rates]
    ranked = [one for one in held if one[1].ranked]
    ranked.sort(key=lambda one: ((one[1].share or 0) * (-1 if best_first else 1), one[0]))
    return ranked, sorted(one for one in held if not one[1].ranked)


class Replayed:
    """One task, replayed for what counts in it."""

    def __init__(self, name: str, entries: Iterable[Entry], supervises: Supervises) -> None:
        self.supervises = supervises
        self.marks: list[Mark] = []
        self.stays: list[Stay] = []
        self.rungs: dict[tuple[int, str], tuple[int, int]] = {}
        #: obligation of a cycle and unit -> where its mark is: one verdict each, and late stays late
        self.verdicts: dict[tuple[int, str, str], int] = {}
        #: what was decided for the first time in a cycle
        self.firsts: set[tuple[int, str]] = set()
        self.entered = 0
        task = Task(id=name)
        for entry in entries:
            after = apply(task, entry)
            self.take(entry, task, after)
            task = after

    def count(self, period: Period, found: defaultdict[str, Tally]) -> None:
        """Count what falls into a period."""
        for mark in self.marks:
            if period.since <= mark.at < period.until:
                found[mark.unit].of[mark.measure] += 1
                found[mark.unit].met[mark.measure] += mark.met
        for (_, unit), (at, rung) in self.rungs.items():
            if period.since <= at < period.until:
                found[unit].rungs[rung] += 1
        for stay in self.stays:
            if period.since <= stay.until < period.until:
                found[stay.unit].stays[stay.state].append(stay.hours)

    def take(self, entry: Entry, before: Task, after: Task) -> None:
        """Take one entry."""
        if entry.kind in {"command.refused", "command.proposed"}:
            return
        if (entry.state, entry.cycle, after.unit) != (before.state, before.cycle, before.unit):
            self.moved(entry, before, after)
        if entry.kind == "clock.breached":
            self.breached(entry, before)
        elif entry.kind in ENDS:
            self.verdict(entry.at, before, ENDS[entry.kind], met=True)
        self.decided(entry, before)
        if after.level and after.level > (before.level or 0):
            self.rungs[after.cycle, after.unit] = (entry.at, after.level)

    def mark(self, at: int, unit: str, measure: str, cycle: int, *, met: bool = True) -> None:
        """Note something that counts."""
        self.marks.append(Mark(at, unit, measure, met, cycle))

    def moved(self, entry: Entry, before: Task, after: Task) -> None:
        """Note how long the state lasted that ended, and what the new one means."""
        if before.state and entry.seq > 1:
            self.stays.append(Stay(entry.at, before.unit, before.state, (entry.at - self.entered) / HOUR))
        self.entered = entry.at
        if entry.state == "ISSUED" and (before.state != "APPEALED" or entry.event == "C.reassign"):
            self.mark(entry.at, after.unit, "issued", entry.cycle)
        if entry.state in {"CLOSED", "CANCELLED"}:
            self.mark(entry.at, before.unit, entry.state.lower(), before.cycle)
        if before.state == "WATCHING":
            self.mark(entry.at, before.unit, "recurred", before.cycle, met=entry.cycle > before.cycle)
        if before.state == "CLOSED" and entry.event == "C.reopen":
            self.mark(entry.at, before.unit, "reopened", before.cycle)

    def breached(self, entry: Entry, before: Task) -> None:
        """Note a missed deadline, for the unit or for its supervisor."""
        name = str(entry.data.get("obligation", ""))
        due = entry.data.get("due", entry.at)
        if name in ON_TIME:
            self.mark(due, before.unit, "breaches", before.cycle)
            self.verdict(due, before, name, met=False)
        elif name in {"review", "appeal", "appeal_max"}:
            self.verdict(due, before, "review" if name == "review" else "appeal", met=False)

    def verdict(self, at: int, task: Task, name: str, *, met: bool) -> None:
        """Note whether an obligation was met. Of several verdicts on one the worst holds, in the time of the first."""
        side = (self.supervises(task.unit, at) if name in OF_SUPERVISORS else task.unit) or ""
        # a supervisor decides anew in each round
        about = f"{name}/{task.state}/{task.round}" if name in OF_SUPERVISORS else name
        place = self.verdicts.setdefault((task.cycle, side, about), len(self.marks))
        if place == len(self.marks):
            self.mark(at, side, name, task.cycle, met=met)
        elif not met:
            self.marks[place] = self.marks[place]._replace(met=False)

    def decided(self, entry: Entry, before: Task) -> None:
        """Note what a supervisor decided, and what that says of the unit."""
        if before.state in REVIEWED and entry.event in DECIDED:
            self.verdict(entry.at, before, "review", met=True)
            if before.state == "EXPLAINED" and (before.cycle, "explanation") not in self.firsts:
                self.firsts.add((before.cycle, "explanation"))
                self.mark(entry.at, before.unit, "accepted at once", before.cycle, met=entry.event == "C.accept")
        if before.state != "APPEALED":
            return
        if entry.event in {"C.uphold", "C.deny", "C.reassign"}:
            self.verdict(entry.at, before, "appeal", met=True)
            self.mark(entry.at, before.unit, "upheld", before.cycle, met=entry.event != "C.deny")
        if entry.event in {"C.uphold", "C.reassign"}:
            self.pardon(before)

    def pardon(self, task: Task) -> None:
        """Take back what counted against a unit that should not have been asked."""
        ours = {*ON_TIME, "issued", "cancelled", "breaches", "accepted at once"}
        kept = [one for one in self.marks if not (one.unit == task.unit and one.cycle == task.cycle and one.measure in ours)]
        where = {id(one): place for place, one in enumerate(kept)}
        self.verdicts = {key: where[id(self.marks[place])] for key, place in self.verdicts.items() if id(self.marks[place]) in where}
        self.marks = kept
        self.rungs.pop((task.cycle, task.unit), None)
