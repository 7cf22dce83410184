"""Why a command is not carried out, in words, and who could. Asked in one order, so that the first reason is the one that helps most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from engine.casework.command import NEEDS, Refused
from engine.casework.fault import fault
from engine.casework.guards import GUARDS, true_atoms
from engine.casework.rejection import Return, check_returns
from engine.casework.signing import unsigned, who_signs, with_signature
from engine.casework.state import INCLUDES, ROLES, STATES, SUPERVISING_SIDE
from engine.casework.table import BY_EVENT, Row, holds, rows_for
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.casework.fault import Fault
    from engine.casework.move import Move

#: So far ahead a date may lie; a year 20260 is a slip of the pen.
FARTHEST: Final = 3660 * 86_400_000_000
#: Commands by which somebody judges: stale as soon as anything new is there to judge by.
JUDGING: Final = frozenset(
    row.event for row in BY_EVENT[("EXPLAINED", "C.accept")] + BY_EVENT[("EXPLAINED", "C.reject")] + BY_EVENT[("APPEALED", "C.uphold")]
) | {"C.deny", "C.close_early", "C.cancel", "C.merge", "C.reopen", "C.reinstate", "C.confirm_assessment", "C.drop_assessment"}
DATES: Final = ("until", "remedy_due", "effective_at")


def refused(code: str, move: Move, zh: str, en: str, who: tuple[str, ...] = ()) -> Refused:
    """Return a refusal that begins with what was asked for."""
    need = NEEDS[move.event.removeprefix("C.")]
    could = f"; {' or '.join(who)} can" if who else ""
    can = f"；可由 {'、'.join(who)} 办理" if who else ""
    return Refused(code, f"不能{need.zh}: {zh}{can}", f"cannot {need.en}: {en}{could}", who)


def choose(move: Move) -> Row | Refused:
    """Return the row that a command takes, or why none."""
    rows = move.rows = rows_for(move.task.state, move.event)
    if not rows:
        return wrong_state(move)
    for question in QUESTIONS:
        answer = question(move)
        if answer is not None:
            return answer
    return by_guard(move, rows)


def unknown_command(word: str) -> Refused:
    """Return the refusal of a command that there is not."""
    return Refused("no-command", f"没有 '{word}' 这个命令", f"there is no command '{word}'{suggest(word, NEEDS)}")


def wrong_state(move: Move) -> Refused:
    """Return that the command is not one of the state that the task is in, and in which it is."""
    now = STATES[move.task.state]
    where = [STATES[state] for (state, event) in BY_EVENT if event == move.event and state]
    zh = f"任务状态为{now.zh}；此操作适用于 {'、'.join(state.zh for state in where)}"
    return refused("state", move, zh, f"the task is {now.name} ({now.en}); it takes {', '.join(state.name for state in where)}")


def unknown_actor(move: Move) -> Refused | None:
    """Return that nobody knows the actor."""
    if move.terms.people.known(move.actor, move.at):
        return None
    return refused("actor", move, f"组织机构中没有 '{move.actor}'", f"nobody is called '{move.actor}' in the organisation")


def wrong_role(move: Move) -> Refused | None:
    """Settle the role: the one that was said, or any that may; return why none does."""
    held = move.roles_of(move.actor)
    if move.role and move.role not in held:
        said = ROLES.get(move.role, (move.role, move.role))
        return refused("role", move, f"{move.actor} 不是本单位的{said[0]}", f"{move.actor} is not {move.role} of {move.task.unit}")
    may = {role for row in move.rows for role in row.who} | second_voice(move.rows)
    fitting = [role for role in ROLES if role in held and role in may | {top for top, below in INCLUDES.items() if below & may}]
    if not fitting or (move.role and move.role not in fitting):
        names = tuple(dict.fromkeys(role for row in move.rows for role in row.who))
        zh = f"须由{'或'.join(ROLES[name][0] for name in names)}办理"
        return refused("role", move, zh, f"it takes {' or '.join(names)}", people_with(move, names))
    move.role = move.role or preferred(fitting, may)
    return None


def second_voice(rows: tuple[Row, ...]) -> set[str]:
    """Return the roles that may be the other one of two."""
    return set(SUPERVISING_SIDE) if any("two" in row.guard for row in rows) else set()


def preferred(fitting: list[str], may: set[str]) -> str:
    """Return the role to act in, of several: the one that the table names; of two such the higher."""
    return next((role for role in reversed(fitting) if role in may), fitting[-1])


def people_with(move: Move, roles: tuple[str, ...], *, besides: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return who has one of some roles towards the unit that answers."""
    found = (move.terms.people.holder(role, move.task.unit, move.at) for role in roles)
    return tuple(dict.fromkeys(name for name in found if name is not None and name not in besides))


