"""The mapping files that come with the project, over the records that come with it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.events.mapping import FeedReport, check, draft, read_mapping
from engine.source import read
from tests.support.catalogues import shipped
from tests.support.feeds import gate, mapping_from, problems_in

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(__file__).resolve().parents[3]
FEEDS = sorted((HOUSE / "rules" / "feeds").glob("*.yaml"))

#: Why rows are left out.
OLD = "早于停电地图 / started long before the map was watched (the source has a 1987)"
TURNED = "结束早于开始 / ended before it started; nobody can say which of the two times is wrong"
OPEN = "尚未办结 / still open when the file was made"
NOT_FIRST = "非首行 / only the first row of a case opens it, and only that row says whether it is blocked"
NOT_DELETED = "非删除 / only a deletion cancels a case"

#: What comes of each extract: rows, events, and what is left out on purpose.
COMES_OUT = {
    "pge-outages": (45_270, {"outage.started": 45_268, "outage.restored": 45_268}, {OLD: 1, TURNED: 1}),
    "boston-complaints": (
        10_196,
        {"complaint.received": 10_196, "complaint.answered": 8_452, "complaint.closed": 8_452},
        {f"complaint.answered: {OPEN}": 1_744, f"complaint.closed: {OPEN}": 1_744},
    ),
    "hospital-billing": (
        25_042,
        {"case.opened": 4_995, "node.completed": 24_989, "case.cancelled": 494},
        {
            "not the first row of its case_id, activity, timestamp": 53,
            f"case.opened: {NOT_FIRST}": 19_994,
            f"case.cancelled: {NOT_DELETED}": 24_495,
        },
    ),
}


def lines(name: str) -> Iterator[str]:
    with gzip.open(HOUSE / "examples" / "data" / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from file


#: No records of somebody else's: the sheet that a draw of this project writes; tests/streams/test_cli_inspection.py fills it in.
OURS = {"inspection-sheet"}


def test_every_mapping_that_comes_with_the_project_has_its_extract() -> None:
    assert {path.stem for path in FEEDS} == set(COMES_OUT) | OURS


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.stem)
def test_a_shipped_mapping_has_nothing_wrong_with_it(path: Path) -> None:
    assert problems_in(path.read_text("utf-8"), path.name) == []


@pytest.mark.parametrize("name", COMES_OUT)
def test_every_row_of_an_extract_becomes_events_or_is_left_out_for_a_reason(name: str) -> None:
    mapping = mapping_from((HOUSE / "rules" / "feeds" / f"{name}.yaml").read_text("utf-8"), f"{name}.yaml")
    report = check(mapping, gate(), [(f"{name}.csv.gz", lines(name))])
    rows, events, skipped = COMES_OUT[name]
    assert (report.rows, report.events, report.rejected, report.absent) == (rows, events, [], [])
    assert {(f"{one.event}: " if one.event else "") + one.reason: one.count for one in report.skipped} == skipped
    outcomes = sum(report.events.values()) + sum(one.count * (1 if one.event else len(mapping.becomes)) for one in report.skipped)
    assert outcomes == rows * len(mapping.becomes)
    assert report.is_fine


def drafted(name: str) -> str:
    return draft(lines(name), f"{name}.csv.gz", shipped())


@pytest.mark.parametrize(
    ("name", "events", "questions"),
    [
        ("pge-outages", ["outage.started"], ["transformer_area", "planned"]),
        ("boston-complaints", ["complaint.received", "complaint.closed"], ["zone", "customer", "topic", "channel"]),
        ("hospital-billing", ["node.completed"], ["zone"]),
    ],
)
def test_a_draft_of_an_extract_asks_only_what_the_columns_do_not_say(name: str, events: list[str], questions: list[str]) -> None:
    text = drafted(name)
    assert re.findall(r"- event: (\S+)", text) == events
    assert re.findall(r'(\w+): "\?"', text) == questions


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("pge-outages", {"transformer_area": '"{lat},{lon}"', "planned": "{constant: 'no'}"}),
        (
            "boston-complaints",
            {"zone": "America/New_York\nwhen_ambiguous: first", "customer": "case_enquiry_id", "topic": "type", "channel": "source"},
        ),
        ("hospital-billing", {"zone": "Europe/Amsterdam\nwhen_ambiguous: first"}),
    ],
)
def test_a_draft_whose_questions_are_answered_is_a_mapping_and_works(name: str, answers: dict[str, str]) -> None:
    text = drafted(name)
    for field, answer in answers.items():
        text = text.replace(f'{field}: "?"', f"{field}: {answer}")
    document, _ = read(text, f"{name}.yaml")
    assert document is not None
    mapping, problems = read_mapping(document, shipped())
    assert mapping, problems
    report: FeedReport = check(mapping, gate(), [(name, lines(name))])
    assert report.rejected == []
