"""From the files of `tables/` to lookup tables: a schema like the catalogue's, and rows in the same file or in a CSV of its name."""

from __future__ import annotations

import csv
import re
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from engine.events import Sheet, read_fields
from engine.language.cell import Misfit, cell
from engine.language.table import Table
from engine.source import Place, Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.events import Field
    from engine.source import Document

SETTINGS = ("table", "title", "key", "fields", "rows")
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
#: A table is for people to keep; a larger one belongs into the events or the grid.
MOST_ROWS = 100_000

Row = tuple[Place, dict[str, tuple[str, Place]]]


def read_tables(documents: Mapping[str, Document], files: Mapping[str, str], zone: str) -> tuple[dict[str, Table], list[Problem]]:
    """Return the lookup tables of a folder by name, and every problem with them."""
    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    for path, document in documents.items():
        if not path.startswith("tables/"):
            continue
        rows = files.get(f"{path.rpartition('.')[0]}.csv")
        table, more = TableReader(document, zone, rows).table()
        problems += more
        if table is not None and table.name in tables:
            problems.append(Problem(document.place(("table",)), "table", f"there is a table '{table.name}' already"))
        elif table is not None:
            tables[table.name] = table
    problems += [
        Problem(Place(path, 1, 1), "table", f"these rows have no schema; write {path.removesuffix('.csv')}.yaml with table, key and fields")
        for path in files
        if path.startswith("tables/") and path.endswith(".csv") and f"{path.removesuffix('.csv')}.yaml" not in files
    ]
    return tables, problems


class TableReader:
    """One pass over one table and its rows."""

    def __init__(self, document: Document, zone: str, rows: str | None) -> None:
        self.document = document
        self.zone = zone
        self.csv = rows
        self.sheet = Sheet(document)
        self.problems: list[Problem] = self.sheet.problems

    def say(self, place: Place, text: str, code: str = "table") -> None:
        """Note a problem."""
        self.problems.append(Problem(place, code, text))

    def table(self) -> tuple[Table | None, list[Problem]]:
        """Return the table, or None where there is a problem, and every problem."""
        data = self.sheet.settings(self.document.data, (), "a table", SETTINGS)
        for name in ("table", "key", "fields"):
            if name not in data and isinstance(self.document.data, dict):
                self.sheet.missing((), name)
        name = self.name(data)
        fields = read_fields(self.sheet, data["fields"], ("fields",), {}) if "fields" in data else {}
        key = self.key(data, fields)
        rows = self.rows(data, fields, key) if fields and key else ()
        if self.problems:
            return None, self.problems
        version = blake2b(repr((name, key, sorted(fields.items()), rows)).encode(), digest_size=6).hexdigest()
        return Table(name, key, fields, rows, version), []

    def name(self, data: Mapping[str, Any]) -> str:
        """Return the table's name, which is also its file's."""
        name = self.sheet.text(data["table"], ("table",), "'table'") if "table" in data else ""
        stem = self.document.file.rpartition("/")[2].rpartition(".")[0]
        if name and not NAME.fullmatch(name):
            self.say(self.document.place(("table",)), f"'{name}' is no name for a table; write small letters, digits and _")
        elif name and name != stem:
            told = f"the table is called '{name}' and its file '{stem}.yaml'; give both one name"
            self.say(self.document.place(("table",)), told, "file-name")
        return name

    def key(self, data: Mapping[str, Any], fields: Mapping[str, Field]) -> tuple[str, ...]:
        """Return the fields that name a row."""
        named = self.sheet.texts(data["key"], ("key",), "'key'") if "key" in data else []
        for name, path in named:
            if fields and name not in fields:
                self.say(self.document.place(path), f"there is no field '{name}' in this table{suggest(name, fields)}")
            elif fields and not fields[name].required:
                self.say(self.document.place(path), f"'{name}' may be missing, and a row is found by its key")
        return tuple(name for name, _ in named if name in fields)

    def rows(self, data: Mapping[str, Any], fields: Mapping[str, Field], key: tuple[str, ...]) -> tuple[Mapping[str, Any], ...]:
        """Return every row, typed, its key different from all others."""
        if ("rows" in data) == (self.csv is not None):
            none = "this table has no rows; write 'rows:' here, or a CSV file of the same name"
            twice = "there are rows here and in the CSV file of the same name; keep one"
            self.say(self.document.place(()), none if self.csv is None else twice)
            return ()
        found: dict[Any, dict[str, Any]] = {}
        for place, row in self.written(data) if self.csv is None else self.parsed(self.csv):
            held = self.row(place, row, fields)
            named = tuple(held.get(name) for name in key)
            if None in named:
                continue
            if named in found:
                self.say(place, f"there is a row for {', '.join(map(str, named))} already")
            found.setdefault(named, held)
        return tuple(found.values())

    def written(self, data: Mapping[str, Any]) -> Iterable[Row]:
        """Return the rows of the YAML file."""
        listed = data["rows"]
        if not isinstance(listed, list):
            self.say(self.document.place(("rows",)), "'rows' is a list, each row written as '- {field: value}'")
            return
        for number, one in enumerate(listed):
            path = ("rows", number)
            row = self.sheet.names(one, path, "a row")
            cells = {name: (self.plain(part, (*path, name)), self.document.place((*path, name))) for name, part in row.items()}
            yield self.document.place(path), cells

    def plain(self, value: object, path: tuple[str | int, ...]) -> str:
        """Return a value that must be one text."""
        if not isinstance(value, str):
            self.say(self.document.place(path), "a value of a row is one text")
            return ""
        return value

    def parsed(self, text: str) -> Iterable[Row]:
        """Return the rows of the CSV file."""
        path = f"{self.document.file.rpartition('.')[0]}.csv"
        lines = csv.reader(text.splitlines(keepends=True))
        try:
            header = next(lines, [])
            for values in lines:
                place = Place(path, lines.line_num, 1)
                if len(values) > len(header) or lines.line_num > MOST_ROWS:
                    self.say(place, f"this line has {len(values)} values, the header {len(header)}; the most lines are {MOST_ROWS:,}")
                    return
                yield place, {name: (value, place) for name, value in zip(header, values, strict=False) if value != ""}
        except csv.Error as error:
            self.say(Place(path, max(1, lines.line_num), 1), f"this is not CSV: {error}")

    def row(self, place: Place, row: Mapping[str, tuple[str, Place]], fields: Mapping[str, Field]) -> dict[str, Any]:
        """Return one row, typed."""
        held: dict[str, Any] = {}
        for name, (text, where) in row.items():
            if name not in fields:
                self.say(where, f"there is no field '{name}' in this table{suggest(name, fields)}")
                continue
            try:
                held[name] = cell(text, fields[name], self.zone)
            except Misfit as error:
                self.say(where, str(error))
        for name, field in fields.items():
            if field.required and name not in row:
                self.say(place, f"'{name}' is missing in this row")
        return held
