"""CloudEvents 1.0: the envelope that other systems put around an event, in each of its shapes.

Structured (one JSON object), batch (a list of those) and binary (attributes in headers `ce-…` or `ce_…`, data as the
body). Understanding the envelope and judging what it holds are two steps: it can be fine around an event nobody knows.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Literal

import msgspec

from engine.events.diagnosis import UNREADABLES, diagnose_text
from engine.events.envelope import JSON, Envelope, is_json
from engine.events.event import Moment, usable
from engine.events.parts import parts_of
from engine.events.rejected import Rejected
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.events.catalogue import Catalogue

Mode = Literal["plain", "structured", "batch", "binary", "unknown"]

REQUIRED = ("specversion", "id", "source", "type")
#: Attributes that are texts; extensions may also be numbers or yes/no.
TEXTS = frozenset({*REQUIRED, "time", "datacontenttype", "dataschema", "subject"})

_FORMAT = "application/cloudevents"
_PREFIX = re.compile(r"ce[-_]", re.IGNORECASE)


def mode_of(headers: Mapping[str, str] | None) -> Mode:
    """Return in which shape a message comes, as its headers say it."""
    if not headers:
        return "plain"
    content = _content_type(headers)
    if content.startswith(_FORMAT):
        return {_FORMAT + "+json": "structured", _FORMAT + "-batch+json": "batch"}.get(content, "unknown")  # type: ignore[return-value]
    return "binary" if any(_PREFIX.match(name) for name in headers) else "plain"


def is_structured(raw: bytes) -> bool:
    """Return whether bytes without telling headers are one CloudEvent all the same."""
    try:
        return "specversion" in msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except UNREADABLES:
        return False


def envelope(raw: bytes, headers: Mapping[str, str] | None = None) -> Envelope | Rejected:
    """Return the one CloudEvent that came in, structured or binary, or why it is none; its type need not be known."""
    mode = mode_of(headers)
    return next(envelopes(raw, headers, "structured" if mode == "plain" else mode))


def envelopes(raw: bytes, headers: Mapping[str, str] | None, mode: Mode) -> Iterator[Envelope | Rejected]:
    """Return every CloudEvent that came in, or for each that is none the reason."""
    match mode:
        case "binary":
            yield _binary(raw, headers or {})
        case "batch":
            yield from _batch(raw)
        case "unknown":
            reason = f"events in the format '{_content_type(headers or {})}' cannot be read"
            right = f"send {_FORMAT}+json or {_FORMAT}-batch+json"
            yield Rejected(code="ce-format", reason=reason, right=right, raw=raw)
        case _:
            yield _structured(raw, "$")


def _batch(raw: bytes) -> Iterator[Envelope | Rejected]:
    parts = parts_of(raw)
    if isinstance(parts, Rejected):
        yield parts
        return
    for place, part in enumerate(parts):
        yield _structured(part, f"$[{place}]")


def _structured(raw: bytes, where: str) -> Envelope | Rejected:
    try:
        parts = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        return Rejected(code="not-an-object", reason="a CloudEvent must be an object", path=where, raw=raw)
    except UNREADABLES as error:
        return diagnose_text(error, raw).inside(where, raw)
    attributes = _attributes(parts, where, raw)
    if isinstance(attributes, Rejected):
        return attributes
    wrong = _wrong(attributes, where, raw)
    if wrong is not None:
        return wrong
    data = _data(parts, attributes, where, raw)
    return data if isinstance(data, Rejected) else Envelope(attributes, data, raw, where)


def _attributes(parts: Mapping[str, msgspec.Raw], where: str, raw: bytes) -> dict[str, str] | Rejected:
    """Return every attribute as text; null is the same as absent."""
    attributes: dict[str, str] = {}
    for name in parts.keys() - {"data", "data_base64"}:
        try:
            value = msgspec.json.decode(parts[name], type=(str | None) if name in TEXTS else (str | int | bool | None))
        except UNREADABLES:
            reason = f"'{name}' must be a text" + ("" if name in TEXTS else ", a whole number or true/false")
            return Rejected(code="ce-attribute", reason=reason, path=f"{where}.{name}", raw=raw)
        if value is not None:
            attributes[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return attributes


def _data(parts: Mapping[str, msgspec.Raw], attributes: Mapping[str, str], where: str, raw: bytes) -> bytes | Rejected | None:
    """Return what a structured event holds as bytes: JSON as it stands, other content unwrapped from its JSON text."""
    if "data" in parts and "data_base64" in parts:
        reason, right = "'data' and 'data_base64' are both there", "one event holds one of them"
        return Rejected(code="ce-data", reason=reason, path=f"{where}.data", right=right, raw=raw)
    try:
        if "data_base64" in parts:
            return base64.b64decode(msgspec.json.decode(parts["data_base64"], type=str), validate=True)
        if "data" not in parts or bytes(parts["data"]) == b"null":
            return None
        if is_json(attributes.get("datacontenttype", JSON)):
            return bytes(parts["data"])
        value = msgspec.json.decode(parts["data"])
    except (binascii.Error, ValueError, RecursionError):
        name = "data_base64" if "data_base64" in parts else "data"
        right = "it is a text in base64" if name == "data_base64" else ""
        return Rejected(code="ce-data", reason=f"'{name}' cannot be read", path=f"{where}.{name}", right=right, raw=raw)
    return value.encode() if isinstance(value, str) else bytes(parts["data"])


def _binary(raw: bytes, headers: Mapping[str, str]) -> Envelope | Rejected:
    """Return the event of a body whose attributes are headers; over HTTP (`ce-`) their values are percent-encoded."""
    attributes: dict[str, str] = {}
    for name, value in headers.items():
        if _PREFIX.match(name):
            attributes[name[3:].lower()] = _unquoted(value) if name[2] == "-" else value
    content = _content_type(headers, whole=True)
    if content:
        attributes["datacontenttype"] = content
    whole = _whole(attributes, raw)
    return _wrong(attributes, "$", whole) or Envelope(attributes, raw or None, whole)


def _whole(attributes: Mapping[str, str], body: bytes) -> bytes:
    """Return a binary event in structured form: what is kept of it must not lose what its headers said."""
    whole = {name: text.encode("utf-8", "replace").decode() for name, text in attributes.items()}
    if body:
        whole["data_base64"] = base64.b64encode(body).decode()
    return msgspec.json.encode(whole)


def _unquoted(value: str) -> str:
    """Return a header's value with its percent signs undone, as the HTTP binding writes what is not ASCII."""
    plain = re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode()), value.encode("utf-8", "replace"))
    return plain.decode("utf-8", "replace")


