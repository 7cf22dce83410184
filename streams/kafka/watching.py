"""The watching stage: a Faust worker that reads one topic and judges each packed record in one transaction.

Faust is in charge of who has which partition, of starting and stopping, and of counting records as read. What is judged, written and
kept is `Share`, `PackedTable` and `SafeRecovery`; docs/decisions/0041 says what of Faust is relied on and what is refused.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import faust
import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.types.auth import SASLMechanism
from mode.supervisors import CrashingSupervisor
from prometheus_client import Counter, Gauge, Histogram

from streams.clock import steady
from streams.kafka.deadline import end_by
from streams.kafka.packet import Packet, decode_packet
from streams.kafka.recovery import SafeTableManager, check_faust
from streams.kafka.routing import Partitions
from streams.kafka.rows import META, Meta
from streams.kafka.rulebooks import Shelf, follow
from streams.kafka.share import Place, Share
from streams.kafka.table import Message, PackedTable
from streams.kafka.topics import LARGEST, TABLE
from streams.lock import Unusable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from pathlib import Path

    from streams.kafka.connection import Connection
    from streams.kafka.share import Outcome
    from streams.rules import Rules

log = structlog.get_logger("clearly")
#: Seconds that a rulebook may take to come after the first record which was admitted by it.
PATIENCE = 60.0
JUDGED = Counter("clearly_watching_events", "events judged")
CHANGES = Counter("clearly_watching_changes", "changes of tasks published")
REACHED = Gauge("clearly_watching_reached_seconds", "the time that rules go by, in seconds since 1970", ["partition"])
TOOK = Histogram("clearly_watching_seconds", "seconds from a packed record to its commit")
REBALANCES = Counter("clearly_watching_rebalances", "times that partitions were shared out anew")
SIZES = Histogram("clearly_watching_row_bytes", "sizes of rows", buckets=(100, 1_000, 10_000, 100_000, 1_000_000))


class Office:
    """The shares that this worker has, and the rulebooks that they go by."""

    def __init__(self, connection: Connection, root: Path, table: PackedTable) -> None:
        self.connection, self.names, self.table = connection, connection.names, table
        self.shelf = Shelf(root)
        self.shares: dict[int, Share] = {}
        self.partitions: Partitions
        self._books: AIOKafkaConsumer | None = None

    async def take(self, message: Any) -> None:
        """Judge one packed record. Raises where that cannot be kept: then it has not happened, and the worker ends."""
        packet = self.decoded(message)
        if packet is None:
            return
        began = steady()
        rules = await self.rules(packet.version)
        share = await self.share(message.partition, rules)
        if message.offset <= share.position:
            return
        newer = rules if self.shelf.is_newer(packet.version, share.rules.version) else None
        outcome = share.receive(packet, message.offset, int(message.timestamp * 1_000_000), newer)
        if not outcome.is_empty:
            await self.table.apply(message, outcome.rows, self.messages(message.partition, outcome))
        self.measure(share, packet, outcome, began)

    def decoded(self, message: Any) -> Packet | None:
        """Return a packed record, None where it is none: somebody else has written to our topic."""
        try:
            return decode_packet(message.value)
        except (msgspec.DecodeError, ValueError) as error:
            log.error("passed over", topic=message.topic, partition=message.partition, offset=message.offset, why=str(error))  # noqa: TRY400 - the message says it all
            return None

    def measure(self, share: Share, packet: Packet, outcome: Outcome, began: float) -> None:
        """Tell the metrics."""
        JUDGED.inc(len(packet.entries))
        CHANGES.inc(len(outcome.changes))
        TOOK.observe(steady() - began)
        REACHED.labels(share.place.partition).set(share.reached / 1e6)
        for row in outcome.rows.values():
            SIZES.observe(len(row or b""))

    def messages(self, partition: int, outcome: Outcome) -> list[Message]:
        """Return what is published with a record: each change under its task, findings in the partition that found them."""
        changes = [Message(self.names.changes, partition, task.encode(), line) for task, line in outcome.changes]
        return changes + [Message(self.names.findings, partition, None, word) for word in outcome.words]

    async def share(self, partition: int, rules: Rules) -> Share:
        """Return the share of a partition, read from its rows where it is not here or somebody else has written them since."""
        row = self.table.fetch(partition, META)
        meta = None if row is None else msgspec.msgpack.decode(row, type=Meta)
        share = self.shares.get(partition)
        if share is not None and share.written == (-1 if meta is None else meta.position):
            return share
        began = steady()
        place = Place(partition, self.partitions, self.names.findings, lambda start, end: self.table.scan(partition, start, end))
        share = self.shares[partition] = Share(place, rules if meta is None else await self.rules(meta.version), meta)
        log.info("share read", partition=partition, position=share.position, watches=share.watches, seconds=round(steady() - began, 2))
        return share

    async def rules(self, version: str) -> Rules:
        """Return a rulebook, waiting for it where its record has not been read yet."""
        if self._books is None:
            options = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "max_partition_fetch_bytes": LARGEST}
            self._books = AIOKafkaConsumer(**self.connection.options, **options)
            await self._books.start()
            self._books.assign([TopicPartition(self.names.rulebook, 0)])
        end = steady() + PATIENCE
        while not self.shelf.has(version):
            await follow(self._books, self.shelf, 200)
            if steady() > end:
                raise Unusable(f"rulebook {version} did not come; publish it again")
        return self.shelf.rules(version)

    async def close(self) -> None:
        """Let go of everything."""
        if self._books is not None:
            await self._books.stop()

    def forget(self, partitions: Iterable[int]) -> None:
        """Let go of shares that others have now."""
        for partition in partitions:
            share = self.shares.pop(partition, None)
            if share is not None:
                share.close()


class Worker(faust.Worker):
    """Faust's worker, which does not wait for ever when it is told to stop."""

    def _schedule_shutdown(self, signal: Any) -> None:
        end_by()
        super()._schedule_shutdown(signal)


