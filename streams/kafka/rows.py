"""How the rows of a share are named, and what it notes of itself: four kinds, told apart by the first byte of the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from engine.events import id_of

if TYPE_CHECKING:
    from engine.events import Event

#: Before any event that the gate lets in: until feeds have been read for the first time, it is this late.
BEGINNING = -2_208_988_800_000_000
#: What the share knows of itself, watches, events, and what it is to measure.
META, WATCH, EVENTS, MEASURES = b"m", b"w", b"e", b"q"
#: Event times as bytes in their order: the earliest that the gate lets in comes first.
BIAS = 1 << 62


class Meta(msgspec.Struct, array_like=True):
    """What a share knows beside its watches. Times are microseconds since 1970."""

    version: str
    #: the last packed record that these rows come of
    position: int = -1
    marks: list[tuple[str, int, int]] = []
    expected: dict[str, int] = {}
    history_from: int | None = None
    #: per partition of the findings, the last one that was taken in
    origins: dict[int, int] = {}
    #: per group, named by fields and level, how far its time has come and when sources were heard
    progress: dict[str, Any] = {}
    #: per rule, what it collects, and from when on its events are known
    collects: dict[str, str] = {}
    known_from: dict[str, int] = {}
    counts: dict[str, int] = {}
    pruned_at: int = BEGINNING
    #: per level, how far its findings were said to have come
    said: dict[int, int] = {}
    #: per event type, up to when its events were let go
    let_go: dict[str, int] = {}


def watch_key(rule: str, packed: bytes) -> bytes:
    """Return the key of a watch's row."""
    return WATCH + rule.encode() + b"\0" + packed


def watch_of(key: bytes) -> tuple[str, bytes]:
    """Return rule and packed key of a watch's row."""
    rule, _, packed = key[1:].partition(b"\0")
    return rule.decode(), packed


def type_key(name: str) -> bytes:
    """Return what the keys of all events of a type begin with."""
    return EVENTS + name.encode() + b"\0"


def order_of(at: int) -> bytes:
    """Return a time as bytes that stand in the order of times."""
    return (at + BIAS).to_bytes(8, "big")


def event_key(event: Event, at: int) -> bytes:
    """Return the key of an event's row."""
    return type_key(event.kind.name) + order_of(at) + event.source.encode() + b"\0" + id_of(event).encode()


def measure_key(at: int, task: str) -> bytes:
    """Return the key of something to measure at a time."""
    return MEASURES + order_of(at) + task.encode()


def behind(prefix: bytes) -> bytes:
    """Return the first key behind those that begin with one byte."""
    return bytes([prefix[0] + 1])
