"""One measurement of the engine, in a process of its own: JSON Lines in, tasks out, the way `clearly rules backtest` goes.

`python bench/judging.py RULES EVENTS` prints a JSON object: seconds of wall and of processor, by stage, what was found, and memory.
The clock starts when the rules have been read, as the floors' clock starts when Python has. With `--settle` the history is taken to
go on for an hour after the last event, so that what waits for late events is decided too, as the floors do.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.events import instant_of
from engine.watching import encode_change
from streams.backtest import Input, Period, backtest
from streams.rules import Rules, load

if TYPE_CHECKING:
    from typing import BinaryIO

    from engine.watching import Change

HOUR = 3_600_000_000


def rules_of(folder: Path) -> Rules:
    """Return the rules of a folder; they are ours, so they are right."""
    rules = load(folder)
    if isinstance(rules, list):
        sys.exit("\n".join(rules))
    return rules


class Publisher:
    """Writes changes as the command does, and adds up the time and the findings."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.cpu = 0.0
        self.bytes = 0
        self.told: Counter[tuple[str, str]] = Counter()

    def __call__(self, changes: list[Change]) -> None:
        began = time.process_time()
        lines = [encode_change(change) + b"\n" for change in changes]
        self.out.writelines(lines)
        self.cpu += time.process_time() - began
        self.bytes += sum(map(len, lines))
        self.told.update((change.rule, change.change) for change in changes)


class Stages:
    """Notes how much processor time each stage took."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self._began = time.process_time()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        now = time.process_time()
        self.cpu[stage] = self.cpu.get(stage, 0.0) + now - self._began
        self._began = now


def measured(rules: Rules, events: Path, period: Period) -> dict[str, Any]:
    """Return what a backtest took and found."""
    with tempfile.TemporaryFile() as out:
        publish, stages = Publisher(out), Stages()
        wall, cpu = time.perf_counter(), time.process_time()
        backtest(rules, [Input(events)], publish, stages, period=period)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "seconds": wall,
        "cpu": cpu,
        "stages": {**stages.cpu, "judging": stages.cpu.get("judging", 0.0) - publish.cpu, "encoding": publish.cpu},
        "changes": publish.told.total(),
        "changes_bytes": publish.bytes,
        "told": {f"{rule} {change}": number for (rule, change), number in sorted(publish.told.items())},
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description="one measurement of the engine")
    parser.add_argument("rules", type=Path)
    parser.add_argument("events", type=Path)
    parser.add_argument("--settle", action="store_true")
    given = parser.parse_args()
    rules = rules_of(given.rules)
    period = Period()
    if given.settle:
        with given.events.open("rb") as lines:
            *_, last = lines
        period = Period(until=instant_of(rules.gate.decode_one(last)) + HOUR)
    print(json.dumps(measured(rules, given.events, period)))


if __name__ == "__main__":
    main()
