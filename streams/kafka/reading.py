"""A topic read by a person at a terminal: from its beginning or from now on, to its end or as long as somebody looks."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition

from streams.kafka.connection import answered
from streams.lock import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from streams.kafka.connection import Connection


class Read(NamedTuple):
    """One record; `at` is when the brokers took it, in microseconds."""

    partition: int
    offset: int
    key: bytes
    value: bytes
    at: int
    topic: str = ""
    headers: Mapping[str, str] = MappingProxyType({})

    @property
    def position(self) -> str:
        """Return where it stands, for people."""
        return f"{self.partition}:{self.offset}"


def read_topic(connection: Connection, *topics: str, follow: bool = False) -> Iterator[list[Read]]:
    """Give the committed records of some topics, some at a time; with `follow` an empty list where nothing has come for a while."""
    with answered(connection):
        options = {"enable_auto_commit": False, "isolation_level": "read_committed", "auto_offset_reset": "earliest"}
        consumer = KafkaConsumer(**connection.options, **options, fetch_max_wait_ms=200)
        try:
            partitions = []
            for topic in topics:
                found = sorted(consumer.partitions_for_topic(topic) or ())
                if not found:
                    raise Unusable(f"there is no topic {topic}; `clearly kafka setup --bootstrap {connection.bootstrap}` makes it")
                partitions += [TopicPartition(topic, one) for one in found]
            consumer.assign(partitions)
            consumer.seek_to_beginning(*partitions)
            ends = consumer.end_offsets(partitions)
            while follow or any(consumer.position(one) < end for one, end in ends.items()):
                yield [read_of(one) for records in consumer.poll(timeout_ms=500).values() for one in records]
        finally:
            consumer.close()


def read_of(record: Any) -> Read:
    """Return a record as it is looked at."""
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    at = record.timestamp * 1000
    return Read(record.partition, record.offset, record.key or b"", record.value or b"", at, record.topic, headers)
