"""Intake: feeds in, packed records out. A loop of its own on aiokafka, without state: whatever fails, it leaves the process.

What it has read counts as read once everything that came of it is written: a process that dies in between is followed by one that
reads it again, and what then comes twice is recognised by its id.
"""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from prometheus_client import Counter, Gauge

from engine.events import Rejected, instant_of
from streams.clock import steady
from streams.kafka.deadletter import letter_of
from streams.kafka.deadline import end_by
from streams.kafka.endpoint import PULSE
from streams.kafka.inbox import Areas, requests_of
from streams.kafka.marks import HISTORY, Marks
from streams.kafka.packet import Packet, Source, encode, level_of
from streams.kafka.routing import Came, Partitions, Router
from streams.kafka.rulebooks import Shelf, follow
from streams.kafka.topics import LARGEST
from streams.lock import Unusable
from streams.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from streams.kafka.connection import Connection
    from streams.kafka.routing import Batch

log = structlog.get_logger("clearly")
#: Milliseconds that one look for records may take while there are none.
PATIENCE = 200
ACCEPTED = Counter("clearly_intake_events", "events taken in", ["topic"])
REJECTED = Counter("clearly_intake_rejected", "records that were no events", ["topic", "code"])
BEHIND = Gauge("clearly_intake_behind", "records of a feed's partition that were not read yet", ["topic", "partition"])
HEARD = Gauge("clearly_intake_heard_timestamp_seconds", "up to when a declared source has told everything", ["event", "source"])
REFUSED = Counter("clearly_intake_rules_refused", "times that a published rulebook could not be used")
BROKEN = Gauge("clearly_intake_rules_broken", "whether a published rulebook cannot be used and the old one goes on")
DELAY = Gauge("clearly_intake_delay_seconds", "how far a feed's partition is behind the brokers' time", ["topic", "partition"])


