"""JSON Lines and JSON as records, each with the line on which it begins; numbers keep the spelling they have in the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.events.mapping.record import Broken, Row, text_fault
from engine.events.mapping.unfit import Unfit, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.events.mapping.text import Cell

_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_RIGHT_LINE = 'each line is one JSON object, such as {"outage_id": "O-1"}'
_RIGHT_FILE = "the file is one JSON list of objects, or an object that holds one under the setting 'records'"
_SPACE = " \t\n\r"


class JsonLines:
    """A row for every line that is a JSON object; empty lines are passed over. `settled` counts lines."""

    is_cut = False

    def __init__(self, lines: Iterable[str], after: int = 0) -> None:
        self._lines = lines
        self.settled = after

    def __iter__(self) -> Iterator[Row | Broken]:
        for number, text in enumerate(self._lines, self.settled + 1):
            self.settled = number
            plain = (text.removeprefix("\ufeff") if number == 1 else text).strip(_SPACE)
            if plain:
                yield _line(number, plain)


def _line(number: int, text: str) -> Row | Broken:
    if (fault := text_fault(text)) is not None:
        return Broken(number, text, *fault)
    try:
        record = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        return Broken(number, text, f"the line is not JSON: {_say(error)} at column {error.colno}", _RIGHT_LINE)
    except RecursionError:
        return Broken(number, text, "the line is nested too deeply", _RIGHT_LINE)
    if not isinstance(record, dict):
        return Broken(number, text, f"the line is not an object but {shown(text)}", _RIGHT_LINE)
    return Row(number, text, record)


class JsonDocument:
    """A row for every object of the list that stands at `path` (names with dots between; "" for the top).

    From the first place on that is not JSON nothing more can be told apart: one broken record says where that is. `settled`
    counts characters.
    """

    is_cut = False

    def __init__(self, lines: Iterable[str], path: str) -> None:
        self._lines = lines
        self._path = path
        self.settled = 0
        self.text = ""
        self.at = 0
        self._counted_to = 0
        self._line = 1

    def __iter__(self) -> Iterator[Row | Broken]:
        self.text = "".join(self._lines)
        self.at = int(self.text.startswith("\ufeff"))
        try:
            for row in self._records():
                self.settled = self.at
                yield row
        except json.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            found = f"the file is not JSON: {_say(error)} at {where}; nothing after it was read"
            yield self._end(error.pos, error.lineno, found)
        except RecursionError:
            yield self._end(self.at, self._line_of(self.at), "the file is nested too deeply from here on")

    def _end(self, at: int, line: int, found: str) -> Broken:
        self.settled = len(self.text)
        return Broken(line, self.text[at : at + 1000], found, _RIGHT_FILE)

    def _line_of(self, at: int) -> int:
        self._line += self.text.count("\n", self._counted_to, at)
        self._counted_to = at
        return self._line

    def _records(self) -> Iterator[Row | Broken]:
        if not self.text[self.at :].strip(_SPACE):
            return
        for name in self._path.split(".") if self._path else ():
            if not self._enter(name):
                yield self._end(0, 1, f"there is no '{name}' on the way to '{self._path}'")
                return
        if self._next() == "[":
            yield from self._list()
        else:
            yield self._record()
        if not self._path and self._next():
            raise json.JSONDecodeError("extra data", self.text, self.at)

    def _next(self) -> str:
        """Return the next sign that is not space, without taking it."""
        text, at = self.text, self.at
        while at < len(text) and text[at] in _SPACE:
            at += 1
        self.at = at
        return text[at : at + 1]

    def _take(self, signs: str) -> str:
        sign = self._next()
        if not sign or sign not in signs:
            raise json.JSONDecodeError(f"expecting {' or '.join(signs)}", self.text, self.at)
        self.at += 1
        return sign

    def _value(self) -> Any:
        self._next()
        value, self.at = _DECODER.raw_decode(self.text, self.at)
        return value

    def _enter(self, name: str) -> bool:
        """Stand before the value of member `name`; False if the object does not have it."""
        if self._next() != "{":
            return False
        self._take("{")
        while self._next() == '"':
            key = self._value()
            self._take(":")
            if key == name:
                return True
            self._value()
            if self._take(",}") == "}":
                return False
        return False

    def _list(self) -> Iterator[Row | Broken]:
        self._take("[")
        if self._next() == "]":
            return
        while True:
            yield self._record()
            if self._take(",]") == "]":
                return

    def _record(self) -> Row | Broken:
        self._next()
        start = self.at
        line = self._line_of(start)
        record = self._value()
        text = self.text[start : self.at]
        if (fault := text_fault(text)) is not None:
            return Broken(line, text, *fault)
        if not isinstance(record, dict):
            return Broken(line, text, f"the record is not an object but {shown(text)}", _RIGHT_FILE)
        return Row(line, text, record)


def member(name: str) -> Cell:
    """Return a function from a record to the text of one member; dots lead inwards, digits into lists."""
    steps = name.split(".")

    def find(record: dict[str, Any]) -> str:
        value = record.get(name)
        if type(value) is str and value.isascii() and "\0" not in value:
            return value.strip()
        if value is None and len(steps) > 1:
            value = _inward(record, steps)
        return _plain(value, name)

    return find


def _inward(value: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _plain(value: Any, name: str) -> str:
    match value:
        case str():
            if text_fault(value) is not None:
                raise Unfit(f"'{name}' is {shown(value)}", "texts have no NUL in them and no half of a character", "unusable-text")
            return value.strip()
        case None:
            return ""
        case True:
            return "true"
        case False:
            return "false"
        case _:
            what = "a list" if isinstance(value, list) else "an object"
    raise Unfit(
        f"'{name}' holds {what}", f"'{name}' is a single value; inner members are written with dots, such as '{name}.0'", "not-one-value"
    )


def members(record: Any, inside: str = "") -> Iterator[str]:
    """Give the names of all single values in a record, as a mapping file would write them."""
    pairs = record.items() if isinstance(record, dict) else enumerate(record)
    for key, value in pairs:
        name = f"{inside}.{key}" if inside else str(key)
        if isinstance(value, dict | list):
            yield from members(value, name)
        else:
            yield name


def _say(error: json.JSONDecodeError) -> str:
    return error.msg[:1].lower() + error.msg[1:]
