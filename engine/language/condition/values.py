"""The values of a condition: literals, fields, lookups, functions.

value   = plain [ "-" plain ]                              the length between two times
plain   = number | length | date | text | "yes" | "no" | field | lookup | function "(" value {"," value} ")" | "(" condition ")"
lookup  = table "[" value {"," value} "]" "." field
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from engine.calendar import parse_instant, parse_length
from engine.language.condition.cursor import Cursor
from engine.language.condition.tokens import Fault, Token, unquoted
from engine.language.condition.tree import Call, Difference, Field, Literal, Lookup, Node, Value
from engine.language.condition.words import FUNCTIONS, KEYWORDS, SHOWN, TYPES
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.events import Field as CatalogueField
    from engine.language.table import Table

#: Digits of a number: more would not survive the way through other programs.
MOST_DIGITS = 15


class Values(Cursor, ABC):
    """Reads values, typed against the fields of the event and the tables of the folder."""

    def __init__(self, text: str, fields: Mapping[str, CatalogueField], zone: str, tables: Mapping[str, Table]) -> None:
        super().__init__(text)
        self.fields = fields
        self.zone = zone
        self.tables = tables

    @abstractmethod
    def either(self) -> Node | Value:
        """Return the condition that stands next."""

    def plain_value(self, part: Node | Value, start: int, where: str) -> Value:
        """Return a part that must be a value."""
        if isinstance(part, Value):
            return part
        raise Fault(start, f"a condition cannot {where}", "types")

    def value(self) -> Node | Value:
        """Return a value, or the length of time between two."""
        start = self.word.column
        left = self.plain()
        if not (self.is_word("-") and isinstance(left, Value)):
            return left
        if left.type != "time":
            self.unexpected()
        self.take()
        right_at = self.word.column
        right = self.plain()
        if not isinstance(right, Value) or right.type != "time":
            raise Fault(right_at, "a time has a difference only to another time", "types")
        return Difference(left, right, start)

    def plain(self) -> Node | Value:
        """Return a literal, a field, a lookup, a function of values, or what stands in brackets."""
        word = self.word
        match word.kind:
            case "number":
                return self.number()
            case "date":
                return self.date()
            case "text":
                return Literal(unquoted(self.take()), "text", word.column)
            case "word":
                return self.named_value()
            case _:
                return self.signed_value()

    def signed_value(self) -> Node | Value:
        """Return what begins with a sign: a bracket, or a number below zero."""
        word = self.word
        if self.is_word("("):
            return self.bracket()
        if self.is_word("-") and self.words[self.place + 1].kind == "number":
            self.take()
            found = self.number()
            return Literal(-found.value, found.type, word.column)
        return self.unexpected()

    def date(self) -> Literal:
        """Return a moment."""
        word = self.take()
        instant = parse_instant(word.text, self.zone)
        if instant is None:
            raise Fault(word.column, f"there is no moment '{word.text}'")
        return Literal(instant, "time", word.column)

    def bracket(self) -> Node | Value:
        """Return what stands in brackets."""
        self.take()
        with self.deeper():
            found = self.either()
        self.expect(")")
        return found

    def number(self) -> Literal:
        """Return a number, or a length of time where a unit follows."""
        word = self.take()
        if len(word.text) > MOST_DIGITS:
            raise Fault(word.column, f"a number has at most {MOST_DIGITS} digits")
        unit = self.word
        if unit.kind == "word" and unit.text not in KEYWORDS:
            length = parse_length(f"{word.text} {unit.text}")
            if isinstance(length, str) or not length.exact:
                raise Fault(unit.column, f"'{word.text} {unit.text}' is not an exact length; write seconds, minutes, hours or days")
            self.take()
            return Literal(length.micros, "length", word.column)
        return Literal(float(word.text) if "." in word.text else int(word.text), "number", word.column)

    def named_value(self) -> Value:
        """Return what a word stands for."""
        word = self.take()
        if word.text in {"yes", "no"}:
            return Literal(word.text == "yes", "yes/no", word.column)
        if self.is_word("("):
            return self.call(word)
        if self.is_word("["):
            return self.lookup(word)
        field = self.fields.get(word.text)
        if field is None:
            if word.text in KEYWORDS:
                self.place -= 1
                self.unexpected()
            raise Fault(word.column, f"there is no field '{word.text}' on this event{self.meant(word.text)}", "unknown-field")
        return Field(word.text, TYPES[field.kind], word.column, not field.required, field.kind, tuple(field.choices))

    def meant(self, word: str) -> str:
        """Return what an unknown word may have been meant to be."""
        if word in {"true", "false"}:
            return "; write yes or no"
        return suggest(word, self.fields) or f'; text stands in quotation marks: "{word}"'

    def lookup(self, word: Token) -> Lookup:
        """Return `table[value].field`."""
        table = self.tables.get(word.text)
        if table is None:
            raise Fault(word.column, f"there is no table '{word.text}'{suggest(word.text, self.tables)}", "unknown-table")
        keys = self.arguments("]")
        wanted = tuple(TYPES[table.fields[name].kind] for name in table.key)
        if tuple(key.type for key in keys) != wanted:
            raise Fault(word.column, f"{word.text} is looked up by {listed(table.key)}: {listed(SHOWN[one] for one in wanted)}", "types")
        self.expect(".")
        field = table.fields.get(self.word.text)
        if self.word.kind != "word" or field is None:
            raise Fault(
                self.word.column,
                f"table '{word.text}' has no field '{self.word.text}'{suggest(self.word.text, table.fields)}",
                "unknown-field",
            )
        self.take()
        return Lookup(table, field.name, keys, TYPES[field.kind], word.column, field.kind, tuple(field.choices))

    def call(self, word: Token) -> Call:
        """Return a function of values, each of the type that it wants."""
        if word.text not in FUNCTIONS:
            raise Fault(word.column, f"there is no function '{word.text}'{suggest(word.text, FUNCTIONS)}", "unknown-function")
        wanted, gives = FUNCTIONS[word.text]
        arguments = self.arguments(")")
        if tuple(argument.type for argument in arguments) != wanted:
            raise Fault(word.column, f"{word.text} wants {listed(SHOWN[one] for one in wanted)}", "types")
        return Call(word.text, arguments, gives, word.column)

    def arguments(self, end: str) -> tuple[Value, ...]:
        """Return the values up to a closing bracket."""
        self.take()
        found: list[Value] = []
        with self.deeper():
            while not self.is_word(end):
                start = self.word.column
                found.append(self.plain_value(self.value(), start, "stand in here"))
                if not self.is_word(end):
                    self.expect(",")
        self.take()
        return tuple(found)


def listed(words: Iterable[str]) -> str:
    """Return words as people list them."""
    return " and ".join(words)
