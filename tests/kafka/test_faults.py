"""Whatever happens to workers, the same tasks come out, none of them twice, and nothing is left unread: real processes, real signals.

Each test meets work under way: events come all the time, and deadlines are just ahead.
"""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from streams import clock
from streams.kafka.connection import administrator
from streams.kafka.deadletter import Letter, read_letter
from streams.kafka.deadletters import replay
from tests.kafka.installation import AHEAD, STOPPED, Installation
from tests.kafka.test_parity import embedded, history
from tests.streams.county import folded, lines, write_rules

if TYPE_CHECKING:
    from pathlib import Path

    from streams.kafka.connection import Connection
    from tests.kafka.installation import Worker
    from tests.kafka.load import County


def test_workers_are_killed_stopped_added_and_taken_away(connection: Connection, tmp_path: Path, county: County) -> None:
    """`kill -9` of each stage, SIGTERM, and workers that come and go, while events come."""
    with Installation(connection, tmp_path) as kafka:
        kafka.publish(county.rules)
        intake, first = kafka.start("intake"), kafka.start("watching", "first")
        load = county.load(kafka, 1_500, 30)
        kafka.until(kafka.lines, "waiting for the first task")
        second = kafka.start("watching", "second")
        kafka.until(lambda: second.has_share, "waiting for a second worker")
        time.sleep(2)  # here and below: load goes on between two faults, so that each meets work under way
        first.kill()
        intake.kill()
        kafka.start("intake", "intake-again")
        third = kafka.start("watching", "third")
        time.sleep(7)
        assert second.stop() in STOPPED
        kafka.start("watching", "first-again")  # with a new disk: it reads its rows from the log
        time.sleep(2)
        third.signal(signal.SIGTERM)
        county.check(kafka, load)


def test_two_workers_are_added_and_taken_away_in_turn(connection: Connection, tmp_path: Path, county: County) -> None:
    with Installation(connection, tmp_path) as kafka:
        kafka.publish(county.rules)
        kafka.start("intake")
        kafka.start("watching", "first")
        load = county.load(kafka, 1_200, 25)
        kafka.until(kafka.lines, "waiting for the first task")
        second = kafka.start("watching", "second")
        kafka.until(lambda: second.has_share, "waiting for a second worker")
        third = kafka.start("watching", "third")
        kafka.until(lambda: third.has_share, "waiting for a third worker")
        assert second.stop() in STOPPED
        assert third.stop() in STOPPED
        county.check(kafka, load)


def test_workers_are_killed_while_they_read_their_rows(connection: Connection, tmp_path: Path, county: County) -> None:
    """They die with the rows of others half read and former owners fenced; whoever comes next does both again."""
    with Installation(connection, tmp_path) as kafka:
        kafka.publish(county.rules)
        kafka.start("intake")
        first = kafka.start("watching", "first")
        load = county.load(kafka, 1_500, 25)
        kafka.until(lambda: len(kafka.lines()) > 300, "waiting for rows to read")
        for number in range(2):
            kill_while_reading(kafka, kafka.start("watching", f"victim-{number}"))
        first.kill()
        kafka.start("watching", "survivor")
        county.check(kafka, load)


def kill_while_reading(kafka: Installation, victim: Worker) -> None:
    """Kill a worker as soon as it has begun to read its rows."""
    kafka.until(lambda: "reading rows" in victim.said or victim.process.poll() is not None, "waiting for a victim", pause=0.002)
    victim.kill()


def test_a_worker_comes_again_without_its_disk(connection: Connection, tmp_path: Path, county: County) -> None:
    with Installation(connection, tmp_path) as kafka:
        kafka.publish(county.rules)
        kafka.start("intake")
        first = kafka.start("watching", "first")
        load = county.load(kafka, 1_000, 20)
        kafka.until(lambda: len(kafka.lines()) > 100, "waiting for rows to lose")
        first.kill()
        shutil.rmtree(tmp_path / "first")
        kafka.start("watching", "first")
        county.check(kafka, load)


def test_a_clock_that_is_ten_minutes_ahead_decides_nothing(connection: Connection, tmp_path: Path, county: County) -> None:
    """Of intake, and of one of two workers: time is the brokers'. Every deadline of the load would have passed by the wrong clock."""
    with Installation(connection, tmp_path) as kafka:
        kafka.publish(county.rules)
        kafka.start("intake", surroundings=AHEAD)
        kafka.start("watching", "ahead", surroundings=AHEAD)
        kafka.start("watching", "right")
        load = county.load(kafka, 600, 15)
        county.check(kafka, load)
        assert {worker.process.poll() for worker in kafka.workers} == {None}


