"""A mapping file with mistakes: each is named with its line and column, what would be right, and all of them at once."""

from __future__ import annotations

import pytest

from tests.support.feeds import OUTAGES, mapping_from, one_field, problems_in

#: What is written wrong, and what is said about it.
BROKEN = [
    (("feed: outages", "feed: Our Outages"), "2:7: 'Our Outages' is not a feed's name; write small letters, digits and '-'"),
    (("zone: Asia/Shanghai", "zone: Asia/Shangai"), "there is no time zone 'Asia/Shangai'; did you mean 'Asia/Shanghai'?"),
    (("zone: Asia/Shanghai", 'zone: "?"'), "3:7: say in which time zone times without an offset are written"),
    (("zone: Asia/Shanghai", "zone: UTC\ntime: '%Q'"), "'%Q' is not known here; a format is made of %Y, %y, %m"),
    (("zone: Asia/Shanghai", "zone: UTC\ntime: '%H:%M'"), "'%H:%M' does not give a whole date; it needs %Y, %m and %d"),
    (("zone: Asia/Shanghai", "zone: UTC\ntime: '%Y-%m-%d %I:%M'"), "has hours up to 12 (%I) without morning or afternoon (%p)"),
    (("zone: Asia/Shanghai", "zone: UTC\ntime: '%Y-%m-%d %m'"), "'%m' stands twice"),
    (("zone: Asia/Shanghai", "zone: UTC\ntime: epoch second"), "'epoch second' is not a time format; did you mean 'epoch seconds'?"),
    (("zone: Asia/Shanghai", "zone: UTC\ntime: '?'"), "say how the times are written"),
    (("zone: Asia/Shanghai", "when_ambiguous: later"), "'when_ambiguous' cannot be 'later'; it is one of reject, first, second"),
    (("zone: Asia/Shanghai", "format: xml"), "'format' cannot be 'xml'; it is one of csv, json lines, json"),
    (("zone: Asia/Shanghai", "encoding: utf8"), "'encoding' cannot be 'utf8'; did you mean 'utf-8'?"),
    (("zone: Asia/Shanghai", "delimiter: ;;"), "3:12: ';;' cannot part columns; write one sign, or 'comma'"),
    (("zone: Asia/Shanghai", "skip_lines: some"), "'some' is not a number of lines such as 2"),
    (("zone: Asia/Shanghai", "columns: [number, number, area, began, ended, households]"), "column 'number' is written twice"),
    (("zone: Asia/Shanghai", "columns: [number, area, begun, ended, households]"), "no column 'began' under 'columns'; did you mean 'beg"),
    (("zone: Asia/Shanghai", "records: rows"), "'records' is for json, and the format is csv"),
    (("zone: Asia/Shanghai", "format: json\ndelimiter: tab"), "'delimiter' is for csv, and the format is json"),
    (("zone: Asia/Shanghai", "may_be_absent: endet"), "nothing here looks at column 'endet'; did you mean 'ended'?"),
    (("zone: Asia/Shanghai", "first_of: ''"), "'first_of' is empty; write a column's name"),
    (("zone: Asia/Shanghai", "first_of: '{number'"), "a brace is open or too many in '{number'"),
    (("zone: Asia/Shanghai", "zon: UTC"), "3:1: there is no feed setting 'zon'; did you mean 'zone'?"),
    (("events:", "event:"), "'events' is missing"),
    (("event: outage.started", "event: outage.stared"), "5:12: there is no event 'outage.stared'; did you mean 'outage.started'?"),
    (("event: outage.started", 'event: "?"'), "5:12: say which event of the catalogue a row becomes"),
    (("customers: households", "custommers: households"), "outage.started has no field 'custommers'; did you mean 'customers'?"),
    (("customers: households", "cause: households"), "outage.started needs 'customers'; say where it comes from"),
    (("customers: households", 'customers: "?"'), "say which column holds 'customers'"),
    (("customers: households", "customers: [a, b]"), "from one column, or from several as in '{lat},{lon}', not from a list"),
    (("customers: households", "customers: '{}'"), "no column stands between the braces of '{}'"),
    (("customers: households", "customers: {columns: a}"), "there is no value setting 'columns'; did you mean 'column'?"),
    (("customers: households", "customers: {constant: many}"), "'many' is not a whole number; 'customers' is a whole number such as 640"),
    (("customers: households", "customers: {constant: '1', column: a}"), "'customers' needs a 'column' or a 'constant', one of the two"),
    (("customers: households", "customers: {constant: '1', if_empty: '2'}"), "a constant is always the same"),
    (("customers: households", "customers: {constant: ''}"), "'customers' may not be missing, so it cannot be empty here"),
    (("customers: households", "customers: {column: a, values: {x: many}}"), "'many' is not a whole number"),
    (("customers: households", "customers: {column: a, values: {x: '?'}}"), "say what 'customers' is then"),
    (("customers: households", "customers: {column: a, values: {'': '1'}}"), "what an empty column means stands under 'if_empty'"),
    (("customers: households", "customers: {column: a, otherwise: '1'}"), "says what is left after 'values', and there are none"),
    (("customers: households", "customers: {column: a, zone: UTC}"), "'zone' is for times, and 'customers' is a whole number"),
    (("customers: households", "customers: {column: a, factor: x}"), "'x' is not a factor; write for example 1000, 0.001 or 60"),
    (("customers: households", "customers: {column: a, thousands: '.'}"), "between thousands and the decimal sign cannot be the same"),
    (("customers: households", "customers: {column: a, thousands: 'mm'}"), "'thousands' is one sign, such as ',' or '.'"),
    (("area: area", "area: {column: area, decimal: ','}"), "'decimal' is for numbers, and 'transformer_area' is text"),
    (("area: area", "area: {column: area, number: whole, values: {a: b}}"), "'values' says already what each text means"),
    (("is: empty, reason: still out", "is: empty"), "'reason' is missing"),
    (("is: empty, reason: still out", "is: empty, reason: ''"), "a row is left out for a reason that people can read"),
    (("is: empty, reason: still out", "is: empty, is_not: x, reason: y"), "left out by one test, not 2; it is one of 'is', 'is_not'"),
    (("is: empty, reason: still out", "reason: y"), "a row is left out by one test, not none"),
    (("is: empty, reason: still out", "is: empty, reason: y, time: iso"), "'time' belongs to 'earlier_than' and 'later_than'"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), BROKEN, ids=[said[:50] for _, said in BROKEN])
