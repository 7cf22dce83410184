"""Deadlines of two real organisations, counted by our clocks: where the verdicts agree, and the reason of each that does not."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from engine.calendar import Calendar, Length, parse_length
from engine.casework import Calendars
from engine.casework.clock import HOUR, begin, extended, stopped

if TYPE_CHECKING:
    from pathlib import Path

    from engine.casework import Clock

HERE = ZoneInfo("Europe/Amsterdam")
OFFICE = Calendar(
    name="office",
    zone="Europe/Amsterdam",
    working_week=frozenset(range(5)),
    opening_hours=((time(9), time(17)),),
    covers=(date(2010, 1, 1), date(2017, 12, 31)),
    holidays={},
    extra_working_days={},
)
CALENDARS = Calendars(OFFICE)
#: What the incidents were promised, hours from opened to closed. The source does not say it; these are the longest that were still met.
PROMISED = {"1 - Critical": 98, "2 - High": 103, "3 - Moderate": 206, "4 - Low": 500}


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def micros(text: str) -> int:
    """Return an instant; one without an offset is taken for UTC, for only differences count then."""
    found = datetime.fromisoformat(text)
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()) * 1_000_000


def length(text: str) -> Length:
    """Return a length that is known to be one."""
    found = parse_length(text)
    assert isinstance(found, Length)
    return found


def clock_of(within: str, opened: int, done: int | None) -> Clock:
    """Return the clock of a promise, stopped where it was kept or done late."""
    clock = begin("unit", length(within), opened, CALENDARS)
    return clock if done is None else stopped(clock, done, CALENDARS.hours(clock.calendar))


def missed(clock: Clock) -> bool:
    """Return whether a stopped clock ended after its deadline."""
    assert clock.due is not None
    assert clock.stopped is not None
    return clock.stopped > clock.due


def summer_time(opened: int, due: int) -> int:
    """Return by how much the local clock was set between two instants."""
    before, after = (datetime.fromtimestamp(one / 1_000_000, HERE).utcoffset() or timedelta() for one in (opened, due))
    return int((before - after).total_seconds()) * 1_000_000


def test_a_permit_is_owed_after_eight_weeks_and_late_where_the_source_says_so(shared: Path) -> None:
    """Most were promised in eight weeks; an extension moves our deadline to theirs, to the instant."""
    cases = {row["case_id"]: row for row in rows(shared / "data" / "workflow" / "permit_receipt_with_deadlines.csv.gz")}
    terms: Counter[str] = Counter()
    verdicts: Counter[tuple[bool, bool]] = Counter()
    for row in cases.values():
        opened, planned = micros(row["started_at"]), micros(row["planned_end"])
        clock = begin("unit", length("56 days"), opened, CALENDARS)
        assert clock.due is not None
        terms[why(opened, planned, clock.due)] += 1
        if planned > clock.due:
            clock = extended(clock, length(f"{(planned - clock.due) // 1_000_000} seconds"), CALENDARS)
        elif clock.due is not None and planned < clock.due:
            clock = begin("unit", length(f"{(planned - opened) // 1_000_000} seconds"), opened, CALENDARS)
        assert clock.due == planned
        if row["ended_at"]:
            ended = micros(row["ended_at"])
            verdicts[missed(stopped(clock, ended, CALENDARS.hours(clock.calendar))), ended > planned] += 1
    assert sum(count for (ours, theirs), count in verdicts.items() if ours == theirs) == verdicts.total() == 651
    assert verdicts[True, True] == 195
    assert terms == TERMS


def why(opened: int, planned: int, due: int) -> str:
    """Return how the source's date differs from eight weeks of ours."""
    difference = planned - due
    if difference == 0:
        return "the same instant"
    if difference == summer_time(opened, planned):
        return "the local clock was set in between"
    if abs(difference) <= 26 * HOUR:
        return "up to a day more or less; the source does not say why"
    return "extended" if difference > 0 else "shorter"


#: How many cases have which date.
TERMS = {
    "the same instant": 303,
    "the local clock was set in between": 180,
    "up to a day more or less; the source does not say why": 67,
    "extended": 146,
    "shorter": 7,
}


def incidents(shared: Path) -> dict[str, list[dict[str, str]]]:
    """Return the changes of each incident, in order."""
    found: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(shared / "data" / "workflow" / "servicenow_incidents.csv.gz"):
        found[row["number"]].append(row)
    return found


@pytest.mark.parametrize(
    ("priority", "met", "late", "differ"),
    [("1 - Critical", 1, 95, 0), ("2 - High", 1, 134, 0), ("3 - Moderate", 6201, 3782, 251), ("4 - Low", 208, 62, 0)],
)
def test_an_incident_is_late_where_made_sla_says_so(shared: Path, priority: str, met: int, late: int, differ: int) -> None:
    """`made_sla` is a verdict on the time from opened to closed. Where it differs, the incident was resolved in time and closed late."""
    agreed: Counter[bool] = Counter()
    different = []
    for changes in incidents(shared).values():
        last = changes[-1]
        if last["priority"] != priority or last["incident_state"] != "Closed":
            continue
        opened = micros(changes[0]["opened_at"])
        closed = clock_of(f"{PROMISED[priority]} hours", opened, micros(last["closed_at"]))
        if missed(closed) is (last["made_sla"] == "false"):
            agreed[last["made_sla"] == "true"] += 1
        else:
            resolved = clock_of(f"{PROMISED[priority]} hours", opened, micros(last["resolved_at"]))
            different.append((last["made_sla"], missed(resolved)))
    assert different == [("true", False)] * differ, "resolved in time, closed late, and forgiven"
    assert (agreed[True], agreed[False]) == (met - differ, late)


def test_a_verdict_of_the_source_never_goes_back_and_neither_does_ours(shared: Path) -> None:
    for changes in incidents(shared).values():
        verdicts = [row["made_sla"] for row in changes]
        assert verdicts == sorted(verdicts, reverse=True), changes[0]["number"]
