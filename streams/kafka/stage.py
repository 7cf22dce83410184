"""A stage with state: a Faust worker that reads one topic and handles each record in one transaction.

Faust is in charge of who has which partition, of starting and stopping, and of counting records as read. What is judged, written and
kept is the stage's own, `PackedTable`'s and `SafeRecovery`'s; docs/decisions/0041 says what of Faust is relied on and what is refused.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import faust
import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.types.auth import SASLMechanism
from mode.supervisors import CrashingSupervisor
from prometheus_client import Counter

from streams.clock import steady
from streams.kafka.deadline import end_by
from streams.kafka.endpoint import PULSE
from streams.kafka.recovery import SafeConsumerThread, SafeTableManager, check_faust
from streams.kafka.routing import Partitions
from streams.kafka.rulebooks import Shelf, follow
from streams.kafka.table import PackedTable
from streams.kafka.topics import LARGEST, TABLE
from streams.lock import Unusable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from streams.kafka.connection import Connection
    from streams.rules import Rules

log = structlog.get_logger("clearly")
#: What the records of a topic are read as.
Form = TypeVar("Form")
#: Seconds that a rulebook may take to come after the first record which was admitted by it.
PATIENCE = 60.0
REBALANCES = Counter("clearly_stage_rebalances", "times that partitions were shared out anew", ["stage"])


class Library:
    """The rulebooks that a worker goes by, read from the log as they are asked for."""

    def __init__(self, connection: Connection, root: Path) -> None:
        self.connection, self.names = connection, connection.names
        self.shelf = Shelf(root)
        self._books: AIOKafkaConsumer | None = None

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


def read(message: Any, decode: Callable[[bytes], Form]) -> Form | None:
    """Return a record, None where it is none: somebody else has written to our topic."""
    try:
        return decode(message.value)
    except (msgspec.DecodeError, ValueError) as error:
        log.error("passed over", topic=message.topic, partition=message.partition, offset=message.offset, why=str(error))  # noqa: TRY400 - the message says it all
        return None


class Office(Protocol):
    """What a stage does with the partitions that this worker has."""

    async def take(self, message: Any) -> None:
        """Handle one record. Raises where what follows cannot be kept: then it has not happened, and the worker ends."""

    def forget(self, mine: Iterable[int]) -> None:
        """Let go of every partition but these."""


class Stage(NamedTuple):
    """One stage: its group, the one topic that it reads, what works there, and whether what was not committed is read."""

    group: str
    topic: str
    office: type[Any]
    isolation: str = "read_uncommitted"


class Worker(faust.Worker):
    """Faust's worker, which does not wait for ever when it is told to stop, or when something in it has failed."""

    def _schedule_shutdown(self, signal: Any) -> None:
        end_by()
        super()._schedule_shutdown(signal)

    def _crash(self, reason: BaseException) -> None:
        end_by()
        super()._crash(reason)


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


def make_app(connection: Connection, group: str, data: Path, instance: str) -> Any:
    """Return the Faust app of a group, with nothing of it left to the environment."""
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
    app = faust.App(group, **settings)
    assert app.conf.processing_guarantee.value == "at_least_once", "transactions are the table's own"
    assert not app.conf.web_enabled, "no web server but our own"
    return app


def build(connection: Connection, stage: Stage, root: Path, data: Path, instance: str = "") -> Any:
    """Return the Faust app of a stage."""
    app = make_app(connection, stage.group, data, instance)
    PackedTable.transaction_timeout = connection.settings.transaction_seconds
    SafeConsumerThread.isolation = stage.isolation
    raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    source = app.topic(stage.topic, **raw)
    options = {"block_cache_size": connection.settings.cache_mb << 20}
    table = app.Table(TABLE, key_type=bytes, value_type=bytes, options=options)
    office: Office = stage.office(connection, root, table)

    async def handle(stream: Any) -> None:
        async for event in stream.noack().events():
            try:
                await office.take(event.message)
            except Exception:
                end_by()  # Faust would wait for ever for what is never counted as read
                raise
            event.ack()

    app.agent(source, concurrency=1, name="handle")(handle)

    async def revoked(*_: Any, **__: Any) -> None:
        REBALANCES.labels(PULSE.stage).inc()

    async def assigned(_: Any, assigned: Any, **__: Any) -> None:
        mine = {tp.partition for tp in assigned if tp.topic == stage.topic}
        office.forget(mine)
        log.info("partitions", mine=sorted(mine))

    app.on_partitions_revoked.connect(revoked, weak=False)
    app.on_partitions_assigned.connect(assigned, weak=False)
    app.office = office
    return app


def run_stage(connection: Connection, stage: Stage, root: Path, data: Path, instance: str, partitions: int) -> bool:
    """Run one worker until it is told to stop; return whether it stopped in order."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    data.mkdir(parents=True, exist_ok=True)
    app = build(connection, stage, root, data, instance)
    app.conf.topic_partitions = partitions
    app.office.partitions = Partitions(partitions)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    PULSE.follow(loop)
    worker = Worker(app, loop=loop, loglevel="WARNING", override_logging=False, redirect_stdouts=False, quiet=True)
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:  # Faust's way of saying how it went
        return not ended.code
    return True
