"""`clearly kafka setup`: topics are made, checked and mended; what cannot be mended is told with the reason."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from streams.cli.program import answer
from streams.kafka.acl import commands
from streams.kafka.connection import administrator, connection_to
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import Names
from streams.lock import Unusable

if TYPE_CHECKING:
    from pathlib import Path

    from streams.kafka.connection import Connection


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Return exit code and output of `clearly kafka setup`."""
    code = answer(["kafka", "setup", *arguments])
    return code, capsys.readouterr().out


def test_topics_are_made_once_and_found_right_afterwards(connection: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--bootstrap", connection.bootstrap, "--partitions", "4")
    code, said = told(capsys, *options, "--dry-run")
    assert (code, said.count("to do")) == (0, 25)
    code, said = told(capsys, *options)
    assert (code, said.count("done")) == (0, 25)
    assert told(capsys, *options) == (0, "everything is as it should be 一切正常\n")


def test_a_setting_that_was_changed_is_put_right_and_told_with_the_reason(
    connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--bootstrap", connection.bootstrap, "--partitions", "2")
    names = connection.names
    admin = administrator(connection)
    admin.create_topics({names.rows: {"num_partitions": 2, "replication_factor": 1}}, wait_for_metadata=True)
    admin.close()
    code, said = told(capsys, *options)
    assert code == 0
    assert f"done  {names.rows}  cleanup.policy is delete; make it compact" in said
    assert "rows are lost by age" in said
    assert told(capsys, *options) == (0, "everything is as it should be 一切正常\n")


def test_another_number_of_partitions_is_told_and_not_touched(connection: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "--bootstrap", connection.bootstrap, "--partitions", "2")
    code, said = told(capsys, "--bootstrap", connection.bootstrap, "--partitions", "3")
    assert code == 1
    assert f"wrong {connection.names.watched}  2 partitions, not 3" in said
    assert f"wrong {connection.names.feed}" not in said, "a feed may have as many partitions as its owner likes"


def test_rights_name_every_stage_and_no_topic_of_others(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARLY_KAFKA_PREFIX", "clearly")
    code, said = told(capsys, "--bootstrap", "127.0.0.1:9092", "--feed", "outages", "--rights")
    assert code == 0
    assert said.splitlines() == list(commands(Names(), ["outages"], "127.0.0.1:9092"))
    assert set(re.findall(r"User:clearly-(\w+)", said)) == {"intake", "watching", "casework", "ledger", "senders", "people", "publisher"}
    # nobody but the stage whose rows they are may touch them, and watching may not write events
    assert set(re.findall(r"User:clearly-(\w+).*-changelog", said)) == {"watching", "casework"}
    assert not re.search(r"User:clearly-watching.*--topic outages", said)


def test_brokers_beyond_this_machine_are_not_spoken_to_in_the_open(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(["kafka", "setup", "--bootstrap", "kafka.example:9092"]) == 2
    assert "without TLS everybody on the way can read and write" in capsys.readouterr().err
    monkeypatch.setenv("CLEARLY_KAFKA_PLAINTEXT", "true")
    assert connection_to("kafka.example:9092").protocol == "PLAINTEXT"


def test_tls_and_a_password_from_a_file_are_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("open sesame\n")
    monkeypatch.setenv("CLEARLY_KAFKA_TLS", "true")
    monkeypatch.setenv("CLEARLY_KAFKA_USER", "clearly-intake")
    monkeypatch.setenv("CLEARLY_KAFKA_PASSWORD_FILE", str(tmp_path / "password"))
    options = connection_to("kafka.example:9093").options
    assert options["security_protocol"] == "SASL_SSL"
    assert options["ssl_context"].check_hostname
    assert (options["sasl_mechanism"], options["sasl_plain_password"]) == ("SCRAM-SHA-512", "open sesame")
    assert "open sesame" not in repr(KafkaSettings.model_validate({"password": "open sesame"}))


def test_a_certificate_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLEARLY_KAFKA_TLS", "true")
    monkeypatch.setenv("CLEARLY_KAFKA_CA_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(Unusable, match="TLS or password"):
        connection_to("kafka.example:9093")


def test_where_no_broker_answers_it_says_so(house: Path) -> None:
    command = [sys.executable, "-m", "streams", "kafka", "setup", "--bootstrap", "127.0.0.1:1"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=house, check=False)
    assert done.returncode == 2
    assert "127.0.0.1:1: no broker answers" in done.stderr


def test_without_the_libraries_it_says_which_to_install(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    there = {key: ["x"] for key in ["aiokafka", "kafka", "prometheus_client", "rocksdict"]}
    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: there)
    assert answer(["kafka", "setup", "--bootstrap", "127.0.0.1:9092"]) == 2
    assert "pip install 'explain-clearly[kafka]' (no faust)" in capsys.readouterr().err


def test_every_setting_stands_in_the_documents_with_its_default(house: Path) -> None:
    rows = re.findall(r"^\| `CLEARLY_KAFKA_(\w+)` \| (\S+) \|", (house / "docs" / "operations.md").read_text("utf-8"), re.MULTILINE)
    fields = {name.upper(): "–" if field.default is None else str(field.default) for name, field in KafkaSettings.model_fields.items()}
    assert dict(rows) == fields
