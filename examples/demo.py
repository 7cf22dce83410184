"""`make demo`: the rules of rules/ over real records, as an operator would run them, and what came of it.

Three feeds are read through their mappings in rules/feeds/, judged by the same engine as in production, and written to demo-out/. A few
of the findings become tasks that people answer, or do not (`examples/casework.py`).
"""

from __future__ import annotations

import csv
import gzip
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import casework  # type: ignore[import-not-found]  # the module beside this one: examples are no package
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from engine.calendar import show_instant
from engine.casework import STATES
from engine.watching import encode_change
from streams.backtest import Input, Report, backtest
from streams.mappings import load_mapping
from streams.rules import Rules, load

if TYPE_CHECKING:
    from typing import BinaryIO

    from engine.events.mapping import Mapping
    from engine.watching import Change

HOUSE = Path(__file__).resolve().parent.parent
DATA = HOUSE / "examples" / "data"
OUT = HOUSE / "demo-out"
TASKS = OUT / "TASKS.jsonl"
CLEARLY = ".venv/bin/clearly"
FEEDS = ("pge-outages", "boston-complaints", "hospital-billing")
BLOCKS = "▁▂▃▄▅▆▇█"
BAR = 46
#: The rung of 督办.
SUPERVISED = 3
#: The column that may be broken into lines where the window is narrow.
TITLE = "名称"


@dataclass
class Result:
    """What came of all feeds: a report of each, the tasks that stand by their id, and how many of each rule do not any more."""

    reports: dict[str, Report] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, Change] = field(default_factory=dict)
    withdrawn: Counter[str] = field(default_factory=Counter)
    #: what was found by the rule whose findings become tasks
    told: list[Change] = field(default_factory=list)

    def note(self, change: Change) -> None:
        """Take one change."""
        if change.rule == casework.RULE:
            self.told.append(change)
        if change.change == "opened":
            self.tasks[change.task_id] = change
        elif change.change == "withdrawn":
            self.tasks.pop(change.task_id, None)
            self.withdrawn[change.rule] += 1


class Outage(NamedTuple):
    """Where an outage was."""

    area: str
    town: str


def main() -> None:
    """Run the demo."""
    console = Console(highlight=False)
    console.print(
        Panel(
            "Rule files in [b]rules/[/b] read months of real outages, complaints and process steps, and say who has to explain what.\n"
            "规则文件读取真实的停电、投诉和流程记录，指出谁要把什么事情说清楚。",
            title="[b]说清楚 · explain clearly[/b]",
            border_style="cyan",
            padding=(1, 2),
        )
    )
    rules = good(load(HOUSE / "rules"))
    result = run(console, rules)
    show_feeds(console, result)
    show_rules(console, rules, result)
    show_weeks(console, result)
    show_places(console, result)
    show_one_task(console, result)
    desk = casework.play(HOUSE, OUT, mapping_of(rules, FEEDS[0]), casework.cases(result.told))
    show_casework(console, desk)
    show_next(console, result, desk)


def good(loaded: Rules | list[str]) -> Rules:
    """Return the rules, or leave with everything that is wrong with them."""
    return loaded if isinstance(loaded, Rules) else sys.exit("\n".join(loaded))


def mapping_of(rules: Rules, name: str) -> Mapping:
    """Return the mapping of a feed, or leave with everything that is wrong with it."""
    loaded = load_mapping(HOUSE / "rules" / "feeds" / f"{name}.yaml", rules.book.catalogue)
    return sys.exit("\n".join(loaded)) if isinstance(loaded, list) else loaded


def run(console: Console, rules: Rules) -> Result:
    """Return what the rules find in every feed, and write every change down."""
    OUT.mkdir(exist_ok=True)
    result = Result()
    columns = (TextColumn("  {task.description:<30}"), BarColumn(bar_width=30), TaskProgressColumn(), TimeElapsedColumn())
    with TASKS.open("wb") as file, Progress(*columns, console=console, transient=True) as shown:
        for name in FEEDS:
            run_one(rules, name, result, file, shown)
    return result


def run_one(rules: Rules, name: str, result: Result, file: BinaryIO, shown: Progress) -> None:
    """Add to the result what the rules find in one feed."""
    mapping = mapping_of(rules, name)
    bars = {stage: shown.add_task(f"{stage} {name}", total=None) for stage in ("reading", "judging")}

    def publish(changes: list[Change]) -> None:
        for change in changes:
            file.write(encode_change(change) + b"\n")
            result.note(change)

    def progress(stage: str, done: int, total: int | None) -> None:
        shown.update(bars[stage], completed=done, total=total)

    result.titles[name] = mapping.title
    result.reports[name] = backtest(rules, [Input(DATA / f"{name}.csv.gz", mapping)], publish, progress)


