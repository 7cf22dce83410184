"""One decision under way: the task before it, what came, when, and under which terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.casework.state import SUPERVISING_SIDE, UNIT_SIDE

if TYPE_CHECKING:
    from engine.casework.command import Command
    from engine.casework.fault import Fault
    from engine.casework.parameters import Parameters
    from engine.casework.table import Row
    from engine.casework.task import Task
    from engine.casework.terms import Terms


@dataclass(slots=True)
class Occurrence:
    """What the rule engine, a parent or the world says about a task: an `R.*` of the table."""

    event: str
    #: event time of the newest evidence
    happened_at: int
    #: the same occurrence told again has the same id and does nothing
    id: str = ""
    finding: str = ""
    severity: str = ""
    evidence: dict[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    #: the finding never should have been
    withdrawn: bool = False
    ended: bool = False
    parent: str = ""
    #: tasks that this one answers for from now on, and what they are about
    children: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Move:
    """A decision under way. `details` collects what the entry says beside the change itself."""

    task: Task
    event: str
    at: int
    terms: Terms
    actor: str = "engine"
    role: str = "ENGINE"
    reason: str = ""
    command: Command | None = None
    occurrence: Occurrence | None = None
    #: the parent that a task is merged into, as it stands
    parent: Task | None = None
    #: only asked what would be possible: what a form would say is taken as said
    asking: bool = False
    #: the rows of the table that are tried
    rows: tuple[Row, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    #: what goes beside the form into the payload, outside of the chain
    aside: dict[str, Any] = field(default_factory=dict)
    #: what is wrong with what was written
    faults: tuple[Fault, ...] = ()

    @property
    def parameters(self) -> Parameters:
        """Return what holds for the task's severity."""
        return self.terms.parameters(self.task)

    @property
    def said(self) -> dict[str, Any]:
        """Return the data of the command."""
        return {} if self.command is None else self.command.data

    @property
    def payload(self) -> dict[str, Any] | None:
        """Return what people wrote, and what quotes it: all that may have to be erased one day."""
        written = {} if self.command is None else self.command.fields
        return {**written, **self.aside} or None

    def roles_of(self, actor: str) -> frozenset[str]:
        """Return the roles of a person towards the unit that answers."""
        return self.terms.people.roles(actor, self.task.unit, self.at)

    def is_separate(self, actor: str, role: str) -> bool:
        """Return whether somebody is of the supervising side, not of the responsible unit, and not the author of what is judged."""
        return role in SUPERVISING_SIDE and not self.roles_of(actor) & UNIT_SIDE and actor not in self.task.authors.values()
