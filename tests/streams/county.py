"""A small county for tests: its catalogue, its rules, and events as they come over the wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from streams import clock
from streams.rules import Rules, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from streams.store import Reader

CATALOGUE = """
time_zone: Asia/Shanghai
events:
  outage.started:
    time: started_at
    late_by: 30 minutes
    id: outage_id
    revision: revision
    fields:
      outage_id: text
      started_at: time
      transformer_area: text
      planned: yes/no
      customers: whole number, may be missing
      revision: whole number, may be missing
  outage.restored:
    time: restored_at
    late_by: 2 hours
    id: outage_id
    fields:
      outage_id: text
      restored_at: time
      transformer_area: text
  outage.retracted:
    time: retracted_at
    late_by: 1 day
    id: outage_id
    retracts: outage.started
    fields:
      outage_id: text
      retracted_at: time
"""
REPEATED = """
rule: repeated-outage
title: Repeated outage
owner: reliability
status: live
reason: "a test"
when:
  event: outage.started
  if: not planned
  same: transformer_area
  count: at least 3
  within: 10 days
task:
  severity: major
  to: area-manager
  due: 5 days
  say: "{count} outages in {transformer_area}"
"""
LONG = """
rule: long-outage
title: Long outage
owner: dispatch
status: live
reason: "a test"
when:
  event: outage.started
  same: outage_id
  not_followed_by:
    event: outage.restored
    within: 12 hours
task:
  severity: serious
  to: dispatcher
  due: 2 hours
  say: "{outage_id} is not restored"
"""
WEAK = """
rule: weak-area
title: Two kinds of trouble in one area
owner: reliability
status: live
reason: "a test"
when:
  event: finding.repeated-outage
  same: transformer_area
  count: at least 1
  within: 30 days
task:
  severity: info
  to: area-manager
  due: 5 days
  say: "{transformer_area} is weak"
"""
RULES = {"catalogue.yaml": CATALOGUE, "repeated-outage.yaml": REPEATED, "long-outage.yaml": LONG, "weak-area.yaml": WEAK}
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


def at(hours: float) -> str:
    """Return a time so many hours after everything began, as it stands in JSON."""
    return (BEGAN + timedelta(hours=hours)).isoformat()


def micros(hours: float) -> int:
    """Return the same in microseconds since 1970."""
    return int((BEGAN + timedelta(hours=hours)).timestamp() * 1_000_000)


def hours_now() -> float:
    """Return how many hours after the beginning it is: what lies further back than kept history is not used."""
    return (clock.now() - micros(0)) / 3_600_000_000


def started(outage: str, hours: float, area: str = "TA-1", *, planned: bool = False, **more: Any) -> dict[str, Any]:
    """Return the start of an outage."""
    return {"type": "outage.started", "outage_id": outage, "started_at": at(hours), "transformer_area": area, "planned": planned, **more}


def restored(outage: str, hours: float, area: str = "TA-1") -> dict[str, Any]:
    """Return the end of an outage."""
    return {"type": "outage.restored", "outage_id": outage, "restored_at": at(hours), "transformer_area": area}


def retracted(outage: str, hours: float) -> dict[str, Any]:
    """Return the word that an outage never was."""
    return {"type": "outage.retracted", "outage_id": outage, "retracted_at": at(hours)}


def lines(events: Iterable[Mapping[str, Any]]) -> bytes:
    """Return events as JSON Lines."""
    return b"".join(line(event) + b"\n" for event in events)


def line(event: Mapping[str, Any]) -> bytes:
    """Return an event as JSON."""
    return json.dumps(event).encode()


def write_rules(folder: Path, rules: Mapping[str, str] = RULES) -> Path:
    """Write a rules folder and return it."""
    folder.mkdir(exist_ok=True)
    for name, text in rules.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def good_rules(folder: Path) -> Rules:
    """Return the rules of a folder that has nothing wrong with it."""
    rules = load(folder)
    assert isinstance(rules, Rules), rules
    return rules


def folded(published: Iterable[bytes]) -> dict[str, tuple[str, str, list[str]]]:
    """Return the tasks that published lines come to, withdrawn ones left out: state, time and evidence by task id."""
    tasks: dict[str, tuple[str, str, list[str]]] = {}
    for text in published:
        change = json.loads(text)
        held = set(tasks[change["task_id"]][2]) if change["task_id"] in tasks else set()
        held = (held - set(change.get("evidence_removed", []))) | set(change["evidence"])
        if change["change"] == "withdrawn":
            tasks.pop(change["task_id"], None)
        else:
            state = "ended" if change["change"] == "ended" else "stands"
            tasks[change["task_id"]] = (state, change["at"] if state == "ended" else "", sorted(held))
    return tasks


def published(reader: Reader) -> list[bytes]:
    """Return every published line of a store, in order."""
    return [text for _, text in reader.changes(0, 1_000_000)]
