"""A restart knows kept events by their names alone, where today's catalogue gives them the names that the store has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.streams.county import RULES, published, restored, retracted, started
from tests.streams.test_runtime import County

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHERWISE = {
    **RULES,
    "catalogue.yaml": RULES["catalogue.yaml"].replace(
        "    late_by: 2 hours\n    id: outage_id\n", "    late_by: 2 hours\n    id: [outage_id, transformer_area]\n"
    ),
}
DEFINED = ("outage.restored", "outage.started")


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    """Return a county in which two outages were told, one of them was corrected, and one is over."""
    county = County(tmp_path)
    county.tell(started("O-1", 0), started("O-2", 1), restored("O-1", 2), source="scada")
    county.tell(started("O-2", 1, customers=7, revision=1), retracted("O-3", 2), source="scada")
    county.move(3)
    yield county
    county.store.close()


def known(county: County) -> dict[str, list[bool]]:
    """Return of each type's events whether they are known as events, and not by name alone."""
    return {name: [not isinstance(one, int) for one in county.runtime.world.by_name[name].seen.values()] for name in DEFINED}


def test_after_a_restart_what_was_told_once_is_known_by_name(county: County) -> None:
    assert known(county) == {"outage.restored": [True], "outage.started": [True, True]}
    county.restart()
    assert known(county) == {"outage.restored": [False], "outage.started": [False, True]}
    county.tell(restored("O-1", 2), started("O-1", 0), source="scada")
    assert county.store.counters("repeated") == {"scada": 2}
    assert known(county) == {"outage.restored": [True], "outage.started": [True, True]}


def test_a_retraction_finds_what_is_known_by_name(county: County) -> None:
    county.tell(started("O-4", 2), started("O-5", 2), source="scada")
    assert ("opened", "repeated-outage") in [told[:2] for told in county.told()]
    county.restart()
    county.tell(retracted("O-1", 3), retracted("O-2", 3), source="scada")
    assert ("withdrawn", "repeated-outage") in [told[:2] for told in county.told()]
    before = published(county.store)
    county.restart()
    assert published(county.store) == before


def test_under_a_catalogue_that_names_events_otherwise_they_are_read_until_all_have_their_names(county: County) -> None:
    county.change_rules(OTHERWISE)
    for _ in range(2):
        county.restart()
        assert known(county) == {"outage.restored": [True], "outage.started": [False, True]}
        assert list(county.runtime.world.by_name["outage.restored"].seen) == [("scada", "O-1/TA-1")]
    county.change_rules(RULES)
    county.restart()
    county.restart()
    assert known(county) == {"outage.restored": [False], "outage.started": [False, True]}
