"""`clearly rules diff`: two versions of a rules folder on one page, for whoever approves the change."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from engine.watching import LANGUAGES, say
from streams.cli.comparison import as_value, show
from streams.cli.history import Wanted, inputs_of, period_of, stopping
from streams.cli.outcome import FINDINGS, FINE, STOPPED, Refused
from streams.cli.screen import Meter, both, console, print_json, under
from streams.comparing import Side, Twice, compare_histories
from streams.difference import difference
from streams.embedded import status
from streams.lock import Unusable
from streams.page import Named
from streams.rules import Rules, load, recalled
from streams.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from streams.comparing import Compared
    from streams.difference import Difference, RuleDifference
    from streams.store import Reader

STYLES = {"+": "green", "-": "red", "@": "dim"}


class Version(NamedTuple):
    """One of the two versions: its rules, what it is called, and where its feed mappings are looked for."""

    rules: Rules
    name: str
    root: Path


class Running(NamedTuple):
    """What a rule that runs holds at the moment."""

    watches: int
    waiting: int
    open: int


def diff_rules(paths: Sequence[Path], db: Path | None, wanted: Wanted, *, as_json: bool) -> int:
    """Show in what two versions differ, with history if there is any among the paths, and return the exit code."""
    folders = [path for path in paths if path.is_dir()]
    files = [path for path in paths if not path.is_dir()]
    asked = 2 if db is None else 1
    if len(folders) != asked:
        told = "two rules folders are compared" if db is None else "one rules folder is compared with --db"
        more = f"; {files[0]}: there is no such folder" if files and not files[0].exists() else ""
        raise Refused(f"{told}, {len(folders)} given{more}")
    running: dict[str, Running] = {}
    if db is None:
        old = folder(folders[0])
    else:
        old, running = database(db, folders[0])
    new = folder(folders[-1])
    found = difference(old.rules, new.rules)
    compared = history(files, old, new, wanted) if files else None
    if as_json:
        value = as_json_value(found, old, new, running, compared)
        print_json(value)
    else:
        show_difference(console(), found, (old, new), running)
        if compared is not None:
            console().print()
            show(console(), compared, named(old, new), None)
    return FINE if compared is None or compared.is_whole else STOPPED


def folder(root: Path) -> Version:
    """Return the version that a folder holds, or refuse it."""
    rules = load(root)
    if not isinstance(rules, Rules):
        raise Refused(rules, FINDINGS)
    return Version(rules, str(root), root)


def database(db: Path, root: Path) -> tuple[Version, dict[str, Running]]:
    """Return the version that a database runs, and what its rules hold at the moment."""
    try:
        reader = open_reader(db)
    except Unusable as error:
        raise Refused(str(error)) from error
    try:
        kept = reader.rulebook()
        rules = None if kept is None else recalled(*kept)
        if rules is None:
            raise Refused(f"{db}: no rules have run here, or none that this program understands; give two folders", FINDINGS)
        return Version(rules, str(db), root), running_in(reader)
    finally:
        reader.close()


def running_in(reader: Reader) -> dict[str, Running]:
    """Return what each rule holds: keys, deadlines that wait, tasks that were not ended or withdrawn."""
    last = "SELECT task, line FROM changes WHERE position IN (SELECT max(position) FROM changes GROUP BY task)"
    standing: dict[str, int] = {}
    for _, line in reader.ask(last):
        change = msgspec.json.decode(line)
        if change["change"] in {"opened", "updated"}:
            standing[change["rule"]] = standing.get(change["rule"], 0) + 1
    return {name: Running(one.watches, one.waiting, standing.get(name, 0)) for name, one in status(reader).rules.items()}


def history(files: Sequence[Path], old: Version, new: Version, wanted: Wanted) -> Compared:
    """Return what history comes to under both versions."""
    before, after = (Side(one.rules, inputs_of(files, one.root, wanted.maps, one.rules)) for one in (old, new))
    period = period_of(wanted, new.rules.book.zone)
    try:
        with stopping() as is_stopped, Meter() as meter:
            return compare_histories(before, after, meter, period=period, is_stopped=is_stopped)
    except Twice as error:
        raise Refused("-: the two versions read this history differently, so it is read twice; give a file") from error


def named(old: Version, new: Version) -> Named:
    """Return what the two versions are called."""
    return Named(old.name, old.rules.version, new.name, new.rules.version)


def as_json_value(found: Difference, old: Version, new: Version, running: dict[str, Running], compared: Compared | None) -> dict[str, Any]:
    """Return everything for machines."""
    rules = [asdict(one) | ({"running": running[one.rule]._asdict()} if one.rule in running else {}) for one in found.rules]
    return {
        "before": {"rules": old.name, "version": old.rules.version},
        "after": {"rules": new.name, "version": new.rules.version},
        "rules": rules,
        "other_files": found.files,
        "history": None if compared is None else as_value(compared, named(old, new), None),
    }


# On the screen --------------------------------------------------------------------------------------------------------


def show_difference(screen: Console, found: Difference, versions: tuple[Version, Version], running: dict[str, Running]) -> None:
    """Print the page."""
    old, new = versions
    screen.print(Text(f"{old.name} ({old.rules.version}) → {new.name} ({new.rules.version})", style="bold"))
    for one in found.rules:
        title = " ".join(dict.fromkeys(one.title.values()))
        under(screen, f"{one.rule}  {title}  ({one.owner})", page_of(one, running.get(one.rule)))
    if found.files:
        lines = [Text(name) for name in found.files]
        if found.is_decisive:
            lines.append(Text(both("diff.decisive"), style="dim"))
        under(screen, both("diff.other files"), Group(*lines))
    if not found.rules and not found.files:
        screen.print(Text(both("diff.none"), style="green"))


def page_of(one: RuleDifference, running: Running | None) -> Group:
    """Return text, meaning and effect of one rule."""
    text = [Text(line, style=STYLES.get(line[:1], "")) for line in one.text[2:]]
    meaning = [Text(line[language]) for language in LANGUAGES for line in one.meaning]
    effect = [Text(line[language], style="yellow") for language in LANGUAGES for line in one.effect]
    if running is not None:
        effect += [Text(say(language, "diff.running", **running._asdict()), style="dim") for language in LANGUAGES]
    return Group(*part("diff.text", text), *part("diff.meaning", meaning), *part("diff.effect", effect))


def part(key: str, lines: list[Text]) -> list[Any]:
    """Return lines under their heading; nothing where there are none."""
    return [Text(both(key), style="dim"), Padding(Group(*lines), (0, 0, 0, 2))] if lines else []
