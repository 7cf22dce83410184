"""Rulebooks for tests, from rules written out, and histories that run through them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.events import Gate, Rejected
from engine.language import read_rules
from engine.rehearsal import fold
from engine.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.events import Event
    from engine.language import Rulebook
    from engine.watching import Change

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = 3_600_000_000

CATALOGUE = """
time_zone: UTC
events:
  outage.started:
    time: at
    late_by: 2 hours
    id: outage_id
    revision: revision
    fields:
      outage_id: text
      area: text
      at: time
      customers: whole number, may be missing
      planned: yes/no
      revision: whole number, may be missing
  outage.restored:
    time: at
    late_by: 4 hours
    id: outage_id
    revision: revision
    fields: {outage_id: text, area: text, at: time, revision: "whole number, may be missing"}
  outage.retracted:
    time: at
    late_by: 1 day
    id: outage_id
    retracts: outage.started
    fields: {outage_id: text, at: time}
  complaint.received:
    time: at
    late_by: 1 hour
    id: complaint_id
    revision: revision
    fields: {complaint_id: text, area: text, customer: text, at: time, revision: "whole number, may be missing"}
"""

RULE = """
rule: {name}
title: {name}
owner: tests
status: live
reason: a test
when:
{when}
task: {{severity: major, to: somebody, due: 1 day, say: "{name}"}}
"""


def rule_text(name: str, when: str) -> str:
    """Return a rule file whose `when` is the given lines."""
    lines = "\n".join(f"  {line}" for line in when.strip("\n").splitlines())
    return RULE.format(name=name, when=lines)


def book_of(rules: Mapping[str, str], files: Mapping[str, str] | None = None, catalogue: str = CATALOGUE) -> Rulebook:
    """Return a rulebook of rules given as the name and what stands under `when`."""
    texts = {f"{name}.yaml": rule_text(name, when) for name, when in rules.items()}
    folder = read_rules({"catalogue.yaml": catalogue, **texts, **(files or {})})
    assert folder.rulebook is not None, [str(problem) for problem in folder.problems]
    return folder.rulebook


def at(hours: float) -> datetime:
    """Return the moment so many hours after the start of all test histories."""
    return START + timedelta(hours=hours)


def instant(hours: float) -> int:
    """Return `at` in microseconds since 1970."""
    return int(START.timestamp()) * 1_000_000 + round(hours * HOUR)


def event_of(gate: Gate, kind: str, hours: float, **fields: Any) -> Event:
    """Return an event that is known to be right."""
    found = gate.convert({"type": kind, "at": at(hours), **fields})
    assert not isinstance(found, Rejected), str(found)
    return found


def world_of(book: Rulebook, gate: Gate) -> Watching:
    """Return a world that knows its history from long before the start."""
    return Watching(book, gate, history_from=instant(-24 * 1000))


def run(book: Rulebook, gate: Gate, arrivals: Iterable[tuple[float, Event]], until: float) -> list[Change]:
    """Return the changes of events that arrive at the given hours, the clock then running to `until`."""
    world = world_of(book, gate)
    for hours, event in arrivals:
        world.receive(event, instant(hours))
    world.tick(instant(until))
    return world.take_changes()


def standing(changes: Sequence[Change]) -> dict[str, tuple[object, ...]]:
    """Return the tasks that stand after all changes."""
    return fold(list(changes))
