"""Rulebooks in the log: published whole under the hash of their content, read by every worker before it reads anything else.

The key `current` names the rulebook that intake admits by, and the feeds that are expected; every other key is a hash. The topic is
compacted, so the rulebook that admitted a record can always be had again.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgspec

from streams.folder import Folder
from streams.lock import Unusable
from streams.rules import Rules, made

if TYPE_CHECKING:
    from pathlib import Path

    from aiokafka import AIOKafkaConsumer
    from kafka import KafkaConsumer

    from streams.kafka.topics import Names

CURRENT = b"current"
#: Rulebooks that are kept ready beside each other: what admitted the last records, and what admits the next ones.
READY = 3


class Current(msgspec.Struct, frozen=True):
    """Which rulebook holds, and which topics events are expected from."""

    version: str
    feeds: list[str]
    #: microseconds since 1970, by the clock of whoever published it
    published: int


def packed(folder: Folder) -> bytes:
    """Return the files of a rules folder as they travel."""
    return zlib.compress(msgspec.json.encode(dict(folder.files)))


def unpacked(version: str, value: bytes, root: Path) -> Rules | list[str]:
    """Return a rulebook that came by the log, ready to run, or every reason why this program cannot run it."""
    files = msgspec.json.decode(zlib.decompress(value), type=dict[str, str])
    return made(Folder(files, version), root)


class Shelf:
    """The rulebooks of the log, as far as they were read, in the order in which they were published."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, bytes] = {}
        self._ready: dict[str, Rules] = {}
        self._order: dict[str, int] = {}
        self.current: Current | None = None

    def take(self, key: bytes, value: bytes | None) -> None:
        """Take one record of the topic."""
        if value is None:
            self._files.pop(key.decode(), None)
        elif key == CURRENT:
            self.current = msgspec.json.decode(value, type=Current)
        else:
            self._files[key.decode()] = value
            self._order[key.decode()] = 1 + max(self._order.values(), default=0)

    def is_newer(self, version: str, other: str) -> bool:
        """Return whether a rulebook was published after another one; one that was published again counts from then on."""
        return self._order.get(version, 0) > self._order.get(other, 0)

    def has(self, version: str) -> bool:
        """Return whether a rulebook has come."""
        return version in self._files

    def rules(self, version: str) -> Rules:
        """Return a rulebook ready to run; raise `Unusable` where it has not come or this program cannot run it."""
        if version not in self._ready:
            if version not in self._files:
                raise Unusable(f"rulebook {version} is not in the log; publish it again")
            rules = unpacked(version, self._files[version], self._root)
            if not isinstance(rules, Rules):
                raise Unusable(f"rulebook {version} cannot be run by this program: {rules[0]}")
            self._ready = dict([*self._ready.items(), (version, rules)][-READY:])
        return self._ready[version]


def read_shelf(consumer: KafkaConsumer, names: Names, root: Path) -> Shelf:
    """Return everything that was published up to now, read with a blocking client that is subscribed to nothing yet."""
    from kafka import TopicPartition  # noqa: PLC0415 - the workers do without it

    shelf, partition = Shelf(root), TopicPartition(names.rulebook, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    end = consumer.end_offsets([partition])[partition]
    while consumer.position(partition) < end:
        for records in consumer.poll(timeout_ms=500).values():
            for record in records:
                shelf.take(record.key, record.value)
    return shelf


async def follow(consumer: AIOKafkaConsumer, shelf: Shelf, patience: int = 0) -> bool:
    """Take what was published since the last call, waiting so many milliseconds for it; return whether there was anything."""
    found = await consumer.getmany(timeout_ms=patience)
    for records in found.values():
        for record in records:
            shelf.take(record.key, record.value)
    return bool(found)
