"""CloudEvents 1.0: the envelope in every shape, and the event inside it. Some cases are the CloudEvents project's own."""

# ruff: noqa: E501 - one case of a table is one line
from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.events import Envelope, Event, Gate, Rejected, arrival_of, envelope, id_of, instant_of
from tests.support.catalogues import catalogue_from, small

CASES = Path(__file__).resolve().parents[1] / "data" / "conformance"
GATE = Gate(small())

DATA = {
    "outage_id": "O-1",
    "started_at": "2026-03-01T08:00:00+08:00",
    "transformer_area": "TA-7",
    "customers": 120,
    "planned": False,
}
CLOUD = {
    "specversion": "1.0",
    "type": "outage.started",
    "source": "//utility/oms",
    "id": "1234",
    "time": "2026-03-01T00:00:05Z",
    "datacontenttype": "application/json",
}
STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json; charset=utf-8"}


def cloud(data: object = DATA, **changes: object) -> bytes:
    """Return a structured event, with attributes changed or (with ...) left out."""
    whole = {**CLOUD, "data": data, **changes}
    return json.dumps({name: value for name, value in whole.items() if value is not ...}).encode()


def only(found: list[Event | Rejected]) -> Event:
    assert len(found) == 1
    assert isinstance(found[0], Event), str(found[0])
    return found[0]


def refused(found: list[Event | Rejected]) -> Rejected:
    assert len(found) == 1
    assert isinstance(found[0], Rejected), found[0]
    return found[0]


# ── the project's own conformance cases ───────────────────────────────────────────────────────────────────────────────


def scenarios() -> list[tuple[str, bytes, dict[str, str], dict[str, str], object]]:
    """Return (name, payload, headers, attributes, data) of each scenario of the Kafka binding, outlines written out."""
    found = []
    text = (CASES / "cloudevents_kafka-protocol-binding.feature").read_text("utf-8")
    for part in re.split(r"\n\s*Scenario(?: Outline)?:", text)[1:]:
        name = part.splitlines()[0].strip()
        payload, data = (one.encode() for one in re.findall(r'"""(.*?)"""', part, re.DOTALL))
        tables = [dict(table(one)) for one in re.split(r"(?:headers|are):|Examples:", part)[1:]]
        headers, attributes = tables[0], tables[1]
        examples = [row for row, _ in table(part.partition("Examples:")[2], columns=1)] or [""]
        for example in examples:
            filled = {key: value.replace("<contentType>", example) for key, value in headers.items()}
            found.append((f"{name} {example}", payload, filled, attributes, json.loads(data)))
    return found


def table(text: str, columns: int = 2) -> list[tuple[str, str]]:
    """Return the rows of the first table in a text, without its heading."""
    rows: list[tuple[str, str]] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.strip().startswith("|") else []
        if len(cells) == columns:
            rows.append((cells[0], cells[-1]))
        elif rows and line.strip():
            break
    return rows[1:]


@pytest.mark.parametrize(("name", "payload", "headers", "attributes", "data"), scenarios(), ids=[one[0] for one in scenarios()])
def test_kafka_binding_scenario(name: str, payload: bytes, headers: dict[str, str], attributes: dict[str, str], data: object) -> None:
    """The envelope is understood as the scenario says; its type is then unknown to our catalogue, and that is said."""
    found = envelope(payload, headers)

    assert isinstance(found, Envelope), name
    assert found.attributes == attributes
    assert found.data is not None
    assert json.loads(found.data) == data
    rejected = refused(GATE.decode(payload, headers))
    assert rejected.reason == "there is no event type 'com.example.someevent'"
    assert rejected.source == "/mycontext/subcontext"


def test_all_scenarios_of_the_kafka_binding_are_there() -> None:
    assert len(scenarios()) == 3


MINIMUM: list[dict[str, Any]] = list(yaml.safe_load_all((CASES / "cloudevents_v1_minimum.yaml").read_text("utf-8")))


@pytest.mark.parametrize("case", MINIMUM, ids=[case["ContextAttributes"]["id"] for case in MINIMUM])
@pytest.mark.parametrize("mode", ["binary over Kafka", "binary over HTTP", "structured", "structured, base64", "batch"])
def test_minimum_event(case: dict[str, Any], mode: str) -> None:
    """Six events with data of every kind, through each shape: attributes and data come out as they went in."""
    attributes = {name: str(value) for name, value in case["ContextAttributes"].items()}
    data: bytes = case["Data"].rstrip("\n").encode()
    raw, headers = sent(attributes, data, mode)

    if mode == "batch":
        rejected = refused(GATE.decode(raw, headers))
        assert rejected.path == "$[0].type"
    else:
        found = envelope(raw, headers)
        assert isinstance(found, Envelope), found
        assert found.attributes == attributes
        assert found.data == data or json.loads(found.data or b"") == json.loads(data)
        rejected = refused(GATE.decode(raw, headers))
    assert rejected.reason == "there is no event type 'io.cloudevents.minimum'"


