"""Who has to sign. Below 督办 anybody of the unit; from there on the unit and the named person both, each in his own name.

The lead of the unit who is himself the person named signs for both: nobody is asked twice. What the second one owes has a clock of its own
once the first one has signed and the task has moved on; before that the clock of signing simply runs on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from engine.casework.clock import begin

if TYPE_CHECKING:
    from engine.casework.ladder import Ladder
    from engine.casework.move import Move
    from engine.casework.people import People
    from engine.casework.task import Task
    from engine.casework.terms import Terms

UNIT, PERSON = "unit", "person"
BOTH: Final = (UNIT, PERSON)
#: The clock of a signature that is still missing when the explanation or the remedy is owed.
SIGN: Final = "sign"
#: The states in which it runs; before them the clock of the first signature does.
OWED_IN: Final = frozenset({"ACKED", "REMEDYING"})
LEAD: Final = "UNIT_LEAD"


class Signatures(NamedTuple):
    """Who will explain, and who has signed: the unit, the person, or both, by whom."""

    person: str
    signed: dict[str, str]


def unsigned(task: Task, ladder: Ladder) -> tuple[str, ...]:
    """Return whose signatures are missing where both have to sign; none where one is enough."""
    asks = any(rung.both_sign for rung in ladder.reached(task.level))
    return tuple(side for side in BOTH if side not in task.signed) if asks else ()


def with_signature(move: Move) -> Signatures:
    """Return how the signatures stand once the actor has signed. Another person than before has not signed yet."""
    task, actor = move.task, move.actor
    named = move.said.get("person")
    person = named if isinstance(named, str) and named else task.person or actor
    kept = {side: name for side, name in task.signed.items() if side == UNIT or person == task.person}
    sides = (UNIT,) if actor != person else BOTH if LEAD in move.roles_of(actor) else (PERSON,)
    return Signatures(person, {**dict.fromkeys(sides, actor), **kept})


def who_signs(task: Task, ladder: Ladder, people: People, at: int) -> tuple[str, ...]:
    """Return who still has to sign: the person named, and whoever leads the unit, or the unit where nobody does."""
    lead = people.holder(LEAD, task.unit, at) or task.unit
    names = {UNIT: lead, PERSON: task.person or lead}
    return tuple(dict.fromkeys(names[side] for side in unsigned(task, ladder)))


def signing(task: Task, at: int, terms: Terms) -> Task:
    """Return the task with the clock of a missing signature running since it was asked for; without it where it is asked for no longer."""
    asked = bool(unsigned(task, terms.profile.ladder))
    clock = task.clocks.get(SIGN)
    if asked and clock is None and task.state in OWED_IN:
        return replace(task, clocks={**task.clocks, SIGN: begin("unit", terms.parameters(task).ack, at, terms.calendars)})
    if not asked and clock is not None and clock.is_open and clock.breached is None:
        return replace(task, clocks={name: one for name, one in task.clocks.items() if name != SIGN})
    return task
