"""A broker on this machine: `clearly kafka up` and `down`, and what they say where it cannot be."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaConsumer, KafkaProducer

from streams.cli.program import answer
from streams.kafka import jars as jar_folder
from streams.kafka.broker import answers, found, is_alive
from tests.kafka.conftest import free_port

if TYPE_CHECKING:
    from streams.kafka.broker import Brokers

HOUSE = Path(__file__).resolve().parent.parent.parent
CLEARLY = [sys.executable, "-m", "streams"]


@pytest.mark.usefixtures("kafka_jars")
def test_a_broker_comes_up_and_goes_down_and_comes_up_again_as_it_was(tmp_path: Path) -> None:
    own_broker = tmp_path / "own"
    up = [*CLEARLY, "kafka", "up", "--dir", str(own_broker), "--port", str(free_port())]
    done = subprocess.run(up, capture_output=True, text=True, cwd=HOUSE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    bootstrap = done.stdout.strip()
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    assert subprocess.run([*up], capture_output=True, text=True, cwd=HOUSE, check=True).stdout.strip() == bootstrap
    down = [*CLEARLY, "kafka", "down", "--dir", str(own_broker)]
    producer.close()
    assert subprocess.run(down, capture_output=True, text=True, cwd=HOUSE, check=True).stderr == "1 stopped\n"
    assert not answers(int(bootstrap.rpartition(":")[2]))
    assert subprocess.run([*down, "--remove"], capture_output=True, text=True, cwd=HOUSE, check=True).stderr.startswith("0 stopped")
    assert not own_broker.exists()


def test_the_broker_of_the_tests_is_a_real_one(broker: Brokers) -> None:
    consumer = KafkaConsumer(bootstrap_servers=broker.cluster.bootstrap)
    assert consumer.topics() is not None
    consumer.close()


def test_three_brokers_are_wanted_or_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["kafka", "up", "--brokers", "2", "--dir", str(tmp_path / "b")]) == 2
    assert "--brokers is 1 or 3" in capsys.readouterr().err


def test_going_down_where_nothing_came_up_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["kafka", "down", "--dir", str(tmp_path / "none")]) == 2
    assert "no broker was set up here" in capsys.readouterr().err


def test_without_maven_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CLEARLY_KAFKA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert answer(["kafka", "up", "--dir", str(tmp_path / "b")]) == 2
    assert re.search(r"needs (Java|Apache Kafka)", capsys.readouterr().err)
    assert not (tmp_path / "b").exists()


def test_a_jar_that_was_exchanged_is_noticed(tmp_path: Path) -> None:
    """Every jar is compared with its pinned checksum, missing and additional ones too."""
    names = sorted(jar_folder.pinned())
    (tmp_path / names[0]).write_bytes(b"something else")
    (tmp_path / "zz-more.jar").write_bytes(b"not asked for")
    assert jar_folder.differing(tmp_path) == sorted([*names, "zz-more.jar"])


def test_a_folder_that_is_no_kafka_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CLEARLY_KAFKA_HOME", str(tmp_path))
    assert answer(["kafka", "up", "--dir", str(tmp_path / "b")]) == 2
    assert "holds no kafka_*.jar" in capsys.readouterr().err
    with pytest.raises(Exception, match="no broker was set up"):
        found(tmp_path / "b")


#: starts a process, waits until it has ended, and does not take note of it
CARELESS = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", ""])
os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_broker_that_has_ended_is_not_waited_for_where_whoever_started_it_took_no_note() -> None:
    with subprocess.Popen([sys.executable, "-c", CARELESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(parent.pid)
        assert not is_alive(pid)
        parent.stdin.close()
