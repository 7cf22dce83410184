"""The scorecards of a running program: each month of each unit is told once, after months of standing still as well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from engine.casework import Size, Tally, month_period
from streams import docket, scorecards
from streams.cli.program import answer
from tests.streams.test_office import House

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from engine.casework import Publication


def cards(house: House) -> list[Publication]:
    """Return every scorecard that was told."""
    return [one for _, one in docket.published(house.store) if one.type == "clearly.scorecard.monthly.v1"]


def keys(house: House) -> list[str]:
    """Return of which unit and month each scorecard is."""
    return [one.key for one in cards(house)]


def test_a_month_is_told_at_its_turn_for_each_unit_and_those_above_it_and_as_the_command_shows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = House(tmp_path)
    house.find()
    house.say("ack", "zhang-wei")
    house.pass_(days=29, hours=15, minutes=45)  # 23:55 of the last of March
    house.pass_(minutes=1)
    assert cards(house) == []
    for _ in range(3):
        house.pass_(minutes=5)
    assert keys(house) == ["chengguan/2026-03", "linxi/2026-03", "qinghe/2026-03"]
    (one, *_) = cards(house)
    assert (one.topic, one.unit, one.subject) == ("kpi", "chengguan", "scorecard/chengguan/2026-03")
    assert one.body["score"]["rates"]["ack"] == {"met": 1, "of": 1, "ranked": False, "share": 1.0}
    assert one.body["score"]["counts"] == {"issued": 1, "closed": 0, "cancelled": 0, "breaches": 2}
    for _ in range(3):
        house.pass_(hours=1)
    assert len(cards(house)) == 3
    house.store.close()

    capsys.readouterr()
    db = str(tmp_path / "db")
    assert answer(["unit", "scorecard", "chengguan", "--month", "2026-03", "--db", db, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["score"] == json.loads(json.dumps(one.body["score"]))
    assert answer(["tail", "--topic", "kpi", "--db", db, "--unit", "linxi"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["key"] for line in told] == ["chengguan/2026-03", "linxi/2026-03"]


def test_months_of_standing_still_are_made_up_exactly_once_and_come_out_as_if_nothing_had_stood(tmp_path: Path) -> None:
    running, standing = House(tmp_path / "running"), House(tmp_path / "standing")
    for house in (running, standing):
        house.find()
        house.say("ack", "zhang-wei")
        house.say("extend", "zhou.min", reason="parts", data={"by": "10 working days"})
    for _ in range(95):
        running.pass_(days=1)
    standing.restart()
    standing.pass_(days=95)
    standing.restart()  # before anything was made of it
    for _ in range(10):
        standing.pass_(minutes=1)
        standing.restart()
    assert keys(standing) == []  # each look was the first after a start
    for _ in range(10):
        standing.pass_(minutes=1)
    assert {one.body["month"] for one in cards(standing)} == {"2026-03", "2026-04"}
    assert [(one.id, one.body) for one in cards(standing)] == [(one.id, one.body) for one in cards(running)]
    before = cards(standing)
    standing.restart()
    for _ in range(5):
        standing.pass_(minutes=1)
    assert cards(standing) == before
    for house in (running, standing):
        house.store.close()


def test_a_month_is_made_a_few_tasks_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorecards, "SLICE", 1)
    house = House(tmp_path)
    house.find()
    period = month_period("2026-03", "Asia/Shanghai")
    assert period is not None
    assert docket.moved_within(house.store, *period) == [house.task().id]
    house.pass_(days=31)
    house.pass_(minutes=1)
    assert len(cards(house)) == 3
    house.store.close()


def test_a_month_has_the_length_that_the_calendar_gives_it() -> None:
    leap, december = month_period("2028-02", "UTC"), month_period("2026-12", "UTC")
    assert leap is not None
    assert december is not None
    assert [(one.until - one.since) // 86_400_000_000 for one in (leap, december)] == [29, 31]
    assert month_period("2026-13", "UTC") is None
    assert Tally().score(Size()).counts["issued"] == 0
