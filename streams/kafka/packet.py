"""What travels from intake to the watching stage: packed records, each with events and with how far the feeds have been read.

A packed record is what is judged in one transaction. Its first byte is the version of its form, the rest MessagePack.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

#: The first byte of every record of ours; another number is another form.
FORM = b"\x01"
#: What an entry is: an event, a finding that stands, a finding that was withdrawn, something that casework wants measured.
EVENT, FOUND, UNFOUND, ASKED = 0, 1, 2, 3


class Source(NamedTuple):
    """One partition of one feed."""

    topic: str
    partition: int


class Entry(msgspec.Struct, array_like=True, gc=False):
    """One event, with the numbers of the groups that it concerns here. `origin` tells findings that come twice: partition, offset."""

    groups: list[int]
    event: msgspec.Raw
    verb: int = EVENT
    origin: tuple[int, int] | None = None


class Mark(msgspec.Struct, array_like=True, gc=False):
    """Everything that came to a partition of a feed by `time` (microseconds) stands before this record."""

    topic: str
    partition: int
    time: int


class Heard(msgspec.Struct, array_like=True, gc=False):
    """A declared source of an event type was heard at `time`."""

    kind: str
    source: str
    time: int


class Packet(msgspec.Struct, array_like=True, gc=False):
    """One packed record. `version` names the rulebook that admitted its events.

    `expected` says how many partitions each feed has: nothing is settled before all of them have been heard of. `history_from` is
    the time of the first event that the feeds hold.
    """

    version: str
    entries: list[Entry] = []
    marks: list[Mark] = []
    expected: dict[str, int] = {}
    heard: list[Heard] = []
    history_from: int | None = None


#: What stands in the place of a finding where there is none: nil. msgspec would read a union of Raw and None as None alone.
NO_EVENT = msgspec.Raw(b"\xc0")


class Word(msgspec.Struct, array_like=True, gc=False):
    """One record of the findings: a finding with whether it stands; or, without one, how far a level's time has come here.

    Or what casework wants measured: that goes the same way, since it goes to where a key is judged.
    """

    verb: int
    event: msgspec.Raw = NO_EVENT
    time: int | None = None
    level: int = 0


def level_of(findings: str, level: int) -> str:
    """Return the name under which marks speak of the findings of one level."""
    return f"{findings}#{level}"


ENCODER = msgspec.msgpack.Encoder()
packets = msgspec.msgpack.Decoder(Packet)
words = msgspec.msgpack.Decoder(Word)


def encode(record: Packet | Word) -> bytes:
    """Return a record as it travels."""
    return FORM + ENCODER.encode(record)


def decode_packet(value: bytes) -> Packet:
    """Return a packed record; raise `msgspec.DecodeError` for one of another form."""
    return packets.decode(checked(value))


def decode_word(value: bytes) -> Word:
    """Return a record of the findings; raise `msgspec.DecodeError` for one of another form."""
    return words.decode(checked(value))


def checked(value: bytes | None) -> memoryview:
    """Return what stands behind the first byte."""
    if not value or value[:1] != FORM:
        raise msgspec.DecodeError("a record of another form than this program reads; let the version that wrote it read it out first")
    return memoryview(value)[1:]
