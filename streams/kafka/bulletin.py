"""What is told by unit over all areas: a circular each working day, and a scorecard each month. Made of the journal that the ledger has.

The journal as it was at the moment, whenever that is: told again by another ledger, or after a crash, it is the same with the same id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.calendar import show_instant
from engine.casework import Known, Row, circulars, fold, month_at, next_moment
from streams import docket
from streams.mornings import Mornings
from streams.rules import recalled
from streams.scorecards import Scorecards, month_before
from streams.terms import supervises, terms_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.casework import People, Publication, Span, Task, Terms
    from streams.store import Reader

DAY = 86_400_000_000
#: What is told here, and by nobody else.
CIRCULAR, SCORECARD = "clearly.digest.circular.v1", "clearly.scorecard.monthly.v1"
#: No two mornings lie further apart.
APART = 20 * DAY


class Telling(NamedTuple):
    """What goes by one rulebook."""

    version: str
    terms: Terms
    mornings: Mornings
    scorecards: Scorecards
    people: People | None


class Bulletin:
    """Up to when circulars and scorecards were told, and what is to be told next."""

    def __init__(self, store: Reader) -> None:
        self.store = store
        self._telling: Telling | None = None
        self._kept: int | None = None

    def tick(self, time: int) -> list[Publication]:
        """Return what is to be told now that the journal is here up to `time`, and was not told yet."""
        telling = self.telling()
        if telling is None:
            return []
        told = [*self._circulars(telling, time), *telling.scorecards.tick(time)]
        return [one for one in told if not self.is_known(one.id)]

    def is_known(self, name: str) -> bool:
        """Return whether a record with this id was told."""
        return self.store.one("SELECT position FROM publications WHERE id = ?", name) is not None

    def take_rows(self) -> list[Row]:
        """Return up to when everything was told, where that changed since the last call."""
        if self._telling is None:
            return []
        until, rows = self._telling.mornings.until, self._telling.scorecards.take_row()
        if until != self._kept:
            self._kept = until
            rows.append(Row("digest", "until", b"%d" % (until or 0)))
        return rows

    def _circulars(self, telling: Telling, time: int) -> Iterator[Publication]:
        for span in telling.mornings.passed(time):
            yield from circulars(self._moved(span), span, show_instant(span.until, telling.terms.calendars.zone)[:10])

    def _moved(self, span: Span) -> Iterator[Task]:
        """Give the tasks that moved in a span, as they stood at its end."""
        for name in docket.moved_within(self.store, span.since, span.until + 1):
            task = fold(entry for entry in docket.journal_of(self.store, name) if entry.at <= span.until)
            if task is not None:
                yield task

    def telling(self) -> Telling | None:
        """Return what goes by the rulebook that was read last; None as long as there is none, or no journal."""
        last = self.store.rulebook()
        if last is None or (self._telling is not None and self._telling.version == last[0]):
            return self._telling
        rules, first = recalled(*last), self.store.one("SELECT min(at) FROM journal")
        if rules is None or rules.book.calendar is None or first is None:
            return self._telling
        terms = terms_of(rules, Known())
        until, month = docket.digested(self.store), None
        if until is None:
            until = self._last(CIRCULAR) or self._morning_before(terms, first)
            scored = self._last(SCORECARD)
            month = month_before(month_at(first if scored is None else scored, terms.calendars.zone))
        scorecards = Scorecards(self.store, terms, supervises(rules), month)
        self._telling = Telling(
            last[0], terms, Mornings(terms.calendars, until), scorecards, terms.people if rules.places is not None else None
        )
        return self._telling

    def _last(self, kind: str) -> int | None:
        """Return of when the last record of a kind is."""
        topic = "digest" if kind == CIRCULAR else "kpi"
        for (line,) in self.store.ask("SELECT line FROM publications WHERE topic = ? ORDER BY position DESC", topic):
            one = docket.PUBLICATION.decode(line)
            if one.type == kind:
                return one.time
        return None

    def _morning_before(self, terms: Terms, at: int) -> int:
        """Return the last morning up to a moment; the moment itself where the calendar has none."""
        calendar = terms.calendars.current.calendar
        found, moment = at, None if calendar is None else next_moment(calendar, at - APART)
        while calendar is not None and moment is not None and moment <= at:
            found, moment = moment, next_moment(calendar, moment)
        return found
