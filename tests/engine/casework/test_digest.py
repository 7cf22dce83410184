"""Digests: what a unit reads at nine in the morning, and what it is reminded of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.casework import Span, circulars, next_moment, notices, reminders
from tests.support.casework import CALENDAR, Desk, at, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.casework import Publication


def told(published: Iterable[Publication]) -> list[tuple[str, dict[str, list[str]]]]:
    """Return of each circular its unit, and the tasks under each heading that has some."""
    headings = ("reached", "missed", "closed")
    return [(one.unit, {name: [line["task"] for line in one.body[name]] for name in headings if one.body[name]}) for one in published]


def test_a_digest_is_told_at_nine_of_each_working_day_with_exchanged_days() -> None:
    """The 18th and 19th are days off in the middle of the week; the Saturday after them is worked."""
    moments, moment = [], at("2026-03-17 09:00") - 1
    for _ in range(4):
        found = next_moment(CALENDAR, moment)
        assert found is not None
        moments.append(shown(found))
        moment = found
    assert moments == [f"2026-03-{day} 09:00" for day in ("17", "20", "21", "23")]


def test_the_circular_of_a_unit_lists_what_came_to_a_rung_what_was_missed_and_what_was_closed() -> None:
    desk = Desk()
    desk.find("2026-03-02 09:00")
    desk.wait("2026-03-04 09:00")
    tasks = desk.world.tasks.values()
    (task,) = tasks
    monday = Span(at("2026-03-02 09:00"), at("2026-03-03 09:00"))
    tuesday = Span(at("2026-03-03 09:00"), at("2026-03-04 09:00"))
    assert told(circulars(tasks, monday, "2026-03-03")) == []
    assert told(circulars(tasks, tuesday, "2026-03-04")) == [("chengguan", {"reached": [task.id], "missed": [task.id]})]
    (one,) = circulars(tasks, tuesday, "2026-03-04")
    assert one == next(circulars(tasks, tuesday, "2026-03-04"))
    assert (one.topic, one.type, one.time) == ("digest", "clearly.digest.circular.v1", tuesday.until)
    assert one.body["missed"][0]["obligation"] == "ack"


def test_what_is_under_supervision_is_reminded_of_while_it_is_the_units_turn() -> None:
    desk = Desk()
    desk.find("2026-03-02 09:00", severity="serious")
    desk.wait("2026-03-03 09:00")
    (task,) = desk.world.tasks.values()
    terms = desk.world.terms
    (one,) = reminders([task], at("2026-03-04 09:00"), terms)
    assert (one.unit, one.level, one.subject, one.body["person"]) == ("chengguan", 3, task.id, "zhang.wei")
    assert one.body["to_sign"] == ["sun.jie", "zhang.wei"]
    assert [two.id != one.id for two in reminders([task], at("2026-03-05 09:00"), terms)] == [True]
    desk.say("2026-03-04 10:00", "sun.jie", "appeal", reason="not our line", grounds="other-unit")
    (task,) = desk.world.tasks.values()
    assert task.state == "APPEALED"
    assert list(reminders([task], at("2026-03-05 09:00"), terms)) == []


def test_a_new_calendar_is_told_to_each_unit_once_however_many_deadlines_it_moves() -> None:
    desk = Desk()
    for number in range(3):
        desk.find("2026-03-16 09:00", task_id=f"r-{number}", key={"transformer_area": f"TA-{number}"})
    desk.wait("2026-03-16 10:00")
    before: dict[str, Any] = {**desk.world.tasks}
    seen = len(desk.entries)
    changed = replace(CALENDAR, holidays={})
    assert desk.world.load(changed, at("2026-03-16 11:00")) == len(before) == 3
    entries = desk.world.take_entries()
    assert seen
    (notice,) = notices(entries, desk.world.tasks, "v2")
    assert (notice.unit, notice.type) == ("chengguan", "clearly.digest.calendar.v1")
    assert sorted(one["task"] for one in notice.body["moved"]) == sorted(before)
