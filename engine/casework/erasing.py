"""Personal data is erased on somebody's word: the journal says whose, and why; it moves no task, and no deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.casework.command import Dropped, Moved, Outcome, Refused
from engine.casework.evidence import ERASED, check_erasure, erasure, evidence_in
from engine.casework.fault import fault
from engine.casework.journal import link
from engine.casework.life import UNREAD, Reading, refuse
from engine.casework.move import Move
from engine.casework.task import Task, apply

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.casework.command import Command
    from engine.casework.fault import Fault
    from engine.casework.journal import Entry
    from engine.casework.terms import Terms

#: What it is called among commands. The table does not list it: it is possible in every state, and leads nowhere.
ERASE: Final = "erase"
#: Who may: neither of them is of the unit, and neither handed the evidence in for it.
MAY: Final = ("SUP_HEAD", "ADMIN")


def erase(task: Task, asked: Command, journal: Sequence[Entry], at: int, terms: Terms, reading: Reading = UNREAD) -> Outcome:
    """Return the task with the entry that says what is erased, or why it is not. `journal` is the whole journal of the task."""
    if asked.id in task.heard:
        return Dropped("repeated")
    move = Move(task, "C.erase", max(at, task.at), terms, asked.actor, asked.role, asked.reason, command=asked)
    why = refused(move, asked, journal)
    if why is not None:
        return refuse(move, why, reading)
    role = next(role for role in MAY if role in move.roles_of(asked.actor))
    said = erasure(journal[-1], asked.evidence, asked.reason, actor=asked.actor, role=role, at=move.at)
    heard = {"change": {"heard": {asked.id: task.seq + 1}}}  # sent again, it is known
    entry = link(journal[-1], replace(said, data={**said.data, **heard}))
    return Moved(apply(task, entry), (entry,), ())


def refused(move: Move, asked: Command, journal: Sequence[Entry]) -> Refused | None:
    """Return why nothing is erased."""
    people = move.terms.people
    if not people.known(asked.actor, move.at):
        return answer("actor", f"组织机构中没有 '{asked.actor}'", f"nobody is called '{asked.actor}' in the organisation")
    if not move.roles_of(asked.actor).intersection(MAY):
        holders = (people.holder(role, move.task.unit, move.at) for role in MAY)
        who = tuple(dict.fromkeys(name for name in holders if name is not None))
        return answer("role", "须由分管领导/监督负责人或管理员办理", "it takes SUP_HEAD or ADMIN", who)
    texts = [name for name in asked.evidence if name.startswith("#")]
    pieces = [name for name in asked.evidence if name not in texts]
    faults = (*check_erasure(pieces, asked.reason, evidence_in(journal)), *check_texts(texts, move.task, journal))
    if faults:
        zh, en = ("；".join(one.say("zh") for one in faults), "; ".join(one.say("en") for one in faults))
        return answer("incomplete", zh, en)._replace(faults=faults)
    if not asked.evidence:
        return answer("incomplete", "写明清除哪些佐证或哪条记录", "name the evidence, or the record, to erase")
    return None


def check_texts(names: Sequence[str], task: Task, journal: Sequence[Entry]) -> Iterator[Fault]:
    """Return what keeps the text of records, each named by its number as `#7`, from being erased.

    What was refused was never taken, so it goes at any time. What was taken is what people judge by, and stays until the task is over.
    """
    records = {f"#{entry.seq}": entry for entry in journal}
    for name in names:
        entry = records.get(name)
        if entry is None or not entry.payload_hash:
            yield fault((ERASED, name), "no-text", value=name)
        elif entry.payload is None:
            yield fault((ERASED, name), "text-gone", value=name)
        elif entry.kind != "command.refused" and not task.is_over:
            yield fault((ERASED, name), "text-in-use", value=name)


def answer(code: str, zh: str, en: str, who: tuple[str, ...] = ()) -> Refused:
    """Return a refusal that begins with what was asked for, and ends with who could."""
    can, could = (f"；可由 {'、'.join(who)} 办理", f"; {' or '.join(who)} can") if who else ("", "")
    return Refused(code, f"不能清除: {zh}{can}", f"cannot erase: {en}{could}", who)
