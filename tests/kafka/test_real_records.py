"""Real outages, complaints and workflow steps through the shipped rules, by the commands that an operator types: the same tasks."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from typing import TYPE_CHECKING

from streams import clock
from streams.embedded import Feed, Options, run
from streams.store import open_reader
from tests.kafka.installation import Installation
from tests.streams.county import folded, published

if TYPE_CHECKING:
    from pathlib import Path

    from streams.kafka.connection import Connection

#: How many rows of each file: enough for tasks of nearly every rule, few enough for a test. The oldest stands first: to the embedded
#: runtime, history begins with the first event that it reads.
FILES = {"hospital-billing": 3_000, "boston-complaints": 3_000, "pge-outages": 4_000}


def cut(house: Path, folder: Path) -> dict[str, Path]:
    """Return the first rows of each file of real records."""
    found = {}
    for name, rows in FILES.items():
        with gzip.open(house / "examples" / "data" / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
            found[name] = folder / f"{name}.csv"
            found[name].write_text("".join(line for line, _ in zip(file, range(rows), strict=False)), encoding="utf-8")
    return found


def clearly(kafka: Installation, *arguments: str) -> str:
    """Run a command as an operator does, and return what it printed."""
    command = [sys.executable, "-m", "streams", *arguments, "--bootstrap", kafka.connection.bootstrap]
    done = subprocess.run(command, capture_output=True, text=True, env=kafka.environment, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_real_records_come_to_the_same_tasks(connection: Connection, tmp_path: Path, house: Path) -> None:
    rules = house / "rules"
    files = cut(house, tmp_path)
    feeds = tuple(Feed(path, rules / "feeds" / f"{name}.yaml") for name, path in files.items())
    assert run(Options(rules, tmp_path / "embedded.db", feeds, once=True)) == 0
    reader = open_reader(tmp_path / "embedded.db")
    expected = folded(published(reader))
    reader.close()
    assert len(expected) > 300
    with Installation(connection, tmp_path) as kafka:
        clearly(kafka, "kafka", "publish", str(rules))
        maps = [part for name, path in files.items() for part in ("--map", f"{name}={path}")]
        told = clearly(kafka, "kafka", "backfill", *map(str, files.values()), "--rules", str(rules), *maps)
        assert "events sent to" in told
        kafka.start("all", "all", "--watchers", "2", "--db", str(tmp_path / "ledger.db"))
        kafka.settle(clock.now())
        lines = clearly(kafka, "tail").encode().splitlines()
        assert folded(lines) == expected
        status = json.loads(clearly(kafka, "kafka", "status", "--json"))
        assert len(status["partitions"]) == kafka.partitions
        assert len(json.loads(clearly(kafka, "kafka", "lag", "--json"))) == 5 * kafka.partitions
        assert told_by_ledger(kafka, tmp_path / "ledger.db", len(lines)) == sorted(lines)
        assert [worker.stop() for worker in kafka.workers] == [0]


def told_by_ledger(kafka: Installation, database: Path, count: int) -> list[bytes]:
    """Return the lines that the ledger's file holds, once it holds as many as there are."""

    def held() -> list[bytes]:
        reader = open_reader(database)
        try:
            return sorted(published(reader))
        finally:
            reader.close()

    kafka.until(lambda: len(held()) >= count, "waiting for the ledger")
    return held()
