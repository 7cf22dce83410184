"""The gate: what is an event, what is not, and what is said about what is not."""

# ruff: noqa: E501 - one case of a table is one line
from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Event, Gate, Rejected, arrival_of, id_of, instant_of
from tests.support.catalogues import catalogue_from, shipped, small
from tests.support.strategies import any_event

GATE = Gate(small())

STARTED = {
    "type": "outage.started",
    "outage_id": "O-1",
    "started_at": "2026-03-01T08:00:00+08:00",
    "transformer_area": "TA-7",
    "customers": 120,
    "planned": False,
}
EIGHT_O_CLOCK = 1_772_323_200_000_000


def raw(**changes: object) -> bytes:
    """Return the outage as JSON, with some of its values changed or (with ...) left out."""
    return json.dumps({name: value for name, value in {**STARTED, **changes}.items() if value is not ...}).encode()


def only(found: list[Event | Rejected]) -> Event:
    """Return the one event that came out."""
    assert len(found) == 1
    assert isinstance(found[0], Event), str(found[0])
    return found[0]


def refused(text: bytes, gate: Gate = GATE) -> Rejected:
    """Return the one rejection that came out, after seeing that the fast way refuses the same."""
    found = gate.decode(text)
    assert len(found) == 1
    assert isinstance(found[0], Rejected), found[0]
    with pytest.raises(msgspec.DecodeError):
        gate.decode_one(text)
    return found[0]


def test_an_event_has_its_fields_its_moment_and_its_id() -> None:
    event = only(GATE.decode(raw()))

    assert (event.transformer_area, event.customers, event.planned) == ("TA-7", 120, False)
    assert (event.cause, event.load, event.feeder) == (None, None, None)
    assert event.kind.name == "outage.started"
    assert (instant_of(event), id_of(event)) == (EIGHT_O_CLOCK, "O-1")


def test_an_event_has_arrived_when_it_says_so_and_otherwise_when_it_happened() -> None:
    late = only(GATE.decode(raw(arrived="2026-03-01T09:00:00+08:00")))

    assert arrival_of(late) - instant_of(late) == 3600 * 10**6
    assert arrival_of(only(GATE.decode(raw()))) == EIGHT_O_CLOCK


def test_the_feed_is_the_source_of_an_event_that_names_none() -> None:
    assert only(GATE.decode(raw(), source="oms")).source == "oms"
    assert only(GATE.decode(raw(source="scada"), source="oms")).source == "scada"


def test_an_id_of_several_fields_is_the_same_in_every_offset_and_never_runs_together() -> None:
    catalogue = catalogue_from("""
time_zone: Asia/Shanghai
events:
  step:
    time: at
    late_by: none
    id: [case, node, at, visit]
    fields: {case: text, node: text, at: time, visit: whole number}
""")
    gate = Gate(catalogue)

    def step(case: str, node: str, at: str) -> str:
        return id_of(only(gate.decode(json.dumps({"type": "step", "case": case, "node": node, "at": at, "visit": 2}).encode())))

    assert step("W1", "survey", "2026-03-01T08:00:00+08:00") == "W1/survey/2026-03-01T00:00:00Z/2"
    assert step("W1", "survey", "2026-03-01T00:00:00Z") == step("W1", "survey", "2026-03-01T08:00:00+08:00")
    assert step("a/b", "c", "2026-03-01T00:00:00Z") != step("a", "b/c", "2026-03-01T00:00:00Z")
    assert step("a%2Fb", "c", "2026-03-01T00:00:00Z") != step("a/b", "c", "2026-03-01T00:00:00Z")


def test_names_that_the_catalogue_does_not_know_are_ignored_and_counted() -> None:
    text = raw(wether="storm", details={"a": [1]})

    assert isinstance(GATE.decode(text)[0], Event)
    assert GATE.audit(text).unknown == {("outage.started", "wether"): 1, ("outage.started", "details"): 1}


