"""When to look again: deadlines of all watches, in the order in which they become settled."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from engine.watching.progress import FOREVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.watching.progress import Progress, Source
    from engine.watching.watch import Watch


class Timers:
    """Deadlines as absolute event times, never as time left: a restart changes nothing.

    An entry becomes due when `now` has passed its event time by the rule's allowed delay. Where a declared source is behind by then,
    the entry is `held` for that source, earliest event time first, until the source has caught up or is waited for no longer.
    """

    __slots__ = ("_heap", "_number", "held", "next_due", "progress")

    def __init__(self, progress: Progress) -> None:
        self._heap: list[tuple[int, int, int, Watch]] = []
        self._number = 0
        self.held: dict[Source, list[tuple[int, int, Watch]]] = {}
        #: the earliest `now` at which something may be due
        self.next_due = FOREVER
        self.progress = progress

    def arm(self, watch: Watch, wake: int) -> None:
        """Wake `watch` once event time has settled up to `wake`."""
        watch.armed = wake
        self._push(wake, watch)

    def _push(self, wake: int, watch: Watch) -> None:
        self._number += 1
        due = wake + watch.plan.settle
        heappush(self._heap, (due, self._number, wake, watch))
        self.next_due = min(self.next_due, due)

    def due(self, before: int) -> Iterator[tuple[Watch, int]]:
        """Yield each watch that is due at a `now` before `before`, with the event time up to which it may decide."""
        if self.held:
            self._release(before - 1)
        while self._heap and self._heap[0][0] < before:
            _, number, wake, watch = heappop(self._heap)
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
        self.next_due = self._heap[0][0] if self._heap else FOREVER

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

    def clear(self) -> None:
        """Forget every deadline."""
        self._heap.clear()
        self.held.clear()
        self.next_due = FOREVER

    def __len__(self) -> int:
        return len(self._heap) + sum(map(len, self.held.values()))
