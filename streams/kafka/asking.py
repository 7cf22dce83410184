"""Commands given by a person at a terminal: sent, and waited for until each has its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams.clock import steady
from streams.kafka.connection import answered
from streams.kafka.inbox import CORRELATION
from streams.kafka.topics import LARGEST
from streams.lock import Unusable
from streams.orders import Told, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.kafka.connection import Connection
    from streams.orders import Asked

#: Seconds that an answer may take.
PATIENCE = 60.0
TOLD = msgspec.json.Decoder(Told)


def ask(connection: Connection, asked: Sequence[Asked]) -> list[Told]:
    """Return what came of commands, in their order; raise `Unusable` where brokers or casework do not answer."""
    bodies = {name_of(one): msgspec.json.encode(one) for one in asked}
    for body in bodies.values():
        if len(body) > LARGEST:
            raise Unusable(f"the files are too large for one record: {len(body):,} bytes, and {LARGEST:,} may be; hand them in one by one")
    with answered(connection):
        consumer = KafkaConsumer(**connection.options, enable_auto_commit=False, isolation_level="read_committed", fetch_max_wait_ms=100)
        try:
            listen(consumer, connection)
            give(connection, bodies, {name_of(one): one.task for one in asked})
            return hear(consumer, list(bodies))
        finally:
            consumer.close()


def listen(consumer: Any, connection: Connection) -> None:
    """Go to the end of the answers, before anything is asked."""
    names = connection.names
    partitions = [TopicPartition(names.results, one) for one in sorted(consumer.partitions_for_topic(names.results) or ())]
    if not partitions:
        raise Unusable(f"there is no topic {names.results}; `clearly kafka setup --bootstrap {connection.bootstrap}` makes it")
    consumer.assign(partitions)
    consumer.seek_to_end(*partitions)
    for one in partitions:
        consumer.position(one)


def give(connection: Connection, bodies: dict[str, bytes], tasks: dict[str, str]) -> None:
    """Send commands."""
    producer = KafkaProducer(**connection.options, acks="all", max_request_size=2 * LARGEST)
    try:
        sent = [
            producer.send(connection.names.commands, key=tasks[name].encode(), value=body, headers=[(CORRELATION, name.encode())])
            for name, body in bodies.items()
        ]
        for future in sent:
            future.get(timeout=30)
    finally:
        producer.close()


def hear(consumer: Any, names: Sequence[str]) -> list[Told]:
    """Return the answers of these names."""
    found: dict[str, Told] = {}
    end = steady() + PATIENCE
    while len(found) < len(names):
        if steady() > end:
            raise Unusable("no answer: the commands were sent, and are carried out once intake and casework run")
        for records in consumer.poll(timeout_ms=500).values():
            for record in records:
                name = dict(record.headers).get(CORRELATION, b"").decode()
                if name in names:
                    found[name] = TOLD.decode(record.value)
    return [found[name] for name in names]
