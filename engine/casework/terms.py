"""The terms under which tasks live: the profile, the calendars, the people, and who judges what was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.casework.hours import Calendars
    from engine.casework.parameters import Parameters, Profile
    from engine.casework.people import People
    from engine.casework.task import Task


class Judge(Protocol):
    """Judges what was written, by rules and not by taste. Each fault says what is missing in one sentence."""

    def explanation(self, task: Task, fields: Mapping[str, Any], evidence: Sequence[str]) -> Sequence[str]:
        """Return what keeps an explanation from being complete at the task's level."""

    def remedy(self, task: Task, fields: Mapping[str, Any], evidence: Sequence[str]) -> Sequence[str]:
        """Return what keeps a remedy from being done: actions without a result or without evidence."""

    def is_effective(self, task: Task, at: int) -> bool:
        """Return whether the measure that the plan named was met when the watch ended; true where it named none."""


class PlainJudge:
    """Asks for some text in an explanation and some evidence of a remedy, and believes that the remedy worked."""

    def explanation(self, task: Task, fields: Mapping[str, Any], evidence: Sequence[str]) -> Sequence[str]:
        """Return that nothing was written, where nothing was."""
        return () if any(fields.values()) else ("the explanation is empty",)

    def remedy(self, task: Task, fields: Mapping[str, Any], evidence: Sequence[str]) -> Sequence[str]:
        """Return that there is no evidence, where there is none."""
        return () if evidence else ("no evidence shows that the remedy is done",)

    def is_effective(self, task: Task, at: int) -> bool:
        """Return that it worked: had it happened again, the watch would not have ended."""
        return True


@dataclass(frozen=True, slots=True)
class Terms:
    """What every decision about a task looks at. Nothing in it changes during a decision."""

    profile: Profile
    calendars: Calendars
    people: People
    judge: Judge = field(default_factory=PlainJudge)

    def parameters(self, task: Task) -> Parameters:
        """Return what holds for a task's severity."""
        return self.profile.parameters(task.severity)
