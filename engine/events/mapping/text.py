"""Texts made from columns: a column's name, or several joined by other signs as in `{lat},{lon}`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: One row as its format gives it: a list of cells (CSV) or a mapping (JSON).
Cells = Any
#: Returns the text of one column in a row; "" where there is nothing.
Cell = Callable[[Cells], str]
#: Finds the cell reader of a column by its name.
Columns = Callable[[str], Cell]

_PIECE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Text:
    """What is joined: `between` are the signs around the columns, always one more than there are columns."""

    columns: tuple[str, ...]
    between: tuple[str, ...]

    @property
    def plain(self) -> str | None:
        """Return the text itself where it takes nothing from the row."""
        return None if self.columns else self.between[0]

    def bind(self, columns: Columns) -> Cell:
        """Return a function from a row to the joined text; "" as soon as one of its columns is empty."""
        cells = tuple(columns(name) for name in self.columns)
        if not cells:
            return lambda _row: self.between[0]
        if len(cells) == 1 and self.between == ("", ""):
            return cells[0]
        form = "%s".join(part.replace("%", "%%") for part in self.between)

        def joined(row: Cells) -> str:
            values = tuple([cell(row) for cell in cells])
            return "" if "" in values else form % values

        return joined


def column(name: str) -> Text:
    """Return the text of one column as it is."""
    return Text((name,), ("", ""))


def parse_text(text: str) -> Text | str:
    """Return what `text` joins, or what is wrong with it. Without braces it takes nothing from the row."""
    parts = _PIECE.split(text)
    between, names = tuple(parts[::2]), tuple(name.strip() for name in parts[1::2])
    if any("{" in part or "}" in part for part in between):
        return f"a brace is open or too many in '{text}'; write a column between braces, such as '{{lat}},{{lon}}'"
    if "" in names:
        return f"no column stands between the braces of '{text}'; write for example '{{lat}},{{lon}}'"
    return Text(names, between)


def column_or_text(text: str) -> Text | str:
    """Return the column that `text` names, or what it joins where it holds braces; a str says what is wrong."""
    return parse_text(text) if "{" in text or "}" in text else column(text)
