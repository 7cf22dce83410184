"""Working time: the N-th working day's close of business, opening hours, exchanged days, and the proof of each deadline.

The calendar below has the shape of early October 2026: a week off, paid for with two worked Saturdays (调休).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import (
    Calendar,
    Length,
    deadline,
    parse_instant,
    parse_length,
    proof,
    read_calendar,
    show_instant,
    year_bounds,
)
from engine.source import read

ZONE = "Asia/Shanghai"
MINUTE = 60_000_000
DAY = 1440 * MINUTE
OCTOBER = """
calendar: china
time_zone: Asia/Shanghai
opening_hours: [08:30-12:00, 14:00-17:30]
holidays:
  2026-10-01: National Day
  2026-10-02: National Day
  2026-10-05: National Day
  2026-10-06: National Day
  2026-10-07: National Day
extra_working_days:
  2026-09-27: worked for 6 October
  2026-10-10: worked for 7 October
covers: 2026-01-01 to 2026-12-31
"""


@cache
def october() -> Calendar:
    """Return the calendar."""
    document, _ = read(OCTOBER, "calendars/china.yaml")
    assert document is not None
    calendar, problems = read_calendar(document)
    assert calendar is not None, problems
    return calendar


def at(text: str) -> int:
    """Return a moment in Shanghai."""
    found = parse_instant(text, ZONE)
    assert found is not None
    return found


def due(start: str, length: str) -> str:
    """Return the deadline as people see it."""
    found = parse_length(length)
    assert isinstance(found, Length), found
    return show_instant(deadline(at(start), found, october(), ZONE).at, ZONE)


DEADLINES = [
    # exact lengths are lengths on the clock, whatever the calendar says
    ("2026-09-30 10:00", "12 hours", "2026-09-30 22:00"),
    ("2026-09-30 10:00", "2 days", "2026-10-02 10:00"),
    ("2026-09-30 10:00", "90 seconds", "2026-09-30 10:01:30"),
    # the end of the N-th date after
    ("2026-09-30 10:00", "1 calendar day", "2026-10-01 23:59:59.999999"),
    ("2026-09-30 00:00", "7 calendar days", "2026-10-07 23:59:59.999999"),
    # the day of the event is not counted, at whatever hour it happened
    ("2026-09-14 00:00", "1 working day", "2026-09-15 17:30"),
    ("2026-09-14 23:59", "1 working day", "2026-09-15 17:30"),
    ("2026-09-14 10:00", "3 working days", "2026-09-17 17:30"),
    # Friday, then the worked Sunday before the holiday
    ("2026-09-25 10:00", "1 working day", "2026-09-27 17:30"),
    ("2026-09-25 10:00", "2 working days", "2026-09-28 17:30"),
    # over the holiday, and on to the worked Saturday
    ("2026-09-30 10:00", "1 working day", "2026-10-08 17:30"),
    ("2026-09-30 10:00", "3 working days", "2026-10-10 17:30"),
    ("2026-09-30 10:00", "4 working days", "2026-10-12 17:30"),
    # from a day off, the first working day is the first
    ("2026-10-03 10:00", "1 working day", "2026-10-08 17:30"),
    # working hours: lunch, evening and holiday do not count
    ("2026-09-14 11:00", "1 working hour", "2026-09-14 12:00"),
    ("2026-09-14 11:30", "1 working hour", "2026-09-14 14:30"),
    ("2026-09-14 12:30", "1 working hour", "2026-09-14 15:00"),
    ("2026-09-14 16:30", "1 working hour", "2026-09-14 17:30"),
    ("2026-09-14 16:31", "1 working hour", "2026-09-15 08:31"),
    ("2026-09-14 20:00", "7 working hours", "2026-09-15 17:30"),
    ("2026-09-30 16:30", "2 working hours", "2026-10-08 09:30"),
    ("2026-10-09 17:00", "1 working hour", "2026-10-10 09:00"),
    ("2026-10-10 17:00", "1 working hour", "2026-10-12 09:00"),
]


@pytest.mark.parametrize(("start", "length", "wanted"), DEADLINES)
def test_a_deadline_is_where_people_expect_it(start: str, length: str, wanted: str) -> None:
    assert due(start, length) == wanted


def test_beyond_what_the_calendar_covers_a_deadline_is_provisional() -> None:
    def provisional(start: str) -> bool:
        return deadline(at(start), Length(2, "working days"), october(), ZONE).provisional

    assert not provisional("2026-12-29 10:00")
    assert provisional("2026-12-30 10:00")
    assert provisional("2027-06-01 10:00")
    assert not deadline(at("2027-06-01"), Length(2, "days"), october(), ZONE).provisional


def test_a_proof_shows_every_day_and_why() -> None:
    assert proof(at("2026-09-30 10:00"), Length(2, "working days"), october(), ZONE) == [
        "from 2026-09-30 10:00, 2 working days",
        "2026-09-30 Wed: day of the event, not counted",
        "2026-10-01 Thu: National Day, not counted",
        "2026-10-02 Fri: National Day, not counted",
        "2026-10-03 Sat: day off, not counted",
        "2026-10-04 Sun: day off, not counted",
        "2026-10-05 Mon: National Day, not counted",
        "2026-10-06 Tue: National Day, not counted",
        "2026-10-07 Wed: National Day, not counted",
        "2026-10-08 Thu: working day, 1 of 2",
        "2026-10-09 Fri: working day, 2 of 2",
        "deadline 2026-10-09 17:30 (Asia/Shanghai)",
    ]


def test_the_proof_of_working_hours_counts_minutes() -> None:
    assert proof(at("2026-10-09 17:00"), Length(2, "working hours"), october(), ZONE) == [
        "from 2026-10-09 17:00, 2 working hours",
        "2026-10-09 Fri: 30 minutes, 90 left",
        "2026-10-10 Sat: 90 minutes, nothing left",
        "deadline 2026-10-10 10:00 (Asia/Shanghai)",
    ]


def test_a_provisional_proof_says_until_when_the_calendar_is_published() -> None:
    assert proof(at("2026-12-31 10:00"), Length(1, "working days"), october(), ZONE)[-1] == (
        "deadline 2027-01-01 17:30 (Asia/Shanghai), provisional: china is published until 2026-12-31"
    )


def test_the_proof_of_an_exact_length_needs_no_calendar() -> None:
    assert proof(at("2026-10-01 10:00"), Length(12, "hours"), None, ZONE) == [
        "from 2026-10-01 10:00, 12 hours",
        "deadline 2026-10-01 22:00 (Asia/Shanghai)",
    ]


def test_working_time_without_a_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="3 working days needs a calendar"):
        deadline(0, Length(3, "working days"), None, ZONE)


STARTS = st.integers(at("2026-09-20") // MINUTE, at("2026-10-15") // MINUTE).map(lambda minute: minute * MINUTE)


def is_open(calendar: Calendar, minute: int) -> bool:
    """Return whether the minute that begins at an instant is worked, asked the slow way."""
    local = datetime.fromisoformat(show_instant(minute, ZONE))
    return calendar.is_working(local.date()) and any(first <= local.time() < last for first, last in calendar.opening_hours)


@given(STARTS, st.integers(1, 20))
def test_working_hours_are_the_minutes_inside_opening_hours(start: int, hours: int) -> None:
    left, minute = hours * 60, start
    while left:
        left -= is_open(october(), minute)
        minute += MINUTE
    assert deadline(start, Length(hours, "working hours"), october(), ZONE).at == minute


@given(STARTS, st.integers(1, 12))
def test_the_nth_working_day_is_the_nth_worked_date_after(start: int, days: int) -> None:
    first = datetime.fromisoformat(show_instant(start, ZONE)).date()
    worked = [day for day in (first + timedelta(days=number) for number in range(1, 60)) if october().is_working(day)]
    assert show_instant(deadline(start, Length(days, "working days"), october(), ZONE).at, ZONE) == f"{worked[days - 1]} 17:30"


@given(STARTS, st.sampled_from(["working days", "working hours", "calendar days", "hours", "days"]), st.integers(1, 10))
def test_a_longer_length_never_ends_earlier_and_a_later_start_neither(start: int, unit: str, amount: int) -> None:
    def end(begun: int, length: int) -> int:
        return deadline(begun, Length(length, unit), october(), ZONE).at  # type: ignore[arg-type] # one of the units above

    assert start < end(start, amount) < end(start, amount + 1)
    assert end(start, amount) <= end(start + DAY // 2, amount)


def test_the_clock_going_back_makes_a_day_of_25_hours_and_keeps_the_close_of_business() -> None:
    text = "calendar: berlin\ntime_zone: Europe/Berlin\nworking_week: [sat, sun, mon]\ncovers: 2026-01-01 to 2026-12-31\n"
    document, _ = read(text, "calendars/berlin.yaml")
    assert document is not None
    berlin, _ = read_calendar(document)
    assert berlin is not None
    start = parse_instant("2026-10-24 10:00", "Europe/Berlin")
    assert start is not None
    found = deadline(start, Length(1, "working days"), berlin, "Europe/Berlin").at
    assert show_instant(found, "Europe/Berlin") == "2026-10-25 17:30"
    assert found - start == (31 * 60 + 30 + 60) * MINUTE


YEARS = [
    ("2026-03-31 23:59", 4, "2025-04-01 00:00", "2026-04-01 00:00"),
    ("2026-04-01 00:00", 4, "2026-04-01 00:00", "2027-04-01 00:00"),
    ("2026-01-01 00:00", 1, "2026-01-01 00:00", "2027-01-01 00:00"),
    ("2025-12-31 23:59", 1, "2025-01-01 00:00", "2026-01-01 00:00"),
]


@pytest.mark.parametrize(("moment", "month", "first", "following"), YEARS)
def test_a_fixed_year_begins_on_the_first_of_its_month(moment: str, month: int, first: str, following: str) -> None:
    assert year_bounds(at(moment), month, ZONE) == (at(first), at(following))


def test_a_calendar_without_opening_hours_has_the_usual_ones_and_a_week_of_five_days() -> None:
    document, _ = read("calendar: plain\ntime_zone: UTC\ncovers: 2026-01-01 to 2026-12-31\n", "calendars/plain.yaml")
    assert document is not None
    plain, problems = read_calendar(document)
    assert plain is not None, problems
    assert [plain.is_working(date(2026, 3, day)) for day in range(2, 9)] == [True] * 5 + [False] * 2
    assert plain.why(date(2026, 3, 7)) == "day off"
    assert deadline(0, Length(1, "working hours"), plain, "UTC").at == (9 * 60 + 30) * MINUTE


LENGTHS = [
    ("12 hours", "12 hours"),
    ("1 hour", "1 hour"),
    ("12小时", "12 hours"),
    ("3 个工作日", "3 working days"),
    ("5 自然日", "5 calendar days"),
    ("PT36H", "36 hours"),
    ("P1W", "7 days"),
]


@pytest.mark.parametrize(("text", "wanted"), LENGTHS)
def test_a_length_can_be_written_in_several_ways(text: str, wanted: str) -> None:
    assert str(parse_length(text)) == wanted


@pytest.mark.parametrize(
    "text", ["", "12", "12 h", "-3 days", "1.5 hours", "0 days", "9999 days", "P1M", "P" + "9" * 5000 + "D", "٣ days", "PT0S"]
)
def test_what_is_no_length_is_told(text: str) -> None:
    found = parse_length(text)
    assert isinstance(found, str)
    assert len(found) < 200


def test_what_a_calendar_says_is_the_same_before_and_after_it_was_asked() -> None:
    """Whoever hashes the terms of a rule writes its calendar down: deadlines that were worked out are no part of it."""
    before = msgspec.to_builtins(october(), str_keys=True, enc_hook=dict)
    deadline(at("2026-10-08 10:00"), Length(2, "working days"), october(), ZONE)
    assert october().worked_out
    assert msgspec.to_builtins(october(), str_keys=True, enc_hook=dict) == before
