"""The monthly scorecards over a store: told for each month that has ended, once, months that were stood through as well.

Only what the journal says of before the month's end counts, so a scorecard is the same whenever it is made. It is made a few tasks at
a time: a large utility's month takes longer than other work may wait. What was half done at a restart begins anew.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from engine.casework import Period, Row, Tally, month_after, month_at, month_cards, month_period, tallies
from streams import docket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.casework import Publication, Terms
    from streams.store import Reader

    Supervises = Callable[[str, int], str | None]

#: So many tasks are gone through at most in one look at the clock.
SLICE = 200


class Making(NamedTuple):
    """A month in the making: the tasks that are still to be gone through, and what was counted so far."""

    month: str
    period: Period
    left: list[str]
    found: defaultdict[str, Tally]


class Scorecards:
    """Which month was told last, and the one that is being made."""

    def __init__(self, store: Reader, terms: Terms, supervises: Supervises, told: str | None = None) -> None:
        self.store = store
        self.terms = terms
        self.supervises = supervises
        self.told = docket.scored(store) or told
        self._next: tuple[str, Period] | None = None
        self._is_over = False
        self._making: Making | None = None
        self._is_kept = True

    def tick(self, now: int) -> list[Publication]:
        """Return the scorecards that are done by now. A month is begun with the look after its end: by then the store has all of it."""
        zone = self.terms.calendars.zone
        if self.told is None:
            self._move(month_before(month_at(now, zone)))
        if self._next is None:
            self._next = self._following(zone)
        if self._next is None or now < self._next[1].until:
            return []
        if not self._is_over:
            self._is_over = True
            return []
        return list(self._made(*self._next))

    def _following(self, zone: str) -> tuple[str, Period] | None:
        month = month_after(self.told or "")
        period = month_period(month, zone)
        return None if period is None else (month, period)

    def _made(self, month: str, period: Period) -> Iterator[Publication]:
        """Go through some tasks, and give the scorecards where those were the last ones."""
        if self._making is None:
            self._making = Making(month, period, docket.moved_within(self.store, *period), defaultdict(Tally))
        making = self._making
        for name in making.left[-SLICE:]:
            journal = [entry for entry in docket.journal_of(self.store, name) if entry.at < period.until]
            for unit, tally in tallies(journal, period, self.supervises).items():
                making.found[unit].add(tally)
        del making.left[-SLICE:]
        if not making.left:
            yield from month_cards(making.found, month, period, self.terms.people)
            self._making, self._next = None, None
            self._move(month)

    def _move(self, month: str) -> None:
        self.told, self._is_kept = month, False

    def take_row(self) -> list[Row]:
        """Return up to which month scorecards were told, where that changed since the last call."""
        if self._is_kept:
            return []
        self._is_kept = True
        return [Row("scorecard", "month", (self.told or "").encode())]


def month_before(month: str) -> str:
    """Return the month before another one."""
    year, number = map(int, month.split("-"))
    return f"{year - (number == 1):04}-{(number - 2) % 12 + 1:02}"
