"""The effect of a remedy, measured: what a plan can name so that it is counted and not believed, over which time, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.calendar import parse_length

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.casework.task import Task

#: What a plan writes as its metric where the events of the task's own rule are to be counted.
OCCURRENCES: Final = ("occurrences", "发生次数")
DAY: Final = 86_400_000_000


class Effect(NamedTuple):
    """What was measured since the remedy, and in the same length of time before the task; None where that is not known."""

    value: int
    before: int | None = None


class Stretches(NamedTuple):
    """The time since the remedy that is measured, and the same length before the task was issued: behind one moment, up to the other."""

    after: tuple[int, int]
    before: tuple[int, int]


def is_counted(criterion: Mapping[str, Any]) -> bool:
    """Return whether a plan's metric is one that is counted from events."""
    return str(criterion.get("metric") or "").strip().casefold() in OCCURRENCES


def stretches(task: Task, criterion: Mapping[str, Any], at: int) -> Stretches:
    """Return over which time a remedy is measured at a moment: the plan's window from the remedy on, but no longer than up to now."""
    since = task.effective_at if task.effective_at is not None else at
    length = max(0, min(window(criterion), at - since))
    issued = task.issued_at if task.issued_at is not None else task.opened_at
    return Stretches((since, since + length), (issued - length, issued))


def window(criterion: Mapping[str, Any]) -> int:
    """Return how long a plan wants to be measured; for ever where it does not say, or not in a way that is understood."""
    length = parse_length(str(criterion.get("window") or ""))
    if isinstance(length, str):
        return 1 << 62
    return length.micros if length.exact else length.amount * DAY
