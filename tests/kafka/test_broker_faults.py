"""Whatever happens to brokers, the same tasks come out: one that is killed, one that hangs, and one of three that is lost."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from streams.kafka.broker import set_up
from streams.kafka.connection import administrator, connection_to
from streams.store import open_reader
from tests.kafka.conftest import free_port
from tests.kafka.installation import Installation
from tests.streams.county import published

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streams.kafka.broker import Brokers, Member
    from tests.kafka.load import County

pytestmark = pytest.mark.usefixtures("kafka_jars")


@contextmanager
def brokers_of(folder: Path, count: int) -> Iterator[Brokers]:
    """Give brokers of a test's own: what happens to them happens to nobody else."""
    brokers = set_up(folder / "brokers", count, free_port())
    try:
        brokers.start()
        yield brokers
    finally:
        for member in brokers.cluster.members:
            tell(brokers, member, signal.SIGCONT)
        brokers.stop()


def tell(brokers: Brokers, member: Member, number: signal.Signals) -> None:
    """Send a signal to a broker, if it runs."""
    pid = brokers.running(member)
    if pid is not None:
        os.kill(pid, number)


def leader(kafka: Installation, topic: str) -> int:
    """Return the number of the broker that leads the first partition of a topic."""
    with closing(administrator(kafka.connection)) as admin:
        return int(admin.describe_topics([topic])[0]["partitions"][0]["leader_id"])


def test_the_broker_is_killed_and_comes_again(tmp_path: Path, county: County) -> None:
    """The supervisor of all stages starts again what ends meanwhile, and does not end itself; the ledger has every line once."""
    with brokers_of(tmp_path, 1) as brokers, Installation(connection_to(brokers.cluster.bootstrap), tmp_path) as kafka:
        kafka.publish(county.rules)
        supervisor = kafka.start("all", "all", "--watchers", "2", "--db", str(tmp_path / "ledger.db"))
        load = county.load(kafka, 1_000, 20)
        kafka.until(kafka.lines, "waiting for the first task")
        brokers.kill()
        time.sleep(3)  # how long there is no broker
        brokers.start()
        county.check(kafka, load)
        lines = sorted(kafka.lines())
        kafka.until(lambda: len(held_by(tmp_path / "ledger.db")) >= len(lines), "waiting for the ledger")
        assert held_by(tmp_path / "ledger.db") == lines
        assert supervisor.process.poll() is None


def held_by(database: Path) -> list[bytes]:
    """Return the lines that a ledger has, sorted."""
    reader = open_reader(database)
    try:
        return sorted(published(reader))
    finally:
        reader.close()


@pytest.mark.parametrize("seconds", [15, pytest.param(40, marks=pytest.mark.slow)])
def test_the_broker_hangs(tmp_path: Path, county: County, seconds: int) -> None:
    """It takes connections and answers nothing, for longer than every session. Who does not come to an end of something ends."""
    with brokers_of(tmp_path, 1) as brokers, Installation(connection_to(brokers.cluster.bootstrap), tmp_path) as kafka:
        kafka.publish(county.rules)
        kafka.start("intake")
        kafka.start("watching", "first")
        kafka.start("watching", "second")
        load = county.load(kafka, 1_000, 10 + seconds)
        kafka.until(kafka.lines, "waiting for the first task")
        (member,) = brokers.cluster.members
        tell(brokers, member, signal.SIGSTOP)
        time.sleep(seconds)  # the fault itself
        tell(brokers, member, signal.SIGCONT)
        county.check(kafka, load)


def test_the_leader_of_three_brokers_is_lost(tmp_path: Path, county: County) -> None:
    """What was written stands on two others, who go on; the lost one comes again and is of no more importance."""
    with brokers_of(tmp_path, 3) as brokers, Installation(connection_to(brokers.cluster.bootstrap), tmp_path) as kafka:
        kafka.publish(county.rules)
        kafka.start("intake")
        kafka.start("watching", "first")
        kafka.start("watching", "second")
        load = county.load(kafka, 1_000, 20)
        kafka.until(kafka.lines, "waiting for the first task")
        lost = leader(kafka, kafka.names.watched)
        (member,) = (one for one in brokers.cluster.members if one.node == lost)
        tell(brokers, member, signal.SIGKILL)
        kafka.until(lambda: leader(kafka, kafka.names.watched) not in {lost, -1}, "waiting for another leader")
        load.join()
        brokers.start()
        county.check(kafka, load)
