"""China's calendar as shipped: every day off and every exchanged working day that was published."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.calendar import Calendar, Length, deadline, parse_instant, proof, read_calendar, show_instant
from engine.source import read
from scripts.calendars import calendar as generated

HOUSE = Path(__file__).resolve().parent.parent.parent
FILE = HOUSE / "rules" / "calendars" / "china.yaml"
SHANGHAI = "Asia/Shanghai"


@pytest.fixture(scope="module")
def china() -> Calendar:
    document, problems = read(FILE.read_text("utf-8"), "calendars/china.yaml")
    assert document is not None
    calendar, more = read_calendar(document)
    assert [*problems, *more] == []
    assert calendar is not None
    return calendar


def until(start: str, amount: int, calendar: Calendar) -> str:
    """Return the deadline of so many working days, as a person reads it."""
    instant = parse_instant(start, SHANGHAI)
    assert instant is not None
    return show_instant(deadline(instant, Length(amount, "working days"), calendar, SHANGHAI).at, SHANGHAI)


def test_every_published_day_off_and_exchanged_day_is_in_it(china: Calendar) -> None:
    with (HOUSE / "tests" / "data" / "calendars" / "china_special_days.csv").open(encoding="utf-8", newline="") as file:
        published = {date.fromisoformat(row["date"]): row["kind"] for row in csv.DictReader(file)}
    assert len(published) == 303
    first, last = date(2015, 1, 1), date(2023, 12, 31)
    every = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    wrong = [
        day
        for day in every
        if china.is_working(day) != {"day_off": False, "make_up_workday": True}.get(published.get(day, ""), day.weekday() < 5)
    ]
    assert wrong == []
    special = {day for day in every if day in china.holidays or day in china.extra_working_days}
    assert special == set(published)


def test_the_file_is_what_the_script_makes() -> None:
    assert FILE.read_text("utf-8") == generated(), "run `make calendars`"


def test_it_covers_2004_to_the_last_published_year(china: Calendar) -> None:
    assert china.covers[0] == date(2004, 1, 1)
    assert china.covers[1] >= date(2026, 12, 31)
    assert all(china.covers[0] <= day <= china.covers[1] for day in [*china.holidays, *china.extra_working_days])


def test_a_saturday_worked_in_exchange_counts_and_the_holiday_does_not(china: Calendar) -> None:
    # 2026: 1 to 7 October are off, Saturday 10 October is worked for it
    assert until("2026-09-30 09:00", 3, china) == "2026-10-10 17:30"


def test_the_saturday_that_only_one_source_knows_is_worked(china: Calendar) -> None:
    assert china.is_working(date(2005, 12, 31))
    assert not china.is_working(date(2006, 1, 3))


def test_the_proof_of_a_deadline_names_every_day_on_the_way(china: Calendar) -> None:
    start = parse_instant("2026-09-30 09:00", SHANGHAI)
    assert start is not None
    lines = proof(start, Length(1, "working days"), china, SHANGHAI)
    assert lines[2] == "2026-10-01 Thu: 国庆节 / National Day, not counted"
    assert lines[-1] == "deadline 2026-10-08 17:30 (Asia/Shanghai)"


def test_a_deadline_beyond_the_last_published_year_is_provisional(china: Calendar) -> None:
    start = parse_instant(f"{china.covers[1]} 09:00", SHANGHAI)
    assert start is not None
    assert deadline(start, Length(1, "working days"), china, SHANGHAI).provisional
