"""What each row of the table does to a task, by the row's number; long because there are sixty and more. The table moves the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from engine.casework.clock import begin, extended, restarted, reworked, stopped, superseded, until
from engine.casework.guards import extended_clock
from engine.casework.hours import length_of
from engine.casework.ladder import WARNING
from engine.casework.obligations import (
    another_cycle,
    breached,
    floors,
    fresh,
    one_higher,
    unsuspended,
    waiting,
    with_evidence,
    without,
)
from engine.casework.prefill import done_by
from engine.casework.rungs import claimed, floored, next_on_ladder
from engine.casework.signing import SIGN, unsigned, with_signature
from engine.casework.task import Suspension

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.casework.clock import Clock
    from engine.casework.move import Move, Occurrence
    from engine.casework.task import Task

    Effect = Callable[[Move, Task], Task]

#: Clocks that one submission stops.
EXPLAINING: Final = ("ack", "interim", "explain")


def heard(move: Move) -> Occurrence:
    """Return what the rule engine or a parent said."""
    assert move.occurrence is not None
    return move.occurrence


def text(move: Move, name: str) -> str:
    """Return a text that a command carries; that it is there was checked."""
    return str(move.said.get(name, ""))


# Before the issue ---------------------------------------------------------------------------------------------------------


def candidate(move: Move, task: Task) -> Task:
    return waiting(move, task, move.at + move.parameters.wait.micros)


def issue(move: Move, task: Task) -> Task:
    return floors(move, fresh(move, task), least=task.floor)


def more_while_waiting(move: Move, task: Task) -> Task:
    known = evidence(move, task)
    clock = task.clocks.get("wait")
    if clock is None or clock.due is None:
        return known
    return waiting(move, known, max(clock.due, move.at + move.parameters.wait.micros))


def hold_candidate(move: Move, task: Task) -> Task:
    name = f"parent:{heard(move).parent}"
    held = {**task.suspensions, name: Suspension("parent", move.at)}
    return replace(task, suspensions=held, clocks=without(task.clocks, "wait"))


def release_candidate(move: Move, task: Task) -> Task:
    freed = replace(task, suspensions=unsuspended(task, f"parent:{heard(move).parent}"))
    if freed.parents:
        return freed
    grace = until("engine", "release", move.at, move.at + move.parameters.release_grace.micros, move.terms.calendars)
    return replace(freed, clocks={**freed.clocks, "wait": grace})


def absorb(move: Move, task: Task) -> Task:
    return replace(task, parent=heard(move).parent, suspensions={}, clocks=without(task.clocks, "wait"))


# Evidence -----------------------------------------------------------------------------------------------------------------


def evidence(move: Move, task: Task) -> Task:
    came = heard(move)
    findings = {**task.findings, came.finding: "stands"} if came.finding else task.findings
    standing = any(how != "withdrawn" for how in findings.values())
    return replace(
        with_evidence(task, came.evidence, "event"),
        findings=findings,
        basis_withdrawn=task.basis_withdrawn and not standing,
        children={**task.children, **came.children} if came.children else task.children,
    )


def more_evidence(move: Move, task: Task) -> Task:
    known, severity = evidence(move, task), heard(move).severity
    before, after = move.parameters, move.terms.profile.parameters(severity)
    if not severity or severity == task.severity or (after.floor or 0) <= (before.floor or 0):
        return known
    graver = replace(known, severity=severity)
    clock = graver.clocks.get("explain")
    if clock is not None and may_supersede(move, clock, str(after.explain)) and not task.explain_in:
        sooner = superseded(clock, after.explain, move.at, after.rework_at_least, move.terms.calendars)
        graver = replace(graver, clocks={**graver.clocks, "explain": sooner})
    return floored(move, graver, after.floor)


def may_supersede(move: Move, clock: Clock, length: str) -> bool:
    """Return whether another promise may take the place of one: it says something else, and the old one is neither kept nor missed."""
    return clock.is_open and clock.length != length and (clock.due is None or move.at <= clock.due)


def retract(move: Move, task: Task) -> Task:
    came = heard(move)
    findings = {**task.findings, came.finding: "withdrawn"} if came.withdrawn else task.findings
    gone = bool(findings) and all(how == "withdrawn" for how in findings.values())
    move.details |= {"removed": list(came.removed), "basis_withdrawn": gone}
    withdrawn = {name: "withdrawn" if name in came.removed else kind for name, kind in task.evidence.items()}
    return replace(task, evidence=withdrawn, findings=findings, basis_withdrawn=gone)


def attach(move: Move, task: Task) -> Task:
    assert move.command is not None
    move.details["evidence"] = list(move.command.evidence)
    return with_evidence(task, move.command.evidence, "attached")


# The unit -----------------------------------------------------------------------------------------------------------------


def stop(move: Move, task: Task, *names: str) -> dict[str, Clock]:
    """Return the clocks with some of them stopped."""
    hours = move.terms.calendars.hours
    return {name: stopped(clock, move.at, hours(clock.calendar)) if name in names else clock for name, clock in task.clocks.items()}


def go_on(move: Move, task: Task, *names: str) -> dict[str, Clock]:
    """Return the clocks with some of them running again, and no review."""
    hours = move.terms.calendars.hours
    kept = without(task.clocks, "review")
    return {name: restarted(clock, move.at, hours(clock.calendar)) if name in names else clock for name, clock in kept.items()}


def sign(move: Move, task: Task) -> Task:
    return replace(sign_first(move, task), clocks=stop(move, task, "ack"))


def sign_first(move: Move, task: Task) -> Task:
    person, signed = with_signature(move)
    move.details |= {"person": person, "signed": [side for side in signed if side not in task.signed]}
    return replace(task, person=person, signed=signed)


def countersign(move: Move, task: Task) -> Task:
    after = sign_first(move, task)
    return after if unsigned(after, move.terms.profile.ladder) else replace(after, clocks=stop(move, after, SIGN))


def appeal(move: Move, task: Task) -> Task:
    limits, calendars = move.parameters, move.terms.calendars
    clocks = {
        "appeal": begin("supervisor", limits.appeal, move.at, calendars),
        "appeal_max": begin("supervisor", limits.appeal_at_most, move.at, calendars),
    }
    move.details["grounds"] = text(move, "grounds")
    held = {**task.suspensions, "appeal": Suspension("appeal", move.at, by=move.actor)}
    return replace(
        brought(move, task, "appeal"),
        prior=task.state,
        suspensions=held,
        clocks={**task.clocks, **clocks},
    )


def brought(move: Move, task: Task, what: str) -> Task:
    """Return the task with what somebody handed in: who wrote it, and the evidence with it."""
    attached = move.command.evidence if move.command is not None else ()
    move.details["evidence"] = list(attached)
    return replace(with_evidence(task, attached, "attached"), authors={**task.authors, what: move.actor})


def appeal_over(move: Move, task: Task) -> Task:
    clocks = without(task.clocks, "appeal", "appeal_max")
    return replace(task, prior=None, suspensions=unsuspended(task, "appeal"), clocks=clocks)


def appeal_decided(move: Move, task: Task) -> Task:
    return replace(appeal_over(move, task), appealed=True)


def appeal_lapsed(move: Move, task: Task) -> Task:
    return appeal_over(move, breached(move, task, "appeal_max"))


def reassign(move: Move, task: Task) -> Task:
    unit = text(move, "unit")
    person = text(move, "person") or move.terms.people.holder("UNIT_LEAD", unit, move.at)
    move.details |= {"from": task.unit, "to": unit}
    return fresh(move, replace(task, unit=unit, person=person, authors={}))


def reassign_on_appeal(move: Move, task: Task) -> Task:
    return replace(reassign(move, appeal_decided(move, task)), appealed=True)


def interim(move: Move, task: Task) -> Task:
    return replace(brought(move, task, "interim"), clocks=stop(move, task, "interim"))


def explain(move: Move, task: Task) -> Task:
    review = begin("supervisor", move.parameters.review, move.at, move.terms.calendars)
    fields = move.command.fields if move.command is not None else {}
    plan = fields.get("actions")
    declared = move.said.get("remedy_due") or done_by(fields, move.terms.calendars.zone)
    return replace(
        brought(move, task, "explanation"),
        explained=True,
        owes_remedy=task.owes_remedy or bool(move.said.get("remedy")),
        remedy_due=declared,
        actions=len(plan) if isinstance(plan, list) else 0,
        clocks={**stop(move, task, *EXPLAINING), "review": review},
    )


def withdraw_explanation(move: Move, task: Task) -> Task:
    return replace(task, explained=False, clocks=go_on(move, task, "interim", "explain"))


def remedied(move: Move, task: Task) -> Task:
    review = begin("supervisor", move.parameters.review, move.at, move.terms.calendars)
    since = move.said.get("effective_at")
    return replace(
        brought(move, task, "remedy"),
        effective_at=since if isinstance(since, int) and since <= move.at else move.at,
        clocks={**stop(move, task, "remedy"), "review": review},
    )


def withdraw_remedy(move: Move, task: Task) -> Task:
    return replace(task, effective_at=None, clocks=go_on(move, task, "remedy"))


# The supervisors ----------------------------------------------------------------------------------------------------------


def accept_owing(move: Move, task: Task) -> Task:
    limits, calendars = move.parameters, move.terms.calendars
    anchor = task.issued_at if task.issued_at is not None else move.at
    latest = calendars.deadline(anchor, limits.remedy_at_most).at
    least = calendars.deadline(move.at, limits.remedy_at_least).at
    named = move.said.get("remedy_due", task.remedy_due)
    due = max(least, min(named, latest) if isinstance(named, int) else latest)
    move.details["remedy_due"] = due
    return replace(
        task,
        explanation_accepted=True,
        owes_remedy=True,
        clocks={**without(task.clocks, "review"), "remedy": until("unit", str(limits.remedy_at_most), move.at, due, calendars)},
    )


def watched(move: Move, task: Task) -> Task:
    watch = begin("engine", move.parameters.watch, move.at, move.terms.calendars)
    return replace(
        task,
        explanation_accepted=True,
        effective_at=task.effective_at if task.effective_at is not None else move.at,
        clocks={**without(task.clocks, "review"), "watch": watch},
    )


def accept_remedy(move: Move, task: Task) -> Task:
    return replace(watched(move, task), remedy_accepted=True)


def reject(move: Move, task: Task, name: str) -> Task:
    """Return the task back with its unit for another round; when the rounds are used up, a rung higher."""
    move.details["fields"] = move.said.get("fields", {})
    clock = reworked(task.clocks[name], move.at, move.parameters.rework_at_least, move.terms.calendars)
    move.details["due"] = clock.due
    back = replace(task, round=task.round + 1, clocks={**without(task.clocks, "review"), name: clock})
    if back.round <= move.parameters.rounds:
        return back
    for k, rung in enumerate(move.terms.profile.ladder.rungs):
        if rung.rounds_used_up and str(k) not in back.claims:
            return floored(move, back, k, "rounds")
    return back


def reject_explanation(move: Move, task: Task) -> Task:
    return reject(move, replace(task, explained=False), "explain")


def reject_remedy(move: Move, task: Task) -> Task:
    return reject(move, replace(task, effective_at=None), "remedy")


def close(move: Move, task: Task) -> Task:
    measured(move, effective=True)
    return close_early(move, task)


def measured(move: Move, *, effective: bool) -> None:
    """Note whether the remedy worked, and what was measured of it, where anything was."""
    effect = move.terms.judge.effect(move.task, move.at)
    move.details |= {"effective": effective} | ({"measured": {**effect}} if effect else {})


def close_early(move: Move, task: Task) -> Task:
    return replace(task, clocks=without(task.clocks, "watch"))


def reopen(move: Move, task: Task) -> Task:
    return another_cycle(move, task, task.level)


def ineffective(move: Move, task: Task) -> Task:
    measured(move, effective=False)
    return another_cycle(move, task, one_higher(task))


def recur(move: Move, task: Task) -> Task:
    move.details["recurrence"] = True
    return another_cycle(move, evidence(move, task), one_higher(task))


def merge(move: Move, task: Task) -> Task:
    return replace(task, parent=text(move, "into"), suspensions={})


def cancel(move: Move, task: Task) -> Task:
    move.details["code"] = text(move, "code")
    return task


# The clock ----------------------------------------------------------------------------------------------------------------


def pause(move: Move, task: Task) -> Task:
    until_when: int = move.said["until"]
    move.details |= {"code": text(move, "code"), "until": until_when}
    held = {**task.suspensions, "pause": Suspension(text(move, "code"), move.at, until_when, move.actor)}
    return replace(task, suspensions=held, paused_for=task.paused_for + until_when - move.at)


def resume(move: Move, task: Task) -> Task:
    held = task.suspensions["pause"]
    unused = max(0, (held.until or move.at) - move.at)
    return replace(task, suspensions=unsuspended(task, "pause"), paused_for=task.paused_for - unused)


def pause_ended(move: Move, task: Task) -> Task:
    over = [name for name, one in task.suspensions.items() if one.until is not None and one.until <= move.at]
    move.details["ended"] = over
    return replace(task, suspensions=unsuspended(task, *over))


def extend(move: Move, task: Task) -> Task:
    name = extended_clock(move)
    clock = task.clocks[name]
    longer = extended(clock, length_of(text(move, "by")), move.terms.calendars)
    move.details |= {"obligation": name, "from": clock.due, "to": longer.due}
    return replace(task, clocks={**task.clocks, name: longer})


def inhibit(move: Move, task: Task) -> Task:
    name = f"parent:{heard(move).parent}"
    held = Suspension("parent", move.at, move.at + move.parameters.inhibited_at_most.micros)
    return replace(task, suspensions={**task.suspensions, name: held})


def release(move: Move, task: Task) -> Task:
    freed = unsuspended(task, f"parent:{heard(move).parent}")
    if any(name.startswith("parent:") for name in freed):
        return replace(task, suspensions=freed)
    grace = Suspension("grace", move.at, move.at + move.parameters.release_grace.micros)
    return replace(task, suspensions={**freed, "grace": grace})


# The ladder ---------------------------------------------------------------------------------------------------------------


def climb(move: Move, task: Task) -> Task:
    step = next_on_ladder(task, move.terms)
    assert step is not None
    move.details["rung"] = step.rung
    if step.rung == WARNING:
        move.details["obligation"] = step.obligation
        return replace(task, warned={**task.warned, step.obligation: move.at}, level=WARNING if task.level is None else task.level)
    return claimed(task, step.rung, move.at, "time")


def escalate(move: Move, task: Task) -> Task:
    rung = one_higher(task)
    move.details["rung"] = rung
    return claimed(task, rung, move.at, "hand")


def lower(move: Move, task: Task) -> Task:
    level = move.said.get("level", (task.level or 0) - 1)
    move.details |= {"from": task.level, "to": level if level >= 0 else None}
    return replace(task, level=level if level >= 0 else None)


def decided(verdict: str) -> Effect:
    """Return the effect of deciding about a proposed assessment."""
    return lambda move, task: replace(task, assessment=verdict)


def missed(name: str) -> Effect:
    """Return the effect of a missed deadline of the unit."""
    return lambda move, task: breached(move, task, name)


def missed_by_supervisor(name: str) -> Effect:
    """Return the effect of a supervisor's missed deadline: told, and a second time one step higher."""

    def effect(move: Move, task: Task) -> Task:
        late = breached(move, task, name)
        step = late.clocks[name].step
        if step > 1:
            return late
        second = begin("supervisor", move.parameters.review_second, move.at, move.terms.calendars)
        return replace(late, clocks={**late.clocks, name: replace(second, step=step)})

    return effect


