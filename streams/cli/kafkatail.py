"""`clearly tail --bootstrap`: the records of a topic of a Kafka installation as lines, the same as those of a database."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from streams import docket
from streams.cli.kafkasetup import reach
from streams.cli.outcome import FINE, Refused
from streams.cli.tail import must_be_topic, same
from streams.kafka.reading import read_topic
from streams.kafka.records import publication_of
from streams.kafka.topics import JOURNAL, STATES
from streams.lock import Unusable
from streams.topics import FINDINGS, Told, finding, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.cli.tail import Wanted, Written
    from streams.kafka.connection import Connection
    from streams.kafka.reading import Read


def tail_log(bootstrap: str, wanted: Wanted, written: Written, *, follow: bool) -> int:
    """Write the records of a topic in the log, and with `follow` whatever comes, until Ctrl-C; return the exit code."""
    must_be_topic(wanted.topic)
    connection = reach(bootstrap)
    try:
        for told in told_in(connection, wanted.topic, follow=follow):
            for one in told:
                if wanted.wants(one.record, same):
                    sys.stdout.buffer.write(written.line(one))
            sys.stdout.buffer.flush()
    except Unusable as error:
        raise Refused(str(error)) from error
    except KeyboardInterrupt:
        return FINE
    return FINE


def told_in(connection: Connection, topic: str, *, follow: bool) -> Iterator[list[Told]]:
    """Give the records of a topic, some at a time; how tasks stand once for each task, unless more is waited for."""
    names = connection.names
    topics = {names.changes if one == FINDINGS else names.told(one): one for one in parts_of(topic)}
    newest: dict[bytes, Told] = {}
    for records in read_topic(connection, *topics, follow=follow):
        told = [told_by(topics[record.topic], record) for record in records]
        if topic == STATES and not follow:
            for record, one in zip(records, told, strict=True):
                newest.pop(record.key, None)
                newest[record.key] = one
        else:
            yield told
    yield list(newest.values())


def told_by(topic: str, record: Read) -> Told:
    """Return a record as it is shown."""
    if topic == FINDINGS:
        return finding(record.position, record.value)
    one = publication_of(topic, record.key, record.value, record.headers)
    line = record.value if topic in (JOURNAL, STATES) else docket.ENCODER.encode(one)
    return Told(record.position, line, one)
