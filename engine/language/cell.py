"""One written value of a field: from the text of a file to what a condition compares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from engine.calendar import parse_instant
from engine.source import suggest

if TYPE_CHECKING:
    from engine.events import Field

WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
YES = {"yes": True, "true": True, "no": False, "false": False}


class Misfit(ValueError):  # noqa: N818 - a fault of the text, not of the program
    """A text that is no value of its field; the message says what would be right."""


def cell(text: str, field: Field, zone: str) -> Any:
    """Return the value of a field that a text says; times of either kind in microseconds since 1970. Raises Misfit."""
    match field.kind:
        case "whole number" if WHOLE.fullmatch(text):
            return int(text)
        case "number" if NUMBER.fullmatch(text):
            return float(text)
        case "yes/no" if text in YES:
            return YES[text]
        case "milliseconds" if WHOLE.fullmatch(text):
            return int(text) * 1000
        case "time" | "milliseconds" if (instant := parse_instant(text, zone)) is not None:
            return instant
        case "text" | "one of" if field.kind == "text" or text in field.choices:
            return text
        case _:
            raise Misfit(unfit(text, field))


def unfit(text: str, field: Field) -> str:
    """Return why a text is no value of a field, and what would be right."""
    said = text if len(text) <= 60 else f"{text[:57]}…"
    if field.kind == "one of":
        return f"'{field.name}' is never '{said}'{suggest(said, field.choices) or '; it is one of ' + ', '.join(field.choices)}"
    return f"'{said}' is no {'time; write 2026-03-01 08:00' if field.kind in {'time', 'milliseconds'} else field.kind}"
