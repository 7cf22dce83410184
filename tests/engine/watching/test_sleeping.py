"""After a restart a watch sleeps on its row: it wakes for its key and for its deadline, and nobody can tell that it slept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.events import Gate
from engine.watching.sleeping import Sleeping
from tests.support.books import CATALOGUE, book_of, event_of, instant, world_of

if TYPE_CHECKING:
    from engine.language import Rulebook
    from engine.watching import Watching

COUNT = "event: outage.started\nsame: area\ncount: at least 2\nwithin: 10 hours"
NOT_RESTORED = "event: outage.started\nsame: outage_id\nnot_followed_by: {event: outage.restored, within: 8 hours}"
AGAIN = "event: finding.one\nsame: area\ncount: at least 1\nwithin: 10 days"
WORKING = "event: outage.started\nsame: outage_id\nnot_followed_by: {event: outage.restored, within: 1 working day}"
WEEK = "calendar: plain\ntime_zone: UTC\nworking_week: [mon, tue, wed, thu, fri]\ncovers: 2026-01-01 to 2026-12-31\n"


def outage(gate: Gate, world: Watching, number: int, hour: float, area: str = "A") -> None:
    """Have an outage told at once."""
    world.receive(event_of(gate, "outage.started", hour, outage_id=f"O{number}", area=area, planned=False), instant(hour))


def restarted(world: Watching, book: Rulebook, gate: Gate) -> Watching:
    """Return the world after a restart, told nothing of the events that were seen."""
    world.take_changes()
    return world.restarted(world_of(book, gate), ())


def asleep(world: Watching, rule: str = "one") -> list[str]:
    """Return the keys of a rule whose watches sleep."""
    return sorted(key for key, watch in world.lanes[rule].watches.items() if isinstance(watch, Sleeping))


def test_an_event_wakes_the_watch_of_its_key_alone() -> None:
    book = book_of({"one": COUNT})
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    outage(gate, world, 1, 0, "A")
    outage(gate, world, 2, 0, "B")
    world = restarted(world, book, gate)
    assert asleep(world) == ["A", "B"]
    outage(gate, world, 3, 1, "A")
    assert [(one.change, one.evidence) for one in world.take_changes()] == [("opened", ["O1", "O3"])]
    assert asleep(world) == ["B"]


def test_a_deadline_wakes_the_watch_that_it_is_for() -> None:
    book = book_of({"one": NOT_RESTORED})
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    outage(gate, world, 1, 0)
    outage(gate, world, 2, 3)
    world = restarted(world, book, gate)
    assert world.wake() == instant(12)
    world.tick(instant(12))
    assert [(one.change, one.evidence) for one in world.take_changes()] == [("opened", ["O1"])]
    assert asleep(world) == ["O2"]


def test_the_row_of_a_watch_that_slept_is_the_one_that_it_came_from() -> None:
    book = book_of({"one": COUNT, "two": NOT_RESTORED})
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    for number in range(6):
        outage(gate, world, number, number, "AB"[number % 2])
    once = restarted(world, book, gate)
    twice = restarted(once, book, gate)
    for plan in (*once.plans.values(), *twice.plans.values()):
        plan.dirty = None
    assert asleep(twice) == ["A", "B"]
    rows = sorted(once.take_rows())
    for lane in twice.lanes.values():
        for watch in lane.watches.values():
            assert watch.facts, "whatever is asked wakes it"
    assert asleep(twice) == []
    assert sorted(twice.take_rows()) == rows


def test_what_a_row_cannot_know_is_asked_before_it_is_changed() -> None:
    book = book_of({"one": COUNT})
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    outage(gate, world, 1, 0)
    world = restarted(world, book, gate)
    watch = world.lanes["one"].watches["A"]
    watch.lent = {"task": ["O1"]}
    assert not isinstance(watch, Sleeping)
    assert (watch.lent, len(watch.facts)) == ({"task": ["O1"]}, 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (CATALOGUE, CATALOGUE.replace("customers: whole number, may be missing", "customers: number, may be missing")),
        (CATALOGUE, CATALOGUE.replace("late_by: 2 hours", "late_by: 3 hours")),
    ],
)
def test_under_another_catalogue_every_watch_is_read_anew(before: str, after: str) -> None:
    book, other = book_of({"one": COUNT}, catalogue=before), book_of({"one": COUNT}, catalogue=after)
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    outage(gate, world, 1, 0)
    fresh = world.restarted(world_of(other, Gate(other.catalogue)), ())
    assert asleep(fresh) == []
    assert len(fresh.lanes["one"].watches["A"].facts) == 1


def test_under_another_calendar_every_watch_is_read_anew() -> None:
    files = {"calendars/plain.yaml": WEEK}
    holiday = {"calendars/plain.yaml": WEEK + "holidays: {2026-01-02: made free}\n"}
    calendar = CATALOGUE.replace("time_zone: UTC", "time_zone: UTC\ndefault_calendar: plain")
    book, other = (book_of({"one": WORKING}, some, calendar) for some in (files, holiday))
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    outage(gate, world, 1, 0)
    same = world.restarted(world_of(book, gate), ())
    moved = world.restarted(world_of(other, Gate(other.catalogue)), ())
    assert (asleep(same), same.wake()) == (["O1"], world.wake())
    assert asleep(moved) == []


def test_what_others_count_is_taken_up_awake() -> None:
    book = book_of({"one": COUNT, "two": AGAIN})
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    outage(gate, world, 1, 0, "A")
    outage(gate, world, 2, 1, "A")
    outage(gate, world, 3, 1, "B")
    world = restarted(world, book, gate)
    assert asleep(world) == ["B"], "of A a finding stands, which may have to be taken back from those who counted it"


def test_watches_that_are_new_enough_are_left_asleep_when_old_ones_are_let_go() -> None:
    book = book_of({"one": COUNT})
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    outage(gate, world, 1, 0, "A")
    outage(gate, world, 2, 24 * 50, "B")
    world = restarted(world, book, gate)
    world.tick(instant(24 * 50 + 1))
    world.tick(instant(24 * 70))
    assert asleep(world) == ["B"]
    assert list(world.lanes["one"].watches) == ["B"]
