"""Checkpoints: every hour one hash over what was appended since the last one, chained, to be kept somewhere else as well.

A chain of records cannot show that its end was cut off, nor that all of it was written anew. A checkpoint can, as soon as a copy of it
lies where whoever changes the journal cannot reach: a topic, a mail, a sheet of paper.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from engine.casework.journal import GENESIS
from engine.casework.merkle import root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.casework.audit import Mark
    from engine.casework.journal import Entry

HOUR: Final = 3_600_000_000
SORTED: Final = msgspec.json.Encoder(order="sorted")
DECODER: Final = msgspec.json.Decoder


class Head(msgspec.Struct, frozen=True, gc=False):
    """How far a task had come: its last entry."""

    seq: int
    hash: str


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a journal was at one moment: its entries from `first` on, `count` of them, in the order in which they were appended."""

    chain: str
    number: int
    at: int
    first: int
    count: int
    root: str
    #: the last entry of each task that has some among them
    heads: dict[str, Head]
    prev: str = GENESIS
    hash: str = ""


def hash_of_checkpoint(checkpoint: Checkpoint) -> str:
    """Return the hash that a checkpoint must have."""
    return sha256(SORTED.encode(replace(checkpoint, hash=""))).hexdigest()


def is_due(previous: Checkpoint | None, now: int) -> bool:
    """Return whether an hour has ended since the last checkpoint."""
    return previous is None or now // HOUR > previous.at // HOUR


def checkpoint(entries: Sequence[Entry | Mark], previous: Checkpoint | None, at: int, chain: str = "journal") -> Checkpoint:
    """Return the next checkpoint: over the entries that were appended since the previous one, which may be none."""
    heads: dict[str, Head] = {}
    for entry in entries:
        heads[entry.task_id] = Head(entry.seq, entry.hash)
    made = Checkpoint(
        chain=chain,
        number=1 if previous is None else previous.number + 1,
        at=at,
        first=0 if previous is None else previous.first + previous.count,
        count=len(entries),
        root=root([entry.hash for entry in entries]),
        heads=heads,
        prev=GENESIS if previous is None else previous.hash,
    )
    return replace(made, hash=hash_of_checkpoint(made))


def encode_checkpoint(one: Checkpoint) -> bytes:
    """Return a checkpoint as one line of JSON, without the line's end."""
    return SORTED.encode(one)


def decode_checkpoint(line: bytes) -> Checkpoint:
    """Return the checkpoint of a line. Raises msgspec.ValidationError or DecodeError where it is none."""
    return DECODER(Checkpoint).decode(line)
