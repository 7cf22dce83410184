"""What must hold of every task at every moment, as checks over tasks and journals. Where one fails the heartbeat stops.

The numbers are those of the design: 1 one armed timer for each obligation, 2 chains, 3 rungs, 4 conservation, 5 people, 6 the fold.
The seventh, that nothing lags behind, is for whoever runs the process to measure; it has its words here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from engine.casework.audit import verify
from engine.casework.duties import named_at, undue
from engine.casework.formwords import phrase
from engine.casework.settling import CLOCK_OF
from engine.casework.state import STATES
from engine.casework.task import Task, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.casework.journal import Entry
    from engine.casework.people import People
    from engine.casework.publication import Publication
    from engine.watching import Language

WORDS: Final = {
    1: "broken.timer",
    2: "broken.chain",
    3: "broken.rung",
    4: "broken.conservation",
    5: "broken.people",
    6: "broken.fold",
}
#: What may lag, under the seventh: the time that decides, a source, the checks themselves.
LAG: Final = 7
LAGGING: Final = {what: f"broken.lag.{what}" for what in ("time", "source", "checks")}
#: Records that tell a rung; others on the same topics tell of it again, or that it is over.
TELLING: Final = frozenset({"clearly.rung.claimed.v1", "clearly.assessment.proposed.v1"})
#: The clock of the next rung is not an obligation.
RUNG: Final = "rung"


class Broken(msgspec.Struct, frozen=True):
    """One invariant that does not hold, for which task, and what is wrong there. Under the seventh `task` is what lags."""

    number: int
    task: str
    detail: str

    def say(self, language: Language) -> str:
        """Return it as one sentence."""
        key = LAGGING[self.task] if self.number == LAG else WORDS[self.number]
        return phrase(language, key, task=self.task, detail=self.detail)

    def __str__(self) -> str:
        return self.say("en")


def broken(
    tasks: Mapping[str, Task],
    entries: Sequence[Entry],
    *,
    published: Iterable[Publication] | None = None,
    people: People | None = None,
    judged: Mapping[str, int] | None = None,
) -> tuple[Broken, ...]:
    """Return every invariant that does not hold. `entries` are the whole journals of the tasks, in the order of the log.

    What is not given is not checked: without `published` only that no rung was claimed twice. `judged` is up to which of its entries it was
    checked of a task already that whoever acted was somebody who may.
    """
    journals: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        journals[entry.task_id].append(entry)
    found = [one for name in sorted(tasks) for one in timers(tasks[name])]
    found += [Broken(2, one.task, str(one)) for one in verify(entries)]
    found += rungs(journals)
    if published is not None:
        found += alerts(journals, published)
    folded = {name: fold(journal) for name, journal in journals.items()}
    found += conservation(tasks, folded)
    if people is not None:
        found += strangers(tasks, journals, people)
        found += [
            Broken(5, name, detail)
            for name, journal in sorted(journals.items())
            for detail in undue(journal, people, (judged or {}).get(name, 0))
        ]
    found += [Broken(6, name, difference_of(task, folded[name])) for name, task in tasks.items() if name in folded and folded[name] != task]
    return tuple(found)


def timers(task: Task) -> Iterator[Broken]:
    """Return obligations that run without their timer, timers without an obligation, and those with another moment than their clock."""
    allowed = set(STATES[task.state].timers)
    for name in task.timers.keys() - allowed:
        yield Broken(1, task.id, f"{name} is armed in {task.state}")
    for name in allowed & CLOCK_OF.keys():
        clock, timer = task.clocks.get(CLOCK_OF[name]), task.timers.get(name)
        due = clock.due if clock is not None and clock.is_running and clock.breached is None else None
        if (timer.due if timer is not None else None) != due:
            yield Broken(1, task.id, f"{name} is armed for {timer and timer.due}, its clock ends at {due}")
    if task.is_running and not any(clock.owner == "unit" and clock.is_open for name, clock in task.clocks.items() if name != RUNG):
        yield Broken(1, task.id, f"{task.state} and nothing is owed")


def claimed_in(journal: Iterable[Entry]) -> Iterator[tuple[int, int, int]]:
    """Return cycle and rung of every claim that is told, and the number of its entry; a warning and a reminder claim nothing."""
    for entry in journal:
        rung = entry.data.get("rung", entry.data.get("floor"))
        change = entry.data.get("change", {}).get("claims", {})
        if isinstance(rung, int) and rung > 0 and change.get(str(rung)) is not None:
            yield entry.cycle, rung, entry.seq


def rungs(journals: Mapping[str, Sequence[Entry]]) -> Iterator[Broken]:
    """Return rungs that were claimed twice in a cycle."""
    for name, journal in journals.items():
        counted = Counter((cycle, rung) for cycle, rung, _ in claimed_in(journal))
        for (cycle, rung), count in sorted(counted.items()):
            if count > 1:
                yield Broken(3, name, f"rung {rung} of cycle {cycle} was claimed {count} times")


def alerts(journals: Mapping[str, Sequence[Entry]], published: Iterable[Publication]) -> Iterator[Broken]:
    """Return claims without exactly one alert, and alerts without a claim."""
    claims = {(name, seq, rung) for name, journal in journals.items() for _, rung, seq in claimed_in(journal)}
    told: Counter[tuple[str, int, int]] = Counter()
    for one in published:
        rung = int(one.topic.removeprefix("alert.l")) if one.topic.startswith("alert.l") else 0
        if rung > 0 and (one.type in TELLING or (one.subject, one.seq, rung) in claims):
            told[one.subject, one.seq, rung] += 1
    for name, seq, rung in sorted(claims | told.keys()):
        if (name, seq, rung) not in claims:
            yield Broken(3, name, f"record {seq} has an alert of rung {rung}, which it does not claim")
        elif told[name, seq, rung] != 1:
            yield Broken(3, name, f"rung {rung}, claimed by record {seq}, has {told[name, seq, rung]} alerts")


def conservation(tasks: Mapping[str, Task], folded: Mapping[str, Task | None]) -> Iterator[Broken]:
    """Return tasks that came from nowhere, and open ones that are gone: created = issued + cancelled + merged + waiting."""
    yield from (Broken(4, name, "no journal tells of it") for name in sorted(tasks.keys() - folded.keys()))
    for name, task in sorted(folded.items()):
        if name not in tasks and task is not None and not task.is_over:
            yield Broken(4, name, f"its journal says {task.state}, and it is gone")


def strangers(tasks: Mapping[str, Task], journals: Mapping[str, Sequence[Entry]], people: People) -> Iterator[Broken]:
    """Return open tasks with a unit or a person whom the organisation did not know when they were named."""
    for name, task in sorted(tasks.items()):
        if task.is_over or name not in journals:
            continue
        if not people.known_unit(task.unit, named_at(journals[name], "unit")):
            yield Broken(5, name, f"unit '{task.unit}'")
        if task.person is not None and not people.known(task.person, named_at(journals[name], "person")):
            yield Broken(5, name, f"person '{task.person}'")


def difference_of(task: Task, folded: Task | None) -> str:
    """Return the fields in which a task is not what its journal says."""
    return ", ".join(name for name in Task.__struct_fields__ if getattr(task, name) != getattr(folded, name, None))
