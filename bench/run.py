"""Speed, as ratios to hand-written Python that does the counting and nothing else, both measured in turns in this one run.

`make bench`, or `python bench/run.py [--quick] [--repeat N] [--json]`. Every measurement is a process of its own. A ratio is one of
medians of processor time, so that whatever else the machine does weighs little; wall time is shown beside it. Exit code 1 says that
a bound was broken. docs/benchmarks.md explains the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.machine import machine
from bench.stream import write, write_even

BENCH = Path(__file__).resolve().parent
#: Streams are kept between runs, for they take as long to write as to judge; `make clean` takes them away.
STREAMS = BENCH.parent / "build" / "bench"
FEW = 10_000
OTHER_TYPES, OTHER_RULES = 20, 200


class Floor(NamedTuple):
    """A hand-written program, the rules that say the same, and how much longer than it they may take."""

    name: str
    program: str
    rules: str
    bound: float
    aim: float


ONE = Floor("one count rule, end to end", "floor_one_rule.py", "one", 2.5, 1.5)
EIGHT = Floor("eight rules, end to end", "floor_eight_rules.py", "eight", 1.5, 1.0)


@dataclass
class Figure:
    """One figure and its bound: at most, or at least where `at_least` says so; no bound where it is only told."""

    name: str
    value: float
    unit: str = "×"
    bound: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Return whether the figure is within its bound."""
        if self.bound is None:
            return True
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def line(self) -> str:
        """Return the figure as one line of the table."""
        shown = f"{self.value:,.2f} ×" if self.unit == "×" else f"{self.value:,.0f} {self.unit}"
        allowed = "" if self.bound is None else f"{'≥' if self.at_least else '≤'} {self.bound:,g}"
        verdict = "" if self.bound is None else "ok" if self.is_kept else "BROKEN"
        return f"  {self.name:<54} {shown:>16}  {allowed:>8}  {verdict:<6}  {self.note}".rstrip()


#: What is measured of the workbench, and the seconds of processor that it may take.
AUTHOR = (
    ("check", "500 rules checked", 1.0),
    ("test", "1,000 stories rehearsed three ways", 10.0),
    ("weak", "weak spots of 25 rules", 120.0),
)


