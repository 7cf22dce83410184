"""The verbs of a task's life: open, happen, command, expire. Each returns what came of it; nothing is kept here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec.structs import replace

from engine.casework.addressee import addressed, told
from engine.casework.clock import rebased
from engine.casework.command import NEEDS, Dropped, Moved, Refused
from engine.casework.effects import EFFECTS
from engine.casework.evidence import ITEMS
from engine.casework.form import known_field
from engine.casework.guards import true_atoms
from engine.casework.hours import WALL
from engine.casework.journal import Entry, chained
from engine.casework.move import Move
from engine.casework.publication import published
from engine.casework.refusal import choose, unknown_command
from engine.casework.rungs import RUNG
from engine.casework.settling import settled
from engine.casework.signing import who_signs
from engine.casework.state import OVER, STATES
from engine.casework.table import Row, holds, rows_for
from engine.casework.task import Proposal, Task, advanced, difference

if TYPE_CHECKING:
    from engine.casework.command import Command, Outcome
    from engine.casework.hours import Hours
    from engine.casework.move import Occurrence
    from engine.casework.terms import Terms


class Reading(NamedTuple):
    """What the process saw by the way: the clock, and its place in the log."""

    noticed: int | None = None
    position: str | None = None


#: In the payload of a refusal, what quotes the form that was refused. No field of a form is called so.
QUOTED: Final = "#refused"
#: Nothing was read by the way: a replay, a story, a test.
UNREAD = Reading()


def start(task: Task, occurrence: Occurrence, at: int, terms: Terms, reading: Reading = UNREAD) -> Moved:
    """Return a new task with its first entry. `task` says what was found and who answers; it has no state yet."""
    move = Move(task, "R.match", at, terms, occurrence=occurrence)
    move.details["source_delay"] = max(0, at - occurrence.happened_at)
    row = enabled(move)
    assert row is not None
    return step(move, row, reading, origin=Task(id=task.id))


def happen(task: Task, occurrence: Occurrence, at: int, terms: Terms, reading: Reading = UNREAD) -> Outcome:
    """Return what an event of the rule engine or of a parent does to a task. What no row lists is kept as evidence only."""
    move = Move(task, occurrence.event, max(at, task.at), terms, occurrence=occurrence)
    if changes_nothing(task, occurrence):
        return Dropped("repeated")
    row = enabled(move)
    return aside(move, "evidence.added", reading) if row is None else step(move, row, reading)


def expire(task: Task, timer: str, generation: int, terms: Terms, reading: Reading = UNREAD) -> Outcome:
    """Return what a timer does that has run out. One that is no longer the armed one does nothing."""
    armed = task.timers.get(timer)
    if armed is None or armed.generation != generation:
        return Dropped("timer no longer armed")
    move = Move(task, timer, max(armed.due, task.at), terms)
    row = enabled(move)
    if row is None:
        return Dropped("timer without a row")
    return step(move, row, reading)


def command(task: Task, asked: Command, at: int, terms: Terms, reading: Reading = UNREAD, parent: Task | None = None) -> Outcome:
    """Return what a command does to a task: it moves it, waits for a second person, or is refused; each is an entry."""
    if asked.id in task.heard:
        return Dropped("repeated")
    at = max(at, task.at)
    move = Move(task, f"C.{asked.command}", at, terms, asked.actor, asked.role, asked.reason, command=asked, parent=parent)
    found = choose(move) if asked.command in NEEDS else unknown_command(asked.command)
    if isinstance(found, Row):
        return step(move, found, reading)
    if found.code == "two" and is_first_voice(move):
        return propose(move, found, reading)
    return refuse(move, found, reading)


def is_first_voice(move: Move) -> bool:
    """Return whether somebody who may judge says it first; who repeats himself is not a second person."""
    said = move.task.proposals.get(move.event.removeprefix("C."))
    mine = said is not None and said.actor == move.actor and said.data == move.said
    return move.is_separate(move.actor, move.role) and not mine


def enabled(move: Move) -> Row | None:
    """Return the row that an event takes, or None."""
    rows = rows_for(move.task.state, move.event)
    true = true_atoms(move, frozenset(atom.lstrip("¬") for row in rows for atom in row.guard))
    return next((row for row in rows if holds(row.guard, true)), None)


def changes_nothing(task: Task, occurrence: Occurrence) -> bool:
    """Return whether a task knows already what an occurrence says."""
    if occurrence.id:
        return occurrence.id in task.heard
    match occurrence.event:
        case "R.inhibit":
            return occurrence.parent in task.parents
        case "R.release":
            return occurrence.parent not in task.parents
        case _:
            return False


def step(move: Move, row: Row, reading: Reading, origin: Task | None = None) -> Moved:
    """Return the task after a row: its effect, then the state, then everything that follows from how it stands."""
    before = move.task
    state = row.leads(before.state, before.prior)
    after: Task = EFFECTS[row.number](move, before)
    after = replace(after, state=state, **remembered(move, after, state))
    after = settled(after, move.at, move.terms)
    move.details["row"] = row.number
    tell(move, row, after)
    return closed(move, row.kind, row.also, reading, origin or before, after)


def remembered(move: Move, after: Task, state: str) -> dict[str, Any]:
    """Return what every row changes beside its effect."""
    changed: dict[str, Any] = {}
    told = move.command.id if move.command is not None else move.occurrence.id if move.occurrence is not None else ""
    if told:
        changed["heard"] = {**after.heard, told: after.seq + 1}
    if move.event in after.timers:
        changed["timers"] = {name: timer for name, timer in after.timers.items() if name != move.event}
    if state != move.task.state or after.cycle != move.task.cycle:
        changed["proposals"] = {}
    elif move.command is not None and move.command.command in after.proposals:
        changed["proposals"] = {name: one for name, one in after.proposals.items() if name != move.command.command}
    if state in OVER and move.task.state not in OVER:
        changed |= {"over_at": move.at, "suspensions": {}}
    return changed


def tell(move: Move, row: Row, after: Task) -> None:
    """Note who is told: of a rung the addressees of the ladder, of anything for supervision the supervisor."""
    details, at, terms = move.details, move.at, move.terms
    rung = details.get("rung", details.get("floor"))
    if isinstance(rung, int):
        details["told"] = told(after, rung, at, terms)
        if terms.profile.ladder.rungs[rung].sets_date and RUNG in after.clocks:
            details["rectify_by"] = after.clocks[RUNG].due
        if missing := who_signs(after, terms.profile.ladder, terms.people, at):
            details["to_sign"] = list(missing)
    if row.also == "supervision":
        details["supervisor"] = addressed("head" if details.get("step", 1) > 1 else "officer", after, at, terms.people)
    if move.command is not None and ITEMS in move.said:
        details[ITEMS] = move.said[ITEMS]
    if move.command is not None and (first := move.task.proposals.get(move.command.command)) is not None and "two" in row.guard:
        details["with"] = {"actor": first.actor, "role": first.role, "at": first.at}


def closed(move: Move, kind: str, also: str, reading: Reading, before: Task, after: Task) -> Moved:
    """Return the move with its entry in the chain and what is published."""
    entry = chained(
        before.seq,
        before.hash,
        Entry(
            task_id=after.id,
            seq=0,
            kind=kind,
            at=move.at,
            event=move.event,
            actor=move.actor,
            role=move.role,
            reason=move.reason,
            data={**move.details, "change": difference(before, after)},
            state=after.state,
            level=after.level,
            cycle=after.cycle,
            round=after.round,
            noticed=reading.noticed,
            position=reading.position,
            payload=move.payload,
        ),
    )
    task = advanced(before, after, entry)
    return Moved(task, (entry,), published(entry, before, task, also))


def aside(move: Move, kind: str, reading: Reading) -> Moved:
    """Return an entry that leaves the task where it is: what was told about it is kept."""
    came = move.occurrence
    after = move.task
    if came is not None:
        kept = {**after.evidence, **{name: "withdrawn" for name in came.removed if name in after.evidence}}
        findings = {**after.findings, came.finding: "ended"} if came.ended and came.finding else after.findings
        after = replace(
            after,
            evidence={**came.evidence, **kept},
            findings=findings,
            ended_at=came.happened_at if came.ended else after.ended_at,
            heard={**after.heard, came.id: after.seq + 1} if came.id else after.heard,
        )
    return closed(move, kind, "", reading, move.task, after)


def propose(move: Move, waiting: Refused, reading: Reading) -> Moved:
    """Return the task with the first of two voices noted; the second one decides."""
    assert move.command is not None
    said = Proposal(move.actor, move.role, move.at, move.command.data)
    name = move.command.command
    after = replace(
        move.task,
        proposals={**move.task.proposals, name: said},
        heard={**move.task.heard, move.command.id: move.task.seq + 1},
    )
    move.details |= {"command": name, "said": move.command.data, "who": list(waiting.who)}
    return closed(move, "command.proposed", "", reading, move.task, after)


def refuse(move: Move, why: Refused, reading: Reading) -> Refused:
    """Return the refusal with the entry that records it."""
    assert move.command is not None
    zh, en = why.brief or (why.zh, why.en)
    move.details = {"code": why.code, "zh": zh, "en": en, "who": list(why.who), "seen": move.command.seq}
    if why.faults:
        move.details["faults"] = [{"field": known_field(one.field), "code": one.code} for one in why.faults]
    if why.brief is not None:
        move.aside = {QUOTED: {"zh": why.zh, "en": why.en, "where": [one.where for one in why.faults]}}
    after = replace(move.task, heard={**move.task.heard, move.command.id: move.task.seq + 1})
    moved = closed(move, "command.refused", "", reading, move.task, after)
    return why._replace(task=moved.task, entries=moved.entries)


def said_of(entry: Entry) -> tuple[str, str]:
    """Return what an entry that records a refusal says, in Chinese and in English: in full, or what is left once the form is erased."""
    quoted = (entry.payload or {}).get(QUOTED)
    told = quoted if isinstance(quoted, dict) else entry.data
    return str(told["zh"]), str(told["en"])


class Choice(NamedTuple):
    """One command, whether this person may give it now, and if not, why not."""

    command: str
    zh: str
    en: str
    refused: Refused | None


def choices(task: Task, actor: str, at: int, terms: Terms, role: str = "") -> list[Choice]:
    """Return every command of the table with whether a person may give it now. What a form would say is taken as said."""
    found = []
    for name, need in NEEDS.items():
        move = Move(task, f"C.{name}", at, terms, actor, role, asking=True)
        answer = choose(move)
        found.append(Choice(name, need.zh, need.en, answer if isinstance(answer, Refused) else None))
    return found


def rebase(task: Task, hours: Hours, at: int, terms: Terms, reading: Reading = UNREAD) -> Outcome:
    """Return the task with its open clocks counting by another version of the calendar from now on. Verdicts already given stay."""
    move = Move(task, "K.calendar", max(at, task.at), terms)
    moved = {
        name: rebased(clock, move.at, hours, terms.calendars)
        for name, clock in task.clocks.items()
        if clock.calendar not in {WALL, hours.version}
    }
    after = settled(replace(task, clocks={**task.clocks, **moved}), move.at, terms)
    if after == task:
        return Dropped("counts by it already")
    move.details["due"] = {name: [task.clocks[name].due, clock.due] for name, clock in moved.items()}
    return closed(move, "clock.rebased", "", reading, task, after)


def waits_for(task: Task) -> str:
    """Return whose turn it is: `unit`, `supervisor`, `engine`, or nobody."""
    return STATES[task.state].clock
