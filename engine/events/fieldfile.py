"""From a catalogue's description of a field to the field: the short form in words, or the long form of settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events.field import Field, Words, name_problem, parse_words, understand
from engine.events.title import LANGUAGES, both, plain_title

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events.sheet import Path, Sheet

SETTINGS = ("type", "unit", "choices", "may_be_missing", "from_grid", *LANGUAGES)


def read_fields(sheet: Sheet, value: object, path: Path, titles: Mapping[str, Mapping[str, str]]) -> dict[str, Field]:
    """Return the fields that could be understood; `titles` holds those for names that bring none of their own."""
    described = sheet.names(value, path, "'fields'")
    if isinstance(value, dict) and not value:
        sheet.say(path, "catalogue-empty", "there is no field yet; those that 'time' and 'id' name must be here")
    fields: dict[str, Field] = {}
    for name, what in described.items():
        if wrong := name_problem(name):
            sheet.say((*path, name), "catalogue-name", wrong, key=True)
        one = _field(sheet, name, what, (*path, name), titles.get(name))
        if one is not None:
            fields[name] = one
    return fields


def _field(sheet: Sheet, name: str, value: object, path: Path, title: Mapping[str, str] | None) -> Field | None:
    long = isinstance(value, dict)
    words = _long_form(sheet, value, path) if long else _short_form(sheet, value, path)
    if words is None:
        return None
    own = _own_title(sheet, value, path)
    made = understand(name, words, both(own) if own else title or plain_title(name))
    if isinstance(made, Field):
        return made
    for text in made:
        sheet.say((*path, "type") if long else path, "catalogue-field", text)
    return None


def _own_title(sheet: Sheet, value: object, path: Path) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {one: sheet.text(value[one], (*path, one), f"'{one}'") for one in LANGUAGES if one in value}


def _short_form(sheet: Sheet, value: object, path: Path) -> Words | None:
    text = sheet.text(value, path, "a field")
    words = parse_words(text) if text else None
    if isinstance(words, str):
        sheet.say(path, "catalogue-field", words)
        return None
    return words


def _long_form(sheet: Sheet, value: object, path: Path) -> Words | None:
    settings = sheet.settings(value, path, "a field", SETTINGS)
    if "type" not in settings:
        sheet.missing(path, "type", "; write for example 'type: text'")
        return None
    words = _short_form(sheet, settings["type"], (*path, "type"))
    if words is None:
        return None
    if "unit" in settings:
        words.unit = sheet.text(settings["unit"], (*path, "unit"), "'unit'")
    if "choices" in settings:
        words.choices = tuple(text for text, _ in sheet.texts(settings["choices"], (*path, "choices"), "'choices'"))
    if "may_be_missing" in settings:
        words.optional = sheet.yes(settings["may_be_missing"], (*path, "may_be_missing"), "may_be_missing")
    if "from_grid" in settings:
        words.placed = sheet.yes(settings["from_grid"], (*path, "from_grid"), "from_grid")
    return words