@dataclass
class Run:
    """One run of everything: how many events, how often, and what came out."""

    events: int
    repeat: int
    figures: list[Figure] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def all(self) -> None:
        """Measure everything."""
        stream = self.stream(self.events)
        self.same_findings()
        self.against(ONE, stream)
        self.against(EIGHT, stream)
        self.by_the_clock(stream)
        self.hot_keys(stream)
        self.many_keys()
        self.other_rules(stream)
        self.embedded()
        self.workbench(stream)
        self.casework()

    # Measurements -----------------------------------------------------------------------------------------------------

    def same_findings(self) -> None:
        """Rules and floors must find the same, or comparing their speed means nothing."""
        stream = self.stream(100_000)
        differences = 0
        for floor in (ONE, EIGHT):
            say(f"comparing what is found: {floor.name}")
            by_hand = ask(floor.program, stream)["found"]
            told = ask("judging.py", BENCH / "rules" / floor.rules, stream, "--settle")["told"]
            for rule, expected in by_hand.items():
                # a step that was entered again while overdue joins the task that stands; the floor remembers one entry of each
                changes = ("opened",) if rule == "step-overdue" else ("opened", "updated")
                found = sum(told.get(f"{rule} {change}", 0) for change in changes)
                differences += abs(found - expected)
                if found != expected:
                    say(f"{rule}: {found} found, {expected} by the floor")
        self.figures.append(Figure("findings that differ from the floors' (100,000 events)", differences, "", 0))

    def against(self, floor: Floor, stream: Path) -> None:
        """Measure a floor and the engine in turns."""
        floors, engines = [], []
        for number in range(1, self.repeat + 1):
            say(f"{floor.name}: {number} of {self.repeat}")
            floors.append(ask(floor.program, stream))
            engines.append(ask("judging.py", BENCH / "rules" / floor.rules, stream))
        by_hand, engine = (median(one["cpu"] for one in many) for many in (floors, engines))
        walls = median(one["seconds"] for one in engines) / median(one["seconds"] for one in floors)
        note = f"floor {by_hand:.2f} s, engine {engine:.2f} s of processor; {walls:.2f} × by the clock; aim {floor.aim} ×"
        self.figures.append(Figure(floor.name, engine / by_hand, bound=floor.bound, note=note))
        stages = {stage: median(one["stages"][stage] for one in engines) / self.events * 1e6 for stage in engines[0]["stages"]}
        self.details[floor.rules] = {
            "floor": floors,
            "engine": engines,
            "stages_us_per_event": stages,
            "changes_per_event": engines[0]["changes"] / self.events,
        }
        for stage, took in stages.items():
            self.figures.append(Figure(f"  {stage}", took * 1000, "ns/event"))
        self.figures.append(Figure("  tasks told", engines[0]["changes"], "changes", note=f"{engines[0]['peak_memory_mb']} MB at most"))

    def by_the_clock(self, stream: Path) -> None:
        """Measure the command as a user runs it, on every core, from the prompt to the last line written."""
        command = [sys.executable, "-m", "streams", "rules", "backtest", "--rules", str(BENCH / "rules" / "eight"), str(stream)]
        took: dict[str, list[float]] = {"the summary": [], "the summary and every change": []}
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "TASKS.jsonl"
            for number in range(1, self.repeat + 1):
                say(f"the command, eight rules: {number} of {self.repeat}")
                for measured, options in zip(took.values(), ([], ["--out", str(out)]), strict=True):
                    began = time.perf_counter()
                    subprocess.run([*command, *options], stdout=subprocess.DEVNULL, cwd=BENCH.parent, check=True)
                    measured.append(time.perf_counter() - began)
            size = out.stat().st_size // 1_000_000
        self.details["by_the_clock"] = took
        for what, measured in took.items():
            note = (
                f"{'' if what == 'the summary' else f'{size} MB written; '}{os.cpu_count()} cores; load {os.getloadavg()[0]:.1f} at the end"
            )
            self.figures.append(Figure(f"clearly rules backtest, eight rules: {what}", median(measured), "s", 20, note=note))

    def hot_keys(self, stream: Path) -> None:
        """Compare hot keys with cold ones, and updates of large windows with updates of small ones."""
        say("hot keys against cold ones")
        found = self.details["hot"] = ask("keys.py", "hot", stream)
        hot, cold = found["hot_ns"], found["cold_ns"]
        note = f"median {hot:.0f} ns for {found['hot_keys']} keys of {found['hot_events_each']} events, {cold:.0f} ns for the rest"
        self.figures.append(Figure("an event of a hot key against one of a cold key", hot / cold, bound=1.0, note=note))
        if found["update_large_ns"] is not None:
            ratio = found["update_large_ns"] / found["update_small_ns"]
            self.figures.append(Figure("an update of a window of 200 and more against ≤ 5", ratio, bound=1.1))

    def many_keys(self) -> None:
        """Compare many keys with few, once each key is known."""
        many = self.events
        costs: dict[int, list[dict[str, Any]]] = {FEW: [], many: []}
        for number in range(1, self.repeat + 1):
            for keys, measured in costs.items():
                say(f"{keys:,} keys: {number} of {self.repeat}")
                measured.append(ask("keys.py", "even", self.even(2 * many, keys), keys))
        few, lots = (median(one["steady_ns"] for one in costs[keys]) for keys in (FEW, many))
        self.details["keys"] = {str(keys): measured for keys, measured in costs.items()}
        note = f"{few:.0f} ns and {lots:.0f} ns an event, from bytes to verdict"
        self.figures.append(Figure(f"{many:,} keys against {FEW:,}", lots / few, bound=1.3, note=note))
        memory = median(one["bytes_per_watch"] for one in costs[many])
        self.figures.append(Figure("memory for a watch, its events included", memory, "bytes"))

    def other_rules(self, stream: Path) -> None:
        """Compare the one rule alone with the one rule beside many on other event types."""
        alone, beside = [], []
        with tempfile.TemporaryDirectory() as folder:
            crowd = crowded(Path(folder))
            for number in range(1, self.repeat + 1):
                say(f"{OTHER_RULES} rules on other event types: {number} of {self.repeat}")
                alone.append(ask("judging.py", BENCH / "rules" / "one", stream)["cpu"])
                beside.append(ask("judging.py", crowd, stream)["cpu"])
        self.details["other_rules"] = {"alone": alone, "beside": beside}
        ratio = median(beside) / median(alone)
        self.figures.append(Figure(f"{OTHER_RULES} rules on other event types against none", ratio, bound=1.3))

    def embedded(self) -> None:
        """Measure the embedded runtime with its store, over HTTP."""
        stream = self.stream(min(self.events, 200_000))
        measured = []
        for number in range(1, self.repeat + 1):
            say(f"embedded runtime: {number} of {self.repeat}")
            measured.append(ask("embedded.py", stream))
        self.details["embedded"] = measured
        cpu = median(one["runtime_cpu_us_per_event"] for one in measured)
        note = f"{cpu:.0f} µs of the runtime's processor time an event; the sender shares the machine"
        speed = median(one["events_per_second"] for one in measured)
        name = "embedded runtime, POST /events in batches of 500"
        self.figures.append(Figure(name, speed, "events/s", 20_000, at_least=True, note=note))

    def workbench(self, stream: Path) -> None:
        """Measure what a rule author waits for; only the comparison is a ratio, to the plain run of the same history."""
        measured: dict[str, list[dict[str, Any]]] = {"check": [], "test": [], "weak": [], "compare": []}
        for number in range(1, self.repeat + 1):
            for name, many in measured.items():
                say(f"workbench, {name}: {number} of {self.repeat}")
                many.append(ask("workbench.py", name, *([stream] if name == "compare" else [])))
        self.details["workbench"] = measured
        for name, title, bound in AUTHOR:
            found = measured[name][0]
            note = ", ".join(f"{value:,} {what}" for what, value in found.items() if isinstance(value, int))
            self.figures.append(Figure(title, median(one["cpu"] for one in measured[name]), "s of processor", bound, note=note))
        ratio = median(one["ratio"] for one in measured["compare"])
        note = f"{median(one['plain']['cpu'] for one in measured['compare']):.1f} s of processor for the plain run"
        self.figures.append(Figure("two rule sets compared, against a plain backtest", ratio, bound=2.0, note=note))

    def casework(self) -> None:
        """Measure casework at the size of a large utility; once, for it takes minutes."""
        tasks = 100_000 if self.events > 100_000 else 20_000
        say(f"casework: {tasks:,} open tasks")
        found = self.details["casework"] = ask("casework.py", tasks)
        commands, expiry, restart, listing = (found[name] for name in ("commands", "expiry", "restart", "listing"))
        for name, value, unit, bound, note in (
            ("task list, the list itself", listing["cpu"] * 1000, "ms", 500, f"{listing['process']['cpu']:.2f} s for the whole process"),
            ("10,000 deadlines in one instant", expiry["cpu"], "s of processor", 10, f"{expiry['published']:,} told, each once"),
            (f"casework of {tasks:,} open tasks after a restart", restart["cpu"], "s of processor", 5, with_rules(restart)),
        ):
            self.figures.append(Figure(name, value, unit, bound, note=note))
        note = f"{commands['per_second']:,.0f} by the clock; {commands['cpu_us']:.0f} µs each; {commands['outcomes']}"
        self.figures.append(Figure("commands kept", 1e6 / commands["cpu_us"], "a second of processor", 2_000, at_least=True, note=note))

    # Streams ----------------------------------------------------------------------------------------------------------

    def stream(self, count: int) -> Path:
        """Return the file of the skewed stream of `count` events."""
        return kept(f"stream-{count}.jsonl", lambda path: write(path, count))

    def even(self, count: int, keys: int) -> Path:
        """Return the file of `count` events that are spread evenly over `keys`."""
        return kept(f"even-{count}-{keys}.jsonl", lambda path: write_even(path, count, keys))


