"""What a rule author waits for: checking many rules, rehearsing many stories, finding weak spots, comparing two rule sets.

`python bench/workbench.py check|test|weak` measures over copies of the rules that ship, `python bench/workbench.py compare EVENTS` the
eight rules of this folder against themselves with one number changed. Prints a JSON object; seconds are of processor, all processes.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.language import read_rules
from engine.rehearsal import Gates, rehearse, share
from engine.watching import encode_change
from streams.backtest import Input, backtest
from streams.comparing import Side, compare_histories
from streams.folder import Folder, read_folder
from streams.rules import Rules, made
from streams.weakspots import Search, weak_spots

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.watching import Change

HOUSE = Path(__file__).resolve().parent.parent
#: How many rules are checked, stories rehearsed, and rules searched for weak spots.
RULES, STORIES, SEARCHED = 500, 1_000, 25


def files_of(folder: Path) -> Mapping[str, str]:
    """Return the files of a rules folder."""
    found = read_folder(folder)
    assert isinstance(found, Folder)
    return found.files


def many(count: int) -> dict[str, str]:
    """Return the files of the rules that ship, with so many rules: copies under other names, and with other numbers in `reason`."""
    shipped = files_of(HOUSE / "rules")
    names = {path: Path(path).stem for path in shipped if f"{path.removesuffix('.yaml')}.test.yaml" in shipped}
    files = {path: text for path, text in shipped.items() if path not in names and not path.endswith(".test.yaml")}
    for number in range(count):
        path = list(names)[number % len(names)]
        name, copy = names[path], number // len(names)
        if not copy:
            files[path], files[tests(path)] = shipped[path], shipped[tests(path)]
            continue
        new = path.replace(f"{name}.yaml", f"{name}-{copy}.yaml")
        files[new] = shipped[path].replace(f"rule: {name}", f"rule: {name}-{copy}", 1)
        files[tests(new)] = shipped[tests(path)].replace(f"rule: {name}", f"rule: {name}-{copy}", 1)
    return files


def tests(path: str) -> str:
    """Return the test file of a rule file."""
    return f"{path.removesuffix('.yaml')}.test.yaml"


def cpu() -> float:
    """Return the seconds of processor that this process and those it started have taken."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def timed(run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what something found, with the time that it took."""
    wall, before = time.perf_counter(), cpu()
    found = run()
    return {"cpu": cpu() - before, "seconds": time.perf_counter() - wall, **found}


def check() -> dict[str, Any]:
    """Check many rules, their stories left aside."""
    files = {path: text for path, text in many(RULES).items() if not path.endswith(".test.yaml")}

    def run() -> dict[str, Any]:
        book = read_rules(files).rulebook
        assert book is not None
        return {"rules": len(book.rules)}

    return timed(run)


def rehearsed() -> dict[str, Any]:
    """Rehearse many stories three ways."""
    folder = read_rules(files_of(HOUSE / "rules"))
    book = folder.rulebook
    assert book is not None
    stories = [folder.tests[number % len(folder.tests)] for number in range(STORIES)]

    def run() -> dict[str, Any]:
        gates = Gates(book.catalogue)
        return {"stories": len(stories), "passed": sum(rehearse(book, story, book.places, gates).passed for story in stories)}

    return timed(run)


def weak() -> dict[str, Any]:
    """Find the weak spots of rules, on every core."""
    files = many(SEARCHED)
    folder = read_rules(files)
    assert folder.rulebook is not None
    names = list(folder.rulebook.rules)

    def run() -> dict[str, Any]:
        found = weak_spots(Search(files, folder, names))
        return {"rules": len(names), "changes": len(found.spots), "share": share(found.spots)}

    return timed(run)


def compare(events: Path) -> dict[str, Any]:
    """Compare the eight rules with themselves, one number changed; and run the plain backtest of the one and of the other."""
    before = files_of(HOUSE / "bench" / "rules" / "eight")
    after = {**before, "often-unplanned.yaml": before["often-unplanned.yaml"].replace("at least 4", "at least 5")}
    sides = [ready(files) for files in (before, after)]
    history = [Input(events)]

    def plain() -> dict[str, Any]:
        with tempfile.TemporaryFile() as out:

            def publish(changes: list[Change]) -> None:
                out.writelines([encode_change(change) + b"\n" for change in changes])

            return {"tasks": backtest(sides[0], history, publish).summary.tasks}

    def both() -> dict[str, Any]:
        return dict(compare_histories(Side(sides[0], history), Side(sides[1], history)).comparison.counts)

    alone, together = timed(plain), timed(both)
    return {"plain": alone, "compared": together, "ratio": together["cpu"] / alone["cpu"]}


def ready(files: Mapping[str, str]) -> Rules:
    """Return rules that can run; they are ours, so they are right."""
    rules = made(Folder(files, "bench"), HOUSE)
    assert isinstance(rules, Rules), rules
    return rules


if __name__ == "__main__":
    told = compare(Path(sys.argv[2])) if sys.argv[1] == "compare" else {"check": check, "test": rehearsed, "weak": weak}[sys.argv[1]]()
    print(json.dumps(told))
