"""The one gate: bytes in, events or rejections out. Nothing behind it checks types again.

What it accepts, and why a field that no rule reads never decides, is written in docs/decisions/0004-the-gate.md.
"""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Union

import msgspec

from engine.events.audit import Audit, audit_object
from engine.events.cloudevents import envelopes, is_structured, mode_of, plain_parts
from engine.events.diagnosis import UNREADABLES, diagnose_record, diagnose_text, record_of, shown
from engine.events.event import FIRST_YEAR, LAST_YEAR, Event, far_year, structs_of, usable
from engine.events.parts import parts_of
from engine.events.rejected import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from engine.events.catalogue import Catalogue
    from engine.events.envelope import Envelope

_BACKSLASH = ord("\\")
_NUL = b"\\u0000"


class Gate:
    """Decodes events of one catalogue.

    `reads` says per type which fields live rules read (None: all of them). Structs hold the required fields and those;
    whatever else an event carries is skipped unseen and `audit` counts it. Every way through the gate gives the same
    answer for the same bytes. Where `like` knows a type in the same words, its struct is taken over, so that what came through the
    one gate is known behind the other.
    """

    def __init__(self, catalogue: Catalogue, reads: Mapping[str, AbstractSet[str]] | None = None, like: Gate | None = None) -> None:
        self.catalogue = catalogue
        taken = {} if like is None else {name: made for name, made in like.structs.items() if catalogue.types.get(name) == made.kind}
        self.structs: Mapping[str, type[Event]] = MappingProxyType({**structs_of(catalogue, reads), **taken})
        self._any: Any = Union[tuple(self.structs.values())]  # noqa: UP007 - made at run time
        #: One plain JSON object to its event. Raises `msgspec.DecodeError` alone; `decode` then says what is wrong.
        self.decode_one: Callable[[bytes], Event] = _careful(msgspec.json.Decoder(self._any).decode)
        #: What `msgspec.msgpack.encode` wrote of an event, back as an event; for state of our own, so nothing is checked again.
        self.unpack: Callable[[bytes], Event] = msgspec.msgpack.Decoder(self._any).decode
        many: type[list[Event]] = list[self._any]  # type: ignore[name-defined]
        self._list: Callable[[bytes], list[Event]] = msgspec.json.Decoder(many).decode

    def decode(self, raw: bytes, headers: Mapping[str, str] | None = None, source: str = "") -> list[Event | Rejected]:
        """Return what came in, in its order: a plain object, a list of them, or CloudEvents in any of their shapes.

        `headers` are those of the message or request it came in; `source` names the feed, for events that do not say
        theirs. Each part that came in is one entry of what comes back; nothing raises.
        """
        mode = mode_of(headers)
        if mode != "plain":
            return self._inside(envelopes(raw, headers, mode), source)
        try:
            event = self.decode_one(raw)
        except msgspec.DecodeError:
            return self._otherwise(raw, source)
        event.source = event.source or source
        return [event]

    def decode_lines(self, lines: Sequence[bytes], source: str = "") -> list[Event | Rejected]:
        """Return what lines hold, in order, passing over blank ones: the fast way through a file.

        Best with a few hundred lines at once (`file.readlines(1 << 15)`): fewer cost calls, more cost the cache.
        """
        events = _all_or_none(self._list, b"[" + b",".join(lines) + b"]")
        if events is None or len(events) != len(lines):
            return [one for line in lines if line.strip() for one in self.decode(line, source=source)]
        return _from(events, source)

    def reject(self, raw: bytes, source: str = "") -> Rejected:
        """Return why these bytes are not one plain event."""
        try:
            self.decode_one(raw)
        except msgspec.DecodeError as error:
            return msgspec.structs.replace(self._diagnosis(error, raw), raw=raw, source=source)
        return Rejected(code="accepted", reason="nothing is wrong with it", raw=raw, source=source)

    def convert(self, record: Mapping[str, object]) -> Event | Rejected:
        """Return the event that names and values say, after the checks of `decode`; times are texts or aware times."""
        try:
            name = record.get("type")
            # Naming the one struct is thirty times faster: for a union of all, msgspec works out anew each time what it may be.
            made = self.structs.get(name, self._any) if type(name) is str else self._any
            event: Event = msgspec.convert(dict(record), made)
            if event.arrived is not None:
                _check_arrived(event)
            if _is_doubtful(record):
                _check(event)
        except (ValueError, TypeError, RecursionError, OverflowError) as error:
            named = {str(name): value for name, value in record.items()}
            rejected = diagnose_record(error, named, self.catalogue)
            source = named.get("source")
            source = _text(source) if isinstance(source, str) else ""
            return msgspec.structs.replace(rejected, raw=_encoded(named), source=source)
        return event

    def audit(self, raw: bytes, headers: Mapping[str, str] | None = None) -> Audit:
        """Return what these bytes carry beyond what decides: for counting, after they were accepted."""
        audit = Audit()
        for part in plain_parts(raw, headers, self.catalogue):
            audit_object(part, self.catalogue, self.structs, audit)
        return audit

    def _otherwise(self, raw: bytes, source: str) -> list[Event | Rejected]:
        """Return what bytes hold that are not one plain event: a list, a CloudEvent, or nothing good."""
        start = raw.lstrip()[:1]
        if start == b"[":
            return self._parts(raw, source)
        if start == b"{" and is_structured(raw):
            return self._inside(envelopes(raw, None, "structured"), source)
        return [self.reject(raw, source)]

    def _parts(self, raw: bytes, source: str) -> list[Event | Rejected]:
        events = _all_or_none(self._list, raw)
        if events is not None:
            return _from(events, source)
        parts = parts_of(raw)
        if isinstance(parts, Rejected):
            return [msgspec.structs.replace(parts, source=source)]
        return [one for place, part in enumerate(parts) for one in self._part(part, f"$[{place}]", source)]

    def _part(self, raw: bytes, where: str, source: str) -> list[Event | Rejected]:
        """Return what one part of a list holds; a list within a list is one thing that is no event."""
        nested = raw.lstrip()[:1] == b"["
        found = [self.reject(raw, source)] if nested else self.decode(raw, source=source)
        return [one.inside(where) if isinstance(one, Rejected) else one for one in found]

    def _inside(self, found: Iterable[Envelope | Rejected], source: str) -> list[Event | Rejected]:
        return [self._opened(one, source) for one in found]

    def _opened(self, one: Envelope | Rejected, source: str) -> Event | Rejected:
        """Return the event inside an envelope; paths in a rejection begin at the envelope."""
        if isinstance(one, Rejected):
            return msgspec.structs.replace(one, source=one.source or source)
        plain = one.plain(self.catalogue)
        if isinstance(plain, Rejected):
            return plain
        try:
            return self.decode_one(plain)
        except msgspec.DecodeError:
            return self.reject(plain, one.source).inside(f"{one.where}.data", one.raw)

    def _diagnosis(self, error: Exception, raw: bytes) -> Rejected:
        if not isinstance(error, msgspec.ValidationError):
            return diagnose_text(error, raw)
        record = record_of(raw)
        if record is not None:
            return diagnose_record(error, record, self.catalogue)
        if raw.lstrip()[:1] == b"{":
            return diagnose_text(error, raw)
        right = 'an event is one object: {"type": …, …}'
        return Rejected(code="not-an-object", reason="it is not an object", right=right)