def _wrong(attributes: Mapping[str, str], where: str, raw: bytes) -> Rejected | None:
    """Return what the attributes of an event break of CloudEvents 1.0, if anything."""

    def say(code: str, name: str, reason: str, right: str = "") -> Rejected:
        source = attributes.get("source", "")
        source = source if usable(source) else ""
        return Rejected(code=code, reason=reason, path=f"{where}.{name}", right=right, raw=raw, source=source)

    for name in REQUIRED:
        if not attributes.get(name):
            if name in attributes:
                return say("ce-missing", name, f"'{name}' must not be empty")
            right = suggest(name, attributes).removeprefix("; ")
            return say("ce-missing", name, f"'{name}' is missing on this CloudEvent", right)
        if not usable(attributes[name]):
            return say("ce-attribute", name, f"'{name}' holds a NUL or half of a character")
    version = attributes["specversion"]
    if version != "1.0":
        return say("ce-version", "specversion", f"CloudEvents version '{version}' cannot be read", "send version 1.0")
    if not _is_time(attributes.get("time")):
        right = "write it with its offset, such as 2026-03-01T08:00:00+08:00"
        return say("ce-time", "time", f"'time' is not a time: '{attributes['time'][:48]}'", right)
    return None


def _is_time(text: str | None) -> bool:
    try:
        msgspec.convert(text, Moment | None)
    except msgspec.ValidationError:
        return False
    return True


def _content_type(headers: Mapping[str, str], *, whole: bool = False) -> str:
    for name, value in headers.items():
        if name.lower() == "content-type":
            return value.strip() if whole else value.partition(";")[0].strip().lower()
    return ""


def plain_parts(raw: bytes, headers: Mapping[str, str] | None, catalogue: Catalogue) -> Iterator[bytes]:
    """Return every event that came in as one plain object each, for counting; what cannot be understood is left out."""
    mode = mode_of(headers)
    if mode == "plain" and raw.lstrip()[:1] == b"[":
        parts = parts_of(raw)
        for part in [] if isinstance(parts, Rejected) else parts:
            if part.lstrip()[:1] != b"[":
                yield from plain_parts(part, None, catalogue)
    elif mode == "plain" and not is_structured(raw):
        yield raw
    else:
        for one in envelopes(raw, headers, "structured" if mode == "plain" else mode):
            plain = one if isinstance(one, Rejected) else one.plain(catalogue)
            if isinstance(plain, bytes):
                yield plain