def unchanged(move: Move, task: Task) -> Task:
    return task


EFFECTS: Final[dict[int, Any]] = {
    1: candidate,
    2: issue,
    3: more_while_waiting,
    4: unchanged,
    5: hold_candidate,
    6: release_candidate,
    7: absorb,
    8: issue,
    9: sign,
    10: missed("ack"),
    11: appeal,
    12: appeal_decided,
    13: reassign_on_appeal,
    14: appeal_decided,
    15: appeal_over,
    16: missed_by_supervisor("appeal"),
    17: appeal_lapsed,
    18: reassign,
    19: interim,
    20: missed("interim"),
    21: explain,
    22: missed("explain"),
    23: accept_owing,
    24: watched,
    25: reject_explanation,
    26: withdraw_explanation,
    27: missed_by_supervisor("review"),
    28: remedied,
    29: missed("remedy"),
    30: accept_remedy,
    31: reject_remedy,
    32: withdraw_remedy,
    33: missed_by_supervisor("review"),
    34: close,
    35: ineffective,
    36: recur,
    37: evidence,
    38: close_early,
    39: reopen,
    40: evidence,
    41: evidence,
    42: fresh,
    43: pause,
    44: resume,
    45: pause_ended,
    46: extend,
    47: inhibit,
    48: release,
    49: absorb,
    50: fresh,
    51: merge,
    52: cancel,
    53: climb,
    54: escalate,
    55: lower,
    56: decided("confirmed"),
    57: decided("dropped"),
    58: more_evidence,
    59: retract,
    60: attach,
    61: sign_first,
    62: countersign,
    63: missed(SIGN),
}
