"""`clearly feed check` and `feed new`: what a mapping makes of a file, and a first draft of one."""

from __future__ import annotations

import gzip
import sys
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from engine.events import Gate
from engine.events.mapping import Mapping, check, draft
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.screen import both, console, plain_table, print_json, under, wrapping
from streams.mappings import load_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import BinaryIO

    from rich.console import Console

    from engine.events import Catalogue
    from engine.events.mapping import FeedReport


def check_feed(path: Path, samples: Sequence[Path], rules: Path | None, *, as_json: bool) -> int:
    """Print what comes out of a mapping, and return the exit code."""
    root = rules if rules is not None else above(path)
    catalogue = catalogue_in(root)
    mapping = load_mapping(path, catalogue)
    if isinstance(mapping, list):
        raise Refused(mapping, FINDINGS)
    with ExitStack() as stack:
        report = check(mapping, Gate(catalogue), [(str(one), text_in(one, mapping.encoding, stack)) for one in samples], shown=3)
    if as_json:
        print_json(report)
    else:
        show(console(), mapping, report)
    return FINE if report.is_fine else FINDINGS


def draft_feed(sample: Path, rules: Path | None) -> int:
    """Print a draft of a mapping, and return the exit code."""
    catalogue = catalogue_in(rules if rules is not None else Path("rules"))
    with ExitStack() as stack:
        sys.stdout.write(draft(text_in(sample, "utf-8", stack), str(sample), catalogue))
    return FINE


def above(path: Path) -> Path:
    """Return the rules folder that a mapping lies in, by its place: RULES/feeds/MAPPING."""
    folder = path.absolute().parent
    root = folder.parent if folder.name == "feeds" else folder
    if not (root / "catalogue.yaml").is_file():
        raise Refused(f"{path}: which rules folder does it belong to? Say it with --rules DIR")
    return root


def catalogue_in(root: Path) -> Catalogue:
    """Return the event catalogue of a rules folder; its rules need not be free of errors."""
    from engine.events import read_catalogue
    from engine.source import read

    path = root / "catalogue.yaml"
    if not path.is_file():
        raise Refused(f"{path}: there is no such file; --rules DIR names the folder with the event catalogue")
    document, problems = read(path.read_text(encoding="utf-8-sig"), str(path))
    catalogue, more = read_catalogue(document) if document is not None else (None, [])
    if catalogue is None:
        raise Refused([str(problem) for problem in [*problems, *more]], FINDINGS)
    return catalogue


def text_in(path: Path, encoding: str, stack: ExitStack) -> Iterable[str]:
    """Return the lines of a file; what is no text in this encoding costs its row, not the file."""
    file = gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115 - the stack closes it
    return stack.enter_context(TextIOWrapper(cast("BinaryIO", file), encoding, errors="surrogateescape", newline=""))


# The page ---------------------------------------------------------------------------------------------------------------


def show(screen: Console, mapping: Mapping, report: FeedReport) -> None:
    """Print a report."""
    screen.print(Text.assemble((report.feed, "bold"), f"  {mapping.title}"))
    screen.print(Padding(numbers(report), (0, 0, 0, 2), expand=False))
    if report.rejected:
        table = plain_table(both("rejected"), *map(both, ("first at", "why", "right")), right=(both("rejected"),))
        for one in report.rejected:
            told = f"{one.field}: {one.reason}" if one.field else one.reason
            table.add_row(Text(f"{one.count:,}", style="red"), one.place, told, one.right)
        under(screen, both("rejected records"), wrapping(table))
    if report.skipped:
        table = plain_table(both("left out"), both("event type"), both("why"), right=(both("left out"),))
        for left in report.skipped:
            table.add_row(f"{left.count:,}", left.event or "—", left.reason)
        under(screen, both("left out on purpose"), wrapping(table))
    for key, names in (("unused columns", report.unused), ("absent columns", report.absent)):
        if names:
            under(screen, both(key), Text(", ".join(names)))
    if report.first:
        under(screen, both("first events"), first(report))
    screen.print()
    screen.print(Text(report.problem or both("ready"), style="red" if report.problem else "green"))


def numbers(report: FeedReport) -> Table:
    """Return how much came of how much."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(justify="right")
    grid.add_column(style="dim", overflow="fold")
    grid.add_row(both("rows"), f"{report.rows:,}", ", ".join(report.files))
    for name, count in report.events.items():
        grid.add_row(both("events"), f"{count:,}", Text(name, style="bold not dim"))
    grid.add_row(both("rejected"), f"{sum(one.count for one in report.rejected):,}")
    grid.add_row(both("left out"), f"{sum(one.count for one in report.skipped):,}")
    return grid


def first(report: FeedReport) -> Table:
    """Return the first events, a line each."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for event in report.first:
        values = {name: value for name, value in event.items() if name != "type" and value is not None}
        table.add_row(str(event.get("type", "")), ", ".join(f"{name}: {value}" for name, value in values.items()))
    return table
