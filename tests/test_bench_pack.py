"""The made-up province of `make bench-pack`, small: all of it is read, and another order of arrival comes to the same tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.pack import Province, measure

if TYPE_CHECKING:
    from pathlib import Path


def test_a_small_province_comes_to_the_same_tasks_where_events_arrive_in_another_order(tmp_path: Path) -> None:
    found = measure(3_000, 0, 7, tmp_path)
    assert found["same_in_another_order"]
    assert found["tasks"] > 300
    assert (found["areas"], found["megabytes"] > 50) == (300, True)
    assert len(found["per_rule"]) > 12
    assert 0 < found["rejected"] < 20, "only what was cut off is refused"


def test_the_same_seed_makes_the_same_province() -> None:
    assert Province(500, 3, 100).lines() == Province(500, 3, 100).lines()
    assert Province(500, 3, 100).lines() != Province(500, 4, 100).lines()
