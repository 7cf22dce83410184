"""What a change of a finding says about a task: which task it is about, what happened, and the id of a new one."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from engine.casework.move import Occurrence
from engine.events import micros
from engine.watching import encode_change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.watching import Change

EVENTS = {"opened": "R.match", "updated": "R.match", "withdrawn": "R.retract", "ended": "R.end"}


def object_of(key: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return what a key is about, whichever rule found it."""
    return tuple(sorted(key.items()))


def occurrence_of(change: Change) -> Occurrence:
    """Return what a change says about a task."""
    at = micros(change.at)
    event = EVENTS[change.change]
    if event == "R.match" and change.evidence_removed and not change.evidence:
        event = "R.retract"
    return Occurrence(
        event,
        at,
        id=blake2b(encode_change(change), digest_size=8).hexdigest(),
        finding=change.task_id,
        severity=change.severity,
        evidence=dict.fromkeys(change.evidence, "event"),
        removed=tuple(change.evidence_removed),
        withdrawn=change.change == "withdrawn",
        ended=change.change == "ended",
    )


def id_of_task(change: Change, occurrence: Occurrence, home: str) -> str:
    """Return the id of a new task: the finding's and, for life, the unit where it is at home. A later match of it has its own."""
    again = "" if change.change == "opened" else "." + blake2b(f"{occurrence.happened_at}".encode(), digest_size=3).hexdigest()
    return f"{change.task_id}{again}@{home}"
