"""The herald of a ledger: sends circulars and scorecards to their topics, once the journal is here up to their moment.

They come back by these topics into the database. What was sent before a crash is found there and not sent again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kafka import KafkaProducer, TopicPartition

from streams.kafka.bulletin import Bulletin
from streams.kafka.records import message_of
from streams.kafka.topics import JOURNAL, LARGEST, OVER_ALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.casework import Publication, Row
    from streams.kafka.connection import Connection
    from streams.store import Reader

#: Seconds that the brokers may take for one record.
PATIENCE = 30


class Herald:
    """How far the journal is here, and what was told of it."""

    def __init__(self, connection: Connection, store: Reader) -> None:
        self.connection, self.names = connection, connection.names
        self.bulletin = Bulletin(store)
        #: how many partitions casework has
        self.partitions = 0
        #: up to when each partition of casework has told everything, and how far all of that has been read
        self.reached: dict[int, int] = {}
        self._read_to: int | None = None
        #: a time, and the ends of the topics that have to be read before everything up to it is here
        self._coming: tuple[int, Mapping[Any, int]] | None = None
        self._producer: KafkaProducer | None = None

    @property
    def time(self) -> int | None:
        """Return up to when casework has told everything; None as long as not all of it has been heard of."""
        return min(self.reached.values()) if self.partitions and len(self.reached) >= self.partitions else None

    def tell(self, consumer: Any) -> list[Row]:
        """Send what is to be told, and return the rows that say so."""
        time = self.read_to(consumer)
        if time is None:
            return []
        self.send(self.bulletin.tick(time))
        return self.bulletin.take_rows()

    def read_to(self, consumer: Any) -> int | None:
        """Return up to when the whole journal has been read, and what was told of it.

        A partition says how far it has come only after what it told until then: at that moment all of it stands before the ends.
        """
        if self._coming is None:
            time = self.time or 0
            if time > (self._read_to or 0):
                wanted = [TopicPartition(self.names.told(JOURNAL), one) for one in range(self.partitions)]
                wanted += [TopicPartition(self.names.told(one), 0) for one in OVER_ALL]
                self._coming = (time, consumer.end_offsets(wanted))
        if self._coming is not None and all(consumer.position(one) >= end for one, end in self._coming[1].items()):
            self._read_to, self._coming = self._coming[0], None
        return self._read_to

    def send(self, told: list[Publication]) -> None:
        """Send records, and wait until the brokers have them."""
        if not told:
            return
        if self._producer is None:
            self._producer = KafkaProducer(**self.connection.options, acks="all", max_request_size=LARGEST)
        send = self._producer.send
        sent = [send(one.topic, one.value, one.key, [*one.headers], one.partition) for one in (message_of(self.names, one) for one in told)]
        for future in sent:
            future.get(timeout=PATIENCE)

    def close(self) -> None:
        """Let go of the brokers."""
        if self._producer is not None:
            self._producer.close()