def with_rules(restart: dict[str, Any]) -> str:
    """Return what the rest of a restart takes: watches and kept events."""
    return f"{restart['with_watches_and_history']['cpu']:.1f} s with the watches and the kept events behind them"


def kept(name: str, make: Any) -> Path:
    """Return a file of `STREAMS`, made if it is not there."""
    path = STREAMS / name
    if not path.exists():
        say(f"writing {name}")
        STREAMS.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        make(unfinished)
        unfinished.rename(path)
    return path


def crowded(folder: Path) -> Path:
    """Return a copy of the one rule's folder with many rules on other event types beside it."""
    rules = folder / "rules"
    shutil.copytree(BENCH / "rules" / "one", rules)
    catalogue = rules / "catalogue.yaml"
    fields = "{id: text, ts: milliseconds, transformer: text}"
    kind = f"\n  other.kind%d:\n    title: 其他 / other\n    time: ts\n    id: id\n    late_by: 1 hour\n    fields: {fields}"
    kinds = "".join(kind % number for number in range(OTHER_TYPES))
    catalogue.write_text(catalogue.read_text(encoding="utf-8").rstrip() + kinds + "\n", encoding="utf-8")
    one = (rules / "repeated-outage.yaml").read_text(encoding="utf-8").replace("  if: not planned\n", "")
    for number in range(OTHER_RULES):
        text = one.replace("repeated-outage", f"other-{number}").replace("outage.started", f"other.kind{number % OTHER_TYPES}")
        (rules / f"other-{number}.yaml").write_text(text, encoding="utf-8")
    return rules


def ask(program: str, *arguments: object) -> dict[str, Any]:
    """Return what a program of this folder measured."""
    command = [sys.executable, str(BENCH / program), *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def say(text: str) -> None:
    """Say what is being done, beside the results."""
    print(f"… {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Measure, print, and return 1 where a bound was broken."""
    parser = argparse.ArgumentParser(description="speed, as ratios to hand-written Python")
    parser.add_argument("--quick", action="store_true", help="100,000 events instead of 1,000,000")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="how often each is measured (5)")
    parser.add_argument("--json", action="store_true", help="all figures, for a machine")
    given = parser.parse_args()
    run = Run(100_000 if given.quick else 1_000_000, given.repeat)
    where = machine()
    run.all()
    broken = [figure.name for figure in run.figures if not figure.is_kept]
    if given.json:
        figures = [{**vars(figure), "kept": figure.is_kept} for figure in run.figures]
        print(
            json.dumps({"machine": where, "events": run.events, "repeat": run.repeat, "figures": figures, "details": run.details}, indent=1)
        )
        return 1 if broken else 0
    print("  ".join(f"{name} {value}" for name, value in where.items()))
    print(f"{run.events:,} events, median of {run.repeat}\n")
    print("\n".join(figure.line() for figure in run.figures))
    print("\nbroken: " + "; ".join(broken) if broken else "\nevery bound is kept")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