#: What is changed in the outage, and where, what and how the gate answers.
WRONG = [
    ({"customers": ...}, "$.customers: 'customers' is missing on outage.started; it is whole number"),
    ({"customers": ..., "custmers": 3}, "$.customers: 'customers' is missing on outage.started; is 'custmers' a misspelling of it?"),
    ({"customers": None}, "$.customers: 'customers' is null, but every event needs it; it is whole number"),
    ({"customers": "120"}, "$.customers: 'customers' must be a whole number, not \"120\"; write it without quotes and without a decimal point"),
    ({"customers": 1.5}, "$.customers: 'customers' must be a whole number, not 1.5"),
    ({"customers": True}, "$.customers: 'customers' must be a whole number, not true"),
    ({"customers": [1]}, "$.customers: 'customers' must be a whole number, not a list"),
    ({"customers": 2**53}, "$.customers: 'customers' is too large: 9007199254740992"),
    ({"planned": "no"}, "$.planned: 'planned' must be yes or no, not \"no\"; write true or false, without quotes"),
    ({"planned": 0}, "$.planned: 'planned' must be yes or no, not 0"),
    ({"outage_id": ""}, "$.outage_id: 'outage_id' must not be empty"),
    ({"outage_id": 7}, "$.outage_id: 'outage_id' must be a text, not 7; write it in quotes"),
    ({"cause": "x" * 10_001}, "$.cause: 'cause' has 10,001 characters; a text holds at most 10,000"),
    ({"cause": "wind\x00"}, "$.cause: 'cause' holds a NUL character"),
    ({"source": "\x00"}, "$.source: 'source' holds a NUL character"),
    ({"source": 7}, "$.source: 'source' must be a text, not 7"),
    ({"area_class": "rurl"}, "$.area_class: 'area_class' cannot be \"rurl\"; did you mean 'rural'?"),
    ({"area_class": 3}, "$.area_class: 'area_class' must be one of urban, rural, not 3"),
    ({"load": "much"}, "$.load: 'load' must be a number, not \"much\"; write it without quotes"),
    ({"started_at": "2026-03-01T08:00:00"}, "$.started_at: 'started_at' does not say in which time zone it is: \"2026-03-01T08:00:00\"; write it with its offset, such as 2026-03-01T08:00:00+08:00"),
    ({"started_at": "2026-03-01 8:00"}, "$.started_at: 'started_at' is not a time"),
    ({"started_at": "2026-02-30T08:00:00Z"}, "$.started_at: 'started_at' is not a time"),
    ({"started_at": "20260301T080000Z"}, "$.started_at: 'started_at' is not written as we read times"),
    ({"started_at": 1772323200}, "$.started_at: 'started_at' must be a time, not 1772323200"),
    ({"started_at": "9999-12-31T23:59:59-01:00"}, "$.started_at: 'started_at' lies in the year 9999; times lie in the years 1900 to 2199"),
    ({"started_at": "0001-01-01T00:00:00+08:00"}, "$.started_at: 'started_at' lies in the year 1"),
    ({"planned_end": "9999-12-31T00:00:00Z"}, "$.planned_end: 'planned_end' lies in the year 9999"),
    ({"arrived": "9999-12-31T00:00:00Z"}, "$.arrived: 'arrived' lies in the year 9999"),
    ({"arrived": "2026-03-01T08:00:00"}, "$.arrived: 'arrived' does not say in which time zone it is"),
    ({"seen_at": 10**17}, "$.seen_at: 'seen_at' is no time that we can work with: 100000000000000000; times lie in the years 1900 to 2199, counted in milliseconds since 1970"),
    ({"seen_at": "2026-03-01T08:00:00Z"}, "$.seen_at: 'seen_at' must be milliseconds, not"),
    ({"type": ...}, "$.type: 'type' is missing; it names the event type, such as outage.started"),
    ({"type": ..., "tpye": "outage.started"}, "$.type: 'type' is missing; is 'tpye' a misspelling of it?"),
    ({"type": 3}, "$.type: 'type' must be a text, not 3"),
    ({"type": "outage.startd"}, "$.type: there is no event type \"outage.startd\"; did you mean 'outage.started'?"),
    ({"type": "dinner"}, '$.type: there is no event type "dinner"; the catalogue names every event type'),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), WRONG, ids=[said[:60] for _, said in WRONG])
