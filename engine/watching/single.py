"""Operators that look at one anchor and the recent past of its key: single events, spikes, first times."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from engine.watching.watch import NEVER, Watch

if TYPE_CHECKING:
    from engine.events import Event
    from engine.watching.watch import State, Swap


class SingleWatch(Watch):
    """Fires at each anchor."""

    __slots__ = ()

    def step(self, position: int, t: int, event: Event, role: int) -> None:
        self.fire(t, event, [event])


class RateWatch(Watch):
    """Fires at an anchor when the last period holds K times as many facts as the period before it.

    The last period is [t - P, t], the usual one [t - 2P, t - P). Silent until two periods of history are known, and below the two
    floors.
    """

    __slots__ = ()

    def step(self, position: int, t: int, event: Event, role: int) -> None:
        plan = self.plan
        judge = self.by(t) if self.eras else plan
        if t - max(plan.history_from(), plan.known_from) < 2 * judge.width:
            return
        here = position - self.offset
        low = bisect_left(self.times, t - judge.width, 0, here + 1)
        lower = bisect_left(self.times, t - 2 * judge.width, 0, low)
        now, usual = here - low + 1, low - lower
        if usual >= plan.usual_at_least and now >= plan.now_at_least and now >= judge.least_at(t) * usual:
            self.fire(t, event, self.facts[low : here + 1], now)


class FirstTimeWatch(Watch):
    """Fires at an anchor whose key was not seen in the W before it, once W of history is known."""

    __slots__ = ("before",)

    def reset(self) -> None:
        self.before = NEVER

    def step(self, position: int, t: int, event: Event, role: int) -> None:
        width = self.by(t).width_at(t)
        seen = self.before >= t - width
        self.before = t
        if not seen and t - max(self.plan.history_from(), self.plan.known_from) >= width:
            self.fire(t, event, [event])

    def save(self, swap: Swap) -> State:
        return (self.before,)

    def load(self, state: State, swap: Swap) -> None:
        self.before = state[0]
