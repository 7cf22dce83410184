"""Digests of a running program: each told once, after a restart and after days of standing still as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams import docket
from tests.streams.test_office import House

if TYPE_CHECKING:
    from pathlib import Path


def digests(house: House) -> list[tuple[str, str]]:
    """Return kind and day of every digest that was told."""
    found = [one for _, one in docket.published(house.store) if one.topic == "digest"]
    return [(one.type.split(".")[2], one.body.get("day", "")) for one in found]


def test_each_working_day_has_its_circular_and_what_is_under_supervision_is_reminded_of(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.find()
    for _ in range(24 * 10):
        house.pass_(hours=1)
    assert digests(house) == [
        ("circular", "2026-03-03"),
        ("circular", "2026-03-04"),
        ("circular", "2026-03-09"),
        ("reminder", ""),
        ("reminder", ""),
        ("circular", "2026-03-11"),
        ("reminder", ""),
    ]
    house.store.close()


def test_after_a_standstill_each_missed_day_has_its_circular_and_there_is_one_reminder(tmp_path: Path) -> None:
    running, standing = House(tmp_path / "running"), House(tmp_path / "standing")
    for house in (running, standing):
        house.find()
    for _ in range(24 * 10):
        running.pass_(hours=1)
    standing.restart()
    standing.pass_(days=10)
    before = digests(standing)
    assert [one for one in before if one[0] == "circular"] == [one for one in digests(running) if one[0] == "circular"]
    assert [one for one in before if one[0] == "reminder"] == [("reminder", "")]
    standing.restart()
    standing.pass_(minutes=5)
    assert digests(standing) == before
    for house in (running, standing):
        house.store.close()
