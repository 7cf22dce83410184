"""Which events are the same fact told again, and which telling of a fact holds.

Identity = (type, source, catalogue id). The same identity with the same content is a duplicate; with other content it
is a correction, and the highest revision holds. Where revisions do not decide, the content itself does, so that every
reader of the same tellings comes to the same one, in whatever order they came.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from engine.events.event import id_of, micros

if TYPE_CHECKING:
    from engine.events.event import Event

#: Who tells it and when it came belong to the telling, not to the fact.
_TELLING = frozenset({"source", "arrived", "specversion"})


class Identity(NamedTuple):
    """What tells one fact from every other."""

    type: str
    source: str
    id: str


def identity_of(event: Event) -> Identity:
    """Return which fact an event tells."""
    return Identity(event.kind.name, event.source, id_of(event))


def retracted_by(event: Event) -> tuple[Identity, ...]:
    """Return the facts that an event withdraws: of each type that its own retracts, the one with its source and id."""
    return tuple(Identity(name, event.source, id_of(event)) for name in event.kind.retracts)


def content_of(event: Event) -> bytes:
    """Return 16 bytes that are equal for equal content, on every machine and in whatever offsets times were told."""
    values = [(name, _plain(getattr(event, name))) for name in sorted(event.__struct_fields__) if name not in _TELLING]
    return hashlib.blake2b(msgspec.msgpack.encode(values), digest_size=16).digest()


def same_content(one: Event, other: Event) -> bool:
    """Return whether two tellings of one fact say the same."""
    return all(getattr(one, name) == getattr(other, name) for name in one.__struct_fields__ if name not in _TELLING)


def revision_of(event: Event) -> int | None:
    """Return how new a telling is, or None if it or its type does not say."""
    name = event.kind.revision
    value = getattr(event, name) if name else None
    return micros(value) if isinstance(value, datetime) else value


def wins(new: Event, old: Event) -> bool:
    """Return whether `new` replaces `old` as the telling of their fact; never both ways, and never for equal content.

    The higher revision holds, and any revision holds over none; between equal ones the greater content does.
    """
    return _rank(new) > _rank(old)


def _rank(event: Event) -> tuple[bool, int, bytes]:
    revision = revision_of(event)
    return (revision is not None, revision or 0, content_of(event))


def _plain(value: object) -> object:
    return ("t", micros(value)) if isinstance(value, datetime) else value
