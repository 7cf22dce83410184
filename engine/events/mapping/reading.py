"""One walk through one file of another system: each record judged once, with its line.

A mapping is compiled anew for each file, because only the file's first line says where its columns stand.
"""

from __future__ import annotations

import io
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.events.mapping.record import Broken, Row, raw_of
from engine.events.mapping.records import JsonDocument, JsonLines, member, members
from engine.events.mapping.skip import Skip, Skipped
from engine.events.mapping.table import Table
from engine.events.mapping.unfit import Unfit, shown
from engine.events.rejected import Rejected
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from engine.events.mapping.mapping import Becomes, Mapping
    from engine.events.mapping.text import Cell, Cells, Columns
    from engine.events.mapping.values import Make

    #: Returns the event's record, or the reason for which the row does not become it; raises `Unfit`.
    Maker = Callable[[Cells], "dict[str, object] | str"]

#: What one record comes to: an event in the catalogue's shape, not yet through the gate, or why it is none.
Outcome = dict[str, object] | Rejected | Skipped


class Judged(NamedTuple):
    """One record of the file: where it begins, its own text, and everything it comes to."""

    line: int
    text: str
    outcomes: list[Outcome]


class Start(NamedTuple):
    """Where reading goes on in a file that was read in part: behind this line, its columns and what `first_of` met being known."""

    line: int
    columns: tuple[str, ...]
    seen: set[str]


