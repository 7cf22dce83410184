"""One measurement of the engine, in a process of its own: JSON Lines in, tasks out, the way `clearly rules backtest` goes.

`python bench/judging.py RULES EVENTS` prints a JSON object: seconds of wall and of processor, by stage, what was found, and memory.
The clock starts when the rules have been read, as the floors' clock starts when Python has. With `--settle` the history is taken to
go on for an hour after the last event, so that what waits for late events is decided too, as the floors do. One process judges, so
that its processor time can be compared with a floor's, unless `--processes` says otherwise.
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
from typing import IO, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import msgspec

from engine.events import instant_of
from streams.backtest import Asking, Input, Period
from streams.parts import backtest_lines
from streams.rules import Rules, load

HOUR = 3_600_000_000


class Line(msgspec.Struct):
    """What is counted of a line."""

    rule: str
    change: str


def rules_of(folder: Path) -> Rules:
    """Return the rules of a folder; they are ours, so they are right."""
    rules = load(folder)
    if isinstance(rules, list):
        sys.exit("\n".join(rules))
    return rules


class Stages:
    """Notes how much processor time of this process each stage took; what comes after the last is `telling`."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self._began = time.process_time()

    def __call__(self, stage: str, done: int = 0, total: int | None = None) -> None:
        now = time.process_time()
        self.cpu[stage] = self.cpu.get(stage, 0.0) + now - self._began
        self._began = now


def spent() -> float:
    """Return the seconds of processor that this process and those that it has begun have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measured(rules: Rules, events: Path, period: Period, processes: int) -> dict[str, Any]:
    """Return what a backtest took and found."""
    with tempfile.TemporaryFile() as out:
        stages = Stages()
        wall, cpu = time.perf_counter(), spent()
        backtest_lines(rules, [Input(events)], out.writelines, Asking(stages), period=period, processes=processes)
        out.flush()
        wall, cpu = time.perf_counter() - wall, spent() - cpu
        stages("telling")
        told = counted(out)
        size = out.tell()
    return {
        "seconds": wall,
        "cpu": cpu,
        "processes": processes,
        "stages": stages.cpu,
        "changes": told.total(),
        "changes_bytes": size,
        "told": {f"{rule} {change}": number for (rule, change), number in sorted(told.items())},
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def counted(out: IO[bytes]) -> Counter[tuple[str, str]]:
    """Return how many changes of each kind each rule told."""
    out.seek(0)
    lines = map(msgspec.json.Decoder(Line).decode, out)
    return Counter((line.rule, line.change) for line in lines)


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description="one measurement of the engine")
    parser.add_argument("rules", type=Path)
    parser.add_argument("events", type=Path)
    parser.add_argument("--settle", action="store_true")
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    rules = rules_of(given.rules)
    period = Period()
    if given.settle:
        with given.events.open("rb") as lines:
            *_, last = lines
        period = Period(until=instant_of(rules.gate.decode_one(last)) + HOUR)
    print(json.dumps(measured(rules, given.events, period, given.processes)))


if __name__ == "__main__":
    main()
