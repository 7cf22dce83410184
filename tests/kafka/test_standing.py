"""Rules of the standard pack that stand on others, on Kafka: their findings go by the log to the partition of another key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from streams import clock
from streams.kafka.packet import FOUND as STANDS
from streams.kafka.packet import NO_EVENT, Word, decode_word, encode
from tests.kafka.installation import Installation
from tests.support.standing import FOUND, found, records

if TYPE_CHECKING:
    from pathlib import Path

    from streams.kafka.connection import Connection


def test_frequent_areas_make_a_frequent_feeder_and_a_warning_before_a_complaint_a_task(
    connection: Connection, tmp_path: Path, house: Path
) -> None:
    with Installation(connection, tmp_path) as kafka:
        kafka.publish(house / "rules")
        kafka.start("all", "all", "--watchers", "2")
        kafka.send(records(datetime.fromtimestamp(clock.now() / 1_000_000, UTC)))
        kafka.settle(clock.now())
        assert found(kafka.lines()) == FOUND
        assert [worker.stop() for worker in kafka.workers] == [0]


def test_a_finding_comes_out_of_a_record_as_it_went_in() -> None:
    event = msgspec.msgpack.encode({"feeder": "F-1"})
    assert bytes(decode_word(encode(Word(STANDS, msgspec.Raw(event)))).event) == event
    time = decode_word(encode(Word(0, NO_EVENT, 5, 1)))
    assert (time.event == NO_EVENT, time.time, time.level) == (True, 5, 1)
