"""The clock of one obligation: a budget of counted time, what of it is used, and the deadline that follows.

While a clock runs its deadline is the earliest instant at which the budget is used up; while it stands there is none. A budget in working
days is worth the working time up to the close of business of the N-th working day, and ends with the close of business of a day.
Nothing here changes: each verb returns another clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec
from msgspec.structs import replace

if TYPE_CHECKING:
    from engine.calendar import Length
    from engine.casework.hours import Calendars, Hours

HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR
Owner = Literal["unit", "supervisor", "engine"]


class Clock(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One obligation's clock. Amounts and instants are microseconds."""

    owner: Owner
    #: what was promised, as people write it
    length: str
    #: the version of the calendar that counts; empty for the wall clock
    calendar: str
    #: where the promise is counted from
    anchor: int
    budget: int
    #: used up before `since`
    used: int = 0
    #: running since; None while it stands
    since: int | None = None
    #: the deadline; None while the clock is paused, frozen when it is stopped
    due: int | None = None
    #: the deadline as it was first given; it stays on record whatever comes
    first_due: int
    #: ends with the close of business of a day
    whole_days: bool = False
    #: the calendar is not published that far: the deadline may move when it is
    provisional: bool = False
    #: what the clock was for is done; since when
    stopped: int | None = None
    #: the deadline that was missed and not caught up with
    breached: int | None = None
    extended: bool = False
    #: of a supervisor's clock: the steps of lateness that were told
    step: int = 0

    @property
    def is_open(self) -> bool:
        """Return whether the obligation still stands."""
        return self.stopped is None

    @property
    def is_running(self) -> bool:
        """Return whether time is being used up."""
        return self.since is not None and self.stopped is None


def begin(owner: Owner, length: Length, at: int, calendars: Calendars) -> Clock:
    """Return a clock that runs from `at`. What is anchored now is never overdue now."""
    hours = calendars.counted_by(length)
    end = calendars.deadline(at, length)
    return aimed(
        Clock(
            owner=owner,
            length=str(length),
            calendar=hours.version,
            anchor=at,
            budget=hours.between(at, end.at),
            since=at,
            first_due=end.at,
            whole_days=length.unit == "working days",
        ),
        hours,
    )


def until(owner: Owner, length: str, at: int, due: int, calendars: Calendars) -> Clock:
    """Return a clock of the wall that runs from `at` to a moment that somebody named."""
    wall = calendars.hours("")
    return aimed(Clock(owner=owner, length=length, calendar="", anchor=at, budget=max(0, due - at), since=at, first_due=due), wall)


def aimed(clock: Clock, hours: Hours) -> Clock:
    """Return a running clock with its deadline."""
    assert clock.since is not None
    left = clock.budget - clock.used
    due = hours.closing(hours.reach(clock.since, max(1, left))) if clock.whole_days else hours.reach(clock.since, left)
    return replace(clock, due=due, provisional=not (hours.is_known(clock.since) and hours.is_known(due)))


def used(clock: Clock, at: int, hours: Hours) -> int:
    """Return how much of the budget is used up at a moment."""
    return clock.used + (hours.between(clock.since, at) if clock.since is not None and clock.stopped is None else 0)


def paused(clock: Clock, at: int, hours: Hours) -> Clock:
    """Return the clock standing still; it has no deadline then. A missed deadline stays where it was."""
    if not clock.is_running:
        return clock
    missed = clock.due is not None and at > clock.due
    return replace(clock, used=used(clock, at, hours), since=None, due=clock.due if missed else None, provisional=False)


def resumed(clock: Clock, at: int, hours: Hours) -> Clock:
    """Return the clock running again with what was left. One that was missed stays missed, at the deadline that was missed."""
    if clock.since is not None or not clock.is_open:
        return clock
    running = replace(clock, since=at)
    return running if clock.due is not None else aimed(running, hours)


def stopped(clock: Clock, at: int, hours: Hours) -> Clock:
    """Return the clock stopped because what it was for is done; the deadline is frozen."""
    return clock if not clock.is_open else replace(clock, used=used(clock, at, hours), since=None, stopped=at)


def restarted(clock: Clock, at: int, hours: Hours) -> Clock:
    """Return a stopped clock running again with what was left, because what stopped it was taken back."""
    if clock.stopped is None:
        return clock
    missed = clock.due is not None and clock.stopped > clock.due
    return resumed(replace(clock, stopped=None, due=clock.due if missed else None), at, hours)


def reworked(clock: Clock, at: int, least: Length, calendars: Calendars) -> Clock:
    """Return a stopped clock running again after a rejection: with what was left, but at least so much. It does not start over."""
    hours = calendars.hours(clock.calendar)
    least_left = hours.between(at, calendars.deadline(at, least).at)
    taken = min(clock.used, clock.budget - least_left)
    return aimed(replace(clock, used=taken, since=at, stopped=None, breached=None), hours)


def extended(clock: Clock, by: Length, calendars: Calendars) -> Clock:
    """Return the clock with its one extension, counted from the deadline that it has."""
    assert clock.due is not None
    hours = calendars.hours(clock.calendar)
    more = hours.between(clock.due, calendars.deadline(clock.due, by).at)
    return aimed(replace(clock, budget=clock.budget + more, extended=True), hours)


def rebased(clock: Clock, at: int, hours: Hours, calendars: Calendars) -> Clock:
    """Return the clock counting by another version from now on: what was used stays used. Verdicts already given stay."""
    old = calendars.hours(clock.calendar)
    if not clock.is_open or (clock.due is not None and at > clock.due):
        return clock
    taken = replace(clock, used=used(clock, at, old), calendar=hours.version, since=None if clock.since is None else at)
    return taken if taken.since is None else aimed(taken, hours)


def superseded(clock: Clock, length: Length, at: int, least: Length, calendars: Calendars) -> Clock:
    """Return the clock of another promise about the same thing: counted from the old anchor, with the pauses already granted.

    It is not born overdue: at least so much is left of it.
    """
    hours = calendars.hours(clock.calendar)
    fresh = begin(clock.owner, length, clock.anchor, calendars)
    inside = calendars.hours(fresh.calendar)
    granted = max(0, hours.between(clock.anchor, at) - used(clock, at, hours))
    taken = max(0, inside.between(clock.anchor, at) - granted)
    least_left = inside.between(at, calendars.deadline(at, least).at)
    moved = replace(fresh, used=min(taken, fresh.budget - least_left), since=at)
    running = aimed(moved, inside)
    first = running.due if running.due is not None else fresh.first_due
    return replace(running, first_due=first) if clock.is_running else paused(replace(running, first_due=first), at, inside)


def warned_at(clock: Clock, share: float, before: Length, calendars: Calendars) -> int | None:
    """Return when to warn: at the later of a share of the budget used and a length before the deadline; None while it stands."""
    if clock.since is None or clock.due is None or clock.breached is not None:
        return None
    hours = calendars.hours(clock.calendar)
    by_share = hours.reach(clock.since, int(clock.budget * share) - clock.used)
    return max(by_share, earlier(clock.due, before, calendars))


def earlier(due: int, length: Length, calendars: Calendars) -> int:
    """Return how long before a deadline a length is: working time is counted backwards, a working day as what is worked on one."""
    if length.exact:
        return due - length.micros
    if length.unit == "calendar days":
        return due - length.amount * DAY
    amount = length.amount * (HOUR if length.unit == "working hours" else calendars.current.usual_day)
    return calendars.current.back(due, amount)
