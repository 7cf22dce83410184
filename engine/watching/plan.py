"""A rule made ready to run: its lengths in microseconds, its readers and its voice, worked out once.

Long, because every question that a watch asks of its rule is answered here.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from engine.calendar import Length, deadline, paused_deadline
from engine.events import instant_of, micros
from engine.language import (
    Chosen,
    Count,
    Dated,
    FirstTime,
    Follow,
    Moment,
    Pattern,
    Precede,
    Rate,
    Rule,
    Sequence,
    Sift,
    Single,
    Sliding,
    Total,
    lengths_in,
    with_bounds,
)
from engine.watching.bound import YEAR, Bound
from engine.watching.count import CountWatch, WindowWatch
from engine.watching.follow import FollowedWatch, NotFollowedWatch, SequenceWatch
from engine.watching.paused import PausedWatch
from engine.watching.picture import Amount, Average, Different, Sum
from engine.watching.precede import PrecededWatch
from engine.watching.single import FirstTimeWatch, RateWatch, SingleWatch
from engine.watching.tally import TallyWatch
from engine.watching.watch import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from collections.abc import Sequence as Sequence_

    from engine.events import Event, EventType
    from engine.language import Alternative, Bounds
    from engine.watching.admission import Lane
    from engine.watching.telling import Teller
    from engine.watching.timers import Timers
    from engine.watching.watch import Watch

#: Operators whose findings are over the moment they are found.
ANCHORED: dict[type[Pattern], type[Watch]] = {
    Follow: FollowedWatch,
    Precede: PrecededWatch,
    Sequence: SequenceWatch,
    Rate: RateWatch,
    FirstTime: FirstTimeWatch,
    Single: SingleWatch,
}
DAY = 86_400_000_000
#: Kept history beyond the window and the allowed delay: decision 8's default.
KEEP = 30 * DAY
FOREVER = 1 << 62
#: The furthest deadline that an event may name.
FURTHEST = 3660 * DAY
#: The longest that a length in working time can take for each unit of it, for bounds of kept history only.
LONGEST = {"working days": 12 * DAY, "working hours": 3 * DAY, "calendar days": 2 * DAY}


def longest(length: Length) -> int:
    """Return an upper bound, in microseconds, of how long a length can take."""
    return length.micros if length.exact else (length.amount + 1) * LONGEST[length.unit]


def delay(types: Mapping[str, EventType], names: set[str]) -> int:
    """Return the longest allowed delay among event types."""
    return max((types[name].late_by for name in names), default=0)


def bounds_of(pattern: Pattern) -> list[Alternative | Count | Total]:
    """Return each number with its window that a count may reach."""
    match pattern:
        case Count(alternatives=others):
            return [pattern, *others]
        case Total():
            return [pattern]
        case _:
            return []


class Before:
    """How a rule counted before one edit. `settled` is the event time up to which it had decided by then."""

    __slots__ = ("bounds", "plan", "settled")

    def __init__(self, bounds: Bounds, plan: Plan) -> None:
        self.bounds = bounds
        self.plan = plan
        self.settled = bounds.settled


class Plan:
    """What every watch of one rule shares.

    `width` and `least` are the window and the bound where they never change; `width_at` and `least_at` serve dated numbers.
    `reach` is how far back a window looks, `span` how old an event may be and still be used, `settle` how long after an instant
    everything up to it is in.
    """

    # What the world that the plan is made for gives to it.
    teller: Teller
    timers: Timers
    history_from: Callable[[], int]
    #: fills a watch from its row
    unpack: Callable[[Watch, bytes], None]

    def __init__(self, rule: Rule, types: Mapping[str, EventType], zone: str, past: Iterable[Bounds] = ()) -> None:
        self.rule = rule
        #: how the rule counted before it was edited, oldest first; facts and deadlines of before keep to it
        self.past = [Before(bounds, Plan(replace(rule, pattern=with_bounds(rule.pattern, bounds)), types, zone)) for bounds in past]
        self.zone = zone
        self.since = NEVER if rule.since is None else rule.since
        self.until = FOREVER if rule.until is None else rule.until
        self.again_after = rule.again.after.micros if rule.again.after is not None else None
        self.afresh = rule.again.kind == "counting afresh"
        self.negated = getattr(rule.pattern, "negated", False)
        until = getattr(rule.pattern, "until", None)
        #: reads the deadline off an anchor, where the rule says `until: FIELD`
        self.due_at = None if until is None else attrgetter(until)
        #: whether an event that is no longer kept could disprove a finding: before `known_from`, nothing is found then
        is_average = isinstance(rule.pattern, Total) and rule.pattern.kind == "average"
        self.is_disprovable = self.negated or is_average or isinstance(rule.pattern, Rate | FirstTime)
        #: from when on every event that the rule reads is known; later than the world's own beginning where history was let go
        self.known_from = NEVER
        self.steps = rule.others
        #: whether a fact may play another part than that of an anchor
        self.has_parts = bool(rule.others)
        #: facts wait until their time is settled; the negated relations and looking back wait by themselves
        self.defers = rule.decide == "when settled" and not (self.negated or isinstance(rule.pattern, Precede))
        self._lengths = self._read_lengths()
        self.width = max((longest(one) for _, length in self._lengths.entries for one in lengths_in(length)), default=0)
        #: how long before an anchor something must have been to precede it
        self.ahead: int = getattr(rule.pattern, "ahead", 0)
        self._shift: int = getattr(rule.pattern, "shift", 0)
        #: per selection, its bit and what reads the fields in which it must agree with the anchor
        self.pairs = [(1 << bit, [attrgetter(name) for name in other.pair]) for bit, other in enumerate(rule.others, start=1)]
        #: the roles of what answers an anchor, of what stops the clock and of what lets it run again
        self.answers, self.stops, self.runs = self._roles()
        self.is_paired = any(readers for _, readers in self.pairs)
        #: what reads the one field in which every match agrees with its anchor; None where they agree otherwise
        alike = {tuple(other.pair) for other in rule.others}
        self.pairs_by: Callable[[Event], Any] | None = attrgetter(*alike.pop()) if set(map(len, alike)) == {1} == {len(alike)} else None
        self._leasts: Dated[Any] = self._read_leasts()
        self.least = self._leasts.entries[-1][1]
        #: whether a number of the rule changes by date
        self.is_dated = len(self._leasts.entries) > 1 or len(self._lengths.entries) > 1
        #: whether there is one length of time, and it is the same on all days
        lengths = [length for _, length in self._lengths.entries]
        self.is_exact = len(lengths) == 1 and not isinstance(lengths[0], Chosen) and lengths[0].exact
        #: of a count, each number with its window; it is enough to reach one of them
        self.bounds = [Bound(part) for part in bounds_of(rule.pattern)]
        sift = getattr(rule.pattern, "sift", Sift())
        self.lasting = sift.lasting.micros if sift.lasting is not None else 0
        self.apart = sift.apart.micros if sift.apart is not None else 0
        self.is_moment = isinstance(getattr(rule.pattern, "within", None), Moment)
        #: whether facts are counted as they come, in windows that only move forward
        self.is_steady = not (self.defers or self.is_dated or self.has_parts or self.is_disprovable or self.past)
        self.reach: int = max([self._reach(), *(before.plan.reach for before in self.past)])
        self.settle = self._settle(types)
        names = set(rule.anchor.events).union(*(other.events for other in rule.others))
        self.types = frozenset(names)
        self._kinds = [types[name] for name in sorted(names)]
        self.span = self.reach + delay(types, names) + KEEP
        self.stride = self.span // 4
        self.watch, self.lasts = self._operator()
        if isinstance(rule.pattern, Rate):
            self.usual_at_least, self.now_at_least = rule.pattern.usual_at_least, rule.pattern.now_at_least
        #: makes an empty picture of a window
        self.picture = self._picture()
        #: facts that came too late to be used
        self.too_old = 0
        #: watches changed since they were last stored; None where nothing is stored
        self.dirty: set[Watch] | None = None
        #: the lanes of the rules that this one covers
        self.covers: list[Lane] = []

    @cached_property
    def terms(self) -> bytes:
        """Return a hash of all that decides what the row of a watch means and when it is due: same terms, same watch.

        Catalogue and calendars count too: what an event's time is, how long a working day is.
        """
        told = [self.rule.collects, self.zone, self.rule.calendar, self._kinds, self.bounds_before()]
        plain = msgspec.to_builtins(told, order="deterministic", str_keys=True, enc_hook=dict)
        return blake2b(repr(plain).encode(), digest_size=8).digest()

    def _roles(self) -> tuple[int, int, int]:
        """Return the bits of what answers an anchor, of what stops the clock and of what lets it run again."""
        pauses = getattr(self.rule.pattern, "pauses", ())
        number = len(self.rule.others) - len(pauses)
        stops, runs = (1 << number + 1, 1 << number + 2) if pauses else (0, 0)
        return ((1 << number) - 1) << 1, stops, runs

    # Lengths and bounds -----------------------------------------------------------------------------------------------

    def _read_lengths(self) -> Dated[Any]:
        match self.rule.pattern:
            case Count(within=Sliding(length=length)) | Total(within=Sliding(length=length)):
                return length
            case Follow(within=length) | Precede(within=length) | Sequence(within=length) | FirstTime(within=length):
                return length
            case Rate(per=length):
                return Dated(((NEVER, length),))
            case _:
                return Dated(())

    def _read_leasts(self) -> Dated[Any]:
        match self.rule.pattern:
            case Count(at_least=bound) | Total(at_least=bound) | Rate(times=bound):
                return bound
            case _:
                return Dated(((NEVER, 1),))

    def _reach(self) -> int:
        match self.rule.pattern:
            case Count() | Total():
                return max(bound.reach for bound in self.bounds) + self.lasting
            case Follow(until=str()):
                return YEAR
            case Rate():
                return 2 * self.width
            case _:
                return self.width

    def _settle(self, types: Mapping[str, EventType]) -> int:
        """Return how long after an instant it is settled, and note which types that depends on (`waits_for`)."""
        anchors, others = set(self.rule.anchor.events), {name for other in self.rule.others for name in other.events}
        at_once = bool(others) and self.rule.decide == "at once"
        self.waits_for = frozenset(() if at_once else anchors | others if self.defers else others or anchors)
        return delay(types, set(self.waits_for))

    def is_tallied(self) -> bool:
        """Return whether some anchors are left out, or several numbers or one moment are looked at."""
        return bool(self.lasting or self.apart or self.is_moment or len(self.bounds) > 1)

    def _operator(self) -> tuple[type[Watch], bool]:
        """Return the operator and whether its findings stand until something ends them."""
        once = self.rule.again.kind == "once while it lasts"
        match self.rule.pattern:
            case Count(different=None, within=Sliding()) if not (self.defers or self.is_dated or self.is_tallied()):
                return CountWatch, once
            case Count() | Total() if self.is_tallied():
                return TallyWatch, once
            case Count() | Total():
                return WindowWatch, once
            case Follow(negated=True):
                return PausedWatch if self.stops else NotFollowedWatch, once
            case other:
                return ANCHORED[type(other)], False

    def width_at(self, t: int) -> int:
        """Return the window that holds for an anchor at `t`; before the first dated entry the first one holds."""
        length = self._lengths.at(t) or self._lengths.entries[0][1]
        width: int = length.micros
        return width

    def least_at(self, t: int) -> Any:
        """Return the bound that holds for an anchor at `t`."""
        if not self.is_dated:
            return self.least
        bound = self._leasts.at(t)
        return self._leasts.entries[0][1] if bound is None else bound

    def first_instant(self, t: int) -> int:
        """Return the first instant that the window of `t` holds."""
        if self.bounds:
            return self.bounds[0].first_instant(t)
        return t - (self.width_at(t) if self.is_dated else self.width)

    def last_instant(self, t: int) -> int:
        """Return the last instant whose window still holds a fact of time `t`."""
        return self.bounds[0].last_instant(t)

    def deadline(self, t: int, anchor: Event) -> int | None:
        """Return the last instant at which a match still follows an anchor of time `t`; None where the anchor says none.

        One before the anchor is over at once; one more than `FURTHEST` after it is a slip of the pen, and no deadline.
        """
        if self.due_at is not None:
            named = self.due_at(anchor)
            due = t if named is None else max(t, micros(named) + self._shift)
            return None if named is None or due - t > FURTHEST else due
        if self.is_exact:
            return t + self.width
        length = self.length_for(t, anchor)
        if length is None:
            return None
        return deadline(t, length, self.rule.calendar, self.zone).at

    def due(self, t: int, anchor: Event) -> int | None:
        """Return the deadline of an anchor: what was decided before an edit stays, what was not moves earlier with the edit."""
        for before in self.past:
            due = before.plan.deadline(t, anchor)
            if due is not None and due <= before.settled:
                return due
        return self.deadline(t, anchor)

    def bounds_before(self) -> list[Bounds]:
        """Return how the rule counted before each of its edits, for `past` after a restart."""
        return [msgspec.structs.replace(before.bounds, settled=before.settled) for before in self.past]

    def decided_by(self, t: int) -> Plan:
        """Return the version of the rule by which an anchor of time `t` is decided."""
        return next((before.plan for before in self.past if t <= before.settled), self)

    def is_moved(self, at: int, anchor: Event) -> bool:
        """Return whether a deadline `at` had passed already when an edit made it that early."""
        t = instant_of(anchor)
        return any(at <= before.settled < (before.plan.deadline(t, anchor) or at) for before in self.past)

    def paused_deadline(self, t: int, anchor: Event, pauses: Sequence_[tuple[int, int]]) -> int | None:
        """Return the deadline of an anchor on a clock that stood still in these spans; FOREVER where it still does."""
        if pauses and pauses[-1][1] == FOREVER:
            before = self.paused_deadline(t, anchor, pauses[:-1])
            return before if before is None or before < pauses[-1][0] else FOREVER
        length = self.length_for(t, anchor)
        return None if length is None else paused_deadline(t, length, self.rule.calendar, self.zone, pauses)

    def length_for(self, t: int, anchor: Event) -> Length | None:
        """Return the length that holds for an anchor of time `t`, by its date and by what it is; None where nothing is said of it."""
        length = self._lengths.at(t) or self._lengths.entries[0][1]
        found: Length | None = length.of(anchor) if isinstance(length, Chosen) else length
        return found

    def is_provisional(self, t: int, anchor: Event) -> bool:
        """Return whether the deadline of an anchor at `t` lies beyond its calendar."""
        if self.is_exact or not self._lengths.entries:
            return False
        length = self.length_for(t, anchor)
        return length is not None and not length.exact and deadline(t, length, self.rule.calendar, self.zone).provisional

    def fits(self, role: int, anchor: Event, match: Event) -> bool:
        """Return whether an event in this role is a match for this anchor: whether they agree where the rule asks them to."""
        for bit, readers in self.pairs:
            if role & bit and all((value := read(anchor)) is not None and value == read(match) for read in readers):
                return True
        return False

    def matched_by(self, role: int, match: Event) -> Callable[[Event], bool]:
        """Return what says of an anchor whether an event in this role is a match for it; asked of many anchors, the event is read once."""
        wanted = [[(read, read(match)) for read in readers] for bit, readers in self.pairs if role & bit]
        wanted = [pairs for pairs in wanted if all(value is not None for _, value in pairs)]
        if len(wanted) == len(wanted[0] if wanted else ()) == 1:
            ((read, value),) = wanted[0]
            return lambda anchor: read(anchor) == value
        return lambda anchor: any(all(read(anchor) == value for read, value in pairs) for pairs in wanted)

    def _picture(self) -> Callable[[], Amount]:
        pattern = self.rule.pattern
        if isinstance(pattern, Total):
            kind = Sum if pattern.kind == "sum" else Average
            return partial(kind, attrgetter(pattern.field), pattern.more_than)
        if isinstance(pattern, Count) and pattern.different is not None:
            return partial(Different, attrgetter(pattern.different))
        return Amount

    # What a watch asks of the place it lives in -----------------------------------------------------------------------

    def touch(self, watch: Watch) -> None:
        """Note that a watch has changed: it will be stored, and woken when it asks to."""
        if self.dirty is not None:
            self.dirty.add(watch)
        due = watch.due() if self.defers else watch.wake()
        if due is not None and (watch.armed is None or due < watch.armed):
            self.timers.arm(watch, due)

    def arm(self, watch: Watch) -> None:
        """Have a watch woken when it asks to."""
        due = watch.due()
        if due is not None:
            self.timers.arm(watch, due)
