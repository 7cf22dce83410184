"""A comparison as one file of HTML that needs no network: Chart.js (MIT, its licence beside it) and all figures are inside.

Everything that a picture shows also stands in a table, for readers without scripts and for paper.
"""

from __future__ import annotations

from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from engine.calendar import show_instant
from engine.events import micros
from engine.watching import LANGUAGES, SIDES, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.watching import Comparison, Load, Pair, Row, Which
    from streams.comparing import Compared

#: Differences that are listed one by one.
LISTED = 500
#: Rules or units in one picture; the table has them all.
DRAWN = 40
KINDS = ("added", "gone", "moved", "same")


class Named(NamedTuple):
    """The two rule sets as the reader knows them: folder, and hash of its content."""

    before: str
    before_version: str
    after: str
    after_version: str


def both(key: str, **values: object) -> str:
    """Return a phrase in both languages, as HTML."""
    zh, en = (escape(say(language, key, **values)) for language in LANGUAGES)
    return f'<span lang="zh">{zh}</span> <span lang="en">{en}</span>'


def plain(key: str, **values: object) -> str:
    """Return a phrase in both languages, as text."""
    return " ".join(say(language, key, **values) for language in LANGUAGES)


def page(found: Compared, names: Named, capacity: int | None = None) -> str:
    """Return the whole report."""
    comparison = found.comparison
    folder = files("streams") / "pages"
    parts = {
        "title": plain("compared"),
        "heading": both("compared"),
        "head": head(found, names),
        "cards": cards(comparison),
        "charts": "".join(chart(name) for name in ("by week", "worst day of units", "by rule", "by unit")),
        "loads": loads_of(comparison, capacity),
        "tables": "".join(table(title, rows) for title, rows in grouped(comparison).items()),
        "differences": differences(comparison),
        "figures": as_script(figures(comparison, capacity)),
        "library": (folder / "chart.umd.min.js").read_text(encoding="utf-8"),
    }
    return Template((folder / "comparison.html").read_text(encoding="utf-8")).substitute(parts)


def grouped(comparison: Comparison) -> Mapping[str, Mapping[str, Row]]:
    """Return the tables: by rule and by unit most first, by week in the order of time."""
    most = {
        "by rule": dict(sorted(comparison.rules.items(), key=lambda pair: -max(pair[1].before, pair[1].after))),
        "by unit": dict(sorted(comparison.units.items(), key=lambda pair: -max(pair[1].before, pair[1].after))),
    }
    return {**most, "by week": comparison.weeks}


def head(found: Compared, names: Named) -> str:
    """Return what was compared, over what, and whether all of it."""
    zone = str(found.comparison.zone)
    span = " … ".join(show_instant(at, zone)[:16] for at in (found.first, found.last) if at is not None)
    lines = [
        f"<dt>{both('before')}</dt><dd><code>{escape(names.before)}</code> {escape(names.before_version)}</dd>",
        f"<dt>{both('after')}</dt><dd><code>{escape(names.after)}</code> {escape(names.after_version)}</dd>",
        f"<dt>{both('read')}</dt><dd>{found.events:,} &nbsp; {escape(span)} {escape(zone)}</dd>",
    ]
    for which, harvest in (("before", found.before), ("after", found.after)):
        if harvest.rejected:
            lines.append(f"<dt>{both('rejected')}</dt><dd>{both(which)}: {harvest.rejected:,}</dd>")
    partial = ""
    if not found.is_whole:
        at = "" if found.until is None else show_instant(found.until, zone)[:16]
        partial = f'<p class="partial">{both("stopped at", at=at)}</p>'
    return f"{partial}<dl>{''.join(lines)}</dl>"


def cards(comparison: Comparison) -> str:
    """Return the figures that are read first."""
    totals = [(which, len(comparison.side(which))) for which in SIDES]
    shown = [*totals, *((kind, comparison.counts[kind]) for kind in KINDS)]
    return "".join(f'<div class="card {name}"><b>{count:,}</b>{both(name)}</div>' for name, count in shown)


def chart(name: str) -> str:
    """Return the place of a picture."""
    return f'<figure><figcaption>{both(name)}</figcaption><div class="box"><canvas data-chart="{escape(name)}"></canvas></div></figure>'


