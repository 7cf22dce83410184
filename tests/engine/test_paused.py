"""Deadlines on a clock that stands still from time to time."""

from __future__ import annotations

import pytest

from engine.calendar import Calendar, deadline, parse_instant, parse_length, paused_deadline, read_calendar, show_instant
from engine.source import read

FILE = """\
calendar: office
time_zone: Asia/Shanghai
working_week: [mon, tue, wed, thu, fri]
opening_hours: [08:30-12:00, 14:00-17:30]
covers: 2026-01-01 to 2026-12-31
"""
ZONE = "Asia/Shanghai"
#: A Monday.
START = "2026-03-02 10:00"


@pytest.fixture(scope="module")
def office() -> Calendar:
    document, _ = read(FILE, "calendars/office.yaml")
    assert document is not None
    calendar, problems = read_calendar(document)
    assert calendar is not None, problems
    return calendar


def instant(text: str) -> int:
    found = parse_instant(text, ZONE)
    assert found is not None
    return found


def due(office: Calendar, length: str, *pauses: tuple[str, str]) -> str:
    found = parse_length(length)
    assert not isinstance(found, str)
    spans = [(instant(first), instant(last)) for first, last in pauses]
    return show_instant(paused_deadline(instant(START), found, office, ZONE, spans), ZONE)


@pytest.mark.parametrize("length", ["3 working days", "8 working hours", "4 calendar days", "36 hours"])
def test_without_a_pause_it_is_the_ordinary_deadline(office: Calendar, length: str) -> None:
    found = parse_length(length)
    assert not isinstance(found, str)
    assert due(office, length) == show_instant(deadline(instant(START), found, office, ZONE).at, ZONE)


@pytest.mark.parametrize(
    ("length", "pause", "moved"),
    [
        ("3 working days", ("2026-03-03 09:00", "2026-03-03 11:00"), "2026-03-06 17:30"),
        ("3 working days", ("2026-03-03 17:31", "2026-03-04 08:30"), "2026-03-05 17:30"),
        ("3 working days", ("2026-03-03 17:30", "2026-03-04 08:31"), "2026-03-09 17:30"),
        ("3 working days", ("2026-03-02 11:00", "2026-03-02 12:00"), "2026-03-05 17:30"),
        ("3 working days", ("2026-03-06 09:00", "2026-03-10 09:00"), "2026-03-05 17:30"),
        ("8 working hours", ("2026-03-02 11:00", "2026-03-02 15:00"), "2026-03-03 15:00"),
        ("8 working hours", ("2026-03-03 11:00", "2026-03-03 15:00"), "2026-03-03 15:00"),
        ("4 calendar days", ("2026-03-07 12:00", "2026-03-08 12:00"), "2026-03-06 23:59"),
        ("4 calendar days", ("2026-03-06 12:00", "2026-03-08 12:00"), "2026-03-09 23:59"),
        ("36 hours", ("2026-03-03 22:00", "2026-03-04 00:00"), "2026-03-04 00:00"),
        ("36 hours", ("2026-03-03 22:01", "2026-03-04 00:00"), "2026-03-03 22:00"),
        ("36 hours", ("2026-03-02 08:00", "2026-03-02 12:00"), "2026-03-04 00:00"),
    ],
)
def test_a_pause_moves_the_deadline_by_what_it_takes(office: Calendar, length: str, pause: tuple[str, str], moved: str) -> None:
    assert due(office, length, pause)[:16] == moved
