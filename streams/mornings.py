"""The mornings of digests: nine o'clock of each working day, each told of once, after days of standing still as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.casework import Span, next_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.casework import Calendars

#: So many mornings that were missed have a digest each; what lies before them stands in the first of these.
MOST = 10


class Mornings:
    """Up to when digests were told: None where none ever was."""

    def __init__(self, calendars: Calendars, until: int | None) -> None:
        self.calendars = calendars
        self.until = until

    def passed(self, now: int) -> list[Span]:
        """Return what is to be told of by now: the time up to each morning that has come since the last one. It counts as told."""
        if self.until is None:
            self.until = now
        spans = []
        for moment in list(self._moments(self.until, now))[-MOST:]:
            spans.append(Span(self.until, moment))
            self.until = moment
        return spans

    def _moments(self, after: int, now: int) -> Iterator[int]:
        """Give every moment behind one and up to another at which digests are told."""
        calendar = self.calendars.current.calendar
        moment = None if calendar is None else next_moment(calendar, after)
        while calendar is not None and moment is not None and moment <= now:
            yield moment
            moment = next_moment(calendar, moment)
