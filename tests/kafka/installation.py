"""A whole installation for tests: topics of its own, workers as processes, history in, tasks out, and every signal that may hit them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams import clock
from streams.folder import Folder, read_folder
from streams.kafka.publishing import publish
from streams.kafka.setup import set_up
from streams.kafka.status import lags, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from streams.kafka.connection import Connection

HOUSE = Path(__file__).resolve().parent.parent.parent
#: Seconds that anything may take on a machine that does much else.
PATIENCE = 90.0


class Worker:
    """One process of one stage."""

    def __init__(self, installation: Installation, stage: str, name: str, *more: str) -> None:
        self.log = installation.folder / f"{name}.log"
        self.arguments = (stage, name, *more)
        command = [sys.executable, "-m", "streams", "kafka", "run", stage, "--bootstrap", installation.connection.bootstrap]
        command += ["--data", str(installation.folder / name), *more]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=HOUSE, env=installation.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Tell it to stop, and return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=40)

    @property
    def said(self) -> str:
        """Return what it has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


class Installation:
    """Topics, rules and workers of one test."""

    def __init__(self, connection: Connection, folder: Path, partitions: int = 4, **settings: Any) -> None:
        self.connection, self.folder, self.names = connection, folder, connection.names
        self.partitions = partitions
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(HOUSE),
            "PYTHONHASHSEED": "0",
            "CLEARLY_KAFKA_SESSION_SECONDS": "6",
            **{f"CLEARLY_KAFKA_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self.workers: list[Worker] = []
        set_up(connection, [self.names.feed], partitions)
        self.producer = KafkaProducer(**connection.options, acks="all", linger_ms=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.signal(signal.SIGCONT)
                worker.kill()
        self.producer.close()

    def tend(self) -> None:
        """Start again what has ended by itself, as a supervisor of processes would."""
        for place, worker in enumerate(self.workers):
            if worker.process.poll() not in {None, 0, -signal.SIGKILL}:
                self.workers[place] = Worker(self, *worker.arguments)

    # In ---------------------------------------------------------------------------------------------------------------

    def publish(self, rules: Path) -> None:
        """Have everybody go by the rules of a folder."""
        folder = read_folder(rules)
        assert isinstance(folder, Folder)
        publish(self.connection, folder, [self.names.feed], clock.now())

    def start(self, stage: str, name: str = "", *more: str) -> Worker:
        """Start a worker."""
        worker = Worker(self, stage, name or stage, *more)
        self.workers.append(worker)
        return worker

    def send(self, records: Iterable[Any], *, key: str = "", headers: Mapping[str, str] | None = None) -> int:
        """Send records to the feed as they are, each under the key in one of its fields; return when the brokers had the last one."""
        told = [(name, value.encode()) for name, value in (headers or {}).items()]
        sent = []
        for record in records:
            value = record if isinstance(record, bytes) else json.dumps(record).encode()
            name = str(record.get(key, "")).encode() if isinstance(record, dict) and key else None
            sent.append(self.producer.send(self.names.feed, key=name, value=value, headers=told))
        last = max((future.get(timeout=60).timestamp for future in sent), default=0)
        return last * 1000

    def send_to(self, topic: str, values: Iterable[bytes]) -> None:
        """Write to any topic, as somebody might who has no business there."""
        for future in [self.producer.send(topic, value=value, partition=0) for value in values]:
            future.get(timeout=30)

    # Out --------------------------------------------------------------------------------------------------------------

    def until(self, holds: Callable[[], Any], what: str) -> Any:
        """Return what `holds` comes to, as soon as it comes to something. Workers that ended meanwhile fail the test."""
        end = time.monotonic() + PATIENCE
        while not (found := holds()):
            self.tend()
            assert time.monotonic() < end, f"{what}: nothing happened\n{self.told()}"
            time.sleep(0.1)
        return found

    def told(self) -> str:
        """Return the ends of all logs and where everything stands."""
        logs = [f"--- {worker.log.name} ({worker.process.poll()})\n{worker.said[-1500:]}" for worker in self.workers]
        return "\n".join([*logs, *map(str, standing(self.connection)), *map(str, lags(self.connection, [self.names.feed]))])

    def settle(self, moment: int) -> None:
        """Wait until every partition has come to a moment (microseconds), that is, has judged and decided everything up to there."""

        def is_settled() -> bool:
            found = standing(self.connection)
            return len(found) == self.partitions and all((one.reached or 0) >= moment for one in found)

        self.until(is_settled, "waiting for time to pass")

    def read(self, topic: str) -> list[Any]:
        """Return every record of a topic that a reader of committed ones sees, partition by partition."""
        consumer = KafkaConsumer(
            **self.connection.options, enable_auto_commit=False, isolation_level="read_committed", auto_offset_reset="earliest"
        )
        found = []
        for number in sorted(consumer.partitions_for_topic(topic) or ()):
            partition = TopicPartition(topic, number)
            consumer.assign([partition])
            consumer.seek_to_beginning(partition)
            end = consumer.end_offsets([partition])[partition]
            while consumer.position(partition) < end:
                found += consumer.poll(timeout_ms=500).get(partition, [])
        consumer.close()
        return found

    def caught_up(self) -> None:
        """Wait until every stage has counted as read everything that stands before it, or nearly so: marks go on coming."""
        self.until(
            lambda: all(one.committed is not None and one.behind < 20 for one in lags(self.connection, [self.names.feed]) if one.end),
            "waiting for commits to reach the end",
        )

    def lines(self) -> list[bytes]:
        """Return every published line."""
        return [record.value for record in self.read(self.names.changes)]
