"""The journal: what happened to a task, one entry after the other, each chained to the one before it. Nothing else is the truth.

An entry says what was decided and when; its hash covers that and the hash of the entry before it. What the process saw by the way, the
clock when it noticed and the position in the log, stands outside: two runs of one story notice at other moments and still agree.

What people wrote, and may have to be erased one day, is the entry's `payload`. The hash covers the payload's own hash, so an erased
payload leaves a chain that still verifies.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec.structs import force_setattr

#: The hash before the first entry of a task.
GENESIS: Final = "0" * 64
#: Stands outside of the hash: readings of clock and log, the payload (its own hash stands inside), and the hash itself.
OUTSIDE: Final = frozenset({"hash", "noticed", "position", "payload"})


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that happened to a task, and how the task stands after it. Instants are microseconds since 1970 (UTC)."""

    task_id: str
    #: 1, 2, 3 … without a gap
    seq: int
    #: what people call it: `task.issued`, `clock.paused`, `rung.claimed`, `evidence.added`, `command.refused` …
    kind: str
    #: when it holds from: the moment of the command, or the moment at which the timer was due
    at: int
    #: what the transition table calls it: `C.ack`, `T.rung`, `R.match` …
    event: str
    actor: str
    role: str
    reason: str
    #: plain values only: text, numbers, truth values, lists and mappings of them
    data: dict[str, Any]
    #: how the task stands after this entry
    state: str
    level: int | None
    cycle: int
    round: int
    #: hash of what people wrote with it, empty where they wrote nothing
    payload_hash: str = ""
    prev: str = GENESIS
    hash: str = ""
    #: outside of the hash: when the process noticed, and where it stood in its log
    noticed: int | None = None
    position: str | None = None
    payload: dict[str, Any] | None = None


class Chained(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the hash of an entry covers, field by field as in `Entry`."""

    task_id: str
    seq: int
    kind: str
    at: int
    event: str
    actor: str
    role: str
    reason: str
    data: dict[str, Any]
    state: str
    level: int | None
    cycle: int
    round: int
    payload_hash: str
    prev: str


#: Keys in order, no spaces: equal entries are equal bytes, on every machine and after every way through JSON.
SORTED = msgspec.json.Encoder(order="sorted")
DECODER = msgspec.json.Decoder(Entry)


def canonical(entry: Entry) -> bytes:
    """Return the bytes that the hash of an entry covers."""
    return SORTED.encode(
        Chained(
            task_id=entry.task_id,
            seq=entry.seq,
            kind=entry.kind,
            at=entry.at,
            event=entry.event,
            actor=entry.actor,
            role=entry.role,
            reason=entry.reason,
            data=entry.data,
            state=entry.state,
            level=entry.level,
            cycle=entry.cycle,
            round=entry.round,
            payload_hash=entry.payload_hash,
            prev=entry.prev,
        )
    )


def hash_of(entry: Entry) -> str:
    """Return the hash that an entry must have."""
    return sha256(canonical(entry)).hexdigest()


def hash_of_payload(payload: dict[str, Any] | None) -> str:
    """Return the hash of what people wrote, empty where they wrote nothing."""
    return "" if payload is None else sha256(SORTED.encode(payload)).hexdigest()


def link(previous: Entry | None, entry: Entry) -> Entry:
    """Return a new entry with its place in the chain: the number and the hash that follow from the one before it, and its own hash."""
    return chained(0, GENESIS, entry) if previous is None else chained(previous.seq, previous.hash, entry)


def chained(seq: int, prev: str, entry: Entry) -> Entry:
    """Return a new entry as the one after number `seq` with hash `prev`."""
    linked = msgspec.structs.replace(entry, seq=seq + 1, prev=prev, payload_hash=hash_of_payload(entry.payload))
    force_setattr(linked, "hash", hash_of(linked))
    return linked


def without_payload(entry: Entry) -> Entry:
    """Return an entry whose payload is erased; its hash, and the payload's, stay."""
    return msgspec.structs.replace(entry, payload=None)


def encode_entry(entry: Entry) -> bytes:
    """Return an entry as one line of JSON with sorted keys, without the line's end."""
    return SORTED.encode(entry)


def decode_entry(line: bytes) -> Entry:
    """Return the entry of a line. Raises msgspec.ValidationError or DecodeError where it is none."""
    return DECODER.decode(line)
