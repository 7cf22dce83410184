"""What one key costs: memory, and time for hot keys against cold ones and for many keys against few, in a process of its own.

`python bench/keys.py hot EVENTS` compares, event by event, keys of a skewed stream. `python bench/keys.py even EVENTS KEYS` runs a
stream of `bench/stream.py`'s `write_even` and times it once every key is known. Both print a JSON object. The rule is the one of
`bench/rules/one`; "quietly" means with a bound that is never reached, so that no task is told and only the counting is measured.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.events import instant_of
from engine.watching import Watching
from streams.folder import Folder, read_folder
from streams.rules import Rules, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.events import Event

ONE = Path(__file__).resolve().parent / "rules" / "one"
NEVER_REACHED = "at least 100000000"


def rules_of(*, quietly: bool) -> Rules:
    """Return the one rule, with its own bound or with one that is never reached."""
    folder = read_folder(ONE)
    assert isinstance(folder, Folder)
    files = {name: text.replace("at least 3", NEVER_REACHED) if quietly else text for name, text in folder.files.items()}
    rules = made(Folder(files, folder.version), ONE)
    assert isinstance(rules, Rules)
    return rules


def events_of(rules: Rules, path: Path) -> Iterator[Event]:
    """Return the events of a file, decoded a few hundred at a time."""
    with path.open("rb") as lines:
        while stretch := lines.readlines(1 << 15):
            yield from rules.gate.decode_lines(stretch)  # type: ignore[misc] # bench/stream.py writes nothing that is rejected


def timed(path: Path, *, quietly: bool) -> Iterator[tuple[str, int, str]]:
    """Yield, for each unplanned outage, its transformer, the nanoseconds that it took, and what was told."""
    rules = rules_of(quietly=quietly)
    world = Watching(rules.book, rules.gate)
    clock = time.perf_counter_ns
    for event in events_of(rules, path):
        now = instant_of(event)
        began = clock()
        world.receive(event, now)
        took = clock() - began
        told = world.take_changes()
        if event.kind.name == "outage.started" and not event.planned:
            yield event.transformer, took, ",".join(change.change for change in told)


def hot(path: Path) -> dict[str, Any]:
    """Return the median cost of an event by how hot its key is, and of an update by how many events the window holds."""
    quiet = list(timed(path, quietly=True))
    number = Counter(key for key, _, _ in quiet)
    hottest = {key for key, _ in number.most_common(max(10, len(number) // 1000))}
    known: Counter[str] = Counter()
    hot_ns, cold_ns = [], []
    for key, took, _ in quiet:
        known[key] += 1
        if key in hottest:
            hot_ns.append(took)
        elif known[key] > 1 and number[key] <= 20:
            cold_ns.append(took)  # the first event of a key makes its watch, which hot keys do once too
    small: list[int] = []
    large: list[int] = []
    window: Counter[str] = Counter()
    for key, took, told in timed(path, quietly=False):
        if told == "updated":
            window[key] += 1
            (small if window[key] <= 5 else large if window[key] > 200 else []).append(took)
    return {
        "hot_keys": len(hottest),
        "hot_events_each": round(len(hot_ns) / len(hottest)),
        "hot_ns": median(hot_ns),
        "cold_ns": median(cold_ns),
        "update_small_ns": median(small),
        "update_large_ns": median(large) if large else None,
    }


def even(path: Path, keys: int) -> dict[str, Any]:
    """Return what an event costs once all keys are known, end to end, and what memory one watch takes."""
    rules = rules_of(quietly=True)
    world = Watching(rules.book, rules.gate)
    events = events_of(rules, path)
    gc.disable()  # as streams.backtest does
    memory, began = resident(), time.process_time()
    for number, event in enumerate(events, 1):
        world.receive(event, instant_of(event))
        if number == keys:
            break
    first, memory = time.process_time() - began, resident() - memory
    began, number = time.process_time(), 0
    for event in events:
        world.receive(event, instant_of(event))
        number += 1
    steady = time.process_time() - began
    watches = sum(len(lane.watches) for lane in world.lanes.values())
    return {
        "watches": watches,
        "events": number,
        "steady_ns": steady / number * 1e9,
        "first_ns": first / keys * 1e9,
        "bytes_per_watch": round(memory / watches),
    }


def resident() -> int:
    """Return how much memory this process holds, in bytes."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    what, events_file = sys.argv[1], Path(sys.argv[2])
    print(json.dumps(hot(events_file) if what == "hot" else even(events_file, int(sys.argv[3]))))
