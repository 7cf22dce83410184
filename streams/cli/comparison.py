"""`clearly rules backtest --compare`: one history through two rule sets, and what becomes different."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from engine.calendar import show_instant
from engine.events import micros
from engine.watching import LANGUAGES, SIDES, say
from streams.backtest import STDIN
from streams.cli.history import Wanted, inputs_of, overwrites, period_of, stopping
from streams.cli.outcome import FINDINGS, FINE, STOPPED, Refused
from streams.cli.screen import Meter, both, console, plain_table, print_json, under
from streams.comparing import Compared, Side, Twice, compare_histories
from streams.page import Named, page
from streams.rules import Rules, load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from engine.watching import Pair, Row

#: Rows of a table at most.
ROWS = 12
#: Columns of a table of kinds.
KINDS = ("before", "after", "added", "gone", "moved", "same")
STYLES = {"added": "green", "gone": "red", "moved": "yellow", "same": "dim"}


class Asked(NamedTuple):
    """What is wanted of a comparison: where it goes, and how many tasks one unit can handle on one day."""

    out: Path | None = None
    html: Path | None = None
    capacity: int | None = None
    as_json: bool = False


def compare_rules(files: Sequence[Path], roots: tuple[Path, Path], wanted: Wanted, asked: Asked) -> int:
    """Run history through both rule sets, write and show what becomes different, and return the exit code."""
    rules = [loaded(root, wanted.profile) for root in roots]
    for option, path in (("--out", asked.out), ("--html", asked.html)):
        refuse_unwritable(option, path, files)
    before, after = (Side(one, inputs_of(files, root, wanted.maps, one)) for one, root in zip(rules, roots, strict=True))
    period = period_of(wanted, before.rules.book.zone)
    try:
        with stopping() as is_stopped, Meter() as meter:
            found = compare_histories(before, after, meter, period=period, is_stopped=is_stopped)
    except Twice as error:
        raise Refused("-: the two rule sets read this history differently, so it is read twice; give a file") from error
    names = Named(str(roots[0]), rules[0].version, str(roots[1]), rules[1].version)
    tell(found, names, asked)
    if not found.is_whole:
        return STOPPED
    return FINDINGS if found.before.rejected and not found.events else FINE


def loaded(root: Path, profile: str | None = None) -> Rules:
    """Return the rules of a folder, or refuse them."""
    rules = load(root, profile)
    if not isinstance(rules, Rules):
        raise Refused(rules, FINDINGS)
    return rules


def refuse_unwritable(option: str, path: Path | None, files: Sequence[Path]) -> None:
    """Refuse a file that cannot be written, or that would take the place of history."""
    if path is None or path == STDIN:
        return
    if overwrites(path, files):
        raise Refused(f"{option} {path}: this is one of the files that are read; give another name")
    if not path.parent.is_dir():
        raise Refused(f"{option} {path}: there is no folder {path.parent}")


def tell(found: Compared, names: Named, asked: Asked) -> None:
    """Write and show a comparison in every form that is asked for."""
    value = as_value(found, names, asked.capacity)
    if asked.html is not None:
        asked.html.write_text(page(found, names, asked.capacity), encoding="utf-8")
    if asked.out is not None:
        lines = b"".join(msgspec.json.encode(pair.as_json()) + b"\n" for pair in found.comparison.pairs if pair.kind != "same")
        if asked.out == STDIN:
            sys.stdout.buffer.write(lines)
            return
        asked.out.write_bytes(lines)
    if asked.as_json:
        print_json(value)
    else:
        show(console(), found, names, asked.capacity)


def as_value(found: Compared, names: Named, capacity: int | None) -> dict[str, object]:
    """Return a comparison for machines."""
    told = found.comparison.as_json(capacity)
    sides = {"before": (names.before, names.before_version, found.before), "after": (names.after, names.after_version, found.after)}
    for side, (folder, version, harvest) in sides.items():
        more = {"rules": folder, "version": version, "rejected": list(harvest.refusals.values()), "skipped": dict(harvest.skipped)}
        told[side] = {**more, **told[side]}  # type: ignore[dict-item]  # it is a dictionary
    zone = str(found.comparison.zone)
    first, last, until = (None if at is None else show_instant(at, zone) for at in (found.first, found.last, found.until))
    return {"events": found.events, "from": first, "to": last, "later": found.later, "whole": found.is_whole, "until": until, **told}


# On the screen -----------------------------------------------------------------------------------------------------------


def show(screen: Console, found: Compared, names: Named, capacity: int | None) -> None:
    """Print what becomes different."""
    comparison = found.comparison
    screen.print(Text(both("compared"), style="bold"))
    screen.print(Padding(head(found, names, capacity), (0, 0, 0, 2), expand=False))
    if not found.is_whole:
        at = "" if found.until is None else show_instant(found.until, str(comparison.zone))[:16]
        screen.print(Text(f"  {both('stopped at', at=at)}", style="yellow"))
    if found.before is not found.after:
        screen.print(Text(f"  {both('read twice')}", style="dim"))
    if not comparison.pairs:
        return
    for title, rows in (("by rule", comparison.rules), ("by unit", comparison.units)):
        show_rows(screen, title, dict(sorted(rows.items(), key=lambda pair: -max(pair[1].before, pair[1].after))))
    show_rows(screen, "by week", comparison.weeks)
    show_differences(screen, [pair for pair in comparison.pairs if pair.kind != "same"], str(comparison.zone))


def head(found: Compared, names: Named, capacity: int | None) -> Table:
    """Return the figures that stand on top."""
    comparison = found.comparison
    zone = str(comparison.zone)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    span = [show_instant(at, zone)[:16] for at in (found.first, found.last) if at is not None]
    grid.add_row(both("read"), f"{found.events:,}", f"{' … '.join(span)} {zone}" if span else both("nothing read"))
    for which, folder in zip(SIDES, (names.before, names.after), strict=True):
        loads = comparison.loads(which)
        grid.add_row(both(which), f"{sum(load.tasks for load in loads):,}", folder)
        if loads:
            grid.add_row(f"  {both('worst day')}", f"{loads[0].tasks:,}", f"{loads[0].unit}  {loads[0].day}")
        if capacity is not None:
            grid.add_row("", f"{sum(load.tasks > capacity for load in loads):,}", both("over capacity", capacity=capacity))
    moved = ", ".join(f"{both(what)} {count:,}" for what, count in comparison.moved_by.most_common())
    for kind in ("added", "gone", "moved", "same"):
        grid.add_row(Text(both(kind), style=STYLES[kind]), f"{comparison.counts[kind]:,}", moved if kind == "moved" else "")
    for harvest, which in ((found.before, "before"), (found.after, "after")):
        if harvest.rejected:
            first = next(iter(harvest.refusals.values()))
            grid.add_row(both("rejected"), f"{harvest.rejected:,}", f"{both(which)}: {first.place}: {first.reason}", style="yellow")
    return grid


def headed(*keys: str, right: tuple[str, ...] = (), wrap: tuple[str, ...] = ()) -> Table:
    """Return an empty table whose headings stand in two lines, a language each."""
    names = {key: "\n".join(say(language, key) for language in LANGUAGES) if key else "" for key in keys}
    table = plain_table(*names.values(), right=tuple(names[key] for key in right), wrap=tuple(names[key] for key in wrap))
    for column in table.columns:
        column.vertical = "bottom"
    return table


def show_rows(screen: Console, title: str, rows: Mapping[str, Row]) -> None:
    """Print a line for each name with its tasks; where not all have room, those where most changed."""
    table = headed("", *KINDS, right=KINDS)
    changed = sorted(rows, key=lambda name: -(rows[name].added + rows[name].gone + rows[name].moved))
    chosen = set(changed[:ROWS])
    for name, row in rows.items():
        if name in chosen:
            table.add_row(Text(name, style="bold"), *cells(row))
    if len(chosen) < len(rows):
        table.add_row(Text(both("more", count=len(rows) - len(chosen)), style="dim"), *[""] * len(KINDS))
    under(screen, both(title), table)


def cells(row: Row) -> list[Text]:
    """Return the figures of a line; nothing is a dot."""
    return [Text(f"{count:,}" if count else "·", style=STYLES.get(kind, "") if count else "dim") for kind, count in row._asdict().items()]


def show_differences(screen: Console, pairs: Sequence[Pair], zone: str) -> None:
    """Print the first tasks that become different."""
    if not pairs:
        screen.print()
        screen.print(Text(both("no difference"), style="green"))
        return
    columns = ("", "before", "after", "rule", "key")
    table = headed(*columns, wrap=("key",))
    for pair in pairs[:ROWS]:
        key = Text(", ".join(pair.task.key.values()), style="bold")
        sides = ["·" if task is None else show_instant(micros(task.at), zone)[:16] for task in (pair.before, pair.after)]
        table.add_row(Text(both(pair.kind), style=STYLES[pair.kind]), *sides, pair.task.rule, key + Text(moves(pair, zone), style="yellow"))
    title = both("differences") + (f" ({both('first of', count=ROWS, total=len(pairs))})" if len(pairs) > ROWS else "")
    under(screen, title, table)


def moves(pair: Pair, zone: str) -> str:
    """Return in a few words in what a task moved, beside its time."""
    if pair.before is None or pair.after is None:
        return ""
    was, now = pair.before, pair.after
    said = {
        "unit": (was.to.person or was.unit, now.to.person or now.unit),
        "severity": (was.severity, now.severity),
        "due": tuple(show_instant(micros(one.due), zone)[:16] for one in (was, now)),
        "status": (was.status, now.status),
    }
    return "".join(f"; {both(what)} {said[what][0]} → {said[what][1]}" for what in pair.moved if what != "time")
