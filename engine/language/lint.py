"""What is allowed in a rule and yet doubtful: said with a code, a place, and what would be right. docs/lint.md lists every code."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from engine.calendar import deadline, length_of
from engine.events import micros
from engine.language.rulebook import Count, FirstTime, Follow, Pattern, Precede, Rate, Rule, Sequence, Single, Sliding, Total, lengths_in
from engine.source import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.calendar import Length
    from engine.language.basis import Basis
    from engine.source import Document

    Path = tuple[str | int, ...]
    Check = Callable[["Lint"], Iterator[Problem]]

DAY = 86_400_000_000
#: How long a review date may be overdue before the rule is refused.
GRACE = timedelta(days=30)
#: Events are kept this much longer than a rule needs, so that a rule that is put right can be worked out again.
KEEP = 30
#: Keeping more days than this of every event of a type is worth a word.
LONG_STATE = 500
#: Roughly what one remembered event takes, in bytes: the event, its time and its place in a window.
EACH = 400
#: Upper bounds of the lengths that need a calendar, in days.
SPREAD = {"working days": 3, "working hours": 1, "calendar days": 1}


class Lint:
    """Looks at one rule that could be read."""

    def __init__(self, rule: Rule, document: Document, basis: Basis, as_of: date | None) -> None:
        self.rule = rule
        self.document = document
        self.basis = basis
        self.as_of = as_of

    def told(self, path: Path, code: str, text: str, *, error: bool = False) -> Problem:
        """Return a problem at the value at `path`."""
        return Problem(self.document.place(path), code, text, "error" if error else "warning")

    def within(self) -> Path:
        """Return where the rule's length of time stands."""
        when = self.document.data["when"]
        for name in ("not_followed_by", "followed_by", "not_preceded_by", "preceded_by"):
            if isinstance(when.get(name), dict) and "within" in when[name]:
                return "when", name, "within"
        return "when", next(name for name in ("within", "per", "first_time_in", "event") if name in when)

    def review(self) -> Iterator[Problem]:
        """A review date has passed."""
        if self.as_of is None or self.rule.review_by is None or self.rule.status == "retired":
            return
        late = self.as_of - date.fromisoformat(self.rule.review_by)
        if late > timedelta(0):
            told = f"the review date {self.rule.review_by} has passed; look at the rule, then set a new one"
            yield self.told(("review_by",), "review-passed", told, error=late > GRACE)

    def short(self) -> Iterator[Problem]:
        """A length is shorter than events may be late."""
        lengths = [length for length in lengths_of(self.rule.pattern) if length.exact]
        events = sorted({event for part in (self.rule.anchor, *self.rule.others) for event in part.events})
        slowest = max(events, key=lambda event: self.basis.types[event].late_by)
        late = self.basis.types[slowest].late_by
        if lengths and min(length.micros for length in lengths) < late:
            least = min(lengths, key=lambda length: length.micros)
            told = f"{least} is shorter than {slowest} may be late ({length_of(late)}); most verdicts will be corrected afterwards"
            yield self.told(self.within(), "short-within", told)

    def calendar_ends(self) -> Iterator[Problem]:
        """A deadline of today lies beyond what the calendar covers."""
        rule = self.rule
        if self.as_of is None or rule.calendar is None:
            return
        start = micros(datetime(self.as_of.year, self.as_of.month, self.as_of.day, 12, tzinfo=UTC))
        lengths = [rule.ask.due]
        if isinstance(rule.pattern, Follow) and (now := rule.pattern.within.at(start)) is not None:
            lengths += lengths_in(now)
        if any(deadline(start, length, rule.calendar, self.basis.zone).provisional for length in lengths if not length.exact):
            told = f"calendar '{rule.calendar.name}' ends on {rule.calendar.covers[1]}: deadlines from {self.as_of} on are provisional"
            yield self.told(("when",), "calendar-ends", f"{told}; add the next year")

    def one_partition(self) -> Iterator[Problem]:
        """The parts of the rule have no key field in common."""
        common = set(self.rule.anchor.same).intersection(*(part.same for part in self.rule.others))
        if self.rule.anchor.same and not common:
            yield self.told(("when", "same"), "one-partition", "no key field is common to all parts, so the rule runs on one partition")

    def state(self) -> Iterator[Problem]:
        """The rule keeps very much."""
        if kept_days(self.rule, self.basis) > LONG_STATE:
            yield self.told(self.within(), "state-size", state_of(self.rule, self.basis))


CHECKS: tuple[Check, ...] = (Lint.review, Lint.short, Lint.calendar_ends, Lint.one_partition, Lint.state)


def lint(rule: Rule, document: Document, basis: Basis, as_of: date | None) -> list[Problem]:
    """Return what is doubtful about a rule that could be read."""
    looked = Lint(rule, document, basis, as_of)
    return [problem for check in CHECKS for problem in check(looked)]


def lengths_of(pattern: Pattern) -> list[Length]:
    """Return the lengths of time that a pattern looks over; none for a single event and for fixed years."""
    match pattern:
        case Count(alternatives=others) if others:
            windows = [pattern.within, *(other.within for other in others)]
            return [length for window in windows if isinstance(window, Sliding) for _, length in window.length.entries]
        case Count(within=Sliding(length=dated)) | Total(within=Sliding(length=dated)):
            return [length for _, length in dated.entries]
        case Follow(within=within) | Precede(within=within) | Sequence(within=within) | FirstTime(within=within):
            return [one for _, length in within.entries for one in lengths_in(length)]
        case Rate(per=length):
            return [length]
        case _:
            return []


def kept_days(rule: Rule, basis: Basis) -> int:
    """Return for how many days a rule keeps its events: its length, how late they may be, and a month."""
    days = [length.micros / DAY if length.exact else length.amount * SPREAD[length.unit] for length in lengths_of(rule.pattern)]
    reach = max(days, default=0 if isinstance(rule.pattern, Single) else 366) * (2 if isinstance(rule.pattern, Rate) else 1)
    late = max(basis.types[event].late_by for part in (rule.anchor, *rule.others) for event in part.events)
    return round(reach + late / DAY + KEEP)


def state_of(rule: Rule, basis: Basis) -> str:
    """Return, in words, how much a rule keeps: what, for how long, and what that comes to."""
    days = kept_days(rule, basis)
    events = sorted({event for part in (rule.anchor, *rule.others) for event in part.events})
    size = days * 1000 * EACH / 1_000_000
    return f"keeps every {' and '.join(events)} that it counts for {days} days: about {size:,.0f} MB for each 1,000 a day"
