"""When a rule may decide: event time, declared sources, silence. And what repetitions, corrections and age are counted as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import Gate
from tests.support.books import CATALOGUE, book_of, event_of, instant, standing, world_of

if TYPE_CHECKING:
    from engine.watching import Watching

NOT_RESTORED = "event: outage.started\nsame: outage_id\nnot_followed_by: {event: outage.restored, within: 8 hours}"
COUNT = "event: outage.started\nsame: area\ncount: at least 2\nwithin: 10 hours"
TWO_SOURCES = CATALOGUE.replace(
    "  outage.restored:\n    time: at\n",
    "  outage.restored:\n    time: at\n    sources: {east: {idle_after: 2 days}, west: {idle_after: 2 days}}\n",
)


def told(world: Watching) -> list[tuple[str, float]]:
    """Return what was told since the last time, and the hour that it is dated with."""
    return [(change.change, (change.at.timestamp() * 1_000_000 - instant(0)) / 3_600_000_000) for change in world.take_changes()]


def started(gate: Gate, world: Watching, number: int, hour: float) -> None:
    """An outage starts and is told at once."""
    world.receive(event_of(gate, "outage.started", hour, outage_id=f"O{number}", area="A", planned=False), instant(hour))


def test_a_deadline_waits_for_what_may_come_late() -> None:
    """A restoration may be four hours late: not before 12:00 does anybody know that there was none until 8:00."""
    book = book_of({"one": NOT_RESTORED})
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    started(gate, world, 1, 0)
    assert world.wake() == instant(12)
    world.tick(instant(12) - 1)
    assert told(world) == []
    world.tick(instant(12))
    assert told(world) == [("opened", 8.0)]


def test_a_restoration_after_the_allowed_delay_withdraws_the_task() -> None:
    book = book_of({"one": NOT_RESTORED})
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    started(gate, world, 1, 0)
    world.tick(instant(13))
    world.receive(event_of(gate, "outage.restored", 8, outage_id="O1", area="A"), instant(14))
    changes = world.take_changes()
    assert [(change.change, change.because.late if change.because else None) for change in changes] == [
        ("opened", None),
        ("withdrawn", "O1"),
    ]
    assert standing(changes) == {}


def test_a_deadline_waits_for_a_source_that_is_behind() -> None:
    """East is heard all the time. West was last heard at six and may be four hours late, so nothing after two is settled."""
    book = book_of({"one": NOT_RESTORED}, catalogue=TWO_SOURCES)
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    started(gate, world, 1, 0)
    world.hear("outage.restored", "west", instant(6))
    world.hear("outage.restored", "east", instant(30))
    world.tick(instant(30))
    assert told(world) == []
    assert world.longest_held() == {("outage.restored", "west"): instant(12)}
    world.hear("outage.restored", "west", instant(12))
    assert told(world) == [("opened", 8.0)]
    assert world.longest_held() == {}


def test_a_source_that_has_gone_is_waited_for_no_longer() -> None:
    """West has been silent for two days: the deadline is decided without it, and the task says so."""
    book = book_of({"one": NOT_RESTORED}, catalogue=TWO_SOURCES)
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    world.hear("outage.restored", "west", instant(0))
    started(gate, world, 1, 0)
    world.hear("outage.restored", "east", instant(47))
    world.tick(instant(47))
    assert told(world) == []
    world.tick(instant(49))
    (change,) = world.take_changes()
    assert change.because is not None
    assert (change.change, change.because.without) == ("opened", ["west"])


def test_a_source_that_was_never_heard_is_silent_since_the_beginning() -> None:
    book = book_of({"one": NOT_RESTORED}, catalogue=TWO_SOURCES)
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    started(gate, world, 1, 0)
    world.hear("outage.restored", "east", instant(47))
    world.tick(instant(47))
    assert told(world) == []
    world.hear("outage.restored", "east", instant(49))
    world.tick(instant(49))
    assert told(world) == [("opened", 8.0)]


def test_a_thousand_held_deadlines_do_not_cost_a_look_at_every_event() -> None:
    """While a source is behind, its deadlines wait in one place and are not sorted anew for each event."""
    book = book_of({"one": NOT_RESTORED}, catalogue=TWO_SOURCES)
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    world.hear("outage.restored", "west", instant(0))
    for number in range(1000):
        started(gate, world, number, number / 100)
    world.hear("outage.restored", "east", instant(40))
    world.tick(instant(40))
    assert [len(waiting) for waiting in world.timers.held.values()] == [1000]
    world.hear("outage.restored", "west", instant(40))
    world.tick(instant(40))
    assert len(world.take_changes()) == 1000
    assert world.timers.held == {}


def test_a_rule_that_decides_when_settled_says_nothing_earlier() -> None:
    """Starts may be two hours late, so a count at 3:00 is told at 5:00 and never taken back."""
    book = book_of({"one": COUNT + "\ndecide: when settled"})
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    started(gate, world, 1, 1)
    started(gate, world, 2, 3)
    world.tick(instant(5) - 1)
    assert told(world) == []
    world.tick(instant(5))
    assert told(world) == [("opened", 3.0)]


def test_repetitions_are_counted_as_such() -> None:
    book = book_of({"one": COUNT})
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    for _ in range(3):
        started(gate, world, 1, 1)
    assert world.counts["repeated"] == 2
    assert told(world) == []


def test_an_event_older_than_kept_history_is_counted_and_not_used() -> None:
    """Ten hours of window, two hours of delay and thirty days are kept."""
    book = book_of({"one": COUNT})
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    started(gate, world, 1, 24 * 60)
    world.receive(event_of(gate, "outage.started", 0, outage_id="O2", area="A", planned=False), instant(24 * 60))
    assert world.counts["too old"] == 1


def test_time_does_not_go_back() -> None:
    book = book_of({"one": NOT_RESTORED})
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    started(gate, world, 1, 10)
    world.tick(instant(5))
    assert world.now == instant(10)