class Intake:
    """One process of the intake stage."""

    def __init__(self, connection: Connection, root: Path) -> None:
        self.connection, self.settings, self.names = connection, connection.settings, connection.names
        self.shelf = Shelf(root)
        self.marks = Marks(self.names.findings)
        self.is_stopping = False
        self.history_from: int | None = None
        self.router: Router
        self.areas: Areas
        self._refused = ""
        self._marked_at = 0.0
        self._feeds: tuple[str, ...] = ()

    # Up and down ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Read until told to stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        PULSE.follow(loop)
        options = {**self.connection.options, "request_timeout_ms": int(self.settings.request_seconds * 1000)}
        reading = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "max_partition_fetch_bytes": 4 << 20}
        session = int(self.settings.session_seconds * 1000)
        group = {"group_id": self.names.group("intake"), "session_timeout_ms": session, "heartbeat_interval_ms": session // 4}
        self.books = AIOKafkaConsumer(**options, **reading)
        self.consumer = AIOKafkaConsumer(**options, **reading, **group, fetch_max_wait_ms=100, isolation_level="read_committed")
        self.producer = AIOKafkaProducer(
            **options, acks="all", enable_idempotence=True, max_request_size=LARGEST, max_batch_size=1 << 20, linger_ms=0
        )
        clients = (self.books, self.consumer, self.producer)
        try:
            for client in clients:
                await client.start()
            await self.begin()
            PULSE.is_ready = True
            while not self.is_stopping:
                await self.turn()
        finally:
            end_by()
            for client in clients:
                await client.stop()

    def stop(self) -> None:
        """Finish what was begun, and stop."""
        self.is_stopping = True
        end_by()

    async def begin(self) -> None:
        """Learn the rulebook that holds, and where history begins."""
        self.books.assign([TopicPartition(self.names.rulebook, 0)])
        count = len(await self.producer.partitions_for(self.names.watched))
        self.partitions = Partitions(count)
        while not self.is_stopping and not await self.take_up(500):
            pass
        if not self.is_stopping:
            self.history_from = await self.beginning()
            log.info("taking in", feeds=list(self._feeds), rulebook=self.router.rules.version, partitions=count)

    async def take_up(self, patience: int = 0) -> bool:
        """Go by the rulebook that holds now, if it can be used; return whether there is one to go by. Between two batches only."""
        await follow(self.books, self.shelf, patience)
        current = self.shelf.current
        known = getattr(self, "router", None)
        if current is None or not self.shelf.has(current.version):
            return known is not None
        if known is None and current.version == self._refused:
            return False
        if known is None or current.version not in {known.rules.version, self._refused}:
            try:
                rules = self.shelf.rules(current.version)
            except Unusable as error:
                self._refused = current.version
                REFUSED.inc()
                BROKEN.set(1)
                log.error("a rulebook cannot be used; the last one stays", why=str(error))  # noqa: TRY400 - the message says it all
                return known is not None
            chosen = self.settings
            self.router = Router(rules, self.partitions, most=chosen.pack_events, size=chosen.pack_bytes, longest=Settings().event_limit)
            BROKEN.set(0)
            self.areas = Areas(rules)
            log.info("rulebook taken up", version=current.version)
        if tuple(current.feeds) != self._feeds:
            self._feeds = tuple(current.feeds)
            self.consumer.subscribe([*self._feeds, self.names.findings, self.names.commands])
        return True

    async def beginning(self) -> int | None:
        """Return the time of the first event that the feeds hold, None where they hold none."""
        reader = AIOKafkaConsumer(**self.connection.options, enable_auto_commit=False, auto_offset_reset="earliest")
        await reader.start()
        try:
            wanted = [TopicPartition(feed, number) for feed in self._feeds for number in await self.partitions_of(feed)]
            reader.assign(wanted)
            ends = await reader.end_offsets(wanted)
            starts = await reader.beginning_offsets(wanted)
            filled = [partition for partition in wanted if ends[partition] > starts[partition]]
            found: list[int] = []
            for partition in filled:
                reader.assign([partition])
                await reader.seek_to_beginning(partition)
                records = [
                    came(record) for record in (await reader.getmany(partition, timeout_ms=5_000, max_records=100)).get(partition, ())
                ]
                decoded = (one for record in records for one in self.router.rules.gate.decode(record.value, record.headers or None))
                found += [instant_of(one) for one in decoded if not isinstance(one, Rejected)][:1]
            return min(found, default=None)
        finally:
            await reader.stop()

    # The loop ---------------------------------------------------------------------------------------------------------

    async def turn(self) -> None:
        """Deliver what has come, and once in a while say how far everything was read."""
        fetched = await self.consumer.getmany(timeout_ms=PATIENCE, max_records=self.settings.fetch_records)
        self.marks.assign(Source(one.topic, one.partition) for one in self.consumer.assignment() if one.topic != self.names.commands)
        records = [came(record) for group in fetched.values() for record in group]
        if records:
            await self.deliver(records)
        if steady() - self._marked_at >= self.settings.mark_seconds:
            await self.mark()
            await self.take_up()
            self._marked_at = steady()

    async def deliver(self, records: Sequence[Came]) -> None:
        """Write all that comes of records, then count them as read."""
        asked = [record for record in records if record.topic == self.names.commands]
        records = [record for record in records if record.topic != self.names.commands] if asked else records
        events = [record for record in records if not (record.headers.get(HISTORY) and not record.value)]
        batch = self.router.route(events, self.names.findings, self.history_from)
        if self.history_from is None:
            self.history_from = batch.first
        sent = [await self.producer.send(self.names.watched, value=value, partition=partition) for partition, value in batch.packets]
        sent += [await self.dead_letter(letter) for letter in map(letter_of, batch.rejected)]
        cases = requests_of(asked, self.router.rules.version, self.areas, self.partitions)
        sent += [await self.producer.send(self.names.inbox, value=value, partition=partition) for partition, value in cases]
        for future in sent:
            await future
        self.marks.read(records, batch)
        if records:
            self.count(records, batch)
        try:
            await self.consumer.commit()
        except (CommitFailedError, IllegalStateError) as error:
            # somebody else has the partitions now and delivers this again: it is recognised there
            log.warning("not counted as read: the partitions went to another process", why=str(error))

    async def dead_letter(self, letter: object) -> asyncio.Future[object]:
        """Send a dead letter."""
        key: bytes = letter.id.encode()  # type: ignore[attr-defined] # a Letter
        future: asyncio.Future[object] = await self.producer.send(self.names.rejected, key=key, value=msgspec.json.encode(letter))
        return future

    def count(self, records: Sequence[Came], batch: Batch) -> None:
        """Tell the metrics."""
        ACCEPTED.labels(records[0].topic).inc(batch.accepted)
        for one in batch.rejected:
            REJECTED.labels(one.record.topic, one.why.code).inc()
            log.warning("rejected", topic=one.record.topic, partition=one.record.partition, offset=one.record.offset, why=str(one.why))

    async def mark(self) -> None:
        """Say to every partition how far the feeds were read, in the brokers' time."""
        owned = list(self.marks.reaches)
        if not owned:
            return
        now = (await self.producer.send_and_wait(self.names.clock, value=b"", partition=0)).timestamp * 1000
        ends = {Source(one.topic, one.partition): end for one, end in (await self.consumer.end_offsets(partitions(owned))).items()}
        await self.settle_positions()
        marks = self.marks.due(now, ends)
        for mark in marks:
            DELAY.labels(mark.topic, mark.partition).set((now - mark.time) / 1e6)
        for source, end in ends.items():
            BEHIND.labels(source.topic, source.partition).set(max(0, end - self.marks.reaches[source].position))
        expected = await self.expected()
        heard = self.marks.heard()
        for one in heard:
            HEARD.labels(one.kind, one.source).set(one.time / 1e6)
        packet = Packet(self.router.rules.version, [], marks, expected, heard, self.history_from)
        value = encode(packet)
        sent = [await self.producer.send(self.names.watched, value=value, partition=one) for one in range(self.partitions.count)]
        for future in sent:
            await future

    async def expected(self) -> dict[str, int]:
        """Return what every stage waits for: how many partitions each feed has, and each level of findings."""
        found = {feed: len(await self.partitions_of(feed)) for feed in self._feeds}
        return found | {level_of(self.names.findings, level): self.partitions.count for level in self.router.sharding.levels}

    async def partitions_of(self, topic: str) -> list[int]:
        """Return the partitions of a topic."""
        return sorted(await self.producer.partitions_for(topic))

    async def settle_positions(self) -> None:
        """Learn where partitions stand: the end of a transaction takes a place in the log too, and is no record."""
        for source, reach in self.marks.reaches.items():
            reach.position = await self.consumer.position(TopicPartition(*source))


def partitions(sources: Sequence[Source]) -> list[TopicPartition]:
    """Return partitions as the client names them."""
    return [TopicPartition(*source) for source in sources]


def came(record: object) -> Came:
    """Return a record as the rest of the program knows it."""
    headers: Mapping[str, str] = {name: value.decode("utf-8", "replace") for name, value in record.headers}  # type: ignore[attr-defined] # a ConsumerRecord
    return Came(record.topic, record.partition, record.offset, record.timestamp * 1000, record.value or b"", headers)  # type: ignore[attr-defined] # as above
