"""`not_preceded_by` and `preceded_by`: what must, or must not, have come before an anchor."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from engine.events import instant_of
from engine.watching.watch import ANCHOR, NEVER, Watch

if TYPE_CHECKING:
    from engine.events import Event
    from engine.watching.watch import State, Swap


class PrecededWatch(Watch):
    """Fires at each anchor that was, or was not, preceded by a match in [t - W, t - ahead], once that is settled."""

    __slots__ = ("newest", "waiting")

    def reset(self) -> None:
        #: the newest match so far
        self.newest: tuple[int, Event | None] = (NEVER, None)
        #: undecided anchors: (time, anchor, the match before it)
        self.waiting: list[tuple[int, Event, Event | None]] = []

    def take(self, t: int, event: Event, role: int = 1) -> None:
        times = self.times
        here = len(times)
        is_last = t > self.settled and not (here and t <= times[-1])
        if role & ANCHOR or self.waiting or not is_last or (t > self.mark_at and self.offset + here >= self.mark_from):
            super().take(t, event, role)
            return
        # a match while nothing waits for one: most facts are that
        times.append(t)
        self.facts.append(event)
        self.roles.append(role)
        self.newest = (t, event)
        if self.plan.dirty is not None:
            self.plan.dirty.add(self)

    def step(self, position: int, t: int, event: Event, role: int) -> None:
        if role & ~ANCHOR and self.waiting and not self.plan.ahead:
            self.match(t, event, role)
        if role & ANCHOR:
            self.waiting.append((t, event, self.before(position, t, event)))
        if role & ~ANCHOR:
            self.newest = (t, event)

    def match(self, t: int, event: Event, role: int) -> None:
        """Give a match to the anchors of the same instant that have none yet."""
        for place, (at, anchor, before) in enumerate(self.waiting):
            if before is None and at == t and (not self.plan.is_paired or self.plan.fits(role, anchor, event)):
                self.waiting[place] = (at, anchor, event)

    def before(self, position: int, t: int, anchor: Event) -> Event | None:
        """Return the newest match before an anchor: the newest of all, unless it must be earlier or agree with the anchor."""
        plan = self.plan
        first = min([plan.first_instant(t), *(before.plan.first_instant(t) for before in plan.past)])
        if not plan.ahead and not plan.is_paired:
            at, before = self.newest
            return before if at >= first else None
        place = bisect_right(self.times, t - plan.ahead, 0, position - self.offset) - 1
        while place >= 0 and self.times[place] >= first:
            role = self.roles[place]
            if role & ~ANCHOR and (not plan.is_paired or plan.fits(role, anchor, self.facts[place])):
                return self.facts[place]
            place -= 1
        return None

    def wake(self) -> int | None:
        return self.waiting[0][0] if self.waiting else None

    def advance(self, settled: int) -> None:
        self.settled = max(self.settled, settled)
        while self.waiting and self.waiting[0][0] <= settled:
            t, anchor, before = self.waiting.pop(0)
            first = self.plan.decided_by(t).first_instant(t)
            if before is not None and self.plan.past and instant_of(before) < first:
                before = None  # near enough before the rule was edited, and no longer
            if self.plan.negated and before is None and first >= self.plan.known_from:
                self.fire(t, anchor, [anchor])
            elif not self.plan.negated and before is not None:
                self.fire(t, anchor, [before, anchor])

    def save(self, swap: Swap) -> State:
        return (self.newest, tuple(self.waiting))

    def load(self, state: State, swap: Swap) -> None:
        self.newest, waiting = state
        self.waiting = [(t, anchor, before) for t, anchor, before in waiting]
