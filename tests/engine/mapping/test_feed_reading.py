"""What an operator's mapping makes of another system's file: the ways in which values, rows and files are said."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from engine.events import Rejected
from engine.events.mapping import Skipped
from tests.support.feeds import HEADER, OUTAGES, events, mapping_from, one_field, outcomes


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def value(setting: str, text: str, name: str = "customers", **more: str) -> object:
    """Return what one field becomes for one text."""
    (event,) = events(one_field(setting, name, **more), ["id,value,at\n", f'O-1,"{text}",2026-03-01T00:00:00Z\n'])
    return getattr(event, name)


# rows and events


def test_one_row_with_start_and_end_becomes_two_events() -> None:
    started, restored = events(OUTAGES, HEADER + "O-1,台区 7,2026-03-01 08:00,2026-03-01 09:30,640\n")
    assert (started.kind.name, started.outage_id, started.transformer_area, started.customers) == ("outage.started", "O-1", "台区 7", 640)
    assert (started.started_at, started.planned, started.source) == (utc("2026-03-01T00:00"), False, "outages")
    assert (restored.kind.name, restored.restored_at) == ("outage.restored", utc("2026-03-01T01:30"))


def test_an_outage_that_is_not_over_yet_is_told_as_left_out() -> None:
    started, left_out = outcomes(OUTAGES, HEADER + "O-1,A,2026-03-01 08:00,,640\n")
    assert started.kind.name == "outage.started"
    assert left_out == Skipped("still out", "feed.csv", 2, "outage.restored")


def test_every_outcome_names_the_line_on_which_its_row_begins() -> None:
    rows = 'O-1,"two\nlines",2026-03-01,2026-03-02,1\nO-2,A,gestern,2026-03-02,1\n'
    bad = outcomes(OUTAGES, HEADER + rows)[2]
    assert isinstance(bad, Rejected)
    assert (bad.path, bad.raw) == ("feed.csv:4.started_at", b"O-2,A,gestern,2026-03-02,1\n")


def test_the_order_of_the_columns_and_spaces_around_cells_do_not_matter() -> None:
    (started, _) = events(OUTAGES, " households , ended,began,area,number\n 640 ,2026-03-02,2026-03-01,A, O-1 \n")
    assert (started.outage_id, started.customers) == ("O-1", 640)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_what_excel_writes_is_read(start: str, end: str) -> None:
    rows = f'{start}number;area;began;ended;households{end}O-1;"A ""x""";2026-03-01;2026-03-02;1{end}{end}'
    started, _ = events(OUTAGES.replace("zone:", "delimiter: semicolon\nzone:"), rows)
    assert (started.outage_id, started.transformer_area) == ("O-1", 'A "x"')


def test_a_file_without_a_line_of_names_has_them_in_the_mapping() -> None:
    text = OUTAGES.replace("zone:", "columns: [number, area, began, ended, households]\nskip_lines: 1\nzone:")
    started, _ = events(text, "report of today\nO-1,A,2026-03-01,2026-03-02,1\n")
    assert started.outage_id == "O-1"


def test_only_the_first_row_of_a_ticket_opens_it() -> None:
    text = one_field("id", "unit", top="first_of: id")
    found = outcomes(text, "id,at\nT1,2026-03-01\nT1,2026-03-02\nT2,2026-03-02\n")
    assert [one.outage_id if not isinstance(one, Skipped) else one.reason for one in found] == ["T1", "not the first row of its id", "T2"]


@pytest.mark.parametrize(
    ("test", "left_out"),
    [
        ("is: b", ["b"]),
        ("is_not: b", ["a", "c", ""]),
        ("one_of: [a, b]", ["a", "b"]),
        ("not_one_of: [a, b]", ["c", ""]),
        ("is: empty", [""]),
        ("is_not: empty", ["a", "b", "c"]),
    ],
)
def test_rows_are_left_out_by_what_a_column_says(test: str, left_out: list[str]) -> None:
    text = one_field("{constant: u}", "unit", top=f"skip: [{{column: value, {test}, reason: not ours}}]")
    values = ["a", "b", "c", ""]
    found = outcomes(text, ["id,value,at\n", *(f"O-{one},{one},2026-03-01\n" for one in values)])
    assert [values[one.line - 2] for one in found if isinstance(one, Skipped)] == left_out


