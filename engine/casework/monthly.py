"""The month of each unit, told at the turn of the month on the topic `kpi`: its scorecard, with everything below it."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from engine.calendar import parse_instant
from engine.casework.people import upwards
from engine.casework.publication import PREFIX, Publication, id_for
from engine.casework.scorecard import Period, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.casework.people import People
    from engine.casework.scorecard import Score

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONTHLY = "scorecard.monthly"


def month_at(at: int, zone: str) -> str:
    """Return the month that a moment lies in: `2026-03`."""
    return (EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(zone)).strftime("%Y-%m")


def month_after(month: str) -> str:
    """Return the month after another one."""
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=monthrange(first.year, first.month)[1])).strftime("%Y-%m")


def month_period(month: str, zone: str) -> Period | None:
    """Return from when until when a month lasts in a time zone, or None where there is no such month."""
    try:
        since, until = (parse_instant(f"{one}-01", zone) for one in (month, month_after(month)))
    except (ValueError, OverflowError):
        return None
    return None if since is None or until is None else Period(since, until)


def month_cards(found: Mapping[str, Tally], month: str, period: Period, people: People) -> Iterator[Publication]:
    """Give a record for each unit of which something was counted in a month, and for each unit above those."""
    sums: defaultdict[str, Tally] = defaultdict(Tally)
    for unit, tally in sorted(found.items()):
        for one in upwards(unit, period.until, people):
            sums[one].add(tally)
    for unit, tally in sorted(sums.items()):
        yield told(unit, month, period, tally.score())


def score_value(score: Score) -> dict[str, Any]:
    """Return a score for machines; a share is written out."""
    told: dict[str, Any] = msgspec.to_builtins(score, str_keys=True)
    for name, rate in score.rates.items():
        told["rates"][name]["share"] = rate.share
    return told


def told(unit: str, month: str, period: Period, score: Score) -> Publication:
    """Return one record; told again, it has the same id."""
    name = f"scorecard/{unit}/{month}"
    return Publication(
        topic="kpi",
        key=f"{unit}/{month}",
        id=id_for(name, period.until, f"kpi/{MONTHLY}"),
        type=f"{PREFIX}{MONTHLY}.v1",
        subject=name,
        time=period.until,
        unit=unit,
        level=None,
        state="",
        severity="",
        due=None,
        cycle=1,
        seq=0,
        parent=None,
        dedupkey=name,
        reason="",
        body={"month": month, "since": period.since, "until": period.until, "score": score_value(score)},
    )
