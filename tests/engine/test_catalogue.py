"""The catalogue: what its file says, and what it says when something in it is wrong."""

# ruff: noqa: E501 - one case of a table is one line
from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Event, Gate, json_schema
from tests.support.catalogues import EVERY_KIND, catalogue_from, problems_in, shipped, small
from tests.support.strategies import any_event

MINUTE = 60_000_000

ONE = """time_zone: Asia/Shanghai
events:
  outage.started:
    time: started_at
    late_by: 30 minutes
    id: outage_id
    fields:
      outage_id: text
      started_at: time
"""


def test_a_type_knows_its_time_its_id_and_how_late_it_may_be() -> None:
    outage = small().types["outage.started"]

    assert (outage.time, outage.id, outage.revision) == ("started_at", ("outage_id",), "revision")
    assert (outage.late_by, outage.ahead_by) == (30 * MINUTE, 60 * MINUTE)
    assert small().types["meter.read"].id == ("meter", "read_at")
    assert small().types["meter.read"].late_by == 0
    assert small().zone == "Asia/Shanghai"


def test_the_short_form_says_kind_unit_and_whether_a_field_may_be_absent() -> None:
    fields = small().types["outage.started"].fields

    assert (fields["load"].kind, fields["load"].unit, fields["load"].optional) == ("number", "MW", True)
    assert (fields["area_class"].kind, fields["area_class"].choices) == ("one of", ("urban", "rural"))
    assert fields["feeder"].placed
    assert not fields["feeder"].optional
    required = ("outage_id", "started_at", "transformer_area", "customers", "planned")
    assert small().types["outage.started"].required == required


def test_the_long_form_says_the_same_and_brings_titles() -> None:
    catalogue = catalogue_from(
        ONE
        + """
      load: {type: number, unit: MW, may_be_missing: yes, zh: 负荷, en: load}
      area: {type: one of, choices: [urban, "rural, remote"]}
      feeder: {type: text, from_grid: yes}
"""
    )
    fields = catalogue.types["outage.started"].fields

    assert (fields["load"].kind, fields["load"].unit, fields["load"].optional) == ("number", "MW", True)
    assert fields["load"].title == {"zh": "负荷", "en": "load"}
    assert fields["area"].choices == ("urban", "rural, remote")
    assert fields["feeder"].placed


def test_a_title_is_written_once_for_a_name_and_a_type_has_its_own() -> None:
    text = ONE.replace("    time: started_at", "    title: 停电开始 / outage started\n    time: started_at")
    catalogue = catalogue_from("titles:\n  outage_id: 停电编号 / outage number\n" + text)

    outage = catalogue.types["outage.started"]
    assert outage.title == {"zh": "停电开始", "en": "outage started"}
    assert outage.fields["outage_id"].title == {"zh": "停电编号", "en": "outage number"}
    assert outage.fields["started_at"].title == {"zh": "started at", "en": "started at"}


def test_sources_are_expected_with_or_without_a_time_after_which_silence_is_no_longer_waited_for() -> None:
    named = catalogue_from(ONE.replace("    fields:", "    sources: {oms: {idle_after: 6 hours}, scada: }\n    fields:"))
    assert named.types["outage.started"].sources == {"oms": 360 * MINUTE, "scada": None}

    listed = catalogue_from(ONE.replace("    fields:", "    sources: [oms, scada]\n    fields:"))
    assert listed.types["outage.started"].sources == {"oms": None, "scada": None}


def test_a_type_knows_what_withdraws_it() -> None:
    assert small().types["outage.retracted"].retracts == ("outage.started",)
    assert small().retractions_of("outage.started") == ("outage.retracted",)


