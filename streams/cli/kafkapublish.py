"""`clearly kafka publish`: a rules folder checked, tested and written into the log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from rich.text import Text

from streams import clock
from streams.cli.kafkasetup import reach
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.problems import checked
from streams.cli.screen import console
from streams.cli.testing import run
from streams.folder import Folder, read_folder
from streams.kafka.publishing import Outlook, outlook, publish, shelf_of
from streams.lock import Unusable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.language import Rulebook

WORDS = {
    "kept": ("go on with what they know", "green"),
    "new": ("begin with what comes from now on", "cyan"),
    "anew": ("look for something else than before: begin anew with what comes from now on", "yellow"),
    "ended": ("end; their tasks stay as they are", "red"),
}


class Chosen(NamedTuple):
    """A rules folder, and the profile whose numbers hold; None where the catalogue says which."""

    root: Path
    profile: str | None = None


def publish_rules(chosen: Chosen, bootstrap: str, feeds: Sequence[str], *, dry_run: bool, as_json: bool) -> int:
    """Write a rules folder into the log, or say what that would change; return the exit code."""
    folder, book = sound(chosen)
    connection = reach(bootstrap)
    try:
        shelf = shelf_of(connection)
        known = None if shelf.current is None else shelf.current.version
        expected = list(feeds) or (shelf.current.feeds if shelf.current is not None else [connection.names.feed])
        found = outlook(folder.version, book, None if known is None else shelf.rules(known).book, known)
        if not dry_run:
            publish(connection, folder, expected, clock.now())
    except Unusable as error:
        raise Refused(str(error)) from error
    if as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        show(found, expected, dry_run=dry_run)
    return FINE


def sound(chosen: Chosen) -> tuple[Folder, Rulebook]:
    """Return the files of a folder without errors whose tests pass, and its rulebook; end the command otherwise."""
    found = checked(chosen.root, profile=chosen.profile)
    book = found.folder.rulebook
    errors = [str(one) for one in found.findings if one.level == "error"]
    if book is None or errors:
        raise Refused(errors, FINDINGS)
    failed = [one for one in run(book, found.folder.tests) if one.faults]
    if failed:
        raise Refused([f"{one.test.rule}: {one.test.name}: {one.faults[0]}" for one in failed], FINDINGS)
    files = read_folder(chosen.root, chosen.profile)
    if not isinstance(files, Folder):
        raise Refused(files, FINDINGS)
    return files, book


def show(found: Outlook, feeds: Sequence[str], *, dry_run: bool) -> None:
    """Print what changes."""
    screen = console()
    done = "would take the place of" if dry_run else "holds now, in the place of"
    screen.print(Text.assemble((found.version, "bold"), f" {done} {found.before or 'nothing'}; feeds: {', '.join(feeds)}"), soft_wrap=True)
    for name, (words, style) in WORDS.items():
        if rules := getattr(found, name):
            screen.print(Text.assemble((f"{len(rules):>4} ", style), words, (f": {', '.join(rules)}", "dim")), soft_wrap=True)