def credentials(connection: Connection) -> Any:
    """Return how Faust shows who we are, None where nobody asks."""
    chosen = connection.settings
    if chosen.user is not None:
        return faust.SASLCredentials(
            username=chosen.user,
            password=chosen.secret(),
            mechanism=SASLMechanism(chosen.mechanism),
            ssl_context=connection.context,
        )
    context: ssl.SSLContext | None = connection.context
    return None if context is None else faust.SSLCredentials(context)


def make_app(connection: Connection, data: Path, instance: str) -> Any:
    """Return the Faust app, with nothing of it left to the environment."""
    check_faust()
    chosen = connection.settings
    settings = {
        "broker": [f"kafka://{server}" for server in connection.servers],
        "broker_credentials": credentials(connection),
        "store": "rocksdb://",
        "datadir": str(data),
        "env_prefix": "CLEARLY_FAUST_",
        "TableManager": SafeTableManager,
        "Table": PackedTable,
        "table_standby_replicas": 0,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "stream_wait_empty": True,
        "agent_supervisor": CrashingSupervisor,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": instance or None,
        "consumer_max_fetch_size": 8 << 20,
        "broker_session_timeout": chosen.session_seconds,
        "broker_heartbeat_interval": min(3.0, chosen.session_seconds / 4),
        "broker_request_timeout": chosen.request_seconds,
        "broker_commit_interval": chosen.commit_seconds,
        "producer_acks": -1,
        "producer_linger": 0.0,
        "producer_max_batch_size": 262_144,
        "producer_max_request_size": LARGEST,
        "web_enabled": False,
        "web_tables_enabled": False,
        "worker_redirect_stdouts": False,
        "logging_config": None,
    }
    app = faust.App(connection.names.group("watching"), **settings)
    assert app.conf.processing_guarantee.value == "at_least_once", "transactions are the table's own"
    assert not app.conf.web_enabled, "no web server but our own"
    return app


def build(connection: Connection, root: Path, data: Path, instance: str = "") -> Any:
    """Return the Faust app of the watching stage."""
    app = make_app(connection, data, instance)
    PackedTable.transaction_timeout = connection.settings.transaction_seconds
    raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    source = app.topic(connection.names.watched, **raw)
    options = {"block_cache_size": connection.settings.cache_mb << 20}
    table = app.Table(TABLE, key_type=bytes, value_type=bytes, options=options)
    office = Office(connection, root, table)

    async def watch(stream: Any) -> None:
        async for event in stream.noack().events():
            await office.take(event.message)
            event.ack()

    app.agent(source, concurrency=1, name="watch")(watch)

    async def revoked(*_: Any, **__: Any) -> None:
        REBALANCES.inc()

    async def assigned(_: Any, assigned: Any, **__: Any) -> None:
        mine = {tp.partition for tp in assigned if tp.topic == connection.names.watched}
        office.forget(office.shares.keys() - mine)
        log.info("partitions", mine=sorted(mine))

    app.on_partitions_revoked.connect(revoked, weak=False)
    app.on_partitions_assigned.connect(assigned, weak=False)
    app.office = office
    return app


def run_watching(connection: Connection, root: Path, data: Path, instance: str, partitions: int) -> bool:
    """Run one worker until it is told to stop; return whether it stopped in order."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    data.mkdir(parents=True, exist_ok=True)
    app = build(connection, root, data, instance)
    app.conf.topic_partitions = partitions
    app.office.partitions = Partitions(partitions)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = Worker(app, loop=loop, loglevel="WARNING", override_logging=False, redirect_stdouts=False, quiet=True)
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:  # Faust's way of saying how it went
        return not ended.code
    return True