#: What is changed in ONE, and what must be said about it. Line and column count from one.
WRONG = [
    ("time_zone: Asia/Shanghai", "time_zone: Asia/Shanghia", "1:12: there is no time zone 'Asia/Shanghia'; did you mean 'Asia/Shanghai'?"),
    ("time_zone: Asia/Shanghai", "timezone: Asia/Shanghai", "1:1: there is no setting 'timezone' in the catalogue; did you mean 'time_zone'?"),
    ("events:", "evnts:", "2:1: there is no setting 'evnts' in the catalogue; did you mean 'events'?"),
    ("time: started_at", "time: start_at", "4:11: there is no field 'start_at' on this event; did you mean 'started_at'?"),
    ("time: started_at", "time: outage_id", "4:11: 'time' names 'outage_id', which is text; it must be time or milliseconds"),
    ("time: started_at", "tmie: started_at", "4:5: there is no setting 'tmie' in event type 'outage.started'; did you mean 'time'?"),
    ("    time: started_at\n", "", "3:3: 'time' is missing on outage.started"),
    ("    late_by: 30 minutes\n", "", "3:3: 'late_by' is missing on outage.started"),
    ("late_by: 30 minutes", "late_by: 2 working days", "5:14: 'late_by' must be an exact length such as '30 minutes' or '2 days', not '2 working days'"),
    ("late_by: 30 minutes", "late_by: 30m", "5:14: '30m' is not a length of time"),
    ("late_by: 30 minutes", "late_by: [1, 2]", "5:14: 'late_by' must be a text, not a list"),
    ("id: outage_id", "id: [outage_id, outage_id]", "6:21: 'outage_id' is written twice"),
    ("id: outage_id", "id: []", "6:9: 'id' is an empty list"),
    ("id: outage_id", "id:", "6:8: 'id' must be a text, not nothing"),
    ("outage_id: text", "outage_id: text, may be missing", "6:9: 'outage_id' may be missing, but every event needs its id"),
    ("outage_id: text", "outage_id: yes/no", "6:9: 'id' names 'outage_id', which is yes/no; it must be text"),
    ("outage_id: text", "outage_id: txt", "8:18: there is no kind of field 'txt'; did you mean 'text'?"),
    ("outage_id: text", "outage_id: text (km)", "8:18: a field of kind 'text' has no unit"),
    ("outage_id: text", "outage_id: text, may be mising", "8:18: 'may be mising' says nothing about a field; did you mean 'may be missing'?"),
    ("outage_id: text", "outage_id: text [a, b]", "8:18: only 'one of' has choices, not 'text'; write 'one of [a, b]'"),
    ("outage_id: text", "outage_id: one of", "8:18: 'one of' needs its choices"),
    ("outage_id: text", "outage_id: one of [a, a]", "8:18: 'a' is among the choices twice"),
    ("outage_id: text", "outage_id: one of [a, ]", "8:18: one of the choices is empty; is there a comma too many?"),
    ("outage_id: text", "outage_id: ((", "8:18: '((' does not describe a field"),
    ("started_at: time", "started_at: time\n      n: number, from the grid", "10:10: 'from the grid' is a name, so the field must be text, not number"),
    ("started_at: time", "started_at: time\n      n: text, from the grid, may be missing", "10:10: 'from the grid' already says that an event may come without it"),
    ("started_at: time", "started_at: time\n      n: {typ: text}", "10:11: there is no setting 'typ' in a field; did you mean 'type'?"),
    ("started_at: time", "started_at: time\n      n: {type: text, may_be_missing: maybe}", "10:39: 'may_be_missing' must be yes or no, not 'maybe'"),
    ("started_at: time", "started_at: time\n      Load: number", "10:7: 'Load' is not a field name; write small letters"),
    ("started_at: time", "started_at: time\n      type: text", "10:7: 'type' has a meaning of its own and cannot name a field"),
    ("started_at: time", "started_at: time\n      class: text", "10:7: 'class' has a meaning of its own and cannot name a field"),
    ("    fields:", "    retracts: outage.ended\n    fields:", "7:15: there is no event type 'outage.ended'; did you mean 'outage.started'?"),
    ("    fields:", "    retracts: outage.started\n    fields:", "7:15: outage.started cannot withdraw itself"),
    ("    fields:", "    revision: version\n    fields:", "7:15: there is no field 'version' on this event"),
    ("    fields:", "    revision: outage_id\n    fields:", "7:15: 'revision' names 'outage_id', which is text; it must be whole number"),
    ("    fields:", "    sources: {oms: {idle: 6 hours}}\n    fields:", "7:21: there is no setting 'idle' in source 'oms'; there is idle_after"),
    ("    fields:", "    title: {cn: 停电}\n    fields:", "7:13: there is no setting 'cn' in a title"),
    ("  outage.started:", "  outage started:", "3:3: 'outage started' cannot name an event type"),
    ("events:", "titles: {outage_no: 编号}\nevents:", "2:10: no event has a field 'outage_no'; did you mean 'outage_id'?"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "said"), WRONG, ids=[wrong.strip() or f"no {right.strip()}" for right, wrong, _ in WRONG])
def test_what_is_wrong_is_said_with_its_place_and_what_would_be_right(right: str, wrong: str, said: str) -> None:
    assert right in ONE
    problems = problems_in(ONE.replace(right, wrong, 1))

    assert any(problem.startswith(f"catalogue.yaml:{said}") for problem in problems), problems


def test_every_problem_is_said_at_once_and_in_the_order_of_the_lines() -> None:
    problems = problems_in(
        ONE.replace("Shanghai", "Shanghia")
        .replace("time: started_at", "time: start")
        .replace("30 minutes", "soon")
        .replace("id: text", "id: txt")
    )

    assert [problem.split(":")[1] for problem in problems] == ["1", "4", "5", "8"]


