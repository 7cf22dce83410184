"""Rows that are no event: each keeps its place, the reason, what would be right, and itself."""

from __future__ import annotations

import pytest

from engine.events import Rejected
from tests.support.feeds import HEADER, OUTAGES, one_field, outcomes


def refused(text: str, lines: str | list[str]) -> tuple[str, str, str]:
    """Return code, place and reason of the only rejection."""
    (found,) = [one for one in outcomes(text, lines) if isinstance(one, Rejected)]
    assert found.right
    assert found.source
    return found.code, found.path, found.reason


CELLS = [
    ("value", "started_at", "gestern", "time-format", "'gestern' is not a time in the format of the mapping"),
    ("{column: value, time: '%d/%m/%Y'}", "started_at", "31/02/2026", "no-such-time", "'31/02/2026' is no date of the calendar"),
    ("{column: value, time: '%d/%m/%y %I %p'}", "started_at", "1/3/26 13 PM", "no-such-time", "'1/3/26 13 PM' is no date of the calendar"),
    ("value", "customers", "many", "not-a-whole-number", "'many' is not a whole number"),
    ("value", "customers", "4.5", "not-a-whole-number", "'4.5' is not a whole number"),
    ("value", "customers", "1e400", "not-a-whole-number", "'1e400' is not a whole number"),
    ("value", "customers", "", "empty", "nothing stands under 'value'"),
    ("'{value}/{id}'", "transformer_area", "", "empty", "nothing stands under 'value' or 'id'"),
    ("value", "customers_share", "half", "not-a-number", "'half' is not a number"),
    ("value", "customers_share", "1e999", "not-a-number", "'1e999' is not a number"),
    ("value", "planned", "perhaps", "not-yes-or-no", "'perhaps' is neither yes nor no"),
    ("value", "area_class", "city", "not-on-the-list", "'city' is not on the list"),
    ("{column: value, values: {a: urban}}", "area_class", "b", "unknown-value", "'b' is not among the 'values'"),
    ("{column: value, number: whole}", "cause", "T-7", "not-a-whole-number", "'T-7' is not a whole number"),
]  # fmt: skip


@pytest.mark.parametrize(("setting", "name", "text", "code", "reason"), CELLS)
def test_a_value_that_cannot_be_read_is_told_with_its_field(setting: str, name: str, text: str, code: str, reason: str) -> None:
    rows = ["id,value,at\n", f"O-1,{text},2026-03-01\n"]
    assert refused(one_field(setting, name), rows) == (code, f"feed.csv:2.{name}", reason)


@pytest.mark.parametrize(("time", "what"), [("2026-03-08 02:30", "did not happen"), ("2026-11-01 01:30", "happened twice")])
def test_a_time_that_a_clock_change_makes_doubtful_is_not_guessed_at(time: str, what: str) -> None:
    found = refused(one_field("at", "started_at", top="zone: America/New_York"), f"id,at\nO-1,{time}\n")
    assert found == ("clock-change", "feed.csv:2.started_at", f"{time}:00 {what} in America/New_York, because the clocks were changed")


ROWS = [
    ("O-1,A,2026-03-01\n", "the row has 3 columns"),
    ("O-1,A,2026-03-01,,1,2,3\n", "the row has 7 columns"),
    ('O-1,"A,2026-03-01,,1\n', "a quote is opened and never closed"),
    ('O-1,"A"B,2026-03-01,,1\n', "a sign follows a closing quote"),
    ("O-1,A\0,2026-03-01,,1\n", "the row holds a NUL byte"),
    ("O-1,A\udcff,2026-03-01,,1\n", "the row holds bytes that are not text in this encoding"),
    ('O-1,"' + "x" * 140_000 + '",2026-03-01,,1\n', "a cell is longer than 131072 signs; is a quote missing?"),
    ("O-1,A\rB,2026-03-01,,1\n", "a line break stands inside a cell without quotes"),
]


@pytest.mark.parametrize(("row", "reason"), ROWS, ids=[reason[:30] for _, reason in ROWS])
def test_a_row_that_is_none_costs_itself_and_no_other(row: str, reason: str) -> None:
    good = "O-2,A,2026-03-01,2026-03-02,1\n"
    found = outcomes(OUTAGES, [HEADER, good, row, good])
    assert [one.kind.name if not isinstance(one, Rejected) else (one.code, one.path, one.reason) for one in found] == [
        *["outage.started", "outage.restored"],
        ("unreadable-row", "feed.csv:3", reason),
        *["outage.started", "outage.restored"],
    ]


