"""From files to a signed task: events in, a finding, a task, commands at a terminal and their answers, on real brokers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.casework import verify
from streams import docket, tasktable
from streams.cli.program import answer
from streams.embedded import Feed, Options, run
from streams.store import open_reader
from tests.kafka.installation import Installation
from tests.streams.test_office import outage, rules_in

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from streams.kafka.connection import Connection

#: The tasks of this rule are issued at once.
AT_ONCE = "casework: test\nurgent_rules: [repeated-outage]\n"


def events() -> list[bytes]:
    """Return three outages of each of two areas in the last days."""
    now = datetime.now(UTC)
    found = []
    for area in ("TA-7", "TA-30"):
        told = [json.loads(outage(number, now - timedelta(days=number))) for number in (3, 2, 1)]
        found += [one | {"outage_id": f"{area}-{one['outage_id']}", "transformer_area": area} for one in told]
    return [json.dumps(one).encode() for one in found]


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    """Return what a command wrote as JSON."""
    assert answer([*words, "--json"]) == code, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def about(task: dict[str, Any]) -> list[Any]:
    """Return what of a task does not depend on when it was found."""
    return [task[name] for name in ("id", "rule", "key", "severity", "say", "state", "level", "unit", "person", "findings", "seq")]


def test_a_task_is_found_signed_refused_and_explained_as_in_the_embedded_runtime(
    connection: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "casework.yaml").write_text(AT_ONCE, "utf-8")
    rules_in(tmp_path / "rules")
    (tmp_path / "feed.jsonl").write_bytes(b"\n".join(came := events()) + b"\n")
    assert run(Options(tmp_path / "rules", tmp_path / "embedded.db", (Feed(tmp_path / "feed.jsonl"),), once=True)) == 0
    with Installation(connection, tmp_path, 2) as kafka:
        kafka.publish(tmp_path / "rules")
        kafka.start("all", "all", "--db", str(tmp_path / "ledger.db"))
        kafka.send(came)
        kafka.until(lambda: len(kafka.read(kafka.names.told("task.state"))) >= 2, "waiting for two tasks")
        log, file = ("--bootstrap", connection.bootstrap), ("--db", str(tmp_path / "embedded.db"))
        capsys.readouterr()
        tasks = said(capsys, "task", "list", *log)
        assert sorted(map(about, tasks)) == sorted(map(about, said(capsys, "task", "list", *file)))
        (mine,) = [task["id"] for task in tasks if task["unit"] == "chengguan"]
        for where in (log, file):
            (done,) = said(capsys, "task", "ack", mine, "--as", "zhang-wei", *where)
            assert (done["outcome"], done["state"]) == ("done", "ACKED")
            (refused,) = said(capsys, "task", "accept", mine, "--as", "zhang-wei", *where, code=1)
            assert (refused["outcome"], refused["code"]) == ("refused", "state")
        told = said(capsys, "task", "history", mine, *log)
        wanted = said(capsys, "task", "history", mine, *file)
        assert [[one["kind"], one["event"], one["actor"], one["state"]] for one in told] == [
            [one["kind"], one["event"], one["actor"], one["state"]] for one in wanted
        ]
        assert answer(["task", "why", mine, *log]) == 0
        assert "TA-7" in capsys.readouterr().out
        assert answer(["explain", mine.partition("@")[0], *log]) == 0
        assert "TA-7" in capsys.readouterr().out
        question = ("rules", "explain", "repeated-outage", "--key", "transformer_area=TA-7")
        asked, wanted = said(capsys, *question, *log), said(capsys, *question, *file)
        assert [[one["task"]["task_id"] for one in reply["accounts"] if one["task"]] for reply in asked] == [
            [one["task"]["task_id"] for one in reply["accounts"] if one["task"]] for reply in wanted
        ]
        assert "proof" in said(capsys, "task", "why-due", mine, *log)
        check_topics(capsys, mine, log, len(told))
        check_ledger(kafka, tmp_path / "ledger.db", mine, len(told))
        assert answer(["task", "ack", mine, "--as", "zhang-wei", "--db", str(tmp_path / "ledger.db")]) == 2
        assert f"commands go there: --bootstrap {connection.bootstrap}" in capsys.readouterr().err
        assert [worker.stop() for worker in kafka.workers] == [0]


def lines(capsys: pytest.CaptureFixture[str], topic: str, *where: str) -> list[Any]:
    """Return the records of a topic as `clearly tail` writes them."""
    assert answer(["tail", "--topic", topic, *where]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def check_topics(capsys: pytest.CaptureFixture[str], task: str, log: tuple[str, str], entries: int) -> None:
    """Look at what subscribers see: the journal, each task once, and an alert for each of the two."""
    assert [one["seq"] for one in lines(capsys, "task.events", *log) if one["task_id"] == task] == list(range(1, entries + 1))
    assert {one["id"]: one["state"] for one in lines(capsys, "task.state", *log)}[task] == "ACKED"
    alerts = lines(capsys, "alert.l1+", *log)
    assert {(one["type"], one["unit"], one["level"]) for one in alerts} == {
        ("clearly.rung.claimed.v1", unit, 1) for unit in ("chengguan", "donghe-town")
    }
    (cloud,) = lines(capsys, "alert.l1", "--cloudevents", "--unit", "chengguan", *log)
    assert (cloud["subject"], cloud["unitcode"], cloud["esclevel"]) == (task, "chengguan", 1)


def check_ledger(kafka: Installation, database: Path, task: str, entries: int) -> None:
    """Wait until the ledger has the journal of a task, and verify it."""

    def held() -> bool:
        reader = open_reader(database)
        try:
            found = docket.journal_of(reader, task)
            assert verify(found) == ()
            return len(found) == entries and tasktable.counted(reader, tasktable.Filter()) == 2
        finally:
            reader.close()

    kafka.until(held, "waiting for the ledger")
