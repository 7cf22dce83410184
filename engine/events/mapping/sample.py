"""A sample of another system's file, read without a mapping: its format, its separator, its columns."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from engine.events.mapping.column import Column
from engine.events.mapping.record import Row, raw_of
from engine.events.mapping.records import JsonDocument, JsonLines, member, members
from engine.events.mapping.table import Layout, Table
from engine.events.mapping.unfit import Unfit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.events.mapping.record import Broken

#: How many records are looked at.
LOOKED_AT = 2000
SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True, slots=True)
class Sample:
    """What a file looks like. `delimiter` is for CSV, `records` the way to the list in a JSON document."""

    file: str
    format: str
    columns: tuple[Column, ...]
    delimiter: str = ","
    records: str = ""
    encoding: str = "utf-8"

    @property
    def stem(self) -> str:
        """Return the file's name as a feed could be called."""
        name = re.split(r"[/\\]", self.file)[-1].lower().removesuffix(".gz")
        plain = re.sub(r"[^a-z0-9]+", "-", name.rpartition(".")[0] or name).strip("-")
        return plain or "new-feed"


def look(lines: str | Iterable[str], file: str) -> Sample:
    """Return what a sample looks like; without columns where nothing can be made of it."""
    coming = iter(io.StringIO(lines, newline="") if isinstance(lines, str) else lines)
    text, encoding = _decoded("".join(islice(coming, LOOKED_AT * 20)))
    rows = [*io.StringIO(text, newline="")]
    form = _format(text, file, rows)
    if form == "json":
        text += _decoded("".join(coming))[0]  # half a document is none
        path = _list_in(text)
        return Sample(file, form, _members(JsonDocument([text], path)), records=path, encoding=encoding)
    if form == "json lines":
        return Sample(file, form, _members(JsonLines(rows)), encoding=encoding)
    sign = max(SIGNS, key=lambda one: (rows[0].count(one), one == ",")) if rows else ","
    return Sample(file, form, _cells(Table(rows, Layout(sign))), delimiter=sign, encoding=encoding)


def _decoded(text: str) -> tuple[str, str]:
    """Return the text, read again as GB 18030 where it is no UTF-8."""
    if text.isascii() or not re.search("[\udc80-\udcff]", text):
        return text, "utf-8"
    try:
        return raw_of(text).decode("gb18030"), "gb18030"
    except UnicodeDecodeError:
        return text, "?"


def _format(text: str, file: str, rows: list[str]) -> str:
    name = file.lower().removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson")):
        return "json lines"
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start == "[" or (start == "{" and not _is_object(rows)):
        return "json"
    return "json lines" if start == "{" else "csv"


def _is_object(rows: list[str]) -> bool:
    """Return whether the first of several lines is an object by itself."""
    full = [row for row in rows if row.strip()]
    try:
        return isinstance(json.loads(full[0].removeprefix("\ufeff")), dict) and len(full) > 1
    except ValueError:
        return False


def _list_in(text: str) -> str:
    """Return the way to the first list of objects in a document, "" where the document is one itself or has none."""
    try:
        return _way(json.loads(text.removeprefix("\ufeff"))) or ""
    except (ValueError, RecursionError):
        return ""


def _way(found: Any, inside: str = "") -> str | None:
    if isinstance(found, list):
        return inside if found and isinstance(found[0], dict) else None
    for name, value in found.items() if isinstance(found, dict) else ():
        way = _way(value, f"{inside}.{name}" if inside else name)
        if way:
            return way
    return None


def _rows(source: Iterable[Row | Broken]) -> list[Row]:
    return [row for row in islice(source, LOOKED_AT) if isinstance(row, Row)]


def _cells(table: Table) -> tuple[Column, ...]:
    rows = _rows(table)
    return tuple(Column(name, tuple(row.cells[at].strip() for row in rows)) for at, name in enumerate(table.columns))


def _members(source: Iterable[Row | Broken]) -> tuple[Column, ...]:
    rows = _rows(source)
    names = dict.fromkeys(name for row in rows for name in members(row.cells))
    return tuple(Column(name, tuple(_text(name, row.cells) for row in rows)) for name in names)


def _text(name: str, record: Any) -> str:
    try:
        return member(name)(record)
    except Unfit:
        return ""
