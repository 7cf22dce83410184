"""`clearly audit`: what is not as it was written, what an auditor takes along, and what is to be kept somewhere else."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec
from rich.text import Text

from engine.calendar import show_instant
from engine.casework import read_export
from streams import docket
from streams.audit import Audit, Examined, Finding, exported, told
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.question import reader_of
from streams.cli.screen import Meter, both, console, plain_table, print_json, under
from streams.cli.standing import zone_in
from streams.rules import recalled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from engine.casework import People
    from streams.store import Reader

#: So many findings are shown; all of them with --json.
SHOWN = 200


def verify_database(db: Path, anchor: str | None, *, as_json: bool) -> int:
    """Audit a database, print what was found, and return the exit code: 1 where anything was."""
    with closing(reader_of(db)) as reader, Meter() as meter:
        found = Audit(reader, lambda stage, done, total: meter(both(f"audit.{stage}"), done, total), people_in(reader)).examined(anchor)
    return answered(found, anchor, as_json=as_json)


def people_in(reader: Reader) -> People | None:
    """Return the organisation of the rules that ran last, if they have one."""
    kept = reader.rulebook()
    rules = None if kept is None else recalled(*kept)
    return None if rules is None or rules.places is None else rules.places.people


def verify_file(file: Path, anchor: str | None, *, as_json: bool) -> int:
    """Verify an export, print what was found, and return the exit code."""
    with file.open("rb") as lines, Meter() as meter:
        found = read_export(counted(lines, file.stat().st_size, meter), anchor)
    problems = [Finding("export", "", one, one) for one in found.problems]
    tasks = len({entry.task_id for entry in found.entries})
    told_ones = [told(one) for one in found.tampered]
    return answered(Examined(len(found.entries), tasks, len(found.checkpoints), 0, [*problems, *told_ones], []), anchor, as_json=as_json)


def counted(lines: Iterator[bytes] | Any, size: int, meter: Meter) -> Iterator[bytes]:
    """Give the lines of a file, and show how far that is."""
    read = 0
    for number, line in enumerate(lines):
        read += len(line)
        if number % 500 == 0:
            meter(both("audit.journal"), read, size)
        yield line


def answered(found: Examined, anchor: str | None, *, as_json: bool) -> int:
    """Print what an audit found, and return the exit code."""
    code = FINDINGS if found.findings or found.broken else FINE
    if as_json:
        print_json({"whole": code == FINE, **msgspec.to_builtins(found)})
        return code
    screen = console()
    parts = (("records", found.entries), ("tasks", found.tasks), ("checkpoints", found.checkpoints), ("files", found.files))
    screen.print(f"{both('audit.looked at')}: " + ", ".join(f"{count:,} {both(f'audit.{what}')}" for what, count in parts), soft_wrap=True)
    for title, many in (("audit.found", found.findings), ("audit.broken", found.broken)):
        if many:
            under(screen, f"{both(title)}: {len(many):,}", listed(many))
    if code == FINE:
        screen.print(Text(both("audit.whole"), style="green"))
        if anchor is None:
            screen.print(Text(both("audit.no anchor"), style="yellow"), soft_wrap=True)
    return code


def listed(found: Sequence[Finding]) -> Text:
    """Return findings, two lines each where they have two languages."""
    lines = Text()
    for one in found[:SHOWN]:
        lines.append(f"{one.zh}\n", style="red")
        if one.en != one.zh:
            lines.append(f"  {one.en}\n")
    if len(found) > SHOWN:
        lines.append(f"… {len(found) - SHOWN:,}")
    return lines


def export_journal(db: Path, out: Path, parts: Sequence[str], *, as_json: bool) -> int:
    """Write an export, whole or not at all, say what is in it, and return the exit code."""
    writing = out.with_name(f".{out.name}.writing")
    with closing(reader_of(db)) as reader, Meter() as meter:
        tasks = {named(reader, db, part) for part in parts} or None
        lines = exported(reader, tasks, lambda stage, done, total: meter(both(f"audit.{stage}"), done, total))
        head: dict[str, Any] = {}
        try:
            with writing.open("wb") as file:
                for line in lines:
                    head = head or msgspec.json.decode(line)
                    file.write(line)
            writing.replace(out)
        finally:
            writing.unlink(missing_ok=True)
        points = docket.checkpoints(reader)
    last = points[-1].hash if points else None
    said = {"file": str(out), "entries": head["entries"], "tasks": len(head["tasks"]), "checkpoints": head["checkpoints"], "last": last}
    if as_json:
        print_json(said)
        return FINE
    screen = console()
    screen.print(
        f"{both('audit.exported')} {out}: {said['entries']:,} {both('audit.records')}, {said['tasks']:,} {both('audit.tasks')}, "
        f"{said['checkpoints']:,} {both('audit.checkpoints')}",
        soft_wrap=True,
    )
    screen.print(last or both("audit.no roots"), soft_wrap=True)
    return FINE


def named(reader: Reader, db: Path, part: str) -> str:
    """Return the task of the journal that an id, or a part of it that no other has, means; those that are long over, too."""
    names: list[str] = [name for (name,) in reader.ask("SELECT DISTINCT task FROM journal WHERE instr(task, ?) > 0 LIMIT 6", part)]
    if part in names:
        return part
    if not names:
        raise Refused(f"{db}: the journal tells of no task '{part}'", FINDINGS)
    if len(names) > 1:
        more = " …" if len(names) > 5 else ""
        raise Refused(f"{db}: several tasks have '{part}' in their id: {', '.join(names[:5])}{more}", FINDINGS)
    return names[0]


def show_roots(db: Path, most: int, *, as_json: bool) -> int:
    """Print the newest checkpoints, and return the exit code."""
    with closing(reader_of(db)) as reader:
        points = docket.checkpoints(reader)[::-1][:most]
        zone = zone_in(reader)
    if as_json:
        print_json([{"number": one.number, "at": one.at, "first": one.first, "entries": one.count, "hash": one.hash} for one in points])
        return FINE
    screen = console()
    if not points:
        screen.print(both("audit.no roots"))
        return FINE
    heads = [both(f"audit.{name}") for name in ("number", "made", "records", "hash")]
    table = plain_table(*heads, right=(heads[0], heads[2]))
    for one in points:
        table.add_row(f"{one.number:,}", show_instant(one.at // 1_000_000 * 1_000_000, zone)[:16], f"{one.count:,}", one.hash)
    screen.print(table)
    screen.print(Text(both("audit.keep"), style="dim"), soft_wrap=True)
    return FINE