def test_what_does_not_fit_is_rejected_with_where_what_and_what_would_be_right(changes: dict[str, Any], said: str) -> None:
    rejected = refused(raw(**changes))

    assert str(rejected).startswith(said)
    assert rejected.raw == raw(**changes)
    assert rejected.code


#: Bytes that are not even JSON, or not one object, and what is said.
BROKEN = [
    (b"", "$: it is empty; one JSON object was expected"),
    (b" \r\n", "$: it is empty"),
    (b"\xef\xbb\xbf" + raw(), "$: it begins with a byte order mark; leave out its first three bytes"),
    (raw()[:-1], "$: it ends in the middle; was the line cut off?"),
    (raw()[:30], "$: it ends in the middle"),
    (raw() + b" x", '$: something follows the object: "x"; one line holds one event'),
    (raw() + raw(), "$: something follows the object"),
    (raw().replace(b":", b"=", 1), "$: it is not JSON at character 8"),
    (raw(cause="@").replace(b'"@"', b"NaN"), "$: NaN is not a JSON number; leave out what is not known"),
    (raw(load="@").replace(b'"@"', b"-Infinity"), "$: -Infinity is not a JSON number"),
    (raw(load="@").replace(b'"@"', b"1e999"), "$.load: 'load' must be a number; its value cannot be read"),
    (raw(customers="@").replace(b'"@"', b"9" * 5000), "$"),
    (raw(cause="@").replace(b"@", b"\xff"), "$: byte "),
    (raw(cause="@").replace(b"@", b"\\ud800"), "$: \\ud800 is half of a character; send the text encoded as UTF-8"),
    (raw(cause="@").replace(b"@", b"\\udc00x"), "$: \\udc00 is half of a character"),
    (raw(cause="@").replace(b'"@"', b"[" * 200_000 + b"]" * 200_000), "$: lists or objects are nested too deeply"),
    (raw(unknown="@").replace(b'"@"', b"[" * 200_000), "$: lists or objects are nested too deeply"),
    (b"7", "$: it is not an object; an event is one object"),
    (b'"outage.started"', "$: it is not an object"),
    (b"null", "$: it is not an object"),
    (raw().decode().encode("utf-16"), "$: it looks like UTF-16, not UTF-8; send the text encoded as UTF-8"),
    (raw().decode().encode("utf-16-be"), "$: it looks like UTF-16"),
    (b"\x01" * 10, "$: it is not JSON at character 1"),
]


@pytest.mark.parametrize(("text", "said"), BROKEN, ids=[said[:50] + str(place) for place, (_, said) in enumerate(BROKEN)])
def test_what_is_not_json_is_rejected_with_what_is_wrong_with_it(text: bytes, said: str) -> None:
    rejected = refused(text)

    assert str(rejected).startswith(said)
    assert rejected.raw == text


def test_a_list_holds_events_and_rejections_each_in_its_place() -> None:
    found = GATE.decode(b"[" + raw() + b"," + raw(customers=None) + b", 7, [], " + raw(outage_id="O-2") + b"]", source="oms")

    assert [one.path if isinstance(one, Rejected) else id_of(one) for one in found] == [
        "O-1",
        "$[1].customers",
        "$[2]",
        "$[3]",
        "O-2",
    ]
    assert [one.source for one in found] == ["oms"] * 5
    assert isinstance(found[1], Rejected)
    assert found[1].raw == raw(customers=None)


