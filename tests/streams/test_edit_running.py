"""Rules edited while they run, a story for each row of the documented table, through the real runtime and its store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from engine.language import EFFECTS
from streams.embedded import status
from tests.streams.county import LONG, REPEATED, RULES, at, good_rules, restored, started, write_rules
from tests.streams.test_runtime import County

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FEW = {"catalogue.yaml": RULES["catalogue.yaml"], "repeated-outage.yaml": REPEATED, "long-outage.yaml": LONG}
THREE = [started("O-1", 0), started("O-2", 1), started("O-3", 2)]


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    """Return a county with two rules, at its beginning."""
    county = County(tmp_path)
    county.move(0)
    county.change_rules(FEW)
    yield county
    county.store.close()


def lines(county: County, after: int = 0) -> list[dict[str, Any]]:
    """Return what was published behind a position."""
    return [json.loads(text) for _, text in county.store.changes(after)]


def repeated(**words: str) -> dict[str, str]:
    """Return the rules with other words in the counting one."""
    text = REPEATED
    for old, new in words.items():
        text = text.replace({"number": "at least 3", "within": "10 days", "if_": "not planned"}[old], new)
    return {**FEW, "repeated-outage.yaml": text}


def long(old: str, new: str) -> dict[str, str]:
    """Return the rules with other words in the waiting one."""
    return {**FEW, "long-outage.yaml": LONG.replace(old, new)}


@pytest.mark.parametrize("stops", [False, True], ids=["while it runs", "while it is stopped"])
class TestAnEdit:
    """Each row, taken up by a running program, and by one that was stopped and starts with the new rules."""

    @pytest.fixture(autouse=True)
    def _stop(self, county: County, stops: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - the parameter of each row
        if stops:

            def stopped(rules: dict[str, str]) -> set[str]:
                for path in (county.folder / "rules").glob("*.yaml"):
                    path.unlink()
                county.rules = good_rules(write_rules(county.folder / "rules", rules))
                county.restart()
                return county.runtime.rebuilt

            monkeypatch.setattr(county, "change_rules", stopped)

    def test_of_words_keeps_what_the_rule_knows_and_what_was_said(self, county: County) -> None:
        county.tell(*THREE)
        before = len(lines(county))
        assert county.change_rules({**FEW, "repeated-outage.yaml": REPEATED.replace("outages in", "times dark in")}) == set()
        assert lines(county, before) == []
        county.tell(started("O-4", 3))
        assert [(one["change"], one["say"], one["evidence"]) for one in lines(county, before)] == [
            ("updated", "4 times dark in TA-1", ["O-4"])
        ]

    def test_to_a_lower_number_judges_the_next_event(self, county: County) -> None:
        county.tell(*THREE[:2])
        assert county.change_rules(repeated(number="at least 2")) == set()
        county.move(3)
        assert county.told() == []
        county.tell(started("O-3", 3))
        assert county.told() == [("opened", "repeated-outage", ["O-1", "O-2", "O-3"])]

    def test_to_a_higher_number_leaves_open_tasks_until_the_next_event(self, county: County) -> None:
        county.tell(*THREE)
        assert county.change_rules(repeated(number="at least 5")) == set()
        assert county.told(1) == []
        county.tell(started("O-4", 3))
        assert [(one["change"], one["at"] < at(3)) for one in lines(county, 1)] == [("ended", True)]
        county.tell(started("O-5", 4))
        assert county.told(2) == [("opened", "repeated-outage", ["O-1", "O-2", "O-3", "O-4", "O-5"])]

    def test_to_a_higher_number_leaves_what_was_found_when_a_late_event_comes(self, county: County) -> None:
        county.tell(*THREE, started("O-4", 3))
        county.change_rules(repeated(number="at least 9"))
        county.restart()
        county.tell(started("O-0", 2.5))
        assert county.told(2) == [("updated", "repeated-outage", ["O-0"])]

    def test_to_a_shorter_wait_moves_deadlines_and_marks_what_was_past(self, county: County) -> None:
        county.tell(started("O-1", 0), started("O-2", 6, "TA-2"))
        county.move(10)
        assert county.change_rules(long("12 hours", "6 hours")) == set()
        county.move(10)
        assert [(one["evidence"], one["at"], one["because"]["edit"]) for one in lines(county)] == [
            (["O-1"], at(6)[:19] + "Z", "rule changed")
        ]
        county.move(14)
        assert [(one["evidence"], "edit" in one["because"]) for one in lines(county, 1)] == [(["O-2"], False)]

    def test_to_a_shorter_wait_leaves_what_was_answered_and_what_was_decided(self, county: County) -> None:
        county.tell(started("O-1", 0), restored("O-1", 8), started("O-2", 0))
        county.move(15)
        assert county.told() == [("opened", "long-outage", ["O-2"])]
        county.change_rules(long("12 hours", "6 hours"))
        county.restart()
        county.move(16)
        assert county.told(1) == []
        county.tell(restored("O-2", 11))
        assert county.told(1) == [("withdrawn", "long-outage", [])]

    def test_to_a_shorter_window_counts_less_from_the_next_event_on(self, county: County) -> None:
        county.tell(*THREE[:2])
        assert county.change_rules(repeated(within="1 hour")) == set()
        county.tell(started("O-3", 2.5), started("O-4", 3), started("O-5", 3.2))
        assert county.told() == [("opened", "repeated-outage", ["O-3", "O-4", "O-5"])]

    def test_to_a_longer_wait_is_built_anew(self, county: County) -> None:
        county.tell(started("O-1", 0), started("O-2", 10))
        county.move(15)
        assert county.change_rules(long("12 hours", "20 hours")) == {"long-outage"}
        assert county.told() == [("opened", "long-outage", ["O-1"]), ("withdrawn", "long-outage", [])]
        county.move(22)
        assert [told[0] for told in county.told(2)] == ["opened"]

    def test_of_the_condition_is_built_anew_and_the_other_rule_keeps_its_deadline(self, county: County) -> None:
        county.tell(*THREE, started("O-4", 3, planned=True))
        county.move(13)
        assert county.change_rules(repeated(if_="planned")) == {"repeated-outage"}
        assert county.told(1) == [("withdrawn", "repeated-outage", [])]
        county.move(14)
        assert county.told(2) == [("opened", "long-outage", ["O-1"])]

    def test_from_live_to_shadow_ends_open_tasks_and_goes_on_in_the_shadow(self, county: County) -> None:
        county.tell(*THREE)
        county.move(5)
        rules = {**FEW, "repeated-outage.yaml": REPEATED.replace("status: live", "status: shadow")}
        assert county.change_rules(rules) == set()
        ended = lines(county, 1)
        assert [(one["change"], one["because"]) for one in ended] == [("ended", {"edit": "rule no longer live"})]
        county.tell(started("O-4", 5))
        assert [(one["change"], one["status"]) for one in lines(county, 2)] == [("updated", "shadow")]
        county.restart()
        assert lines(county, 3) == []

    def test_that_takes_a_rule_away_ends_its_tasks(self, county: County) -> None:
        county.tell(*THREE)
        county.move(5)
        county.change_rules({name: text for name, text in FEW.items() if name != "repeated-outage.yaml"})
        assert [(one["change"], one["because"]) for one in lines(county, 1)] == [("ended", {"edit": "rule no longer live"})]

    def test_of_another_file_touches_nothing(self, county: County) -> None:
        county.tell(*THREE)
        before = sorted(county.store.watches())
        assert county.change_rules({**FEW, "feeds/scada.yaml": "feed: scada\n"}) == set()
        assert (sorted(county.store.watches()), len(lines(county))) == (before, 1)


def test_a_task_that_was_over_the_moment_it_was_found_has_nothing_to_end(county: County) -> None:
    single = REPEATED.replace("  count: at least 3\n  within: 10 days\n", "").replace("{count} outages", "an outage")
    county.change_rules({**FEW, "repeated-outage.yaml": single})
    county.tell(*THREE)
    before = len(lines(county))
    county.change_rules({**FEW, "repeated-outage.yaml": single.replace("status: live", "status: shadow")})
    assert lines(county, before) == []


def test_events_that_come_while_a_rule_is_built_anew_are_judged_by_the_old_version_and_then_by_the_new(county: County) -> None:
    county.tell(*[started(f"P-{number}", 0, f"TA-{number}", planned=True) for number in range(10, 1_510)])
    rules = long("12 hours", "20 hours")
    rules["repeated-outage.yaml"] = REPEATED.replace("  if: not planned\n", "")
    county.folder.joinpath("next").mkdir()
    assert county.runtime.begin(good_rules(write_rules(county.folder / "next", rules)), county.now) is None
    assert county.runtime.go_on(county.now) is None
    county.tell(*THREE)
    assert county.told() == [("opened", "repeated-outage", ["O-1", "O-2", "O-3"])]
    assert county.runtime.go_on(county.now) is None
    county.tell(started("O-4", 3, planned=True))
    county.move(5)
    while county.runtime.go_on(county.now) is None:
        continue
    assert county.told(1) == [("updated", "repeated-outage", ["O-4"])]
    county.move(15)
    assert county.told(2) == []
    county.move(22)
    assert len(county.store.changes(2, 9_999)) == 1_501


def test_rules_with_errors_are_kept_counted_and_forgotten_once_they_are_mended(county: County) -> None:
    county.runtime.refuse(["rules/long-outage.yaml:5:1: 'status' is missing"], county.now)
    told = status(county.store)
    assert told.refused is not None
    assert (told.rules_refused, told.refused.owners, told.refused.problems) == (
        1,
        ["dispatch"],
        ["rules/long-outage.yaml:5:1: 'status' is missing"],
    )
    county.change_rules(long("12 hours", "11 hours"))
    told = status(county.store)
    assert (told.rules_refused, told.refused) == (1, None)


def test_every_row_of_the_table_has_its_story() -> None:
    told = {"other", "text", "number", "shorter", "meaning", "demoted", "gone"}
    elsewhere = {"promoted", "validity", "depends", "new"}  # in test_revision.py and test_runtime.py
    assert told | elsewhere == set(EFFECTS)


@pytest.mark.parametrize("slices", range(3))
def test_what_a_rule_learns_while_another_version_is_on_its_way_is_not_lost(county: County, slices: int) -> None:
    county.tell(*THREE[:2])
    county.folder.joinpath("next").mkdir()
    rules = good_rules(write_rules(county.folder / "next", repeated(number="at least 4")))
    assert county.runtime.begin(rules, county.now) is None
    assert [county.runtime.go_on(county.now) for _ in range(slices)] == [None] * slices
    county.tell(THREE[2])
    while county.runtime.go_on(county.now) is None:
        continue
    county.tell(started("O-4", 3))
    assert county.told() == [("opened", "repeated-outage", ["O-1", "O-2", "O-3"]), ("updated", "repeated-outage", ["O-4"])]
