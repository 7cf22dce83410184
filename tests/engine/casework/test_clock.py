"""Clocks against an independent count, minute by minute, that knows nothing of budgets and intervals."""

from __future__ import annotations

from dataclasses import replace as altered
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import Calendar, Length, parse_length
from engine.casework import Calendars, Clock, NoWorkingTimeError
from engine.casework.clock import (
    begin,
    earlier,
    extended,
    paused,
    rebased,
    restarted,
    resumed,
    reworked,
    stopped,
    superseded,
    used,
    warned_at,
)
from tests.support.casework import CALENDAR, at, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTE = 60_000_000
START = at("2026-03-02 00:00")
#: The year has a sixth working day less: a day off is announced in mid-March.
CHANGED = altered(CALENDAR, holidays={**CALENDAR.holidays, date(2026, 3, 12): "a day off announced late"})
LENGTHS = ("3 hours", "2 days", "4 working hours", "11 working hours", "1 working day", "3 working days")
OPERATIONS = ("pause", "resume", "stop", "reject", "withdraw", "extend", "rebase")


def length(text: str) -> Length:
    found = parse_length(text)
    assert isinstance(found, Length)
    return found


def counts(minute: int, calendar: Calendar | None) -> bool:
    """Return whether the minute that begins at an instant is worked, asked of the calendar's own words."""
    if calendar is None:
        return True
    local = minute // MINUTE + 8 * 60
    day, of_day = date(1970, 1, 1) + timedelta(days=local // 1440), local % 1440
    hours = [(first.hour * 60 + first.minute, last.hour * 60 + last.minute) for first, last in calendar.opening_hours]
    return calendar.is_working(day) and any(first <= of_day < last for first, last in hours)


class Naive:
    """A clock that looks at every minute. It keeps what is left, and whether it runs."""

    def __init__(self, text: str, anchor: int, calendar: Calendar) -> None:
        self.calendar = calendar if "working" in text else None
        self.days = text.endswith(("working day", "working days"))
        self.now, self.running, self.left = anchor, True, 0
        self.left = self.worth(int(text.partition(" ")[0]), text, anchor)

    def worth(self, amount: int, text: str, start: int) -> int:
        """Return how many counted minutes a length is worth from a moment."""
        if not self.days:
            return amount * (1440 if text.endswith("days") else 60)
        day, found, minutes, now = None, 0, 0, start
        first = (start // MINUTE + 480) // 1440
        while True:
            minutes += counts(now, self.calendar)
            now += MINUTE
            here = (now // MINUTE + 480) // 1440
            if here not in (first, day) and any(counts(m, self.calendar) for m in minutes_of(here)):
                day, found = here, found + 1
            if found == amount and not any(counts(m, self.calendar) for m in minutes_of(here) if m >= now):
                return minutes

    def go(self, to: int) -> None:
        """Let time pass."""
        while self.now < to:
            self.left -= self.running and counts(self.now, self.calendar)
            self.now += MINUTE

    def due(self) -> int:
        """Return the first moment at which nothing is left; in working days the end of that day's work."""
        left, now = max(self.left, 1 if self.days else self.left), self.now
        while left > 0:
            left -= counts(now, self.calendar)
            now += MINUTE
        while self.days and any(counts(m, self.calendar) for m in minutes_of(((now - 1) // MINUTE + 480) // 1440) if m >= now):
            now += MINUTE
        return now


def minutes_of(day: int) -> Iterator[int]:
    """Return the minutes of a local day."""
    begin_at = (day * 1440 - 480) * MINUTE
    return iter(range(begin_at, begin_at + 1440 * MINUTE, MINUTE))


def operate(clock: Clock, naive: Naive, what: str, now: int, calendars: Calendars) -> Clock:
    """Return the clock after an operation, where it is one that can happen; the naive clock goes along."""
    hours = calendars.hours(clock.calendar)
    if what == "pause" and clock.is_running:
        naive.running = False
        return paused(clock, now, hours)
    if what == "resume" and clock.is_open and not clock.is_running:
        naive.running = True
        return resumed(clock, now, hours)
    if what == "stop" and clock.is_running:
        naive.running = False
        return stopped(clock, now, hours)
    if not clock.is_open and what in {"withdraw", "reject"}:
        naive.running = True
        if what == "withdraw":
            return restarted(clock, now, hours)
        naive.left = max(naive.left, Naive("1 working day", now, calendars.current.calendar or CALENDAR).left if naive.calendar else 60)
        return reworked(clock, now, length("1 working day" if naive.calendar else "1 hour"), calendars)
    if what == "extend" and clock.is_running and not clock.extended and clock.due is not None and now <= clock.due:
        naive.left += 120 if naive.calendar is None else 180
        return extended(clock, length("3 working hours" if naive.calendar else "2 hours"), calendars)
    if what == "rebase" and naive.calendar is not None and clock.is_open:
        naive.calendar = CHANGED
        return rebased(clock, now, calendars.load(CHANGED), calendars)
    return clock


@given(
    st.sampled_from(LENGTHS),
    st.integers(0, 3 * 1440),
    st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(1, 900)), max_size=8),
)
def test_a_clock_is_what_counting_every_minute_gives(text: str, begun: int, operations: list[tuple[str, int]]) -> None:
    calendars = Calendars(CALENDAR)
    now = START + begun * MINUTE
    clock, naive = begin("unit", length(text), now, calendars), Naive(text, now, CALENDAR)
    assert shown(clock.due) == shown(naive.due())
    for what, minutes in operations:
        now += minutes * MINUTE
        naive.go(now)
        clock = operate(clock, naive, what, now, calendars)
        hours = calendars.hours(clock.calendar)
        assert (clock.budget - used(clock, now, hours)) // MINUTE == naive.left
        if clock.is_running and clock.due is not None and clock.due >= now:
            assert shown(clock.due) == shown(naive.due())


@pytest.mark.parametrize(
    ("begun", "text", "due"),
    [
        ("2026-03-02 10:00", "4 working hours", "2026-03-02 16:00"),
        ("2026-03-02 10:00", "7 working hours", "2026-03-03 10:00"),
        ("2026-03-02 15:30", "2 working hours", "2026-03-02 17:30"),
        ("2026-03-02 10:00", "1 working day", "2026-03-03 17:30"),
        ("2026-03-07 10:00", "1 working day", "2026-03-09 17:30"),
        ("2026-03-17 09:00", "2 working days", "2026-03-21 17:30"),
        ("2026-03-17 23:50", "2 hours", "2026-03-18 01:50"),
        ("2026-03-02 10:00", "30 calendar days", "2026-04-01 23:59:59.999999"),
    ],
)
def test_a_deadline_falls_where_a_person_would_put_it(begun: str, text: str, due: str) -> None:
    assert shown(begin("unit", length(text), at(begun), Calendars(CALENDAR)).due) == due


def test_a_budget_that_ends_with_office_hours_is_due_tonight_and_not_tomorrow_morning() -> None:
    clock = begin("unit", length("3 working hours"), at("2026-03-02 14:30"), Calendars(CALENDAR))
    assert shown(clock.due) == "2026-03-02 17:30"


def test_a_paused_clock_has_no_deadline_and_goes_on_with_what_was_left() -> None:
    calendars = Calendars(CALENDAR)
    clock = begin("unit", length("4 working hours"), at("2026-03-02 10:00"), calendars)
    hours = calendars.hours(clock.calendar)
    still = paused(clock, at("2026-03-02 11:00"), hours)
    assert still.due is None
    assert shown(resumed(still, at("2026-03-03 08:30"), hours).due) == "2026-03-03 11:30"
    assert shown(clock.first_due) == "2026-03-02 16:00"


def test_rework_does_not_start_the_clock_over_but_gives_the_least_there_is() -> None:
    calendars = Calendars(CALENDAR)
    clock = begin("unit", length("5 working days"), at("2026-03-02 10:00"), calendars)
    hours = calendars.hours(clock.calendar)
    early = stopped(clock, at("2026-03-03 10:00"), hours)
    late = stopped(clock, at("2026-03-09 17:00"), hours)
    two = length("2 working days")
    assert shown(reworked(early, at("2026-03-04 10:00"), two, calendars).due) == "2026-03-10 17:30"
    assert shown(reworked(late, at("2026-03-10 10:00"), two, calendars).due) == "2026-03-12 17:30"


def test_a_graver_promise_keeps_the_pause_that_was_granted_and_is_not_born_overdue() -> None:
    calendars = Calendars(CALENDAR)
    clock = begin("unit", length("5 working days"), at("2026-03-02 08:30"), calendars)
    hours = calendars.hours(clock.calendar)
    waited = resumed(paused(clock, at("2026-03-03 08:30"), hours), at("2026-03-05 08:30"), hours)
    three = length("3 working days")
    assert shown(superseded(waited, three, at("2026-03-06 08:30"), length("1 working day"), calendars).due) == "2026-03-09 17:30"
    assert shown(superseded(clock, three, at("2026-03-20 10:00"), length("1 working day"), calendars).due) == "2026-03-21 17:30"


def test_beyond_the_calendar_a_deadline_is_provisional_until_the_next_year_is_loaded() -> None:
    calendars = Calendars(CALENDAR)
    clock = begin("unit", length("5 working days"), at("2026-12-30 10:00"), calendars)
    assert (shown(clock.due), clock.provisional) == ("2027-01-06 17:30", True)
    longer = altered(CALENDAR, covers=(date(2026, 1, 1), date(2027, 12, 31)), holidays={date(2027, 1, 1): "New Year"})
    moved = rebased(clock, at("2026-12-31 09:00"), calendars.load(longer), calendars)
    assert (shown(moved.due), moved.provisional) == ("2027-01-07 17:30", False)


def test_a_warning_comes_at_the_later_of_four_fifths_and_a_working_day_before() -> None:
    calendars = Calendars(CALENDAR)
    day = length("1 working day")
    long = begin("unit", length("30 calendar days"), at("2026-03-02 10:00"), calendars)
    short = begin("unit", day, at("2026-03-02 08:30"), calendars)
    assert shown(warned_at(long, 0.8, day, calendars)) == "2026-04-01 08:30"
    assert shown(warned_at(short, 0.8, day, calendars)) == "2026-03-03 14:42"


@given(st.integers(0, 40 * 1440), st.integers(1, 40))
def test_counting_backwards_is_counting_forwards(minute: int, hours: int) -> None:
    calendars = Calendars(CALENDAR)
    due = START + minute * MINUTE
    before = earlier(due, Length(hours, "working hours"), calendars)
    assert calendars.current.between(before, due) == hours * 60 * MINUTE
    assert calendars.current.between(before + MINUTE, due) < hours * 60 * MINUTE


@given(st.integers(0, 40 * 1440), st.integers(0, 9000), st.integers(0, 9000))
def test_counted_time_adds_up(begun: int, first: int, second: int) -> None:
    hours = Calendars(CALENDAR).current
    a, b, c = START + begun * MINUTE, START + (begun + first) * MINUTE, START + (begun + first + second) * MINUTE
    assert hours.between(a, b) + hours.between(b, c) == hours.between(a, c)
    assert hours.between(a, hours.reach(a, 1 + first * MINUTE)) == 1 + first * MINUTE


def test_a_calendar_without_working_hours_is_refused_loudly() -> None:
    barren = altered(CALENDAR, working_week=frozenset(), extra_working_days={})
    with pytest.raises(NoWorkingTimeError, match="no working hours in the 400 days"):
        begin("unit", length("1 working day"), START, Calendars(barren))
