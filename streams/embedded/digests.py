"""The digests of an office: told at nine o'clock of each working day, once, after days of standing still as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.calendar import show_instant
from engine.casework import Row, Span, circulars, next_moment, reminders
from streams import docket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.casework import Casework, Publication
    from streams.store import Reader

#: So many days that were missed have a circular each; what lies before them stands in the first of these.
MOST = 10


class Digests:
    """Up to when digests were told, and the next moment at which they are."""

    def __init__(self, store: Reader, casework: Casework) -> None:
        self.casework = casework
        self.until = docket.digested(store)
        self._next: int | None = None
        self._is_kept = True

    def tick(self, now: int) -> list[Publication]:
        """Return the digests that are due by now: a circular for each day that was missed, and one reminder, as things stand."""
        if self.until is None:
            self._move(now)
        if self._next is None or self._next > now:
            self._next = self._after(self.until or now)
            if self._next is None or self._next > now:
                return []
        return list(self._told(now))

    def _told(self, now: int) -> Iterator[Publication]:
        moments = list(self._moments(now))
        tasks, terms = self.casework.tasks, self.casework.terms
        for moment in moments[-MOST:]:
            assert self.until is not None, "a digest follows another one"
            yield from circulars(tasks.values(), Span(self.until, moment), show_instant(moment, terms.calendars.zone)[:10])
            self._move(moment)
        yield from reminders(tasks.values(), moments[-1], terms)
        self._next = self._after(moments[-1])

    def _moments(self, now: int) -> Iterator[int]:
        """Give every moment up to now at which digests should have been told."""
        moment = self._next
        while moment is not None and moment <= now:
            yield moment
            moment = self._after(moment)

    def _after(self, moment: int) -> int | None:
        calendar = self.casework.terms.calendars.current.calendar
        return None if calendar is None else next_moment(calendar, moment)

    def _move(self, until: int) -> None:
        self.until, self._is_kept = until, False

    def take_row(self) -> list[Row]:
        """Return up to when digests were told, where that changed since the last call."""
        if self._is_kept:
            return []
        self._is_kept = True
        return [Row("digest", "until", b"%d" % (self.until or 0))]