# Showing -------------------------------------------------------------------------------------------------------------------------------


def headed(console: Console, title: str, table: Table) -> None:
    """Print a table under its title."""
    console.print()
    console.print(f"[b cyan]{title}[/]")
    console.print(Padding(table, (0, 0, 0, 2)))


def plain(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """Return an empty table without lines between its rows."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=name != TITLE)
    return table


def show_feeds(console: Console, result: Result) -> None:
    """Print what was read, and what became no event and why."""
    table = plain("feed", TITLE, "events", "rejected", "left out", right=("events", "rejected", "left out"))
    for name, report in result.reports.items():
        counts = (report.summary.events, report.harvest.rejected, report.harvest.skipped.total())
        table.add_row(f"[b]{name}[/]", result.titles[name].partition(" / ")[0], *(f"{count:,}" for count in counts))
    headed(console, "What was read 读入", table)
    for name, report in result.reports.items():
        reasons = [(one.count, f"{one.field}: {one.reason}") for one in report.harvest.refusals.values()]
        reasons += [(count, reason) for reason, count in report.harvest.skipped.items()]
        for count, reason in sorted(reasons, reverse=True)[:3]:
            console.print(f"  [dim]{count:>7,} of {name}: {reason}[/]", no_wrap=True, overflow="ellipsis")


def show_rules(console: Console, rules: Rules, result: Result) -> None:
    """Print the tasks of each rule as bars."""
    table = plain("rule", TITLE, "status", "tasks", "", right=("tasks",))
    counts = Counter(task.rule for task in result.tasks.values())
    most = max(counts.values(), default=1)
    for name, count in counts.most_common():
        rule = rules.book.rules[name]
        bar = Text("█" * max(round(count / most * 12), 1), style="cyan")
        table.add_row(f"[b]{name}[/]", rule.title["zh"], f"[dim]{rule.status}[/]", f"{count:,}", bar)
    headed(console, f"Tasks by rule 各规则的任务: {len(result.tasks):,}", table)
    for name, count in result.withdrawn.most_common():
        console.print(f"  [dim]{count} more of {name} were withdrawn: a late fact disproved them or moved their start.[/]")
    quiet = sorted(set(rules.book.rules) - set(counts))
    console.print(f"  [dim]Nothing to do for {', '.join(quiet)}: these records hold nothing for them.[/]")


def show_weeks(console: Console, result: Result) -> None:
    """Print tasks a week: the outage rules as bars, the others as a line each."""
    grouped: dict[str, Counter[str]] = defaultdict(Counter)
    for task in result.tasks.values():
        monday = task.at.date() - timedelta(days=task.at.weekday())
        grouped[area_of(task.rule)][monday.isoformat()] += 1
    table = plain("week of", "tasks", "", right=("tasks",))
    weeks = grouped.pop("outage", Counter[str]())
    most = max(weeks.values(), default=1)
    for week, count in sorted(weeks.items()):
        table.add_row(week, f"{count:,}", Text("█" * max(round(count / most * BAR), 1), style="cyan"))
    headed(console, "Outage rules, tasks a week 停电类任务（按周）", table)
    console.print("  [dim]October 2019: the utility switched large areas off, so that its lines would not start wildfires.[/]")
    for name, others in sorted(grouped.items()):
        first, last = min(others), max(others)
        console.print(f"\n  {name} rules, {first} to {last}, at most {max(others.values())} a week\n  [cyan]{sparkline(others)}[/]")


def area_of(rule: str) -> str:
    """Return what a rule watches: the folder that its file lies in."""
    return next(path.parent.name for path in (HOUSE / "rules").rglob(f"{rule}.yaml"))


def sparkline(weeks: Counter[str]) -> str:
    """Return one sign a week, higher for more tasks, at most 100 of them."""
    ordered = [weeks[week] for week in sorted(weeks)]
    step = -(-len(ordered) // 100)
    heights = [sum(ordered[start : start + step]) for start in range(0, len(ordered), step)]
    return "".join(BLOCKS[round(height / max(heights) * (len(BLOCKS) - 1))] for height in heights)


def outages() -> dict[str, Outage]:
    """Return where each outage of the first feed was. No rule reads the town, so it is taken from the file."""
    with gzip.open(DATA / f"{FEEDS[0]}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return {row["outage_id"]: Outage(f"{row['lat']},{row['lon']}", row["place"]) for row in csv.DictReader(file)}


def show_places(console: Console, result: Result) -> None:
    """Print the transformer areas about which most has to be explained."""
    where = outages()
    towns = {outage.area: outage.town for outage in where.values()}
    number = Counter(outage.area for outage in where.values())
    tasks: dict[str, Counter[str]] = defaultdict(Counter)
    for task in result.tasks.values():
        outage = where.get(task.key.get("outage_id", ""))
        area = task.key.get("transformer_area") or (outage.area if outage else "")
        if area:
            tasks[area][task.rule] += 1
    rules = ("repeated-outage", "sudden-outage", "long-outage")
    short = tuple(rule.partition("-")[0] for rule in rules)
    table = plain("transformer area", "town", "outages", *short, right=("outages", *short))
    for area, counts in sorted(tasks.items(), key=lambda pair: (-pair[1].total(), pair[0]))[:8]:
        table.add_row(f"[b]{area}[/]", towns[area], str(number[area]), *(str(counts[rule]) for rule in rules))
    headed(console, "The worst places 问题最多的台区", table)


def chosen(result: Result) -> Change:
    """Return the task that is explained: repeated outages on as many different days as there are."""

    def worth(task: Change) -> tuple[bool, int, int, str]:
        counted = task.because.counted if task.because else []
        return task.rule == "repeated-outage", len({event.at.date() for event in counted}), -len(counted), task.task_id

    return max(result.tasks.values(), key=worth)


def show_one_task(console: Console, result: Result) -> None:
    """Have `clearly explain` say why one task exists."""
    console.print("\n[b cyan]One task, explained 说清楚一件[/]\n")
    sys.stdout.flush()
    command = [str(Path(sys.executable).with_name("clearly")), "explain", chosen(result).task_id, "--tasks", str(TASKS)]
    subprocess.run(command, check=True)


def show_casework(console: Console, desk: casework.Desk) -> None:
    """Print tasks on several rungs, and how one of them came about to be explained."""
    table = plain("place", "state", "rung", "who", "due")
    for task in sorted(desk.tasks, key=lambda task: (-(task.level or 0), task.id)):
        state, rung = STATES[task.state], desk.rungs[task.level or 0].partition(" / ")[0]
        due = task.due()
        told = "逾期 late" if due is None else show_instant(due, "Asia/Shanghai")[:10]
        style = "b" if task.level == SUPERVISED else "none"
        where = desk.towns[task.key["transformer_area"]]
        table.add_row(where, f"{state.zh} {state.name}", f"[{style}]{task.level} {rung}[/]", str(task.person), told)
    headed(console, f"Tasks of eight places on {casework.END} 八处台区的任务", table)
    console.print(
        "  [dim]Real outages, made-up people: who says nothing climbs; one explained, was believed, and is watched until February.[/]"
    )
    console.print("\n[b cyan]How it was explained 台账[/]\n")
    sys.stdout.flush()
    command = [str(Path(sys.executable).with_name("clearly")), "task", "history", desk.explained.id, "--db", str(OUT / "clearly.db")]
    subprocess.run(command, check=True)


def show_next(console: Console, result: Result, desk: casework.Desk) -> None:
    """Print where everything lies and what to type next."""
    size = TASKS.stat().st_size / 1_000_000
    console.print(f"\nEvery change of every task: [b]{TASKS.relative_to(HOUSE)}[/] ({size:.1f} MB, a line of JSON each).")
    console.print("\n[b cyan]What next 接下来[/]")
    other = max(result.tasks.values(), key=lambda task: (task.rule == "standing-case", task.task_id))
    for why, command in (
        ("why another task exists", f"explain {other.task_id} --tasks {TASKS.relative_to(HOUSE)}"),
        ("the proof of a deadline, day by day", f"task why-due {desk.explained.id} --clock explain --db demo-out/clearly.db"),
        ("the stories that prove the rules", "rules test rules"),
        ("stories of tasks, from beginning to end", "rehearse --rules rules"),
        ("what a mapping makes of a file", "feed check rules/feeds/pge-outages.yaml examples/data/pge-outages.csv.gz"),
        ("a rules folder of your own; docs/quickstart.md goes on from there", "init my-rules"),
    ):
        console.print(f"  [dim]# {why}[/]\n  [b]{CLEARLY} {command}[/]", soft_wrap=True)


if __name__ == "__main__":
    main()
