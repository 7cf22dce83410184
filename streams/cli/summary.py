"""What a backtest found, as a person reads it: tasks a week, by rule, by unit, the worst day, the noisiest keys."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from engine.calendar import show_instant
from streams.cli.screen import bar, both, plain_table, under

if TYPE_CHECKING:
    from collections import Counter

    from rich.console import Console

    from streams.backtest import Report

#: Lines of weeks at most; longer histories put several weeks into one line.
WEEKS = 27
#: Rows of a table at most.
ROWS = 12
REASONS = 5


def show_report(screen: Console, report: Report) -> None:
    """Print the whole summary."""
    show_history(screen, report)
    summary = report.summary
    if summary.tasks:
        width = max(8, min(screen.width - 34, 60))
        show_weeks(screen, summary.weeks, width)
        show_counts(screen, "by rule", summary.rules, width)
        show_counts(screen, "by unit", summary.units, width)
        show_keys(screen, summary.keys)


def show_history(screen: Console, report: Report) -> None:
    """Print what was read, what came of it, and what was not used."""
    summary, harvest = report.summary, report.harvest
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(both("read"), f"{summary.events:,}", period(report))
    grid.add_row(both("tasks"), Text(f"{summary.tasks:,}", style="bold"))
    if summary.changes["withdrawn"]:
        grid.add_row(both("taken back"), f"{summary.changes['withdrawn']:,}")
    if summary.days and (worst := max(summary.days.items(), key=lambda pair: (pair[1], pair[0])))[1] > 0:
        grid.add_row(both("worst day"), f"{worst[1]:,}", worst[0])
    for refusal in sorted(harvest.refusals.values(), key=lambda one: -one.count)[:REASONS]:
        told = f"{refusal.place}: {refusal.field + ': ' if refusal.field else ''}{refusal.reason}; {refusal.right}".removesuffix("; ")
        grid.add_row(both("rejected"), f"{refusal.count:,}", told, style="yellow")
    for reason, count in harvest.skipped.most_common(REASONS):
        grid.add_row(both("skipped"), f"{count:,}", reason)
    if report.later:
        grid.add_row(both("later"), f"{report.later:,}", both("later than the end"))
    screen.print(Text(both("backtest"), style="bold"))
    screen.print(Padding(grid, (0, 0, 0, 2), expand=False))
    if not report.is_whole:
        screen.print(Text(f"  {both('stopped')}", style="yellow"))


def period(report: Report) -> str:
    """Return from when to when events were judged."""
    summary = report.summary
    if summary.first is None or summary.last is None:
        return both("nothing read")
    zone = str(summary.zone)
    return f"{show_instant(summary.first, zone)[:16]} … {show_instant(summary.last, zone)[:16]} {zone}"


def show_weeks(screen: Console, weeks: Counter[str], width: int) -> None:
    """Print tasks a week as bars, quiet weeks too; long histories several weeks a line."""
    mondays = sorted(week for week, count in weeks.items() if count)
    first, last = date.fromisoformat(mondays[0]), date.fromisoformat(mondays[-1])
    step = -(-((last - first).days // 7 + 1) // WEEKS)
    sums: dict[date, int] = {}
    for week, count in weeks.items():
        line = first + timedelta(weeks=((date.fromisoformat(week) - first).days // 7) // step * step)
        sums[line] = sums.get(line, 0) + count
    table = plain_table(both("week of"), both("tasks"), "", right=(both("tasks"),))
    most = max(sums.values())
    line = first
    while line <= last:
        table.add_row(line.isoformat(), f"{sums.get(line, 0):,}", bar(sums.get(line, 0), most, width))
        line += timedelta(weeks=step)
    title = both("by week") + (f" ({both('weeks together', count=step)})" if step > 1 else "")
    under(screen, title, table)


def show_counts(screen: Console, key: str, counts: Counter[str], width: int) -> None:
    """Print names with their tasks, most first."""
    listed = [(name, count) for name, count in counts.most_common() if count]
    total, most = sum(count for _, count in listed), listed[0][1]
    table = plain_table("", both("tasks"), both("share"), "", right=(both("tasks"), both("share")))
    for name, count in listed[:ROWS]:
        table.add_row(Text(name, style="bold"), f"{count:,}", share(count, total), bar(count, most, max(6, width - 22)))
    if len(listed) > ROWS:
        rest = sum(count for _, count in listed[ROWS:])
        table.add_row(Text(both("more", count=len(listed) - ROWS), style="dim"), f"{rest:,}", share(rest, total), "")
    under(screen, both(key), table)


def share(count: int, total: int) -> str:
    """Return a part of a whole in percent; what is there is never shown as nothing."""
    return "<1%" if 0 < count < total / 100 else f"{count / total:.0%}"


def show_keys(screen: Console, keys: Counter[tuple[str, str]]) -> None:
    """Print the keys with the most tasks, where one has more than one."""
    listed = [(pair, count) for pair, count in keys.most_common(8) if count > 1]
    if not listed:
        return
    table = plain_table(both("tasks"), both("rule"), both("key"), right=(both("tasks"),), wrap=(both("key"),))
    for (rule, key), count in listed:
        table.add_row(f"{count:,}", rule, Text(key, style="bold"))
    under(screen, both("by key"), table)