class Reading:
    """The records of one file, in its order.

    `columns` and, for CSV, `absent` (columns that the mapping needs and the file lacks; nothing is read then) are known as soon
    as it is made. `rows` counts as it is walked through; with `notice` set, so do the columns of JSON.
    """

    def __init__(self, mapping: Mapping, lines: Iterable[str], file: str, start: Start | None = None) -> None:
        self.mapping = mapping
        self.file = file
        self.rows = 0
        self.notice = False
        self.columns: dict[str, None] = {}
        self.absent: tuple[str, ...] = ()
        self.header: tuple[str, ...] = ()
        self._refused: Broken | None = None
        self._seen = set() if start is None else start.seen
        self._source = self._open(io.StringIO(lines, newline="") if isinstance(lines, str) else lines, start)

    @property
    def settled(self) -> int:
        """Return how far the file has been judged: lines, or for a JSON document characters."""
        return self._source.settled

    @property
    def is_cut(self) -> bool:
        """Return whether the last record is broken only because the lines ended inside it."""
        return self._source.is_cut

    @property
    def is_refused(self) -> bool:
        """Return whether nothing of the file is read, because its line of names does not fit."""
        return self._refused is not None or bool(self.absent)

    def __iter__(self) -> Iterator[Judged]:
        if self.is_refused:
            yield self._refusal()
            return
        prepare, whole = self._prepare(), self._whole()
        makers = [(event.type.name, self._maker(event)) for event in self.mapping.becomes]
        for row in self._source:
            self.rows += 1
            if isinstance(row, Broken):
                yield Judged(row.line, row.text, [self._broken(row)])
                continue
            line, text, cells = row
            cells = prepare(cells)
            left_out = self._try(whole, cells, row, "") if whole else None
            if left_out is None:
                made = [self._try(make, cells, row, name) for name, make in makers]
                yield Judged(line, text, [one for one in made if one is not None])
            else:
                yield Judged(line, text, [left_out])

    def _try(self, make: Maker, cells: Cells, row: Row, event: str) -> Outcome | None:
        try:
            made = make(cells)
        except Unfit as unfit:
            return self._rejected(row.text, unfit)
        if type(made) is dict:
            return made
        return Skipped(str(made), self.file, row.line, event) if made else None

    # how the file is opened

    def _open(self, lines: Iterable[str], start: Start | None) -> Table | JsonLines | JsonDocument:
        mapping = self.mapping
        if mapping.format == "json lines":
            return JsonLines(lines, start.line if start else 0)
        if mapping.format == "json":
            return JsonDocument(lines, mapping.records)
        table = Table(lines, mapping.layout, start.line if start else 0, start.columns if start else ())
        self._refused = table.header_fault
        self.header = table.columns
        self.columns = dict.fromkeys(table.columns)
        if table.columns:
            self._compare(table.columns)
        return table

    def _compare(self, columns: tuple[str, ...]) -> None:
        """Compare the columns that the mapping needs with those that the file has."""
        needed = self.mapping.columns
        twice = next((name for name in needed if columns.count(name) > 1), None)
        if twice is not None:
            found = f"column {shown(twice)} stands twice in the line of names"
            self._refused = Broken(self.mapping.layout.skip_lines + 1, ",".join(columns), found, "each column has a name of its own")
        self.absent = tuple(name for name in needed if name not in self.columns and name not in self.mapping.may_be_absent)

    def _column(self, name: str) -> Cell:
        missing = self.mapping.missing
        if self.mapping.format == "csv":
            return itemgetter(self.header.index(name)) if name in self.columns else _nothing
        cell = member(name)
        return (lambda record: "" if (text := cell(record)) in missing else text) if missing else cell

    def _prepare(self) -> Callable[[Any], Cells]:
        """Return what is done once with the cells of a row, before its columns are looked at."""
        missing = self.mapping.missing
        if self.mapping.format != "csv":
            return self._noticed if self.notice else lambda record: record
        if not missing:
            return lambda cells: [*map(str.strip, cells)]
        return lambda cells: ["" if (text := cell.strip()) in missing else text for cell in cells]

    def _noticed(self, record: Any) -> Cells:
        self.columns.update(dict.fromkeys(members(record)))
        return record

    # what is made of a row

    def _whole(self) -> Maker | None:
        """Return what leaves out whole rows: the skip list, then `first_of`; "" where a row stays."""
        skip = _skips(self.mapping.skips, self._column)
        if self.mapping.first_of is None:
            return skip
        first = self._first(self.mapping.first_of.bind(self._column), self.mapping.first_of.columns)
        return first if skip is None else lambda row: skip(row) or first(row)

    def _first(self, cell: Cell, names: tuple[str, ...]) -> Maker:
        seen, name = self._seen, ", ".join(names)

        def test(row: Cells) -> str:
            text = cell(row)
            if not text:
                raise Unfit(f"nothing stands under {name}", f"'first_of' needs {name} in every row", "empty")
            if text in seen:
                return f"not the first row of its {name}"
            seen.add(text)
            return ""

        return test

    def _maker(self, event: Becomes) -> Maker:
        makers = [(value.name, value.bind(self._column), value.lacking, value.needs) for value in event.values]
        make = _record({"type": event.type.name, "source": self.mapping.source}, makers)
        skip = _skips(event.skips, self._column)
        return make if skip is None else lambda row: skip(row) or make(row)

    # what is said about a row that is no event

    def _rejected(self, text: str, unfit: Unfit) -> Rejected:
        path = f"$.{unfit.field}" if unfit.field else "$"
        return Rejected(code=unfit.code, reason=unfit.found, path=path, right=unfit.right, raw=raw_of(text), source=self.mapping.source)

    def _broken(self, broken: Broken) -> Rejected:
        return self._rejected(broken.text, Unfit(broken.found, broken.right, "unreadable-row"))

    def _refusal(self) -> Judged:
        if self._refused is not None:
            return Judged(self._refused.line, self._refused.text, [self._broken(self._refused)])
        text = ",".join(self.header)
        return Judged(self.mapping.layout.skip_lines + 1, text, [self._no_column(name, text) for name in self.absent])

    def _no_column(self, name: str, text: str) -> Rejected:
        found = f"there is no column '{name}'{suggest(name, self.columns)}"
        right = "nothing of the file is read until its columns are there; one that may be absent stands under 'may_be_absent'"
        return self._rejected(text, Unfit(found, right, "no-such-column"))


def _nothing(_row: Cells) -> str:
    return ""


def _skips(skips: tuple[Skip, ...], columns: Columns) -> Maker | None:
    if not skips:
        return None
    tests = [(skip.bind(columns), skip.reason) for skip in skips]

    def test(row: Cells) -> str:
        for fits, reason in tests:
            if fits(row):
                return reason
        return ""

    return test


def _record(start: dict[str, str], makers: list[tuple[str, Make, str, str]]) -> Maker:
    def make(row: Cells) -> dict[str, object]:
        record: dict[str, object] = {**start}
        name = ""
        try:
            for name, value_of, lacking, needs in makers:
                value = value_of(row)
                if value or (value is not None and value != ""):
                    record[name] = value
                elif lacking:
                    raise Unfit(lacking, needs, "empty")  # noqa: TRY301  # caught where its field is named
        except Unfit as unfit:
            unfit.field = name
            raise
        return record

    return make
