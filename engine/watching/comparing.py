"""Two rule sets over the same history, task by task: what was added, what is gone, what moved, and what stayed the same.

Changes go into `Tasks`, the tasks that stand come out, and `compare` pairs those of two runs. Tasks belong together that have the same
id (rule, key and opening event), else, within a rule and a key, those that share evidence: "from the 4th instead of the 3rd" opens the
same trouble later, with another opening event. So only rules that kept their name can have moved tasks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta, tzinfo
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from engine.watching.finding import Addressee, Change

Kind = Literal["added", "gone", "moved", "same"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Which = Literal["before", "after"]
SIDES: tuple[Which, ...] = get_args(Which)
#: Worst days that are listed at most.
LISTED = 20


@dataclass(slots=True)
class Task:
    """A task as a run left it. `evidence` holds lists of ids as they were told, `removed` those taken back later.

    What explains it is not kept: over millions of events that is most of what is told.
    """

    task_id: str
    rule: str
    key: dict[str, str]
    at: datetime
    to: Addressee
    severity: str
    due: datetime
    status: str
    say: str
    count: int | None
    evidence: list[list[str]]
    removed: list[list[str]]

    @property
    def unit(self) -> str:
        """Return the unit that owes the explanation, or the role where no unit was found."""
        return self.to.unit or self.to.role

    @property
    def place(self) -> tuple[str, tuple[str, ...]]:
        """Return the rule and the values of its key."""
        return self.rule, tuple(self.key.values())

    def ids(self) -> set[str]:
        """Return the ids of its evidence."""
        found: set[str] = set()
        for ids in self.evidence:
            found.update(ids)
        return found.difference(*self.removed) if self.removed else found

    def update(self, change: Change) -> None:
        """Take what a later change says."""
        self.severity, self.due, self.status, self.say, self.count = change.severity, change.due, change.status, change.say, change.count
        if change.evidence:
            self.evidence.append(change.evidence)
        if change.evidence_removed:
            self.removed.append(change.evidence_removed)

    def as_json(self) -> dict[str, object]:
        """Return the task for machines."""
        told = {"task_id": self.task_id, "at": self.at, "unit": self.unit, "person": self.to.person, "severity": self.severity}
        return {**told, "due": self.due, "status": self.status, "count": self.count, "say": self.say, "evidence": sorted(self.ids())}


class Tasks:
    """The tasks that stand after all the changes it was called with."""

    def __init__(self) -> None:
        self._held: dict[str, Task] = {}

    def __call__(self, changes: Iterable[Change]) -> None:
        held = self._held
        for change in changes:
            if change.change == "opened":
                held[change.task_id] = opened(change)
            elif change.change == "withdrawn":
                held.pop(change.task_id, None)
            elif (task := held.get(change.task_id)) is not None:
                task.update(change)

    def standing(self, since: datetime | None = None, until: datetime | None = None) -> list[Task]:
        """Return the tasks that stand and opened in a period, earliest first; both ends belong to it."""
        found = [task for task in self._held.values() if (since is None or task.at >= since) and (until is None or task.at <= until)]
        return sorted(found, key=lambda task: (task.at, task.task_id))


def opened(one: Change) -> Task:
    """Return the task that a change opens."""
    fixed = one.task_id, one.rule, one.key, one.at, one.to
    return Task(*fixed, one.severity, one.due, one.status, one.say, one.count, [one.evidence], [])


class Pair(NamedTuple):
    """One task in two runs; None where a run does not have it. `moved` names what differs: time, unit, severity, due, status."""

    kind: Kind
    before: Task | None
    after: Task | None
    moved: tuple[str, ...] = ()

    @property
    def task(self) -> Task:
        """Return the task as it is after, or as it was where it is gone."""
        task = self.after or self.before
        assert task is not None
        return task

    def as_json(self) -> dict[str, object]:
        """Return the pair for machines."""
        before, after = (None if task is None else task.as_json() for task in (self.before, self.after))
        return {"kind": self.kind, "rule": self.task.rule, "key": self.task.key, "moved": self.moved, "before": before, "after": after}


class Row(NamedTuple):
    """Tasks of one week, unit or rule: how many there were and are, and how many of them are what."""

    before: int
    after: int
    added: int
    gone: int
    moved: int
    same: int


class Load(NamedTuple):
    """The tasks of one unit on one day."""

    unit: str
    day: str
    tasks: int


@dataclass
class Comparison:
    """Every pair of two runs, and what they come to. Weeks and days are those of `zone`, by when tasks opened."""

    pairs: Sequence[Pair]
    zone: tzinfo = UTC
    counts: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = Counter(pair.kind for pair in self.pairs)

    def day(self, task: Task) -> date:
        """Return the day on which a task opened."""
        return task.at.astimezone(self.zone).date()

    def week(self, task: Task) -> str:
        """Return the Monday of the week in which a task opened."""
        day = self.day(task)
        return (day - timedelta(days=day.weekday())).isoformat()

    def side(self, which: Which) -> list[Task]:
        """Return the tasks of one run."""
        return [task for pair in self.pairs if (task := pair.before if which == "before" else pair.after) is not None]

    @property
    def moved_by(self) -> Counter[str]:
        """Return how many tasks moved in what; one may move in several."""
        return Counter(what for pair in self.pairs for what in pair.moved)

    def rows(self, name: Callable[[Task], str]) -> dict[str, Row]:
        """Return the tasks by some name of theirs; what moved and what stayed is counted where it is now."""
        sides = [Counter(map(name, self.side("before"))), Counter(map(name, self.side("after")))]
        kinds = Counter((name(pair.task), pair.kind) for pair in self.pairs)
        names = sorted({*sides[0], *sides[1]})
        return {one: Row(sides[0][one], sides[1][one], *(kinds[one, kind] for kind in KINDS)) for one in names}

    @property
    def rules(self) -> dict[str, Row]:
        """Return the tasks of each rule."""
        return self.rows(lambda task: task.rule)

    @property
    def units(self) -> dict[str, Row]:
        """Return the tasks of each unit."""
        return self.rows(lambda task: task.unit)

    @property
    def weeks(self) -> dict[str, Row]:
        """Return the tasks of each week, by its Monday."""
        return self.rows(self.week)

    def loads(self, which: Which) -> list[Load]:
        """Return how many tasks opened for each unit on each day, worst first."""
        counts = Counter((task.unit, self.day(task)) for task in self.side(which))
        found = [Load(unit, day.isoformat(), tasks) for (unit, day), tasks in counts.items()]
        return sorted(found, key=lambda load: (-load.tasks, load.day, load.unit))

    def as_json(self, capacity: int | None = None) -> dict[str, object]:
        """Return the comparison for machines, its pairs left out."""
        return {
            **{kind: self.counts[kind] for kind in KINDS},
            "moved_by": dict(self.moved_by.most_common()),
            "before": self._side_as_json("before", capacity),
            "after": self._side_as_json("after", capacity),
            "per_rule": {name: row._asdict() for name, row in self.rules.items()},
            "per_unit": {name: row._asdict() for name, row in self.units.items()},
            "per_week": {name: row._asdict() for name, row in self.weeks.items()},
        }

    def _side_as_json(self, which: Which, capacity: int | None) -> dict[str, object]:
        loads = self.loads(which)
        told: dict[str, object] = {"tasks": sum(load.tasks for load in loads), "worst_day": loads[0]._asdict() if loads else None}
        if capacity is not None:
            over = [load for load in loads if load.tasks > capacity]
            told["over_capacity"] = {"unit_days": len(over), "worst": [load._asdict() for load in over[:LISTED]]}
        return told


def compare(before: Iterable[Task], after: Iterable[Task], zone: tzinfo = UTC) -> Comparison:
    """Return the tasks of two runs, paired; in the order of time, by what is now and else by what was."""
    left = {task.task_id: task for task in before}
    pairs: list[Pair] = []
    fresh: list[Task] = []
    for task in after:
        was = left.pop(task.task_id, None)
        if was is None:
            fresh.append(task)
        else:
            pairs.append(paired(was, task))
    partners = by_evidence(left.values(), {task.place for task in fresh})
    for task in fresh:
        was = next((found for one in sorted(task.ids()) for found in partners.get((task.place, one), ()) if found.task_id in left), None)
        if was is None:
            pairs.append(Pair("added", None, task))
        else:
            pairs.append(paired(left.pop(was.task_id), task))
    pairs += [Pair("gone", task, None) for task in left.values()]
    return Comparison(sorted(pairs, key=lambda pair: (pair.task.at, pair.task.task_id)), zone)


def by_evidence(tasks: Iterable[Task], places: set[tuple[str, tuple[str, ...]]]) -> dict[object, list[Task]]:
    """Return the tasks of some rules and keys by each event that is evidence of them, earliest first."""
    found: dict[object, list[Task]] = {}
    for task in tasks:
        if task.place in places:
            for one in task.ids():
                found.setdefault((task.place, one), []).append(task)
    return found


def paired(before: Task, after: Task) -> Pair:
    """Return one task in two runs: the same, or what moved."""
    differs = {
        "time": before.at != after.at,
        "unit": before.unit != after.unit or before.to.person != after.to.person,
        "severity": before.severity != after.severity,
        "due": before.due != after.due and before.at == after.at,  # a task that opens at another time is due at another time
        "status": before.status != after.status,
    }
    moved = tuple(what for what, is_so in differs.items() if is_so)
    return Pair("moved" if moved else "same", before, after, moved)
