"""Counts that leave some events out, and those that look at one moment: stories."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from engine.events import Gate
from tests.support.books import START, book_of, event_of, run, standing

if TYPE_CHECKING:
    from engine.events import Event
    from engine.language import Rulebook
    from engine.watching import Change

FREQUENT = """
event: outage.started
if: not planned
same: area
count: more than 3
within: 60 days
lasting: at least 5 minutes
ends_with: {event: outage.restored, same: outage_id}
apart: at least 6 hours
"""
MANY = """
event: outage.started
same: nothing
count: sum of customers at least 10000
within: one moment
lasting: at least 3 hours
ends_with: {event: outage.restored, same: outage_id}
"""
MONTH_LATER = 24 * 30


@cache
def stage() -> tuple[Rulebook, Gate]:
    """Return the rules and their gate."""
    book = book_of({"frequent": FREQUENT, "many": MANY})
    return book, Gate(book.catalogue)


def out(hour: float, number: int, *, minutes: float | None = None, customers: int = 1, planned: bool = False) -> list[tuple[float, Event]]:
    """Return an outage that begins at this hour and, where it is restored, its restoration."""
    gate = stage()[1]
    told = [(hour, event_of(gate, "outage.started", hour, area="A", outage_id=f"O{number}", planned=planned, customers=customers))]
    if minutes is not None:
        end = hour + minutes / 60
        told.append((end, event_of(gate, "outage.restored", end, area="A", outage_id=f"O{number}")))
    return told


def changes(rule: str, *outages: list[tuple[float, Event]]) -> list[Change]:
    """Return what one rule tells of these outages."""
    arrivals = sorted((pair for outage in outages for pair in outage), key=lambda pair: pair[0])
    return [change for change in run(*stage(), arrivals, MONTH_LATER) if change.rule == rule]


def told(rule: str, *outages: list[tuple[float, Event]]) -> list[tuple[str, float]]:
    """Return each change with the hour at which it holds."""
    return [(change.change, (change.at - START).total_seconds() / 3600) for change in changes(rule, *outages)]


def test_the_fourth_that_counts_opens_a_task_that_says_what_did_not_count_and_why() -> None:
    (change,) = changes(
        "frequent",
        out(0, 1, minutes=60),
        out(2, 2, minutes=60),
        out(24, 3, minutes=4),
        out(48, 4, minutes=5),
        out(60, 5, minutes=30, planned=True),
        out(72, 6),
        out(96, 7, minutes=90),
    )
    assert change.change == "opened"
    assert (change.at - START).total_seconds() / 3600 == 96
    assert change.evidence == ["O1", "O4", "O6", "O7"]
    assert change.because is not None
    assert [(one.id, one.because) for one in change.because.not_counted] == [
        ("O2", "apart: at least 6 hours"),
        ("O3", "lasting: at least 5 minutes"),
        ("O5", "not planned"),
    ]


def test_exactly_six_hours_after_the_last_one_counted_it_counts_again() -> None:
    assert told("frequent", out(0, 1), out(6, 2), out(12, 3), out(18, 4)) == [("opened", 18)]
    assert told("frequent", out(0, 1), out(6, 2), out(12, 3), out(18 - 1 / 3600, 4)) == []


def test_what_was_merged_does_not_push_the_six_hours_on() -> None:
    assert told("frequent", out(0, 1), out(5, 2), out(6, 3), out(12, 4), out(18, 5)) == [("opened", 18)]


def test_an_open_outage_counts_once_it_has_lasted_five_minutes() -> None:
    early = [out(0, 1, minutes=60), out(24, 2, minutes=60), out(48, 3, minutes=60)]
    (opened,) = changes("frequent", *early, out(72, 4))
    hours = (opened.decided_at - START).total_seconds() / 3600
    # known once everything up to five minutes after its start is in: a restoration may come four hours late
    assert hours > 72 + 5 / 60 + 4


def test_a_restoration_told_late_takes_back_what_was_too_short() -> None:
    gate = stage()[1]
    early = [out(0, 1), out(24, 2), out(48, 3), out(72, 4)]
    late = [(100.0, event_of(gate, "outage.restored", 72 + 1 / 60, area="A", outage_id="O4"))]
    assert told("frequent", *early, late) == [("opened", 72), ("withdrawn", 72)]


def test_ten_thousand_at_once_for_three_hours_open_one_task_that_ends_with_the_restoration() -> None:
    outages = [out(0, 1, customers=6000, minutes=10 * 60), out(2, 2, customers=4000, minutes=4 * 60)]
    assert told("many", *outages) == [("opened", 5), ("ended", 6)]


def test_ten_thousand_one_after_another_are_not_at_once() -> None:
    assert told("many", out(0, 1, customers=6000, minutes=5 * 60), out(2, 2, customers=4000, minutes=10 * 60)) == []


def test_less_than_three_hours_are_not_counted() -> None:
    assert told("many", out(0, 1, customers=20000, minutes=180)) == []
    assert told("many", out(0, 1, customers=20000, minutes=181))[0] == ("opened", 3)


def test_what_stands_at_the_end_is_told_once() -> None:
    assert len(standing(changes("many", out(0, 1, customers=20000), out(1, 2, customers=20000)))) == 1
