"""A warning that nobody reads shows in `clearly status`: a subscription or somebody who reads to the end takes it away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engine.casework import Subscription
from streams import clock
from streams.cli.program import answer
from streams.notify import Mailroom, mailroom_of, unread
from streams.readers import Read, last_read, note_read, readers_of
from tests.streams.test_office import House

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Return a database in which a task was issued on the rung of 重要 eight days ago, and climbed since."""
    house = House(tmp_path)
    house.find()
    for _ in range(8):
        house.pass_(days=1)
    house.store.close()
    return tmp_path / "db"


def shown(db: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the topics that `clearly status --json` names."""
    capsys.readouterr()
    assert answer(["status", "--db", str(db), "--json"]) == 0
    return [one["topic"] for one in json.loads(capsys.readouterr().out)["unread"]]


def test_what_nobody_reads_for_a_week_is_named_for_people_and_for_machines(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(db, capsys) == ["alert.l0", "alert.l1"]
    assert answer(["status", "--db", str(db)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "有消息而七天无人订阅、无人读取 told, and neither subscribed to nor read for 7 days" in told
    assert "alert.l1" in told


def test_who_has_read_to_the_end_is_noted_and_who_subscribes_counts(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["tail", "--topic", "alert.unit", "--db", str(db)]) == 0
    assert shown(db, capsys) == []
    assert last_read(db).keys() == {f"alert.l{level}" for level in range(6)}
    readers_of(db).unlink()
    assert answer(["tail", "--topic", "findings", "--db", str(db)]) == 0
    assert shown(db, capsys) == ["alert.l0", "alert.l1"]

    room = Mailroom(mailroom_of(db))
    room.add(Subscription(name="high", to="https://example.org", level=1), 0, clock.now())
    assert shown(db, capsys) == ["alert.l0"]
    room.add(Subscription(name="all", to="https://example.org"), 0, clock.now())
    assert shown(db, capsys) == []
    room.add(Subscription(name="all", to="https://example.org", expires="2026-03-05"), 0, clock.now())
    assert shown(db, capsys) == ["alert.l0"]
    room.close()


def test_two_who_read_are_one_note_and_a_note_that_is_damaged_is_none(tmp_path: Path) -> None:
    db = tmp_path / "db"
    note_read(db, ["alert.l1"], Read(5, 10))
    note_read(db, ["alert.l1", "kpi"], Read(3, 20))
    assert last_read(db) == {"alert.l1": Read(5, 20), "kpi": Read(3, 20)}
    readers_of(db).write_bytes(b"{")
    assert last_read(db) == {}
    note_read(tmp_path / "nowhere" / "db", ["kpi"], Read(1, 1))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["db.readers"]


def test_nothing_is_said_before_a_week_is_over(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.find()
    assert unread(house.store, house.now + 6 * 86_400_000_000) == []
    (one, *_) = unread(house.store, house.now + 8 * 86_400_000_000)
    assert (one.topic, one.records) == ("alert.l1", 1)
    house.store.close()
