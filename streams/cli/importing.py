"""`clearly organisation import`: an export of people and units into the rules folder, checked before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
from rich.text import Text

from engine.calendar import parse_instant
from engine.language import read_rules
from engine.places import BOTH, Wanted, imported, no_organisation, placed
from engine.source import suggest
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.problems import Finding, finding
from streams.cli.screen import Meter, console, print_json
from streams.folder import Folder, read_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from engine.language import Folder as RulesFolder
    from engine.places import Imported
    from engine.source import Problem

CSV = "organisation.csv"
#: So many names are shown of each kind.
SHOWN = 12


class Export(NamedTuple):
    """The file that is taken over, and how."""

    file: Path
    encoding: str
    since: str | None
    complete: bool
    columns: tuple[str, ...]


class Report(msgspec.Struct):
    """What came of it, for machines."""

    written: bool
    added: list[str]
    changed: list[str]
    ended: list[str]
    unchanged: int
    unused_columns: list[str]
    problems: list[Finding]


def import_organisation(export: Export, root: Path, *, dry_run: bool, as_json: bool) -> int:
    """Take an export over, say what came of it, and return the exit code."""
    text = text_of(export)
    folder = read_folder(root)
    if not isinstance(folder, Folder):
        raise Refused(folder)
    with Meter() as meter:
        meter("rules", 0, 3)
        before = read_rules(folder.files)
        meter("import", 1, 3)
        made = taken_over(export, text, folder.files, before)
        meter("check", 2, 3)
        problems = [in_export(one) for one in made.problems]
        if made.text:
            problems += checked(export, root, folder.files, made, text)
    writes = not dry_run and not failed(problems) and bool(made.added or made.changed or made.ended)
    if writes:
        write(root, made.text)
    report = Report(writes, made.added, made.changed, made.ended, made.unchanged, made.unused, problems)
    show(report, root, as_json=as_json, dry_run=dry_run)
    return FINDINGS if failed(problems) else FINE


def text_of(export: Export) -> str:
    """Return the text of the export; refuse one that cannot be read."""
    try:
        return export.file.read_bytes().decode(export.encoding)
    except UnicodeDecodeError as error:
        told = f"{export.file}: byte {error.start + 1} is not {export.encoding}; say how it is written, for example --encoding gb18030"
        raise Refused(told) from error
    except LookupError as error:
        raise Refused(f"--encoding {export.encoding}: there is no such encoding; try utf-8 or gb18030") from error


def taken_over(export: Export, text: str, files: Mapping[str, str], before: RulesFolder) -> Imported:
    """Return what the export makes of organisation.csv; refuse where the folder has errors already, or an option is wrong."""
    book = before.rulebook
    if book is None:
        errors = [str(one) for one in before.problems if one.level == "error"]
        raise Refused(["the rules folder has errors of its own; mend them first", *errors], FINDINGS)
    if export.since is not None and (":" in export.since or parse_instant(export.since, book.zone) is None):
        raise Refused(f"--since {export.since}: not a date; write for example 2026-07-01")
    known = no_organisation() if book.places is None else book.places.organisation
    wanted = Wanted(book.zone, export.since, export.complete, columns_of(export.columns))
    return imported(str(export.file), text, files.get(CSV, ""), known, wanted)


def columns_of(options: Sequence[str]) -> dict[str, str]:
    """Return what --column says: our name -> theirs."""
    found = {}
    for option in options:
        name, equals, column = option.partition("=")
        if not equals or not column.strip():
            raise Refused(f"--column {option}: write NAME=COLUMN, for example person=工号")
        if name.strip() not in BOTH:
            raise Refused(f"--column {option}: there is no '{name}'{suggest(name, BOTH) or '; there is ' + ', '.join(BOTH)}")
        found[name.strip()] = column.strip()
    return found


def checked(export: Export, root: Path, files: Mapping[str, str], made: Imported, text: str) -> list[Finding]:
    """Return what is wrong with the folder as it would be, at the lines of the export where it comes from there."""
    after = read_rules({**files, CSV: made.text})
    errors = [one for one in after.problems if one.level == "error"]
    moved = [placed(one, str(export.file), made, text) for one in errors]
    return [in_export(one) if one.place.file == str(export.file) else finding(root, one) for one in moved]


def in_export(problem: Problem) -> Finding:
    """Return a problem of the export, whose path is one that a person can click."""
    place = problem.place
    return Finding(place.file, place.line, place.column, problem.level, problem.code, problem.say)


def failed(problems: Sequence[Finding]) -> bool:
    """Return whether one of them is an error."""
    return any(one.level == "error" for one in problems)


def write(root: Path, text: str) -> None:
    """Write organisation.csv, whole or not at all."""
    path = root / CSV
    writing = path.with_name(f".{CSV}.writing")
    writing.write_text(text, encoding="utf-8", newline="")
    writing.replace(path)


def show(report: Report, root: Path, *, as_json: bool, dry_run: bool) -> None:
    """Print what came of it."""
    if as_json:
        print_json(report)
        return
    screen = console()
    for one in report.problems:
        place, _, message = str(one).partition(": ")
        screen.print(Text.assemble((place, "bold"), f": {message}", style="" if one.level == "error" else "yellow"), soft_wrap=True)
    for what, names in (("new 新增", report.added), ("changed 变更", report.changed), ("ended 终止", report.ended)):
        if names:
            more = f", … {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
            screen.print(Text.assemble((f"{what} {len(names):,}: ", "bold"), ", ".join(names[:SHOWN]) + more), soft_wrap=True)
    screen.print(f"unchanged 未变 {report.unchanged:,}")
    if report.unused_columns:
        screen.print(Text(f"columns not used 未用的列: {', '.join(report.unused_columns)}", style="dim"), soft_wrap=True)
    if failed(report.problems):
        screen.print(Text("nothing written; mend the file and import it again 未写入", style="red"))
    elif report.written:
        screen.print(Text(f"written: {root / CSV}", style="green"))
    else:
        screen.print(Text("nothing written: a dry run 试运行，未写入" if dry_run else "nothing to change 无变化", style="green"))
