"""`count: at least N` in a window: the operator that most rules are."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from engine.watching.watch import NEVER, Watch

if TYPE_CHECKING:
    from engine.events import Event
    from engine.watching.finding import Finding
    from engine.watching.watch import State, Swap


class CountWatch(Watch):
    """Counts the facts of the last `width`, both ends included; a finding stands while there are N of them.

    It costs the same however many facts the window holds: `low` only moves forward. An episode ends when the count falls below
    N, that is just after the N-th newest fact has become older than the window.
    """

    __slots__ = ("low", "open")

    def reset(self) -> None:
        self.low = 0
        self.open: Finding | None = None

    def take(self, t: int, event: Event, role: int = 1) -> None:
        times = self.times
        here = len(times)
        if t <= self.settled or (here and t <= times[-1]) or (t > self.mark_at and self.offset + here >= self.mark_from) or self.eras:
            super().take(t, event, role)
            return
        times.append(t)
        self.facts.append(event)
        # `step`, written out: this is the one path that every event of every count rule takes
        plan = self.plan
        offset = self.offset
        low = self.low - offset
        edge = t - plan.width
        while times[low] < edge:
            low += 1
        self.low = low + offset
        count = here + 1 - low
        if count >= plan.least or self.open is not None:
            self.judge(here, low, count, t, event)
        if plan.dirty is not None:
            plan.dirty.add(self)

    def step(self, position: int, t: int, event: Event, role: int) -> None:
        plan = self.by(t) if self.eras else self.plan
        here = position - self.offset
        low = max(self.low - self.offset, bisect_left(self.times, t - plan.width, 0, here))
        self.low = low + self.offset
        count = here - low + 1
        if count >= plan.least or self.open is not None:
            self.judge(here, low, count, t, event)

    def judge(self, here: int, low: int, count: int, t: int, event: Event) -> None:
        """Open, continue or end the episode now that the window of `t` holds `count` facts."""
        plan = self.by(t) if self.eras else self.plan
        least = plan.least
        standing = self.open
        if standing is not None and self.eras:
            standing = self.judge_edited(here, count, t, standing)
        elif standing is not None and count <= least:
            # without the newest fact there were too few: between two facts the count had fallen below N
            self.open = None
            self.close(standing, self.times[here - least] + plan.width)
            standing = None
        if count < least:
            return
        if standing is None:
            self.begin(here, low, count, t, event)
        else:
            standing.members.append(event)
            standing.last = t
            if count > (standing.value or 0):
                standing.value = count
            if not self.silent:
                self.plan.teller.grown(self, standing, [event])

    def judge_edited(self, here: int, count: int, t: int, standing: Finding) -> Finding | None:
        """End an episode as it was judged up to now, or because by the edited rule there are too few; return it where it goes on."""
        before = self.by(self.times[here - 1])
        ended = self.times[here - before.least] + before.width
        if ended >= t:
            if count >= self.by(t).least:
                return standing
            ended = max(standing.last, t - 1)
        self.open = None
        self.close(standing, ended)
        return None

    def begin(self, here: int, low: int, count: int, t: int, event: Event) -> None:
        """Open a finding on the facts of the window, as `again` says."""
        plan = self.plan
        finding = self.fire(t, event, self.facts[low : here + 1], count)
        if plan.afresh and finding is not None:
            self.low = here + 1 + self.offset
        elif plan.lasts:
            self.open = finding
            if finding is not None and self.armed is None and not self.silent:  # a fold that is taken up again is armed at its end
                plan.arm(self)

    def wake(self) -> int | None:
        if self.open is None:
            return None
        plan = self.by(self.times[-1]) if self.eras else self.plan
        after: int = self.times[-plan.least] + plan.width + 1
        return after

    def advance(self, settled: int) -> None:
        due = self.wake()
        if due is not None and due <= settled and self.open is not None:
            self.settled = max(self.settled, settled)
            standing, self.open = self.open, None
            self.close(standing, due - 1)

    def needed(self) -> int:
        return self.low

    def save(self, swap: Swap) -> State:
        return (self.low, swap(self.open))

    def load(self, state: State, swap: Swap) -> None:
        self.low, standing = state
        self.open = swap(standing)


class WindowWatch(Watch):
    """Counts different values, sums or averages over a window, or counts where the numbers change with time or by the year.

    The window keeps one running picture (`plan.picture`), to which facts are added and from which they are taken as time
    passes, so that no window is ever read twice.
    """

    __slots__ = ("low", "open", "picture", "since")

    def reset(self) -> None:
        self.low = 0
        self.since = NEVER
        self.open: Finding | None = None
        self.picture = self.plan.picture()

    def take(self, t: int, event: Event, role: int = 1) -> None:
        times, plan = self.times, self.plan
        here = len(times)
        position = self.offset + here
        is_plain = plan.is_steady and t > self.settled and (t <= self.mark_at or position < self.mark_from) and not self.eras
        if not is_plain or (here and t <= times[-1]):
            super().take(t, event, role)
            return
        times.append(t)
        self.facts.append(event)
        # `step`, written out, as for `CountWatch`: the bound and the window are always the same
        first = plan.bounds[0].first_instant(t)
        if times[self.low - self.offset] < first:
            self.leave(first, position)
        self.since = first
        self.picture.add(event)
        if self.picture.holds(plan.least):
            self.reach(position, t, event)
        elif self.open is not None:
            self.end(t)
        if plan.dirty is not None:
            plan.dirty.add(self)
        # what is armed already is due no later: windows only move forward
        if self.open is not None and self.armed is None:
            plan.arm(self)

    def step(self, position: int, t: int, event: Event, role: int) -> None:
        plan = self.plan
        judge = self.by(t) if self.eras else plan
        if self.eras and position > self.offset:
            self.leave(self.by(self.times[position - self.offset - 1]).first_instant(t), position)
            if self.open is not None:
                self.leave(judge.first_instant(t), position, max(self.open.last, t - 1))
        self.leave(judge.first_instant(t), position)
        was = self.open
        self.picture.add(event)
        is_whole = not plan.is_disprovable or judge.first_instant(t) >= plan.known_from
        holds = is_whole and self.picture.holds(judge.least_at(t))
        if was is not None and not holds:
            self.end(t)
        if holds:
            self.reach(position, t, event)

    def reach(self, position: int, t: int, event: Event) -> None:
        """The bound is reached at a fact: let the episode grow, or open one on the facts of the window."""
        plan, value = self.plan, self.picture.value
        if self.open is not None:
            self.grow(self.open, t, [event], value)
            return
        here, low = position - self.offset, self.low - self.offset
        finding = self.fire(t, event, self.facts[low : here + 1], value)
        if plan.afresh and finding is not None:
            self.low = position + 1
            self.picture = plan.picture()
        elif plan.lasts:
            self.open = finding

    def leave(self, first: int, until: int, at: int | None = None) -> None:
        """Take the facts before `first` out of the picture; the one that takes the value below the bound ends the episode.

        It ends `at` that time where an edit, and not the passing of time, takes them out.
        """
        if first < self.since:
            self.look_back(first, until)
        self.since = first
        while self.low < until and self.times[self.low - self.offset] < first:
            place = self.low - self.offset
            self.picture.remove(self.facts[place])
            self.low += 1
            if self.open is None:
                continue
            judge = self.by(self.open.last)
            if not self.picture.holds(judge.least_at(self.open.last)):
                self.end(judge.last_instant(self.times[place]) if at is None else at)

    def look_back(self, first: int, until: int) -> None:
        """Begin the picture anew at `first`: a dated window has become longer than it was."""
        self.picture = self.plan.picture()
        self.low = self.offset + bisect_left(self.times, first)
        for place in range(self.low - self.offset, until - self.offset):
            self.picture.add(self.facts[place])

    def end(self, at: int) -> None:
        """End the standing episode; `at` is the last instant at which it held."""
        if self.open is not None:
            standing, self.open = self.open, None
            self.close(standing, at)

    def wake(self) -> int | None:
        if self.open is None:
            return None
        after: int = self.by(self.open.last).last_instant(self.times[self.low - self.offset]) + 1
        return after

    def advance(self, settled: int) -> None:
        while (due := self.wake()) is not None and due <= settled:
            self.settled = max(self.settled, settled)
            # at the end of a year all of its facts leave at once
            first = self.plan.first_instant(due) if self.plan.is_steady else self.times[self.low - self.offset] + 1
            self.leave(first, self.offset + len(self.times))

    def needed(self) -> int:
        return self.low

    def save(self, swap: Swap) -> State:
        return (self.low, self.since, swap(self.open), self.picture.save())

    def load(self, state: State, swap: Swap) -> None:
        self.low, self.since, standing, picture = state
        self.open = swap(standing)
        self.picture = self.plan.picture()
        self.picture.load(picture)
