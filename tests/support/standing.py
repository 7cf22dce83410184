"""Rules that stand on other rules: frequent areas make a frequent feeder (R06), and a warning before a complaint makes a task (R20)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

#: What the records come to: rule, key, and how it stands. Area TA-7 and TA-8 lie on feeder F-1, area TA-21 on another one.
FOUND = [
    ("complaint-after-warning", "TA-21", "stands"),
    ("feeder-frequent", "F-1", "stands"),
    ("frequent-outages", "TA-7", "stands"),
    ("frequent-outages", "TA-8", "stands"),
]


def outage(number: str, area: str, at: datetime) -> list[dict[str, Any]]:
    """Return an outage of 40 minutes."""
    told = {"outage_id": number, "transformer_area": area}
    start = {"type": "outage.started", "customers": 120, "planned": False, "started_at": at.isoformat(), **told}
    return [start, {"type": "outage.restored", "restored_at": (at + timedelta(minutes=40)).isoformat(), **told}]


def records(now: datetime) -> list[dict[str, Any]]:
    """Return four outages in each of two areas of one feeder, two in an area of another and there a complaint, all within ten days."""
    told = [one for day in (9, 8, 7, 6) for one in outage(f"A-{day}", "TA-7", now - timedelta(days=day))]
    told += [one for day in (5, 4, 3, 2) for one in outage(f"B-{day}", "TA-8", now - timedelta(days=day))]
    told += [one for day in (8.5, 7.5) for one in outage(f"C-{day}", "TA-21", now - timedelta(days=day))]
    complaint = {"complaint_id": "T-1", "customer": "C-21-7", "topic": "频繁停电", "complaint_class": "outage", "channel": "95598"}
    told.append(
        {"type": "complaint.received", "transformer_area": "TA-21", "received_at": (now - timedelta(days=5.5)).isoformat(), **complaint}
    )
    return sorted(told, key=moment)


def moment(record: dict[str, Any]) -> str:
    """Return when something happened."""
    return str(record.get("started_at") or record.get("restored_at") or record.get("received_at"))


def found(lines: Iterable[bytes]) -> list[tuple[str, str, str]]:
    """Return what of `FOUND` published lines come to."""
    tasks: dict[str, tuple[str, str, str]] = {}
    for line in lines:
        change = json.loads(line)
        state = {"ended": "ended", "withdrawn": "withdrawn"}.get(change["change"], "stands")
        tasks[change["task_id"]] = (change["rule"], next(iter(change["key"].values())), state)
    rules = {rule for rule, _, _ in FOUND}
    return sorted(one for one in tasks.values() if one[0] in rules and one[2] != "withdrawn")
