"""What follows from how a task stands: which clocks run, and which timers are armed. Done after every move, so nothing can be forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from engine.casework.clock import paused, resumed
from engine.casework.rungs import RUNG, climbing, next_on_ladder
from engine.casework.signing import SIGN, signing
from engine.casework.state import STATES
from engine.casework.task import Timer

if TYPE_CHECKING:
    from engine.casework.task import Task
    from engine.casework.terms import Terms

#: A timer that ends a clock of the same name; the others are worked out below.
CLOCK_OF = {f"T.{name}": name for name in ("wait", "ack", SIGN, "interim", "explain", "remedy", "review", "appeal", "appeal_max", "watch")}


def settled(task: Task, at: int, terms: Terms) -> Task:
    """Return the task with its clocks as its state wants them and its timers armed; a timer that moved is of a new generation."""
    task = climbing(running(signing(task, at, terms), at, terms), at, terms)
    generation = task.seq + 1
    timers: dict[str, Timer] = {}
    for name in STATES[task.state].timers:
        due = due_of(name, task, terms)
        if due is not None:
            armed = task.timers.get(name)
            timers[name] = armed if armed is not None and armed.due == due else Timer(due, generation)
    return task if timers == task.timers else replace(task, timers=timers)


def running(task: Task, at: int, terms: Terms) -> Task:
    """Return the task with the unit's open clocks running exactly when its own time runs."""
    clocks = dict(task.clocks)
    turn = resumed if task.is_running else paused
    for name, clock in task.clocks.items():
        if clock.owner == "unit" and name != RUNG:
            clocks[name] = turn(clock, at, terms.calendars.hours(clock.calendar))
    return task if clocks == task.clocks else replace(task, clocks=clocks)


def due_of(timer: str, task: Task, terms: Terms) -> int | None:
    """Return when a timer is due, or None where it is not armed."""
    if timer == "T.rung":
        step = next_on_ladder(task, terms)
        return None if step is None else step.due
    if timer == "T.pause_until":
        return min((one.until for one in task.suspensions.values() if one.until is not None), default=None)
    clock = task.clocks.get(CLOCK_OF[timer])
    return None if clock is None or not clock.is_running or clock.breached is not None else clock.due
