"""Deadlines on a clock that stands still from time to time: what is paused is not counted.

In working days and calendar days a day counts only if the clock ran through all of its business; exact lengths and working hours count
to the instant.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.calendar.calendar import following, local_day_end
from engine.calendar.deadline import MINUTE, deadline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from engine.calendar.calendar import Calendar
    from engine.calendar.length import Length

    Pauses = Sequence[tuple[int, int]]


def paused_deadline(start: int, length: Length, calendar: Calendar | None, zone: str, pauses: Pauses) -> int:
    """Return the last instant in time when the clock stood from the first to the second instant of each pause, in their order."""
    if not pauses:
        return deadline(start, length, calendar, zone).at
    if length.exact:
        return pushed(start, start + length.micros, pauses)
    if length.unit == "calendar days":
        return calendar_days(start, length.amount, calendar.zone if calendar else zone, pauses)
    if calendar is None:
        raise ValueError(f"{length} needs a calendar")
    return (working_days if length.unit == "working days" else working_hours)(start, length.amount, calendar, pauses)


def pushed(start: int, due: int, pauses: Pauses) -> int:
    """Return a deadline moved on by every pause that begins before it."""
    for first, last in pauses:
        if last > start and first <= due:
            due += last - max(first, start)
    return due


def calendar_days(start: int, amount: int, zone: str, pauses: Pauses) -> int:
    """Return the end of the N-th date after the day of `start` that no pause touches."""
    number = 0
    while amount:
        number += 1
        end = local_day_end(start, number, zone)
        amount -= not is_touched(local_day_end(start, number - 1, zone) + 1, end, pauses)
    return local_day_end(start, number, zone)


def working_days(start: int, amount: int, calendar: Calendar, pauses: Pauses) -> int:
    """Return the close of business of the N-th working day after the day of `start` whose business no pause touches."""
    day = calendar.day_at(start)
    while amount:
        day = following(day)
        amount -= calendar.is_working(day) and not is_touched(opening(day, calendar), calendar.close_of_business(day), pauses)
    return calendar.close_of_business(day)


def opening(day: date, calendar: Calendar) -> int:
    """Return when the business of a working day begins."""
    return min((first for first, _ in calendar.intervals(day)), default=calendar.close_of_business(day))


def is_touched(first: int, last: int, pauses: Pauses) -> bool:
    """Return whether a pause stands within a span, both ends included."""
    return any(begun <= last and ended > first for begun, ended in pauses)


def working_hours(start: int, amount: int, calendar: Calendar, pauses: Pauses) -> int:
    """Return when so much time inside opening hours has passed, the pauses left out."""
    left = amount * 60 * MINUTE
    day = calendar.day_at(start)
    while True:
        for first, last in calendar.intervals(day):
            for begin, end in running(max(first, start), last, pauses):
                if end - begin >= left:
                    return pushed_past(begin + left, pauses)
                left -= end - begin
        day += timedelta(days=1)


def pushed_past(due: int, pauses: Pauses) -> int:
    """Return a deadline, or the end of the pause that begins at that very instant."""
    return next((last for first, last in pauses if first == due), due)


def running(first: int, last: int, pauses: Pauses) -> list[tuple[int, int]]:
    """Return the parts of a span in which the clock runs."""
    spans = [(first, last)]
    for begun, ended in pauses:
        spans = [part for one in spans for part in ((one[0], min(one[1], begun)), (max(one[0], ended), one[1])) if part[0] < part[1]]
    return spans
