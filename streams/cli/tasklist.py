"""`clearly task list` and `show`: what is due first, how a task stands, whose turn it is, what may be done now, and why not."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from rich.text import Text

from engine.calendar import show_instant
from engine.casework import STATES
from engine.watching import LANGUAGES, say
from streams import tasktable
from streams.cli.desk import Desk
from streams.cli.outcome import FINE, Refused
from streams.cli.screen import SEVERITIES, both, console, plain_table, print_json, under, wrapping
from streams.tasktable import Filter

if TYPE_CHECKING:
    from rich.console import Console

    from engine.casework import Ladder, Task
    from engine.places import People
    from streams.cli.options import Where

MINUTE = 60_000_000
HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE


class Wanted(NamedTuple):
    """Which tasks a list is to show, as it was asked for. A unit stands for everything below it too."""

    mine: str | None = None
    overdue: bool = False
    level: int | None = None
    unit: str | None = None
    state: str | None = None
    rule: str | None = None
    all: bool = False
    most: int = 50


def list_tasks(db: Where, wanted: Wanted, *, as_json: bool) -> int:
    """Print the tasks that are wanted, what was missed first, then what is due first; return the exit code."""
    with closing(Desk(db)) as desk:
        asked = filter_of(desk, wanted)
        found = list(tasktable.listed(desk.reader, asked))
        if as_json:
            print_json([as_value(task, desk.now) for task in found])
            return FINE
        show_list(console(), desk, found, tasktable.counted(desk.reader, asked))
    return FINE


def filter_of(desk: Desk, wanted: Wanted) -> Filter:
    """Return the filter that was asked for; refuse a state or a unit that there is not."""
    places = None if wanted.unit is None else desk.rules.book.places
    people = None if places is None else places.people
    if wanted.state is not None and wanted.state.upper() not in STATES:
        raise Refused(f"--state {wanted.state}: there is no such state; one of {', '.join(STATES)}")
    return Filter(
        over=None if wanted.all else False,
        units=units_of(desk, people, wanted.unit),
        person=wanted.mine,
        rule=wanted.rule,
        state=None if wanted.state is None else wanted.state.upper(),
        level=wanted.level,
        overdue=desk.now if wanted.overdue else None,
        most=wanted.most,
    )


def units_of(desk: Desk, people: People | None, unit: str | None) -> list[str] | None:
    """Return the units with tasks that lie in a unit, itself included; None where no unit was asked for."""
    if unit is None:
        return None
    named = [name for (name,) in desk.reader.ask("SELECT DISTINCT unit FROM tasks")]
    inside = [name for name in named if name == unit or (people is not None and people.within(name, unit, desk.now))]
    if not inside and (people is None or not people.known_unit(unit, desk.now)):
        raise Refused(f"--unit {unit}: there is no such unit")
    return inside


def show_list(screen: Console, desk: Desk, found: list[Task], count: int) -> None:
    """Print three lines for each task: when it is due and how it stands, what it is about, and who answers."""
    ladder = desk.profile.ladder
    for task in found:
        late, state = task.is_overdue(desk.now), STATES[task.state]
        due = Text(when(task, desk.now, desk.zone), style="bold red" if late else "bold")
        level = Text(f"  {level_of(task, ladder)}  ", style=SEVERITIES.get(task.severity, ""))
        screen.print(Text.assemble(due, level, f"{state.zh} {state.en}"), soft_wrap=True)
        screen.print(f"  {task.say}", soft_wrap=True)
        screen.print(
            Text.assemble("  ", " · ".join(one for one in (task.unit, task.person) if one), (f"  {task.id}", "dim")), soft_wrap=True
        )
    screen.print(both("task.shown", shown=f"{len(found):,}", all=f"{count:,}"))


def level_of(task: Task, ladder: Ladder) -> str:
    """Return the rung of a task, in words and as a number."""
    if task.level is None:
        return "—"
    return f"L{task.level} {ladder.rungs[task.level].title}"


def when(task: Task, now: int, zone: str) -> str:
    """Return the next deadline, from now and by the clock; or since when the clock stands."""
    due = task.due()
    if task.suspensions:
        since = min(one.since for one in task.suspensions.values())
        return f"{both('task.paused')} {show_instant(minutes(since), zone)}"
    if due is None:
        return "—"
    return f"{show_instant(minutes(due), zone)}  {distance(due - now)}"


def minutes(at: int) -> int:
    """Return an instant without its seconds."""
    return at // MINUTE * MINUTE


def distance(length: int) -> str:
    """Return how far away a deadline is, or how long it has passed."""
    far = abs(length)
    number, unit = (far // DAY, "days") if far >= 2 * DAY else (far // HOUR, "hours") if far >= 2 * HOUR else (far // MINUTE, "minutes")
    key = "task.in" if length >= 0 else "task.late"
    return " ".join(say(language, key, length=say(language, unit, amount=number)) for language in LANGUAGES)


def as_value(task: Task, now: int) -> dict[str, Any]:
    """Return a task for machines; times in microseconds since 1970."""
    from engine.casework import waits_for

    return {
        **msgspec.to_builtins(task),
        "due": task.due(),
        "overdue": task.is_overdue(now),
        "waits_for": waits_for(task),
    }


def show_task(db: Where, part: str, actor: str | None, *, as_json: bool) -> int:
    """Print how one task stands and what a person may do now; return the exit code."""
    from engine.casework import choices, unsigned

    with closing(Desk(db)) as desk:
        task = desk.task(part)
        allowed = choices(task, actor, desk.now, desk.terms()) if actor else []
        if as_json:
            told = {"allowed": [one.command for one in allowed if one.refused is None]} if actor else {}
            why_not = {one.command: one.refused.en for one in allowed if one.refused is not None}
            unsaid = {"to_sign": [*unsigned(task, desk.profile.ladder)]}
            value = as_value(task, desk.now) | unsaid | told | ({"why_not": why_not} if actor else {})
            print_json(value)
            return FINE
        show_standing(console(), desk, task)
        if actor:
            show_choices(console(), actor, allowed)
    return FINE


def show_standing(screen: Console, desk: Desk, task: Task) -> None:
    """Print the state, the clocks, the ladder and who must act."""
    from engine.casework import waits_for

    state = STATES[task.state]
    screen.print(Text.assemble((task.id, "bold"), f"  {task.say}"), soft_wrap=True)
    table = wrapping(plain_table("", ""))
    rows = {
        "task.state": f"{state.zh} {state.en} · {both('task.cycle', cycle=task.cycle, round=task.round)}",
        "task.turn": both(f"turn.{waits_for(task) or 'nobody'}"),
        "task.who": " · ".join(one for one in (task.unit, task.person) if one),
        "task.signed": signatures(desk, task),
        "task.due": when(task, desk.now, desk.zone),
        "task.level": level_of(task, desk.profile.ladder),
        "task.evidence": ", ".join(f"{name}{'' if kind != 'withdrawn' else ' ✗'}" for name, kind in task.evidence.items()) or "—",
    }
    for name, value in rows.items():
        table.add_row(Text(both(name), style="dim"), value)
    screen.print(table)
    if task.clocks:
        show_clocks(screen, desk, task)
    show_ladder(screen, desk, task)


def signatures(desk: Desk, task: Task) -> str:
    """Return who has signed, and who still has to where both have to."""
    from engine.casework import unsigned, who_signs

    said = ", ".join(dict.fromkeys(task.signed.values())) or "—"
    if not unsigned(task, desk.profile.ladder):
        return said
    return f"{said} · {both('task.to sign', names=', '.join(who_signs(task, desk.profile.ladder, desk.terms().people, desk.now)))}"


def show_clocks(screen: Console, desk: Desk, task: Task) -> None:
    """Print every clock of a task."""
    table = plain_table(both("task.clock"), both("task.owner"), both("task.allowed"), both("task.due"), "")
    for name, clock in task.clocks.items():
        due = "—" if clock.due is None else show_instant(minutes(clock.due), desk.zone)
        marks = [both("task.breached")] if clock.breached is not None else []
        marks += [both("provisional")] if clock.provisional else []
        marks += [both("task.stopped")] if clock.stopped is not None else []
        table.add_row(both(f"clock.{name}"), both(f"turn.{clock.owner}"), clock.length, due, " ".join(marks))
    under(screen, both("task.clocks"), table)


def show_ladder(screen: Console, desk: Desk, task: Task) -> None:
    """Print the rungs that were reached, and when."""
    table = plain_table("", "", "")
    rungs = desk.profile.ladder.rungs
    reached = {int(name): claim for name, claim in task.claims.items()}
    for number, rung in enumerate(rungs):
        claim = reached.get(number)
        at = min(task.warned.values(), default=None) if number == 0 and claim is None else None if claim is None else claim.at
        mark = Text("●", style="red") if at is not None else Text("○", style="dim")
        table.add_row(mark, f"L{number} {rung.title}", "" if at is None else show_instant(minutes(at), desk.zone))
    under(screen, both("task.ladder"), table)


def show_choices(screen: Console, actor: str, allowed: list[Any]) -> None:
    """Print what a person may do now, and of the rest why not."""
    table = plain_table("", "", "", wrap=("",))
    for one in sorted(allowed, key=lambda one: one.refused is not None):
        mark = Text("✓", style="green") if one.refused is None else Text("–", style="dim")
        why = "" if one.refused is None else f"{one.refused.zh}\n{one.refused.en}"
        table.add_row(mark, f"{one.command.replace('_', '-')} {one.zh}", Text(why, style="dim"))
    under(screen, f"{actor}: {both('task.may')}", table)
