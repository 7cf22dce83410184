"""What the readers of grid and organisation share: dates, histories, and names that must exist for as long as they are used."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from engine.calendar import parse_instant, show_instant
from engine.places.history import ALWAYS, FOREVER, Dated, History, history_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.places.notes import Notes
    from engine.places.row import Row

R = TypeVar("R", bound=Dated)


class Reader:
    """Notes problems with rows."""

    def __init__(self, zone: str, notes: Notes) -> None:
        self.zone = zone
        self.notes = notes
        self._moments: dict[str, int | None] = {}
        #: rows whose dates are wrong; they are not compared with others
        self._undated: set[tuple[str, int]] = set()

    def say(self, row: Row, name: str | None, code: str, text: str) -> None:
        """Note a problem at a value of a row, or at the row."""
        if self.notes.has_room(row.file, code, "error"):
            self.notes.say(row.place(name), code, text)

    def dates(self, row: Row) -> tuple[int, int]:
        """Return from when on a row holds, and when it holds no longer."""
        values = row.values
        since = self.moment(row, "since", ALWAYS) if "since" in values else ALWAYS
        until = self.moment(row, "until", FOREVER) if "until" in values else FOREVER
        if until <= since:
            self.say(
                row,
                "until",
                "places-date",
                f"'until' ({values['until']}) is not after 'since' ({values['since']}), so this row never holds",
            )
            self._undated.add((row.file, row.number))
            return since, FOREVER
        return since, until

    def moment(self, row: Row, name: str, instead: int) -> int:
        """Return a date as an instant."""
        text = row.values[name]
        if text not in self._moments:
            self._moments[text] = parse_instant(text, self.zone)
        found = self._moments[text]
        if found is None:
            self.say(row, name, "places-date", f"'{text}' is no date; write 2026-07-01")
            self._undated.add((row.file, row.number))
            return instead
        return found

    def histories(self, what: str, named: Mapping[str, list[tuple[R, Row]]]) -> dict[str, History[R]]:
        """Return the history of each name, after noting rows that hold at the same time."""
        found: dict[str, History[R]] = {}
        for name, rows in named.items():
            if len(rows) > 1:
                rows.sort(key=lambda one: one[0].since)
                self.compare(f"{what} '{name}'", rows)
            found[name] = history_of([row for row, _ in rows])
        return found

    def compare(self, what: str, rows: list[tuple[R, Row]]) -> None:
        """Note rows of one name that hold at the same time; a row without `until` ends by itself where the next one begins."""
        for (before, first), (after, second) in pairwise(rows):
            if self._undated & {(first.file, first.number), (second.file, second.number)}:
                continue
            where = first.place()
            if after.since == before.since:
                told = f"{what} has a row for the same time in {where.file}:{where.line}; give the later one a 'since'"
                self.say(second, "since" if "since" in second.values else None, "places-twice", told)
            elif after.since < before.until < FOREVER:
                told = f"{what} holds until {first.values['until']} in {where.file}:{where.line}; the dates overlap"
                self.say(second, "since", "places-twice", told)

    def refer(self, row: Row, column: str, what: str, known: Mapping[str, History[R]], span: tuple[int, int]) -> None:
        """Note a name that nothing has, or that is not there for as long as the row holds."""
        name = row.values[column]
        history = known.get(name)
        if history is None:
            if self.notes.has_room(row.file, "places-unknown", "error"):
                self.notes.say(row.place(column), "places-unknown", f"there is no {what} '{name}'{self.notes.hint(name, known)}")
        elif (gap := history.gap(*span)) and self.notes.has_room(row.file, "places-gap", "warning"):
            self.notes.warn(
                row.place(column), "places-gap", f"{what} '{name}' is not there {self.stretch(*gap)}, and this row still names it"
            )

    def stretch(self, since: int, until: int) -> str:
        """Return a stretch of time in words."""
        words = [] if since == ALWAYS else [f"from {show_instant(since, self.zone)}"]
        return " ".join([*words, *([] if until == FOREVER else [f"before {show_instant(until, self.zone)}"])])
