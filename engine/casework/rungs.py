"""Where a task stands on the ladder: what comes next and when, and how rungs are claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from engine.casework.clock import Clock, begin, paused, resumed, until, warned_at
from engine.casework.ladder import ASSESSMENT, WARNING
from engine.casework.task import Claim

if TYPE_CHECKING:
    from engine.casework.move import Move
    from engine.casework.task import Task
    from engine.casework.terms import Terms

#: The name of the clock that counts overdue running time up to the next rung.
RUNG = "rung"


class Step(NamedTuple):
    """The next thing that time does on the ladder."""

    due: int
    rung: int
    #: what is warned about, for rung 0
    obligation: str = ""


def next_on_ladder(task: Task, terms: Terms) -> Step | None:
    """Return the next step that running time will bring, or None where none is in sight."""
    steps = [
        Step(due, WARNING, name)
        for name, clock in task.clocks.items()
        if clock.owner == "unit" and name != RUNG and name not in task.warned and (due := warning(clock, terms)) is not None
    ]
    rung = task.clocks.get(RUNG)
    k = next_rung(task)
    if rung is not None and rung.is_running and rung.due is not None and k is not None:
        steps.append(Step(rung.due, k))
    return min(steps, default=None)


def warning(clock: Clock, terms: Terms) -> int | None:
    """Return when to warn of a clock's deadline."""
    if not clock.is_running:
        return None
    ladder = terms.profile.ladder
    return warned_at(clock, ladder.warn_at, ladder.warn_before, terms.calendars)


def next_rung(task: Task) -> int | None:
    """Return the next rung that time can reach: above the level and above every claimed one, so that they come in order."""
    highest = max([task.level or WARNING, *(int(k) for k in task.claims)])
    return highest + 1 if highest < ASSESSMENT else None


def claimed(task: Task, rung: int, at: int, how: str) -> Task:
    """Return the task with a rung claimed, and the rungs below it as implied. A rung is claimed once in a cycle."""
    claims = dict(task.claims)
    for below in range(WARNING + 1, rung):
        claims.setdefault(str(below), Claim(at, "implied"))
    claims.setdefault(str(rung), Claim(at, how))
    clocks = {name: clock for name, clock in task.clocks.items() if name != RUNG}
    assessment = "proposed" if rung == ASSESSMENT and not task.assessment else task.assessment
    return replace(task, claims=claims, level=rung, clocks=clocks, assessment=assessment)


def floored(move: Move, task: Task, floor: int | None, how: str = "floor") -> Task:
    """Return the task at least on a rung. What it jumped over is claimed as implied; the entry says so."""
    if floor is None or (task.level is not None and task.level >= floor):
        return task
    move.details["floor"] = floor
    return claimed(task, floor, move.at, how)


def climbing(task: Task, at: int, terms: Terms) -> Task:
    """Return the task with the clock of its next rung running just as long as the unit is overdue and its own clock runs."""
    late = any(
        clock.breached is not None for name, clock in task.clocks.items() if clock.owner == "unit" and name != RUNG and clock.is_open
    )
    clock, k = task.clocks.get(RUNG), next_rung(task)
    if not task.is_running or not late or k is None:
        if clock is None:
            return task
        held = paused(clock, at, terms.calendars.hours(clock.calendar))
        return task if held is clock else replace(task, clocks={**task.clocks, RUNG: held})
    if clock is not None:
        going = resumed(clock, at, terms.calendars.hours(clock.calendar))
        return task if going is clock else replace(task, clocks={**task.clocks, RUNG: going})
    after = terms.profile.ladder.rungs[k].after
    fresh = until("unit", "at once", at, at, terms.calendars) if after is None else begin("unit", after, at, terms.calendars)
    return replace(task, clocks={**task.clocks, RUNG: fresh})
