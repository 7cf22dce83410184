"""The Kafka runtime against its peers, at the same work, in one run on this machine: processor time for each source event.

`make bench-kafka`, or `python bench/kafkabench.py [--events N] [--json]`. The work (W1): of each unplanned outage keep the transformer's
times of the last 60 days; where there are three or more, a finding. Peers: Kafka Streams (Java, RocksDB, at least once, warm: its
second half), and a stock Faust agent with a table write for each event (bench/peers). Every figure is the processor time of the
process alone, without the broker and without what it takes to start; where others use the machine too, wall time says little.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kafka import KafkaProducer

from bench.machine import machine
from streams import clock
from streams.folder import Folder, read_folder
from streams.kafka.broker import set_up as set_up_broker
from streams.kafka.connection import Connection
from streams.kafka.jars import jars, java
from streams.kafka.publishing import publish
from streams.kafka.setup import set_up
from streams.kafka.status import lags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).resolve().parent
HOUSE = HERE.parent
BUILD = HOUSE / "build" / "bench" / "kafka-streams"
PARTITIONS, KEYS, DAYS = 4, 24_590, 400
TICKS = os.sysconf("SC_CLK_TCK")
CATALOGUE = """
time_zone: UTC
events:
  outage.started: {time: ts, late_by: 1 hour, id: id, fields: {id: text, ts: milliseconds, transformer: text, planned: yes/no}}
  outage.restored: {time: ts, late_by: 1 hour, id: id, fields: {id: text, ts: milliseconds, transformer: text, planned: yes/no}}
  complaint.received: {time: ts, late_by: 1 hour, id: id, fields: {id: text, ts: milliseconds, transformer: text, planned: yes/no}}
"""
RULE = """
rule: three-in-sixty
title: Three in sixty days
owner: bench
status: live
reason: "the work that all peers do"
when:
  event: outage.started
  if: not planned
  same: transformer
  count: at least 3
  within: 60 days
task: {severity: minor, to: nobody, due: 5 days, say: "{count}"}
"""


def events(count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield transformer and event, in the order in which they happened."""
    chance = random.Random(1)
    began = clock.now() // 1000 - DAYS * 86_400_000
    for number in range(count):
        transformer = f"T{chance.randrange(KEYS):06}"
        kind = chance.choice(("outage.started", "outage.started", "outage.started", "outage.restored", "complaint.received"))
        at = began + DAYS * 86_400_000 * number // count
        event = {"id": f"e{number}", "ts": at, "type": kind, "transformer": transformer, "planned": chance.random() < 0.47, "customers": 80}
        yield transformer.encode(), json.dumps(event).encode()


def processor_seconds(pid: int) -> float:
    """Return what a process has used of the processor so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def until(holds: Callable[[], Any], seconds: float = 300.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            sys.exit("nothing happens any more")
        time.sleep(0.05)


class Bench:
    """Topics of one run, and what is measured on them."""

    def __init__(self, connection: Connection, folder: Path, count: int) -> None:
        self.connection, self.folder, self.count = connection, folder, count
        self.names = connection.names
        set_up(connection, [self.names.feed], PARTITIONS)

    def fill(self) -> None:
        """Write the events to the feed."""
        producer = KafkaProducer(**self.connection.options, acks="all", linger_ms=50, batch_size=1 << 18)
        for key, value in events(self.count):
            producer.send(self.names.feed, key=key, value=value)
        producer.flush()
        producer.close()

    def publish(self) -> None:
        """Have the one rule hold."""
        rules = self.folder / "rules"
        rules.mkdir()
        (rules / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
        (rules / "three-in-sixty.yaml").write_text(RULE, encoding="utf-8")
        found = read_folder(rules)
        assert isinstance(found, Folder), found
        publish(self.connection, found, [self.names.feed], clock.now())

    def stage(self, name: str, ready: str, begin: Callable[[], None], behind: int) -> dict[str, float]:
        """Return processor time an event, and events a second, of one stage from when it is ready to when nothing waits before it."""
        log = self.folder / f"{name}.log"
        command = [sys.executable, "-m", "streams", "kafka", "run", name, "--bootstrap", self.connection.bootstrap]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*command, "--data", str(self.folder / "rows")], cwd=HOUSE, stdout=out, stderr=subprocess.STDOUT, env=self.environment
            )
        clock.pause(4)  # nothing says that intake is ready and waits for a rulebook
        try:
            until(lambda: re.search(ready, log.read_text(encoding="utf-8")))
            used, began = processor_seconds(process.pid), time.monotonic()
            begin()
            until(lambda: all(one.behind <= behind for one in self.lags(name)) and any(one.end for one in self.lags(name)))
            seconds, cpu = time.monotonic() - began, processor_seconds(process.pid) - used
        finally:
            process.terminate()
            process.wait(60)
        return {"cpu_us": cpu / self.count * 1e6, "events_s": self.count / seconds}

    def lags(self, stage: str) -> list[Any]:
        """Return what waits before a stage."""
        return [one for one in lags(self.connection, [self.names.feed]) if one.stage == stage and one.topic != self.names.findings]

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of the workers."""
        return {**os.environ, "CLEARLY_KAFKA_PREFIX": self.names.prefix, "PYTHONPATH": str(HOUSE)}

    def stock(self, count: int) -> dict[str, float]:
        """Return the figures of a stock Faust agent, over the first events only: it is slow."""
        told = {"TOPIC": self.names.feed, "COUNT": str(count), "BOOTSTRAP": self.connection.bootstrap, "DATA": str(self.folder / "stock")}
        (self.folder / "stock").mkdir()
        command = [sys.executable, "-m", "faust", "-A", "bench.peers.stock_faust", "worker", "-l", "warn", "--without-web"]
        try:
            done = subprocess.run(
                command, cwd=HOUSE, env={**self.environment, **told}, capture_output=True, text=True, check=False, timeout=150
            )
        except subprocess.TimeoutExpired:
            return {"cpu_us": math.nan, "events_s": math.nan}  # its recovery waits for ever now and then
        return figures(done.stdout + done.stderr)

    def kafka_streams(self) -> dict[str, float]:
        """Return the figures of Kafka Streams, its second half: by then it is warm."""
        libs = streams_jars()
        command = [java(), "-cp", f"{BUILD}:{libs}/*:{jars()}/*", "W1", self.connection.bootstrap, self.names.feed]
        state = str(self.folder / "state")
        done = subprocess.run([*command, self.names.changes + ".peer", str(self.count), state], capture_output=True, text=True, check=False)
        return figures(done.stdout + done.stderr)


