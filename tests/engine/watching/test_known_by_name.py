"""After a restart an event is known by its name and moment alone, until it is told again: nobody can tell the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engine.events import Gate, id_of, instant_of
from tests.support.books import HOUR, book_of, event_of, instant, world_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.events import Event
    from engine.watching import Watching

COUNT = "event: outage.started\nsame: area\ncount: at least 2\nwithin: 10 days"
COMPLAINTS = "event: complaint.received\nsame: area\ncount: at least 2\nwithin: 10 days"
BOOK = book_of({"outages": COUNT, "complaints": COMPLAINTS})
GATE = Gate(BOOK.catalogue)
DAY = 24 * HOUR


def outage(number: int, hour: float, **more: Any) -> Event:
    """Return an outage of area A, unless it says otherwise."""
    return event_of(GATE, "outage.started", hour, **{"outage_id": f"O{number}", "area": "A", "planned": False, **more})


def complaint(number: int, hour: float, **more: Any) -> Event:
    """Return a complaint of area A, unless it says otherwise."""
    return event_of(GATE, "complaint.received", hour, **{"complaint_id": f"C{number}", "area": "A", "customer": "x", **more})


def sourced(event: Event, source: str) -> Event:
    """Return an event as a source told it."""
    event.source = source
    return event


class Kept:
    """Events as a store keeps them, and what was asked of it."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = list(events)
        self.asked: list[str] = []

    def rows(self) -> list[tuple[str, str, str, int]]:
        """Return the columns of every event."""
        return [(one.kind.name, one.source, id_of(one), instant_of(one)) for one in self.events]

    def recall(self, kind: str, source: str, name: str, at: int) -> list[Event]:
        """Return every telling of an event at a moment."""
        self.asked.append(name)
        wanted = (kind, source, name, at)
        return [event for event, row in zip(self.events, self.rows(), strict=True) if row == wanted]


BEFORE: tuple[tuple[int, Callable[[], Event]], ...] = (
    (0, lambda: outage(1, 0)),
    (1, lambda: sourced(outage(2, 1), "scada")),
    (2, lambda: complaint(1, 2)),
    (3, lambda: complaint(1, 2, customer="y")),
    (4, lambda: outage(3, 4, area="B")),
    (5, lambda: complaint(2, 5, area="B", revision=2)),
    (6, lambda: complaint(2, 4.5, area="C", revision=1)),
)
AFTER: dict[str, Callable[[], Event]] = {
    "told again": lambda: outage(1, 0),
    "told again by its source": lambda: sourced(outage(2, 1), "scada"),
    "the same id of another source": lambda: sourced(outage(1, 0), "oms"),
    "corrected": lambda: outage(3, 4, area="A", revision=1),
    "moved in time": lambda: outage(1, 9, revision=1),
    "told again as it was first": lambda: complaint(1, 2),
    "an old revision": lambda: complaint(2, 5, area="A", revision=1),
    "a new revision": lambda: complaint(2, 5, area="A", revision=3),
    "taken back": lambda: event_of(GATE, "outage.retracted", 9, outage_id="O1"),
    "new": lambda: outage(9, 9, area="B"),
}


def restarted(world: Watching) -> tuple[Watching, Watching, Kept]:
    """Return a world after a restart that read its events, and one that knows them by name."""
    kept = Kept([make() for _, make in BEFORE])
    world.take_changes()
    read = world.restarted(world_of(BOOK, GATE), [make() for _, make in BEFORE])
    named = world.restarted(world_of(BOOK, GATE), ())
    named.know(kept.rows(), kept.recall)
    return read, named, kept


def lived() -> Watching:
    """Return a world to which all of it was told."""
    world = world_of(BOOK, GATE)
    for hour, make in BEFORE:
        world.receive(make(), instant(hour))
    return world


@pytest.mark.parametrize("what", AFTER)
def test_whatever_comes_next_is_told_as_if_the_event_had_been_read(what: str) -> None:
    read, named, _ = restarted(lived())
    for world in (read, named):
        world.receive(AFTER[what](), instant(10))
        world.receive(AFTER[what](), instant(11))
        world.tick(instant(12))
    assert named.take_changes() == read.take_changes()
    assert named.counts == read.counts
    assert sorted(named.take_rows()) == sorted(read.take_rows())


def test_only_what_is_told_again_is_read() -> None:
    _, named, kept = restarted(lived())
    assert sorted(kept.asked) == ["C1", "C1", "C2", "C2"], "told twice: which telling holds is settled at once"
    kept.asked.clear()
    named.receive(outage(9, 9), instant(10))
    named.receive(outage(1, 0), instant(10))
    named.receive(outage(1, 0), instant(10))
    assert kept.asked == ["O1"]


def test_what_the_store_let_go_of_is_as_if_it_had_never_been() -> None:
    _, named, kept = restarted(lived())
    kept.events.clear()
    named.receive(outage(1, 0), instant(10))
    assert named.counts == {}
    named.receive(outage(1, 0), instant(11))
    assert named.counts == {"repeated": 1}


def test_old_ones_are_let_go_by_their_moment() -> None:
    _, named, _ = restarted(lived())
    kind = named.by_name["outage.started"]
    assert len(kind.seen) == 3
    named.tick(instant(0) + kind.span + DAY)
    assert len(kind.seen) == 0
