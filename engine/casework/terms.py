"""The terms under which tasks live: the profile, the calendars, the people, and who judges what was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from engine.casework.fault import fault
from engine.casework.reading import is_empty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.casework.fault import Fault
    from engine.casework.hours import Calendars
    from engine.casework.parameters import Parameters, Profile
    from engine.casework.people import People
    from engine.casework.task import Task


class Judge(Protocol):
    """Judges by rules and not by taste what is handed in, and whether a remedy worked when the watch is over."""

    def explanation(self, task: Task, fields: Mapping[str, Any], evidence: Sequence[str]) -> Sequence[Fault]:
        """Return what keeps an explanation from being complete at the task's level."""

    def remedy(self, task: Task, fields: Mapping[str, Any], evidence: Sequence[str]) -> Sequence[Fault]:
        """Return what keeps a remedy from being done: actions without a result or without evidence."""

    def is_effective(self, task: Task, at: int) -> bool:
        """Return whether the measure that the plan named was met when the watch ended; true where it named none."""

    def effect(self, task: Task, at: int) -> Mapping[str, Any]:
        """Return what was measured of a remedy, for the journal; nothing where nothing was."""


class PlainJudge:
    """Asks for some text in an explanation and some evidence of a remedy, and believes that the remedy worked."""

    def explanation(self, task: Task, fields: Mapping[str, Any], evidence: Sequence[str]) -> Sequence[Fault]:
        """Return that nothing was written, where nothing was."""
        return (fault(("what_happened",), "missing"),) if is_empty(fields) else ()

    def remedy(self, task: Task, fields: Mapping[str, Any], evidence: Sequence[str]) -> Sequence[Fault]:
        """Return that there is no evidence, where there is none."""
        return () if evidence else (fault(("results", "evidence"), "missing"),)

    def is_effective(self, task: Task, at: int) -> bool:
        """Return that it worked: had it happened again, the watch would not have ended."""
        return True

    def effect(self, task: Task, at: int) -> Mapping[str, Any]:
        """Return that nothing was measured."""
        return {}


@dataclass(frozen=True, slots=True)
class Terms:
    """What every decision about a task looks at. Nothing in it changes during a decision."""

    profile: Profile
    calendars: Calendars
    people: People
    judge: Judge

    def parameters(self, task: Task) -> Parameters:
        """Return what holds for a task's severity."""
        return self.profile.parameters(task.severity)