def figures(said: str) -> dict[str, float]:
    """Return the figures of a peer's RESULT line."""
    found = re.search(r"RESULT cpu_us ([\d.]+) events_s ([\d.]+)", said)
    if found is None:
        sys.exit(f"a peer did not come to an end:\n{said[-2000:]}")
    return {"cpu_us": float(found[1]), "events_s": float(found[2])}


def streams_jars() -> Path:
    """Return the jars of Kafka Streams, brought by Maven once, with the peer compiled against them."""
    libs, peer = BUILD / "lib", HERE / "peers" / "kafka-streams"
    if not (BUILD / "W1.class").exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        maven = ["mvn", "-q", "-B", "-f", str(peer / "pom.xml"), "dependency:copy-dependencies", f"-DoutputDirectory={libs}"]
        subprocess.run(maven, check=True)
        subprocess.run(["javac", "-cp", f"{libs}/*", "-d", str(BUILD), str(peer / "W1.java")], check=True)
    return libs


def nothing() -> None:
    """Begin with what is there."""


def measure(bootstrap: str, folder: Path, count: int) -> dict[str, dict[str, float]]:
    """Return every figure, measured one after the other."""
    connection = Connection(bootstrap)
    connection = Connection(bootstrap, connection.settings.model_copy(update={"prefix": f"bench{os.getpid()}"}))
    bench = Bench(connection, folder, count)
    bench.fill()
    found: dict[str, dict[str, float]] = {}
    works: dict[str, Callable[[], dict[str, float]]] = {
        "intake": partial(bench.stage, "intake", "", bench.publish, 0),
        "watching": partial(bench.stage, "watching", "partitions", nothing, 8),
        "kafka streams, warm": bench.kafka_streams,
        "stock faust": partial(bench.stock, max(2_000, count // 100)),
    }
    for name, work in works.items():
        found[name] = work()
        print(f"{name}: {found[name]['cpu_us']:.1f} µs", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Measure, print, and end with 1 where a bound was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="clearly-bench-"))
    broker = set_up_broker(folder / "broker", 1, 29_500)
    broker.start()
    try:
        found = measure(broker.cluster.bootstrap, folder, chosen.events)
    finally:
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)
    ours = found["intake"]["cpu_us"] + found["watching"]["cpu_us"]
    ratios = {"to Kafka Streams": ours / found["kafka streams, warm"]["cpu_us"], "to stock Faust": found["stock faust"]["cpu_us"] / ours}
    if chosen.json:
        print(json.dumps({"machine": machine(), "events": chosen.events, "figures": found, "ratios": ratios}))
    else:
        show(found, ours, ratios)
    sys.exit(ratios["to Kafka Streams"] > 1.5)


def show(found: dict[str, dict[str, float]], ours: float, ratios: dict[str, float]) -> None:
    """Print a table."""
    print(f"{'':<24}{'CPU µs/event':>14}{'events/s':>12}")
    for name, one in found.items():
        print(f"{name:<24}{one['cpu_us']:>14.1f}{one['events_s']:>12,.0f}")
    print(f"{'intake + watching':<24}{ours:>14.1f}")
    print(f"CPU of Kafka Streams, times {ratios['to Kafka Streams']:.2f} (bound 1.5, aim 1.0)")
    print(f"a stock Faust agent needs {ratios['to stock Faust']:.1f} times as much")


if __name__ == "__main__":
    main()
