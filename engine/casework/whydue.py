"""Why a deadline is where it is: the anchor, every day that counted and how much, each pause with its reason and person, the result."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from engine.calendar import show_instant
from engine.casework.clock import used
from engine.casework.task import Task, apply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.casework.clock import Clock
    from engine.casework.hours import Calendars, Hours
    from engine.casework.journal import Entry

MINUTE = 60_000_000
#: Entries after which a clock is another one, or has another budget, and what to say then.
TURNS = {
    "task.rejected": "sent back for another round; it does not start over",
    "clock.extended": "extended",
    "clock.rebased": "counted by another version of the calendar from here on",
    "evidence.added": "a graver case: another promise, counted from the old anchor",
    "task.withdrawn": "taken back by the unit",
    "task.accepted": "accepted",
}


class Stretch(NamedTuple):
    """A stretch of time in which a clock ran without a change."""

    start: int
    end: int
    calendar: str


def why_due(entries: Iterable[Entry], name: str, calendars: Calendars) -> list[str]:
    """Return the proof of a deadline, line by line, from the journal alone; no lines where there is no such clock."""
    lines: list[str] = []
    before: Task | None = None
    clock: Clock | None = None
    for entry in entries:
        task = apply(before if before is not None else Task(id=entry.task_id), entry)
        now = task.clocks.get(name)
        if now is not None and now != clock:
            lines = [] if clock is None or now.anchor != clock.anchor else lines
            lines += list(turn(entry, clock if lines else None, now, task, calendars))
        before, clock = task, now if now is not None else clock
    if clock is None or before is None:
        return []
    return [*lines, *ending(clock, calendars)]


def turn(entry: Entry, old: Clock | None, new: Clock, task: Task, calendars: Calendars) -> Iterator[str]:
    """Return what one entry did to a clock."""
    if old is None:
        counted = "wall clock" if not new.calendar else f"calendar {new.calendar}"
        yield f"from {show_instant(new.anchor, calendars.zone)}, {new.length}, {counted} (entry {entry.seq}, {entry.kind})"
        if new.whole_days:
            yield "the day of the anchor is not counted; it ends with the close of business"
        return
    if old.since is not None and (new.since != old.since or new.stopped != old.stopped):
        yield from counted_days(Stretch(old.since, entry.at, old.calendar), old, calendars)
    said = change(entry, old, new, task)
    if said:
        yield f"{show_instant(entry.at, calendars.zone)}: {said}"


def change(entry: Entry, old: Clock, new: Clock, task: Task) -> str:
    """Return how a clock changed, in words."""
    left = f"{amount(new.budget - new.used, new)} left (entry {entry.seq}"
    if new.stopped is not None and old.stopped is None:
        return f"stopped, {left}, {entry.kind})"
    if old.since is not None and new.since is None:
        return f"paused: {reasons(task)} (entry {entry.seq}, {entry.actor})"
    if old.since is None and new.since is not None:
        return f"runs again, {left}, {why(entry)})"
    if new.budget != old.budget or new.calendar != old.calendar:
        return f"{TURNS.get(entry.kind, entry.kind)} (entry {entry.seq}, {why(entry)})"
    return f"missed (entry {entry.seq})" if new.breached is not None and old.breached is None else ""


def why(entry: Entry) -> str:
    """Return who did it and the reason."""
    return f"{entry.actor}: {entry.reason}" if entry.reason else f"{entry.actor}, {TURNS.get(entry.kind, entry.kind)}"


def reasons(task: Task) -> str:
    """Return why the clock of a task stands."""
    said = [f"{one.reason} by {one.by}" if one.by else one.reason for one in task.suspensions.values()]
    return ", ".join(said) or "the unit's time does not run"


def counted_days(stretch: Stretch, clock: Clock, calendars: Calendars) -> Iterator[str]:
    """Return a line for each day of a stretch, with what it used up and what is left after it."""
    hours = calendars.hours(stretch.calendar)
    if hours.calendar is None:
        yield f"{show_instant(stretch.start, calendars.zone)} to {show_instant(stretch.end, calendars.zone)}: all of it counts"
        return
    day, last = hours.calendar.day_at(stretch.start), hours.calendar.day_at(stretch.end)
    while day <= last:
        spans = [(max(a, stretch.start), min(b, stretch.end)) for a, b in hours.day(day)]
        minutes = sum(max(0, b - a) for a, b in spans) // MINUTE
        end = max((b for _, b in spans), default=stretch.start)
        left = (clock.budget - used(clock, max(end, stretch.start), hours)) // MINUTE
        reason = hours.calendar.why(day)
        yield f"{day} {day:%a}: {reason}, " + (f"{minutes} minutes, {left} left" if minutes else "not counted")
        day += timedelta(days=1)


def ending(clock: Clock, calendars: Calendars) -> Iterator[str]:
    """Return the rest of the way to the deadline, and the deadline."""
    hours: Hours = calendars.hours(clock.calendar)
    if clock.due is None:
        yield f"paused: no deadline, {amount(clock.budget - clock.used, clock)} left"
        return
    if clock.is_running and clock.since is not None:
        yield from counted_days(Stretch(clock.since, clock.due, clock.calendar), clock, calendars)
    said = f"deadline {show_instant(clock.due, calendars.zone)} ({calendars.zone})"
    if clock.provisional and hours.calendar is not None:
        said += f", provisional: {hours.calendar.name} is published until {hours.calendar.covers[1]}"
    if clock.due != clock.first_due:
        said += f"; first given as {show_instant(clock.first_due, calendars.zone)}"
    yield said


def amount(micros: int, clock: Clock) -> str:
    """Return an amount of counted time for people."""
    minutes = max(0, micros) // MINUTE
    kind = "working " if clock.calendar else ""
    return f"{minutes // 60} {kind}hours {minutes % 60} minutes" if minutes >= 60 else f"{minutes} {kind}minutes"
