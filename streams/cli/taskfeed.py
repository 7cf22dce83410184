"""The changes of one task, out of a file of changes or a database; and the rulebook that gave it its words."""

from __future__ import annotations

import gzip
from difflib import get_close_matches
from typing import TYPE_CHECKING

import msgspec

from engine.watching import Change
from streams.cli.outcome import FINDINGS, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from engine.language import Rulebook


def from_file(task: str, path: Path) -> list[Change]:
    """Return the changes of a task that a file of them holds; a part of its id is enough where it is unique."""
    needle = task.encode()
    found: dict[str, list[Change]] = {}
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if needle not in line:
                continue
            change = read_change(line, f"{path}:{number}")
            if task in change.task_id:
                found.setdefault(change.task_id, []).append(change)
    if task in found or len(found) == 1:
        return found.get(task) or next(iter(found.values()))
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        raise missing(task, found or ids_in(file), str(path), unique=not found)


def read_change(line: bytes, where: str) -> Change:
    """Return one line of a task file."""
    try:
        return msgspec.json.decode(line.partition(b"\t")[2] or line, type=Change)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        told = str(error)
        begins = told[:1] if told.startswith("JSON") else told[:1].lower()
        raise Refused(f"{where}: not a change of a task: {begins}{told[1:]}", FINDINGS) from error


def ids_in(lines: Iterable[bytes]) -> Iterator[str]:
    """Return the task ids of a file of changes, as far as they can be read."""
    for line in lines:
        _, _, rest = line.partition(b'"task_id":"')
        if rest:
            yield rest.partition(b'"')[0].decode("utf-8", "replace")


def from_database(task: str, path: Path) -> list[Change]:
    """Return the changes of a task that was published; a part of its id is enough where it is unique."""
    from streams.lock import Unusable
    from streams.store import open_reader

    try:
        reader = open_reader(path)
    except Unusable as error:
        raise Refused(str(error)) from error
    try:
        known = [row[0] for row in reader.ask("SELECT DISTINCT task FROM changes WHERE instr(task, ?) > 0", task)]
        if task not in known and len(known) != 1:
            every = (row[0] for row in reader.ask("SELECT DISTINCT task FROM changes"))
            raise missing(task, known or every, str(path), unique=not known)
        wanted = task if task in known else known[0]
        return [read_change(line, f"{path}: change {position}") for position, line in reader.changes_of(wanted)]
    finally:
        reader.close()


def missing(task: str, ids: Iterable[str], where: str, *, unique: bool) -> Refused:
    """Return the refusal of a task that is not there, or of an ending that several have."""
    known = list(dict.fromkeys(ids))
    if not unique:
        return Refused(
            f"{where}: {len(known)} tasks have '{task}' in their id: {', '.join(known[:5])}{' …' if len(known) > 5 else ''}", FINDINGS
        )
    close = get_close_matches(task, known, n=1, cutoff=0.6)
    return Refused(f"{where}: there is no task '{task}' among {len(known):,}{f'; did you mean {close[0]}?' if close else ''}", FINDINGS)


def book_of(rules: Path | None, db: Path | None) -> Rulebook | None:
    """Return the rulebook that titles and reasons are taken from: of a folder, or the one that a database ran last."""
    from engine.language import read_rules
    from streams.rules import Rules, load
    from streams.store import open_reader

    if rules is not None:
        loaded = load(rules)
        if not isinstance(loaded, Rules):
            raise Refused(loaded, FINDINGS)
        return loaded.book
    if db is None:
        return None
    reader = open_reader(db)
    try:
        kept = reader.rulebook()
    finally:
        reader.close()
    return None if kept is None else read_rules(msgspec.json.decode(kept[1], type=dict[str, str])).rulebook