def _careful(decode: Callable[[bytes], Event]) -> Callable[[bytes], Event]:
    """Return `decode` without what it lets through: impossible arrivals, NUL characters, errors of other kinds."""

    def decode_one(raw: bytes) -> Event:
        try:
            event = decode(raw)
        except (UnicodeDecodeError, RecursionError) as error:
            raise msgspec.DecodeError(str(error)) from error
        if event.arrived is not None:
            _check_arrived(event)
        if _BACKSLASH in raw and _NUL in raw:
            _check(event)
        return event

    return decode_one


def _all_or_none(read: Callable[[bytes], list[Event]], raw: bytes) -> list[Event] | None:
    """Return the events if every one of them is fine; None asks to look at them one by one."""
    if _BACKSLASH in raw and _NUL in raw:
        return None
    try:
        events = read(raw)
        for event in events:
            if event.arrived is not None:
                _check_arrived(event)
    except UNREADABLES:
        return None
    return events


def _from(events: list[Event], source: str) -> list[Event | Rejected]:
    if source:
        for event in events:
            event.source = event.source or source
    return [*events]


def _check_arrived(event: Event) -> None:
    if event.arrived is not None and not FIRST_YEAR <= event.arrived.year <= LAST_YEAR:
        raise msgspec.ValidationError(str(far_year("arrived")))


def _check(event: Event) -> None:
    """Raise for what the generated types cannot refuse themselves."""
    _check_arrived(event)
    for place, value in enumerate(msgspec.structs.astuple(event)):
        if type(value) is str:
            if not usable(value):
                raise msgspec.ValidationError(f"text cannot be used - at `$.{event.__struct_fields__[place]}`")
        elif type(value) is float and not math.isfinite(value):
            raise msgspec.ValidationError(f"number is not finite - at `$.{event.__struct_fields__[place]}`")


def _is_doubtful(record: Mapping[str, object]) -> bool:
    """Return whether `_check` has something to look at: a quick first look, since most records hold plain texts and times."""
    for value in record.values():
        if type(value) is str:
            if not value.isascii() or "\0" in value:
                return True
        elif type(value) is float:
            return True
    return False


def _encoded(record: Mapping[str, object]) -> bytes:
    """Return a record as JSON for the dead letters; values that JSON does not know stand there as text."""
    return msgspec.json.encode({_text(name): _jsonable(value) for name, value in record.items()})


def _jsonable(value: object) -> object:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    try:
        msgspec.json.encode(value)
    except (ValueError, TypeError, RecursionError, OverflowError):
        return shown(value)
    return value


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
