"""Dead letters read, and sent again once what was wrong is mended: each at most once, whoever tries, and however often."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams.kafka.connection import answered
from streams.kafka.deadletter import Again, Letter, read_letter
from streams.kafka.reading import read_topic
from streams.lock import Unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.kafka.connection import Connection


def read_letters(connection: Connection) -> tuple[dict[str, Letter], dict[str, int]]:
    """Return every dead letter by its id, and when those that were sent again were (microseconds)."""
    letters: dict[str, Letter] = {}
    again: dict[str, int] = {}
    for records in read_topic(connection, connection.names.rejected):
        for record in records:
            one = read_letter(record.value)
            if isinstance(one, Again):
                again[one.id] = one.replayed
            else:
                letters.setdefault(one.id, one)
    return letters, again


def replay(connection: Connection, wanted: Sequence[str], now: int) -> list[str]:
    """Send records to their feeds again as they came, and return which were.

    Each is sent in one transaction with the note that says so. Once the producer is initialised nobody else can do the same, so
    what has been sent again by now is not sent once more.
    """
    with answered(connection):
        named = f"{connection.names.prefix}-dead-letters"
        producer = KafkaProducer(**connection.options, acks="all", transactional_id=named, max_request_size=1 << 26)
        try:
            producer.init_transactions()
            letters, again = read_letters(connection)
            due = [letters[one] for one in wanted if one in letters and one not in again]
            records = {letter.id: found_again(connection, letter) if letter.length else letter.record for letter in due}
            for letter in due:
                producer.begin_transaction()
                headers = [(name, value.encode()) for name, value in letter.headers.items()]
                producer.send(letter.topic, value=records[letter.id], headers=headers)
                note = msgspec.json.encode(Again(letter.id, now))
                producer.send(connection.names.rejected, key=letter.id.encode(), value=note, partition=0)
                producer.commit_transaction()
            return [letter.id for letter in due]
        finally:
            producer.close()


def found_again(connection: Connection, letter: Letter) -> bytes:
    """Return a record that was too long for its letter, out of the feed that it came by; raise `Unusable` where it is gone from there."""
    partition = TopicPartition(letter.topic, letter.partition)
    options = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "max_poll_records": 1}
    with closing(KafkaConsumer(**connection.options, **options)) as consumer:
        consumer.assign([partition])
        consumer.seek(partition, letter.offset)
        while consumer.position(partition) < consumer.end_offsets([partition])[partition]:
            for record in consumer.poll(timeout_ms=500).get(partition, ()):
                if record.offset == letter.offset:
                    return record.value or b""
                raise Unusable(f"{letter.id}: too long to be kept in the letter, and no longer in its feed")
    raise Unusable(f"{letter.id}: too long to be kept in the letter, and no longer in its feed")
