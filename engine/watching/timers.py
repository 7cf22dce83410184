"""When to look again: deadlines of all watches, in the order in which they become settled."""

from __future__ import annotations

from heapq import heappop, heappush
from operator import itemgetter
from typing import TYPE_CHECKING

from engine.watching.progress import FOREVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.watching.progress import Progress, Source
    from engine.watching.watch import Watch

    Entry = tuple[int, int, int, Watch]


#: Entries in the order in which they are due; those due at once in the order in which they were armed.
DUE = itemgetter(0, 1)
#: Deadlines of one stretch of time are put into order together, when it comes: 2^31 microseconds are 36 minutes.
STRETCH = 31


class Timers:
    """Deadlines as absolute event times, never as time left: a restart changes nothing.

    An entry becomes due when `now` has passed its event time by the rule's allowed delay. Where a declared source is behind by then,
    the entry is `held` for that source, earliest event time first, until the source has caught up or is waited for no longer.

    What is due later than the present stretch of time lies there in no order: to keep a hundred thousand deadlines in order costs
    a walk through memory for each of them, and most are armed long before they are due.
    """

    __slots__ = ("_far", "_near", "_number", "_orders", "_reached", "_stretches", "held", "next_due", "order_of", "present", "progress")

    def __init__(self, progress: Progress) -> None:
        self._number = 0
        #: a heap of what is due in the stretches of time that were reached: (due, number, wake, watch)
        self._near: list[Entry] = []
        #: what is due in each later stretch, and a heap of these stretches
        self._far: dict[int, list[Entry]] = {}
        self._stretches: list[int] = []
        self._reached = -FOREVER
        self.held: dict[Source, list[tuple[int, int, Watch]]] = {}
        #: no later than the earliest `now` at which something is due
        self.next_due = FOREVER
        self.progress = progress
        #: for a world that is one among several: what tells when a deadline was armed; `present` is that of the one that is due now,
        #: and the `now` at which it became due
        self.order_of: Callable[[Watch], bytes] | None = None
        self.present: tuple[int, bytes] = (0, b"")
        self._orders: dict[int, bytes] = {}

    def arm(self, watch: Watch, wake: int) -> None:
        """Wake `watch` once event time has settled up to `wake`."""
        watch.armed = wake
        self._push(wake, watch)

    def _push(self, wake: int, watch: Watch) -> None:
        self._number += 1
        if self.order_of is not None:
            self._orders[self._number] = self.order_of(watch)
        due = wake + watch.plan.settle
        stretch = due >> STRETCH
        entry = (due, self._number, wake, watch)
        if stretch <= self._reached:
            heappush(self._near, entry)
        elif stretch in self._far:
            self._far[stretch].append(entry)
        else:
            self._far[stretch] = [entry]
            heappush(self._stretches, stretch)
        self.next_due = min(self.next_due, due)

    def _reach(self, before: int) -> None:
        """Take up the first later stretch if nothing is left of the earlier ones and it begins before `before`."""
        while not self._near and self._stretches and self._stretches[0] << STRETCH < before:
            self._reached = heappop(self._stretches)
            self._near = sorted(self._far.pop(self._reached), key=DUE)  # what is sorted is a heap

    def due(self, before: int) -> Iterator[tuple[Watch, int]]:
        """Yield each watch that is due at a `now` before `before`, with the event time up to which it may decide."""
        if self.held:
            self._release(before - 1)
        self._reach(before)
        while self._near and self._near[0][0] < before:
            due, number, wake, watch = heappop(self._near)
            if self.order_of is not None:
                self.present = due, self._orders.pop(number)
            if not self._near:
                self._reach(before)
            if watch.armed != wake:
                continue
            settled = before - 1 - watch.plan.settle
            if self.progress.declared:
                settled, slowest = self.progress.slowest(watch.plan, before - 1)
                if settled < wake and slowest is not None:
                    heappush(self.held.setdefault(slowest, []), (wake, number, watch))
                    continue
            watch.armed = None
            yield watch, settled
        self.next_due = self._earliest()

    def take(self, before: int) -> Watch | None:
        """Return the next watch that is due at a `now` before `before`, None where there is none: `due` where no source is declared."""
        near = self._near
        while True:
            if not near:
                self._reach(before)
                near = self._near
            if not near or near[0][0] >= before:
                self.next_due = near[0][0] if near else self._earliest()
                return None
            due, number, wake, watch = heappop(near)
            self.present = due, self._orders.pop(number)
            if watch.armed == wake:
                watch.armed = None
                return watch

    def _earliest(self) -> int:
        """Return when the first entry is due."""
        if self._near:
            return self._near[0][0]
        return min(self._far[self._stretches[0]])[0] if self._stretches else FOREVER

    def _release(self, now: int) -> None:
        """Take up again what waited for sources that have caught up meanwhile."""
        for source in list(self.held):
            waiting, limit = self.held[source], self.progress.limit(source, now)
            while waiting and waiting[0][0] <= limit:
                wake, _, watch = heappop(waiting)
                if watch.armed == wake:
                    self._push(wake, watch)
            if not waiting:
                del self.held[source]

    def longest_held(self) -> dict[Source, int]:
        """Return, for each source that deadlines wait for, since when the first of them would have been decided without it."""
        found = {}
        for source, waiting in self.held.items():
            while waiting and waiting[0][2].armed != waiting[0][0]:
                heappop(waiting)
            if waiting:
                found[source] = waiting[0][0] + waiting[0][2].plan.settle
        return found

    def clear(self) -> None:
        """Forget every deadline."""
        self._near.clear()
        self._far.clear()
        self._stretches.clear()
        self.held.clear()
        self._orders.clear()
        self.next_due = FOREVER

    def __len__(self) -> int:
        return len(self._near) + sum(map(len, self._far.values())) + sum(map(len, self.held.values()))