def sent(attributes: dict[str, str], data: bytes, mode: str) -> tuple[bytes, dict[str, str]]:
    """Return an event as bytes and headers in one of the shapes."""
    if mode.startswith("binary"):
        prefix = "ce_" if mode.endswith("Kafka") else "ce-"
        headers = {prefix + name: value for name, value in attributes.items() if name != "datacontenttype"}
        return data, {**headers, "content-type": attributes["datacontenttype"]}
    if mode.endswith("base64"):
        whole: dict[str, object] = {**attributes, "data_base64": base64.b64encode(data).decode()}
    else:
        plain = attributes["datacontenttype"].startswith("application/json")
        whole = {**attributes, "data": json.loads(data) if plain else data.decode()}
    raw = json.dumps(whole).encode()
    return (b"[" + raw + b"]", BATCH) if mode == "batch" else (raw, STRUCTURED)


# ── our own events in an envelope ─────────────────────────────────────────────────────────────────────────────────────


def test_type_and_source_come_from_the_envelope_and_fields_from_the_data() -> None:
    event = only(GATE.decode(cloud(), STRUCTURED, source="feed"))

    assert (event.kind.name, event.source, id_of(event), event.customers) == (
        "outage.started",
        "//utility/oms",
        "O-1",
        120,
    )


def test_every_shape_gives_the_same_event() -> None:
    headers = {f"ce-{name}": value for name, value in CLOUD.items() if name != "datacontenttype"}
    data = json.dumps(DATA).encode()
    shapes = [
        GATE.decode(cloud(), STRUCTURED),
        GATE.decode(cloud(), {"Content-Type": "application/CloudEvents+JSON; charset=UTF-8"}),
        GATE.decode(cloud()),
        GATE.decode(cloud(), {"content-type": "application/json"}),
        GATE.decode(cloud(data=..., data_base64=base64.b64encode(data).decode())),
        GATE.decode(b"[" + cloud() + b"]", BATCH),
        GATE.decode(b"[" + cloud() + b"]"),
        GATE.decode_lines([cloud()]),
        GATE.decode(data, {**headers, "content-type": "application/json"}),
        GATE.decode(data, headers),
        GATE.decode(data, {name.upper().replace("-", "_"): value for name, value in headers.items()}),
    ]
    assert [only(found) for found in shapes] == [only(shapes[0])] * len(shapes)


def test_the_envelope_fills_in_id_and_time_where_the_data_has_none() -> None:
    bare = {name: value for name, value in DATA.items() if name not in ("outage_id", "started_at")}
    event = only(GATE.decode(cloud(bare)))

    assert id_of(event) == "1234"
    assert instant_of(event) == 1_772_323_205_000_000


def test_an_id_of_several_fields_is_not_filled_in_and_a_time_in_milliseconds_is() -> None:
    read = {"meter": "M-1", "kwh": 3.5}
    event = only(GATE.decode(cloud(read, type="meter.read")))

    assert id_of(event) == "M-1/1772323205000"


def test_the_data_may_have_a_type_and_a_source_of_its_own_which_are_not_ours() -> None:
    event = only(GATE.decode(cloud({**DATA, "type": "fault", "source": "cable", "specversion": 3})))

    assert (event.kind.name, event.source) == ("outage.started", "//utility/oms")


def test_when_it_arrived_is_kept_from_the_data() -> None:
    event = only(GATE.decode(cloud({**DATA, "arrived": "2026-03-01T01:00:00Z"})))

    assert arrival_of(event) - instant_of(event) == 3600 * 10**6


def test_extensions_are_attributes_like_any_other_and_null_is_no_attribute() -> None:
    found = envelope(cloud(severity=3, urgent=True, traceparent="00-1", subject=None))

    assert isinstance(found, Envelope)
    assert found.attributes == {**CLOUD, "severity": "3", "urgent": "true", "traceparent": "00-1"}


def test_over_http_attributes_are_percent_encoded_and_over_kafka_they_are_not() -> None:
    data = json.dumps(DATA).encode()
    rest = {"type": "outage.started", "specversion": "1.0", "id": "1"}
    http = envelope(data, {f"ce-{name}": value for name, value in {**rest, "source": "%E7%BB%8D%E5%85%B4"}.items()})
    kafka = envelope(data, {f"ce_{name}": value for name, value in {**rest, "source": "绍兴%20"}.items()})

    assert isinstance(http, Envelope)
    assert isinstance(kafka, Envelope)
    assert (http.source, kafka.source) == ("绍兴", "绍兴%20")


def test_a_catalogue_whose_events_are_only_an_id_and_a_time_still_looks_inside_the_envelope() -> None:
    """Envelope and event then have the same names, and the envelope must not be taken for the event."""
    gate = Gate(
        catalogue_from("""
time_zone: Asia/Shanghai
events:
  door.opened:
    time: time
    late_by: none
    id: id
    fields: {id: text, time: time, door: "text, may be missing"}
""")
    )
    text = cloud({"id": "D-9", "door": "front"}, type="door.opened")

    assert [(id_of(one), one.door) for one in gate.decode(text) + gate.decode_lines([text, text]) if isinstance(one, Event)] == [
        ("D-9", "front")
    ] * 3


