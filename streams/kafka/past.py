"""The past that a rule is asked about, out of the log: the kept events and notes of every share, read from its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from engine.watching import Past, reads
from streams.kafka.reading import read_topic
from streams.kafka.rows import BEGINNING, EVENTS, META, Meta
from streams.kafka.table import HEAD

if TYPE_CHECKING:
    from streams.kafka.connection import Connection
    from streams.rules import Rules


def past_of_log(connection: Connection, rules: Rules, rule: str) -> Past:
    """Return what the watching stage has kept of the events that a rule rests on; time stands where its slowest partition has come to."""
    wanted = {name for name in reads(rules.book, rules.gate, rule) if not name.startswith("finding.")}
    rows, notes = rows_of(connection, wanted)
    progress = [saved for note in notes for saved in note.progress.values()]
    known: dict[str, Any] = {}
    if since := [note.known_from[rule] for note in notes if rule in note.known_from]:
        known["known_from"] = max(since)
    return Past(
        [(rules.gate.unpack(row), BEGINNING) for row in rows],
        min((saved[0] for saved in progress), default=BEGINNING),
        history_from=min((note.history_from for note in notes if note.history_from is not None), default=None),
        began=min((saved[1] for saved in progress), default=BEGINNING),
        heard={(kind, source): at for saved in progress for kind, source, at in saved[2]},
        **known,
    )


def rows_of(connection: Connection, wanted: set[str]) -> tuple[list[bytes], list[Meta]]:
    """Return the events of some types that stand in rows, each once, and what every share noted of itself last."""
    events: dict[bytes, bytes] = {}
    notes: dict[int, bytes] = {}
    for records in read_topic(connection, connection.names.rows):
        for record in records:
            if record.key == META:
                notes[record.partition] = record.value[HEAD:]
            elif record.key[:1] == EVENTS and record.key[1:].partition(b"\0")[0].decode() in wanted:
                events.pop(record.key, None)
                if record.value:
                    events[record.key] = record.value[HEAD:]
    return list(events.values()), [msgspec.msgpack.decode(note, type=Meta) for note in notes.values()]
