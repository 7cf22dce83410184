"""Rows that are left out on purpose: one column, one test, one reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from engine.events.mapping.unfit import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from engine.events.mapping.clock import Clock
    from engine.events.mapping.text import Cells, Columns

#: The word for "there is nothing in this column".
EMPTY = "empty"


class Skipped(NamedTuple):
    """A row, or one of the events it could become, that the mapping leaves out, and why."""

    reason: str
    file: str
    line: int
    event: str = ""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The column is one of these texts; "" stands for an empty column. `turned` asks for the opposite."""

    texts: frozenset[str]
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """The column's time is earlier than another column's, or than a fixed moment. `turned` asks for later."""

    than: str | datetime
    clock: Clock
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    """One entry of a skip list."""

    column: str
    test: AnyOf | Earlier
    reason: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that the entry looks at."""
        match self.test:
            case Earlier(than=str(other)):
                return (self.column, other)
            case _:
                return (self.column,)

    def bind(self, columns: Columns) -> Callable[[Cells], bool]:
        """Return whether a row is to be left out. A time that cannot be read leaves nothing out: the row is judged on its own."""
        cell = columns(self.column)
        match self.test:
            case AnyOf(texts, turned):
                return lambda row: (cell(row) in texts) is not turned
            case Earlier(than, clock, turned):
                left = _moment(clock, cell)
                right = _moment(clock, columns(than)) if isinstance(than, str) else _fixed(than)
                return _before(right, left) if turned else _before(left, right)


def _moment(clock: Clock, cell: Callable[[Cells], str]) -> Callable[[Cells], datetime | None]:
    def find(row: Cells) -> datetime | None:
        text = cell(row)
        if not text:
            return None
        try:
            return clock(text)
        except Unfit:
            return None

    return find


def _fixed(moment: datetime) -> Callable[[Cells], datetime | None]:
    return lambda _row: moment


def _before(left: Callable[[Cells], datetime | None], right: Callable[[Cells], datetime | None]) -> Callable[[Cells], bool]:
    def test(row: Cells) -> bool:
        one, other = left(row), right(row)
        return one is not None and other is not None and one < other

    return test
