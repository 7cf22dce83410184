"""What a unit owes, from when: the clocks of a fresh issue, a missed deadline, and the begin of another cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from engine.casework.clock import begin, until
from engine.casework.hours import length_of
from engine.casework.rungs import floored
from engine.casework.task import Breach

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.casework.clock import Clock
    from engine.casework.move import Move
    from engine.casework.task import Suspension, Task


def fresh(move: Move, task: Task) -> Task:
    """Return the task newly asked of its unit: signing and explaining are counted from now, and nothing else is open."""
    limits, calendars, at = move.parameters, move.terms.calendars, move.at
    explain = length_of(task.explain_in) if task.explain_in else limits.explain
    clocks: dict[str, Clock] = {
        "ack": begin("unit", limits.ack, at, calendars),
        "explain": begin("unit", explain, at, calendars),
    }
    if limits.interim is not None:
        clocks["interim"] = begin("unit", limits.interim, at, calendars)
    move.details["due"] = {name: clock.due for name, clock in clocks.items()}
    return replace(task, clocks=clocks, suspensions={}, warned={}, signed={}, issued_at=at, prior=None, parent=None, over_at=None)


def floors(move: Move, task: Task, *, least: int | None = None) -> Task:
    """Return the task on the level on which it begins: by severity, by recurrence, by how often its object was the matter."""
    rungs = move.terms.profile.ladder.rungs
    asked = [floor for floor in (move.parameters.floor, least) if floor is not None]
    for k, rung in enumerate(rungs):
        if rung.cycle is not None and task.cycle >= rung.cycle:
            asked.append(k)
        if rung.tasks_of_object is not None and task.siblings + 1 >= rung.tasks_of_object:
            asked.append(k)
    return floored(move, task, max(asked, default=None))


def another_cycle(move: Move, task: Task, least: int | None) -> Task:
    """Return the task at the begin of another cycle: fresh clocks, unclaimed rungs, and a level that remembers."""
    begun = replace(
        task,
        cycle=task.cycle + 1,
        round=1,
        level=None,
        claims={},
        assessment="",
        authors={},
        explained=False,
        explanation_accepted=False,
        remedy_accepted=False,
        owes_remedy=False,
        remedy_due=None,
        actions=0,
        appealed=False,
        paused_for=0,
        effective_at=None,
    )
    return floors(move, fresh(move, begun), least=least)


def one_higher(task: Task) -> int:
    """Return the rung above the last one; what never climbed begins with the first."""
    return min((task.level or 0) + 1, 5)


def breached(move: Move, task: Task, name: str) -> Task:
    """Return the task with a missed deadline on record. The missed moment is the deadline, not when it was noticed."""
    clock = task.clocks[name]
    due = clock.due if clock.due is not None else move.at
    unit = task.unit if clock.owner == "unit" else supervising(move)
    person = task.person if clock.owner == "unit" else None
    breach = Breach(name, clock.owner, unit, person, due, task.cycle, clock.step + 1)
    move.details |= {"obligation": name, "due": due, "step": breach.step}
    number = f"{task.cycle}/{name}/{task.seq + 1}"
    return replace(
        task,
        breaches={**task.breaches, number: breach},
        clocks={**task.clocks, name: replace(clock, breached=due, step=clock.step + 1)},
    )


def supervising(move: Move) -> str:
    """Return the unit above the one that answers, as the one whose supervisor is late."""
    return move.terms.people.superior(move.task.unit, move.at) or move.task.unit


def without(clocks: dict[str, Clock], *names: str) -> dict[str, Clock]:
    """Return the clocks without some of them."""
    return {name: clock for name, clock in clocks.items() if name not in names}


def unsuspended(task: Task, *names: str) -> dict[str, Suspension]:
    """Return the reasons why the clock stands without some of them."""
    return {name: one for name, one in task.suspensions.items() if name not in names}


def with_evidence(task: Task, ids: Iterable[str], kind: str) -> Task:
    """Return the task with more evidence; what is there already stays as it is."""
    return replace(task, evidence={**dict.fromkeys(ids, kind), **task.evidence})


def waiting(move: Move, task: Task, at: int) -> Task:
    """Return the candidate waiting until a moment, but never longer than candidates wait."""
    latest = task.opened_at + move.parameters.wait_at_most.micros
    clock = until("engine", "wait", move.at, max(move.at, min(at, latest)), move.terms.calendars)
    return replace(task, clocks={**task.clocks, "wait": clock})