# ── what is wrong with an envelope ────────────────────────────────────────────────────────────────────────────────────

WRONG = [
    (cloud(id=...), "$.id: 'id' is missing on this CloudEvent"),
    (cloud(id=""), "$.id: 'id' must not be empty"),
    (cloud(source=...), "$.source: 'source' is missing on this CloudEvent"),
    (cloud(source=..., sorce="x"), "$.source: 'source' is missing on this CloudEvent; did you mean 'sorce'?"),
    (cloud(type=...), "$.type: 'type' is missing on this CloudEvent"),
    (cloud(type=7), "$.type: 'type' must be a text"),
    (cloud(type=None), "$.type: 'type' is missing on this CloudEvent"),
    (cloud(specversion="0.3"), "$.specversion: CloudEvents version '0.3' cannot be read; send version 1.0"),
    (cloud(specversion=1.0), "$.specversion: 'specversion' must be a text"),
    (cloud(time="yesterday"), "$.time: 'time' is not a time: 'yesterday'; write it with its offset"),
    (cloud(time="2026-03-01T08:00:00"), "$.time: 'time' is not a time"),
    (cloud(extension=[1]), "$.extension: 'extension' must be a text, a whole number or true/false"),
    (cloud(type="outage.startd"), "$.type: there is no event type 'outage.startd'; did you mean 'outage.started'?"),
    (cloud(datacontenttype="application/xml"), "$.datacontenttype: data of type 'application/xml' holds no fields; send application/json"),
    (cloud(datacontenttype="application/json; charset=gbk"), "$.datacontenttype: data of type 'application/json; charset=gbk' holds no fields"),
    (cloud(data=[1]), "$.data: 'data' must be an object of fields"),
    (cloud(data="text"), "$.data: 'data' must be an object of fields"),
    (cloud(data_base64="e30="), "$.data: 'data' and 'data_base64' are both there"),
    (cloud(data=..., data_base64="e3"), "$.data_base64: 'data_base64' cannot be read; it is a text in base64"),
    (cloud(data=..., data_base64=7), "$.data_base64: 'data_base64' cannot be read"),
    (cloud(data=..., data_base64="e30"), "$.data_base64: 'data_base64' cannot be read"),
    (cloud(data=..., data_base64="/3s="), "$.data: byte 1 is not UTF-8"),
    (cloud(data=...), "$.data.transformer_area: 'transformer_area' is missing on outage.started"),
    (cloud({**DATA, "customers": "120"}), "$.data.customers: 'customers' must be a whole number, not \"120\""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[said[:60] + str(place) for place, (_, said) in enumerate(WRONG)])
def test_an_envelope_that_is_not_right_is_rejected_with_where_and_why(text: bytes, said: str) -> None:
    for found, where in (
        (GATE.decode(text), ""),
        (GATE.decode(text, STRUCTURED), ""),
        (GATE.decode(b"[" + text + b"]", BATCH), "[0]"),
    ):
        rejected = refused(found)
        assert str(rejected).startswith(said.replace("$", "$" + where, 1))
        assert rejected.raw == text


@pytest.mark.parametrize("text", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 200_000])
def test_a_structured_event_that_is_no_object_is_rejected(text: bytes) -> None:
    assert refused(GATE.decode(text, STRUCTURED)).reason


@pytest.mark.parametrize("text", [b"", b"{}", b"[", b"\xff", b"[" * 200_000])
def test_a_batch_that_is_no_list_is_one_rejection(text: bytes) -> None:
    assert refused(GATE.decode(text, BATCH)).reason


def test_one_bad_event_of_a_batch_costs_nothing_but_itself() -> None:
    found = GATE.decode(b"[" + cloud() + b"," + cloud(id=...) + b", 7," + cloud() + b"]", BATCH)

    assert [isinstance(one, Event) for one in found] == [True, False, False, True]
    assert isinstance(found[1], Rejected)
    assert found[1].path == "$[1].id"


def test_a_format_other_than_json_is_rejected_by_name() -> None:
    rejected = refused(GATE.decode(b"\x00\x01", {"content-type": "application/cloudevents+avro"}))

    assert str(rejected) == (
        "$: events in the format 'application/cloudevents+avro' cannot be read; "
        "send application/cloudevents+json or application/cloudevents-batch+json"
    )


def test_a_binary_event_that_is_rejected_keeps_what_its_headers_said() -> None:
    rejected = refused(GATE.decode(b"\xff", {"ce_id": "1", "ce_type": "outage.started", "ce_source": "oms"}))

    assert str(rejected).startswith("$.specversion: 'specversion' is missing on this CloudEvent")
    assert json.loads(rejected.raw) == {"id": "1", "type": "outage.started", "source": "oms", "data_base64": "/w=="}
    assert rejected.source == "oms"


def test_what_an_envelope_carries_beyond_what_decides_is_counted() -> None:
    text = cloud({**DATA, "wether": "storm", "load": "much"})

    assert Gate(small(), {}).audit(text).unknown == {("outage.started", "wether"): 1}
    assert Gate(small(), {}).audit(b"[" + text + b"]", BATCH).wrong == {("outage.started", "load"): 1}
