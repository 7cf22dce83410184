"""The facts of one key as a rule sees them once everything is in: in event-time order, repetitions and corrections settled."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.events import id_of, instant_of
from engine.watching.account import Decisive, Glimpse, Line
from engine.watching.finding import identity, moment
from engine.watching.paused import clock_of
from engine.watching.watch import order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.events import Event
    from engine.language import Condition, Rule, Selection
    from engine.watching.plan import Plan

ANCHOR = 1


class Fact(NamedTuple):
    """An event that plays a part: bit 0 of `role` for the anchor, bit n for the n-th selection beside it."""

    t: int
    event: Event
    role: int


class Facts:
    """What one key knows. `aside` holds events that were looked at and whose conditions do not hold, with the part they failed at."""

    def __init__(self, plan: Plan, key: tuple[Any, ...], events: Iterable[Event], *, settled: int, history_from: int) -> None:
        self.plan = plan
        self.key = dict(zip(plan.rule.anchor.same, key, strict=True))
        self.settled = settled
        self.history_from = history_from
        self.facts: list[Fact] = []
        self.aside: list[tuple[int, Event, int]] = []
        #: the events that earlier tasks have used up, for `again: counting afresh`
        self.used: set[tuple[str, str]] = set()
        for event in sorted(events, key=lambda one: (instant_of(one), *order(one))):
            self._take(instant_of(event), event)
        self.times = [fact.t for fact in self.facts]

    def _take(self, t: int, event: Event) -> None:
        role = 0
        for bit, part in enumerate((self.plan.rule.anchor, *self.plan.rule.others)):
            if not concerns(part, event, self.key):
                continue
            if all(condition.verdict(event) is True for condition in part.conditions):
                role |= 1 << bit
            else:
                self.aside.append((t, event, bit))
        if role:
            self.facts.append(Fact(t, event, role))

    def anchors(self) -> list[Event]:
        """Return the events that could be anchors, in order, those whose conditions do not hold among them."""
        mine = [(fact.t, fact.event) for fact in self.facts if fact.role & ANCHOR]
        mine += [(t, event) for t, event, bit in self.aside if bit == 0]
        return [event for _, event in sorted(mine, key=lambda pair: (pair[0], *order(pair[1])))]

    def place(self, event: Event) -> int:
        """Return where an anchor stands among the facts, or would stand if its conditions held."""
        t = instant_of(event)
        place = bisect_left(self.times, t)
        mine = order(event)
        while place < len(self.facts) and self.facts[place].t == t and order(self.facts[place].event) < mine:
            place += 1
        return place

    def before(self, event: Event, first: int) -> list[Fact]:
        """Return the anchors from `first` on up to and with this one, this one as if its conditions held."""
        place, t = self.place(event), instant_of(event)
        earlier = self.facts[bisect_left(self.times, first, 0, place) : place]
        return [fact for fact in earlier if fact.role & ANCHOR] + [Fact(t, event, ANCHOR)]

    def beside(self, first: int, last: int, but: Event, role: int | None = None) -> list[Fact]:
        """Return the facts beside the anchor `but` in [first, last] that agree with it, in order."""
        here = self.facts[bisect_left(self.times, first) : bisect_right(self.times, last)]
        mine, plan = identity(but), self.plan
        role = plan.answers if role is None else role
        found = [fact for fact in here if fact.role & role and identity(fact.event) != mine]
        return [fact for fact in found if not plan.is_paired or plan.fits(fact.role & role, but, fact.event)]

    def due(self, t: int, anchor: Event) -> int | None:
        """Return the deadline of an anchor, on a clock that may have stood still; FOREVER where it still does."""
        plan = self.plan
        if not plan.stops:
            return plan.deadline(t, anchor)
        return plan.paused_deadline(t, anchor, clock_of(((one.t, one.role) for one in self.facts), plan.stops, plan.runs).spans(t))

    def unlike(self, first: int, last: int, anchor: Event) -> list[Glimpse]:
        """Return the facts in [first, last] that would do, if they agreed with the anchor where the rule asks them to."""
        here = self.facts[bisect_left(self.times, first) : bisect_right(self.times, last)] if self.plan.is_paired else []
        found = [fact for fact in here if fact.role & self.plan.answers and not self.plan.fits(fact.role, anchor, fact.event)]
        fields = {name for part in self.plan.rule.others for name in part.pair}
        return [glimpse(fact.event, self.plan.rule, why="unlike", because=", ".join(sorted(fields))) for fact in found]

    def failed(self, first: int, last: int, *, anchors: bool, but: Event | None = None) -> list[Glimpse]:
        """Return what was looked at in [first, last] and did not do, all `but` one, each with the condition that did not hold."""
        found = []
        for t, event, bit in self.aside:
            if first <= t <= last and (bit == 0) == anchors and event is not but:
                part = (self.plan.rule.anchor, *self.plan.rule.others)[bit]
                failed = next(one.text for one in part.conditions if one.verdict(event) is not True)
                found.append(glimpse(event, self.plan.rule, why="not true", because=failed))
        return found


def concerns(part: Selection, event: Event, key: dict[str, Any]) -> bool:
    """Return whether an event is of the types and the key that a part of a rule looks at."""
    return event.kind.name in part.events and all(getattr(event, name) == key[name] for name in part.same)


def lines(conditions: Iterable[Condition], event: Event) -> list[Line]:
    """Return each condition as it went for an event."""
    told = []
    for one in conditions:
        leaves = one.leaves(event)
        tests = [Line(leaf.text, leaf.verdict, leaf.actual) for leaf in leaves]
        actual = {name: value for leaf in leaves for name, value in leaf.actual.items()}
        told.append(Line(one.text, one.verdict(event), actual, tests if len(tests) > 1 else []))
    return told


def glimpse(event: Event, rule: Rule, **more: Any) -> Glimpse:
    """Return an event as people see it, with the values that the rule reads."""
    read = {name for condition in rule.anchor.conditions for name in condition.fields}
    read |= {name for name in (getattr(rule.pattern, "different", None), getattr(rule.pattern, "field", None)) if name}
    values = {name: getattr(event, name, None) for name in sorted(read) if name in event.kind.fields}
    return Glimpse(id_of(event), event.kind.name, moment(instant_of(event)), values, **more)


def shown(facts: Facts, those: Iterable[Fact], **more: Any) -> list[Glimpse]:
    """Return facts as people see them."""
    return [glimpse(fact.event, facts.plan.rule, **more) for fact in those]


def without(those: Iterable[Fact], number: int) -> Decisive:
    """Return that the verdict would turn if `number` of these were not there."""
    gone = list(those)
    kinds = {fact.event.kind.name for fact in gone}
    return Decisive("without", number, [id_of(fact.event) for fact in gone], kinds.pop() if len(kinds) == 1 else None)
