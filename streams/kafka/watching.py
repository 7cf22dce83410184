"""The watching stage: packed records of events in, judged by the share of their partition; changes of tasks out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from prometheus_client import Counter as Figure
from prometheus_client import Gauge, Histogram

from streams.clock import steady
from streams.kafka.inbox import encode_case
from streams.kafka.packet import decode_packet
from streams.kafka.rows import META, Meta
from streams.kafka.share import Place, Share
from streams.kafka.stage import Library, Stage, read
from streams.kafka.table import Message

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from streams.kafka.connection import Connection
    from streams.kafka.routing import Partitions
    from streams.kafka.share import Outcome
    from streams.kafka.table import PackedTable
    from streams.kafka.topics import Names
    from streams.rules import Rules

log = structlog.get_logger("clearly")
#: What shares count, by the words that they count it under.
FIGURES = {
    "events": Figure("clearly_watching_events", "events judged"),
    "late": Figure("clearly_watching_late", "events that came later than their type's late_by; they are used all the same"),
    "too old": Figure("clearly_watching_too_old", "events from before kept history: counted, not used"),
    "ahead": Figure("clearly_watching_ahead", "events further in the future than their type's ahead_by"),
}
PUBLISHED = "published "
CHANGES = Figure("clearly_watching_changes", "changes of tasks published: the findings", ["rule"])
REACHED = Gauge("clearly_watching_reached_seconds", "the time that rules go by, in seconds since 1970", ["partition"])
TOOK = Histogram("clearly_watching_seconds", "seconds from a packed record to its commit")
SIZES = Histogram("clearly_watching_row_bytes", "sizes of rows", buckets=(100, 1_000, 10_000, 100_000, 1_000_000))


class Office:
    """The shares that this worker has, and the rulebooks that they go by."""

    def __init__(self, connection: Connection, root: Path, table: PackedTable) -> None:
        self.names, self.table = connection.names, table
        self.library = Library(connection, root)
        self.shares: dict[int, Share] = {}
        self.partitions: Partitions

    async def take(self, message: Any) -> None:
        """Judge one packed record. Raises where that cannot be kept: then it has not happened, and the worker ends."""
        packet = read(message, decode_packet)
        if packet is None:
            return
        began = steady()
        rules = await self.library.rules(packet.version)
        share = await self.share(message.partition, rules)
        if message.offset <= share.position:
            return
        newer = rules if self.library.shelf.is_newer(packet.version, share.rules.version) else None
        before = Counter(share.counts)
        outcome = share.receive(packet, message.offset, int(message.timestamp * 1_000_000), newer)
        if not outcome.is_empty:
            await self.table.apply(message, outcome.rows, self.messages(message.partition, outcome))
        self.measure(share, outcome, share.counts - before, began)

    def measure(self, share: Share, outcome: Outcome, counted: Counter[str], began: float) -> None:
        """Tell the metrics; `counted` is what the share counted meanwhile."""
        for name, figure in FIGURES.items():
            figure.inc(counted[name])
        for name, count in counted.items():
            if name.startswith(PUBLISHED):
                CHANGES.labels(name.removeprefix(PUBLISHED)).inc(count)
        TOOK.observe(steady() - began)
        REACHED.labels(share.place.partition).set(share.reached / 1e6)
        for row in outcome.rows.values():
            SIZES.observe(len(row or b""))

    def messages(self, partition: int, outcome: Outcome) -> list[Message]:
        """Return what is published with a record: each change under its task, findings in the partition that found them."""
        changes = [Message(self.names.changes, partition, task.encode(), line) for task, line in outcome.changes]
        words = [Message(self.names.findings, partition, None, word) for word in outcome.words]
        cases = [Message(self.names.inbox, home, None, encode_case(case)) for home, case in outcome.cases.items()]
        return changes + words + cases

    async def share(self, partition: int, rules: Rules) -> Share:
        """Return the share of a partition, read from its rows where it is not here or somebody else has written them since."""
        row = self.table.fetch(partition, META)
        meta = None if row is None else msgspec.msgpack.decode(row, type=Meta)
        share = self.shares.get(partition)
        if share is not None and share.written == (-1 if meta is None else meta.position):
            return share
        began = steady()
        place = Place(partition, self.partitions, self.names.findings, lambda start, end: self.table.scan(partition, start, end))
        share = self.shares[partition] = Share(place, rules if meta is None else await self.library.rules(meta.version), meta)
        log.info("share read", partition=partition, position=share.position, watches=share.watches, seconds=round(steady() - began, 2))
        return share

    def forget(self, mine: Iterable[int]) -> None:
        """Let go of shares that others have now."""
        for partition in self.shares.keys() - set(mine):
            self.shares.pop(partition).close()


def watching(names: Names) -> Stage:
    """Return the watching stage."""
    return Stage(names.group("watching"), names.watched, Office)