def test_an_empty_list_holds_nothing() -> None:
    assert GATE.decode(b"[]") == []


def test_what_json_has_no_word_for_costs_only_the_event_that_holds_it() -> None:
    text = b"[ " + raw() + b" ,\n" + raw(load=float("nan")) + b"," + raw(cause="]\ud800,[") + b"," + raw(outage_id="O-2") + b" ]\n"
    found = GATE.decode(text)

    assert [one.code if isinstance(one, Rejected) else id_of(one) for one in found] == [
        "O-1",
        "not-a-number",
        "lone-surrogate",
        "O-2",
    ]
    assert isinstance(found[1], Rejected)
    assert found[1].raw == raw(load=float("nan"))


def test_a_list_that_is_cut_off_is_one_rejection() -> None:
    (rejected,) = GATE.decode(b"[" + raw() + b",")

    assert isinstance(rejected, Rejected)
    assert rejected.code == "truncated"


def test_a_file_is_read_by_lines_and_one_bad_line_costs_nothing_but_itself() -> None:
    lines = [raw(outage_id=f"O-{number}") + b"\n" for number in range(5)]
    assert [id_of(one) for one in GATE.decode_lines(lines) if isinstance(one, Event)] == [f"O-{number}" for number in range(5)]

    lines[2] = b"{oops\n"
    lines.insert(3, b"  \r\n")
    found = GATE.decode_lines(lines, source="oms")
    assert [isinstance(one, Event) for one in found] == [True, True, False, True, True]
    assert {one.source for one in found} == {"oms"}


@pytest.mark.parametrize(
    "lines",
    [
        [b"{},{}"],
        [raw() + raw()],
        [raw() + b"," + raw()],
        [raw()[:40], raw()[40:]],
        [raw()[:20], raw()[20:] + b"," + raw() + b"," + raw()],
    ],
)
def test_two_events_on_a_line_or_one_on_two_lines_are_not_events(lines: list[bytes]) -> None:
    assert not [one for one in GATE.decode_lines(lines) if isinstance(one, Event)]


# ── which fields decide ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_field_that_no_rule_reads_never_decides() -> None:
    """Otherwise one careless sender of a comment would cost an outage."""
    text = raw(load="much", area_class="moon", cause=7)

    assert isinstance(Gate(small(), {"outage.started": {"planned"}}).decode(text)[0], Event)
    assert refused(raw(load="much"), Gate(small(), {"outage.started": {"load"}})).path == "$.load"


def test_a_field_that_no_rule_reads_is_not_kept() -> None:
    event = only(Gate(small(), {"outage.started": {"cause"}}).decode(raw(cause="wind", load=3.5)))

    assert event.cause == "wind"
    assert not hasattr(event, "load")


def test_a_type_that_no_rule_reads_keeps_what_is_required_and_its_revision() -> None:
    event = only(Gate(small(), {}).decode(raw(revision=3, cause="wind")))

    assert (event.transformer_area, event.revision) == ("TA-7", 3)
    assert not hasattr(event, "cause")


def test_wrong_values_that_nobody_reads_are_counted() -> None:
    gate = Gate(small(), {})
    text = raw(load="much", area_class="moon", cause="wind", planned_end=None)

    assert gate.audit(text).wrong == {("outage.started", "load"): 1, ("outage.started", "area_class"): 1}


def test_a_name_said_twice_counts_as_said_last_and_is_counted() -> None:
    text = raw()[:-1] + b', "customers": 7, "customers": 8}'

    assert only(GATE.decode(text)).customers == 8
    assert GATE.audit(text).repeated == {("outage.started", "customers"): 2}


def test_what_is_counted_adds_up() -> None:
    audit = Gate(small(), {}).audit(b"[" + raw(wether=1) + b"," + raw(wether=2, load="x") + b",7]")
    audit.add(Gate(small(), {}).audit(raw(wether=3)))

    assert audit.unknown == {("outage.started", "wether"): 3}
    assert audit.wrong == {("outage.started", "load"): 1}