def test_a_mistake_is_named_with_what_would_be_right(change: tuple[str, str], said: str) -> None:
    text = OUTAGES.replace(*change, 1)
    assert text != OUTAGES
    problems = problems_in(text)
    assert [one for one in problems if said in one], problems
    assert all(one.startswith("mapping.yml:") for one in problems)


def test_all_mistakes_come_at_once_in_the_order_of_the_lines() -> None:
    text = OUTAGES.replace("Shanghai", "Shangai").replace("outage.started", "outage.begun").replace("restored_at:", "ended_at:")
    assert [one.split(": ")[0] for one in problems_in(text)] == [
        "mapping.yml:3:7",
        "mapping.yml:5:12",
        "mapping.yml:12:5",
        "mapping.yml:18:7",
    ]


def test_a_file_is_called_as_its_feed() -> None:
    assert mapping_from(OUTAGES, "rules/feeds/outages.yaml").name == "outages"
    assert problems_in(OUTAGES, "rules/feeds/power-cuts.yaml") == [
        "rules/feeds/power-cuts.yaml:2:7: the feed is called 'outages' and its file 'power-cuts.yaml'; both must be the same"
    ]


def test_a_time_and_its_zone_may_be_said_for_one_field_alone() -> None:
    assert problems_in(one_field("{column: at, zone: UTC, time: '%d/%m/%Y', when_ambiguous: first}", "started_at")) == []


@pytest.mark.parametrize(
    "text", ["", "[]", "feed", "feed: a\nevents: x", "feed: a\nevents: [x]", "events: [{event: outage.started, fields: []}]", "a: &b c"]
)
def test_a_file_that_is_no_mapping_at_all_is_told_so(text: str) -> None:
    assert problems_in(text)
