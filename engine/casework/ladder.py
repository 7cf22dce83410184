"""The ladder as data: its rungs, when each is reached, who is told, and what follows."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from engine.calendar import Length, parse_length


def a_length(value: Any) -> Length:
    """Return the length that somebody wrote; raises ValueError with a sentence that says what would be right."""
    if isinstance(value, Length):
        return value
    length = parse_length(str(value))
    if isinstance(length, str):
        raise ValueError(length)  # noqa: TRY004 - the text is wrong, not its type
    return length


def a_share(value: Any) -> float:
    """Return a share such as `80%`."""
    text = str(value).strip()
    number = text.removesuffix("%")
    if not number.replace(".", "", 1).isdigit() or not 0 < float(number) <= (100 if text.endswith("%") else 1):
        raise ValueError(f"'{text}' is not a share; write for example '80%'")
    return float(number) / (100 if text.endswith("%") else 1)


Span = Annotated[Length, BeforeValidator(a_length)]
Share = Annotated[float, BeforeValidator(a_share)]
Told = Literal["unit", "person", "superior", "supervisors", "upper", "officer", "leader", "head"]
#: The rung that warns before anything is late, and the one that only people can make real.
WARNING: Final = 0
ASSESSMENT: Final = 5


class Rung(BaseModel):
    """One rung. `after` is overdue running time: since the rung below, or since the breach where that came later."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    title: str
    #: nothing: the moment something is overdue
    after: Span | None = None
    #: also when the rounds of explanation are used up
    rounds_used_up: bool = False
    #: the date of the next rung is one by which things are to be put right, told with this one, and moved once at most
    sets_date: bool = False
    #: from here on the unit and the named person both sign
    both_sign: bool = False
    #: also when a task comes to its N-th cycle
    cycle: int | None = Field(default=None, ge=2)
    #: also when an object has its N-th task within the profile's `same_object_within`
    tasks_of_object: int | None = Field(default=None, ge=2)
    #: from here on who has to be at the meeting at which it is explained face to face, as the form has it
    attend: tuple[Told, ...] = ()
    tell: tuple[Told, ...] = ()
    then: str = ""


class Ladder(BaseModel):
    """Six rungs, 0 to 5, and when the first one warns: at the later of a share of the budget and a length before the deadline."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    warn_at: Share = 0.8
    warn_before: Span = Length(1, "working days")
    rungs: tuple[Rung, ...] = Field(min_length=6, max_length=6)

    def reached(self, level: int | None) -> tuple[Rung, ...]:
        """Return the rungs up to a level; none where a task has not reached the first."""
        return () if level is None else self.rungs[: level + 1]


def wd(amount: int) -> Length:
    """Return a length in working days."""
    return Length(amount, "working days")


DEFAULT: Final = Ladder(
    rungs=(
        Rung(title="预警 / early warning", tell=("unit", "person")),
        Rung(title="通报 / circular", tell=("unit", "person", "superior", "supervisors"), then="listed in the daily bulletin"),
        Rung(
            title="限期整改 / remedy by a date",
            after=wd(1),
            sets_date=True,
            tell=("unit", "person", "superior", "supervisors", "upper"),
            then="a date is set: three working days, changed once at most",
        ),
        Rung(
            title="督办 / supervision",
            after=wd(3),
            rounds_used_up=True,
            both_sign=True,
            tell=("unit", "person", "superior", "supervisors", "upper", "officer"),
            then="reminded every working day; unit and person both sign",
        ),
        Rung(
            title="当面说清楚 / explained face to face",
            after=wd(2),
            cycle=3,
            tasks_of_object=3,
            attend=("unit", "leader"),
            tell=("unit", "person", "superior", "supervisors", "upper", "officer", "leader"),
            then="a meeting; the systemic cause is asked for",
        ),
        Rung(title="考核 / assessment", after=wd(5), tell=("head",), then="a proposal; two people confirm or drop it"),
    )
)
