"""One field of an event made from a row: a column or several, a constant, a translation; read as the kind the catalogue asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from engine.events.mapping.clock import EPOCH
from engine.events.mapping.unfit import Unfit, shown

if TYPE_CHECKING:
    from datetime import datetime

    from engine.events.mapping.text import Cell, Cells, Columns, Text

#: Returns the value of a text; raises `Unfit`.
Read = Callable[[str], Any]
#: Returns the value for a row, None or "" where it is missing; raises `Unfit`.
Make = Callable[["Cells"], Any]

YES_NO = {"yes": True, "true": True, "是": True, "no": False, "false": False, "否": False}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_MILLISECOND = timedelta(milliseconds=1)
#: How many different texts of a translation with stars are remembered.
_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Translation:
    """What each text of the other system is called here. A key may hold `*` for any signs; the first that fits counts.

    `otherwise` is for every text that no key fits; without it such a text is rejected.
    """

    exact: Mapping[str, Text]
    starred: tuple[tuple[str, Text], ...] = ()
    otherwise: Text | None = None

    def find(self, text: str) -> Text | None:
        """Return what `text` is called here, or None where the mapping does not say."""
        found = self.exact.get(text)
        if found is not None:
            return found
        return next((target for key, target in self.starred if fits(text, key)), self.otherwise)

    @property
    def targets(self) -> tuple[Text, ...]:
        """Return everything that a text may be called."""
        last = () if self.otherwise is None else (self.otherwise,)
        return (*self.exact.values(), *(target for _, target in self.starred), *last)


@dataclass(frozen=True, slots=True)
class Value:
    """How one field is made. `text` is where it comes from; `read` turns it into its kind, None leaves a text as it is.

    `tidy` stands for `read` where only the column itself is written in a way of its own: `152893.0` for the text 152893.
    """

    name: str
    text: Text
    read: Read | None = None
    tidy: Read | None = None
    translation: Translation | None = None
    if_empty: Text | None = None
    required: bool = False
    needs: str = field(default="", compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that the value may look at."""
        texts = [self.text, *(self.translation.targets if self.translation else ())]
        texts.extend([self.if_empty] if self.if_empty else [])
        return tuple(dict.fromkeys(name for text in texts for name in text.columns))

    def bind(self, columns: Columns) -> Make:
        """Return the function that makes the field from a row."""
        make = self._from_text(columns)
        if self.if_empty is not None:
            make = _or(make, self.text.bind(columns), _spoken(self.if_empty, self.read, columns))
        return make

    def _from_text(self, columns: Columns) -> Make:
        cell, read = self.text.bind(columns), self.tidy or self.read
        if self.text.plain is not None:
            return _constant(self.text.plain, self.read)
        if self.translation is not None:
            return _translated(self.translation, cell, self.read, columns)
        if read is None:
            return cell

        def made(row: Cells) -> Any:
            text = cell(row)
            return read(text) if text else None

        return made

    @property
    def lacking(self) -> str:
        """Return what is said of a row that has nothing for it; "" where that is fine."""
        if not self.required:
            return ""
        many = " or ".join(f"'{name}'" for name in self.text.columns)
        return f"nothing stands under {many}"


def _constant(text: str, read: Read | None) -> Make:
    value = (read(text) if read else text) if text else None
    return lambda _row: value


def _spoken(text: Text, read: Read | None, columns: Columns) -> Make:
    """Make a value of what the mapping itself says: a constant is read once, columns row by row."""
    if text.plain is not None:
        return _constant(text.plain, read)
    cell = text.bind(columns)

    def made(row: Cells) -> Any:
        found = cell(row)
        return (read(found) if read else found) if found else None

    return made


def _or(make: Make, cell: Cell, other: Make) -> Make:
    return lambda row: make(row) if cell(row) else other(row)


def _translated(translation: Translation, cell: Cell, read: Read | None, columns: Columns) -> Make:
    makers = {text: _spoken(text, read, columns) for text in translation.targets}
    known: dict[str, Make] = {}

    def made(row: Cells) -> Any:
        text = cell(row)
        if not text:
            return None
        make = known.get(text)
        if make is None:
            target = translation.find(text)
            if target is None:
                raise Unfit(
                    f"{shown(text)} is not among the 'values'",
                    "every value is named under 'values', or 'otherwise' says what the others are",
                    "unknown-value",
                )
            make = makers[target]
            if len(known) < _REMEMBERED:
                known[text] = make
        return make(row)

    return made


def fits(text: str, key: str) -> bool:
    """Return whether `text` is `key`, where each `*` in the key stands for any signs. Takes time in proportion to the text."""
    first, *rest = key.split("*")
    if not rest:
        return text == key
    last = rest.pop()
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in rest:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the other system writes numbers, and what they are multiplied by to get the catalogue's unit."""

    thousands: str = ""
    decimal: str = "."
    factor: Decimal | None = None

    def exactly(self, text: str) -> Decimal | None:
        """Return the number that a text means, without rounding; None if it means none."""
        plain = text.replace(self.thousands, "") if self.thousands else text
        if self.decimal != ".":
            plain = plain.replace(".", "?").replace(self.decimal, ".")
        if not _NUMBER.fullmatch(plain):
            return None
        return Decimal(plain) if self.factor is None else Decimal(plain) * self.factor


def whole_number(spelling: Spelling, say: str) -> Read:
    """Return a reader of whole numbers; `4.0` is one, `4.5` is not."""
    plain = spelling == Spelling()

    def read(text: str) -> int:
        if plain and len(text) < 16 and text.isascii() and text.isdigit():
            return int(text)
        number = spelling.exactly(text)
        if number is None or number.adjusted() > 30 or number != number.to_integral_value():
            raise Unfit(f"{shown(text)} is not a whole number", say, "not-a-whole-number")
        return int(number)

    return read


def number(spelling: Spelling, say: str) -> Read:
    """Return a reader of numbers; what is too large for one is rejected."""

    def read(text: str) -> float:
        found = spelling.exactly(text)
        if found is None or not isfinite(value := float(found)):
            raise Unfit(f"{shown(text)} is not a number", say, "not-a-number")
        return value

    return read


def digits(spelling: Spelling, say: str) -> Read:
    """Return a reader of whole numbers that stay text: `152893.0` becomes `152893`."""
    read = whole_number(spelling, say)
    return lambda text: str(read(text))


def yes_no(say: str) -> Read:
    """Return a reader of yes and no."""

    def read(text: str) -> bool:
        found = YES_NO.get(text.lower())
        if found is None:
            raise Unfit(f"{shown(text)} is neither yes nor no", say, "not-yes-or-no")
        return found

    return read


def choice(choices: frozenset[str], say: str) -> Read:
    """Return a reader of texts that are one of a list."""

    def read(text: str) -> str:
        if text not in choices:
            raise Unfit(f"{shown(text)} is not on the list", say, "not-on-the-list")
        return text

    return read


def milliseconds(clock: Callable[[str], datetime]) -> Read:
    """Return a reader of moments as whole milliseconds since 1970; parts of a millisecond are cut off."""

    def read(text: str) -> int:
        return (clock(text) - EPOCH) // _MILLISECOND

    return read