def test_a_stray_quote_does_not_swallow_the_rows_after_it() -> None:
    rows = ['O-1,"A,2026-03-01,2026-03-02,1\n', "O-2,A,2026-03-01,2026-03-02,1\n", 'O-3,A","2026-03-01,2026-03-02,1\n']
    found = outcomes(OUTAGES, [HEADER, *rows])
    assert {one.outage_id for one in found if not isinstance(one, Rejected)} == {"O-2"}
    assert [one.path for one in found if isinstance(one, Rejected)] == ["feed.csv:2", "feed.csv:4"]


def test_a_file_without_a_column_that_is_needed_is_not_read_at_all() -> None:
    (found,) = outcomes(OUTAGES, "number,area,began,ended,household\nO-1,A,2026-03-01,,1\n")
    assert str(found) == (
        "feed.csv:1: there is no column 'households'; did you mean 'household'?; nothing of the file is read until its columns are "
        "there; one that may be absent stands under 'may_be_absent'"
    )
    assert found.code == "no-such-column"


def test_a_column_that_may_be_absent_is_empty_then() -> None:
    (started, left_out) = outcomes(
        OUTAGES.replace("zone:", "may_be_absent: ended\nzone:"), "number,area,began,households\nO-1,A,2026-03-01,1\n"
    )
    assert (started.outage_id, left_out.reason) == ("O-1", "still out")


def test_two_columns_of_one_name_are_refused_when_one_is_needed() -> None:
    assert refused(OUTAGES, "number,area,area,began,ended,households\n")[2] == "column 'area' stands twice in the line of names"


def test_a_broken_line_of_names_is_told() -> None:
    assert refused(OUTAGES, 'number,"area\n')[:2] == ("unreadable-row", "feed.csv:1")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "the line is not JSON: expecting property name enclosed in double quotes at column 2"),
        ("[1]", "the line is not an object but '[1]'"),
        ("[" * 3000, "the line is nested too deeply"),
        ('{"a": "\0"}', "the row holds a NUL byte"),
    ],
)
def test_a_line_that_is_no_json_object_is_told(text: str, reason: str) -> None:
    assert refused("format: json lines" + OUTAGES, [text]) == ("unreadable-row", "feed.csv:1", reason)


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("[\n{},,]", "feed.csv:2", "the file is not JSON: expecting value at line 2, column 4; nothing after it was read"),
        ('{"rows": [1]}', "feed.csv:1", "the record is not an object but '1'"),
        ('{"other": []}', "feed.csv:1", "there is no 'rows' on the way to 'rows'"),
        ('{"rows": [' + "[" * 3000, "feed.csv:1", "the file is nested too deeply from here on"),
    ],
)
def test_a_document_that_is_broken_is_told_from_there_on(text: str, place: str, reason: str) -> None:
    path = "records: rows\n" if "rows" in text or "other" in text else ""
    found = [one for one in outcomes("format: json\n" + path + OUTAGES, text) if isinstance(one, Rejected) and one.code == "unreadable-row"]
    assert [(one.path, one.reason) for one in found] == [(place, reason)]


def test_a_member_that_holds_several_values_is_told() -> None:
    text = one_field("value", top="format: json lines")
    assert refused(text, '{"id": "O-1", "at": "2026-03-01", "value": [1, 2]}') == (
        "not-one-value",
        "feed.csv:1.customers",
        "'value' holds a list",
    )


def test_a_half_character_in_json_reaches_neither_an_event_nor_a_message() -> None:
    found = outcomes(one_field("value", "cause", top="format: json lines"), '{"id": "O-1", "at": "2026-03-01", "value": "x\\ud800"}')
    assert [(one.code, one.path, one.reason) for one in found] == [("unusable-text", "feed.csv:1.cause", "'value' is 'x\\ud800'")]
    (told,) = outcomes(one_field("value", top="format: json lines"), '{"id": "O-1", "at": "2026-03-01", "value": "x\\ud800"}')
    assert str(told).encode()


def test_what_the_gate_refuses_names_the_row_too() -> None:
    code, path, _ = refused(one_field("{column: value, time: '%d/%m/%Y'}", "started_at"), "id,value,at\nO-1,01/03/1066,\n")
    assert (code, path) == ("out-of-range", "feed.csv:2.started_at")


def test_a_row_without_what_first_of_asks_for_is_told() -> None:
    assert refused(one_field("at", "started_at", top="first_of: id"), "id,at\n,2026-03-01\n") == (
        "empty",
        "feed.csv:2",
        "nothing stands under id",
    )
