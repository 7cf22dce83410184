"""A deadline explains itself, day by day."""

from __future__ import annotations

from dataclasses import replace

from engine.casework import why_due
from tests.support.casework import CALENDAR, Desk, at


def lines(desk: Desk, name: str) -> list[str]:
    return why_due(desk.journal(desk.task().id), name, desk.world.terms.calendars)


def test_a_deadline_over_a_festival_shows_what_counted_and_what_did_not() -> None:
    desk = Desk(explain_in={"repeated-outage": "3 working days"})
    desk.find("2026-03-16 16:55")
    desk.wait("2026-03-16 17:00")
    version = desk.world.terms.calendars.current.version
    assert lines(desk, "explain") == [
        f"from 2026-03-16 17:00, 3 working days, calendar {version} (entry 2, task.issued)",
        "the day of the anchor is not counted; it ends with the close of business",
        "2026-03-16 Mon: working day, 30 minutes, 1260 left",
        "2026-03-17 Tue: working day, 420 minutes, 840 left",
        "2026-03-18 Wed: festival, not counted",
        "2026-03-19 Thu: festival, not counted",
        "2026-03-20 Fri: working day, 420 minutes, 420 left",
        "2026-03-21 Sat: worked for the festival, 420 minutes, 0 left",
        "deadline 2026-03-21 17:30 (Asia/Shanghai)",
    ]


def test_a_pause_names_who_granted_it_and_why_and_the_first_deadline_stays_on_record() -> None:
    desk = Desk()
    desk.find("2026-03-02 08:25")
    desk.say("2026-03-02 09:30", "zhang.wei", "ack")
    desk.say("2026-03-03 08:30", "cao.ying", "pause", "the customer is away", code="customer", until=at("2026-03-05 08:30"))
    assert lines(desk, "explain")[-2:] == [
        "2026-03-03 08:30: paused: customer by cao.ying (entry 4, cao.ying)",
        "paused: no deadline, 35 working hours 0 minutes left",
    ]
    desk.wait("2026-03-05 08:30")
    told = lines(desk, "explain")
    assert "2026-03-05 08:30: runs again, 35 working hours 0 minutes left (entry 5, engine, clock.resumed)" in told
    assert told[-1] == "deadline 2026-03-11 17:30 (Asia/Shanghai); first given as 2026-03-09 17:30"
    assert "pause" not in desk.task().suspensions


def test_a_new_calendar_is_told_with_the_day_from_which_it_counts() -> None:
    desk = Desk()
    desk.find("2026-03-02 08:25")
    desk.wait("2026-03-02 10:00")
    day = next(iter(CALENDAR.holidays)).replace(day=4)
    moved = desk.world.load(replace(CALENDAR, holidays={**CALENDAR.holidays, day: "announced"}), at("2026-03-02 10:00"))
    desk.take()
    assert moved == 1
    told = lines(desk, "explain")
    assert "2026-03-02 10:00: counted by another version of the calendar from here on (entry 3, engine, counted" in told[3]
    assert "2026-03-04 Wed: announced, not counted" in told
    assert told[-1] == "deadline 2026-03-10 17:30 (Asia/Shanghai); first given as 2026-03-09 17:30"
    desk.check()
