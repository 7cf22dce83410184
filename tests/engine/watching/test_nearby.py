"""Where facts keep coming late to a key with thousands of them, marks close together spare the fold most of its way, and change nothing."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from engine.events import Gate
from engine.rehearsal import fold
from engine.watching import Watching, encode_change, in_order, mark, replay, watch
from engine.watching.mark import FARTHEST, MANY, Mark, Nearby
from tests.support.books import at, book_of, event_of, instant

if TYPE_CHECKING:
    from engine.events import Event
    from engine.language import Rulebook
    from engine.watching import Change

ENDS = "ends_with: {event: outage.restored, same: outage_id}"
WHENS = {
    "count": "event: outage.started\nsame: area\ncount: at least 40\nwithin: 3 hours",
    "customers": "event: outage.started\nsame: area\ncount: sum of customers at least 4000\nwithin: 3 hours",
    "lasting": f"event: outage.started\nsame: area\ncount: at least 10\nwithin: 3 hours\nlasting: at least 30 minutes\n{ENDS}",
    "moment": f"event: outage.started\nsame: area\ncount: sum of customers at least 2000\nwithin: one moment\n{ENDS}",
    "long-moment": f"event: outage.started\nsame: area\ncount: at least 5\nwithin: one moment\nlasting: at least 30 minutes\n{ENDS}",
}


def happened(gate: Gate, *, late: bool) -> list[Event]:
    """Return 1,200 outages of one area within 40 hours, each restored within two; one in fifteen is told hours late."""
    chance, events = Random(11), []
    for number in range(1200):
        begun, lasted = number / 30 + chance.random() / 60, chance.random() * 2
        for kind, hour, fields in (
            ("outage.started", begun, {"area": "A", "customers": chance.choice([10, 50, 200]), "planned": False}),
            ("outage.restored", begun + lasted, {"area": "A"}),
        ):
            delay = chance.random() * 6 if chance.random() < 1 / 15 else 0.0
            arrived = at(hour + (delay if late else 0.0))
            events.append(event_of(gate, kind, hour, outage_id=f"O{number}", arrived=arrived, **fields))
    return in_order(events)


def told(book: Rulebook, gate: Gate, events: list[Event]) -> list[Change]:
    """Return what is told of events."""
    changes: list[Change] = []
    for _ in replay(Watching(book, gate), events, changes.extend, until=instant(100)):
        pass
    return changes


@pytest.mark.parametrize("name", WHENS)
def test_marks_close_together_change_nothing_that_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    book = book_of({name: WHENS[name]})
    gate = Gate(book.catalogue)
    events = happened(gate, late=True)
    whole = told(book, gate, events)
    for many in (5, 1 << 60):
        monkeypatch.setattr(mark, "MANY", many)
        monkeypatch.setattr(watch, "MANY", many)
        assert list(map(encode_change, told(book, gate, events))) == list(map(encode_change, whole))
    assert fold(whole) == fold(told(book, gate, happened(gate, late=False))) != {}


def test_the_farther_back_the_fewer_marks_and_never_more_than_twice_as_far_as_asked() -> None:
    near, marks = Nearby(0), [Mark(place, place, [], ()) for place in range(0, 100 * MANY, MANY)]
    for one in marks:
        near.leave(one)
    kept = [one.position for one in near.marks]
    assert len(kept) <= 2 * FARTHEST + 3
    newest = marks[-1].position
    for back in range(MANY, 60 * MANY, MANY):
        found = max(place for place in kept if place <= newest - back)
        assert newest - found <= 4 * back


def test_what_came_before_a_late_fact_is_kept_and_what_has_not_seen_it_is_dropped() -> None:
    near = Nearby(0)
    for place in (100, 300, 500):
        near.leave(Mark(place, place, [], ()))
    found = near.before(320)
    assert found is not None
    assert found.position == 300
    assert [one.position for one in near.marks] == [100, 300]
    assert near.before(20) is None
