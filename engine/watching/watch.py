"""One rule watching one key: the facts in event-time order, and the fold over them.

A watch is a fold. `take` is the ordinary case: the fact is the newest one and the operator steps over it once, however much the
window holds. A fact that comes late, is withdrawn or corrected goes through `insert` and `drop`: the fold is taken up again, in
silence, from the last mark before it, and the difference between what was found before and after is told. Both ways end in the
same findings, because both are the same fold over the same ordered facts.

Operators say what the fold does: `step` (one more fact), `advance` (event time is settled up to here), `wake` (when to advance
next), `save` and `load` (all that the fold keeps).

Longer than most modules: the way forward, the way back and the memory between them only make sense side by side.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from engine.events import id_of, instant_of
from engine.watching.finding import Finding, identity
from engine.watching.mark import MANY, Mark, Nearby, Twins

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.events import Event
    from engine.watching.plan import Plan

    Key = tuple[Any, ...]
    State = tuple[Any, ...]
    Swap = Callable[[Finding | None], Any]

#: The part that the events play which a rule is about.
ANCHOR = 1
#: Before all time: nothing is settled, no mark is set.
NEVER = -(1 << 62)
#: What most watches have lent; never changed.
NOTHING: dict[str, list[str]] = {}
#: How many events that were looked at and not counted a watch remembers for its explanations.
ASIDE = 8
#: Facts between two marks at least: so few are folded again in no time, and most keys never have more.
FEW = 8


def order(event: Event) -> tuple[str, str, str]:
    """Return what decides between events of the same instant: type, id, source."""
    return (event.kind.name, id_of(event), event.source)


class Anchors(list[int]):
    """The parts that facts play in a rule that has anchors alone: always the same, so nothing is kept, and all watches share one."""

    def __getitem__(self, place: Any) -> Any:
        return ANCHOR

    def __delitem__(self, place: Any) -> None:
        """Do nothing."""

    def append(self, role: int) -> None:
        """Do nothing."""

    def insert(self, place: Any, role: int) -> None:
        """Do nothing."""


#: What the watches of most rules share.
ANCHORS = Anchors()


class Watch:
    """One rule on one key. The subclasses are the operators.

    There are a million of them where there are as many keys, and most hold a fact or two: a list that is empty is not made.
    """

    __slots__ = (
        "armed",
        "aside",
        "eras",
        "facts",
        "findings",
        "frozen",
        "key",
        "last",
        "lent",
        "mark_at",
        "mark_from",
        "marks",
        "near",
        "offset",
        "packed",
        "plan",
        "roles",
        "settled",
        "silent",
        "times",
    )

    def __init__(self, plan: Plan, key: Key) -> None:
        self.plan = plan
        self.key = key
        #: the row of a watch that was not unpacked yet (`sleeping`); no other has one
        self.packed: bytes
        self.times: list[int] = []
        self.facts: list[Event] = []
        #: per fact, bit 0 for an anchor and bit n for the n-th selection beside it
        self.roles: list[int] = [] if plan.has_parts else ANCHORS
        #: how many facts were let go: positions never change, places in the lists do
        self.offset = 0
        #: facts before this position are part of what was let go; nothing may change them
        self.frozen = 0
        self.findings: Sequence[Finding] = ()
        #: the finding that opened last, for `again: after …`
        self.last: Finding | None = None
        self.marks: Sequence[Mark] = ()
        self.near: Nearby | None = None
        #: the next mark is left after this time, and not before this position
        self.mark_at = NEVER
        self.mark_from = FEW
        #: event time up to which deadlines have been decided
        self.settled = NEVER
        #: the event time for which this watch stands in the timers
        self.armed: int | None = None
        #: events of this key that were looked at and not counted
        self.aside: tuple[Event, ...] = ()
        #: true while the fold is taken up again: findings change, nobody is told
        self.silent = False
        #: by task of the covering rule, the ids of the evidence that was lent to it
        self.lent: Mapping[str, list[str]] = NOTHING
        #: per edit that the rule went through, the newest fact then: facts up to there are judged as before. Empty where there is none
        self.eras: Sequence[int] = ()
        self.reset()

    # Edits ------------------------------------------------------------------------------------------------------------

    def by(self, t: int) -> Plan:
        """Return the version of the rule by which a fact of time `t` is judged."""
        for newest, before in zip(self.eras, self.plan.past, strict=False):
            if t <= newest:
                return before.plan
        return self.plan

    def take_eras(self, known: Sequence[int]) -> None:
        """Take the edits that this watch knows of; it has not changed since any later one, so that ends at its newest fact."""
        judged = self.judged()
        newest = self.times[judged - 1] if judged else NEVER
        eras = (*known, *[newest] * (len(self.plan.past) - len(known)))
        self.eras = eras if any(one != NEVER for one in eras) else ()

    def told_eras(self) -> Sequence[int]:
        """Return the edits that this watch knows of, for `take_eras`."""
        return self.eras or (NEVER,) * len(self.plan.past)

    def edited(self) -> None:
        """The rule has been edited: look again at what is not decided yet."""

    # What an operator gives -------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Forget all that the fold keeps."""

    def step(self, position: int, t: int, event: Event, role: int) -> None:
        """Take the fact at `position`, the newest so far, into the fold."""
        raise NotImplementedError(type(self).__name__)

    def advance(self, settled: int) -> None:
        """Decide what is decided once event time has reached `settled`."""

    def wake(self) -> int | None:
        """Return the event time at which `advance` next has something to do, or None."""
        return None

    def save(self, swap: Swap) -> State:
        """Return all that the fold keeps, each finding passed through `swap`."""
        return ()

    def load(self, state: State, swap: Swap) -> None:
        """Take back what `save` returned, each finding passed through `swap`."""

    def needed(self) -> int:
        """Return the first position that the fold may look at again."""
        return self.offset + len(self.times)

    # Facts ------------------------------------------------------------------------------------------------------------

    def take(self, t: int, event: Event, role: int = 1) -> None:
        """Take a fact in event-time order, or send it the long way round."""
        times, plan = self.times, self.plan
        if plan.defers and t > self.settled:
            self.put_off(t, event, role)
            return
        if t <= self.settled or (times and t <= times[-1] and (t < times[-1] or order(event) <= order(self.facts[-1]))):
            self.insert(t, event, role)
            return
        position = self.offset + len(times)
        if t > self.mark_at and position >= self.mark_from:
            self.mark(t, position)
        times.append(t)
        self.facts.append(event)
        if plan.has_parts:
            self.roles.append(role)
        self.step(position, t, event, role)
        if plan.dirty is not None:
            plan.dirty.add(self)
        due = self.wake()
        if due is not None and (self.armed is None or due < self.armed):
            plan.timers.arm(self, due)

    def put_off(self, t: int, event: Event, role: int) -> None:
        """Put a fact where it belongs and judge it once its time is settled: the rule decides `when settled`."""
        place = self.find(t, event)
        if self.holds(place, t, event):
            return
        self.times.insert(place, t)
        self.facts.insert(place, event)
        self.roles.insert(place, role)
        self.plan.touch(self)

    def insert(self, t: int, event: Event, role: int = 1) -> None:
        """Put a late fact where it belongs and tell what it changes. A fact that is there already changes nothing."""
        place = self.find(t, event)
        if self.holds(place, t, event) or self.is_frozen(place):
            return
        if self.plan.defers and t > self.settled:
            self.put_off(t, event, role)
            return
        before = self.plan.teller.remember(self)
        self.times.insert(place, t)
        self.facts.insert(place, event)
        self.roles.insert(place, role)
        self.fold_again(place)
        self.plan.teller.difference(self, before, event)
        self.plan.touch(self)

    def drop(self, t: int, event: Event, role: int = 1) -> None:
        """Take back a fact that its source withdrew or corrected, and tell what that changes."""
        place = self.find(t, event)
        if not self.holds(place, t, event) or self.is_frozen(place):
            return
        before = self.plan.teller.remember(self)
        del self.times[place], self.facts[place], self.roles[place]
        self.fold_again(place)
        self.plan.teller.difference(self, before, event)
        self.plan.touch(self)

    def find(self, t: int, event: Event) -> int:
        """Return the place of an event in the order of (time, type, id, source)."""
        place = bisect_left(self.times, t)
        mine = order(event)
        while place < len(self.times) and self.times[place] == t and order(self.facts[place]) < mine:
            place += 1
        return place

    def holds(self, place: int, t: int, event: Event) -> bool:
        """Return whether the fact at `place` is this very event."""
        return place < len(self.times) and self.times[place] == t and identity(self.facts[place]) == identity(event)

    def is_frozen(self, place: int) -> bool:
        """Return whether a fact at `place` would change what lies before kept history; it is counted then."""
        if place + self.offset >= self.frozen:
            return False
        self.plan.too_old += 1
        return True

    def pass_by(self, t: int, event: Event) -> None:
        """Remember an event of this key that the rule looked at and did not count."""
        self.aside = (*self.aside[1 - ASIDE :], event)
        if self.plan.dirty is not None:
            self.plan.dirty.add(self)

    def pass_over(self, t: int, event: Event) -> None:
        """Forget an event that was looked at and not counted: its source took it back."""
        self.aside = tuple(one for one in self.aside if identity(one) != identity(event))

    def passed(self) -> list[tuple[int, Event, str | None]]:
        """Return the events that were looked at and not counted, each with its time and the setting that left it out, if one did."""
        return [(instant_of(event), event, None) for event in self.aside]

    # Settled time -----------------------------------------------------------------------------------------------------

    def judged(self) -> int:
        """Return how many of the facts have been stepped over: all, unless the rule decides when settled."""
        return bisect_right(self.times, self.settled) if self.plan.defers else len(self.times)

    def due(self) -> int | None:
        """Return the event time at which this watch next wants to be told that time has settled, or None."""
        wake, judged = self.wake(), self.judged()
        if judged < len(self.times):
            return self.times[judged] if wake is None else min(wake, self.times[judged])
        return wake

    def settle(self, settled: int) -> None:
        """Event time has settled up to `settled`: judge what waited for that, and decide what is decided by it."""
        if not self.plan.defers:
            self.settled = max(self.settled, settled)
            self.advance(self.settled)
            return
        first = self.offset + self.judged()
        self.settled = max(self.settled, settled)
        for position in range(first, self.offset + self.judged()):
            t = self.times[position - self.offset]
            if t > self.mark_at and position >= self.mark_from:
                self.mark(t, position)
            here = position - self.offset
            self.step(position, t, self.facts[here], self.roles[here])
        self.advance(self.settled)

    # The fold taken up again ------------------------------------------------------------------------------------------

    def fold_again(self, place: int) -> None:
        """Fold again from the last mark at or before `place`, in silence, and decide again what had been decided."""
        position = place + self.offset
        self.drop_marks(position)
        nearest = self.near.before(position) if self.near is not None else None
        mark = nearest or (self.marks[-1] if self.marks else None)
        self.silent = True
        self.return_to(mark)
        start = mark.position - self.offset if mark is not None else 0
        for here in range(start, self.judged()):
            self.step(self.offset + here, self.times[here], self.facts[here], self.roles[here])
        if self.settled > NEVER:
            self.advance(self.settled)
        self.silent = False
        if self.near is None and self.judged() - start > MANY:
            self.near = Nearby(self.mark_at)
        if self.near is not None:
            self.mark_at, self.mark_from = NEVER, self.offset + len(self.times)

    def drop_marks(self, position: int) -> None:
        """Drop the marks behind a position: they have not seen what has come there."""
        kept = [mark for mark in self.marks if mark.position <= position]
        if len(kept) == len(self.marks):
            return
        self.marks, self.near = kept, None
        self.mark_at = kept[-1].at + self.plan.stride if kept else NEVER
        self.mark_from = kept[-1].position + FEW if kept else FEW

    def return_to(self, mark: Mark | None) -> None:
        """Put the fold back to where it was at `mark`, or to its beginning."""
        if mark is None:
            self.findings, self.last = (), None
            self.reset()
            return
        swap = Twins()
        self.findings = [swap.twin(finding) for finding in mark.findings]
        self.last = swap(mark.state[0])
        self.load(mark.state[1], swap)

    def state(self, swap: Swap) -> State:
        """Return the whole fold, operator's part included."""
        return (swap(self.last), self.save(swap))

    def mark(self, t: int, position: int) -> None:
        """Leave a mark before the fact of time `t` at `position`, and let go of what no late fact can reach any more."""
        if self.near is not None:
            if t <= self.near.far_at:
                self.near.leave(self.pictured(t, position))
                self.mark_from = position + MANY + len(self.findings)
                return
            self.mark_at, self.near = self.near.far_at, None
        if self.mark_at != NEVER:
            self.marks = [*self.marks, self.pictured(t, position)]
            self.let_go(t - self.plan.span)
        self.mark_at = t + self.plan.stride
        self.mark_from = position + FEW

    def pictured(self, t: int, position: int) -> Mark:
        """Return the fold as it is before the fact of time `t` at `position`."""
        swap = Twins()
        return Mark(position, t, [swap.twin(finding) for finding in self.findings], self.state(swap))

    def let_go(self, horizon: int) -> None:
        """Drop marks, findings and facts that lie wholly before `horizon`."""
        while len(self.marks) > 1 and self.marks[1].at < horizon:
            self.marks = self.marks[1:]
        marks = self.marks
        base = marks[0]
        if base.at >= horizon:
            return
        self.frozen = base.position
        first = base.position - self.offset
        # the fold may still look back from the last fact before the mark, however long ago that was
        looks_back_from = self.times[first - 1] if first else base.at
        gone = min(bisect_left(self.times, looks_back_from - self.plan.reach), first, self.needed() - self.offset)
        if gone > 0:
            del self.times[:gone], self.facts[:gone], self.roles[:gone]
            self.offset += gone
        # a finding and its twins have the same anchor, not only an equal one: nothing before this mark is corrected any more
        over = {id(finding.anchor) for finding in base.findings if finding.is_over(base.at)}
        if over:
            self.findings = [finding for finding in self.findings if id(finding.anchor) not in over]
            for mark in marks:
                mark.findings = [finding for finding in mark.findings if id(finding.anchor) not in over]

    def is_idle(self, horizon: int) -> bool:
        """Return whether nothing of this watch can matter any more to what happens after `horizon`."""
        if self.findings and not self.findings[-1].is_over(horizon):
            return False  # the ordinary case, seen without looking further
        newest = max([*self.times[-1:], *map(instant_of, self.aside)], default=NEVER)
        return newest < horizon - self.plan.reach and self.due() is None and all(f.is_over(horizon) for f in self.findings)

    # Findings ---------------------------------------------------------------------------------------------------------

    def fire(self, t: int, anchor: Event, members: list[Event], value: float | None = None) -> Finding | None:
        """Open a finding at `t`, or let the last one grow where `again: after …` says so. None outside the rule's validity."""
        plan = self.plan
        if not plan.since <= t < plan.until:
            return None
        last = self.last
        if plan.again_after is not None and last is not None and t - last.at <= plan.again_after:
            self.grow(last, t, members, value)
            return last
        finding = Finding(anchor, t, members, value)
        finding.lasts = plan.lasts
        if plan.again_after is not None:
            finding.lasts, finding.ended = True, t + plan.again_after
        if isinstance(self.findings, list):
            self.findings.append(finding)
        else:
            self.findings = [*self.findings, finding]
        self.last = finding
        if not self.silent:
            plan.teller.opened(self, finding)
        return finding

    def grow(self, finding: Finding, t: int, members: list[Event], value: float | None) -> None:
        """Add evidence to a finding that stands."""
        known = {identity(event) for event in finding.members[-64:]} if len(members) > 1 else set()
        new = [event for event in members if identity(event) not in known] if known else members
        finding.members.extend(new)
        finding.last = t
        if value is not None and (finding.value is None or value > finding.value):
            finding.value = value
        if not self.silent:
            self.plan.teller.grown(self, finding, new)

    def close(self, finding: Finding, at: int) -> None:
        """End a finding: `at` is the last instant at which it held."""
        finding.ended = at
        if not self.silent:
            self.plan.teller.ended(self, finding)
