"""A topic read by a person at a terminal: from its beginning or from now on, to its end or as long as somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kafka import KafkaConsumer, TopicPartition

from streams.kafka.connection import answered
from streams.lock import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.kafka.connection import Connection


class Read(NamedTuple):
    """One record; `at` is when the brokers took it, in microseconds."""

    partition: int
    offset: int
    key: bytes
    value: bytes
    at: int

    @property
    def position(self) -> str:
        """Return where it stands, for people."""
        return f"{self.partition}:{self.offset}"


def read_topic(connection: Connection, topic: str, *, follow: bool = False) -> Iterator[list[Read]]:
    """Give the committed records of a topic, some at a time; with `follow` an empty list where nothing has come for a while."""
    with answered(connection):
        options = {"enable_auto_commit": False, "isolation_level": "read_committed", "auto_offset_reset": "earliest"}
        consumer = KafkaConsumer(**connection.options, **options, fetch_max_wait_ms=200)
        try:
            partitions = [TopicPartition(topic, one) for one in sorted(consumer.partitions_for_topic(topic) or ())]
            if not partitions:
                raise Unusable(f"there is no topic {topic}; `clearly kafka setup --bootstrap {connection.bootstrap}` makes it")
            consumer.assign(partitions)
            consumer.seek_to_beginning(*partitions)
            ends = consumer.end_offsets(partitions)
            while follow or any(consumer.position(one) < end for one, end in ends.items()):
                found = consumer.poll(timeout_ms=500)
                yield [
                    Read(one.partition, one.offset, one.key or b"", one.value or b"", one.timestamp * 1000)
                    for records in found.values()
                    for one in records
                ]
        finally:
            consumer.close()
