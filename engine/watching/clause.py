"""What a rule asks of an anchor beside its conditions, asked again of settled facts: the window, the relation, the spike.

The numbers come from where production takes them: windows and bounds from `Plan`, sums from its picture. Whether a task stands is
not decided here; tests hold the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.events import instant_of
from engine.language import Count, FirstTime, Follow, Precede, Rate, Sequence, Total
from engine.watching.account import Clause, Decisive
from engine.watching.facts import Facts, shown, without
from engine.watching.finding import moment
from engine.watching.paused import FOREVER
from engine.watching.sifting import sifting
from engine.watching.window import window

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.events import Event
    from engine.watching.facts import Fact


def clause_of(facts: Facts, event: Event) -> Clause:
    """Return what the rule asks of this anchor and how that went, as if its conditions held."""
    if facts.plan.is_tallied():
        return sifting(facts, event)
    judges: dict[type[Any], Callable[[Facts, Event], Clause]] = {
        Count: window,
        Total: window,
        Follow: follow,
        Precede: precede,
        Sequence: sequence,
        Rate: rate,
        FirstTime: first_time,
    }
    judge = judges.get(type(facts.plan.rule.pattern))
    clause = Clause(kind="single", holds=True) if judge is None else judge(facts, event)
    if facts.plan.defers and instant_of(event) > facts.settled:
        clause.holds = None
        clause.notes.append("not settled")
    return clause


# Relations --------------------------------------------------------------------------------------------------------------


def follow(facts: Facts, event: Event) -> Clause:
    """Return what came after an anchor, up to its deadline."""
    plan, t = facts.plan, instant_of(event)
    due = facts.due(t, event)
    if due is None:
        return Clause(kind="follow", holds=False, notes=["no deadline"])
    if due == FOREVER:
        return Clause(kind="follow.not", holds=None, notes=["not settled"])
    found = facts.beside(t, due, event)
    is_settled = due <= facts.settled
    clause = related(facts, event, (t, due), found, is_settled=is_settled)
    if plan.negated and t < plan.known_from:
        clause.holds, clause.decisive = False, []
        clause.notes.append("history")
    for one in clause.found:
        one.why, one.by = "in time", due - instant_of(found[0].event)
    late, early = facts.beside(due + 1, 1 << 62, event)[:1], facts.beside(-1 << 62, t - 1, event)[-1:]
    misses = shown(facts, late, why="too late", by=late[0].t - due) if late else []
    misses += shown(facts, early, why="too early", by=t - early[0].t) if early else []
    clause.nearest = min(misses, key=lambda one: one.by or 0, default=None) if not found else None
    return clause


def precede(facts: Facts, event: Event) -> Clause:
    """Return what came before an anchor."""
    plan, t = facts.plan, instant_of(event)
    first, last = plan.first_instant(t), t - plan.ahead
    found = facts.beside(first, last, event)
    clause = related(facts, event, (first, last), found, is_settled=t <= facts.settled)
    if plan.negated and first < plan.known_from:
        clause.holds, clause.decisive = False, []
        clause.notes.append("history")
    if t > facts.settled:
        clause.holds = None
    late, early = facts.beside(last + 1, 1 << 62, event)[:1], facts.beside(-1 << 62, first - 1, event)[-1:]
    misses = shown(facts, late, why="too late", by=late[0].t - last) if late else []
    misses += shown(facts, early, why="too early", by=first - early[0].t) if early else []
    clause.nearest = min(misses, key=lambda one: one.by or 0, default=None) if not found else None
    return clause


def related(facts: Facts, event: Event, bounds: tuple[int, int], found: list[Fact], *, is_settled: bool) -> Clause:
    """Return the part that looking ahead and looking back have in common."""
    plan, pattern = facts.plan, facts.plan.rule.pattern
    first, last = map(moment, bounds)
    looked_for = plan.rule.others[: plan.answers.bit_length() - 1]
    negated = plan.negated
    kind = "follow" if isinstance(pattern, Follow) else "precede"
    nothing = negated if is_settled else None
    clause = Clause(
        kind=f"{kind}.not" if negated else kind,
        holds=nothing if not found else not negated,
        first=first,
        last=last,
        looked_for=[name for part in looked_for for name in part.events],
        found=shown(facts, found[:1] if kind == "follow" else found[-1:]),
        not_counted=facts.failed(*bounds, anchors=False) + facts.unlike(*bounds, event),
    )
    if found:
        clause.decisive = [without(found, len(found))]
    else:
        other = plan.rule.others[0]
        agreeing = {name: getattr(event, name) for name in other.pair}
        more = Decisive("more", 1, event=other.events[0], first=first, last=last, agreeing=agreeing)
        clause.decisive = [more] if None not in agreeing.values() else []
    return clause


def sequence(facts: Facts, event: Event) -> Clause:
    """Return how far the steps after an anchor came, each strictly later than the one before."""
    plan, t = facts.plan, instant_of(event)
    due = plan.deadline(t, event)
    assert due is not None, "a sequence has a length"
    clause = Clause(kind="sequence", holds=True, first=moment(t), last=moment(due), needed=len(plan.steps), value=0)
    newest = t
    for number, step in enumerate(plan.steps, 1):
        found = facts.beside(newest + 1, due, event, 1 << number)
        if not found:
            clause.holds = False if due <= facts.settled else None
            clause.looked_for = list(step.events)
            late = facts.beside(max(due, newest) + 1, 1 << 62, event, 1 << number)[:1]
            early = facts.beside(-1 << 62, newest, event, 1 << number)[-1:]
            misses = shown(facts, late, why="too late", by=late[0].t - due) if late else []
            misses += shown(facts, early, why="too early", by=newest - early[0].t) if early else []
            clause.nearest = min(misses, key=lambda one: one.by or 0, default=None)
            break
        clause.found += shown(facts, found[:1])
        clause.value = number
        newest = found[0].t
        if number == len(plan.steps):
            clause.decisive = [without(found, len(found))]
    if clause.value == len(plan.steps) - 1 and newest < due:
        clause.decisive = [Decisive("more", 1, event=plan.steps[-1].events[0], first=moment(newest + 1), last=moment(due))]
    clause.not_counted = facts.failed(t, due, anchors=False)
    return clause


# Looking back at the key ------------------------------------------------------------------------------------------------


def rate(facts: Facts, event: Event) -> Clause:
    """Return how the last period compares with the one before it."""
    plan, t = facts.plan, instant_of(event)
    first = t - plan.width
    inside, before = facts.before(event, first), facts.before(event, t - 2 * plan.width)
    usual, times = len(before) - len(inside), float(plan.least_at(t))
    needed = max(plan.now_at_least, times * usual)
    is_known = t - max(facts.history_from, plan.known_from) >= 2 * plan.width
    is_usual = usual >= plan.usual_at_least
    clause = Clause(
        kind="rate",
        holds=is_known and is_usual and len(inside) >= needed,
        first=moment(first),
        last=moment(t),
        needed=needed,
        value=len(inside),
        usual=usual,
        counted=shown(facts, inside),
        not_counted=facts.failed(first, t, anchors=True, but=event),
        notes=[note for note, stands in (("history", not is_known), ("too few before", not is_usual)) if stands],
    )
    if not is_known or not is_usual:
        return clause
    least = -int(-needed // 1)
    gone = len(inside) - least + 1
    if clause.holds and gone < len(inside):
        clause.decisive = [without(inside[:-1], gone)]
    elif not clause.holds:
        change = Decisive("more", least - len(inside), event=event.kind.name, first=moment(first), last=moment(t))
        clause.decisive = [change]
    return clause


def first_time(facts: Facts, event: Event) -> Clause:
    """Return when the key was seen before."""
    plan, t = facts.plan, instant_of(event)
    first = t - plan.width_at(t)
    seen = facts.before(event, -1 << 62)[:-1]
    inside = [fact for fact in seen if fact.t >= first]
    is_known = t - max(facts.history_from, plan.known_from) >= plan.width_at(t)
    clause = Clause(
        kind="first",
        holds=not inside and is_known,
        first=moment(first),
        last=moment(t),
        found=shown(facts, inside[-1:]),
        not_counted=facts.failed(first, t, anchors=True, but=event),
        notes=[] if is_known else ["history"],
    )
    if is_known:
        more = Decisive("more", 1, event=event.kind.name, first=moment(first), last=moment(t))
        clause.decisive = [without(inside, len(inside)) if inside else more]
    if not inside and seen:
        clause.nearest = shown(facts, seen[-1:], why="too early", by=first - seen[-1].t)[0]
    return clause
