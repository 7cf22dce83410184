"""History into a feed: files read as a backtest reads them, sent in the order in which it happened, no faster than was asked for.

Each record says that it is history, so that time follows the events instead of the clock, until a last record to each partition says
that this was all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from kafka import KafkaProducer

from engine.events import id_of
from engine.watching import in_order
from streams.backtest import Harvest, Input, quietly, reap
from streams.clock import pause, steady
from streams.kafka.connection import answered
from streams.kafka.marks import END, HISTORY
from streams.lock import Unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.events import Event, Gate
    from streams.backtest import Progress
    from streams.kafka.connection import Connection

#: Events between two looks at the clock.
STRETCH = 500
encode = msgspec.json.Encoder().encode


def read_history(inputs: Sequence[Input], gate: Gate, progress: Progress = quietly) -> tuple[list[Event], Harvest]:
    """Return the events of files in the order in which they arrived or happened, and what else the files held."""
    harvest = Harvest()
    for one in inputs:
        for done, total in reap(one, gate, harvest):
            progress("reading", done, total)
    events = in_order(harvest.events)
    harvest.events = []
    return events, harvest


def send_history(
    connection: Connection, feed: str, events: Sequence[Event], *, rate: float | None = None, progress: Progress = quietly
) -> int:
    """Send events to a feed, at most `rate` a second, and say at the end that this was all; return how many were sent."""
    with answered(connection):
        producer = KafkaProducer(**connection.options, acks="all", linger_ms=20, compression_type="gzip")
        try:
            partitions = producer.partitions_for(feed)
            if not partitions:
                raise Unusable(f"there is no topic {feed}; `clearly kafka setup` makes it")
            began, sent = steady(), []
            for number, event in enumerate(events):
                sent.append(producer.send(feed, key=id_of(event).encode(), value=encode(event), headers=[(HISTORY, b"1")]))
                if number % STRETCH == 0:
                    progress("sending", number, len(events))
                    wait(began, number, rate)
            sent += [producer.send(feed, value=b"", partition=one, headers=[(HISTORY, END.encode())]) for one in sorted(partitions)]
            for future in sent:
                future.get(timeout=60)
        finally:
            producer.close()
    return len(events)


def wait(began: float, number: int, rate: float | None) -> None:
    """Wait until `number` events at this rate are due."""
    if rate is not None and (ahead := number / rate - (steady() - began)) > 0:
        pause(ahead)