@pytest.mark.parametrize(
    ("test", "left_out"), [("earlier_than: '2026-01-02'", [2]), ("later_than: '2026-01-02'", [4]), ("earlier_than: at", [2, 3])]
)
def test_rows_are_left_out_by_a_time(test: str, left_out: list[int]) -> None:
    """A time that cannot be read leaves nothing out: the row is then judged by what becomes of it."""
    text = one_field("{constant: u}", "unit", top=f"skip: [{{column: value, {test}, reason: too early}}]")
    rows = [f"O-{day},{day},2026-01-03\n" for day in ("2026-01-01", "2026-01-02", "2026-01-04", "soon", "")]
    assert [one.line for one in outcomes(text, ["id,value,at\n", *rows]) if isinstance(one, Skipped)] == left_out


def test_a_moment_in_a_skip_rule_is_read_in_the_zone_of_the_feed() -> None:
    top = "zone: '+08:00'\nskip: [{column: at, earlier_than: '2026-03-01', reason: old}]"
    found = outcomes(one_field("id", "unit", top=top), "id,at\nO-1,2026-02-28T15:59:59Z\nO-2,2026-02-28T16:00:00Z\n")
    assert [isinstance(one, Skipped) for one in found] == [True, False]


# values


@pytest.mark.parametrize(
    ("setting", "text", "is_"),
    [
        ("value", "640", 640),
        ("value", "640.0", 640),
        ("{column: value, thousands: ','}", "1,640", 1640),
        ("{column: value, factor: '1000'}", "1.5", 1500),
        ("{column: value, thousands: '.', decimal: ','}", "1.640,0", 1640),
        ("{column: value, if_empty: '0'}", "", 0),
        ("{column: value, if_empty: '{id}'}", "7", 7),
        ("{column: value, values: {many: '100', 'about *': '10'}, otherwise: '0'}", "many", 100),
        ("{column: value, values: {many: '100', 'about *': '10'}, otherwise: '0'}", "about a dozen", 10),
        ("{column: value, values: {many: '100', 'about *': '10'}, otherwise: '0'}", "?!", 0),
        ("{constant: '3'}", "whatever", 3),
    ],
)
def test_numbers_are_read_as_the_other_system_writes_them(setting: str, text: str, is_: int) -> None:
    assert value(setting, text) == is_


@pytest.mark.parametrize(
    ("name", "setting", "text", "is_"),
    [
        ("planned", "value", "是", True),
        ("planned", "value", "FALSE", False),
        ("planned", "{column: value, values: {'1': 'yes', '0': 'no'}}", "1", True),
        ("cause", "value", "", None),
        ("cause", "'{id}/{value}'", "storm", "O-1/storm"),
        ("cause", "'{id}/{value}'", "", None),
        ("cause", "{column: value, if_empty: 'unknown at {id}'}", "", "unknown at O-1"),
        ("cause", "{column: value, number: whole}", "152893.0", "152893"),
        ("cause", "{column: value, number: whole, if_empty: none}", "", "none"),
        ("area_class", "{column: value, values: {城市: urban, 农村: rural}}", "农村", "rural"),
        ("customers_share", "value", "12.5", 12.5),
    ],
)
def test_texts_choices_and_numbers_become_what_the_catalogue_asks_for(name: str, setting: str, text: str, is_: object) -> None:
    assert value(setting, text, name) == is_


def test_words_for_nothing_count_as_empty() -> None:
    found = events(
        one_field("value", "cause", top="missing: [NULL, '-']"), "id,value,at\nO-1,NULL,2026-03-01\nO-2,-,2026-03-01\nO-3,x,2026-03-01\n"
    )
    assert [one.cause for one in found] == [None, None, "x"]


# times


