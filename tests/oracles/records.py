"""The records that somebody else has judged too, run through the rules of this folder the way `clearly rules backtest` does it."""

from __future__ import annotations

import csv
import gzip
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.calendar import parse_instant
from streams.backtest import Input, Period, Report, backtest
from streams.mappings import load_mapping
from streams.rules import Rules, load

if TYPE_CHECKING:
    from engine.watching import Change

RULES = Path(__file__).parent / "rules"


class Source(NamedTuple):
    """A file of records, and the moment at which its judges stopped looking, where that is not its last event."""

    file: str
    until: str | None = None


SOURCES = {
    "pge-2019": Source("outages/pge_2019_outages.csv.gz", "2020-02-16"),
    "pge-2024": Source("outages/pge_2024_outages.csv.gz"),
    "lgeku": Source("outages/lgeku_2022_2023_outages.csv.gz"),
    # the last request was closed on 12 January, and one that was due on 13 January is not overdue yet
    "boston": Source("complaints/boston311_2015_lighting_power.csv.gz", "2016-01-13"),
    "servicenow": Source("workflow/servicenow_incidents.csv.gz"),
    # the last step of the log was on 23 January
    "permits": Source("workflow/permit_receipt_with_deadlines.csv.gz", "2012-01-24"),
}


class Judged(NamedTuple):
    """What the rules found in one source, and what was read of it."""

    changes: list[Change]
    report: Report

    def opened(self, rule: str) -> list[Change]:
        """Return the tasks of a rule that stand in the end, as they opened."""
        standing: dict[str, Change] = {}
        for change in self.changes:
            if change.rule == rule and change.change == "opened":
                standing[change.task_id] = change
            elif change.rule == rule and change.change == "withdrawn":
                del standing[change.task_id]
        return list(standing.values())


@cache
def rules() -> Rules:
    """Return the rules of this folder."""
    found = load(RULES)
    assert isinstance(found, Rules), found
    return found


@cache
def judged(shared: Path, feed: str) -> Judged:
    """Return what the rules find in the whole file of a source."""
    source = SOURCES[feed]
    mapping = load_mapping(RULES / "feeds" / f"{feed}.yaml", rules().book.catalogue)
    assert not isinstance(mapping, list), mapping
    until = None if source.until is None else parse_instant(source.until, "UTC")
    changes: list[Change] = []
    report = backtest(rules(), [Input(shared / "data" / source.file, mapping)], changes.extend, period=Period(until=until))
    return Judged(changes, report)


def rows(shared: Path, feed: str) -> list[dict[str, str]]:
    """Return the rows of a source as they are."""
    with gzip.open(shared / "data" / SOURCES[feed].file, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def oracle(shared: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of an oracle file."""
    with (shared / "data" / "oracles" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def shown(change: Change) -> str:
    """Return when a task opened, as the oracles write it."""
    return change.at.strftime("%Y-%m-%dT%H:%M:%SZ")
