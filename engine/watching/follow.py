"""`not_followed_by` and `followed_by`: what must, or must not, come after an anchor."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

from engine.events import instant_of
from engine.watching.watch import ANCHOR, Watch

if TYPE_CHECKING:
    from engine.events import Event
    from engine.watching.finding import Finding
    from engine.watching.plan import Plan
    from engine.watching.watch import State, Swap


class Waiting:
    """An anchor whose deadline has not been decided. `met` is the first match after the deadline, if one came already."""

    __slots__ = ("anchor", "at", "due", "met")

    def __init__(self, due: int, at: int, anchor: Event, met: int | None = None) -> None:
        self.due = due
        self.at = at
        self.anchor = anchor
        self.met = met

    def __lt__(self, other: Waiting) -> bool:
        return (self.due, self.at) < (other.due, other.at)


def in_time(plan: Plan, t: int, at: int, anchor: Event) -> bool:
    """Return whether something at `t` is in time for an anchor by one version of a rule."""
    due = plan.deadline(at, anchor)
    return due is not None and t <= due


class NotFollowedWatch(Watch):
    """Fires at the deadline of each anchor that no match followed: `t + W`, or the time that the anchor itself names.

    A finding ends at the first match after it; deadlines that pass while it stands join it.
    """

    __slots__ = ("standing", "waiting")

    def reset(self) -> None:
        #: undecided anchors, earliest deadline first
        self.waiting: list[Waiting] = []
        #: the finding that opened last; it stands until `ended`
        self.standing: Finding | None = None

    def step(self, position: int, t: int, event: Event, role: int) -> None:
        if role & ~ANCHOR:
            self.match(t, event, role)
        if not role & ANCHOR or t < self.plan.known_from:
            return  # what answered an anchor of before may not be kept any more
        due = self.plan.due(t, event)
        if due is not None and not self.matched_now(position, t, event):
            insort(self.waiting, Waiting(due, t, event))

    def matched_now(self, position: int, t: int, anchor: Event) -> bool:
        """Return whether another event of the same instant, which stands before the anchor, answers it."""
        place = position - self.offset - 1
        while place >= 0 and self.times[place] == t:
            if self.roles[place] & self.plan.answers and self.answers(self.roles[place], anchor, self.facts[place]):
                return True
            place -= 1
        return False

    def answers(self, role: int, anchor: Event, event: Event) -> bool:
        """Return whether an event that plays a part beside the anchor is one that this anchor waits for."""
        return not self.plan.is_paired or self.plan.fits(role, anchor, event)

    def match(self, t: int, event: Event, role: int) -> None:
        """Take the waiting anchors that this match answers, and note it for those that it answers too late."""
        still = []
        for waiting in self.waiting:
            if not self.answers(role, waiting.anchor, event):
                still.append(waiting)
                continue
            if waiting.due >= t or (self.eras and self.was_in_time(waiting, t)):
                continue
            if waiting.met is None:
                waiting.met = t
            still.append(waiting)
        self.waiting = still
        standing = self.standing
        if standing is not None and standing.ended is None and t > standing.at and self.answers(role, standing.anchor, event):
            self.close(standing, t)

    def was_in_time(self, waiting: Waiting, t: int) -> bool:
        """Return whether a match was in time by the version of the rule that held when it came."""
        return in_time(self.by(t), t, waiting.at, waiting.anchor)

    def edited(self) -> None:
        for waiting in self.waiting:
            waiting.due = self.plan.due(waiting.at, waiting.anchor) or waiting.due
        self.waiting.sort()

    def wake(self) -> int | None:
        return self.waiting[0].due if self.waiting else None

    def advance(self, settled: int) -> None:
        self.settled = max(self.settled, settled)
        while self.waiting and self.waiting[0].due <= settled:
            self.overdue(self.waiting.pop(0))

    def overdue(self, waiting: Waiting) -> None:
        """Open a finding for an anchor that nothing followed, or let the standing one grow."""
        standing = self.standing
        joins = self.plan.lasts and standing is not None and (standing.ended is None or waiting.due <= standing.ended)
        if joins and standing is not None:
            self.grow(standing, waiting.due, [waiting.anchor], None)
            if standing.ended is not None:
                self.close(standing, standing.ended)
            return
        finding = self.fire(waiting.due, waiting.anchor, [waiting.anchor])
        if finding is None or not self.plan.lasts:
            return
        self.standing = finding
        if waiting.met is not None:
            self.close(finding, waiting.met)

    def save(self, swap: Swap) -> State:
        return (tuple((w.due, w.at, w.anchor, w.met) for w in self.waiting), swap(self.standing))

    def load(self, state: State, swap: Swap) -> None:
        self.waiting = [Waiting(*parts) for parts in state[0]]
        self.standing = swap(state[1])
        if self.plan.past:
            self.edited()


class FollowedWatch(Watch):
    """Fires at the first match in [t, t + W] after each anchor, with anchor and match as evidence."""

    __slots__ = ("waiting",)

    def reset(self) -> None:
        self.waiting: list[Waiting] = []

    def step(self, position: int, t: int, event: Event, role: int) -> None:
        if role & ~ANCHOR:
            self.match(t, event, role)
        if role & ANCHOR and (due := self.by(t).deadline(t, event)) is not None:
            answer = self.answer_now(position, t, event)
            if answer is None:
                while self.waiting and self.waiting[0].due < t:
                    del self.waiting[0]
                insort(self.waiting, Waiting(due, t, event))
            else:
                self.fire(t, event, [answer, event])

    def answer_now(self, position: int, t: int, anchor: Event) -> Event | None:
        """Return another event of the same instant that stands before the anchor and answers it."""
        place = position - self.offset - 1
        answer = None
        while place >= 0 and self.times[place] == t:
            if self.roles[place] & ~ANCHOR and self.answers(self.roles[place], anchor, self.facts[place]):
                answer = self.facts[place]
            place -= 1
        return answer

    def answers(self, role: int, anchor: Event, event: Event) -> bool:
        """Return whether an event that plays a part beside the anchor is one that this anchor waits for."""
        return not self.plan.is_paired or self.plan.fits(role, anchor, event)

    def match(self, t: int, event: Event, role: int) -> None:
        """Fire for every anchor that waited for this match; those whose time is over are let go."""
        waiting = [one for one in self.waiting if one.due >= t and (not self.eras or in_time(self.by(t), t, one.at, one.anchor))]
        met = [one for one in waiting if self.answers(role, one.anchor, event)]
        for one in sorted(met, key=lambda one: one.at):
            self.fire(t, one.anchor, [one.anchor, event])
        self.waiting = [one for one in waiting if one not in met]

    def save(self, swap: Swap) -> State:
        return (tuple((w.due, w.at, w.anchor, None) for w in self.waiting),)

    def load(self, state: State, swap: Swap) -> None:
        self.waiting = [Waiting(*parts) for parts in state[0]]


class SequenceWatch(Watch):
    """`then:` steps, each strictly later than the one before, all within W of the first; fires at the last step."""

    __slots__ = ("chains",)

    def reset(self) -> None:
        #: per step, the chains that wait for it: (deadline, time of the newest event, events so far)
        self.chains: list[list[tuple[int, int, tuple[Event, ...]]]] = [[] for _ in self.plan.steps]

    def step(self, position: int, t: int, event: Event, role: int) -> None:
        # the last step first, so that one event takes a chain forward by one step only
        for number in range(len(self.chains) - 1, -1, -1):
            if role >> (number + 1) & 1:
                self.forward(number, t, event)
        if role & ANCHOR and (due := self.by(t).deadline(t, event)) is not None:
            while self.chains[0] and self.chains[0][0][0] < t:
                del self.chains[0][0]
            self.chains[0].append((due, t, (event,)))

    def forward(self, number: int, t: int, event: Event) -> None:
        """Move every chain that waited for this step on to the next, or fire."""
        waiting, self.chains[number] = self.chains[number], []
        for due, newest, events in waiting:
            if due < t or (self.eras and not in_time(self.by(t), t, instant_of(events[0]), events[0])):
                continue
            if newest >= t:
                self.chains[number].append((due, newest, events))
            elif number + 1 < len(self.chains):
                self.chains[number + 1].append((due, t, (*events, event)))
            else:
                self.fire(t, events[0], [*events, event])

    def save(self, swap: Swap) -> State:
        return (tuple(tuple(chains) for chains in self.chains),)

    def load(self, state: State, swap: Swap) -> None:
        self.chains = [list(chains) for chains in state[0]]
