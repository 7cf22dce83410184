"""Warnings: findings of severity `info` (提示). They are told on the lowest level, and nobody owes an explanation of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.casework.publication import PREFIX, Publication, id_for
from engine.events import micros

if TYPE_CHECKING:
    from engine.watching import Change

#: The severity that is a warning.
INFO: Final = "info"


def is_warning(change: Change) -> bool:
    """Return whether a change is about a warning, so that no task comes of it."""
    return change.severity == INFO


def warning(change: Change) -> Publication | None:
    """Return what is told when a warning comes up, is withdrawn, or is over; nothing where only its evidence grows."""
    if change.change == "updated":
        return None
    at = micros(change.at)
    return Publication(
        topic="alert.l0",
        key=change.to.unit or change.to.role,
        id=id_for(change.task_id, at, f"alert.l0/{change.change}"),
        type=f"{PREFIX}warning.{change.change}.v1",
        subject=change.task_id,
        time=at,
        unit=change.to.unit or change.to.role,
        level=0,
        state="",
        severity=change.severity,
        due=micros(change.due),
        cycle=1,
        seq=0,
        parent=None,
        dedupkey="/".join((change.rule, *change.key.values())),
        reason="",
        body={"say": change.say, "person": change.to.person, "rule": change.rule, "key": change.key},
    )