def stale(move: Move) -> Refused | None:
    """Return that something happened since the person looked."""
    if move.command is None or move.event == "C.attach":
        return None
    seen, task = move.command.seq, move.task
    if seen > task.seq:
        en = f"you name entry {seen}, but the task has only {task.seq}"
        return refused("stale", move, f"任务只有 {task.seq} 条记录, 没有第 {seen} 条", en)
    newest = task.matter if move.event in JUDGING else task.turn
    if seen < newest:
        en = f"you saw entry {seen}; entry {newest} came since and changed it: look again"
        return refused("stale", move, f"您看到的是第 {seen} 条, 其后第 {newest} 条已改变任务, 请刷新后再办", en)
    return None


def incomplete(move: Move) -> Refused | None:
    """Return what the command cannot do without, everything at once."""
    if move.asking or move.command is None:
        return None
    need = NEEDS[move.command.command]
    missing = [("写明原因", "give a reason")] if need.reason and not move.reason.strip() else []
    missing += [(zh, en) for name, zh, en in need.data if not move.said.get(name)]
    missing += [(f"{name} 日期不合理", f"'{name}' is no date near enough to be meant") for name in DATES if not is_date(move, name)]
    if not missing:
        faults = faults_of_return(move.said["fields"]) if move.event == "C.reject" else ()
        return with_faults("incomplete", move, "退回须逐项写明", "a rejection names its fields", faults) if faults else None
    return refused("incomplete", move, "；".join(zh for zh, _ in missing), "; ".join(en for _, en in missing))


def is_date(move: Move, name: str) -> bool:
    """Return whether a date, where one is said, is a whole number of microseconds within ten years."""
    value = move.said.get(name)
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and abs(value - move.at) <= FARTHEST)


def idle(move: Move) -> Refused | None:
    """Return that the command would change nothing, or points at nothing."""
    found = IDLE[move.event](move) if move.event in IDLE and (move.command is not None or move.event not in POINTING) else None
    return None if found is None else refused("idle", move, *found)


def idle_resume(move: Move) -> tuple[str, str] | None:
    return None if "pause" in move.task.suspensions else ("计时没有暂停", "the clock is not paused")


def idle_pause(move: Move) -> tuple[str, str] | None:
    return ("计时已暂停", "the clock is paused already") if "pause" in move.task.suspensions else None


def idle_escalate(move: Move) -> tuple[str, str] | None:
    return ("已到最高一级", "it stands on the highest rung") if move.task.level == 5 else None


def idle_lower(move: Move) -> tuple[str, str] | None:
    level, to = move.task.level, move.said.get("level")
    if level is None:
        return "没有级别可降", "it stands on no rung"
    right = to is None or (isinstance(to, int) and -1 <= to < level)
    return None if right else ("新级别须低于现级别", f"the level must become lower than {level}")


def idle_assessment(move: Move) -> tuple[str, str] | None:
    return None if move.task.assessment == "proposed" else ("没有待确认的考核建议", "no assessment is proposed")


def idle_reassign(move: Move) -> tuple[str, str] | None:
    unit, people = move.said.get("unit"), move.terms.people
    if unit == move.task.unit:
        return "已由该单位负责", "that unit answers already"
    known = isinstance(unit, str) and people.known_unit(unit, move.at)
    return None if known else (f"组织机构中没有单位 '{unit}'", f"there is no unit '{unit}'")


def idle_merge(move: Move) -> tuple[str, str] | None:
    into = move.said.get("into")
    if into == move.task.id:
        return "不能并入自身", "a task cannot be merged into itself"
    parent = move.parent
    if parent is None or parent.is_over:
        return f"没有未销号的任务 '{into}'", f"there is no open task '{into}'"
    return None


