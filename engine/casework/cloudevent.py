"""Everything that is told as one kind of record, whatever its topic, and as a CloudEvent 1.0 with attributes to filter by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from engine.casework.publication import PREFIX, Publication, about, id_for
from engine.events import micros
from engine.watching import encode_change

if TYPE_CHECKING:
    from engine.casework.journal import Entry
    from engine.casework.task import Task
    from engine.watching import Change

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Where records come from, if nobody says which house it is.
SOURCE: Final = "/explain-clearly"


def told_by_rule(change: Change) -> Publication:
    """Return a change of a finding as a record of the topic `findings`."""
    at = micros(change.at)
    line = blake2b(encode_change(change), digest_size=8).hexdigest()
    return Publication(
        topic="findings",
        key=change.task_id,
        id=id_for(change.task_id, at, f"findings/{line}"),
        type=f"{PREFIX}finding.{change.change}.v1",
        subject=change.task_id,
        time=micros(change.decided_at),
        unit=change.to.unit or change.to.role,
        level=None,
        state=change.status,
        severity=change.severity,
        due=micros(change.due),
        cycle=1,
        seq=0,
        parent=None,
        dedupkey="/".join((change.rule, *change.key.values())),
        reason="",
        body=msgspec.to_builtins(change),
    )


def told_by_journal(entry: Entry, task: Task) -> Publication:
    """Return an entry as a record of the topic `task.events`; `task` is how the task stands after it."""
    return record_of(task, "task.events", entry.kind, entry.at, msgspec.to_builtins(entry), entry.reason)


def told_by_state(task: Task) -> Publication:
    """Return a task as it stands as a record of the topic `task.state`."""
    return record_of(task, "task.state", "task.state", task.at, msgspec.to_builtins(task))


def record_of(task: Task, topic: str, kind: str, at: int, body: dict[str, Any], reason: str = "") -> Publication:
    """Return a record about a task. Its id is that of the task's last entry on this topic."""
    return replace(about(task, topic, kind, id_for(task.id, task.seq, topic), at, body), reason=reason)


def cloud_event(one: Publication, source: str = SOURCE) -> dict[str, Any]:
    """Return a record as a CloudEvent in structured form; what a subscriber filters by stands beside the data."""
    extensions = {
        "unitcode": one.unit,
        "esclevel": one.level,
        "taskstate": one.state,
        "severity": one.severity,
        "dueat": None if one.due is None else shown(one.due),
        "cycle": one.cycle,
        "seq": one.seq,
        "parentid": one.parent,
        "dedupkey": one.dedupkey,
        "reason": one.reason,
        "lateby": None if one.late_by is None else one.late_by // 1_000_000,
    }
    return {
        "specversion": "1.0",
        "id": one.id,
        "source": source,
        "type": one.type,
        "subject": one.subject,
        "time": shown(one.time),
        "datacontenttype": "application/json",
        "partitionkey": one.key,
        **{name: value for name, value in extensions.items() if value not in (None, "")},
        "data": one.body,
    }


def shown(at: int) -> str:
    """Return an instant as RFC 3339 writes it."""
    return (EPOCH + timedelta(microseconds=at)).isoformat().replace("+00:00", "Z")
