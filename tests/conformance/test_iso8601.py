"""Times and lengths in ISO 8601, as JSON Schema's own test suite and the package isodate see them.

What we take, they take too, and where they name a length in seconds, ours is the same. Every difference is listed with its reason.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine.calendar import Length, parse_instant, parse_length
from engine.events import Gate, Rejected
from tests.support.catalogues import catalogue_from

EXTRACT = Path(__file__).resolve().parents[1] / "data" / "conformance" / "iso8601_extract.jsonl"

#: Valid, and not for us: input -> why.
NOT_FOR_US = {
    **dict.fromkeys(
        ["P4Y", "P1M", "P1Y2M3DT4H5M6S", "P1Y2M3D", "P1M2D", "P10Y10M10DT10H10M10S", "P18Y9M4DT11H9M8S", "P3Y6M4DT12H30M5S", "P0.5Y"],
        "months and years are not exact lengths",
    ),
    **dict.fromkeys(["-P2W", "-P2.2W", "-P3Y6M4DT12H30M5S"], "a length is never less than nothing"),
    "PT0S": "a length of nothing is a slip of the pen",
    **dict.fromkeys(
        [
            "1998-12-31T23:59:60Z",
            "1998-12-31T15:59:60.123-08:00",
            "01:29:60+01:30",
            "23:29:60+23:30",
            "15:59:60-08:00",
            "00:29:60-23:30",
        ],
        "leap seconds are refused: no event of ours lies in one, and clocks differ about them",
    ),
    "1985-04-12T00:59:59.999999999999999Z": "at most nine digits of a second",
}
#: Not valid, and taken: input -> why.
TAKEN = dict.fromkeys([" P1D", "P1D ", "P1D\n", "1985-04-12T23:20:50Z\n"], "space around a value in a file means nothing")
#: What the gate takes beyond parse_instant, or not.
GATE = {
    "1985-04-12T00:59:59.999999999999999Z": True,
    "1985-04-12T23:20:50Z\n": False,
}

CATALOGUE = """
time_zone: UTC
events:
  seen:
    time: at
    late_by: none
    id: name
    fields: {name: text, at: time}
"""


def cases(path: Path) -> list[dict[str, Any]]:
    """Return the cases of a file that ask whether a text is valid."""
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [case for case in found if "valid" in case]


def taken(case: dict[str, Any]) -> bool:
    """Return whether we take a text."""
    match case["format"]:
        case "duration":
            return isinstance(parse_length(case["input"]), Length)
        case "time":
            return parse_instant(f"2016-12-31T{case['input']}", "UTC") is not None
        case _:
            return parse_instant(case["input"], "UTC") is not None


def differences(found: list[dict[str, Any]]) -> tuple[set[str], set[str]]:
    """Return what is valid and not taken, and what is taken and not valid."""
    valid = {case["input"] for case in found if case["valid"] and not taken(case)}
    return valid, {case["input"] for case in found if not case["valid"] and taken(case)}


@pytest.mark.parametrize("case", cases(EXTRACT), ids=lambda case: f"{case['format']}: {case['description']}"[:70])
def test_a_text_is_taken_if_and_only_if_it_is_valid(case: dict[str, Any]) -> None:
    listed = case["input"] in NOT_FOR_US or case["input"] in TAKEN
    assert taken(case) == (case["valid"] != listed)


def test_all_differences_of_the_whole_list_are_known(shared: Path) -> None:
    found = cases(shared / "data" / "conformance" / "iso8601_cases.jsonl")
    not_taken, wrongly_taken = differences(found)
    assert not_taken == set(NOT_FOR_US)
    assert wrongly_taken == set(TAKEN)
    assert len(found) == 112


def test_a_length_has_as_many_seconds_as_others_say(shared: Path) -> None:
    found = [case for case in cases(shared / "data" / "conformance" / "iso8601_cases.jsonl") if "total_seconds" in case and taken(case)]
    lengths = [parse_length(case["input"]) for case in found]
    assert [one.micros for one in lengths if isinstance(one, Length)] == [round(case["total_seconds"] * 1_000_000) for case in found]
    assert found


@cache
def gate() -> Gate:
    """Return the gate of a catalogue with one time."""
    return Gate(catalogue_from(CATALOGUE))


@pytest.mark.parametrize(
    "case", [case for case in cases(EXTRACT) if case["format"] == "date-time"], ids=lambda case: f"{case['description']}"[:70]
)
def test_the_gate_takes_the_same_times_of_events(case: dict[str, Any]) -> None:
    found = gate().convert({"type": "seen", "name": "x", "at": case["input"]})
    assert isinstance(found, Rejected) != GATE.get(case["input"], taken(case)), found