@pytest.mark.parametrize(
    ("form", "text", "is_"),
    [
        ("iso", "2026-03-01T08:00:00+08:00", "2026-03-01T00:00"),
        ("iso", "2026-03-01", "2026-03-01T00:00"),
        ("iso", "2026-03-01 08:00:00.25", "2026-03-01T08:00:00.250"),
        ("iso", "2026-03-01T08:00:00,5Z", "2026-03-01T08:00:00.500"),
        ("epoch seconds", "1772323200", "2026-03-01T00:00"),
        ("epoch milliseconds", "1772323200500", "2026-03-01T00:00:00.500"),
        ("%d/%m/%Y %H:%M", "1/3/2026 8:05", "2026-03-01T08:05"),
        ("%Y年%m月%d日 %H时%M分", "2026年3月1日 8时05分", "2026-03-01T08:05"),
        ("%m/%d/%Y %I:%M %p", "3/1/2026 12:05 AM", "2026-03-01T00:05"),
        ("%Y-%m-%d %p %I:%M", "2026-03-01 下午 01:05", "2026-03-01T13:05"),
        ("%d-%b-%y", "01-Mar-26", "2026-03-01T00:00"),
        ("%Y%m%d%H%M%S", "20260301080500", "2026-03-01T08:05"),
        ("%Y-%m-%d %H:%M %z", "2026-03-01 08:00 +0800", "2026-03-01T00:00"),
    ],
)
def test_times_are_read_in_the_format_that_the_mapping_names(form: str, text: str, is_: str) -> None:
    (event,) = events(one_field(f"{{column: value, time: '{form}'}}", "started_at"), ["id,value,at\n", f'O-1,"{text}",\n'])
    assert event.started_at == utc(is_)


def test_formats_are_tried_in_turn() -> None:
    text = one_field("{column: value, time: ['%d/%m/%Y', iso]}", "started_at")
    assert [one.started_at for one in events(text, "id,value,at\nA,01/03/2026,\nB,2026-03-01,\n")] == [utc("2026-03-01T00:00")] * 2


@pytest.mark.parametrize(
    ("zone", "at"), [("Asia/Shanghai", "2026-02-28T16:00"), ("America/New_York", "2026-03-01T05:00"), ("+05:30", "2026-02-28T18:30")]
)
def test_times_without_an_offset_are_in_the_zone_of_the_feed(zone: str, at: str) -> None:
    (event,) = events(one_field("at", "started_at", top=f"zone: '{zone}'"), "id,at\nO-1,2026-03-01\n")
    assert event.started_at == utc(at)


@pytest.mark.parametrize(("way", "at"), [("first", "2026-11-01T05:30"), ("second", "2026-11-01T06:30")])
def test_the_hour_that_comes_twice_is_the_one_that_the_mapping_chooses(way: str, at: str) -> None:
    (event,) = events(one_field("at", "started_at", top=f"zone: America/New_York\nwhen_ambiguous: {way}"), "id,at\nO-1,2026-11-01 01:30\n")
    assert event.started_at == utc(at)


def test_an_event_arrives_when_the_file_says() -> None:
    (event,) = events(one_field("id", "unit", top="arrived: value"), "id,value,at\nO-1,2026-03-01T00:10:00Z,2026-03-01\n")
    assert event.arrived == utc("2026-03-01T00:10")


# JSON

RECORD = {"number": "O-1", "area": {"code": "A", "names": ["x", "y"]}, "began": "2026-03-01", "households": 640, "ended": None}
JSON = OUTAGES.replace("area\n", "area.code\n")


def test_json_lines_are_read_with_inner_names() -> None:
    found = outcomes("format: json lines" + JSON, json.dumps(RECORD) + "\n\n" + json.dumps(RECORD | {"ended": "2026-03-02"}))
    assert [one.transformer_area for one in found if not isinstance(one, Rejected | Skipped)] == ["A", "A", "A"]
    assert [(one.line, one.reason) for one in found if isinstance(one, Skipped)] == [(1, "still out")]


def test_a_json_document_is_read_with_the_lines_of_its_records() -> None:
    text = json.dumps({"meta": {"of": "today"}, "data": {"rows": [RECORD, RECORD | {"households": "many"}]}}, indent=1)
    good, _, bad, _ = outcomes("format: json\nrecords: data.rows" + JSON, text)
    assert not isinstance(good, Rejected | Skipped)
    assert (good.outage_id, good.customers) == ("O-1", 640)
    line = text[: text.rindex('"number"')].count("\n")
    assert isinstance(bad, Rejected)
    assert bad.path == f"feed.csv:{line}.customers"


def test_numbers_in_json_keep_every_digit() -> None:
    (event,) = events(
        one_field("value", "cause", top="format: json lines"), '{"id": 12345678901234567890, "value": 1.10, "at": "2026-03-01"}'
    )
    assert (event.outage_id, event.cause) == ("12345678901234567890", "1.10")


def test_a_mapping_knows_which_columns_it_looks_at() -> None:
    assert mapping_from(OUTAGES).columns == ("number", "area", "began", "households", "ended")
