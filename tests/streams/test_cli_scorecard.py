"""`clearly unit scorecard`: a month as the head of a unit reads it, worked out from the journal alone."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from engine.casework import encode_entry
from streams.cli.program import answer
from tests.streams.test_office import House

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database in which Chengguan signed twelve tasks, all in time, and Hongling ten, two of them too late."""
    house = House(tmp_path_factory.mktemp("house"))
    house.find()
    house.say("ack", "zhang-wei")
    good = house.journal()
    house.store.close()
    late = House(tmp_path_factory.mktemp("late"))
    late.find()
    late.pass_(days=1)
    late.say("ack", "zhang-wei")
    bad = late.journal()
    late.store.close()
    copies = [("chengguan", good, number) for number in range(12)] + [
        ("hongling", bad if number < 2 else good, number) for number in range(10)
    ]
    with closing(sqlite3.connect(house.folder / "db")) as connection, connection:
        connection.execute("DELETE FROM journal")
        for unit, journal, number in copies:
            for entry in journal:
                change = {**entry.data.get("change", {}), **({"unit": unit, "home": unit} if entry.seq == 1 else {})}
                told = replace(entry, task_id=f"T-{number}@{unit}", data={**entry.data, "change": change})
                connection.execute(
                    "INSERT INTO journal (task, seq, at, kind, line) VALUES (?, ?, ?, ?, ?)",
                    (told.task_id, told.seq, told.at, told.kind, encode_entry(told)),
                )
    return house.folder / "db"


def card(db: Path, capsys: pytest.CaptureFixture[str], unit: str, month: str = "2026-03", *more: str) -> dict[str, object]:
    """Return a scorecard for machines."""
    capsys.readouterr()
    assert answer(["unit", "scorecard", unit, "--month", month, "--db", str(db), "--json", *more]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_a_unit_is_measured_against_those_beside_it(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = card(db, capsys, "hongling", "2026-03", "--customers", "5000", "--complaints", "4")
    score = found["score"]
    assert isinstance(score, dict)
    assert score["rates"]["ack"] == {"met": 8, "of": 10, "ranked": True, "share": 0.8}
    assert found["ranks"] == {"ack": {"place": 2, "of": 2}}
    assert score["counts"] == {"issued": 10, "closed": 0, "cancelled": 0, "breaches": 2}
    assert (score["issued_per_10_000_customers"], score["issued_per_complaint"]) == (20.0, 2.5)
    assert found["supervisor"] == "qinghe-supervision"
    assert card(db, capsys, "chengguan")["ranks"] == {"ack": {"place": 1, "of": 2}}


def test_the_unit_above_answers_for_all_below_it(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    score = card(db, capsys, "linxi")["score"]
    assert isinstance(score, dict)
    assert score["rates"]["ack"]["of"] == 22
    assert score["counts"]["issued"] == 22


def test_another_month_has_nothing_of_it(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    score = card(db, capsys, "linxi", "2026-04")["score"]
    assert isinstance(score, dict)
    assert (score["rates"], score["counts"]["issued"]) == ({}, 0)


def test_it_can_be_read_and_says_what_is_too_few(db: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert answer(["unit", "scorecard", "hongling", "--month", "2026-03", "--db", str(db)]) == 0
    seen = capsys.readouterr().out
    for said in ("按时签收 signed on time", "80 %", "8 / 10", "2 / 2", "待签收 waiting for a signature"):
        assert said in seen, seen
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute("DELETE FROM journal WHERE task = 'T-9@hongling'")
    answer(["unit", "scorecard", "hongling", "--month", "2026-03", "--db", str(db)])
    assert "样本太少，不排名 too few to rank" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("unit", "month", "told"),
    [
        ("atlantis", "2026-03", "atlantis: there is no such unit"),
        ("linxi", "2026-13", "--month 2026-13: not a month; write for example 2026-03"),
        ("linxi", "March", "--month March: not a month"),
    ],
)
def test_what_there_is_no_card_for_is_told_in_a_line(
    db: Path, capsys: pytest.CaptureFixture[str], unit: str, month: str, told: str
) -> None:
    assert answer(["unit", "scorecard", unit, "--month", month, "--db", str(db)]) == 2
    assert told in capsys.readouterr().err
