"""Whether a remedy worked is measured in the running program: it counts what happened since, and the watch ends by that."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from msgspec.structs import replace

from engine.casework import Effect, Moved
from streams.embedded.measuring import measured
from streams.embedded.parcel import Parcel
from tests.streams.test_office import House, outage

if TYPE_CHECKING:
    from pathlib import Path

H = TypeVar("H", bound=House)
SEEN = {"evidence": ["O-1"]}
LATER = datetime(2026, 5, 20, 2, tzinfo=UTC)
"""More than sixty days after the outages of the task: no rule finds anything in a single one."""


def explanation(target: str, metric: str = "occurrences") -> dict[str, Any]:
    """Return an explanation that promises how often it may come up again."""
    return {
        "what_happened": {"text": "2 月 27 日至 3 月 1 日 TA-7 三次跳闸，每次约 1 小时恢复", **SEEN},
        "timeline": {
            "start": {"at": "2026-03-01 08:00", **SEEN},
            "reported": {"at": "2026-03-01 08:05", **SEEN},
            "dispatched": {"at": "2026-03-01 08:10", **SEEN},
            "arrived": {"at": "2026-03-01 08:40", **SEEN},
            "restored": {"at": "2026-03-01 09:10", **SEEN},
            "answered": {"none": "无投诉"},
        },
        "scope": {size: {"value": "1", **SEEN} for size in ("customers", "important_customers", "complaints", "duration")},
        "direct_cause": {"code": "equipment_fault", "text": "低压出线电缆头受潮，三次均为 B 相对地击穿", **SEEN},
        "responsibility": {"unit": "chengguan", "person": "zhang-wei", "share": "main", "text": "巡视漏项", **SEEN},
        "history": {"text": "2 月 27 日、28 日各一次", "evidence": ["O-1", "O-2", "O-3"]},
        "correction": {"text": "3 月 1 日更换 B 相电缆头 1 只，绝缘 200 MΩ", **SEEN},
        "actions": [{"what": "更换其余 2 只电缆头", "owner": "zhang-wei", "due": "2026-03-10", "criterion": "绝缘电阻不低于 100 MΩ"}],
        "effectiveness": {"metric": metric, "baseline": "3", "target": target, "window": "90 days"},
    }


def watched(folder: Path, target: str, metric: str = "occurrences") -> House:
    """Return a house in which the remedy was accepted, two months ago."""
    return remedied(House(folder), target, metric)


def remedied(house: H, target: str, metric: str = "occurrences") -> H:
    """Return a house after two months in which a remedy was accepted at their beginning."""
    house.find()
    results = [{"action": "1", "result": "更换电缆头 2 只，绝缘 180 MΩ", "done": "2026-03-02 08:10", "evidence": ["O-1"]}]
    for command, actor, more in (
        ("ack", "zhang-wei", {}),
        ("submit_explanation", "sun-jie", {"fields": explanation(target, metric)}),
        ("accept", "zhou.min", {}),
        ("submit_remedy", "sun-jie", {"fields": {"results": results}, "evidence": ["O-1"]}),
        ("accept", "zhou.min", {}),
    ):
        house.clock += timedelta(minutes=10)
        outcome = house.say(command, actor, **more)
        assert isinstance(outcome, Moved), outcome
    assert house.task().state == "WATCHING"
    while house.clock < LATER:
        house.pass_(days=1)
    return house


def receive(house: House, *records: bytes) -> None:
    """Have records come in."""
    receipts = house.runtime.receive([Parcel([*records], "scada")], house.now)
    assert [one.rejected for one in receipts] == [[]]


def ended(house: House) -> tuple[str, int | None, int, dict[str, Any]]:
    """Let the watch end, and return state, rung and cycle, and what was measured."""
    house.pass_(days=20)
    (entry,) = [one for one in house.journal() if one.event == "T.watch"]
    return entry.state, entry.level, entry.cycle, entry.data.get("measured", {})


@pytest.mark.parametrize(
    ("target", "outages", "state", "level", "cycle"),
    [("0", 1, "ISSUED", 2, 2), ("1", 1, "CLOSED", 1, 1), ("0", 0, "CLOSED", 1, 1), ("1", 2, "ISSUED", 2, 2)],
)
def test_what_happened_since_decides_and_what_failed_is_opened_again_one_rung_higher(
    tmp_path: Path, target: str, outages: int, state: str, level: int, cycle: int
) -> None:
    house = watched(tmp_path, target)
    receive(house, *(outage(10 + number, house.clock - timedelta(days=number)) for number in range(outages)))
    house.restart()
    found = ended(house)
    assert found[:3] == (state, level, cycle)
    promised = {"metric": "occurrences", "baseline": "3", "target": target, "window": "90 days"}
    assert found[3] == {**promised, "value": outages, "before": None, "met": state == "CLOSED"}
    house.store.close()


def test_what_was_retracted_corrected_or_happened_elsewhere_is_not_measured(tmp_path: Path) -> None:
    house = watched(tmp_path, "0")
    planned = json.loads(outage(11, house.clock)) | {"planned": True}
    elsewhere = json.loads(outage(12, house.clock)) | {"transformer_area": "TA-8"}
    receive(house, outage(10, house.clock), json.dumps(planned).encode(), json.dumps(elsewhere).encode())
    house.pass_(hours=1)
    taken_back = {"type": "outage.retracted", "outage_id": "O-10", "retracted_at": house.clock.isoformat()}
    receive(house, json.dumps(taken_back).encode())
    found = ended(house)
    assert (found[0], found[3]["value"]) == ("CLOSED", 0)
    house.store.close()


def test_the_same_length_before_the_task_is_counted_too_while_it_is_kept(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.runtime.receive([Parcel([outage(9, house.clock - timedelta(days=9))], "scada")], house.now)
    task = house.find()
    remedied = replace(task, effective_at=house.now)
    for days, effect in ((3, Effect(0, 2)), (30, Effect(0, None))):
        until, criterion = house.now + days * 86_400_000_000, {"metric": "发生次数", "window": f"{days} days"}
        assert measured(house.store, house.rules, remedied, criterion, until) == effect
    assert measured(house.store, house.rules, remedied, {"metric": "满意度"}, house.now) is None
    house.store.close()


def test_a_metric_that_nobody_counts_leaves_it_to_whether_it_came_back(tmp_path: Path) -> None:
    house = watched(tmp_path, "0", "客户满意度")
    receive(house, outage(10, house.clock))
    assert ended(house) == ("CLOSED", 1, 1, {})
    house.store.close()
