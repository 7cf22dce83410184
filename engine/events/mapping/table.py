"""Lines of CSV as rows, each with the line on which it begins; whatever cannot be a row is handed out as broken, never raised."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.events.mapping.record import Broken, Row, text_fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: A cell longer than this is a quote that nobody closed, not a text.
LONGEST_CELL = 131_072


@dataclass(frozen=True, slots=True)
class Layout:
    """How the columns of a CSV file stand. `columns` names them where the file has no line of names."""

    delimiter: str = ","
    skip_lines: int = 0
    columns: tuple[str, ...] = ()


class Table:
    """A CSV text. `columns` is known as soon as it is made; going through it gives a `Row` or a `Broken` for every record.

    A quote that is never closed, and a record over several lines that has the wrong number of cells, cost only their first line:
    the lines after it are read again on their own, so one stray quote does not swallow good rows.
    """

    def __init__(self, lines: Iterable[str], layout: Layout, after: int = 0, columns: tuple[str, ...] = ()) -> None:
        self._lines = _Lines(lines, after)
        self._reader = csv.reader(self._lines, delimiter=layout.delimiter, strict=True)
        self._width = 0
        self.is_cut = False
        self.header_fault: Broken | None = None
        self.columns: tuple[str, ...] = columns if after else self._header(layout)
        self._width = len(self.columns)

    @property
    def settled(self) -> int:
        """Return how many lines the records so far take up."""
        return self._lines.before

    def _header(self, layout: Layout) -> tuple[str, ...]:
        for _ in range(layout.skip_lines):
            if next(self._lines, None) is not None:
                self._lines.settle()
        if layout.columns:
            return layout.columns
        for record in self._records():
            if isinstance(record, Broken):
                self.header_fault = record
                return ()
            return tuple(name.strip() for name in record.cells)
        return ()

    def __iter__(self) -> Iterator[Row | Broken]:
        return self._records()

    def _records(self) -> Iterator[Row | Broken]:
        lines, reader = self._lines, self._reader
        while True:
            self.is_cut = False
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self.is_cut = lines.ended
                yield lines.first_only(_csv_fault(str(error)), "a quoted cell ends with a quote before the next separator")
                continue
            many = len(cells)
            if not many or (many == 1 != self._width and not cells[0].strip()):
                lines.settle()
                continue
            if many != self._width and self._width:
                yield lines.first_only(self._misfit(many), f"a row has {self._width} columns, as the line of names has")
                continue
            number, text = lines.settle()
            fault = text_fault(text)
            yield Row(number, text, cells) if fault is None else Broken(number, text, *fault)

    def _misfit(self, many: int) -> str:
        over = f" over {self._lines.count} lines; is a quote missing?" if self._lines.count > 1 else ""
        return f"the row has {many} column{'s' * (many != 1)}{over}"


class _Lines:
    """The lines handed to the CSV reader, kept until the record they make is settled, so that they can be read again."""

    def __init__(self, lines: Iterable[str], before: int) -> None:
        self._coming = iter(lines)
        self._again: list[str] = []
        self._taken: list[str] = []
        self.before = before
        #: whether the record that is being read reached the end of the lines
        self.ended = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self._again:
            line = self._again.pop()
        else:
            try:
                line = next(self._coming)
            except StopIteration:
                self.ended = True
                raise
            if not self.before and not self._taken:
                line = line.removeprefix("\ufeff")
        self._taken.append(line)
        return line

    @property
    def count(self) -> int:
        return len(self._taken)

    def settle(self) -> tuple[int, str]:
        """Return the line on which the record began, and its text; the next line begins another record."""
        taken, number = self._taken, self.before + 1
        self.before += len(taken)
        self.ended = False
        text = taken[0] if len(taken) == 1 else "".join(taken)
        taken.clear()
        return number, text

    def first_only(self, found: str, right: str) -> Broken:
        """Give up the first line of the record; the others are read again."""
        self._again.extend(reversed(self._taken[1:]))
        del self._taken[1:]
        number, text = self.settle()
        return Broken(number, text, found, right)


def _csv_fault(error: str) -> str:
    if "field limit" in error:
        return f"a cell is longer than {LONGEST_CELL} signs; is a quote missing?"
    if "unexpected end" in error:
        return "a quote is opened and never closed"
    if "new-line" in error:
        return "a line break stands inside a cell without quotes"
    return "a sign follows a closing quote"
