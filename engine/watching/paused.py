"""`not_followed_by` on a clock that stands still from one event to another: a suspended case is not late."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

from engine.watching.follow import NotFollowedWatch, Waiting
from engine.watching.watch import ANCHOR, NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.events import Event
    from engine.watching.watch import State, Swap

FOREVER = 1 << 62


class Clock:
    """When a clock stood still: `pauses` are spans, `since` is when it stopped and has not run again.

    Where it is stopped and let run in the same instant, it runs.
    """

    __slots__ = ("pauses", "ran_at", "since")

    def __init__(self) -> None:
        self.pauses: list[tuple[int, int]] = []
        self.since: int | None = None
        self.ran_at = NEVER

    def stop(self, t: int) -> None:
        """Stop, unless it stands already."""
        if self.since is None and t != self.ran_at:
            self.since = t

    def run(self, t: int) -> None:
        """Run again, if it stands."""
        self.ran_at = t
        if self.since is not None and t > self.since:
            self.pauses.append((self.since, t))
        self.since = None

    def spans(self, since: int) -> list[tuple[int, int]]:
        """Return the pauses that matter to something that began at `since`; one that lasts ends FOREVER."""
        spans = [pause for pause in self.pauses if pause[1] > since]
        return spans if self.since is None else [*spans, (self.since, FOREVER)]


def clock_of(roles: Iterable[tuple[int, int]], stops: int, runs: int) -> Clock:
    """Return a clock after events given as time and role, in their order."""
    clock = Clock()
    for t, role in roles:
        if role & stops:
            clock.stop(t)
        if role & runs:
            clock.run(t)
    return clock


class PausedWatch(NotFollowedWatch):
    """Fires once the clock has run for the time allowed and no match came; its deadlines move while it stands."""

    __slots__ = ("clock",)

    def reset(self) -> None:
        super().reset()
        self.clock = Clock()

    def step(self, position: int, t: int, event: Event, role: int) -> None:
        plan = self.plan
        if role & (plan.stops | plan.runs):
            self.turn(t, role)
        if role & plan.answers:
            self.match(t, event, role & plan.answers)
        if not role & ANCHOR or t < plan.known_from:
            return
        due = plan.paused_deadline(t, event, self.clock.spans(t))
        if due is not None and not self.matched_now(position, t, event):
            insort(self.waiting, Waiting(due, t, event))

    def turn(self, t: int, role: int) -> None:
        """Stop the clock or let it run, and move the deadlines that have not passed."""
        if role & self.plan.stops:
            self.clock.stop(t)
        if role & self.plan.runs:
            self.clock.run(t)
        for one in self.waiting:
            if one.due >= t:
                due = self.plan.paused_deadline(one.at, one.anchor, self.clock.spans(one.at))
                one.due = FOREVER if due is None else due
        self.waiting.sort()
        first = min((one.at for one in self.waiting), default=t)
        self.clock.pauses = [pause for pause in self.clock.pauses if pause[1] > first]

    def wake(self) -> int | None:
        due = super().wake()
        return None if due == FOREVER else due

    def is_idle(self, horizon: int) -> bool:
        return not self.waiting and super().is_idle(horizon)

    def save(self, swap: Swap) -> State:
        return (super().save(swap), tuple(self.clock.pauses), self.clock.since, self.clock.ran_at)

    def load(self, state: State, swap: Swap) -> None:
        waiting, pauses, self.clock.since, self.clock.ran_at = state
        super().load(waiting, swap)
        self.clock.pauses = [(first, last) for first, last in pauses]
