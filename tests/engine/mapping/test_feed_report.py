"""What `clearly feed check` says about a mapping and its samples."""

from __future__ import annotations

import json

import msgspec

from engine.events.mapping import LeftOut, Refusal, check
from tests.support.feeds import HEADER, OUTAGES, gate, mapping_from

SAMPLES = [
    ("a.csv", HEADER.replace("\n", ",weather\n") + "O-1,A,2026-03-01,2026-03-02,640,rain\nO-2,A,gestern,,1,\n"),
    ("b.csv", HEADER + "O-3,A,soon,,1\nO-4,A,2026-03-01,,\nO-5,A\n"),
    ("c.csv", "number,area,ended,households\nO-6,A,,1\n"),
]


def test_a_report_counts_everything_and_groups_what_is_alike() -> None:
    report = check(mapping_from(OUTAGES), gate(), SAMPLES)
    assert (report.feed, report.files, report.rows) == ("outages", ["a.csv", "b.csv", "c.csv"], 5)
    assert report.events == {"outage.started": 1, "outage.restored": 1}
    assert [one["type"] for one in report.first] == ["outage.started", "outage.restored"]
    assert report.rejected[0] == Refusal(
        "time-format", "started_at", "'gestern' is not a time in the format of the mapping", "the time format here is 'iso'", "a.csv:3", 2
    )
    assert [(one.code, one.place, one.count) for one in report.rejected[1:]] == [
        ("empty", "b.csv:3", 1),
        ("unreadable-row", "b.csv:4", 1),
        ("no-such-column", "c.csv:1", 1),
    ]
    assert report.skipped == [LeftOut("still out", "outage.restored", "a.csv:3", 3)]
    assert (report.unused, report.absent) == (["weather"], ["began"])
    assert not report.is_fine
    assert report.problem == "5 rejected; the most frequent: 'gestern' is not a time in the format of the mapping"


def test_a_machine_can_read_a_report() -> None:
    report = check(mapping_from(OUTAGES), gate(), SAMPLES[:1])
    assert json.loads(msgspec.json.encode(report))["first"][0]["started_at"] == "2026-02-28T16:00:00Z"


def test_nothing_coming_out_is_a_problem_too() -> None:
    report = check(mapping_from(OUTAGES), gate(), [("a.csv", HEADER)])
    assert (report.rows, report.problem, report.is_fine) == (0, "no event came out", False)


def test_columns_of_json_are_noticed_as_they_come() -> None:
    text = '{"number": "1", "area": "A", "began": "2026-03-01", "households": 1, "extra": {"deep": [1]}}'
    report = check(mapping_from("format: json lines" + OUTAGES), gate(), [("a.jsonl", text)])
    assert (report.unused, report.problem) == (["extra.deep.0"], "")
