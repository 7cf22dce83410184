"""`clearly rules check`: every problem of a rules folder at once."""

from __future__ import annotations

import sys
import time
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from streams import clock
from streams.cli.junit import Case, write_junit
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.problems import checked
from streams.cli.screen import console, print_json
from streams.folder import Folder, read_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streams.cli.problems import Checked

#: Seconds between two looks whether a file has changed.
PAUSE = 0.5


class Judged(NamedTuple):
    """As of which day a folder is judged, and under whose numbers."""

    as_of: str | None = None
    profile: str | None = None


def check_rules(root: Path, judged: Judged, *, as_json: bool, junit: Path | None, watch: bool) -> int:
    """Print the problems of a rules folder, and return the exit code."""
    day = clock.moment(clock.now()).date()
    if judged.as_of is not None:
        try:
            day = date.fromisoformat(judged.as_of)
        except ValueError as error:
            raise Refused(f"--as-of {judged.as_of}: not a date; write for example 2026-03-01") from error
    code = told(checked(root, day, judged.profile), root, as_json=as_json, junit=junit)
    while watch:
        code = again(root, day, judged.profile, as_json=as_json, junit=junit)
    return code


def again(root: Path, day: date, profile: str | None, *, as_json: bool, junit: Path | None) -> int:
    """Wait until a file has changed, then check once more."""
    before = version(root)
    while version(root) == before:
        time.sleep(PAUSE)
    sys.stdout.write("\n")
    return told(checked(root, day, profile), root, as_json=as_json, junit=junit)


def version(root: Path) -> str:
    """Return the hash of the folder, or why it cannot be read just now."""
    folder = read_folder(root)
    return folder.version if isinstance(folder, Folder) else "\n".join(folder)


def told(found: Checked, root: Path, *, as_json: bool, junit: Path | None) -> int:
    """Print what was found, and return the exit code."""
    if junit is not None:
        write_junit(junit, "rules check", cases(found, root))
    if as_json:
        print_json(found.findings)
    else:
        show(found)
    return FINDINGS if found.errors else FINE


def cases(found: Checked, root: Path) -> Iterator[Case]:
    """Return a test case for each file of the folder; warnings do not fail it."""
    for path in found.files:
        mine = [one for one in found.findings if one.file == str(root / path) and one.level == "error"]
        yield Case("rules check", path, str(root / path), mine[0].line if mine else 1, tuple(map(str, mine)))


def show(found: Checked) -> None:
    """Print a line for each problem, and one for all of it."""
    screen = console()
    for one in found.findings:
        place, _, message = str(one).partition(": ")
        screen.print(Text.assemble((place, "bold"), f": {message}", style="" if one.level == "error" else "yellow"), soft_wrap=True)
    warnings = len(found.findings) - found.errors
    book = found.folder.rulebook
    counted = "" if book is None else f"{several(len(book.rules), 'rule')}, {several(len(found.folder.tests), 'test')}: "
    errors = several(found.errors, "error") if found.errors else "no errors"
    doubts = f", {several(warnings, 'warning')}" if warnings else ""
    summary = counted + errors + doubts
    screen.print(Text(summary, style="red" if found.errors else "green"))


def several(count: int, noun: str) -> str:
    """Return a number of things."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
