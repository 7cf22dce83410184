"""The parameters of casework: time limits for each severity, the ladder, and what counts as urgent; a profile may change any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from engine.calendar import Length
from engine.casework.ladder import DEFAULT, Ladder, Span
from engine.source import Problem, shape, suggest

if TYPE_CHECKING:
    from engine.source import Document

#: What people may write for a severity, and what it is called inside.
WORDS: Final = {"提示": "info", "一般": "minor", "重要": "major", "重大": "serious", "特殊": "critical"}


class Parameters(BaseModel):
    """What holds for the tasks of one severity."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    wait: Span = Length(5, "minutes")
    wait_at_most: Span = Length(2, "hours")
    ack: Span = Length(1, "working days")
    interim: Span | None = None
    explain: Span = Length(5, "working days")
    rework_at_least: Span = Length(2, "working days")
    review: Span = Length(2, "working days")
    review_second: Span = Length(1, "working days")
    appeal: Span = Length(2, "working days")
    appeal_at_most: Span = Length(5, "working days")
    remedy_at_most: Span = Length(30, "calendar days")
    remedy_at_least: Span = Length(3, "working days")
    watch: Span = Length(60, "days")
    reopen_within: Span = Length(30, "days")
    recurs_within: Span = Length(90, "days")
    release_grace: Span = Length(30, "minutes")
    inhibited_at_most: Span = Length(24, "hours")
    paused_at_most: Span = Length(20, "days")
    rounds: int = Field(default=3, ge=1)
    #: the rung on which such a task begins
    floor: int | None = Field(default=None, ge=0, le=4)
    owes_remedy: bool = False
    #: never waits, is never inhibited
    urgent: bool = False


MAJOR: Final = {
    "ack": Length(4, "working hours"),
    "explain": Length(3, "working days"),
    "rework_at_least": Length(1, "working days"),
    "review": Length(1, "working days"),
    "appeal": Length(1, "working days"),
    "appeal_at_most": Length(3, "working days"),
    "watch": Length(90, "days"),
    "rounds": 2,
    "floor": 1,
    "owes_remedy": True,
}
SERIOUS: Final = MAJOR | {
    "ack": Length(2, "hours"),
    "interim": Length(24, "hours"),
    "explain": Length(5, "working days"),
    "review": Length(4, "working hours"),
    "appeal": Length(4, "working hours"),
    "appeal_at_most": Length(1, "working days"),
    "reopen_within": Length(60, "days"),
    "recurs_within": Length(180, "days"),
    "floor": 3,
    "urgent": True,
}


def defaults() -> dict[str, Parameters]:
    """Return what ships, by severity."""
    return {
        "info": Parameters(),
        "minor": Parameters(),
        "major": Parameters.model_validate(MAJOR),
        "serious": Parameters.model_validate(SERIOUS),
        "critical": Parameters.model_validate(SERIOUS | {"floor": 4}),
    }


class Storm(BaseModel):
    """When an area is in a storm: it begins above `enter` new tasks within `within`, and ends below `leave`."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    enter: int = Field(default=10, ge=1)
    leave: int = Field(default=5, ge=1)
    within: Span = Length(10, "minutes")
    #: how grave the umbrella is
    severity: str = "serious"
    #: children of these severities answer for themselves when it is over
    let_go: frozenset[str] = frozenset({"serious", "critical"})


class Profile(BaseModel):
    """Everything about casework that a utility may want otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    name: str = "default"
    severities: dict[str, Parameters] = Field(default_factory=defaults)
    ladder: Ladder = DEFAULT
    storm: Storm = Storm()
    #: rules that never wait and are never inhibited, whatever their severity; and severe ones that may
    urgent_rules: frozenset[str] = frozenset()
    patient_rules: frozenset[str] = frozenset()
    pause_reasons: frozenset[str] = frozenset({"customer", "third-party", "permit", "weather", "material", "safety"})
    same_object_within: Span = Length(60, "days")

    def parameters(self, severity: str) -> Parameters:
        """Return what holds for a severity; an unknown one is an ordinary one."""
        return self.severities.get(severity) or self.severities["minor"]

    def is_urgent(self, rule: str, severity: str) -> bool:
        """Return whether the tasks of a rule never wait."""
        return rule in self.urgent_rules or (self.parameters(severity).urgent and rule not in self.patient_rules)


class ProfileFile(BaseModel):
    """`casework.yaml`: only what differs from what ships."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    casework: str
    severities: dict[str, Parameters] = Field(default_factory=dict)
    ladder: Ladder = DEFAULT
    storm: Storm = Storm()
    urgent_rules: frozenset[str] = frozenset()
    patient_rules: frozenset[str] = frozenset()
    pause_reasons: frozenset[str] | None = None
    same_object_within: Span = Length(60, "days")


def read_profile(document: Document) -> tuple[Profile | None, list[Problem]]:
    """Return the profile of a file, or every problem with it at its place. What the file leaves out is as it ships."""
    read, problems = shape(ProfileFile, document)
    if read is None:
        return None, problems
    severities = defaults()
    for word, written in read.severities.items():
        name = WORDS.get(word, word)
        if name in severities:
            severities[name] = severities[name].model_copy(update=set_by(written))
        else:
            problems.append(unknown(document, word))
    if problems:
        return None, problems
    changed: dict[str, Any] = set_by(read)
    changed.pop("casework")
    return Profile.model_validate(changed | {"name": read.casework, "severities": severities}), []


def set_by(model: BaseModel) -> dict[str, Any]:
    """Return what a file set, and nothing that it left out."""
    return {name: getattr(model, name) for name in model.model_fields_set}


def unknown(document: Document, word: str) -> Problem:
    """Return the problem with a severity that there is not."""
    known = [*defaults(), *WORDS]
    return Problem(document.key_place(("severities", word)), "word", f"there is no severity '{word}'{suggest(word, known)}")
