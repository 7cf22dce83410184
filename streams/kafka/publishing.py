"""A rulebook written into the log: once under its hash, once as the one that holds from now on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from kafka import KafkaConsumer, KafkaProducer

from streams.kafka.connection import answered
from streams.kafka.rulebooks import CURRENT, Current, Shelf, packed, read_shelf
from streams.kafka.topics import LARGEST
from streams.lock import Unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.language import Rulebook
    from streams.folder import Folder
    from streams.kafka.connection import Connection


@dataclass(slots=True)
class Outlook:
    """What a new rulebook means for what the running rules know."""

    version: str
    before: str | None = None
    #: rules that go on with what they know, that begin anew with what comes from now on, that are new, and that end
    kept: list[str] = field(default_factory=list)
    anew: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)


def outlook(version: str, book: Rulebook, before: Rulebook | None, known: str | None) -> Outlook:
    """Return what changes when a rulebook takes the place of another one."""
    found = Outlook(version, known)
    old = {} if before is None else {name: rule for name, rule in before.rules.items() if rule.status in {"live", "shadow"}}
    for name, rule in sorted(book.rules.items()):
        if rule.status not in {"live", "shadow"}:
            continue
        where = found.new if name not in old else found.kept if old[name].collects == rule.collects else found.anew
        where.append(name)
    found.ended = sorted(old.keys() - set(found.kept) - set(found.anew))
    return found


def shelf_of(connection: Connection) -> Shelf:
    """Return every rulebook that was published; raise `Unusable` where that cannot be asked."""
    with answered(connection):
        consumer = KafkaConsumer(**connection.options, enable_auto_commit=False, consumer_timeout_ms=5_000, auto_offset_reset="earliest")
        try:
            if connection.names.rulebook not in consumer.topics():
                raise Unusable(f"there is no topic {connection.names.rulebook}; `clearly kafka setup` makes it")
            return read_shelf(consumer, connection.names, Path("rules"))
        finally:
            consumer.close()


def publish(connection: Connection, folder: Folder, feeds: Sequence[str], now: int) -> None:
    """Write a rulebook, and have it hold. Both records are there when this returns; raise `Unusable` where they cannot be."""
    value = packed(folder)
    if len(value) > LARGEST:
        raise Unusable(f"the rules folder is too large: {len(value):,} bytes packed, and a record may have {LARGEST:,}")
    current = Current(folder.version, list(feeds), now)
    with answered(connection):
        producer = KafkaProducer(**connection.options, acks="all", max_request_size=2 * LARGEST)
        try:
            # first the book, then the word that it holds: nobody is sent to look for what is not there
            for key, record in ((folder.version.encode(), value), (CURRENT, msgspec.json.encode(current))):
                producer.send(connection.names.rulebook, key=key, value=record).get(timeout=30)
        finally:
            producer.close()