# ── every way through gives the same answer ───────────────────────────────────────────────────────────────────────────

WAYS = Gate(shipped())


@given(any_event(shipped()), st.data())
def test_every_way_through_the_gate_gives_the_same_answer(event: dict[str, Any], data: st.DataObject) -> None:
    if data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(event)))
        event[name] = data.draw(
            st.sampled_from([None, True, 7, -0.5, "", "x", [], {}, 2**53, "2026-03-01", "9999-01-01T00:00:00Z", "\x00"])
        )
    text = json.dumps(event).encode()

    (alone,) = WAYS.decode(text)
    (listed,) = WAYS.decode(b"[" + text + b"]")
    (line,) = WAYS.decode_lines([text])
    converted = WAYS.convert(event)
    assert {isinstance(one, Event) for one in (listed, line, converted)} == {isinstance(alone, Event)}
    if isinstance(alone, Event):
        assert alone == listed == line == converted
    else:
        assert isinstance(listed, Rejected)
        assert isinstance(line, Rejected)
        assert isinstance(converted, Rejected)
        assert (
            (alone.code, alone.reason, alone.path)
            == (line.code, line.reason, line.path)
            == (converted.code, converted.reason, converted.path)
        )
        assert listed.path == alone.path.replace("$", "$[0]", 1)


# ── records from a feed mapping ───────────────────────────────────────────────────────────────────────────────────────


def test_a_record_becomes_an_event_with_times_as_texts_or_as_times() -> None:
    at = datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8)))

    assert GATE.convert({**STARTED, "started_at": at}) == only(GATE.decode(raw()))
    assert GATE.convert(STARTED) == only(GATE.decode(raw()))


RECORDS: list[tuple[dict[str, object], str]] = [
    ({"started_at": datetime(2026, 3, 1, 8)}, "$.started_at: 'started_at' does not say in which time zone it is"),  # noqa: DTZ001 - the fault
    ({"started_at": datetime(2999, 3, 1, 8, tzinfo=UTC)}, "$.started_at: 'started_at' lies in the year 2999"),
    ({"load": float("nan")}, "$.load: 'load' is too large or not a number: NaN"),
    ({"load": float("-inf")}, "$.load: 'load' is too large or not a number: -Infinity"),
    ({"load": 10**400}, "$.load: 'load' is too large or not a number"),
    ({"customers": 10**5000}, "$.customers: 'customers' is too large: a number of thousands of digits"),
    ({"cause": "wind\ud800"}, "$.cause: 'cause' holds half of a character"),
    ({"cause": b"wind"}, "$.cause: 'cause' must be a text"),
    ({"cause": object()}, "$.cause: 'cause' must be a text"),
    ({"type": "\ud800"}, "$.type: there is no event type"),
    ({"specversion": "1.0"}, "$: it is a CloudEvent, not a plain event"),
]


@pytest.mark.parametrize(("changes", "said"), RECORDS, ids=[said[:50] for _, said in RECORDS])
def test_a_record_that_does_not_fit_is_rejected_like_any_event(changes: dict[str, Any], said: str) -> None:
    rejected = GATE.convert({**STARTED, **changes})

    assert isinstance(rejected, Rejected)
    assert str(rejected).startswith(said)
    assert b"O-1" in rejected.raw


def test_a_record_with_names_that_are_no_texts_is_rejected() -> None:
    assert isinstance(GATE.convert({**STARTED, 7: 8}), Rejected)  # type: ignore[dict-item]  # the fault


def test_a_rejection_can_be_kept_and_read_again() -> None:
    rejected = refused(raw(customers=None))

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(rejected), type=Rejected) == rejected


def test_asking_why_a_good_event_is_rejected_finds_nothing() -> None:
    assert GATE.reject(raw()).code == "accepted"
