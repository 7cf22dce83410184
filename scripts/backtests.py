"""Run the standard rules over the real records beside the checkout, and write what came of it into docs/backtests.md.

What stands above the mark is written by hand and kept. The records are in ../shared/data, which does not ship: not all of their
licences allow it. Nothing is written without them.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from streams.backtest import Input, backtest
from streams.mappings import load_mapping
from streams.rules import Rules, load

if TYPE_CHECKING:
    from engine.watching import Change
    from streams.backtest import Report

HOUSE = Path(__file__).resolve().parent.parent
DATA = HOUSE.parent / "shared" / "data"
PAGE = HOUSE / "docs" / "backtests.md"
PICTURES = HOUSE / "docs" / "images"
MARK = "<!-- What stands below is made by scripts/backtests.py. -->\n"
OURS, THEIRS = HOUSE / "rules" / "feeds", HOUSE / "tests" / "backtests" / "feeds"
#: Records, the mapping that reads them, and where they are.
FEEDS = {
    "pge-outages": (OURS, "outages/pge_2019_outages.csv.gz"),
    "boston-complaints": (OURS, "complaints/boston311_2015_lighting_power.csv.gz"),
    "helpdesk": (THEIRS, "workflow/servicenow_incidents.csv.gz"),
    "permits": (THEIRS, "workflow/permit_receipt_with_deadlines.csv.gz"),
    "hospital-billing": (OURS, "workflow/hospital_billing.csv.gz"),
    "chennai-notices": (THEIRS, "outages/chennai_planned_shutdown_notices.csv"),
    "pge-outages-2024": (THEIRS, "outages/pge_2024_outages.csv.gz"),
    "italian-helpdesk": (THEIRS, "workflow/italian_helpdesk.csv.gz"),
    "lgeku-outages": (THEIRS, "outages/lgeku_2022_2023_outages.csv.gz"),
}
NOISIEST, CELL, LEFT, TOP = 5, 9, 190, 18


@dataclass
class Found:
    """What came of one feed: its report, the tasks that stand, and the seconds of processor time."""

    report: Report
    tasks: dict[str, Change] = field(default_factory=dict)
    zone: str = "UTC"
    seconds: float = 0.0

    def weeks(self) -> dict[str, Counter[str]]:
        """Return how many tasks opened, by rule and by the Monday of the week."""
        found: dict[str, Counter[str]] = {}
        for task in self.tasks.values():
            day = task.at.astimezone(ZoneInfo(self.zone)).date()
            monday = (day - timedelta(days=day.weekday())).isoformat()
            found.setdefault(task.rule, Counter())[monday] += 1
        return dict(sorted(found.items(), key=lambda pair: -pair[1].total()))


def run(name: str, rules: Rules) -> Found | list[str]:
    """Return what the rules find in one feed, or why it cannot be read."""
    folder, path = FEEDS[name]
    mapping = load_mapping(folder / f"{name}.yaml", rules.book.catalogue)
    if isinstance(mapping, list):
        return mapping
    tasks: dict[str, Change] = {}

    def note(changes: list[Change]) -> None:
        for change in changes:
            if change.change == "opened":
                tasks[change.task_id] = change
            elif change.change == "withdrawn":
                tasks.pop(change.task_id, None)

    before = time.process_time()
    report = backtest(rules, [Input(DATA / path, mapping)], note)
    return Found(report, tasks, rules.book.zone, time.process_time() - before)


def section(name: str, found: Found) -> str:
    """Return what is told of one feed."""
    summary, weeks = found.report.summary, found.weeks()
    every: Counter[str] = sum(weeks.values(), Counter())
    usual = median(every.values()) if every else 0
    storms = sorted(week for week, number in every.items() if number > 5 * usual and number > 50)
    lines = [f"## {name}", ""]
    speed = f"{summary.events / found.seconds:,.0f} events per second of processor time" if found.seconds else ""
    refused = found.report.harvest.rejected
    lines += [f"{summary.events:,} events, {len(found.tasks):,} tasks; {refused:,} rows rejected; {speed}, reading included.", ""]
    if not weeks:
        return "\n".join([*lines, "No task."]) + "\n"
    lines += [f"![{name}](images/backtest-{name}.svg)", ""]
    lines += [f"Weeks of storm (more than five times the median of {usual:g} tasks a week): {', '.join(storms) or 'none'}.", ""]
    lines += ["| rule | tasks | weeks with one | most in a week | noisiest keys |", "| --- | ---: | ---: | ---: | --- |"]
    for rule, counted in weeks.items():
        keys = Counter(", ".join(task.key.values()) for task in found.tasks.values() if task.rule == rule)
        noisy = ", ".join(f"{key.replace('|', '/')} ({number})" for key, number in keys.most_common(NOISIEST) if number > 1)
        lines.append(f"| `{rule}` | {counted.total():,} | {len(counted)} | {max(counted.values()):,} | {noisy or '—'} |")
    dropped = left_out(found)
    if dropped:
        lines += ["", "Not counted, by the tasks that tell of it:", "", "| rule | reason | events |", "| --- | --- | ---: |"]
        lines += [f"| `{rule}` | {reason} | {number:,} |" for (rule, reason), number in dropped.most_common(12)]
    return "\n".join(lines) + "\n"


def left_out(found: Found) -> Counter[tuple[str, str]]:
    """Return what counts left out, by rule and reason, as the tasks tell it."""
    counted: Counter[tuple[str, str]] = Counter()
    for task in found.tasks.values():
        for one in task.because.not_counted or () if task.because else ():
            counted[task.rule, one.because or ""] += 1
    return counted


def picture(name: str, found: Found) -> str:
    """Return tasks by rule and week as SVG: the darker, the more."""
    weeks = found.weeks()
    columns = sorted({week for counted in weeks.values() for week in counted})
    width, height = LEFT + CELL * len(columns) + 10, TOP + 16 * len(weeks) + 24
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    told = "; ".join(f"{rule} {counted.total()}" for rule, counted in weeks.items())
    parts = [head, f"<title>{escape(name)}: tasks by rule and week</title><desc>{escape(told)}</desc>"]
    parts.append('<style>text{font:10px sans-serif;fill:#222}</style><rect width="100%" height="100%" fill="#fff"/>')
    for line, (rule, counted) in enumerate(weeks.items()):
        y, most = TOP + 16 * line, max(counted.values())
        parts.append(f'<text x="{LEFT - 6}" y="{y + 10}" text-anchor="end">{rule}</text>')
        for column, week in enumerate(columns):
            share = counted[week] / most
            shade = f'fill="#b3261e" fill-opacity="{0.15 + 0.85 * share:.2f}"' if counted[week] else 'fill="#f0f0f0"'
            box = f'x="{LEFT + CELL * column}" y="{y}" width="{CELL - 1}" height="13"'
            parts.append(f"<rect {box} {shade}><title>{week}: {counted[week]}</title></rect>")
    foot = height - 6
    parts.append(
        f'<text x="{LEFT}" y="{foot}">{columns[0]}</text><text x="{width - 10}" y="{foot}" text-anchor="end">{columns[-1]}</text></svg>\n'
    )
    return "".join(parts)


def unmet(rules: Rules, all_found: dict[str, Found]) -> str:
    """Return which rules met real records, and which did not."""
    met = {rule for found in all_found.values() for rule in found.weeks()}
    never = sorted(name for name in rules.book.rules if name not in met)
    named = ", ".join(f"[`{name}`](rules/{name}.md)" for name in never)
    told = f"{len(met)} of {len(rules.book.rules)} rules fired on real records. The others have their stories only."
    return f"## Rules that never met real records\n\n{told}\n\n{named}\n"


def main() -> None:
    """Run everything, and write page and pictures."""
    rules = load(HOUSE / "rules")
    if not isinstance(rules, Rules):
        sys.exit("\n".join(rules))
    if not DATA.is_dir():
        sys.exit(f"{DATA}: the real records are not here")
    all_found = {}
    for name in FEEDS:
        found = run(name, rules)
        if isinstance(found, list):
            sys.exit("\n".join(found))
        all_found[name] = found
        print(f"{name}: {found.report.summary.events:,} events, {len(found.tasks):,} tasks, {found.seconds:.0f} s", flush=True)
        if found.tasks:
            (PICTURES / f"backtest-{name}.svg").write_text(picture(name, found), encoding="utf-8")
        write(rules, all_found)


def write(rules: Rules, all_found: dict[str, Found]) -> None:
    """Write the page with what was found so far."""
    text = PAGE.read_text(encoding="utf-8")
    made = [section(name, found) for name, found in all_found.items()]
    PAGE.write_text(text[: text.index(MARK)] + MARK + "\n" + "\n".join([*made, unmet(rules, all_found)]), encoding="utf-8")


if __name__ == "__main__":
    main()
