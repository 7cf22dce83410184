"""The AsyncAPI document is current, valid, complete, and true of what a running program publishes."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from engine.casework import cloud_event
from streams.cli.program import answer
from streams.embedded.parcel import Parcel
from streams.kafka.topics import Names
from streams.topics import TOPICS, Topic
from tests.deploy.commands import DEPLOY
from tests.streams.test_office import House

if TYPE_CHECKING:
    from pathlib import Path

FILE = DEPLOY / "asyncapi.yaml"


@cache
def document() -> dict[str, Any]:
    """Return the document that is checked in."""
    read: dict[str, Any] = yaml.load(FILE.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    return read


@cache
def validator(message: str) -> jsonschema.Draft202012Validator:
    """Return what judges the payload of a message."""
    schema = {"$ref": document()["components"]["messages"][message]["payload"]["$ref"], "components": document()["components"]}
    return jsonschema.Draft202012Validator(schema)


def test_the_document_is_the_one_of_the_shipped_catalogue(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["events", "asyncapi", "--rules", str(house / "rules")]) == 0
    told = capsys.readouterr().out
    assert told == FILE.read_text("utf-8"), "clearly events asyncapi --rules rules > deploy/asyncapi.yaml"


def test_the_document_is_valid(house: Path) -> None:
    """By AsyncAPI's own schema (github.com/asyncapi/spec-json-schemas, 3.0.0 without $id, Apache-2.0)."""
    schema = json.loads(gzip.decompress((house / "tests" / "data" / "conformance" / "asyncapi-3.0.0.json.gz").read_bytes()))
    assert [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(document())] == []


def references(value: Any) -> set[str]:
    """Return every reference in a document."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
    return own.union(*map(references, value.values()))


def test_every_reference_leads_somewhere() -> None:
    for reference in references(document()):
        place: Any = document()
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def test_every_topic_is_in_it() -> None:
    by_server: dict[str, set[str]] = {}
    for channel in document()["channels"].values():
        by_server.setdefault(channel["servers"][0]["$ref"].rpartition("/")[2], set()).add(channel["address"])
    names = Names()
    assert by_server["database"] == set(TOPICS)
    assert by_server["kafka"] == {topic.name for topic in names.topics([names.feed])}
    assert by_server["http"] == {"/events"}


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_published_fits_what_the_document_says(topic: str, tmp_path: Path) -> None:
    """Ten days in which nobody signs: every level is told."""
    county = House(tmp_path)
    try:
        county.find()
        county.pass_(days=10)
        records = Topic(county.store, topic).after(0)
    finally:
        county.store.close()
    assert records or topic in {"alert.l0", "alert.l5", "supervision", "digest", "kpi"}
    plain = next(iter(document()["channels"][f"database.{topic}"]["messages"]))
    for told in records:
        assert [error.message for error in validator(plain).iter_errors(json.loads(told.line))] == []
        assert [error.message for error in validator("CloudEvent").iter_errors(cloud_event(told.record))] == []
    assert not validator(plain).is_valid({})


def test_a_rejected_record_is_no_event_of_the_document_either(tmp_path: Path) -> None:
    county = House(tmp_path)
    try:
        (receipt,) = county.runtime.receive([Parcel([b'{"type": "outage.started"}'], "scada")], county.now)
        assert receipt.accepted == 0
    finally:
        county.store.close()
    assert not validator("event.outage.started").is_valid({"type": "outage.started"})
