"""A whole installation for tests: topics of its own, workers as processes, history in, tasks out, and every signal that may hit them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from streams import clock
from streams.folder import Folder, read_folder
from streams.kafka.deadline import FAILED
from streams.kafka.publishing import publish
from streams.kafka.setup import set_up
from streams.kafka.status import lags, standing
from streams.kafka.table import HEAD
from streams.lock import Unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from streams.kafka.connection import Connection

HOUSE = Path(__file__).resolve().parent.parent.parent
#: What puts the clock of a worker ten minutes ahead.
AHEAD = {"PYTHONPATH": f"{Path(__file__).resolve().parent / 'ahead'}{os.pathsep}{HOUSE}"}
#: A worker that was told to stop has done so in order, or was too slow and is followed by somebody who does its work again.
STOPPED = {0, FAILED}
#: Seconds that anything may take on a machine that does much else.
PATIENCE = 150.0


class Worker:
    """One process of one stage."""

    def __init__(self, installation: Installation, words: Sequence[str], surroundings: Mapping[str, str]) -> None:
        stage, name, *more = words
        self.log = installation.folder / f"{name}.log"
        self.words, self.surroundings = words, surroundings
        command = [*installation.program, "kafka", "run", stage, "--bootstrap", installation.connection.bootstrap]
        command += ["--data", str(installation.folder / name), *more]
        environment = {**installation.environment, **surroundings}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=HOUSE, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
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
        return self.process.wait(timeout=PATIENCE)

    @property
    def has_share(self) -> bool:
        """Return whether it was given partitions at some time."""
        return re.search(r"partitions .*mine=\[\d", self.said) is not None

    @property
    def said(self) -> str:
        """Return what it has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


class Installation:
    """Topics, rules and workers of one test."""

    program = (sys.executable, "-m", "streams")

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
        self.producer = KafkaProducer(
            **connection.options, acks="all", linger_ms=5, reconnect_backoff_max_ms=500, max_request_size=16_000_000
        )

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
                self.workers[place] = Worker(self, worker.words, worker.surroundings)

    # In ---------------------------------------------------------------------------------------------------------------

    def publish(self, rules: Path) -> None:
        """Have everybody go by the rules of a folder."""
        folder = read_folder(rules)
        assert isinstance(folder, Folder)
        publish(self.connection, folder, [self.names.feed], clock.now())

    def start(self, stage: str, name: str = "", *more: str, surroundings: Mapping[str, str] = MappingProxyType({})) -> Worker:
        """Start a worker; `surroundings` is what the environment says to it beside what it says to all."""
        worker = Worker(self, (stage, name or stage, *more), surroundings)
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
        last = max((future.get(timeout=2 * PATIENCE).timestamp for future in sent), default=0)
        return last * 1000

    def send_to(self, topic: str, values: Iterable[bytes]) -> None:
        """Write to any topic, as somebody might who has no business there."""
        for future in [self.producer.send(topic, value=value, partition=0) for value in values]:
            future.get(timeout=PATIENCE)

    def post(self, topic: str, partition: int, value: bytes) -> None:
        """Write to a partition of one of our topics, as another stage does."""
        self.producer.send(topic, value=value, partition=partition)

    # Out --------------------------------------------------------------------------------------------------------------

    def until(self, holds: Callable[[], Any], what: str, pause: float = 0.1) -> Any:
        """Return what `holds` comes to, as soon as it comes to something; brokers that do not answer just now are asked again."""
        end, why = time.monotonic() + PATIENCE, "nothing happened"
        while time.monotonic() < end:
            try:
                if found := holds():
                    return found
            except (KafkaError, Unusable) as error:
                why = repr(error)
            self.tend()
            time.sleep(pause)
        pytest.fail(f"{what}: {why}\n{self.told()}")

    def told(self) -> str:
        """Return the ends of all logs and where everything stands."""
        logs = [f"--- {worker.log.name} ({worker.process.poll()})\n{worker.said[-1500:]}" for worker in self.workers]
        try:
            logs += [*map(str, standing(self.connection)), *map(str, lags(self.connection, [self.names.feed]))]
        except (KafkaError, Unusable) as error:
            logs.append(repr(error))
        return "\n".join(logs)

    def settle(self, moment: int) -> None:
        """Wait until every partition has come to a moment (microseconds), that is, has judged and decided everything up to there."""

        def is_settled() -> bool:
            found = standing(self.connection)
            return len(found) == self.partitions and all((one.reached or 0) >= moment for one in found)

        self.until(is_settled, "waiting for time to pass")

    def read(self, topic: str) -> list[Any]:
        """Return every record of a topic that a reader of committed ones sees, partition by partition."""
        options = {"enable_auto_commit": False, "isolation_level": "read_committed", "auto_offset_reset": "earliest"}
        found = []
        with closing(KafkaConsumer(**self.connection.options, **options)) as consumer:
            for number in sorted(consumer.partitions_for_topic(topic) or ()):
                partition = TopicPartition(topic, number)
                consumer.assign([partition])
                consumer.seek_to_beginning(partition)
                end = consumer.end_offsets([partition])[partition]
                while consumer.position(partition) < end:
                    found += consumer.poll(timeout_ms=500).get(partition, [])
        return found

    def aged(self, stage: str = "watching") -> list[str]:
        """Return the keys of rows of a stage that stand behind newer ones of the same key: read again, they would bring the past back."""
        newest: dict[tuple[int, bytes], bytes] = {}
        found = []
        for record in self.read(self.names.rows_of(stage)):
            if record.value:
                name, made_by = (record.partition, record.key), record.value[:HEAD]
                found += [f"{record.partition}: {record.key!r}"] if made_by < newest.get(name, made_by) else []
                newest[name] = made_by
        return found

    def alerts(self) -> list[str]:
        """Return the topics of what is told beside the journal and leads to people."""
        return [self.names.told(one) for one in (*(f"alert.l{level}" for level in range(6)), "supervision", "kpi")]

    def caught_up(self) -> None:
        """Wait until every stage has counted as read everything that stands before it, or nearly so: marks go on coming."""
        self.until(
            lambda: all(one.committed is not None and one.behind < 20 for one in lags(self.connection, [self.names.feed]) if one.end),
            "waiting for commits to reach the end",
        )

    def lines(self) -> list[bytes]:
        """Return every published line."""
        return [record.value for record in self.read(self.names.changes)]
