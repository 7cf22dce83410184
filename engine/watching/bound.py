"""The number that a window must reach, and which instants the window holds: both may change by date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.calendar import year_bounds
from engine.language import Dated, Sliding, Year

if TYPE_CHECKING:
    from engine.language import Alternative, Count, Total

#: At least as long as any year; how far back a rule looks whose deadlines stand in its events.
YEAR = 367 * 86_400_000_000


class Bound:
    """One number with its window. `width` is the window where it never changes, `reach` how far back it ever looks."""

    def __init__(self, part: Alternative | Count | Total) -> None:
        self.leasts: Dated[Any] = part.at_least
        self.lengths: Dated[Any] = part.within.length if isinstance(part.within, Sliding) else Dated(())
        self.year = part.within if isinstance(part.within, Year) else None
        self.width = max((length.micros for _, length in self.lengths.entries), default=0)
        self.reach = YEAR if self.year is not None else self.width
        self.is_dated = len(self.leasts.entries) > 1 or len(self.lengths.entries) > 1
        self._bounds = (0, 0)

    def least_at(self, t: int) -> Any:
        """Return the number that holds for an anchor at `t`; before the first dated entry the first one holds."""
        found = self.leasts.at(t)
        return self.leasts.entries[0][1] if found is None else found

    def width_at(self, t: int) -> int:
        """Return the width of the window of an anchor at `t`."""
        length = self.lengths.at(t) or self.lengths.entries[0][1]
        width: int = length.micros
        return width

    def first_instant(self, t: int) -> int:
        """Return the first instant that the window of `t` holds."""
        if self.year is not None:
            first, end = self._bounds
            return first if first <= t < end else self._year_of(t, self.year)[0]
        return t - (self.width_at(t) if self.is_dated else self.width)

    def last_instant(self, t: int) -> int:
        """Return the last instant whose window still holds a fact of time `t`."""
        if self.year is not None:
            return self._year_of(t, self.year)[1] - 1
        if not self.is_dated:
            return t + self.width
        entries = self.lengths.entries
        last = t + self.width_at(t)
        for since, length in entries:
            # a new length begins while `t` is still in the window: it may let go of it at once, or hold it longer
            if t < since <= last + 1:
                last = max(since - 1, t + length.micros)
        return last

    def _year_of(self, t: int, year: Year) -> tuple[int, int]:
        """Return the bounds of the fixed year that holds `t`: nearly always the same one as last time."""
        if not self._bounds[0] <= t < self._bounds[1]:
            self._bounds = year_bounds(t, year.start_month, year.zone)
        return self._bounds
