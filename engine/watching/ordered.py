"""A world that is one among several, each of which judges a part of one history: it knows where each change stands among all of them.

One world tells, event by event, first what became due before the event arrived, in the order of the deadlines and, among equal ones,
of when they were armed; then what the event itself brings about, rule by rule; then what follows from that. `Ordered` notes this for
each change as bytes that compare in the same way, so that what several worlds tell, sorted by these, is what one world tells.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from engine.watching.progress import FOREVER
from engine.watching.world import ASLEEP, Watching

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.events import Gate
    from engine.language import Rulebook
    from engine.places import Places
    from engine.watching.division import History, Portion
    from engine.watching.finding import Change
    from engine.watching.watch import Watch

#: The longest order that is told. Where two of this length are equal, nobody knows which is first.
LONGEST = 256
#: What stands behind the place of an event: deadlines first (0, 2, …) and what follows from them (1, 3, …), then the event itself.
ADMITTED, FOLLOWED = b"\xfe", b"\xff"
#: Events between two looks at the world from outside.
STRETCH = 250


def ranks_of(rulebook: Rulebook) -> dict[str, bytes]:
    """Return where each rule stands among all: the order in which they are told of an event."""
    awake = {name: rule for name, rule in rulebook.rules.items() if rule.status not in ASLEEP}

    def depth(name: str) -> int:
        return max((1 + depth(host) for host in awake[name].covered_by if host in awake), default=0)

    return {name: number.to_bytes(3, "big") for number, name in enumerate(sorted(awake, key=depth))}


class Ordered(Watching):
    """Some rules on some events of a history. `order` tells for each of `changes` where it stands."""

    def __init__(self, rulebook: Rulebook, gate: Gate, history: History, ranks: Mapping[str, bytes], places: Places | None) -> None:
        super().__init__(rulebook, gate, places=places, history_from=history.instants[0])
        self.progress.began = history.arrivals[0]
        self.history = history
        self.ranks = ranks
        self.order: list[bytes] = []
        #: whether no source is declared, and nothing joins these rules to others
        self.is_plain = False
        self._place = 0
        #: what the present deadline, or what follows from it, has in front of it; empty while an event is taken in
        self._step = b""
        self.timers.order_of = self._armed

    def _armed(self, watch: Watch) -> bytes:
        """Return the order of something that is armed now."""
        return self._step or self._place.to_bytes(5, "big") + ADMITTED + self.ranks[watch.plan.rule.name]

    # Time -------------------------------------------------------------------------------------------------------------

    def _decide(self, before: int) -> None:
        at, phase = self._place.to_bytes(5, "big"), 0
        while True:
            self._step = front = at + bytes([phase])
            for watch, settled in self.timers.due(before):
                due, armed = self.timers.present
                self._step = (front + (due + FOREVER).to_bytes(8, "big") + armed)[:LONGEST]
                watch.settle(settled)
                watch.plan.touch(watch)
                self._note(self._step)
            if not self.sequel.is_due:
                self._step = b""
                return
            self._step = at + bytes([phase + 1])
            self.sequel.follow()
            self._note(self._step)
            phase = min(phase + 2, 250)

    def _decide_plain(self, before: int) -> None:
        """Do what `_decide` does where no source is declared and nothing follows."""
        timers, changes, order = self.timers, self.changes, self.order
        front, told = self._place.to_bytes(5, "big") + b"\0", len(order)
        while (watch := timers.take(before)) is not None:
            due, armed = timers.present
            self._step = (front + (due + FOREVER).to_bytes(8, "big") + armed)[:LONGEST]
            watch.settle(before - 1 - watch.plan.settle)
            watch.plan.touch(watch)
            if len(changes) > told:
                order += [self._step] * (len(changes) - told)
                told = len(order)
        self._step = b""

    def _note(self, order: bytes) -> None:
        """Note the order of what was told since the last time."""
        if len(self.changes) > len(self.order):
            self.order += [order] * (len(self.changes) - len(self.order))

    def follow(self) -> None:
        self._note_admitted()
        self._step = self._place.to_bytes(5, "big") + FOLLOWED
        super().follow()
        self._note(self._step)
        self._step = b""

    def _note_admitted(self) -> None:
        """Note the order of what an event brought about: rule by rule, as far as they come in that order."""
        front, highest = self._place.to_bytes(5, "big") + ADMITTED, b""
        for change in self.changes[len(self.order) :]:
            highest = max(highest, self.ranks[change.rule])
            self.order.append(front + highest)

    def _catch_up(self, place: int) -> None:
        """Decide what became due when other events arrived, up to the one at `place`."""
        arrivals, timers, progress = self.history.arrivals, self.timers, self.progress
        decide = self._decide_plain if self.is_plain else self._decide
        low = self._place
        while timers.held or timers.next_due < FOREVER:
            due = progress.now if timers.held else max(timers.next_due, progress.now)
            low = bisect_right(arrivals, due, low, place)
            if low >= place:
                return
            self._place = low
            progress.now = arrivals[low]
            decide(progress.now)

    def take_ordered(self) -> tuple[list[Change], list[bytes]]:
        """Return the changes since the last call, and where each of them stands among those of all worlds."""
        order, self.order = self.order, []
        return self.take_changes(), order

    # Events -----------------------------------------------------------------------------------------------------------

    def judge(self, portion: Portion) -> Iterator[int]:
        """Judge a part of the history; say now and then how many of its events are judged."""
        places, self.is_plain = portion.places, portion.is_plain
        run = self._run_plain if portion.is_plain else self._run
        for start in range(0, len(places), STRETCH):
            run(places[start : start + STRETCH])
            yield min(start + STRETCH, len(places))
        self._catch_up(len(self.history.events))
        self._place = len(self.history.events)
        self.tick(self.history.end)
        yield len(places)

    def _run(self, places: list[int]) -> None:
        """Judge events by the way that every event goes."""
        events, instants, arrivals = self.history.events, self.history.instants, self.history.arrivals
        for place in places:
            if self.timers.next_due < arrivals[place] or self.timers.held:
                self._catch_up(place)
            self._place = place
            self.receive(events[place], arrivals[place], instants[place])
            if len(self.changes) > len(self.order):
                self._note_admitted()

    def _run_plain(self, places: list[int]) -> None:
        """Judge events of which each is a fact of its own, none of them too old, for rules that nothing joins to others."""
        events, instants, arrivals = self.history.events, self.history.instants, self.history.arrivals
        admit = {struct: kind.admit for struct, kind in self.kinds.items()}
        changes, order, timers, progress = self.changes, self.order, self.timers, self.progress
        for place in places:
            now = arrivals[place]
            if timers.next_due < now:
                self._catch_up(place)
            self._place = place
            if now > progress.now:
                progress.now = now
                if timers.next_due < now:
                    self._decide_plain(now)
            event = events[place]
            admit[event.__class__](event, instants[place])
            if len(changes) > len(order):
                self._note_admitted()