def test_one_mistake_is_one_problem() -> None:
    """A field that cannot be understood is not missing as well where time or id name it."""
    assert len(problems_in(ONE.replace("started_at: time", "started_at: tiem"))) == 1


def test_an_event_withdraws_another_only_by_an_id_of_the_same_parts() -> None:
    problems = problems_in(EVERY_KIND.replace("retracts: outage.started", "retracts: meter.read"))

    assert len(problems) == 1
    assert "outage.retracted is told apart by 'outage_id', but meter.read by [meter, read_at]" in problems[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "events",
        "events: []",
        "events:\n  a: 1",
        "events: {}",
        "time_zone: {}\nevents: {a: {fields: {b: []}}}",
        "events: {a: {id: {}, time: [], fields: []}}",
        "titles: [1]\nevents: {a: {sources: 7}}",
        "events: {a: {sources: {x: [1]}}}",
    ],
)
def test_a_file_of_any_shape_is_refused_with_reasons(text: str) -> None:
    problems = problems_in(text)

    assert problems
    assert all(problem.startswith("catalogue.yaml:") for problem in problems)


@given(st.data())
def test_a_catalogue_with_a_piece_torn_out_is_refused_or_understood_but_never_breaks(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(EVERY_KIND)))
    end = data.draw(st.integers(start, min(len(EVERY_KIND), start + 40)))
    put = data.draw(st.sampled_from(["", " ", "\n", ":", "[", "{", "text", "- ", "'"]))

    problems_in(EVERY_KIND[:start] + put + EVERY_KIND[end:])


def test_every_event_named_for_the_standard_rules_is_in_the_shipped_catalogue() -> None:
    named = """
        outage.started outage.updated outage.restored outage.retracted outage.plan.published outage.plan.changed
        outage.plan.cancelled notice.sent crew.dispatched crew.arrived complaint.received complaint.contacted
        complaint.answered complaint.found complaint.closed node.entered node.suspended node.resumed node.completed
        task.issued task.acknowledged task.explained task.returned task.accepted task.remedied task.closed clock.tick
        inspection.finding promise.made promise.kept joint.requested joint.completed payment.received
    """
    assert set(named.split()) - set(shipped().types) == set()


def test_the_shipped_catalogue_has_a_title_in_both_languages_for_everything() -> None:
    things = [(kind.name, kind.title) for kind in shipped().types.values()]
    things += [(field.name, field.title) for kind in shipped().types.values() for field in kind.fields.values()]

    for name, title in things:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in title["zh"]), name
        assert title["en"].isascii(), name


def test_one_name_is_one_kind_of_field_in_all_of_the_shipped_catalogue() -> None:
    kinds: dict[str, set[tuple[str, str | None, tuple[str, ...]]]] = {}
    for kind in shipped().types.values():
        for field in kind.fields.values():
            kinds.setdefault(field.name, set()).add((field.kind, field.unit, field.choices))

    assert {name: found for name, found in kinds.items() if len(found) > 1} == {}


def test_the_schema_is_one_that_other_programs_can_read() -> None:
    jsonschema.Draft7Validator.check_schema(json_schema(shipped()))
    json.dumps(json_schema(shipped()))


SMALL_GATE, SMALL_SCHEMA = Gate(small()), jsonschema.Draft7Validator(json_schema(small()))
SHIPPED_GATE, SHIPPED_SCHEMA = Gate(shipped()), jsonschema.Draft7Validator(json_schema(shipped()))


@given(any_event(small()))
def test_what_the_catalogue_allows_passes_gate_and_schema(event: dict[str, Any]) -> None:
    assert isinstance(SMALL_GATE.decode(json.dumps(event).encode())[0], Event)
    assert isinstance(SMALL_GATE.convert(event), Event)
    SMALL_SCHEMA.validate(event)


@given(any_event(shipped()))
def test_what_the_shipped_catalogue_allows_passes_gate_and_schema(event: dict[str, Any]) -> None:
    assert isinstance(SHIPPED_GATE.decode(json.dumps(event, ensure_ascii=False).encode())[0], Event)
    SHIPPED_SCHEMA.validate(event)


@given(any_event(small()), st.data())
def test_gate_and_schema_agree_about_a_value_that_does_not_fit(event: dict[str, Any], data: st.DataObject) -> None:
    """Times are left alone: which days exist is more than a draft-07 schema can say."""
    name = data.draw(st.sampled_from(sorted(event)))
    kind = small().types[event["type"]]
    if name in ("arrived", "source") or (name in kind.fields and kind.fields[name].kind == "time"):
        return
    event[name] = data.draw(st.sampled_from([None, True, 7, -0.5, "", "rural", [], {}, 2**53, 10**30, "x" * 10_001]))

    accepted = isinstance(SMALL_GATE.decode(json.dumps(event).encode())[0], Event)
    assert accepted == SMALL_SCHEMA.is_valid(event)
