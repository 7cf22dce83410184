"""How a count, a sum or an average over the window of an anchor went, and what would take it over its bound."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from engine.events import id_of, instant_of
from engine.watching.account import Clause, Decisive, Glimpse
from engine.watching.facts import Facts, glimpse, shown, without
from engine.watching.finding import moment
from engine.watching.picture import Amount, Average, Different, Sum

if TYPE_CHECKING:
    from engine.events import Event
    from engine.watching.facts import Fact


def window(facts: Facts, event: Event) -> Clause:
    """Return how a count, a sum or an average over the window of an anchor went."""
    plan, t = facts.plan, instant_of(event)
    first = plan.first_instant(t)
    inside = facts.before(event, first)
    fresh = after_the_used(facts, inside) if plan.afresh else inside
    picture = plan.picture()
    for fact in fresh:
        picture.add(fact.event)
    least = plan.least_at(t)
    is_known = not plan.is_disprovable or first >= plan.known_from
    clause = Clause(
        kind=type(picture).__name__.lower(),
        holds=bool(picture.holds(least)) and is_known,
        first=moment(first),
        last=moment(t),
        needed=float(least),
        value=float(picture.value),
        counted=[glimpse(fact.event, plan.rule, until=moment(plan.last_instant(fact.t))) for fact in fresh],
        not_counted=facts.failed(first, t, anchors=True, but=event),
        notes=[] if is_known else ["history"],
    )
    clause.not_counted += shown(facts, inside[: len(inside) - len(fresh)], why="used up")
    clause.nearest = left_last(facts, event, first)
    if is_known:
        clause.decisive = deciding(facts, fresh, picture, least, first)
    return clause


def after_the_used(facts: Facts, inside: list[Fact]) -> list[Fact]:
    """Return the facts after the last one that an earlier task has used up."""
    start = 0
    for number, fact in enumerate(inside):
        if (fact.event.kind.name, id_of(fact.event)) in facts.used:
            start = number + 1
    return inside[start:]


def left_last(facts: Facts, event: Event, first: int) -> Glimpse | None:
    """Return the newest anchor that the window holds no more."""
    place = bisect_left(facts.times, first)
    earlier = [fact for fact in facts.facts[:place] if fact.role & 1]
    if not earlier:
        return None
    fact = earlier[-1]
    left = facts.plan.last_instant(fact.t)
    return glimpse(fact.event, facts.plan.rule, why="left the window", by=instant_of(event) - left, until=moment(left))


def deciding(facts: Facts, inside: list[Fact], picture: Amount, least: float, first: int) -> list[Decisive]:
    """Return what would take the value of a window over its bound, either way."""
    if isinstance(picture, Average):
        return []  # whatever goes or comes moves it by an amount of its own
    event = inside[-1].event
    if picture.holds(least):
        gone = spare(inside, picture, least)
        return [gone] if gone is not None else []
    t = inside[-1].t
    if facts.plan.afresh:
        # what an earlier event can still be counted with would be used up with it
        earlier = facts.before(event, -1 << 62)[:-1]
        first = max([first, *[(fact.t if fact.t >= first else facts.plan.last_instant(fact.t)) + 1 for fact in earlier[-8:]]])
    if first > t:
        return []
    change = Decisive("more", 1, event=event.kind.name, first=moment(first), last=moment(t))
    if isinstance(picture, Sum):
        change.amount = float(least - picture.value) + bool(getattr(facts.plan.rule.pattern, "more_than", False))
        return [change]
    change.number = int(least - picture.value)
    change.fresh = getattr(facts.plan.rule.pattern, "different", None)
    return [change]


def spare(inside: list[Fact], picture: Amount, least: float) -> Decisive | None:
    """Return which facts beside the anchor would have to be missing for a window to fall below its bound, if that can be."""
    others = inside[:-1]
    if type(picture) is Amount:
        number = int(picture.value - least) + 1
        return without(others, number) if number <= len(others) else None
    if isinstance(picture, Different):
        own = picture.read(inside[-1].event)
        others = [fact for fact in others if (value := picture.read(fact.event)) is not None and value != own]
    elif isinstance(picture, Sum):
        others = [fact for fact in others if (picture.read(fact.event) or 0) > 0]
    for number, fact in enumerate(reversed(others), 1):
        picture.remove(fact.event)
        if not picture.holds(least):
            gone = others[len(others) - number :]
            return without(gone, number)
    return None
