"""How a count that leaves events out went at one of its anchors: what it counted, and what it left out and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import instant_of
from engine.watching.account import Clause
from engine.watching.facts import Facts, glimpse
from engine.watching.finding import identity, moment
from engine.watching.tally import TallyWatch

if TYPE_CHECKING:
    from engine.events import Event


def sifting(facts: Facts, event: Event) -> Clause:
    """Return how a count that leaves events out, or has several bounds, went at an anchor: folded again up to it."""
    plan, t = facts.plan, instant_of(event)
    known_at = t + plan.lasting
    watch = TallyWatch(plan, ())
    watch.silent = True
    for fact in [one for one in facts.facts if one.t <= known_at]:
        watch.times.append(fact.t)
        watch.facts.append(fact.event)
        watch.roles.append(fact.role)
        watch.step(len(watch.times) - 1, fact.t, fact.event, fact.role)
    watch.advance(known_at)
    window = max(watch.windows, key=lambda one: (one.holds, one.picture.value))
    counted = window.facts[window.low :]
    is_counted = identity(event) in map(identity, counted)
    first = window.bound.first_instant(t)
    clause = Clause(
        kind=type(window.picture).__name__.lower(),
        holds=window.holds and is_counted,
        first=moment(min(map(instant_of, counted), default=t) if plan.is_moment else first),
        last=moment(t),
        needed=float(window.bound.least_at(t)),
        value=float(window.picture.value),
        counted=[glimpse(one, plan.rule) for one in counted],
        not_counted=facts.failed(first, t, anchors=True, but=event),
    )
    left_out = [(one, setting) for at, one, setting in watch.left_out if first <= at <= t]
    clause.not_counted += [glimpse(one, plan.rule, why="left out", because=plan.teller.sift[setting]) for one, setting in left_out]
    if known_at > facts.settled:
        clause.holds = None
        clause.notes.append("not settled")
    return clause
