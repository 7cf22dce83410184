"""`clearly rules test`: the stories beside the rules, three ways each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from rich.text import Text

from engine.rehearsal import Gates, Outcome, rehearse
from engine.source import suggest
from streams.cli.checking import several
from streams.cli.junit import Case, write_junit
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.problems import checked
from streams.cli.screen import Meter, console, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.language import Rulebook, RuleTest


class Told(msgspec.Struct):
    """How one story went, as machines get to see it."""

    rule: str
    test: str
    file: str
    line: int
    passed: bool
    faults: tuple[str, ...]


def test_rules(root: Path, only: Sequence[str], *, as_json: bool, junit: Path | None, profile: str | None) -> int:
    """Run the stories of a rules folder, print how they went, and return the exit code."""
    found = checked(root, profile=profile)
    book = found.folder.rulebook
    if book is None:
        raise Refused([str(one) for one in found.findings if one.level == "error"], FINDINGS)
    for name in only:
        if name not in book.rules:
            raise Refused(f"--rule {name}: there is no such rule{suggest(name, book.rules)}", FINDINGS)
    stories = [test for test in found.folder.tests if not only or test.rule in only]
    outcomes = run(book, stories)
    told = [as_told(root, outcome) for outcome in outcomes]
    if junit is not None:
        cases = [Case(one.rule, one.test, one.file, one.line, one.faults) for one in told]
        write_junit(junit, "rules test", cases)
    if as_json:
        print_json(told)
    else:
        show(book, told, only)
    return FINE if all(one.passed for one in told) else FINDINGS


def run(book: Rulebook, stories: Sequence[RuleTest]) -> list[Outcome]:
    """Return how each story goes."""
    outcomes: list[Outcome] = []
    gates = Gates(book.catalogue)
    with Meter() as meter:
        for number, story in enumerate(stories, 1):
            outcomes.append(rehearse(book, story, book.places, gates))
            meter("testing", number, len(stories))
    return outcomes


def as_told(root: Path, outcome: Outcome) -> Told:
    """Return an outcome with the path that a person can click."""
    test = outcome.test
    return Told(test.rule, test.name, str(root / test.place.file), test.place.line, outcome.passed, outcome.faults)


def show(book: Rulebook, told: Sequence[Told], only: Sequence[str]) -> None:
    """Print a line for each rule, and everything about each story that failed."""
    screen = console()
    by_rule: dict[str, list[Told]] = {}
    for one in told:
        by_rule.setdefault(one.rule, []).append(one)
    for rule, stories in sorted(by_rule.items()):
        failed = [one for one in stories if not one.passed]
        mark = Text("✗ ", style="red") if failed else Text("✓ ", style="green")
        passed = f"{len(stories) - len(failed)} of {len(stories)}" if failed else str(len(stories))
        screen.print(mark + Text.assemble((rule, "bold"), (f"  {passed} passed", "dim")), soft_wrap=True)
        for one in failed:
            screen.print(Text.assemble(("    ✗ ", "red"), one.test, (f"  {one.file}:{one.line}", "dim")), soft_wrap=True)
            for fault in one.faults:
                screen.print(Text(f"        {fault}"), soft_wrap=True)
    untested = sorted(name for name in book.rules if name not in by_rule and (not only or name in only))
    if untested:
        screen.print(Text(f"without a test: {', '.join(untested)}", style="yellow"), soft_wrap=True)
    failures = sum(not one.passed for one in told)
    end = f"{several(len(told), 'test')} three ways: straight, restarted after every event, in other orders; "
    screen.print(Text(end + (f"{failures} failed" if failures else "all passed"), style="red" if failures else "green"), soft_wrap=True)
