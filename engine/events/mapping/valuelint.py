"""One field of a mapping file understood: where its value comes from, and whether it can be what the catalogue asks for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from engine.events.field import Field
from engine.events.mapping.mappingfile import FILL_IN, ValueWords
from engine.events.mapping.text import Text, column_or_text, parse_text
from engine.events.mapping.unfit import Unfit
from engine.events.mapping.values import Read, Spelling, Translation, Value, choice, digits, milliseconds, number, whole_number, yes_no

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events.mapping.sheet import Path, Sheet, Times

#: When an event reached the other system is told like a time field, though the catalogue has no such field.
ARRIVED = Field("arrived", "time", optional=True)

_SPELLED = ("thousands", "decimal", "factor")
_TIMED = ("time", "zone", "when_ambiguous")


def value_of(sheet: Sheet, path: Path, field: Field, event: str, times: Times) -> Value | None:
    """Return how `field` is made, or None after noting what is wrong with what stands at `path`."""
    before = len(sheet.problems)
    said = sheet.at(path)
    words = sheet.words(ValueWords, path) if isinstance(said, dict) else _short(sheet, path, field, said)
    if words is None or len(sheet.problems) > before:
        return None
    made = _Maker(sheet, path, field, words, times).value(event)
    return made if len(sheet.problems) == before else None


def _short(sheet: Sheet, path: Path, field: Field, said: Any) -> ValueWords | None:
    if isinstance(said, str) and said not in ("", FILL_IN):
        return ValueWords(column=said)
    if isinstance(said, list):
        sheet.say(path, "feed-value", f"'{field.name}' comes from one column, or from several as in '{{lat}},{{lon}}', not from a list")
    else:
        sheet.say(path, "feed-fill-in", f"say which column holds '{field.name}'", key=said == "")
    return None


class _Maker:
    def __init__(self, sheet: Sheet, path: Path, field: Field, words: ValueWords, times: Times) -> None:
        self.sheet = sheet
        self.path = path
        self.field = field
        self.words = words
        self.times = times

    def value(self, event: str) -> Value | None:
        """Return the value; None where it says neither a column nor a constant."""
        words, field = self.words, self.field
        if (words.column is None) == (words.constant is None):
            self.say((), "feed-value", f"'{field.name}' needs a 'column' or a 'constant', one of the two")
            return None
        self.settings()
        read = self.read()
        constant = words.constant is not None
        text = Text((), (words.constant,)) if words.constant is not None else self.text("column", words.column or "")
        return Value(
            name=field.name,
            text=self.checked(text, read, ("constant",)) if constant else text,
            read=read,
            tidy=None if words.number is None else digits(self.spelling(), f"'{field.name}' is written as a whole number"),
            translation=None if words.values is None else self.translation(words.values, read),
            if_empty=None if words.if_empty is None else self.target(words.if_empty, read, ("if_empty",)),
            required=field.required,
            needs=f"'{field.name}' is needed on every {event}; rows that lack it can be left out under 'skip'",
        )

    def say(self, path: Path, code: str, text: str, *, key: bool = False) -> None:
        self.sheet.say((*self.path, *path), code, text, key=key)

    # where it comes from

    def text(self, setting: str, said: str) -> Text:
        if said == FILL_IN:
            self.say((setting,), "feed-fill-in", f"say which column holds '{self.field.name}'")
        text = column_or_text(said) if said else f"'{setting}' of '{self.field.name}' is empty"
        if isinstance(text, Text):
            return text
        self.say((setting,), "feed-value", text)
        return Text((), ("",))

    def target(self, said: str, read: Read | None, path: Path) -> Text:
        """Return what a translation or `if_empty` says: a constant, or columns between braces."""
        if said == FILL_IN:
            self.say(path, "feed-fill-in", f"say what '{self.field.name}' is then")
            return Text((), ("",))
        text = parse_text(said)
        if isinstance(text, str):
            self.say(path, "feed-value", text)
            return Text((), ("",))
        return self.checked(text, read, path)

    def checked(self, text: Text, read: Read | None, path: Path) -> Text:
        """Return `text` after noting whether a constant is what the field wants."""
        if text.plain and read is not None:
            try:
                read(text.plain)
            except Unfit as unfit:
                self.say(path, "feed-kind", f"{unfit.found}; {unfit.right}")
        elif text.plain == "" and self.field.required:
            self.say(path, "feed-kind", f"'{self.field.name}' may not be missing, so it cannot be empty here")
        return text

    def translation(self, values: Mapping[str, str], read: Read | None) -> Translation:
        exact: dict[str, Text] = {}
        starred: list[tuple[str, Text]] = []
        for key, said in values.items():
            target = self.target(said, read, ("values", key))
            if not key:
                self.say(("values", key), "feed-value", "what an empty column means stands under 'if_empty'", key=True)
            elif "*" in key:
                starred.append((key, target))
            else:
                exact[key] = target
        otherwise = None if self.words.otherwise is None else self.target(self.words.otherwise, read, ("otherwise",))
        return Translation(exact, tuple(starred), otherwise)

    # what it is

    def settings(self) -> None:
        """Note settings that say nothing about a field of this kind."""
        words, kind = self.words, self.field.kind
        said = [name for name in ValueWords.model_fields if getattr(words, name) is not None]
        wrong = dict.fromkeys((name for name in said if name in _TIMED and kind not in ("time", "milliseconds")), "times")
        numeric = kind in ("number", "whole number") or words.number is not None
        wrong.update(dict.fromkeys((name for name in said if name in _SPELLED and not numeric), "numbers"))
        wrong.update(dict.fromkeys((name for name in said if name == "number" and kind != "text"), "texts"))
        for name, what in wrong.items():
            self.say((name,), "feed-setting", f"'{name}' is for {what}, and '{self.field.name}' is {_article(kind)}", key=True)
        if words.number is not None and words.column is not None and words.values is not None:
            self.say(("number",), "feed-setting", "'values' says already what each text means; 'number' would never be asked", key=True)
        if words.otherwise is not None and words.values is None:
            self.say(("otherwise",), "feed-setting", "'otherwise' says what is left after 'values', and there are none", key=True)
        if words.constant is not None and (words.values is not None or words.if_empty is not None):
            self.say(("constant",), "feed-setting", "a constant is always the same; 'values' and 'if_empty' belong to a column", key=True)

    def read(self) -> Read | None:
        """Return what turns a text into the field's kind; None for texts, which stay as they are."""
        name, field = self.field.name, self.field
        match field.kind:
            case "time":
                return self.clocked().clock
            case "milliseconds":
                return milliseconds(self.clocked().clock)
            case "yes/no":
                return yes_no(f"'{name}' is yes or no; say under 'values' which text means which")
            case "whole number":
                return whole_number(self.spelling(), f"'{name}' is a whole number such as 640")
            case "number":
                return number(self.spelling(), f"'{name}' is a number such as 12.5")
            case "one of":
                return choice(
                    frozenset(field.choices), f"'{name}' is one of {', '.join(field.choices)}; 'values' says which text means which"
                )
            case "text":
                return None

    def clocked(self) -> Times:
        words, times = self.words, self.times
        if words.time is not None:
            times = replace(times, forms=self.sheet.forms(words.time, (*self.path, "time")))
        if words.zone is not None:
            times = replace(times, zone=self.sheet.zone(words.zone, (*self.path, "zone")))
        return times if words.when_ambiguous is None else replace(times, when_ambiguous=words.when_ambiguous)

    def spelling(self) -> Spelling:
        words = self.words
        for name in ("thousands", "decimal"):
            sign = getattr(words, name)
            if sign is not None and (len(sign) != 1 or sign.isalnum()):
                self.say((name,), "feed-value", f"'{name}' is one sign, such as ',' or '.'")
        if (words.thousands or "") == (words.decimal or "."):
            self.say(("thousands",), "feed-value", "the sign between thousands and the decimal sign cannot be the same")
        return Spelling(words.thousands or "", words.decimal or ".", None if words.factor is None else self.factor(words.factor))

    def factor(self, said: str) -> Decimal | None:
        try:
            factor = Decimal(said)
        except InvalidOperation:
            factor = Decimal("NaN")
        if factor.is_finite() and factor and abs(factor.adjusted()) < 12:
            return factor
        self.say(("factor",), "feed-value", f"'{said}' is not a factor; write for example 1000, 0.001 or 60")
        return None


def _article(kind: str) -> str:
    return {"yes/no": "yes or no", "text": "text", "one of": "one of a list"}.get(kind, f"a {kind}")