def loads_of(comparison: Comparison, capacity: int | None) -> str:
    """Return the worst days of units under both rule sets, against what a unit can handle."""
    columns = []
    for which in SIDES:
        found = comparison.loads(which)
        rows = "".join(
            f"<tr{over(load, capacity)}><td>{escape(load.unit)}</td><td>{load.day}</td><td>{load.tasks:,}</td></tr>" for load in found[:10]
        )
        said = (
            ""
            if capacity is None
            else f"<p>{both('over capacity', capacity=capacity)}: <b>{sum(one.tasks > capacity for one in found):,}</b></p>"
        )
        header = f"<tr><th>{both('unit')}</th><th>{both('day')}</th><th>{both('tasks')}</th></tr>"
        columns.append(f"<div><h3>{both(which)}</h3>{said}<table>{header}{rows}</table></div>")
    return f'<h2>{both("worst day of a unit")}</h2><div class="two">{"".join(columns)}</div>'


def over(load: Load, capacity: int | None) -> str:
    """Return the mark of a line that is more than a unit can handle."""
    return ' class="over"' if capacity is not None and load.tasks > capacity else ""


def table(title: str, rows: Mapping[str, Row]) -> str:
    """Return a table of names and kinds."""
    header = "".join(f"<th>{both(one)}</th>" for one in ("before", "after", *KINDS))
    body = "".join(
        f"<tr><td>{escape(name)}</td>{''.join(f'<td>{count:,}</td>' if count else '<td class=none>·</td>' for count in row)}</tr>"
        for name, row in rows.items()
    )
    return f"<h2>{both(title)}</h2><table><tr><th></th>{header}</tr>{body}</table>"


def differences(comparison: Comparison) -> str:
    """Return the tasks that become different, earliest first."""
    listed = [pair for pair in comparison.pairs if pair.kind != "same"]
    if not listed:
        return f"<p>{both('no difference')}</p>"
    columns = ("opens", "rule", "key", "unit", "severity", "moved in")
    header = "".join(f"<th>{both(one)}</th>" for one in columns)
    body = "".join(difference(pair, str(comparison.zone)) for pair in listed[:LISTED])
    more = f"<p>{both('first of', count=LISTED, total=len(listed))}</p>" if len(listed) > LISTED else ""
    return f"<h2>{both('differences')}</h2>{more}<table><tr><th></th>{header}</tr>{body}</table>"


def difference(pair: Pair, zone: str) -> str:
    """Return the line of one task."""

    def shown(values: Iterable[str]) -> str:
        return " → ".join(escape(one) for one in dict.fromkeys(values))

    tasks = [task for task in (pair.before, pair.after) if task is not None]
    cells = (
        shown(show_instant(micros(task.at), zone)[:16] for task in tasks),
        escape(pair.task.rule),
        escape(", ".join(pair.task.key.values())),
        shown(task.unit for task in tasks),
        shown(task.severity for task in tasks),
        ", ".join(both(what) for what in pair.moved),
    )
    said = escape(pair.task.say)
    return f'<tr class="{pair.kind}" title="{said}"><td>{both(pair.kind)}</td>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


# Figures for the pictures ------------------------------------------------------------------------------------------------


def figures(comparison: Comparison, capacity: int | None) -> dict[str, object]:
    """Return what the script draws."""
    tables = grouped(comparison)
    weeks = list(tables["by week"])
    worst = {which: worst_by_week(comparison, which, weeks) for which in SIDES}
    return {
        "words": {name: plain(name) for name in ("before", "after", "capacity", *KINDS)},
        "capacity": capacity,
        "weeks": weeks,
        "by week": {which: [getattr(row, which) for row in tables["by week"].values()] for which in SIDES},
        "worst day of units": worst,
        **{name: stacked(tables[name]) for name in ("by rule", "by unit")},
    }


def worst_by_week(comparison: Comparison, which: Which, weeks: list[str]) -> list[int]:
    """Return for each week how many tasks one unit got on one day at most."""
    worst = dict.fromkeys(weeks, 0)
    counts: dict[tuple[str, str, str], int] = {}
    for task in comparison.side(which):
        place = (comparison.week(task), task.unit, comparison.day(task).isoformat())
        counts[place] = counts.get(place, 0) + 1
    for (week, _, _), count in counts.items():
        worst[week] = max(worst.get(week, 0), count)
    return [worst[week] for week in weeks]


def stacked(rows: Mapping[str, Row]) -> dict[str, object]:
    """Return the bars of names, most first."""
    chosen = list(rows.items())[:DRAWN]
    return {"names": [name for name, _ in chosen], **{kind: [getattr(row, kind) for _, row in chosen] for kind in KINDS}}


def as_script(value: object) -> str:
    """Return a value as JSON that can stand inside a script element."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
