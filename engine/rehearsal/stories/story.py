"""A whole story as it was written: what happens, who says what, and what must be so at which moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.calendar import Calendar
    from engine.language import TestEvent
    from engine.source import Place


class Paper(NamedTuple):
    """A file that is handed in with a command."""

    name: str
    text: str
    classification: str = "internal"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command of a story. Without `refused` it must be carried out."""

    command: str
    task: str
    by: str
    place: Place
    role: str = ""
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    papers: tuple[Paper, ...] = ()
    #: when this person looked at the task; just now where nothing is said
    seen: int | None = None
    #: the code of the refusal that must come, or a part of its words
    refused: str = ""
    #: it must wait for a second person
    proposed: bool = False


class Point(NamedTuple):
    """One thing that must be so: what is looked at, what it must be, and where that is written."""

    name: str
    value: Any
    place: Place


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must be so of one task, or (`of` a rule, or of all tasks) of `count` of them."""

    task: str
    of: str
    count: int | None
    points: tuple[Point, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of a story: what arrives or is said, and what must be so then."""

    now: int
    place: Place
    events: tuple[TestEvent, ...] = ()
    asked: Asked | None = None
    calendar: Calendar | None = None
    wanted: tuple[Wanted, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A story, its rules (None: those that are live in the folder), and what the folder says otherwise in it."""

    name: str
    file: str
    place: Place
    live: tuple[str, ...] | None
    instead: Mapping[str, Any]
    steps: tuple[Step, ...]
    #: where `instead` and each of its files stand
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def begins(self) -> int:
        """Return when the first thing happens."""
        return min([step.now for step in self.steps] + [event.at for step in self.steps for event in step.events])