def test_a_worker_that_slept_with_its_write_half_out_changes_nothing(connection: Connection, tmp_path: Path, county: County) -> None:
    """It wakes up when others have its partitions and the log of rows was compacted, and ends.

    What it had begun holds readers back no longer than until somebody else takes over, however long a transaction may take; and
    whoever reads the compacted log from its beginning afterwards comes to the same tasks.
    """
    with Installation(connection, tmp_path, transaction_seconds=600) as kafka:
        kafka.publish(county.rules)
        kafka.start("intake")
        sleeper = kafka.start("watching", "sleeper")
        load = county.load(kafka, 2_000, 20)
        kafka.until(lambda: sleeper.has_share and kafka.lines(), "waiting for the first task")
        stop_half_way(kafka, sleeper)
        awake = kafka.start("watching", "awake")
        load.join()
        kafka.settle(clock.now())
        compact(kafka)
        sleeper.signal(signal.SIGCONT)
        kafka.until(lambda: sleeper.process.poll() is not None, "waiting for the sleeper to end")
        awake.kill()
        shutil.rmtree(tmp_path / "awake")
        county.check(kafka, load)


def stop_half_way(kafka: Installation, worker: Worker) -> None:
    """Stop a worker in the middle of a transaction that has written rows."""
    rows = [TopicPartition(kafka.names.rows, number) for number in range(kafka.partitions)]
    with closing(administrator(kafka.connection)) as admin:

        def is_half_way() -> bool:
            worker.signal(signal.SIGSTOP)
            states = admin.describe_producers(rows).values()
            if any(one.current_transaction_start_offset >= 0 for state in states for one in state.active_producers):
                return True
            worker.signal(signal.SIGCONT)
            return False

        kafka.until(is_half_way, "waiting for a write to be under way", pause=0.01)


def compact(kafka: Installation) -> None:
    """Have the brokers compact the log of rows, and wait until they have: older rows of the same keys are gone."""
    before = len(kafka.read(kafka.names.rows))
    settings = {"min.compaction.lag.ms": "0", "segment.ms": "200", "min.cleanable.dirty.ratio": "0.01", "delete.retention.ms": "100"}
    with closing(administrator(kafka.connection)) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, kafka.names.rows, configs=settings)])
    kafka.until(lambda: len(kafka.read(kafka.names.rows)) < before * 0.8, "waiting for compaction")


def test_records_that_are_no_events_stop_nothing(connection: Connection, tmp_path: Path) -> None:
    """Broken text, an empty record, an event without a field, large and far too large ones, a packed record that nobody of us wrote."""
    rules = write_rules(tmp_path / "rules")
    events = history(14, 200)
    (tmp_path / "feed.jsonl").write_bytes(lines(events))
    expected = embedded(rules, tmp_path / "feed.jsonl", tmp_path)
    large = [b'"' + b"x" * 900_000 + b'"', b"\xff" * 9_000_000, b'{"type": "outage.started", "note": "' + b"\x01" * 9_000_000 + b'"}']
    poison = [b"\xff\xfe\x00", b"", b"[[]]", b'{"type": "outage.started"}', b'{"type": "no.such"}', *large]
    with Installation(connection, tmp_path) as kafka:
        kafka.publish(rules)
        kafka.start("intake")
        kafka.start("watching")
        kafka.send(events[:100], key="outage_id")
        kafka.send(poison)
        kafka.send_to(kafka.names.watched, [b"not packed", b""])
        kafka.send(events[100:], key="outage_id")
        kafka.settle(clock.now())
        assert folded(kafka.lines()) == expected
        kafka.caught_up()
        letters = [json.loads(record.value) for record in kafka.read(kafka.names.rejected)]
        assert Counter(letter["topic"] for letter in letters) == {kafka.names.feed: len(poison)}
        assert all(letter["reason"] and letter["code"] for letter in letters)
        assert max(len(letter.get("raw", "")) for letter in letters) == 900_002
        too_long = [letter for letter in letters if letter["code"] == "too-long"]
        assert sorted(letter["length"] for letter in too_long) == sorted(map(len, large[1:]))
        names = [f"{letter['topic']}/{letter['partition']}/{letter['offset']}/0" for letter in too_long]
        assert sorted(replay(connection, names, clock.now())) == sorted(names)
        assert Counter(record.value for record in kafka.read(kafka.names.feed))[large[1]] == 2, "sent again as it came"
        kafka.until(lambda: len(letters_in(kafka)) == len(poison) + 2, "waiting for what still does not fit to come back")
        assert {worker.process.poll() for worker in kafka.workers} == {None}
        assert [len(worker.said.split("Traceback")) for worker in kafka.workers] == [1, 1]


def letters_in(kafka: Installation) -> set[str]:
    """Return the ids of all dead letters."""
    read = (read_letter(record.value) for record in kafka.read(kafka.names.rejected))
    return {letter.id for letter in read if isinstance(letter, Letter)}
