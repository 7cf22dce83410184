"""How far everything is, asked of the brokers: what each share noted of itself last, and how much waits in front of each stage."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

from streams.kafka.cases import Noted
from streams.kafka.connection import administrator, answered
from streams.kafka.packet import Source
from streams.kafka.rows import BEGINNING, META, Meta
from streams.kafka.table import HEAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.kafka.connection import Connection

#: How many records before the end of the log a share's note of itself is looked for, at first.
TAIL = 200


class Lag(msgspec.Struct, frozen=True):
    """How many records of a partition a stage has not read yet; `committed` is None where it has never read any."""

    stage: str
    topic: str
    partition: int
    committed: int | None
    end: int

    @property
    def behind(self) -> int:
        """Return how many records wait."""
        return self.end - (self.committed or 0)


class Waiting(msgspec.Struct, frozen=True):
    """A partition of a feed with how far it is known to have been read, None where nothing is known."""

    topic: str
    partition: int
    time: int | None


class Standing(msgspec.Struct):
    """One partition: its rulebook, how far its time has come, and what that waits for, slowest first."""

    partition: int
    version: str
    position: int
    reached: int | None
    counts: dict[str, int]
    waits_for: list[Waiting]


class Caseload(msgspec.Struct):
    """One partition of the casework stage: its rulebook, the time that deadlines go by, and how far each partition before it has told."""

    partition: int
    version: str
    position: int
    now: int
    counts: dict[str, int]
    told: dict[int, int]


def standing(connection: Connection) -> list[Standing]:
    """Return how each partition of the watching stage stands, by its last commit."""
    notes = notes_of(connection, connection.names.rows)
    return [stands(number, msgspec.msgpack.decode(note, type=Meta)) for number, note in notes.items()]


def caseloads(connection: Connection) -> list[Caseload]:
    """Return how each partition of the casework stage stands, by its last commit."""
    notes = notes_of(connection, connection.names.rows_of("casework"))
    read = {number: msgspec.msgpack.decode(note, type=Noted) for number, note in notes.items()}
    return [Caseload(number, one.version, one.position, one.now, one.counts, one.reached) for number, one in read.items()]


def notes_of(connection: Connection, topic: str) -> dict[int, bytes]:
    """Return what each partition of a stage noted of itself last, where it has noted anything."""
    with answered(connection):
        consumer = KafkaConsumer(**connection.options, enable_auto_commit=False, isolation_level="read_committed")
        try:
            numbers = sorted(consumer.partitions_for_topic(topic) or ())
            found = {number: note_of(consumer, TopicPartition(topic, number)) for number in numbers}
        finally:
            consumer.close()
    return {number: note for number, note in found.items() if note is not None}


def note_of(consumer: Any, partition: TopicPartition) -> bytes | None:
    """Return what a partition noted of itself last: every transaction ends with it."""
    consumer.assign([partition])
    begin = consumer.beginning_offsets([partition])[partition]
    end = consumer.end_offsets([partition])[partition]
    start, found = end, None
    while found is None and start > begin:
        start = max(begin, end - max(TAIL, 10 * (end - start)))
        consumer.seek(partition, start)
        while consumer.position(partition) < end:
            for record in consumer.poll(timeout_ms=500).get(partition, ()):
                if record.key == META and record.value:
                    found = record.value
    return None if found is None else found[HEAD:]


def stands(number: int, meta: Meta) -> Standing:
    """Return what a share's note says."""
    reached = min((saved[0] for saved in meta.progress.values()), default=BEGINNING)
    marks = {Source(topic, partition): time for topic, partition, time in meta.marks}
    wanted = [Source(topic, partition) for topic, count in meta.expected.items() for partition in range(count)]
    waits = [Waiting(*source, marks.get(source)) for source in wanted]
    waits.sort(key=lambda one: BEGINNING if one.time is None else one.time)
    return Standing(number, meta.version, meta.position, None if reached <= BEGINNING else reached, meta.counts, waits)


def lags(connection: Connection, feeds: Sequence[str]) -> list[Lag]:
    """Return how much waits in front of each stage."""
    names = connection.names
    reads = {"intake": [*feeds, names.findings, names.commands], "watching": [names.watched], "casework": [names.inbox]}
    with answered(connection), closing(administrator(connection)) as admin, closing(KafkaConsumer(**connection.options)) as consumer:
        found = []
        for stage, topics in reads.items():
            offsets = committed(admin, names.group(stage))
            for topic in topics:
                partitions = [TopicPartition(topic, one) for one in sorted(consumer.partitions_for_topic(topic) or ())]
                ends = consumer.end_offsets(partitions) if partitions else {}
                found += [Lag(stage, topic, one.partition, offsets.get(one), end) for one, end in ends.items()]
        return found


def committed(admin: Any, group: str) -> dict[TopicPartition, int]:
    """Return how far a group has read each partition."""
    try:
        found = admin.list_group_offsets(group)[group]
    except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError):
        return {}  # nobody has ever counted anything as read here, or the brokers cannot say just now
    return {partition: one.offset for partition, one in found.items() if one.offset >= 0}
