"""What is published when a task moves: the topic, the key, an id that a restart repeats, and the headers a subscriber filters by."""

from __future__ import annotations

from hashlib import sha1
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.casework.journal import Entry
    from engine.casework.task import Task

#: The namespace of URLs of RFC 4122; the names in it begin with ours.
NAMESPACE: Final = bytes.fromhex("6ba7b8119dad11d180b400c04fd430c8")
PREFIX: Final = "clearly."


class Publication(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One record for a topic beside the journal. The topic's name stands without prefix and version: `alert.l3`, `supervision`, `kpi`."""

    topic: str
    key: str
    id: str
    type: str
    subject: str
    time: int
    unit: str
    level: int | None
    state: str
    severity: str
    due: int | None
    cycle: int
    seq: int
    parent: str | None
    dedupkey: str
    reason: str
    #: how much later than due it was noticed; None where it was in time
    late_by: int | None = None
    body: dict[str, Any] = {}

    @property
    def rule(self) -> str:
        """Return the rule that found what it is about; of a digest or a scorecard, its name."""
        return self.dedupkey.partition("/")[0]


def id_for(task_id: str, seq: int, topic: str) -> str:
    """Return the id of a record: a UUID of version 5 over task, number and topic, the same after every restart."""
    digest = bytearray(sha1(NAMESPACE + f"{PREFIX}{task_id}|{seq}|{topic}".encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def published(entry: Entry, before: Task, task: Task, also: str) -> tuple[Publication, ...]:
    """Return what is published beside the journal when an entry is appended; `also` is what the table's row says."""
    return tuple(record(topic, kind, key, entry, task) for topic, kind, key in topics(entry, before, task, also))


def topics(entry: Entry, before: Task, task: Task, also: str) -> Iterator[tuple[str, str, str]]:
    """Return the topics of an entry, each with the type of its record and its key."""
    if also.startswith("alert") and alerts(entry, task):
        yield f"alert.l{entry.data.get('rung', task.level) or 0}", alert_type(entry, task), task.unit
    if "supervision" in also:
        yield "supervision", entry.kind, entry.data.get("supervisor", {}).get("unit") or task.unit
    if holes(entry):
        yield "supervision", "routing.hole", task.unit
    if "kpi" in also:
        yield "kpi", entry.kind, task.unit
    if task.state in {"CLOSED", "CANCELLED"} and before.state != task.state:
        for rung in sorted({int(rung) for rung in task.claims} | ({0} if task.warned else set())):
            yield f"alert.l{rung}", "alert.cleared", task.unit


def alerts(entry: Entry, task: Task) -> bool:
    """Return whether something is told on the task's level: not where a rung follows in the same instant and tells it."""
    if entry.kind == "clock.breached":
        return task.level is not None and task.level > 0
    if entry.kind in {"evidence.added", "task.issued", "task.rejected"}:
        return "floor" in entry.data
    if entry.kind in {"task.reassigned", "task.reinstated"}:
        return bool(task.level)
    return True


def alert_type(entry: Entry, task: Task) -> str:
    """Return the type of an alert: what the entry is, a rung where it brought one, a proposal where only people can make it real."""
    if entry.kind == "rung.claimed" and task.assessment == "proposed" and task.level == 5:
        return "assessment.proposed"
    return "rung.claimed" if "floor" in entry.data else entry.kind


def holes(entry: Entry) -> list[str]:
    """Return the addressees of an entry that led to nobody where they were looked for."""
    return [one["as"] for one in entry.data.get("told", ()) if "hole" in one]


def record(topic: str, kind: str, key: str, entry: Entry, task: Task) -> Publication:
    """Return one record."""
    late = entry.noticed - entry.at if entry.noticed is not None and entry.event.startswith("T.") else 0
    body = {"say": task.say, "person": task.person, **{name: value for name, value in entry.data.items() if name != "change"}}
    told = about(task, topic, kind, id_for(entry.task_id, entry.seq, f"{topic}/{kind}"), entry.at, body)
    return replace(told, key=key, reason=entry.reason, late_by=late or None)


def about(task: Task, topic: str, kind: str, name: str, at: int, body: dict[str, Any]) -> Publication:
    """Return a record about a task as it stands, keyed by the task; `name` is the record's id."""
    return Publication(
        topic=topic,
        key=task.id,
        id=name,
        type=f"{PREFIX}{kind}.v1",
        subject=task.id,
        time=at,
        unit=task.unit,
        level=task.level,
        state=task.state,
        severity=task.severity,
        due=task.due(),
        cycle=task.cycle,
        seq=task.seq,
        parent=task.parent,
        dedupkey="/".join((task.rule, *task.key.values())),
        reason="",
        body=body,
    )
