"""One worker process: settings read, logs and metrics set up, the stage run until it is told to stop."""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from aiokafka.errors import KafkaError
from kafka import KafkaConsumer

from streams.kafka.casework import casework
from streams.kafka.connection import Silent, answered, in_words
from streams.kafka.deadline import FAILED
from streams.kafka.endpoint import next_to, parted, serve
from streams.kafka.intake import Intake
from streams.kafka.ledger import Ledger
from streams.kafka.stage import run_stage
from streams.kafka.supervisor import Supervisor, children_of
from streams.kafka.watching import watching
from streams.lock import Unusable
from streams.log import configure
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.kafka.connection import Connection

log = structlog.get_logger("clearly")
STAGES = ("intake", "watching", "casework", "ledger", "all")
#: Exit codes: stopped in order, cannot be used as asked.
FINE, UNUSABLE = 0, 2
#: Where rule files of the log are said to stand in messages.
ROOT = Path("rules")


@dataclass(frozen=True, slots=True)
class Worker:
    """What one worker is told. `data` is where a stage with state keeps its rows, `instance` a name that it keeps over restarts."""

    connection: Connection
    stage: str
    data: Path
    instance: str = ""
    metrics: str | None = None
    #: the database of the ledger, and how many watching workers `all` runs
    database: Path | None = None
    watchers: int = 1


def run(worker: Worker) -> int:
    """Run a stage until it is told to stop; return the exit code."""
    configure(Settings().log)
    try:
        if worker.metrics is not None:
            parted(worker.metrics) if worker.stage == "all" else serve(worker.metrics, worker.stage)
        names = worker.connection.names
        seen = {"ledger": names.changes, "casework": names.inbox}.get(worker.stage, names.watched)
        count = partitions_of(worker.connection, seen)
        if worker.stage == "all":
            return run_all(worker)
        if worker.stage == "intake":
            return run_intake(worker.connection)
        if worker.stage == "ledger":
            return run_ledger(worker)
        stage = (casework if worker.stage == "casework" else watching)(worker.connection.names)
        return FINE if run_stage(worker.connection, stage, ROOT, worker.data, worker.instance, count) else FAILED
    except Unusable as error:
        sys.stderr.write(f"{error}\n")
        return FAILED if isinstance(error, Silent) else UNUSABLE


def run_intake(connection: Connection) -> int:
    """Run the intake stage."""
    try:
        asyncio.run(Intake(connection, ROOT).run())
    except KafkaError as error:
        log.error("intake ended; what was not counted as read is read again", why=in_words(error))  # noqa: TRY400 - the message says it all
        return FAILED
    return FINE


def run_ledger(worker: Worker) -> int:
    """Run the ledger."""
    if worker.database is None:
        raise Unusable("clearly kafka run ledger: --db FILE says where the changes are kept")
    Ledger(worker.connection, worker.database).run()
    return FINE


def run_all(worker: Worker) -> int:
    """Run every stage on this machine, under one supervisor."""
    stages: list[tuple[str, list[str]]] = [("intake", [])]
    for number in range(1, worker.watchers + 1):
        name = f"{worker.instance or 'watching'}-{number}"
        stages.append(("watching", ["--data", str(worker.data / name), "--instance", name]))
    name = f"{worker.instance or 'casework'}-cases"
    stages.append(("casework", ["--data", str(worker.data / name), "--instance", name]))
    if worker.database is not None:
        stages.append(("ledger", ["--db", str(worker.database)]))
    if worker.metrics is not None:
        stages = [(stage, [*told, "--metrics", next_to(worker.metrics, place)]) for place, (stage, told) in enumerate(stages)]
    return Supervisor(children_of(stages, ["--bootstrap", worker.connection.bootstrap])).run()


def partitions_of(connection: Connection, name: str) -> int:
    """Return how many partitions everything has, asked of a topic that the stage may see; raise `Unusable` where it is not there."""
    with answered(connection), closing(KafkaConsumer(**connection.options)) as consumer:
        found = consumer.partitions_for_topic(name)
    if not found:
        raise Unusable(f"there is no topic {name}; `clearly kafka setup --bootstrap {connection.bootstrap}` makes it")
    return len(found)
