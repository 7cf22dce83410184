"""An event that the grid completes is known again when it comes again, before a restart and after it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from engine.events import Rejected, instant_of
from engine.watching import Watching
from streams.rules import Rules, load

if TYPE_CHECKING:
    from pathlib import Path

    from engine.events import Event

STARTED = {
    "type": "outage.started",
    "outage_id": "O-1",
    "started_at": "2026-03-02T08:00:00+08:00",
    "transformer_area": "TA-1",
    "customers": 1,
}


def told(rules: Rules, **more: object) -> Event:
    """Return the outage as the gate reads it, anew each time."""
    (event,) = rules.gate.decode(json.dumps({**STARTED, "planned": False, **more}).encode())
    assert not isinstance(event, Rejected)
    return event


def test_an_event_that_the_grid_completes_is_repeated_and_not_corrected(house: Path) -> None:
    rules = load(house / "streams" / "template")
    assert isinstance(rules, Rules)
    assert "county" in rules.book.catalogue.types["outage.started"].fields, "a field that the grid fills in"
    now = instant_of(told(rules))
    world, again = (Watching(rules.book, rules.gate, places=rules.places) for _ in range(2))
    for _ in range(3):
        world.receive(told(rules), now)
    world.receive(told(rules, customers=2), now)
    assert (world.counts["repeated"], world.counts["corrected"] + world.counts["superseded"]) == (2, 1)
    again.remember(told(rules))
    again.receive(told(rules), now)
    assert (again.counts["repeated"], again.counts["corrected"]) == (1, 0)
