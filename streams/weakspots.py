"""Weak spots of a rules folder on every core, what is known from last time taken from a cache by content.

The cache lies in `.clearly-cache/` of the rules folder, which rules never read and git is told to ignore. An entry is named by the hash
of all that could change it: the rule and those that matter to it, its stories, what they stand on, and our own code.
"""

from __future__ import annotations

import os
import signal
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from importlib.resources import files as files_of
from multiprocessing import get_context
from typing import TYPE_CHECKING, ClassVar

import msgspec

from engine.language import read_rules
from engine.rehearsal import Probe, Spot, concerned
from streams.backtest import never, quietly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from engine.language import Folder
    from streams.backtest import Progress

#: Parts into which a rule's edits are cut, so that one long rule keeps every core busy.
PARTS = 4
FOLDER = ".clearly-cache"
SPOTS = msgspec.json.Decoder(list[Spot])


@dataclass
class Found:
    """Every edit of some rules and how it ended. `broken` are rules with a story that fails already; stopped, it is not whole."""

    spots: list[Spot] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    cached: int = 0
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for: rules of a folder, with `jobs` processes; `keep` is the rules folder on disk, or None for no cache."""

    files: Mapping[str, str]
    folder: Folder
    names: Sequence[str]
    jobs: int = 0
    keep: Path | None = None


def weak_spots(search: Search, progress: Progress = quietly, is_stopped: Callable[[], bool] = never) -> Found:
    """Return every edit of the rules and how it ended. What is finished when somebody asks to stop is kept."""
    found = Found()
    keys = {name: entry(search, name) for name in search.names}
    todo = []
    for name, key in keys.items():
        known = recalled(search.keep, name, key)
        if known is None:
            todo.append(name)
        else:
            found.spots += known
            found.cached += 1
    total = len(todo) * PARTS
    held: dict[str, dict[int, list[Spot]]] = {name: {} for name in todo}
    for done, (name, part, told) in enumerate(judged(search, todo, is_stopped), start=1):
        progress("trying changes", done, total)
        if isinstance(told, str):
            found.broken += [told] if part == 0 else []
            continue
        held[name][part] = told
        if len(held[name]) == PARTS:
            keep(search.keep, name, keys[name], [spot for number in range(PARTS) for spot in held[name][number]])
    found.spots += [spot for parts in held.values() for part in parts.values() for spot in part]
    found.is_whole = not is_stopped() or sum(map(len, held.values())) + PARTS * len(found.broken) >= total
    return found


# On every core -----------------------------------------------------------------------------------------------------------

Told = list[Spot] | str


def judged(search: Search, names: Sequence[str], is_stopped: Callable[[], bool]) -> Iterator[tuple[str, int, Told]]:
    """Give the parts of rules as they are finished: name, number of the part, and spots or why there are none."""
    tasks = [(name, part) for name in names for part in range(PARTS)]
    jobs = min(search.jobs or os.cpu_count() or 1, len(tasks))
    if jobs <= 1:
        Worker.folder, Worker.probes = search.folder, {}
        for name, part in tasks:
            if is_stopped():
                return
            yield name, part, judge(name, part)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=begin, initargs=(dict(search.files),)) as pool:
        waiting: dict[Future[Told], tuple[str, int]] = {pool.submit(judge, *task): task for task in tasks}
        while waiting:
            for future in wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED).done:
                yield *waiting.pop(future), future.result()
            if is_stopped():
                pool.shutdown(wait=True, cancel_futures=True)
                return


class Worker:
    """What one process knows: the folder, and the rules that it has begun on."""

    folder: Folder
    probes: ClassVar[dict[str, Probe]] = {}


def begin(files: Mapping[str, str]) -> None:
    """Begin a process; Ctrl-C is for the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Worker.folder = read_rules(files)


def judge(name: str, part: int) -> Told:
    """Return how every `PARTS`-th edit of a rule ended, or why none was tried."""
    probe = Worker.probes.get(name)
    if probe is None:
        try:
            probe = Worker.probes[name] = Probe(Worker.folder, name)
        except ValueError as error:
            return str(error)
    return list(probe.spots(probe.trials[part::PARTS]))


# What is known from last time --------------------------------------------------------------------------------------------


def entry(search: Search, name: str) -> str:
    """Return the hash of all that could change how the edits of a rule end."""
    book = search.folder.rulebook
    assert book is not None
    rules = {rule.place.file for rule in book.rules.values()}
    mine = {rule.place.file for rule in concerned(book, name).values()}
    own = f"{book.rules[name].place.file.removesuffix('.yaml')}.test.yaml"
    digest = blake2b(code().encode(), digest_size=8)
    for file, text in sorted(search.files.items()):
        grounds = not file.endswith(".test.yaml") and not file.startswith("feeds/") and file not in rules
        if grounds or file in mine or file == own:
            digest.update(f"{len(file)}:{file}{len(text)}:{text}".encode())
    return digest.hexdigest()


@cache
def code() -> str:
    """Return the hash of the engine's own code."""
    digest = blake2b(digest_size=8)
    for path, text in sorted(modules(files_of("engine"), "")):
        digest.update(f"{path}\0{text}\0".encode())
    return digest.hexdigest()


def modules(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    """Give the path and the text of every module of a package."""
    for one in folder.iterdir():
        if one.is_dir():
            yield from modules(one, f"{path}/{one.name}")
        elif one.name.endswith(".py"):
            yield f"{path}/{one.name}", one.read_text(encoding="utf-8")


def recalled(root: Path | None, name: str, key: str) -> list[Spot] | None:
    """Return what is known of a rule, or None."""
    if root is None:
        return None
    try:
        return SPOTS.decode((root / FOLDER / "weak-spots" / f"{name}.{key}.json").read_bytes())
    except (OSError, msgspec.DecodeError):
        return None


def keep(root: Path | None, name: str, key: str, spots: Sequence[Spot]) -> None:
    """Keep what is known of a rule in the place of what was known; where nothing can be written, nothing is."""
    if root is None:
        return
    folder = root / FOLDER / "weak-spots"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (root / FOLDER / ".gitignore").write_text("*\n", encoding="utf-8")
        for old in folder.glob(f"{name}.*.json"):
            old.unlink()
        (folder / f"{name}.{key}.json").write_bytes(msgspec.json.encode(spots))
    except OSError:
        return
