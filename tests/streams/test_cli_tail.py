"""`clearly tail --topic …`: whoever wants to know reads the topic that is meant for them, by level, by unit, from any position."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from engine.events import Envelope, envelope
from streams.cli.program import answer
from tests.streams.test_office import House

if TYPE_CHECKING:
    from pathlib import Path

SIGNED = ["task.candidate", "task.issued", "task.acknowledged"]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with a task that climbed the whole ladder before somebody signed, and was asked for by a wrong person."""
    house = House(tmp_path_factory.mktemp("tail"))
    house.find()
    house.say("accept", "zhang-wei")
    house.pass_(days=40)
    house.say("ack", "zhang-wei")
    house.say("ack", "sun-jie")
    house.store.close()
    return house.folder / "db"


def tail(db: Path, capfdbinary: pytest.CaptureFixture[bytes], *options: str) -> list[Any]:
    """Return what `clearly tail` writes."""
    capfdbinary.readouterr()
    assert answer(["tail", "--db", str(db), *options]) == 0
    return [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]


def test_a_level_is_a_topic_and_a_plus_means_all_above_it(db: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert [one["level"] for one in tail(db, capfdbinary, "--topic", "alert.l3")] == [3]
    assert [one["topic"] for one in tail(db, capfdbinary, "--topic", "alert.l3+")] == ["alert.l3", "alert.l4", "alert.l5", "alert.l5"]
    every = tail(db, capfdbinary, "--topic", "alert.unit", "--unit", "linxi")
    assert [one["topic"][-2:] for one in every] == ["l1", "l0", "l1", "l2", "l3", "l0", "l4", "l5", "l5"]
    assert [one["level"] for one in tail(db, capfdbinary, "--topic", "alert.l0", "--level", "2")] == [3]


@pytest.mark.parametrize(("unit", "found"), [("linxi", 1), ("qinghe.linxi", 1), ("chengguan", 1), ("qinghe", 1), ("donghu", 0)])
def test_a_unit_stands_for_everything_below_it(unit: str, found: int, db: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert len(tail(db, capfdbinary, "--topic", "alert.l4", "--unit", unit)) == found


def test_the_journal_is_a_topic_that_folds_to_the_state(db: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    entries = tail(db, capfdbinary, "--topic", "task.events")
    assert [one["kind"] for one in entries if one["kind"] in SIGNED] == SIGNED
    (state,) = tail(db, capfdbinary, "--topic", "task.state")
    assert (state["state"], state["level"], state["seq"]) == ("ACKED", 5, len(entries))
    assert tail(db, capfdbinary, "--topic", "task.state", "--from", str(len(entries))) == []
    assert [one["kind"] for one in tail(db, capfdbinary, "--topic", "task.events", "--from", str(len(entries) - 2))] == [
        "task.acknowledged",
        "clock.breached",
    ]


@pytest.mark.parametrize("status", ["live", "shadow"])
def test_findings_of_rules_on_trial_can_be_left_out(status: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    house = House(tmp_path, status=status)
    house.receive_outages()
    house.store.close()
    assert {one["status"] for one in tail(house.folder / "db", capfdbinary, "--status", status)} == {status}
    assert tail(house.folder / "db", capfdbinary, "--status", {"live": "shadow", "shadow": "live"}[status]) == []


@pytest.mark.parametrize("topic", ["findings", "task.events", "task.state", "alert.l3", "supervision"])
def test_everything_is_told_as_cloudevents_with_ids_that_another_reading_repeats(
    topic: str, db: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    told = tail(db, capfdbinary, "--topic", topic, "--cloudevents")
    assert told == tail(db, capfdbinary, "--topic", topic, "--cloudevents")
    assert len({one["id"] for one in told}) == len(told)
    assert all(isinstance(envelope(json.dumps(one).encode()), Envelope) for one in told)


def test_a_subscriber_can_filter_without_looking_at_the_data(db: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (one,) = tail(db, capfdbinary, "--topic", "alert.l3", "--cloudevents")
    data = one.pop("data")
    assert one == {
        "specversion": "1.0",
        "id": one["id"],
        "source": "/explain-clearly",
        "type": "clearly.rung.claimed.v1",
        "subject": one["subject"],
        "time": one["time"],
        "datacontenttype": "application/json",
        "partitionkey": "chengguan",
        "unitcode": "chengguan",
        "esclevel": 3,
        "taskstate": "ISSUED",
        "severity": "major",
        "cycle": 1,
        "seq": one["seq"],
        "dedupkey": "repeated-outage/TA-7",
        "lateby": one["lateby"],
    }
    assert one["lateby"] > 86_400
    assert data["rung"] == 3


def test_an_unknown_topic_is_refused_with_the_nearest_one(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["tail", "--db", str(db), "--topic", "alert.l9"]) == 2
    assert capsys.readouterr().err.startswith("--topic alert.l9: there is no such topic; did you mean 'alert.l")
