"""CEL's own conformance suite, as far as our conditions can say the same: 177 of its 1,249 cases, and the same answer in each."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import pytest

from engine.events import Field
from engine.language.condition import Condition, parse_condition
from engine.source import Place
from tests.support.cel import WEEK, Inexpressible, Translation, literal

if TYPE_CHECKING:
    from engine.events import Kind

EXTRACT = Path(__file__).resolve().parents[1] / "data" / "conformance" / "cel_extract.jsonl"
KINDS: dict[str, Kind] = {
    "bool_value": "yes/no",
    "string_value": "text",
    "int64_value": "whole number",
    "uint64_value": "whole number",
    "double_value": "number",
}
#: Of the whole suite: how many cases come out how. What is inexpressible needs maps, bytes, arithmetic, macros, protocol buffers, …
WHOLE = {
    "same answer": 161,
    # CEL raises an error when the expression runs; we say so before anything runs
    "refused by both": 16,
    # an order of text, numbers of more than 15 digits, arithmetic on numbers, an empty list, 33 times `not`
    "refused by us": 64,
    "inexpressible": 1008,
}


def cases(path: Path) -> list[dict[str, Any]]:
    """Return the cases of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def outcome(case: dict[str, Any]) -> str:
    """Return how a case comes out."""
    names: dict[str, Any] = {}
    fields: dict[str, Field] = {}
    for name, binding in (case.get("bindings") or {}).items():
        kind, value = next(iter(binding.get("value", {}).items()), ("", ""))
        if kind in KINDS and name.isidentifier():
            fields[name] = Field(name, KINDS[kind])
            names[name] = int(value) if "int" in kind else value
    try:
        text, zone = wanted(case, names)
    except Inexpressible:
        return "inexpressible"
    condition = parse_condition(text, Place("cel", 1, 1), fields, zone)
    fails = case["expect"] == "eval_error"
    if not isinstance(condition, Condition):
        return "refused by both" if fails else "refused by us"
    assert not fails, f"CEL refuses {case['expr']}, and we took it for {text}"
    assert condition.verdict(SimpleNamespace(**names)) is True, f"{case['expr']} is {case['result']}, and we say no to {text}"
    return "same answer"


def wanted(case: dict[str, Any], names: dict[str, Any]) -> tuple[str, str]:
    """Return a condition in our words that holds where the case has its expected result, and its time zone."""
    if "container" in case or case["expect"] == "typed_result":
        raise Inexpressible("names are looked for in a container, or only the type is asked for")
    said = Translation(case["expr"], {name: name for name in names})
    if said.zone not in available_timezones():
        raise Inexpressible(said.zone)
    if case["expect"] == "eval_error":
        return said.text, said.zone
    value = f'"{WEEK[int(case["result"]["int64_value"])]}"' if said.is_weekday else literal(case["result"])
    return (said.text if value == "yes" else f"({said.text}) == {value}"), said.zone


@pytest.mark.parametrize("case", cases(EXTRACT), ids=lambda case: f"{case['file']}-{case['name']}"[:60])
def test_a_case_that_we_can_express_has_cels_answer(case: dict[str, Any]) -> None:
    assert outcome(case) in {"same answer", "refused by both"}


def test_of_the_whole_suite_this_much_can_be_expressed(shared: Path) -> None:
    found = cases(shared / "data" / "conformance" / "cel_conformance.jsonl")
    assert len(found) == 1249
    assert Counter(map(outcome, found)) == WHOLE
