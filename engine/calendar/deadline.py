"""Deadlines: what a length means from a given instant, and the proof, day by day.

Working days: the day of the event is not counted; the deadline is the close of business of the N-th working day.
Working hours: only time inside opening hours counts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from engine.calendar.calendar import following, local_day_end
from engine.calendar.instant import show_instant

if TYPE_CHECKING:
    from datetime import date

    from engine.calendar.calendar import Calendar
    from engine.calendar.length import Length

MINUTE = 60_000_000
#: Deadlines that a calendar remembers.
MOST = 10_000


class Deadline(NamedTuple):
    """The last instant that is in time; provisional where the calendar is not published that far."""

    at: int
    provisional: bool = False


def deadline(start: int, length: Length, calendar: Calendar | None, zone: str) -> Deadline:
    """Return the last instant that lies within `length` of `start`. Working time needs a calendar (ValueError without)."""
    if length.exact:
        return Deadline(start + length.micros)
    if length.unit == "calendar days":
        return Deadline(local_day_end(start, length.amount, calendar.zone if calendar else zone))
    if calendar is None:
        raise ValueError(f"{length} needs a calendar")
    if length.unit == "working days":
        asked = (calendar.day_at(start), length.amount)
        found = calendar.worked_out.get(asked)
        if found is None:
            day, known = nth_working_day(start, length.amount, calendar)
            if len(calendar.worked_out) >= MOST:
                calendar.worked_out.clear()
            found = calendar.worked_out[asked] = (calendar.close_of_business(day), not known)
        return Deadline(*found)
    return steps(start, length, calendar)[0]


def nth_working_day(start: int, amount: int, calendar: Calendar) -> tuple[date, bool]:
    """Return the N-th working day after the day of `start`, and whether the calendar is published that far."""
    day = calendar.day_at(start)
    known = True
    while amount:
        day = following(day)
        known = known and calendar.is_known(day)
        amount -= calendar.is_working(day)
    return day, known


def steps(start: int, length: Length, calendar: Calendar) -> tuple[Deadline, list[str]]:
    """Return the deadline in working time and a line for each day on the way."""
    walk = working_days if length.unit == "working days" else working_hours
    return walk(start, length.amount, calendar)


def working_days(start: int, amount: int, calendar: Calendar) -> tuple[Deadline, list[str]]:
    """Count working days after the day of `start`."""
    day = calendar.day_at(start)
    lines = [f"{day} {day:%a}: day of the event, not counted"]
    known, counted = True, 0
    while counted < amount:
        day = following(day)
        known = known and calendar.is_known(day)
        worked = calendar.is_working(day)
        counted += worked
        lines.append(f"{day} {day:%a}: {calendar.why(day)}" + (f", {counted} of {amount}" if worked else ", not counted"))
    at = calendar.close_of_business(day)
    return Deadline(at, not known), [*lines, ending(at, calendar, known=known)]


def working_hours(start: int, amount: int, calendar: Calendar) -> tuple[Deadline, list[str]]:
    """Count time inside opening hours from `start` on."""
    left = amount * 60 * MINUTE
    day = calendar.day_at(start)
    lines, known = [], True
    while True:
        known = known and calendar.is_known(day)
        for first, last in calendar.intervals(day):
            begin = max(first, start)
            if begin >= last:
                continue
            if last - begin >= left:
                at = begin + left
                lines.append(f"{day} {day:%a}: {left // MINUTE} minutes, nothing left")
                return Deadline(at, not known), [*lines, ending(at, calendar, known=known)]
            left -= last - begin
            lines.append(f"{day} {day:%a}: {(last - begin) // MINUTE} minutes, {left // MINUTE} left")
        if not calendar.is_working(day):
            lines.append(f"{day} {day:%a}: {calendar.why(day)}, not counted")
        day += timedelta(days=1)


def ending(at: int, calendar: Calendar, *, known: bool) -> str:
    """Return the last line of a proof."""
    text = f"deadline {show_instant(at, calendar.zone)} ({calendar.zone})"
    return text if known else f"{text}, provisional: {calendar.name} is published until {calendar.covers[1]}"


def proof(start: int, length: Length, calendar: Calendar | None, zone: str) -> list[str]:
    """Return why a deadline is where it is, day by day; the last line is the deadline."""
    begun = f"from {show_instant(start, zone)}, {length}"
    if length.exact or calendar is None or length.unit == "calendar days":
        return [begun, f"deadline {show_instant(deadline(start, length, calendar, zone).at, zone)} ({zone})"]
    return [begun, *steps(start, length, calendar)[1]]
