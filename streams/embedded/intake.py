"""From what arrived to events and rejections, each with the bytes that are kept of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple, Union

import msgspec

from engine.events import Rejected, parts_of
from streams.embedded.parcel import Mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from engine.events import Event, Gate
    from streams.embedded.parcel import Parcel

#: What every event may carry beside its fields.
BESIDE = frozenset({"type", "source", "arrived"})
BRACKET = b"["
names_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Come(NamedTuple):
    """One thing that came in: the index of its record in the parcel, what it is, and the bytes that are kept of it."""

    number: int
    what: Event | Rejected
    raw: bytes


class Intake:
    """Opens parcels with one gate."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.known = {name: frozenset(kind.fields) | BESIDE for name, kind in gate.catalogue.types.items()}
        self._all_known = names_checker(self.known)

    def opened(self, parcel: Parcel) -> Iterator[Come]:
        """Return everything that a parcel holds, in its order. A list among its records counts as its parts."""
        records = parcel.records
        if parcel.headers is None and all(type(record) is bytes and record[:1] == b"{" for record in records):
            lines: Sequence[bytes] = records  # type: ignore[assignment] # as was just seen
            found = self.gate.decode_lines(lines, parcel.source)
            yield from map(Come._make, zip(range(len(lines)), found, lines, strict=True))
            return
        for index, record in enumerate(records):
            yield from self._record(index, record, parcel)

    def _record(self, index: int, record: bytes | Mapped | Rejected, parcel: Parcel) -> Iterator[Come]:
        if isinstance(record, Rejected):
            yield Come(index, record, record.raw)
        elif isinstance(record, Mapped):
            yield self._mapped(index, record, parcel.source)
        elif parcel.headers is None and record.lstrip()[:1] == BRACKET:
            yield from self._list(index, record, parcel.source)
        else:
            yield from (Come(index, one, record) for one in self.gate.decode(record, parcel.headers, parcel.source))

    def _mapped(self, index: int, record: Mapped, source: str) -> Come:
        event = self.gate.convert(record.values)
        if isinstance(event, Rejected):
            return Come(index, event, record.raw)
        event.source = event.source or source
        return Come(index, event, msgspec.json.encode(record.values))

    def _list(self, index: int, raw: bytes, source: str) -> Iterator[Come]:
        parts = parts_of(raw)
        if isinstance(parts, Rejected):
            yield Come(index, parts, raw)
            return
        for number, part in enumerate(parts):
            nested = part.lstrip()[:1] == BRACKET
            for one in [self.gate.reject(part, source)] if nested else self.gate.decode(part, source=source):
                yield Come(index, one.inside(f"$[{number}]") if isinstance(one, Rejected) else one, part)

    def unknown(self, kept: Sequence[tuple[Event, bytes]], headers: Mapping[str, str] | None) -> Counter[str]:
        """Return how often accepted events carried a field that their type does not have, as `type.field`."""
        found: Counter[str] = Counter()
        if headers is None and self._all_known([raw for _, raw in kept]):
            return found
        for event, raw in kept:
            name = event.kind.name
            fields = names_in(raw) if headers is None else None
            if fields is None or "specversion" in fields:
                found.update(".".join(pair) for pair in self.gate.audit(raw, headers).unknown.elements())
            elif not fields <= self.known[name]:
                found.update(f"{name}.{field}" for field in fields - self.known[name])
        return found


def names_in(raw: bytes) -> AbstractSet[str] | None:
    """Return the names of the fields of one plain object, or None where it is none."""
    try:
        return names_of(raw).keys()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def names_checker(known: Mapping[str, AbstractSet[str]]) -> Callable[[list[bytes]], bool]:
    """Return a function that says whether plain events hold known fields alone. It looks at names and passes over values."""
    fields = {name: [(field, msgspec.Raw, None) for field in names if field != "type"] for name, names in known.items()}
    options: dict[str, Any] = {"tag_field": "type", "forbid_unknown_fields": True, "gc": False}
    structs = [msgspec.defstruct("Names", named, tag=name, **options) for name, named in fields.items()]
    some: Any = Union[tuple(structs)]  # noqa: UP007 - made at run time
    decode = msgspec.json.Decoder(list[some]).decode

    def all_known(events: list[bytes]) -> bool:
        try:
            decode(b"[" + b",".join(events) + b"]")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return True

    return all_known
