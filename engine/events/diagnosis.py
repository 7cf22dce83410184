"""From the decoder's refusal to words that an operator can act on.

The decoder alone decides what is an event; this only looks again at what it refused, slowly, to say why. So the two can
never disagree about acceptance, and where nothing better is found the decoder's own position is passed on.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from engine.events.event import FIRST_YEAR, LARGEST_WHOLE, LAST_YEAR, LONGEST_TEXT
from engine.events.field import Field
from engine.events.rejected import Rejected
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.events.catalogue import Catalogue, EventType

#: What reading bytes that are not what was hoped for can raise.
UNREADABLES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

#: What every event may carry beside the fields of its type.
BESIDE = {"source": Field("source", "text", optional=True), "arrived": Field("arrived", "time", optional=True)}

_AT = re.compile(r" - at `\$\.(?P<name>[^`.\[]*)")
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`")
_YEAR = re.compile(r"year out of range in `(?P<name>.*)`")
_BYTE = re.compile(r"\(byte (?P<byte>\d+)\)")
_LONE = re.compile(r"\\u[dD](?:[89aAbB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|[c-fC-F][0-9a-fA-F]{2})")

#: Stands for a value that is there but cannot be read by itself.
UNREADABLE = object()

AS_UTF8 = "send the text encoded as UTF-8"

RIGHT = {
    "text": "write it in quotes",
    "whole number": "write it without quotes and without a decimal point",
    "number": "write it without quotes",
    "yes/no": "write true or false, without quotes",
    "time": "write it with its offset, such as 2026-03-01T08:00:00+08:00",
    "milliseconds": "write the milliseconds since 1970 as a whole number, such as 1772323200000",
}


def diagnose_text(error: Exception, raw: bytes) -> Rejected:
    """Say why these bytes are not JSON at all."""
    if b"\x00" in raw[:4] or raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _rejected("not-utf8", "it looks like UTF-16, not UTF-8", AS_UTF8)
    try:
        text = raw.decode()
    except UnicodeDecodeError as broken:
        return _rejected("not-utf8", f"byte {broken.start + 1} is not UTF-8", AS_UTF8)
    if text.startswith("\ufeff"):
        return _rejected("byte-order-mark", "it begins with a byte order mark", "leave out its first three bytes")
    if not text.strip():
        return _rejected("empty", "it is empty", "one JSON object was expected")
    return _not_json(text, str(error))


def _not_json(text: str, words: str) -> Rejected:
    strange: list[str] = []
    try:
        json.loads(text, parse_constant=strange.append)
    except RecursionError:
        return _rejected("too-deep", "lists or objects are nested too deeply", "an event is one flat object")
    except json.JSONDecodeError as broken:
        return _broken_json(broken, text)
    except ValueError:
        return _rejected("out-of-range", "it holds a number of thousands of digits")
    if strange:
        return _rejected("not-a-number", f"{strange[0]} is not a JSON number", "leave out what is not known")
    if lone := _LONE.search(text):
        return _rejected("lone-surrogate", f"{lone[0]} is half of a character", AS_UTF8)
    at = _BYTE.search(words)
    return _rejected("not-json", f"it is not JSON at byte {int(at['byte']) + 1}" if at else "it is not JSON")


def _broken_json(broken: json.JSONDecodeError, text: str) -> Rejected:
    if broken.pos >= len(text.rstrip()) or broken.msg.startswith("Unterminated string"):
        return _rejected("truncated", "it ends in the middle", "was the line cut off?")
    if broken.msg == "Extra data":
        follows = shown(text[broken.pos :])
        return _rejected("trailing", f"something follows the object: {follows}", "one line holds one event")
    return _rejected("not-json", f"it is not JSON at character {broken.pos + 1}: {shown(text[broken.pos :])}")


def diagnose_record(error: Exception, record: Mapping[str, object], catalogue: Catalogue) -> Rejected:
    """Say why these names and values are not an event of the catalogue."""
    name = record.get("type")
    kind = catalogue.types.get(name) if isinstance(name, str) else None
    if kind is None:
        return _no_type(record, catalogue)
    words = str(error)
    if missing := _MISSING.match(words):
        return _missing(missing["name"], record, kind)
    if "`$.type`" in words:
        return Rejected(code="type-twice", reason="'type' is said twice", path="$.type", right="an event has one type")
    if record.get("specversion") is not None:
        return _rejected("envelope", "it is a CloudEvent, not a plain event")
    found = _YEAR.search(words) or _AT.search(words)
    field = _field(found["name"], kind) if found else None
    if field is None:
        return _rejected("not-an-event", f"it does not fit {kind.name}: {words}")
    value = record.get(field.name, UNREADABLE)
    code, reason, right = _wrong(field, value, in_id=field.name in kind.id)
    return Rejected(code=code, reason=f"'{field.name}' {reason}", path=f"$.{field.name}", right=right)


def _no_type(record: Mapping[str, object], catalogue: Catalogue) -> Rejected:
    if "type" not in record:
        right = _misspelled("type", record) or "it names the event type, such as " + next(iter(catalogue.types), "")
        return Rejected(code="no-type", reason="'type' is missing", path="$.type", right=right)
    name = record["type"]
    if not isinstance(name, str):
        return Rejected(code="no-type", reason=f"'type' must be a text, not {shown(name)}", path="$.type")
    right = suggest(name, catalogue.types).removeprefix("; ") or "the catalogue names every event type"
    return Rejected(code="unknown-type", reason=f"there is no event type {shown(name)}", path="$.type", right=right)


def _missing(name: str, record: Mapping[str, object], kind: EventType) -> Rejected:
    right = _misspelled(name, [other for other in record if other not in kind.fields]) or _expected(kind.fields[name])
    return Rejected(code="missing", reason=f"'{name}' is missing on {kind.name}", path=f"$.{name}", right=right)


def _misspelled(name: str, written: Iterable[str]) -> str:
    """Return a hint at a written name that may have meant `name`."""
    near = next((other for other in written if suggest(name, [other])), None)
    return f"is '{near}' a misspelling of it?" if near else ""


def _field(name: str, kind: EventType) -> Field | None:
    return kind.fields.get(name) or BESIDE.get(name)


def _expected(field: Field) -> str:
    if field.kind == "one of":
        return f"it is one of {', '.join(field.choices)}"
    return f"it is {field.kind}" + (f" ({field.unit})" if field.unit else "")


def _wrong(field: Field, value: object, *, in_id: bool) -> tuple[str, str, str]:
    """Return code, reason and what would be right for a value that its field refuses."""
    if value is None:
        return "missing", "is null, but every event needs it", _expected(field)
    if isinstance(value, str):
        fault = _wrong_text(field, value, in_id=in_id)
        if fault:
            return fault
    elif isinstance(value, int | float) and not isinstance(value, bool):
        fault = _wrong_number(field, value)
        if fault:
            return fault
    elif isinstance(value, datetime) and field.kind == "time":
        return _wrong_time(str(value), value)
    elif value is UNREADABLE:
        return "out-of-range", f"must be {_article(field)}; its value cannot be read", RIGHT.get(field.kind, "")
    right = f"it is one of {', '.join(field.choices)}" if field.kind == "one of" else RIGHT[field.kind]
    return "wrong-kind", f"must be {_article(field)}, not {shown(value)}", right


def _wrong_text(field: Field, value: str, *, in_id: bool) -> tuple[str, str, str] | None:
    if field.kind == "one of":
        right = suggest(value, field.choices).removeprefix("; ") or f"it is one of {', '.join(field.choices)}"
        return "wrong-choice", f"cannot be {shown(value)}", right
    if field.kind == "time":
        return _wrong_time(value, None)
    if field.kind != "text":
        return None
    if in_id and not value:
        return "empty-id", "must not be empty: it tells this event from every other", ""
    if len(value) > LONGEST_TEXT:
        return "too-long", f"has {len(value):,} characters", f"a text holds at most {LONGEST_TEXT:,}"
    if "\x00" in value:
        return "nul", "holds a NUL character (\\u0000)", "leave it out"
    return "lone-surrogate", "holds half of a character", AS_UTF8


def _wrong_time(text: str, value: datetime | None) -> tuple[str, str, str]:
    try:
        at = value or datetime.fromisoformat(text.strip())
    except ValueError:
        return "bad-time", f"is not a time: {shown(text)}", RIGHT["time"]
    if at.tzinfo is None:
        return "no-offset", f"does not say in which time zone it is: {shown(text)}", RIGHT["time"]
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        return "out-of-range", f"lies in the year {at.year}", f"times lie in the years {FIRST_YEAR} to {LAST_YEAR}"
    return "bad-time", f"is not written as we read times: {shown(text)}", RIGHT["time"]


def _wrong_number(field: Field, value: float) -> tuple[str, str, str] | None:
    if field.kind == "whole number" and isinstance(value, int):
        right = f"whole numbers lie between -{LARGEST_WHOLE} and {LARGEST_WHOLE}"
        return "out-of-range", f"is too large: {shown(value)}", right
    if field.kind == "milliseconds" and isinstance(value, int):
        right = f"times lie in the years {FIRST_YEAR} to {LAST_YEAR}, counted in milliseconds since 1970"
        return "out-of-range", f"is no time that we can work with: {shown(value)}", right
    if field.kind == "number":
        return "out-of-range", f"is too large or not a number: {shown(value)}", "leave out what is not known"
    return None


def _article(field: Field) -> str:
    match field.kind:
        case "one of":
            return f"one of {', '.join(field.choices)}"
        case "yes/no":
            return "yes or no"
        case "milliseconds":
            return "milliseconds"
        case kind:
            return f"a {kind}"


def shown(value: object) -> str:
    """Return a value as it would stand in JSON, cut to what fits in a line."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return "a number of thousands of digits"
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= 48 else text[:45] + "…"


def _rejected(code: str, reason: str, right: str = "") -> Rejected:
    return Rejected(code=code, reason=reason, right=right)


def record_of(raw: bytes) -> dict[str, object] | None:
    """Return the names and values of a JSON object, each value read by itself, or None if it is no object.

    A value that cannot be read (a number out of every range, a text that is not UTF-8) is `UNREADABLE`.
    """
    try:
        parts = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except UNREADABLES:
        return None
    return {name: _value(part) for name, part in parts.items()}


def _value(part: msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(part)
    except UNREADABLES:
        return UNREADABLE
