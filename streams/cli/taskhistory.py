"""`clearly task history`, `why` and `why-due`: what happened to a task, why it exists, and why it is due when it is due."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from rich.text import Text

from engine.calendar import show_instant
from engine.casework import STATES, said_of, why_due
from streams import docket
from streams.cli.desk import Desk
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.screen import both, console, plain_table, print_json, under
from streams.cli.tasklist import minutes

if TYPE_CHECKING:
    from engine.casework import Entry
    from streams.cli.options import Where


def show_history(db: Where, part: str, *, as_json: bool) -> int:
    """Print the journal of a task, an entry a line; return the exit code."""
    with closing(Desk(db)) as desk:
        entries = docket.journal_of(desk.reader, desk.task(part).id)
        if as_json:
            print_json(entries)
            return FINE
        table = plain_table(
            "", both("task.when"), both("task.event"), both("task.by"), both("task.state"), "", wrap=(both("task.event"), "")
        )
        for entry in entries:
            state = STATES[entry.state]
            table.add_row(
                Text(str(entry.seq), style="dim"),
                show_instant(minutes(entry.at), desk.zone),
                both(f"entry.{entry.kind}") + detail(entry),
                entry.actor if entry.actor != "ENGINE" else "—",
                f"{state.zh} {state.en}",
                entry.reason,
            )
        console().print(table)
    return FINE


def detail(entry: Entry) -> str:
    """Return what an entry says beside its kind, where that is worth a word."""
    data = entry.data
    if "rung" in data:
        return f" L{data['rung']}"
    if entry.kind == "clock.breached":
        return f" {both('clock.' + entry.event.removeprefix('T.'))}"
    if entry.kind == "command.refused":
        text = f" #{entry.seq}" if entry.payload_hash else ""
        return f"{text} {' / '.join(said_of(entry))}"
    if entry.kind == "task.reassigned":
        return f" → {data.get('unit', '')}"
    if entry.kind == "evidence.added":
        held = data.get("evidence")
        return f" {', '.join(held)}" if isinstance(held, list | dict) and held else ""
    if entry.kind == "evidence.erased":
        return f" {', '.join(data['erased'])}"
    return ""


def show_why_due(db: Where, part: str, obligation: str | None, *, as_json: bool) -> int:
    """Print the proof of a deadline, day by day; of the next one where none is named. Return the exit code."""
    with closing(Desk(db)) as desk:
        task = desk.task(part)
        entries = docket.journal_of(desk.reader, task.id)
        running = sorted((clock.due, name) for name, clock in task.clocks.items() if clock.due is not None)
        name = obligation or (running[0][1] if running else next(iter(task.clocks), ""))
        lines = why_due(entries, name, desk.terms().calendars)
        if not lines:
            known = ", ".join(task.clocks) or "none"
            raise Refused(f"{task.id}: there is no clock '{name}'; it has {known}", FINDINGS)
        if as_json:
            print_json({"task": task.id, "clock": name, "proof": lines})
        else:
            under(console(), f"{task.id} · {both(f'clock.{name}')}", Text("\n".join(lines)))
    return FINE


def show_why(db: Where, part: str, lang: str) -> int:
    """Print why a task exists: every finding that it came of, explained; return the exit code."""
    from streams.cli.explanation import explain_task

    with closing(Desk(db)) as desk:
        findings = list(desk.task(part).findings)
        return max(explain_task(finding, None, desk.db, None, as_json=False, lang=lang) for finding in findings)
