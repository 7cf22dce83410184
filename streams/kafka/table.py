"""A table of bytes whose rows change together: one Kafka transaction for what a record brought about, then one write to the disk.

Faust's own tables write their state first and the log later, without waiting: a crash in between leaves the two apart. Here the log
comes first and is waited for, with everything that is published, in a transaction of this partition's own producer. Initialising it
fences whoever had the partition before. A row on disk begins with the offset of the record that made it; read back, the higher one
wins.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import faust
import rocksdict
from aiokafka import AIOKafkaProducer
from faust.types import TP

from streams.clock import steady
from streams.kafka.deadline import Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: Bytes in front of a row that say which record made it.
HEAD = 8
#: Faust keeps the offset of the log under a key of its own among the rows.
OWN = b"__faust\0"


class Message(NamedTuple):
    """Something to publish."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class PackedTable(faust.Table):
    """bytes to bytes, by partition."""

    #: seconds after which what a dead worker left open no longer holds readers back
    transaction_timeout = 10.0
    #: what the producers are told beside whom they speak to
    writing: dict[str, Any] = {}  # noqa: RUF012 - set once, when the program is built
    _writers: dict[int, AIOKafkaProducer] = {}  # noqa: RUF012 - replaced at each assignment, never changed

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: the write that is under way
        self.steps = Steps()
        self._leaving: set[asyncio.Task[None]] = set()

    # Owners -----------------------------------------------------------------------------------------------------------

    async def fence(self, tps: Sequence[TP]) -> None:
        """Void what earlier owners of these partitions of the log did not commit, or will write."""
        producer = self.app.producer
        settings = {**producer._settings_default(), **producer._settings_auth(), **self.writing}
        wait = int(self.transaction_timeout * 1000)
        self._let_go()
        self._writers = {
            tp.partition: AIOKafkaProducer(**settings, transactional_id=f"{tp.topic}-{tp.partition}", transaction_timeout_ms=wait)
            for tp in tps
        }
        await asyncio.gather(*(writer.start() for writer in self._writers.values()))

    def _let_go(self) -> None:
        """Have the producers stop. Nobody waits: one may have a write out that no broker answers, and whoever comes next fences it."""
        for writer in self._writers.values():
            task = asyncio.ensure_future(writer.stop())
            self._leaving.add(task)
            task.add_done_callback(self._left)
        self._writers = {}

    def _left(self, task: asyncio.Task[None]) -> None:
        """Forget a producer that has stopped. How it ended is nobody's business any more."""
        self._leaving.discard(task)
        if not task.cancelled():
            task.exception()

    async def on_stop(self) -> None:
        """Let go of the producers."""
        self._let_go()
        if self._leaving:
            await asyncio.wait(self._leaving)
        await super().on_stop()

    # Rows -------------------------------------------------------------------------------------------------------------

    def fetch(self, partition: int, key: bytes) -> bytes | None:
        """Return a row, None where there is none."""
        raw = self._db(partition).get(key)
        return raw[HEAD:] if raw else None

    def scan(self, partition: int, start: bytes = b"", end: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Return the rows from one key on, up to before another one, in their order."""
        for key, raw in self._db(partition).items(from_key=start):
            if end is not None and key >= end:
                return
            if raw and not key.startswith(OWN):
                yield key, raw[HEAD:]

    async def apply(self, message: Any, rows: Mapping[bytes, bytes | None], outputs: Sequence[Message]) -> None:
        """Publish outputs and rows in one transaction, then keep the rows. Raises where it cannot: then nothing has happened."""
        partition, head = message.partition, message.offset.to_bytes(HEAD, "big")
        kept = {key: None if row is None else head + row for key, row in rows.items()}
        log = TP(self.changelog_topic_name, partition)
        writer = self._writers[partition]
        self.steps.begin(f"a write to partition {partition}", steady())
        async with writer.transaction():
            sent = await send(writer, [*outputs, *(Message(log.topic, log.partition, key, value) for key, value in kept.items())])
        self.steps.end()
        if kept:
            self._keep(partition, kept, sent[log])
            recovery = self.app.tables.recovery
            if log in recovery.active_tps:  # so that a rebalance which leaves the partition here replays nothing
                recovery.active_offsets[log] = sent[log]

    # What Faust calls -------------------------------------------------------------------------------------------------

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Take what Faust's own recovery reads: whatever came after the catch-up."""
        records = [event.message for event in batch]
        for partition in {record.partition for record in records}:
            mine = [record for record in records if record.partition == partition]
            self.absorb(partition, mine, mine[-1].offset)

    def absorb(self, partition: int, records: Iterable[Any], last: int) -> None:
        """Take records of the log up to the offset `last`. A row that was made by an older record than the one here is passed over."""
        db = self._db(partition)
        newest: dict[bytes, bytes | None] = {}
        for record in records:
            key, value = record.key, record.value
            was = newest[key] if key in newest else db.get(key)
            if not was or not value or value[:HEAD] >= was[:HEAD]:
                newest[key] = value
        self._keep(partition, newest, last)

    def _keep(self, partition: int, rows: Mapping[bytes, bytes | None], last: int) -> None:
        """Store rows and, in the same step, the offset of the log that they reach."""
        local = rocksdict.WriteBatch(raw_mode=True)
        for key, value in rows.items():
            if value is None:
                local.delete(key)
            else:
                local.put(key, value)
        local.put(self.data.offset_key, str(last).encode())
        self._db(partition).write(local)

    def _db(self, partition: int) -> Any:
        return self.data._db_for_partition(partition)

    def on_key_set(self, *_: Any) -> None:
        """Refuse what Faust's tables offer: it would not be in the transaction."""
        raise TypeError("a PackedTable is written by apply()")

    on_key_del = on_clear = on_key_set


async def send(producer: AIOKafkaProducer, messages: Iterable[Message]) -> dict[TP, int]:
    """Deliver messages in batches, and return the last offset of each partition that got some."""
    batches: dict[TP, list[Any]] = {}
    for topic, partition, key, value, headers in messages:
        queue = batches.setdefault(TP(topic, partition), [producer.create_batch()])
        while queue[-1].append(key=key, value=value, timestamp=None, headers=[*headers]) is None:  # full
            queue.append(producer.create_batch())
    sent = [
        (tp, batch, await producer.send_batch(batch, tp.topic, partition=tp.partition)) for tp, queue in batches.items() for batch in queue
    ]
    # the future gives the offset of a batch's first record
    return {tp: (await future).offset + batch.record_count() - 1 for tp, batch, future in sent}
