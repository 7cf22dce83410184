"""Verdicts of other people's programs on real records, reproduced by rule files. docs/oracles.md is the table of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from engine.language import read_rules
from streams.folder import Folder, read_folder
from tests.oracles.records import RULES, Judged, judged, oracle, rows, shown

if TYPE_CHECKING:
    from pathlib import Path

#: Per source: its rules that count, each with the oracle's file and how many alerts that has.
REPEATED = {
    "pge-2019": {
        "pge-2019-burst-place": ("pge_2019_burst_place_30_in_24h", 317),
        "pge-2019-repeat-location": ("pge_2019_repeat_location_3_in_30d", 2_275),
    },
    "pge-2024": {"pge-2024-repeat-circuit": ("pge_2024_repeat_circuit_3_in_30d", 5_833)},
    "lgeku": {"lgeku-repeat-location": ("lgeku_2022_2023_repeat_location_3_in_60d", 2_410)},
    "boston": {"boston-repeat-property-type": ("boston311_repeat_property_type_3_in_30d", 427)},
    "servicenow": {"servicenow-repeat-caller-category": ("servicenow_repeat_caller_category_3_in_7d", 423)},
}
#: Per source: how many events came of it, and what was left out on purpose.
READ = {
    "pge-2019": (72_159, {}),
    "pge-2024": (20_174, {"no circuit, so nothing can repeat on it": 1}),
    "lgeku": (64_655, {}),
    "boston": (
        10_196 + 8_932 + 8_452,
        {"about no property, so nothing can repeat there": 1_264, "still open when the file was made": 1_744},
    ),
    "servicenow": (10_482, {"not the first row of its number": 50_059, "nobody called, so nobody can call again": 3}),
    "permits": (
        701 + 649,
        {
            "ended before it began; nobody can say which of the two times is wrong": 4,  # rows of 2 cases
            "not the first row of its case_id": 3_515,
            "no end in the log": 52,
        },
    ),
}


def test_the_rules_that_reproduce_the_oracles_pass_the_check() -> None:
    folder = read_folder(RULES)
    assert isinstance(folder, Folder)
    assert [str(problem) for problem in read_rules(folder.files).problems] == []


def is_wholly_read(one: Judged, feed: str) -> bool:
    """Return whether every row of a source was used, or left out for a reason that is known here."""
    report = one.report
    return (report.summary.events, dict(report.harvest.skipped), report.harvest.rejected, report.later) == (*READ[feed], 0, 0)


@pytest.mark.parametrize("feed", REPEATED)
def test_counting_afresh_gives_every_alert_of_elastalert_and_no_other(shared: Path, feed: str) -> None:
    found = judged(shared, feed)
    assert is_wholly_read(found, feed), found.report
    for rule, (name, alerts) in REPEATED[feed].items():
        wanted = sorted((row["key"], row["at"], row["event_id"]) for row in oracle(shared, name))
        tasks = sorted(("|".join(task.key.values()), shown(task), task.evidence[-1]) for task in found.opened(rule))
        assert len(wanted) == alerts
        assert tasks == wanted


def test_boston_calls_overdue_what_the_absence_rule_finds_overdue(shared: Path) -> None:
    found = {task.key["request_id"]: shown(task) for task in judged(shared, "boston").opened("boston-overdue")}
    records = [row for row in rows(shared, "boston") if row["target_dt"]]
    differences = [row for row in records if (row["case_enquiry_id"] in found) != (row["ontime_status"] == "OVERDUE")]
    assert Counter(row["ontime_status"] for row in records) == {"OVERDUE": 3_628, "ONTIME": 6_487, "": 40}
    # The only ones are the 40 requests of which the city says nothing. Each was closed after its time, or is past it and open.
    assert [row["case_enquiry_id"] for row in differences] == [row["case_enquiry_id"] for row in records if not row["ontime_status"]]
    assert all(not row["closed_dt"] or row["closed_dt"] > row["target_dt"] for row in differences)
    assert all(found[row["case_enquiry_id"]] == f"{row['target_dt']}Z" for row in records if row["case_enquiry_id"] in found)
    assert len(found) == 3_628 + 40


def test_a_permit_case_is_overdue_where_it_ended_after_its_planned_end(shared: Path) -> None:
    cases = {row["case_id"]: row for row in rows(shared, "permits")}
    one = judged(shared, "permits")
    assert is_wholly_read(one, "permits"), one.report
    found = {task.key["case_id"]: shown(task) for task in one.opened("permit-overdue")}
    ended = {name: row for name, row in cases.items() if row["ended_at"]}
    late = {name: row["planned_end"] for name, row in ended.items() if row["ended_at"] > row["planned_end"]}
    assert (len(cases), len(ended), len(late)) == (703, 651, 195)
    assert {name: at for name, at in found.items() if name in ended} == late
    # The others have no end in the log: past their planned end when the log stops, and not comparable.
    unended = {name: row["planned_end"] for name, row in cases.items() if not row["ended_at"] and row["planned_end"] < "2012-01-23T23"}
    assert {name: at for name, at in found.items() if name not in ended} == unended
