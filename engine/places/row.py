"""Rows as people write them: a list in a YAML file, the lines of a CSV file, or both; each value with its place."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Protocol

import msgspec

from engine.source import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.places.notes import Notes
    from engine.source import Document

    Path = tuple[str | int, ...]

#: Columns that hold several words, in YAML also as a list; and what stands between them in one text.
LISTS = frozenset({"posts", "was"})
BETWEEN = re.compile(r"\s*[;；、]\s*")
#: Where cells of a line of CSV begin, for the column of a message.
CELL = re.compile(r'(?:"(?:[^"]|"")*"|[^,"])*')


class Source(Protocol):
    """Where rows come from."""

    @property
    def file(self) -> str:
        """Return the file."""

    def place(self, number: int, name: str | None) -> Place:
        """Return where a value of a row stands, or the row itself."""


class Row(msgspec.Struct, gc=False):
    """One row: the values that are not empty."""

    values: dict[str, str]
    source: Source
    number: int

    @property
    def file(self) -> str:
        """Return the file that it stands in."""
        return self.source.file

    def place(self, name: str | None = None) -> Place:
        """Return where a value stands, or the row itself."""
        return self.source.place(self.number, name)


class Listed:
    """Rows in a YAML file, under one of its settings."""

    def __init__(self, document: Document, setting: str, value: object, notes: Notes) -> None:
        self.document = document
        self.file = document.file
        self.setting = setting
        self.value = value
        self.notes = notes

    def place(self, number: int, name: str | None) -> Place:
        """Return where a value of a row stands, or the row itself."""
        path: Path = (self.setting, number)
        return self.document.place(path if name is None else (*path, name))

    def rows(self, columns: tuple[str, ...]) -> Iterator[Row]:
        """Return the rows; of a row that is none, nothing, after saying so."""
        if not isinstance(self.value, list):
            self.notes.say(
                self.document.place((self.setting,)), "places-row", f"'{self.setting}' is a list, each row written as '- {{name: value}}'"
            )
            return
        for number, one in enumerate(self.value):
            if not isinstance(one, dict):
                self.notes.say(self.place(number, None), "places-row", "a row is written as '- {name: value}'")
                continue
            yield Row({name: text for name, value in one.items() if (text := self.text(number, name, value, columns))}, self, number)

    def text(self, number: int, name: str, value: object, columns: tuple[str, ...]) -> str:
        """Return one value, or nothing after saying what is wrong with it."""
        if name not in columns:
            where = self.document.key_place((self.setting, number, name))
            self.notes.say(where, "places-row", f"there is no '{name}' in this row{self.notes.hint(name, columns)}")
            return ""
        if name in LISTS and isinstance(value, list) and value and all(isinstance(one, str) and one.strip() for one in value):
            return ";".join(one.strip() for one in value)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.notes.say(self.place(number, name), "places-row", f"'{name}' is one text; leave it out where there is nothing to say")
        return ""


class Lines:
    """Rows in a CSV file; the first line names the columns."""

    def __init__(self, file: str, text: str, notes: Notes) -> None:
        self.file = file
        self.text = text.removeprefix("\ufeff")
        self.notes = notes
        self.header: list[str] = []
        self.lines: list[str] = []

    def place(self, number: int, name: str | None) -> Place:
        """Return where a value of the row that begins on a line stands, or the row itself."""
        return Place(self.file, number, 1 if name is None else self.column(number, self.header.index(name)))

    def column(self, number: int, cell: int) -> int:
        """Return where a cell begins; worked out only for messages, so that good rows cost nothing."""
        self.lines = self.lines or list(io.StringIO(self.text, newline=""))
        line = self.lines[number - 1].rstrip("\r\n") if number <= len(self.lines) else ""
        start = 0
        for _ in range(cell):
            found = CELL.match(line, start)
            end = found.end() if found else start
            if end >= len(line):
                return 1
            start = end + 1
        return start + 1

    def rows(self, columns: tuple[str, ...]) -> Iterator[Row]:
        """Return the rows; of lines that are none, nothing, after saying so."""
        lines = csv.reader(io.StringIO(self.text, newline=""), strict=True)
        before = 0
        try:
            self.header = [name.strip() for name in next(lines, [])]
            if not self.named(columns):
                return
            width, before = len(self.header), lines.line_num
            for cells in lines:
                if len(cells) > width:
                    self.notes.say(
                        Place(self.file, before + 1, 1), "places-row", f"this line has {len(cells)} values, the line of names {width}"
                    )
                elif cells:
                    values = {name: text for name, cell in zip(self.header, cells, strict=False) if cell and (text := cell.strip())}
                    if values:
                        yield Row(values, self, before + 1)
                before = lines.line_num
        except csv.Error as error:
            self.notes.say(Place(self.file, before + 1, 1), "places-row", f"this line is not CSV: {error}; is a quotation mark missing?")

    def named(self, columns: tuple[str, ...]) -> bool:
        """Return whether the line of names can be used."""
        wrong = False
        for cell, name in enumerate(self.header):
            if name not in columns or name in self.header[:cell]:
                what = "is named twice" if name in columns else f"is no column of this file{self.notes.hint(name, columns)}"
                self.notes.say(Place(self.file, 1, self.column(1, cell)), "places-row", f"'{name}' {what}")
                wrong = True
        if not self.header:
            self.notes.say(
                Place(self.file, 1, 1), "places-row", f"the file is empty; its first line names the columns: {', '.join(columns)}"
            )
        return bool(self.header) and not wrong


def top_of(document: Document | None, settings: tuple[str, ...], what: str, notes: Notes) -> Mapping[str, object]:
    """Return the settings at the top of a YAML file, after saying which of them there are not."""
    if document is None:
        return {}
    if not isinstance(document.data, dict):
        notes.say(document.place(()), "places-row", f"{what} is written as 'name: value', with {', '.join(settings)} at the left edge")
        return {}
    for name in document.data:
        if name not in settings:
            hint = notes.hint(name, settings) or f"; there is {', '.join(settings)}"
            notes.say(document.key_place((name,)), "places-row", f"there is no setting '{name}' in {what}{hint}")
    return document.data
