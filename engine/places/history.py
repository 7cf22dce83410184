"""The rows of one element through time: which one holds at a moment."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Where a row says neither `since` nor `until`: before and after any event.
ALWAYS, FOREVER = -(2**62), 2**62


class Dated(Protocol):
    """A row that holds from `since` on and no longer at `until`, both in microseconds since 1970."""

    @property
    def since(self) -> int:
        """Return the first moment at which the row holds."""

    @property
    def until(self) -> int:
        """Return the first moment at which it holds no longer."""


R = TypeVar("R", bound=Dated)


class History(msgspec.Struct, Generic[R], frozen=True, gc=False):
    """Rows in the order of their `since`. A row holds until its own `until`, or until the next one begins.

    The garbage collector need not look at it, nor at rows, which cannot lead back to it: with very many it would do little else.
    """

    rows: tuple[R, ...]
    starts: tuple[int, ...]

    @property
    def always(self) -> bool:
        """Return whether a row holds at every moment without looking at more than one: nearly every element is so."""
        return self.starts == (ALWAYS,) and self.rows[0].until == FOREVER

    def at(self, at: int) -> R | None:
        """Return the row that holds at a moment, or None."""
        rows = self.rows
        if len(rows) == 1:
            row = rows[0]
            return row if row.since <= at < row.until else None
        place = bisect_right(self.starts, at) - 1
        if place < 0:
            return None
        row = rows[place]
        return row if at < row.until else None

    def spans(self) -> Iterator[tuple[R, int, int]]:
        """Return each row with the first moment at which it holds and the first at which it holds no longer."""
        ends = (*self.starts[1:], FOREVER)
        return ((row, row.since, min(row.until, end)) for row, end in zip(self.rows, ends, strict=True))

    def gap(self, since: int, until: int) -> tuple[int, int] | None:
        """Return the first stretch of [since, until) in which no row holds, or None."""
        for _, start, end in self.spans():
            if since < start:
                return (since, min(start, until)) if since < until else None
            since = max(since, end)
        return (since, until) if since < until else None


def history_of(rows: Sequence[R]) -> History[R]:
    """Return the history that rows make, in whatever order they are."""
    ordered = tuple(sorted(rows, key=since_of)) if len(rows) > 1 else tuple(rows)
    return History(ordered, tuple(map(since_of, ordered)))


def since_of(row: Dated) -> int:
    """Return when a row begins."""
    return row.since
