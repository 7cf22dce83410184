"""Digests: each working day a circular for each unit (通报), reminders of what is under supervision (督办), and notices of a new calendar.

Told once, with ids that follow from what they are about and from their day.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from engine.casework.publication import PREFIX, Publication, id_for
from engine.casework.signing import who_signs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from engine.calendar import Calendar
    from engine.casework.journal import Entry
    from engine.casework.task import Task
    from engine.casework.terms import Terms

#: When a working day's digest is told, by the clock of the calendar.
HOUR_OF_DIGEST: Final = time(9)
#: The rungs from which on a task stands in the circular, and from which on its unit is reminded.
LISTED, REMINDED = 1, 3
ONE_DAY = timedelta(days=1)
#: So many days without a working day are no calendar.
BARREN: Final = 400


class Span(NamedTuple):
    """From when until when, the latter no longer in it."""

    since: int
    until: int

    def has(self, at: int | None) -> bool:
        """Return whether a moment lies in it."""
        return at is not None and self.since <= at < self.until


def next_moment(calendar: Calendar, after: int) -> int | None:
    """Return the next moment behind another at which a digest is told: nine o'clock of a working day."""
    day = calendar.day_at(after)
    for _ in range(BARREN):
        if calendar.is_working(day) and (moment := nine(day, calendar.zone)) > after:
            return moment
        day += ONE_DAY
    return None


def nine(day: date, zone: str) -> int:
    """Return the moment of a day's digest."""
    return int(datetime.combine(day, HOUR_OF_DIGEST, ZoneInfo(zone)).timestamp()) * 1_000_000


def circulars(tasks: Iterable[Task], span: Span, day: str) -> Iterator[Publication]:
    """Give the circular of each unit that has something to be told of in a span, in order of their names."""
    found: defaultdict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: {"reached": [], "missed": [], "closed": []})
    for task in sorted(tasks, key=lambda task: task.id):
        for heading, one in lines(task, span):
            found[task.unit][heading].append({"task": task.id, "say": task.say, "person": task.person, **one})
    for unit, listed in sorted(found.items()):
        body = {"day": day, "since": span.since, "until": span.until, **listed}
        yield told("circular", f"circular/{unit}", unit, span.until, body)


def lines(task: Task, span: Span) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give what a circular says of a task, each under its heading."""
    rungs = [int(rung) for rung, claim in task.claims.items() if int(rung) >= LISTED and span.has(claim.at)]
    if rungs:
        yield "reached", {"level": max(rungs), "how": task.claims[str(max(rungs))].how}
    for breach in task.breaches.values():
        if breach.owner == "unit" and span.has(breach.due):
            yield "missed", {"obligation": breach.obligation, "due": breach.due}
    if task.state == "CLOSED" and span.has(task.over_at):
        yield "closed", {"level": task.level, "cycle": task.cycle}


def reminders(tasks: Iterable[Task], at: int, terms: Terms) -> Iterator[Publication]:
    """Give a reminder of each task under supervision whose turn it is with the unit."""
    for task in sorted(tasks, key=lambda task: task.id):
        if task.level is not None and task.level >= REMINDED and task.is_running:
            late = [name for name, clock in task.clocks.items() if clock.owner == "unit" and clock.breached is not None and clock.is_open]
            body = {"say": task.say, "person": task.person, "late": sorted(set(late) - {"rung"})}
            missing = who_signs(task, terms.profile.ladder, terms.people, at)
            body |= {"to_sign": [*missing]} if missing else {}
            yield told("reminder", f"reminder/{task.id}", task.unit, at, body, task)


def notices(entries: Iterable[Entry], tasks: Mapping[str, Task], version: str, part: str = "") -> Iterator[Publication]:
    """Give one notice to each unit whose deadlines moved because another calendar holds, however many they are.

    `part` names those that are told here, where a unit's tasks are in several places.
    """
    moved: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    at = 0
    for entry in (one for one in entries if one.kind == "clock.rebased"):
        task = tasks.get(entry.task_id)
        due = {name: pair for name, pair in entry.data["due"].items() if pair[0] != pair[1]}
        if due and task is not None:
            at = max(at, entry.at)
            moved[task.unit].append({"task": task.id, "say": task.say, "due": due})
    for unit, listed in sorted(moved.items()):
        name = f"calendar/{version}/{unit}/{part}" if part else f"calendar/{version}/{unit}"
        yield told("calendar", name, unit, at, {"calendar": version, "moved": listed})


def told(kind: str, name: str, unit: str, at: int, body: dict[str, Any], task: Task | None = None) -> Publication:
    """Return one record of the topic `digest`."""
    return Publication(
        topic="digest",
        key=unit,
        id=id_for(name, at, f"digest/{kind}"),
        type=f"{PREFIX}digest.{kind}.v1",
        subject=name if task is None else task.id,
        time=at,
        unit=unit,
        level=None if task is None else task.level,
        state="" if task is None else task.state,
        severity="" if task is None else task.severity,
        due=None if task is None else task.due(),
        cycle=1 if task is None else task.cycle,
        seq=0 if task is None else task.seq,
        parent=None,
        dedupkey=name,
        reason="",
        body=body,
    )
