"""What casework has measured by the watching stage, which has the events: asked for when a watch begins, told before its end passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.casework import WATCH_ENDS, Effect, is_counted
from streams.effects import measure_of
from streams.kafka.inbox import Measured

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from engine.casework import Task
    from streams.effects import Measure


class Noted(Measured, array_like=True, gc=False):
    """The row of a task: what was measured, or that it is still to be."""

    is_open: bool = False


ROW = msgspec.msgpack.Decoder(Noted)


def asked_of(task: Task, plan: Mapping[str, Any], home: int) -> Measure | None:
    """Return what is to be measured of a task; None where nothing is watched, or its plan names nothing that is counted."""
    timer, criterion = task.timers.get(WATCH_ENDS), plan.get("effectiveness")
    if timer is None or not isinstance(criterion, dict):
        return None
    return measure_of(task, criterion, timer.due, home)


def is_about(row: bytes | None, at: int) -> bool:
    """Return whether a row is about what is measured at a moment."""
    return row is not None and ROW.decode(row).at == at


def open_row(asked: Measure) -> bytes:
    """Return the row of something that is still to be measured."""
    return msgspec.msgpack.encode(Noted(asked.task, asked.at, is_open=True))


def is_open(row: bytes | None) -> bool:
    """Return whether something asked for has not been answered."""
    return row is not None and ROW.decode(row).is_open


def effect_in(row: bytes | None, criterion: Mapping[str, Any], at: int) -> Effect | None:
    """Return what was measured for a moment; None where nothing was."""
    noted = None if row is None or not is_counted(criterion) else ROW.decode(row)
    return None if noted is None or noted.at != at or noted.value is None else Effect(noted.value, noted.before)
