"""The ledger: what was published into a SQLite file, lines and offsets in one transaction. A file that is lost is read anew."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from kafka import KafkaConsumer, TopicPartition
from prometheus_client import Counter, Gauge

from streams import clock
from streams.docket import Docket
from streams.kafka.casebook import Casebook
from streams.kafka.connection import answered
from streams.kafka.deadletter import Again, read_letter
from streams.kafka.endpoint import PULSE
from streams.kafka.heartbeat import Heartbeat
from streams.kafka.herald import Herald
from streams.kafka.topics import JOURNAL
from streams.store import Batch, FeedRow, RejectedRow, open_store

if TYPE_CHECKING:
    from pathlib import Path

    from streams.kafka.connection import Connection
    from streams.kafka.deadletter import Letter
    from streams.store import Store

log = structlog.get_logger("clearly")
SECOND = 1_000_000
#: How often it is noted that this goes on while nothing comes.
NOTES = 60 * SECOND
#: Records of one transaction at most.
MOST = 2_000
KEPT = Counter("clearly_ledger_changes", "changes of tasks kept")
BEHIND = Gauge("clearly_ledger_behind", "records of a partition that the ledger has not kept yet", ["topic", "partition"])


class Ledger:
    """One read model on its way to where the log is."""

    def __init__(self, connection: Connection, database: Path) -> None:
        self.connection, self.names = connection, connection.names
        self.store: Store = open_store(database, clock.now())
        self.herald = Herald(connection, self.store)
        self.heartbeat = Heartbeat(self.store, self.herald.bulletin, clock.now())
        self._noted_at = 0
        self.is_stopping = False

    def run(self) -> None:
        """Read until told to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        self.read(once=False)

    def read_up(self) -> None:
        """Read until everything that there was when this was called has been read."""
        self.read(once=True)

    def read(self, *, once: bool) -> None:
        """Read until told to stop, or `once` until the ends that the topics have now."""
        with answered(self.connection):
            options = {"enable_auto_commit": False, "isolation_level": "read_committed", "auto_offset_reset": "earliest"}
            consumer = KafkaConsumer(**self.connection.options, **options, max_poll_records=MOST, fetch_max_wait_ms=200)
            try:
                self.begin(consumer)
                ends = consumer.end_offsets(list(consumer.assignment()))
                PULSE.is_ready = PULSE.is_ready or not once
                while not self.is_stopping and not (once and all(consumer.position(one) >= end for one, end in ends.items())):
                    self.keep([record for records in consumer.poll(timeout_ms=500).values() for record in records], clock.now())
                    self.measure(consumer)
                    if not once:
                        self.tell(consumer)
            finally:
                self.herald.close()
                consumer.close()
                self.store.close()

    def tell(self, consumer: Any) -> None:
        """Tell what goes by unit over all areas, where it is time."""
        if rows := self.herald.tell(consumer):
            self.store.keep(Batch(clock.now(), docket=Docket(rows=rows)))

    def measure(self, consumer: Any) -> None:
        """Tell the metrics, and that this goes on."""
        PULSE.beat()
        for one in consumer.assignment():
            BEHIND.labels(one.topic, one.partition).set(max(0, (consumer.highwater(one) or 0) - consumer.position(one)))

    def stop(self, *_: Any) -> None:
        """Finish what was begun, and stop."""
        self.is_stopping = True

    def begin(self, consumer: Any) -> None:
        """Go to where the file stands: it knows that itself, so no group has to."""
        wanted = [
            TopicPartition(topic, number)
            for topic in (self.names.changes, self.names.rejected, *Casebook(self.names).topics)
            for number in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        consumer.assign(wanted)
        self.herald.partitions = sum(one.topic == self.names.told(JOURNAL) for one in wanted)
        for one in wanted:
            row = self.store.feed(place(one.topic, one.partition))
            if row is None:
                consumer.seek_to_beginning(one)
            else:
                consumer.seek(one, row.offset)

    def keep(self, records: list[Any], now: int) -> None:
        """Keep records and how far they go, in one transaction, with a root over the journal where an hour has ended."""
        vigil = self.heartbeat.vigil
        batch = Batch(now, meta={"log": self.connection.bootstrap} | self.heartbeat.look(now, self.herald.time))
        root = vigil.root(now)
        if not records and root is None and now - self._noted_at < NOTES:
            return
        casebook = Casebook(self.names)
        reached: dict[str, int] = {}
        for record in records:
            reached[place(record.topic, record.partition)] = record.offset + 1
            if record.topic == self.names.changes:
                batch.changes.append((record.key.decode(), record.value))
            elif record.topic == self.names.rejected:
                self.take_letter(read_letter(record.value), batch)
            else:
                casebook.take(record, batch)
        self.herald.reached |= casebook.reached
        batch.docket = casebook.docket(root, self.herald.bulletin.is_known)
        batch.feeds = [FeedRow(path, "log", offset, offset) for path, offset in reached.items()]
        self.store.keep(batch)
        self._noted_at = now
        vigil.entered(batch.docket.entries, now)
        KEPT.inc(len(batch.changes))

    def take_letter(self, letter: Letter | Again, batch: Batch) -> None:
        """Take a dead letter, unless intake has written it before: it does so again after a crash. Or note that one was sent again."""
        known = self.store.one("SELECT position FROM rejected WHERE place = ?", letter.id)
        if isinstance(letter, Again):
            batch.replayed += [] if known is None else [known]
        elif known is None and letter.id not in {row.place for row in batch.rejected}:
            batch.rejected.append(row_of(letter))


def place(topic: str, partition: int) -> str:
    """Return under what name the file keeps how far a partition was read."""
    return f"{topic}/{partition}"


def row_of(letter: Letter) -> RejectedRow:
    """Return a dead letter as the store keeps rejected records."""
    headers = msgspec.json.encode(letter.headers).decode() if letter.headers else None
    return RejectedRow(
        letter.source, letter.id, letter.code, letter.reason, letter.path, letter.right, letter.arrived, headers, letter.record
    )
