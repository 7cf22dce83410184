"""Counts that leave some events out, have several bounds, or look at one moment.

An anchor first waits until it is known to have lasted long enough, then may be left out because it follows too closely on the last
one counted; what is left is counted in windows, each with its own bound. At one moment there is no window: what has begun counts
until it ends.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.events import instant_of
from engine.watching.watch import NEVER, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.events import Event
    from engine.watching.bound import Bound
    from engine.watching.finding import Finding
    from engine.watching.picture import Amount
    from engine.watching.plan import Plan
    from engine.watching.watch import State, Swap

ANCHOR = 1
DUE = attrgetter("due")
FOREVER = 1 << 62
#: How many events that were left out a watch remembers for its explanations.
LEFT_OUT = 32


class Pending(NamedTuple):
    """An anchor of which it is not known yet whether it lasts until `due`."""

    due: int
    at: int
    event: Event


class Window:
    """What is counted against one bound: the facts, of which those from `low` on are in the window, and a running picture of them.

    `holds` says whether the bound is reached, `held` the last instant at which it was, once it is not.
    """

    def __init__(self, bound: Bound, picture: Amount) -> None:
        self.bound = bound
        self.picture = picture
        self.times: list[int] = []
        self.facts: list[Event] = []
        self.low = 0
        self.since = NEVER
        self.holds = False
        self.held = NEVER

    def add(self, t: int, event: Event, *, known: bool) -> None:
        """Take a fact in; `known` where every fact of its window is."""
        self.times.append(t)
        self.facts.append(event)
        self.picture.add(event)
        held, self.holds = self.holds, known and self.picture.holds(self.bound.least_at(t))
        if held and not self.holds:
            self.held = t

    def leave(self, first: int, plan: Plan) -> None:
        """Let go of the facts before `first`, and note when the bound is no longer reached."""
        if first < self.since:
            self.look_back(first, plan)
        self.since = first
        while self.low < len(self.times) and self.times[self.low] < first:
            t = self.times[self.low]
            self.picture.remove(self.facts[self.low])
            self.low += 1
            if self.holds and not self.picture.holds(self.bound.least_at(self.times[-1])):
                self.holds, self.held = False, self.bound.last_instant(t)
        # where the window may become longer, what it has let go of may come back
        gone = bisect_left(self.times, first - self.bound.reach) if self.bound.is_dated else self.low
        if gone > LEFT_OUT:
            del self.times[:gone], self.facts[:gone]
            self.low -= gone

    def look_back(self, first: int, plan: Plan) -> None:
        """Begin the picture anew at `first`: a dated window has become longer than it was."""
        self.picture = plan.picture()
        self.low = bisect_left(self.times, first)
        for event in self.facts[self.low :]:
            self.picture.add(event)

    def remove(self, t: int, place: int) -> None:
        """Let go of the fact at `place`, which ended at `t`."""
        self.picture.remove(self.facts[place])
        newest = self.times[-1]
        del self.times[place], self.facts[place]
        if self.holds and not self.picture.holds(self.bound.least_at(newest)):
            self.holds, self.held = False, t

    def next_leave(self) -> int:
        """Return the last instant at which the window is as it is now, if nothing comes."""
        return self.bound.last_instant(self.times[self.low]) if self.low < len(self.times) else FOREVER

    def save(self) -> State:
        """Return all of it as plain values and events."""
        return (tuple(self.times), tuple(self.facts), self.low, self.since, self.holds, self.held, self.picture.save())

    def load(self, state: Any) -> None:
        """Take back what `save` returned."""
        times, facts, self.low, self.since, self.holds, self.held, picture = state
        self.times, self.facts = list(times), list(facts)
        self.picture.load(picture)


class TallyWatch(Watch):
    """Counts what lasts long enough and is far enough apart; a finding stands while one of the bounds is reached."""

    __slots__ = ("_living", "counted_at", "left_out", "open", "pending", "windows")

    def reset(self) -> None:
        plan = self.plan
        #: anchors that may still turn out to be too short, earliest first
        self.pending: list[Pending] = []
        #: when the last anchor that counts was
        self.counted_at = NEVER
        #: anchors that do not count, each with the setting that left it out
        self.left_out: list[tuple[int, Event, str]] = []
        self.open: Finding | None = None
        self.windows = [Window(bound, plan.picture()) for bound in plan.bounds]
        self._living: dict[Any, list[Event]] | None = None

    def step(self, position: int, t: int, event: Event, role: int) -> None:
        self.admit(t - 1)
        if role & ~ANCHOR:
            self.end(t, event, role)
        if role & ANCHOR:
            if self.plan.steps and self.ended_now(position, t, event):
                self.leave_out(t, event, "lasting")
            elif self.plan.lasting or self.plan.is_moment:
                self.pending.append(Pending(t + self.plan.lasting, t, event))
                if self._living is not None and self.plan.pairs_by is not None:
                    self._living[self.plan.pairs_by(event)].append(event)
            else:
                self.count(t, t, event)

    def ended_now(self, position: int, t: int, anchor: Event) -> bool:
        """Return whether another event of the same instant, which stands before the anchor, ends it."""
        place = position - self.offset - 1
        while place >= 0 and self.times[place] == t:
            if self.roles[place] & ~ANCHOR and self.ends(self.roles[place], anchor, self.facts[place]):
                return True
            place -= 1
        return False

    def ends(self, role: int, anchor: Event, event: Event) -> bool:
        """Return whether an event ends an anchor."""
        return not self.plan.is_paired or self.plan.fits(role, anchor, event)

    def end(self, t: int, event: Event, role: int) -> None:
        """An event has come that ends anchors: those that have not lasted, and at one moment those that count."""
        if self.plan.is_moment:
            self.end_these(t, self.ended_by(event, role))
            return
        still, is_ended = [], self.what_ends(event, role)
        for one in self.pending:
            if is_ended(one.event) and t < one.due:
                self.leave_out(one.at, one.event, "lasting")
            else:
                still.append(one)
        self.pending = still

    def what_ends(self, event: Event, role: int) -> Callable[[Event], bool]:
        """Return what says of an anchor whether an event ends it."""
        return self.plan.matched_by(role, event) if self.plan.is_paired else always

    def ended_by(self, event: Event, role: int) -> Sequence[Event]:
        """Return the anchors that wait or count at this moment and are ended by an event, those that began first in front."""
        if self.plan.pairs_by is None:
            return list(filter(self.what_ends(event, role), self.begun()))
        told = self.plan.pairs_by(event)
        return self.living(self.plan.pairs_by).pop(told, ()) if told is not None else ()

    def begun(self) -> list[Event]:
        """Return the anchors that wait or count at this moment."""
        return [*self.windows[0].facts, *(one.event for one in self.pending)]

    def living(self, pairs_by: Callable[[Event], Any]) -> dict[Any, list[Event]]:
        """Return the anchors that have begun by what an event that ends them says too, so that it finds its own among thousands.

        It is made anew after the fold was taken up again.
        """
        if self._living is None:
            self._living = defaultdict(list)
            for event in self.begun():
                self._living[pairs_by(event)].append(event)
        return self._living

    def end_these(self, t: int, anchors: Sequence[Event]) -> None:
        """End, at one moment, anchors that wait or count."""
        (window,), pending, lasting = self.windows, self.pending, self.plan.lasting
        for anchor in anchors:
            for place in due_at(instant_of(anchor) + lasting, pending, DUE):
                if pending[place].event is anchor:
                    self.leave_out(pending.pop(place).at, anchor, "lasting")
                    break
        for anchor in reversed(anchors):
            for place in due_at(instant_of(anchor) + lasting, window.times):
                if window.facts[place] is anchor:
                    window.remove(t, place)
                    break
        self.conclude()

    def leave_out(self, t: int, event: Event, why: str) -> None:
        """Note an anchor that does not count."""
        if self.plan.lasting or why != "lasting":
            first = t - self.plan.reach
            self.left_out = [one for one in self.left_out[1 - LEFT_OUT :] if one[0] >= first] + [(t, event, why)]

    def admit(self, until: int) -> None:
        """Count the anchors that have lasted long enough by `until`."""
        while self.pending and self.pending[0].due <= until:
            one = self.pending.pop(0)
            self.count(one.due if self.plan.is_moment else one.at, one.at, one.event)

    def count(self, t: int, at: int, event: Event) -> None:
        """Count an anchor of time `at`, unless it is too close to the last one counted; `t` is from when on it counts."""
        plan = self.plan
        if plan.apart and at - self.counted_at < plan.apart:
            self.leave_out(at, event, "apart")
            return
        self.counted_at = at
        for window in self.windows:
            if not plan.is_moment:
                window.leave(window.bound.first_instant(t), plan)
        self.conclude()
        for window in self.windows:
            window.add(t, event, known=not plan.is_disprovable or window.bound.first_instant(t) >= plan.known_from)
        self.conclude()
        holding = [window for window in self.windows if window.holds]
        if holding:
            self.report(t, event, max(holding, key=lambda window: window.picture.value))

    def report(self, t: int, event: Event, window: Window) -> None:
        """Let the open finding grow, or open one on the facts of the window."""
        plan, value = self.plan, window.picture.value
        if self.open is not None:
            self.grow(self.open, t, [event], value)
            return
        finding = self.fire(t, event, window.facts[window.low :], value)
        if plan.afresh and finding is not None:
            self.windows = [Window(bound, plan.picture()) for bound in plan.bounds]
        elif plan.lasts:
            self.open = finding

    def conclude(self) -> None:
        """End the open finding where none of the bounds is reached any more."""
        if self.open is not None and not any(window.holds for window in self.windows):
            standing, self.open = self.open, None
            self.close(standing, max(window.held for window in self.windows))

    def passed(self) -> list[tuple[int, Event, str | None]]:
        return [*super().passed(), *self.left_out]

    # Time -------------------------------------------------------------------------------------------------------------

    def next_leave(self) -> int:
        """Return the last instant at which the windows are as they are now, FOREVER where that does not matter."""
        if self.open is None or self.plan.is_moment:
            return FOREVER
        return min(window.next_leave() for window in self.windows if window.holds)

    def wake(self) -> int | None:
        leaves, waits = self.next_leave() + 1, self.pending[0].due if self.pending else FOREVER
        if self.pending and leaves > self.pending[0].at:
            leaves = FOREVER  # what has begun before may still count
        due = min(leaves, waits)
        return due if due < FOREVER else None

    def advance(self, settled: int) -> None:
        self.settled = max(self.settled, settled)
        self.admit(settled)
        until = min(settled, self.pending[0].at - 1) if self.pending else settled
        while (leaves := self.next_leave() + 1) <= until:
            for window in self.windows:
                if window.next_leave() + 1 <= leaves:
                    window.leave(window.times[window.low] + 1, self.plan)
            self.conclude()

    def is_idle(self, horizon: int) -> bool:
        begun = self.plan.is_moment and any(window.facts for window in self.windows)
        return not self.pending and not begun and super().is_idle(horizon)

    # State ------------------------------------------------------------------------------------------------------------

    def save(self, swap: Swap) -> State:
        windows = tuple(window.save() for window in self.windows)
        return (tuple(map(tuple, self.pending)), self.counted_at, tuple(self.left_out), swap(self.open), windows)

    def load(self, state: State, swap: Swap) -> None:
        pending, self.counted_at, left_out, standing, windows = state
        self.pending = [Pending(*one) for one in pending]
        self._living = None
        self.left_out = [(t, event, why) for t, event, why in left_out]
        self.open = swap(standing)
        self.windows = [Window(bound, self.plan.picture()) for bound in self.plan.bounds]
        for window, saved in zip(self.windows, windows, strict=True):
            window.load(saved)


def due_at(due: int, entries: Sequence[Any], key: Callable[[Any], int] | None = None) -> range:
    """Return the places of what is due at one instant, among entries in that order."""
    return range(bisect_left(entries, due, key=key), bisect_right(entries, due, key=key))


def always(_anchor: Event) -> bool:
    """Return True: an event that need not agree with anything ends every anchor."""
    return True
