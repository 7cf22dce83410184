"""Rules as data: what a rule file says once every word of it has been understood.

Everything here is immutable and speaks in whole microseconds since 1970 (UTC) where it speaks of time. The watching room turns
a `Rule` into running code; nothing behind this point looks at YAML again. A little long, being every noun of the language.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from engine.language.promotion import Promotion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.calendar import Calendar, Length
    from engine.events import Catalogue, Event
    from engine.language.condition import Condition
    from engine.language.revision import Bounds
    from engine.places import Places
    from engine.source import Place

T = TypeVar("T")

Severity = Literal["info", "minor", "major", "serious", "critical"]
Status = Literal["draft", "shadow", "live", "retired"]


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """A value that changes by date: the last entry whose `since` is at or before the anchor's time holds.

    `entries` is ordered by time; a value that never changes is one entry since the beginning of time.
    """

    entries: tuple[tuple[int, T], ...]

    def at(self, moment: int) -> T | None:
        """Return the value that holds at `moment` (microseconds), or None before the first entry."""
        held = None
        for since, value in self.entries:
            if since > moment:
                break
            held = value
        return held


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events a part of a rule means: types, conditions that must all hold, and the key fields.

    `pair` are fields beyond the rule's key in which the event and its anchor must agree; an event without one agrees with nothing.
    """

    events: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    same: tuple[str, ...] = ()
    pair: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A length that depends on the anchor: `by: FIELD`, a length for each of its values, and perhaps `otherwise`."""

    field: str
    lengths: Mapping[str, Length | Chosen]
    otherwise: Length | Chosen | None = None

    def of(self, anchor: Event) -> Length | None:
        """Return the length for an anchor, or None where nothing is said of its value."""
        value = getattr(anchor, self.field, None)
        found = self.otherwise if value is None else self.lengths.get(str(value), self.otherwise)
        return found.of(anchor) if isinstance(found, Chosen) else found


def lengths_in(length: Length | Chosen) -> tuple[Length, ...]:
    """Return every length that it can come to."""
    if not isinstance(length, Chosen):
        return (length,)
    parts = [*length.lengths.values(), *([length.otherwise] if length.otherwise is not None else [])]
    return tuple(one for part in parts for one in lengths_in(part))


def fields_in(length: Length | Chosen) -> set[str]:
    """Return the fields of the anchor that it depends on."""
    if not isinstance(length, Chosen):
        return set()
    parts = [*length.lengths.values(), *([length.otherwise] if length.otherwise is not None else [])]
    return {length.field}.union(*(fields_in(part) for part in parts))


@dataclass(frozen=True, slots=True)
class Sliding:
    """The last `length` before each anchor, both ends included."""

    length: Dated[Length]


@dataclass(frozen=True, slots=True)
class Year:
    """A fixed year that begins on the first of `start_month` in `zone`: civil (1), British (4), any other."""

    start_month: int
    zone: str


@dataclass(frozen=True, slots=True)
class Moment:
    """No window: what has begun and not ended counts, however long ago it began."""


@dataclass(frozen=True, slots=True)
class Sift:
    """Which anchors are counted: those that last at least `lasting` before `ends` comes, and `apart` from the last one counted."""

    ends: Selection | None = None
    lasting: Length | None = None
    apart: Length | None = None

    def __bool__(self) -> bool:
        """Return whether any anchor could be left out."""
        return self.lasting is not None or self.apart is not None


@dataclass(frozen=True, slots=True)
class Alternative:
    """One more bound of a count, with a window of its own: reaching any of them is enough."""

    at_least: Dated[int]
    within: Sliding | Year


@dataclass(frozen=True, slots=True)
class Single:
    """Fires at each anchor."""


@dataclass(frozen=True, slots=True)
class Count:
    """`count: at least N` or `at least N different FIELD`; `alternatives` where it is a list."""

    at_least: Dated[int]
    within: Sliding | Year | Moment
    different: str | None = None
    sift: Sift = Sift()
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Total:
    """`sum of FIELD at least X` and `average of FIELD at least X`; `more_than` where it says `more than X`."""

    kind: Literal["sum", "average"]
    field: str
    at_least: Dated[float]
    within: Sliding | Year | Moment
    more_than: bool = False
    sift: Sift = Sift()


@dataclass(frozen=True, slots=True)
class Follow:
    """`not_followed_by` and `followed_by`: another event in [t, t + within], or in [t, the time that the anchor's field `until` says].

    `within` has no entries where `until` is given; `shift` is how many microseconds after the field's time (before it: less than
    zero) the deadline lies. `pauses` are what stops the clock and what lets it run again.
    """

    negated: bool
    others: tuple[Selection, ...]
    within: Dated[Length | Chosen]
    until: str | None = None
    shift: int = 0
    pauses: tuple[Selection, ...] = ()


@dataclass(frozen=True, slots=True)
class Precede:
    """`not_preceded_by` and `preceded_by`: another event in [t - within, t - ahead]; `ahead` is in microseconds."""

    negated: bool
    others: tuple[Selection, ...]
    within: Dated[Length]
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Sequence:
    """`then:` steps, each strictly later than the one before, all within `within` of the first."""

    steps: tuple[Selection, ...]
    within: Dated[Length]


@dataclass(frozen=True, slots=True)
class Rate:
    """`rate: at least K times usual`, the last period against the one before it."""

    times: Dated[float]
    per: Length
    usual_at_least: int = 1
    now_at_least: int = 1


@dataclass(frozen=True, slots=True)
class FirstTime:
    """`first_time_in: W`."""

    within: Dated[Length]


Pattern = Single | Count | Total | Follow | Precede | Sequence | Rate | FirstTime


def others_of(pattern: Pattern) -> tuple[Selection, ...]:
    """Return the selections of a pattern beside the anchor."""
    match pattern:
        case Follow(others=others, pauses=pauses):
            return (*others, *pauses)
        case Precede(others=others) | Sequence(steps=others):
            return others
        case Count(sift=Sift(ends=Selection() as ends)) | Total(sift=Sift(ends=Selection() as ends)):
            return (ends,)
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class Again:
    """What a further match does while a finding stands."""

    kind: Literal["once while it lasts", "after", "every time", "counting afresh"] = "once while it lasts"
    after: Length | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """The task that a finding asks for: who, how urgent, by when, in which words."""

    severity: Severity
    to: str
    due: Length
    say: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, understood.

    `version` is the hash of everything that decides or is shown; `collects` that of the parts which decide what is found
    (same hash, same state). `calendar` is None only where no length of the rule needs one.
    """

    name: str
    version: str
    collects: str
    place: Place
    title: Mapping[str, str]
    owner: str
    status: Status
    reason: str
    anchor: Selection
    pattern: Pattern
    ask: Ask
    again: Again = field(default_factory=Again)
    decide: Literal["when settled", "at once"] = "at once"
    covered_by: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    goes_live: Promotion = field(default_factory=Promotion)
    review_by: str | None = None
    calendar: Calendar | None = None
    calendar_name: str | None = None

    @property
    def category(self) -> str:
        """Return the folder that the rule's file lies in, `complaint`, `outage`; nothing where it lies in none."""
        return self.place.file.split("/")[0] if "/" in self.place.file else ""

    @property
    def others(self) -> tuple[Selection, ...]:
        """Return the selections beside the anchor: what must, or must not, come before or after it."""
        return others_of(self.pattern)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Every rule of a folder with what they stand on. `version` is the content hash of all of it.

    `past` is how rules that run counted before they were edited, oldest first.
    """

    version: str
    rules: Mapping[str, Rule]
    catalogue: Catalogue
    calendars: Mapping[str, Calendar]
    zone: str
    places: Places | None = None
    past: Mapping[str, list[Bounds]] = field(default_factory=dict)
    #: the calendar of rules, and of tasks, that name none
    default_calendar: str | None = None

    @property
    def calendar(self) -> Calendar | None:
        """Return the calendar that holds where none is named: the default one, or the only one."""
        if self.default_calendar is not None:
            return self.calendars[self.default_calendar]
        return next(iter(self.calendars.values())) if len(self.calendars) == 1 else None
