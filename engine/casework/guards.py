"""The guards of the table, each an atom with a meaning, and what to say where it does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from engine.casework.ladder import WARNING
from engine.casework.rungs import RUNG, next_on_ladder
from engine.casework.signing import unsigned, with_signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.casework.move import Move


class Guard(NamedTuple):
    """One atom: whether it is true, what it means, and what to tell a person where it is not."""

    is_true: Callable[[Move], bool]
    meaning: str
    zh: str = ""
    en: str = ""


def urgent(move: Move) -> bool:
    return move.task.urgent


def after_remedy(move: Move) -> bool:
    effective = move.task.effective_at
    return move.occurrence is not None and (effective is None or move.occurrence.happened_at > effective)


def inhibited(move: Move) -> bool:
    return bool(move.task.parents)


def late(move: Move) -> bool:
    return move.task.is_late


def appeal_open(move: Move) -> bool:
    return not move.task.appealed


def both_signed(move: Move) -> bool:
    person, signed = with_signature(move)
    return not unsigned(replace(move.task, person=person, signed=signed), move.terms.profile.ladder)


def signed(move: Move) -> bool:
    return not unsigned(move.task, move.terms.profile.ladder)


def valid(move: Move) -> bool:
    if move.asking or move.command is None:
        return True
    move.faults = tuple(move.terms.judge.explanation(move.task, move.command.fields, (*move.task.evidence, *move.command.evidence)))
    return not move.faults


def done(move: Move) -> bool:
    if move.asking or move.command is None:
        return True
    move.faults = tuple(move.terms.judge.remedy(move.task, move.command.fields, move.command.evidence))
    return not move.faults


def needs_remedy(move: Move) -> bool:
    return move.parameters.owes_remedy or move.task.owes_remedy or bool(move.said.get("remedy"))


def effective(move: Move) -> bool:
    return move.terms.judge.is_effective(move.task, move.at)


def separate(move: Move) -> bool:
    return move.is_separate(move.actor, move.role)


def two(move: Move) -> bool:
    if not separate(move):
        return False
    if move.asking or move.command is None:
        return True
    first = move.task.proposals.get(move.command.command)
    return (
        first is not None
        and first.actor != move.actor
        and first.data == move.command.data
        and "SUP_HEAD" in {first.role, move.role}
        and move.is_separate(first.actor, first.role)
    )


def may_pause(move: Move) -> bool:
    if any(clock.breached is not None for clock in move.task.clocks.values() if clock.owner == "unit" and clock.is_open):
        return False
    if move.asking:
        return True
    until = move.said.get("until")
    length = until - move.at if isinstance(until, int) else 0
    fits = 0 < length <= move.parameters.paused_at_most.micros - move.task.paused_for
    return fits and move.said.get("code") in move.terms.profile.pause_reasons


def may_extend(move: Move) -> bool:
    name, level = extended_clock(move), move.task.level
    clock = move.task.clocks.get(name)
    if clock is None or not clock.is_running or clock.extended:
        return False
    if name == RUNG and (level is None or not move.terms.profile.ladder.rungs[level].sets_date):
        return False
    return clock.due is not None and clock.breached is None and move.at <= clock.due


def extended_clock(move: Move) -> str:
    """Return the obligation that an extension is about: the one named, or what the state owes."""
    named = move.said.get("obligation")
    usual = {"ISSUED": "ack", "ACKED": "explain", "REMEDYING": "remedy"}
    return named if isinstance(named, str) else usual.get(move.task.state, "")


def within_window(move: Move) -> bool:
    over = move.task.over_at
    return over is not None and move.at <= over + move.parameters.reopen_within.micros


def new_rung(move: Move) -> bool:
    step = next_on_ladder(move.task, move.terms)
    if step is None or not move.task.is_running:
        return False
    if step.rung == WARNING:
        return step.obligation not in move.task.warned
    return str(step.rung) not in move.task.claims and (move.task.level is None or step.rung > move.task.level)


GUARDS: Final = {
    "urgent": Guard(urgent, "the rule never waits and is never inhibited (regulator, media, injury, collective: 重大 or 特殊)"),
    "aft": Guard(after_remedy, "it happened, by event time, after the accepted remedy took effect; late old events are no recurrence"),
    "inh": Guard(inhibited, "the set of inhibiting parents is not empty"),
    "late": Guard(late, "an obligation of this cycle is already breached (a storm must not hide an old debt)"),
    "app": Guard(
        appeal_open,
        "no decided appeal in this cycle yet",
        "本轮申诉已有结论",
        "an appeal was already decided in this cycle",
    ),
    "both": Guard(
        both_signed,
        "with this signature none is missing: below 督办 one is enough, from there on the unit and the named person both sign; the lead "
        "of the unit who is the one named signs for both",
    ),
    "signed": Guard(
        signed,
        "no signature is missing",
        "签收未齐, 督办任务须单位与责任人都签收",
        "under 督办 the unit and the named person both sign first",
    ),
    "valid": Guard(
        valid,
        "all fields required at the current level are filled, each claim has evidence, and the checks of the text pass or are overruled",
        "说明不完整",
        "the explanation is not complete",
    ),
    "done": Guard(done, "every action of the remedy plan has a result and evidence", "整改未完成", "the remedy is not done"),
    "needrem": Guard(needs_remedy, "the accepted explanation owes a remedy (severity at least 重要, or the reviewer asked for one)"),
    "eff": Guard(effective, "the effectiveness that the plan states is met on the measured data, or none was required"),
    "sep": Guard(
        separate,
        "separation of duty: of the supervising side, not of the responsible unit, not the author of what is judged",
        "须由责任单位以外、非经办的监督人员办理",
        "it takes a supervisor who is not of the responsible unit and did not write what is judged",
    ),
    "two": Guard(
        two,
        "`sep`, and a second person of the supervising side has said the same; one of the two is SUP_HEAD",
        "须两人确认, 其中一人为分管领导",
        "it takes two people of the supervising side, one of them its head",
    ),
    "capok": Guard(
        may_pause,
        "the reason is on the pause list, the pauses of the cycle stay under the cap, and no obligation is already breached",
        "暂停原因不在清单、超出累计上限, 或期限已过",
        "the code must be on the pause list, the pauses of a cycle stay under the cap, and nothing may be overdue already",
    ),
    "ext": Guard(
        may_extend,
        "no extension of this obligation yet, and it has not expired",
        "每项义务只能在到期前延期一次",
        "an obligation is extended once, and only before it expires",
    ),
    "win": Guard(
        within_window,
        "closed or cancelled no longer than the reopen window ago",
        "已过可恢复期限",
        "the time in which it could be opened again is over",
    ),
    "new": Guard(
        new_rung, "rung k is above the level (k = 0: any), unclaimed in this cycle (k = 0: for this obligation), its clock is RUN"
    ),
}


def true_atoms(move: Move, atoms: frozenset[str]) -> frozenset[str]:
    """Return which of some atoms are true."""
    return frozenset(atom for atom in atoms if GUARDS[atom].is_true(move))
