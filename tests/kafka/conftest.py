"""One real broker for all Kafka tests of a run, however many processes share it.

Without Java, Maven or a Kafka folder the tests are skipped, saying so; where CI is set they fail instead.
"""

from __future__ import annotations

import fcntl
import os
import socket
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from streams.kafka.broker import ABOVE, LOOPBACK, Brokers, found, set_up
from streams.kafka.connection import Connection, connection_to
from streams.kafka.jars import jars, java
from streams.lock import Unusable
from tests.kafka.load import County

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HERE = os.path.dirname(__file__)  # noqa: PTH120 - compared with what pytest says


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if str(item.path).startswith(HERE):
            item.add_marker(pytest.mark.kafka)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each fault as many histories as CLEARLY_ROUNDS says, one where it says nothing."""
    if "county" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(1, int(os.environ.get("CLEARLY_ROUNDS", "1")) + 1))


@pytest.fixture
def county(tmp_path: Path, seed: int, record_property: Callable[[str, object], None]) -> County:
    """Return a county whose outages come while things go wrong."""
    return County(tmp_path, seed, record_property)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one process at a time do something."""
    with (folder / "kafka.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def free_port(above: int = ABOVE) -> int:
    """Return a port that nobody listens on, three of them in a row in fact, and the same so much higher."""
    for port in range(21_000 + os.getpid() % 2000 * 4, 29_900, 4):
        try:
            for one in (port, port + 1, port + 2, port + above, port + above + 1, port + above + 2):
                with socket.socket() as tried:
                    tried.bind((LOOPBACK, one))
        except OSError:
            continue
        return port
    pytest.fail("no free port on this machine")


@pytest.fixture(scope="session")
def kafka_jars() -> Path:
    """Return the jars of Apache Kafka, or skip: without them nothing here can be tested."""
    try:
        java()
        return jars()
    except Unusable as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI has to test on a real broker: {error}")
        pytest.skip(f"no real broker: {error}")


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def broker(shared_folder: Path, request: pytest.FixtureRequest) -> Iterator[Brokers]:
    """Return the one broker that every test may use; the last process that uses it stops it."""
    request.getfixturevalue("kafka_jars")
    folder, users = shared_folder / "kafka", shared_folder / "kafka.users"
    with alone(shared_folder):
        count = int(users.read_text()) if users.exists() else 0
        here = found(folder) if (folder / "cluster.json").exists() else set_up(folder, 1, free_port())
        here.start()
        users.write_text(str(count + 1))
    yield here
    with alone(shared_folder):
        count = int(users.read_text()) - 1
        users.write_text(str(count))
        if count == 0:
            here.stop()


@pytest.fixture
def connection(broker: Brokers, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """Return the way to an installation of this test's own on the shared broker: its topics begin with a name that no other test has."""
    monkeypatch.setenv("CLEARLY_KAFKA_PREFIX", f"t{uuid.uuid4().hex[:10]}")
    return connection_to(broker.cluster.bootstrap)


@pytest.fixture
def bootstrap(broker: Brokers) -> str:
    """Return where clients reach the broker."""
    return broker.cluster.bootstrap
