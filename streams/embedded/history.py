"""Kept history: raw events of the store as events again, in the order in which they were accepted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from engine.events import Rejected, id_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from engine.events import Event, Gate
    from streams.store import Reader

#: A value that JSON has only one way to write.
PLAIN = re.compile(r"[A-Za-z0-9_.:-]+")
#: How many events are decoded at once.
STRETCH = 500


def kept_page(reader: Reader, gate: Gate, types: Collection[str], after: int) -> tuple[int | None, list[Event]]:
    """Return the next kept events of these types behind a position, and the position of the last; None where there are none.

    What today's catalogue no longer lets in stays in the store and is passed over. The `+` keeps SQLite from its index by type: for each
    page it would put all events of the types into order first.
    """
    marks = ", ".join("?" * len(types))
    question = (
        f"SELECT position, source, id, headers, raw FROM events WHERE position > ? AND +type IN ({marks}) "  # noqa: S608 - marks alone
        f"ORDER BY position LIMIT {STRETCH}"
    )
    rows = reader.ask(question, after, *types).fetchall()
    if not rows:
        return None, []
    return rows[-1][0], list(decoded(gate, [row[1:] for row in rows]))


def kept_events(reader: Reader, gate: Gate, types: Collection[str]) -> Iterator[Event]:
    """Return all the kept events of these types."""
    after: int | None = 0
    while after is not None:
        after, events = kept_page(reader, gate, types, after)
        yield from events


def kept_about(reader: Reader, gate: Gate, types: Collection[str], within: tuple[int, int], key: Mapping[str, str]) -> Iterator[Event]:
    """Return the kept events of these types that happened behind one moment and up to another, and can be about a key.

    Most of those about other keys are left out unread: an event that names a field of the key, and its value nowhere, is about another one.
    """
    marks = ", ".join("?" * len(types))
    about = [(f'"{name}"', value) for name, value in key.items() if PLAIN.fullmatch(value)]
    named = "".join(" AND (instr(raw, ?) = 0 OR instr(raw, ?) > 0)" for _ in about)
    question = f"SELECT source, id, headers, raw FROM events WHERE type IN ({marks}) AND at > ? AND at <= ?{named} ORDER BY position"  # noqa: S608 - marks alone
    values = [part.encode() for pair in about for part in pair]
    rows = reader.ask(question, *types, *within, *values).fetchall()
    for first in range(0, len(rows), STRETCH):
        yield from decoded(gate, rows[first : first + STRETCH])


def told_of(reader: Reader, gate: Gate, event: tuple[str, int, str, str]) -> list[Event]:
    """Return every telling of an event that is kept, by its type, moment, source and id, in the order in which they came."""
    question = "SELECT source, id, headers, raw FROM events WHERE type = ? AND at = ? AND source = ? AND id = ? ORDER BY position"
    return list(decoded(gate, reader.ask(question, *event).fetchall()))


def decoded(gate: Gate, rows: list[tuple[str, str, str | None, bytes]]) -> Iterator[Event]:
    """Return the events of some rows, each with the source under which it was accepted."""
    plain = all(headers is None for _, _, headers, _ in rows)
    events = gate.decode_lines([raw for *_, raw in rows]) if plain else []
    if len(events) != len(rows):
        events = [one for source, name, headers, raw in rows for one in [single(gate, source, name, headers, raw)] if one is not None]
        yield from events  # type: ignore[misc] # `single` returns events alone
        return
    for (source, *_), event in zip(rows, events, strict=True):
        if not isinstance(event, Rejected):
            event.source = source
            yield event


def single(gate: Gate, source: str, name: str, headers: str | None, raw: bytes) -> Event | None:
    """Return the one event that a row stands for."""
    for event in gate.decode(raw, None if headers is None else json.loads(headers), source):
        if not isinstance(event, Rejected) and id_of(event) == name:
            event.source = source
            return event
    return None