def idle_interim(move: Move) -> tuple[str, str] | None:
    clock = move.task.clocks.get("interim")
    return None if clock is not None and clock.is_open else ("不需要初步说明", "no interim explanation is owed")


def idle_ack(move: Move) -> tuple[str, str] | None:
    task, ladder = move.task, move.terms.profile.ladder
    person, signed = with_signature(move)
    if not move.terms.people.known(person, move.at):
        return f"组织机构中没有 '{person}'", f"nobody is called '{person}' in the organisation"
    missing = unsigned(task, ladder)
    if task.state != "ISSUED" and not missing:
        return "已签收", "it is signed"
    if missing and signed == task.signed and person == task.person:
        names = who_signs(task, ladder, move.terms.people, move.at)
        return f"您已签收, 还须 {'、'.join(names)} 签收", f"you have signed; {' and '.join(names)} still has to"
    return None


IDLE: Final[dict[str, Callable[[Move], tuple[str, str] | None]]] = {
    "C.ack": idle_ack,
    "C.resume": idle_resume,
    "C.pause": idle_pause,
    "C.escalate": idle_escalate,
    "C.deescalate": idle_lower,
    "C.confirm_assessment": idle_assessment,
    "C.drop_assessment": idle_assessment,
    "C.reassign": idle_reassign,
    "C.merge": idle_merge,
    "C.submit_interim": idle_interim,
}
#: These point at something that only the command itself names.
POINTING: Final = frozenset({"C.reassign", "C.merge"})
QUESTIONS: Final = (unknown_actor, wrong_role, stale, incomplete, idle)


def by_guard(move: Move, rows: tuple[Row, ...]) -> Row | Refused:
    """Return the row whose guard holds, or what keeps the likeliest one from holding."""
    atoms = frozenset(atom.lstrip("¬") for row in rows for atom in row.guard)
    true = true_atoms(move, atoms)
    for row in rows:
        if holds(row.guard, true):
            return row
    missing = [atom for atom in rows[0].guard if (atom.lstrip("¬") in true) == atom.startswith("¬")]
    return at_guard(move, missing[0])


def at_guard(move: Move, atom: str) -> Refused:
    """Return the refusal at a guard, in the words that fit this person."""
    guard = GUARDS[atom.lstrip("¬")]
    if atom in {"sep", "two"}:
        return not_separate(move, atom)
    if atom == "signed":
        return refused(atom, move, guard.zh, guard.en, who_signs(move.task, move.terms.profile.ladder, move.terms.people, move.at))
    return with_faults(atom, move, guard.zh or guard.meaning, guard.en or guard.meaning, move.faults)


def with_faults(code: str, move: Move, zh: str, en: str, faults: Sequence[Fault]) -> Refused:
    """Return a refusal that says everything that is wrong, and has it one by one for those who show it at its place."""
    brief = refused(code, move, zh, en)
    if not faults:
        return brief
    listed = "; ".join(str(one) for one in faults)
    whole = refused(code, move, f"{zh}: {listed}", f"{en}: {listed}")
    return whole._replace(faults=tuple(faults), brief=(brief.zh, brief.en))


def faults_of_return(said: object) -> Sequence[Fault]:
    """Return what is wrong with the fields that a rejection names: `field: code`, or a list of `field`, `code` and `text`."""
    if isinstance(said, dict):
        said = [{"field": name, "code": code} for name, code in said.items()]
    try:
        return check_returns(msgspec.convert(said, list[Return]))
    except msgspec.ValidationError:
        return (fault((), "return-empty"),)


def not_separate(move: Move, atom: str) -> Refused:
    """Return who may not judge, and who may."""
    mine = frozenset({move.actor})
    if move.actor in move.task.authors.values():
        who = people_with(move, ("SUP", "SUP_HEAD"), besides=mine) or (f"a supervisor other than {move.actor}",)
        return refused(atom, move, "是您本人所写", "you wrote it", who)
    if move.is_separate(move.actor, move.role):
        who = people_with(move, ("SUP_HEAD", "SUP"), besides=mine)
        return refused(atom, move, "还须另一人确认", "a second person must say the same", who)
    who = people_with(move, ("SUP", "SUP_HEAD"), besides=mine)
    return refused(atom, move, GUARDS[atom].zh, GUARDS[atom].en, who)
