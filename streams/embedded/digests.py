"""The digests of an office: told at nine o'clock of each working day, once, after days of standing still as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.calendar import show_instant
from engine.casework import Row, circulars, reminders
from streams import docket
from streams.mornings import Mornings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.casework import Casework, Publication
    from streams.store import Reader


class Digests:
    """Up to when digests were told, and the next moment at which they are."""

    def __init__(self, store: Reader, casework: Casework) -> None:
        self.casework = casework
        self.mornings = Mornings(casework.terms.calendars, docket.digested(store))
        self._kept = self.mornings.until

    def tick(self, now: int) -> list[Publication]:
        """Return the digests that are due by now: a circular for each day that was missed, and one reminder, as things stand."""
        return list(self._told(now))

    def _told(self, now: int) -> Iterator[Publication]:
        tasks, terms = self.casework.tasks, self.casework.terms
        spans = self.mornings.passed(now)
        for span in spans:
            yield from circulars(tasks.values(), span, show_instant(span.until, terms.calendars.zone)[:10])
        if spans:
            yield from reminders(tasks.values(), spans[-1].until, terms)

    def take_row(self) -> list[Row]:
        """Return up to when digests were told, where that changed since the last call."""
        if self._kept == self.mornings.until:
            return []
        self._kept = self.mornings.until
        return [Row("digest", "until", b"%d" % (self._kept or 0))]
