"""What events carry beyond what decides: counted for those who keep catalogue and feeds, never a reason to reject."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from engine.events.event import type_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events.catalogue import Catalogue, EventType
    from engine.events.event import Event

#: What every event may carry beside its fields.
BESIDE = frozenset({"type", "source", "arrived"})


@dataclass(slots=True)
class Audit:
    """How often which name of which event type was unknown, wrong where nobody reads it, or said twice in one event."""

    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)
    repeated: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Audit) -> None:
        """Count what another audit counted as well."""
        self.unknown.update(other.unknown)
        self.wrong.update(other.wrong)
        self.repeated.update(other.repeated)


def audit_object(raw: bytes, catalogue: Catalogue, structs: Mapping[str, type[Event]], audit: Audit) -> None:
    """Add what one plain event carries to `audit`; what is not an event of the catalogue has nothing to count."""
    pairs = _pairs(raw)
    kind = catalogue.types.get(str(dict(pairs).get("type")))
    if kind is None:
        return
    seen: set[str] = set()
    for name, value in pairs:
        if name in seen:
            audit.repeated[kind.name, name] += 1
        seen.add(name)
        if name in kind.fields:
            if name not in structs[kind.name].__struct_fields__ and not _fits(value, name, kind):
                audit.wrong[kind.name, name] += 1
        elif name not in BESIDE:
            audit.unknown[kind.name, name] += 1


def _pairs(raw: bytes) -> list[tuple[str, object]]:
    """Return names and values of an object in order, names as often as they are said; what cannot be read has none."""
    try:
        decoder = json.JSONDecoder(object_pairs_hook=_Object, parse_int=_whole)
        found = decoder.decode(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return []
    return list(found) if isinstance(found, _Object) else []


class _Object(list[tuple[str, object]]):
    """An object as it stands in the text."""


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) < 1000 else digits


def _fits(value: object, name: str, kind: EventType) -> bool:
    if value is None:
        return True
    try:
        msgspec.convert(value, type_of(kind.fields[name], in_id=name in kind.id))
    except (msgspec.ValidationError, RecursionError):
        return False
    return not (isinstance(value, str) and ("\x00" in value or "\ufffd" in value))
