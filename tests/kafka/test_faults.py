"""Whatever dies, the same tasks come out, none of them twice, and nothing is left unread: real processes, real signals."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from streams import clock
from streams.kafka.broker import set_up
from streams.kafka.connection import connection_to
from tests.kafka.conftest import free_port
from tests.kafka.installation import Installation
from tests.kafka.test_parity import embedded, history
from tests.streams.county import folded, lines, write_rules

if TYPE_CHECKING:
    from pathlib import Path

    from streams.kafka.connection import Connection


class Load(threading.Thread):
    """Sends a history to the feed, evenly over some seconds, one record after the other."""

    def __init__(self, kafka: Installation, events: list[Any], seconds: float) -> None:
        super().__init__()
        self.kafka, self.events, self.seconds = kafka, events, seconds
        self.failed: BaseException | None = None
        self.start()

    def run(self) -> None:
        began, step = time.monotonic(), 25
        for place in range(0, len(self.events), step):
            due = began + self.seconds * place / len(self.events)
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                self.kafka.send(self.events[place : place + step], key="outage_id")
            except BaseException as error:  # noqa: BLE001 - told by `finish`
                self.failed = error
                return

    def finish(self) -> None:
        """Wait for the last record."""
        self.join()
        if self.failed is not None:
            raise self.failed


def repeated(published: list[bytes]) -> list[str]:
    """Return tasks that were opened while they stood, or told something else without ever being opened."""
    standing: set[str] = set()
    wrong = []
    for change in map(json.loads, published):
        name, kind = change["task_id"], change["change"]
        if (kind == "opened") == (name in standing):
            wrong.append(f"{name} {kind}")
        (standing.discard if kind == "withdrawn" else standing.add)(name)
    return wrong


def check(kafka: Installation, expected: dict[str, Any]) -> None:
    """Compare everything that must be right in the end."""
    kafka.settle(clock.now())
    published = kafka.lines()
    assert folded(published) == expected
    assert repeated(published) == []
    kafka.caught_up()


def prepared(tmp_path: Path, seed: int, count: int) -> tuple[Path, list[Any], dict[str, Any]]:
    """Return rules, a history, and the tasks that it has to come to."""
    rules = write_rules(tmp_path / "rules")
    events = history(seed, count)
    (tmp_path / "feed.jsonl").write_bytes(lines(events))
    return rules, events, embedded(rules, tmp_path / "feed.jsonl", tmp_path)


def test_workers_are_killed_stopped_added_and_taken_away(connection: Connection, tmp_path: Path) -> None:
    """`kill -9` of each stage, SIGTERM, and workers that come and go, while events come."""
    rules, events, expected = prepared(tmp_path, 11, 1_500)
    with Installation(connection, tmp_path) as kafka:
        kafka.publish(rules)
        intake, first = kafka.start("intake"), kafka.start("watching", "first")
        load = Load(kafka, events, 30)
        kafka.until(kafka.lines, "waiting for the first task")
        second = kafka.start("watching", "second")
        kafka.until(lambda: "partitions" in second.said, "waiting for a second worker")
        time.sleep(2)  # here and below: load goes on between two faults, so that each meets work under way
        first.kill()
        intake.kill()
        kafka.start("intake", "intake-again")
        third = kafka.start("watching", "third")
        time.sleep(7)
        assert second.stop() == 0
        kafka.start("watching", "first-again")  # with a new disk: it reads its rows from the log
        time.sleep(2)
        third.signal(signal.SIGTERM)
        load.finish()
        check(kafka, expected)


def test_a_worker_that_slept_longer_than_its_session_changes_nothing(connection: Connection, tmp_path: Path) -> None:
    """It wakes up with a transaction that it cannot finish, and ends; what it had is judged by the other one."""
    rules, events, expected = prepared(tmp_path, 12, 1_000)
    with Installation(connection, tmp_path) as kafka:
        kafka.publish(rules)
        kafka.start("intake")
        sleeper = kafka.start("watching", "sleeper")
        kafka.start("watching", "awake")
        load = Load(kafka, events, 22)
        kafka.until(lambda: "share read" in sleeper.said, "waiting for the first share")
        sleeper.signal(signal.SIGSTOP)
        time.sleep(12)  # not a wait for something: the fault itself, longer than the worker's session
        sleeper.signal(signal.SIGCONT)
        load.finish()
        check(kafka, expected)


@pytest.mark.usefixtures("kafka_jars")
def test_the_broker_is_killed_and_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARLY_KAFKA_PREFIX", "killed")
    rules, events, expected = prepared(tmp_path, 13, 1_000)
    broker = set_up(tmp_path / "broker", 1, free_port())
    broker.start()
    try:
        with Installation(connection_to(broker.cluster.bootstrap), tmp_path) as kafka:
            kafka.publish(rules)
            kafka.start("intake")
            kafka.start("watching")
            load = Load(kafka, events, 20)
            kafka.until(kafka.lines, "waiting for the first task")
            broker.kill()
            time.sleep(3)  # how long there is no broker
            broker.start()
            load.finish()
            check(kafka, expected)
    finally:
        broker.stop()


def test_records_that_are_no_events_stop_nothing(connection: Connection, tmp_path: Path) -> None:
    """Broken text, an empty record, an event without a field, a huge one, a packed record that nobody of us wrote."""
    rules, events, expected = prepared(tmp_path, 14, 200)
    poison = [b"\xff\xfe\x00", b"", b"[[]]", b'{"type": "outage.started"}', b'{"type": "no.such"}', b'"' + b"x" * 900_000 + b'"']
    with Installation(connection, tmp_path) as kafka:
        kafka.publish(rules)
        kafka.start("intake")
        kafka.start("watching")
        kafka.send(events[:100], key="outage_id")
        kafka.send(poison)
        kafka.send_to(kafka.names.watched, [b"not packed", b""])
        kafka.send(events[100:], key="outage_id")
        check(kafka, expected)
        letters = [json.loads(record.value) for record in kafka.read(kafka.names.rejected)]
        assert Counter(letter["topic"] for letter in letters) == {kafka.names.feed: len(poison)}
        assert all(letter["reason"] and letter["code"] for letter in letters)
        assert max(len(letter.get("raw", "")) for letter in letters) == 900_002
