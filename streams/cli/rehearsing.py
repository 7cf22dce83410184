"""`clearly rehearse`: whole stories, with a simulated clock: what happens, who says what, and what must be so then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from engine.calendar import show_instant
from engine.casework import STATES, said_of
from engine.rehearsal.stories import Performance, label, perform, read_story, set_up
from streams.cli.checking import several
from streams.cli.junit import Case, write_junit
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.problems import Finding, checked
from streams.cli.screen import Meter, both, console, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from engine.casework import Entry
    from engine.source import Problem
    from streams.cli.problems import Checked

STORY = ".story.yaml"
MINUTE = 60_000_000
#: So many letters of a refusal are shown.
SHOWN = 100


class Wish(NamedTuple):
    """How the outcome is wanted."""

    as_json: bool
    junit: Path | None
    journal: bool


class Told(NamedTuple):
    """A story that was rehearsed, or could not be read: then there is no performance."""

    file: str
    faults: list[Finding]
    performance: Performance | None

    @property
    def name(self) -> str:
        """Return what the story is called; a story that cannot be read is called by its file."""
        return self.performance.story.name if self.performance is not None else self.file


def rehearse_stories(files: Sequence[Path], root: Path, wish: Wish) -> int:
    """Rehearse stories over a rules folder, print how they went, and return the exit code."""
    found = checked(root)
    if found.folder.rulebook is None:
        raise Refused([str(one) for one in found.findings if one.level == "error"], FINDINGS)
    paths = list(files) or sorted((root / "stories").rglob(f"*{STORY}"))
    if not paths:
        raise Refused(f"{root / 'stories'}: there is no story; a story's file ends in {STORY}")
    told = rehearsed(paths, found)
    if wish.junit is not None:
        write_junit(wish.junit, "rehearse", [Case("story", one.name, one.file, 1, tuple(map(str, one.faults))) for one in told])
    if wish.as_json:
        plain = [as_plain(one) for one in told]
        print_json(plain)
    else:
        show(told, found.folder.rulebook.zone, journal=wish.journal)
    return FINDINGS if any(one.faults for one in told) else FINE


def rehearsed(paths: Sequence[Path], found: Checked) -> list[Told]:
    """Return how each story goes."""
    told = []
    with Meter() as meter:
        for number, path in enumerate(paths, 1):
            told.append(one_story(path, found))
            meter("rehearsing", number, len(paths))
    return told


def one_story(path: Path, found: Checked) -> Told:
    """Return how one story goes."""
    book, basis = found.folder.rulebook, found.folder.basis
    assert book is not None
    assert basis is not None
    story, problems = read_story(text_of(path), str(path), basis, book.rules)
    if story is None:
        return Told(str(path), [at(problem) for problem in problems], None)
    setting = set_up(story, found.files, book)
    if isinstance(setting, list):
        return Told(str(path), [at(problem) for problem in setting], None)
    played = perform(story, setting)
    return Told(str(path), [at(problem) for problem in played.faults], played)


def text_of(path: Path) -> str:
    """Return what a file says; refuse one that is not there, or is not UTF-8."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8") from error


def at(problem: Problem) -> Finding:
    """Return a problem as machines get to see it."""
    place = problem.place
    return Finding(place.file, place.line, place.column, problem.level, problem.code, problem.say)


def as_plain(told: Told) -> dict[str, Any]:
    """Return a story for machines: how it went, its journal, and what was published."""
    played = told.performance
    return {
        "story": told.name,
        "file": told.file,
        "passed": not told.faults,
        "faults": told.faults,
        "journal": [] if played is None else played.entries,
        "published": [] if played is None else played.published,
    }


# Showing ----------------------------------------------------------------------------------------------------------------------


def show(told: Sequence[Told], zone: str, *, journal: bool) -> None:
    """Print a line for each story, everything about each that failed, and one line for all."""
    screen = console()
    for one in told:
        mark = Text("✗ ", style="red") if one.faults else Text("✓ ", style="green")
        screen.print(mark + Text.assemble((one.name, "bold"), (f"  {summary(one, zone)}", "dim")), soft_wrap=True)
        for fault in one.faults:
            place, _, message = str(fault).rpartition(" [")[0].partition(": ")
            screen.print(Text.assemble(("    ", ""), (place, "bold"), f": {message}"), soft_wrap=True)
        for line in lines(one.performance, zone) if journal and one.performance is not None else ():
            screen.print(line, soft_wrap=True)
    failures = sum(bool(one.faults) for one in told)
    stories = f"{len(told):,} {'story' if len(told) == 1 else 'stories'}"
    end = f"{stories}, straight and restarted after every step; " + (f"{failures} failed" if failures else "all passed")
    screen.print(Text(end, style="red" if failures else "green"), soft_wrap=True)


def summary(told: Told, zone: str) -> str:
    """Return from when to when a story goes, and how much happens in it."""
    played = told.performance
    if played is None or not played.story.steps:
        return told.file
    story, entries = played.story, len(played.entries)
    first, last = show_instant(story.begins, zone)[:10], show_instant(story.steps[-1].now, zone)[:10]
    return f"{first} – {last}, {several(len(played.tasks), 'task')}, {entries:,} {'entry' if entries == 1 else 'entries'}"


def lines(played: Performance, zone: str) -> Iterator[Text]:
    """Give a line for each entry of a story's journal: when, which task, in which state and on which rung then, what, and by whom."""
    for entry in played.entries:
        state = STATES[entry.state]
        rung = "" if entry.level is None else f" L{entry.level}"
        yield Text.assemble(
            (f"    {show_instant(entry.at // MINUTE * MINUTE, zone)}  ", "dim"),
            (label(played.tasks[entry.task_id]), "bold"),
            f"  {state.zh} {state.name}{rung}  ",
            (both(f"entry.{entry.kind}") + why(entry), "cyan"),
            ("" if entry.role == "ENGINE" else f"  {entry.actor}", "dim"),
        )


def why(entry: Entry) -> str:
    """Return why a command was refused, in short, or nothing."""
    if entry.kind != "command.refused":
        return ""
    told = said_of(entry)[1]
    return f" {told if len(told) <= SHOWN else told[: SHOWN - 1] + '…'}"
