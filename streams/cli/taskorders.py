"""`clearly task ack`, `accept`, `reject` …: commands on tasks, with what came of each in both languages."""

from __future__ import annotations

from base64 import b64encode
from contextlib import closing
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from rich.text import Text

from engine.calendar import parse_instant, show_instant
from engine.casework import STATES, check_returns, read_return, refused_for_size
from streams import clock
from streams.cli.desk import Desk
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.screen import both, console, print_json
from streams.cli.tasklist import minutes
from streams.orders import Asked, File

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from streams.cli.options import Where
    from streams.orders import Told


class Who(NamedTuple):
    """Who gives a command, in which role, and for what reason; `seq` is the entry that was seen, the newest where nothing is said."""

    actor: str
    role: str = ""
    reason: str = ""
    seq: int | None = None


def order_tasks(
    db: Where,
    command: str,
    parts: Sequence[str],
    who: Who,
    *,
    data: dict[str, Any] | None = None,
    fields: dict[str, Any] | None = None,
    evidence: Sequence[str] = (),
    files: Sequence[File] = (),
    moments: Mapping[str, str] = MappingProxyType({}),
    as_json: bool = False,
) -> int:
    """Give a command to one task or several, print what came of each, and return the exit code: 1 where one of them was refused.

    `moments` are data as they were typed, by the name of their option.
    """
    with closing(Desk(db)) as desk:
        said = {**(data or {}), **{option.replace("-", "_"): moment_in(text, desk.zone, f"--{option}") for option, text in moments.items()}}
        asked = []
        for part in parts:
            task = desk.task(part)
            seq = task.seq if who.seq is None else who.seq
            asked.append(
                Asked(command, task.id, who.actor, seq, "", who.role, who.reason, said, fields or {}, tuple(evidence), tuple(files))
            )
        results = desk.give(asked)
        if as_json:
            print_json(results)
        else:
            for one in results:
                tell(one, desk.zone)
    return FINDINGS if any(one.outcome == "refused" for one in results) else FINE


def tell(one: Told, zone: str) -> None:
    """Print what came of one command."""
    screen = console()
    if one.outcome == "refused":
        screen.print(Text.assemble((f"✗ {both('order.refused')} ", "red"), (one.task, "bold")), soft_wrap=True)
        screen.print(Text(f"  {one.zh}\n  {one.en}"), soft_wrap=True)
        if one.who:
            screen.print(f"  {both('order.who')} {', '.join(one.who)}", soft_wrap=True)
        return
    mark = {"done": "✓", "proposed": "½"}.get(one.outcome, "=")
    screen.print(Text.assemble((f"{mark} {both(f'order.{one.outcome}')} ", "green"), (one.task, "bold")), soft_wrap=True)
    if one.state is not None:
        state = STATES[one.state]
        due = "" if one.due is None else f" · {both('task.due')} {show_instant(minutes(one.due), zone)}"
        screen.print(f"  {state.zh} {state.en}{due}", soft_wrap=True)
    if one.outcome == "proposed":
        screen.print(f"  {both('order.second')} {', '.join(one.who) or '—'}", soft_wrap=True)


def moment_in(text: str, zone: str, option: str) -> str:
    """Return a moment as commands carry it, in a time zone unless an offset is written; refuse what is none."""
    found = parse_instant(text, zone)
    if found is None:
        raise Refused(f"{option} {text}: not a date or a time; write for example 2026-03-20 or 2026-03-20T17:30")
    return clock.moment(found).isoformat()


def returns_in(written: Sequence[str]) -> list[dict[str, str]]:
    """Return the fields that are returned, each `field:code` or `field:code:more`; refuse, all at once, those that make no sense."""
    returns = [read_return(one) for one in written]
    faults = check_returns(returns)
    if faults:
        raise Refused([str(one) for one in faults], FINDINGS)
    return [msgspec.to_builtins(one) for one in returns]


def files_in(paths: Sequence[Path], classification: str = "internal") -> list[File]:
    """Return files as they are handed in; refuse, all at once and before reading them, those that are missing, empty or too large."""
    faults = []
    for path in paths:
        if not path.is_file():
            faults.append(f"{path}: there is no such file")
        elif (fault := refused_for_size(path.name, path.stat().st_size)) is not None:
            faults.append(f"{path}: {fault}")
    if faults:
        raise Refused(faults)
    return [File(path.name, b64encode(path.read_bytes()).decode(), classification) for path in paths]
