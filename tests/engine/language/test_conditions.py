"""docs/conditions.md is true, word by word; and what conditions mean where the document only says it in passing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Gate, Rejected
from engine.language.condition import Condition, parse_condition, reach
from engine.language.selectionfile import EVERYWHERE
from engine.language.tablefile import read_tables
from engine.source import Place, read
from tests.support.catalogues import catalogue_from
from tests.support.rulefiles import FILES

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "conditions.md").read_text("utf-8")
CATALOGUE = catalogue_from(FILES["catalogue.yaml"])
FIELDS = {**EVERYWHERE, **CATALOGUE.types["outage.started"].fields}
ZONE = "Asia/Shanghai"
TABLE = read(re.findall(r"```yaml\n(table:.*?)```", TEXT, re.DOTALL)[0], "tables/limits.yaml")[0]
assert TABLE is not None
TABLES, WRONG = read_tables({"tables/limits.yaml": TABLE}, {}, ZONE)
AT = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
USUAL = {
    **dict.fromkeys(FIELDS),
    "area": "TA-7",
    "area_class": "urban",
    "customers": 120,
    "planned": False,
    "at": AT,
    "source": "scada",
    "outage_id": "O-1",
}


def condition(text: str) -> Condition:
    """Return a condition that can be read."""
    found = parse_condition(text, Place("x", 1, 1), FIELDS, ZONE, TABLES)
    assert isinstance(found, Condition), f"{text}: {found[0]}"
    return found


def verdict(text: str, **event: Any) -> bool | None:
    """Return how a condition goes for the usual event with some fields changed."""
    return condition(text).verdict(SimpleNamespace(**{**USUAL, **event}))


def test_every_condition_of_the_document_can_be_read() -> None:
    lines = re.findall(r"^  - (.+)$", TEXT.partition("## Words")[0], re.MULTILINE)
    words = re.findall(r"`((?:[^`])+)`", re.search(r"## Words(.*?)There is no arithmetic", TEXT, re.DOTALL)[1])  # type: ignore[index] # it is there
    told = [word for word in words if re.search(r"[=><(]|missing|\bin\b|not planned", word) and "…" not in word and len(word) > 5]
    for text in [*lines, *told]:
        written = f'area_class {text} ["urban"]' if text == "not in" else f"cause {text}" if text.startswith("is ") else text
        wrapped = written if "(" not in written or re.search(r"[=<>]", written) else f"({written}) == ({written})"
        found = parse_condition(wrapped, Place("x", 1, 1), FIELDS, ZONE, TABLES)
        alone = parse_condition(f"{written} == {written}", Place("x", 1, 1), FIELDS, ZONE, TABLES)
        assert isinstance(found, Condition) or isinstance(alone, Condition), text
    assert len(told) > 15
    assert WRONG == []


ROWS = re.findall(r"^\| `([^`]+)`(?: \((\d+) customers\))? \| ([a-z ]+) \| ([a-z ]+) \| ([a-z ]+) \|$", TEXT, re.MULTILINE)


@pytest.mark.parametrize(("text", "customers", "storm", "fault", "missing"), ROWS)
def test_the_table_of_missing_values_is_true(text: str, customers: str, storm: str, fault: str, missing: str) -> None:
    words = {True: "holds", False: "does not hold", None: "unknown"}
    found = [words[verdict(text, cause=cause, customers=int(customers or 0))] for cause in ("storm", "fault", None)]
    assert found == [storm, fault, missing]


TOLD = re.findall(r"^\| `([^`]+)` \| column (\d+): (.+) \|$", TEXT, re.MULTILINE)


@pytest.mark.parametrize(("text", "column", "say"), TOLD)
def test_the_table_of_mistakes_is_true(text: str, column: str, say: str) -> None:
    found = parse_condition(text, Place("x", 1, 1), FIELDS, ZONE, TABLES)
    assert isinstance(found, list)
    assert (found[0].place.column, found[0].say) == (int(column), say)


def test_the_tables_of_the_document_have_rows() -> None:
    assert (len(ROWS), len(TOLD)) == (4, 7)


MEANINGS: list[tuple[str, dict[str, Any], bool | None]] = [
    ("customers >= 120", {}, True),
    ("customers > 120", {}, False),
    ("120 <= customers", {}, True),
    ("-5 < customers", {"customers": -4}, True),
    ("customers in [119, 120]", {}, True),
    ("customers in [1, 2, 3, 4, 5, 6, 7, 120]", {}, True),
    ("customers not in [119, 120]", {}, False),
    ("duration == 5.5", {"duration": 5.5}, True),
    ("duration == 5.5", {}, None),
    ('cause in ["a"]', {}, None),
    ('cause not in ["a"]', {}, None),
    ('not (cause not in ["a"])', {"cause": "a"}, True),
    ('cause == "say \\"no\\""', {"cause": 'say "no"'}, True),
    ("cause == 'it\\'s'", {"cause": "it's"}, True),
    ('cause == "a\\\\b"', {"cause": "a\\b"}, True),
    ('cause == "\\u505c\\u7535"', {"cause": "停电"}, True),
    ('cause == "线路\\n停电"', {"cause": "线路\n停电"}, True),
    ('contains(cause, "")', {"cause": ""}, True),
    ('contains(lower(cause), "storm")', {"cause": "STORM surge"}, True),
    ("starts_with(area, cause)", {"cause": "TA"}, True),
    ("starts_with(area, cause)", {}, None),
    ("not starts_with(area, cause)", {}, None),
    ("length(area) == 4", {}, True),
    # 00:30 in London is 08:30 in Shanghai, and a Sunday in both
    ("hour_of(at) == 8", {}, True),
    ('weekday_of(at) == "sun"', {}, True),
    ('weekday_of(at) in ["sat", "sun"]', {"at": datetime(2026, 2, 27, 16, 0, tzinfo=UTC)}, True),
    ("hour_of(2026-03-01 08:30) == 8", {}, True),
    ("at == 2026-03-01 08:30", {}, True),
    ("at == 2026-03-01T00:30:00Z", {}, True),
    ("at in [2026-03-01 08:30, 2026-03-02]", {}, True),
    ("ended - at == 90 minutes", {"ended": datetime(2026, 3, 1, 2, 0, tzinfo=UTC)}, True),
    ("ended - at >= 1 day", {}, None),
    ("ended is missing or ended - at >= 1 day", {}, True),
    ("at - 2026-03-01 > 8 hours", {}, True),
    ("arrived - at > 1 hour", {"arrived": datetime(2026, 3, 1, 2, 0, tzinfo=UTC)}, True),
    ("arrived is missing", {}, True),
    ('source == "scada"', {}, True),
    ('feeder != "unplaced"', {}, None),
    ("1 hour == 60 minutes", {}, True),
    ("limits[area_class].hours == 3", {}, True),
    ('limits["rural"].hours == 4', {}, True),
    ('limits[area_class].note == "long roads"', {}, None),
    ("limits[area_class].note is missing", {}, True),
    ("limits[area_class].hours in [3, 4]", {"area_class": "rural"}, True),
    ('limits[area_class].hours < limits["rural"].hours', {}, True),
    ("(customers > 100) == planned", {}, False),
    ("(customers > 100) != planned", {}, True),
    ("planned == no", {}, True),
    ("(customers) >= (100)", {}, True),
    ('cause == "a" and customers > 500', {}, False),
    ('cause == "a" and customers > 100', {}, None),
    ("not planned and not planned or planned", {}, True),
    ("planned or not planned and planned", {}, False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "event", "wanted"), MEANINGS)
def test_a_condition_means_what_it_says(text: str, event: dict[str, Any], wanted: bool | None) -> None:  # noqa: FBT001 - a verdict
    assert verdict(text, **event) is wanted
    assert verdict(f"not ({text})", **event) is (None if wanted is None else not wanted)


def test_explaining_shows_each_test_with_the_values_that_decided() -> None:
    found = condition('limits[area_class].hours >= 4 or not (cause == "a") and customers > 100').leaves(SimpleNamespace(**USUAL))
    assert [(leaf.text, leaf.verdict, leaf.actual) for leaf in found] == [
        ("limits[area_class].hours >= 4", False, {"area_class": "urban", "limits.hours": 3}),
        ('cause == "a"', None, {"cause": None}),
        ("customers > 100", True, {"customers": 120}),
    ]


def test_conditions_of_real_events_run_on_what_the_gate_lets_in() -> None:
    gate = Gate(CATALOGUE)
    event = gate.convert(
        {"type": "outage.started", "outage_id": "O", "area": "A", "at": "2026-03-01T08:30:00+08:00", "customers": 1, "planned": False}
        | {"area_class": "rural", "ended": "2026-03-01T10:30:00+08:00"}
    )
    assert not isinstance(event, Rejected)
    for text in (
        "at == 2026-03-01 08:30",
        "hour_of(at) == 8",
        "ended - at == 2 hours",
        "limits[area_class].hours == 4",
        "feeder is missing",
    ):
        assert condition(text).verdict(event) is True, text


REACHES = [
    ("customers > 5 and customers < 7", None),
    ("customers > 5 and customers < 6", "never"),
    ("duration > 5 and duration < 6", None),
    ("customers == 5 and customers != 5", "never"),
    ('area_class in ["urban"] and area_class == "rural"', "never"),
    ('area_class == "urban" or area_class == "rural"', "always"),
    ('cause == "a" or cause != "a"', None),
    ('cause == "a" or cause != "a" or cause is missing', "always"),
    ("planned == yes and planned == no", "never"),
    ("yes", "always"),
    ("no", "never"),
    ('contains(cause, "a") and not contains(cause, "a")', "never"),
    ("at >= 2026-01-01 and at < 2026-01-01", "never"),
    ("length(area) < 0", "never"),
    ("hour_of(at) > 22 and hour_of(at) < 6", "never"),
    ("customers > duration", None),
    ("1 hour > 2 hours", "never"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), REACHES)
def test_what_can_never_or_always_hold_is_seen(text: str, wanted: str | None) -> None:
    assert reach(condition(text).node) == wanted


@given(
    st.lists(st.sampled_from(["customers > 3", "customers <= 3", "planned", "not planned", "customers == 4"]), min_size=1, max_size=4),
    st.data(),
)
def test_what_is_called_impossible_never_happens(parts: list[str], data: st.DataObject) -> None:
    text = f" {data.draw(st.sampled_from(['and', 'or']))} ".join(parts)
    found = condition(text)
    event = SimpleNamespace(customers=data.draw(st.integers(2, 5)), planned=data.draw(st.booleans()))
    assert (reach(found.node), found.verdict(event)) not in {("never", True), ("always", False)}


def test_the_code_is_what_a_person_would_write() -> None:
    assert condition("customers >= 100 and not planned").python() == "((e.customers >= 100) and (not e.planned))"
    assert condition('cause != "a"').python() == "(e.cause is not None and e.cause != 'a')"
    assert condition('not (cause == "a" or customers > 5)').python() == "((e.cause is not None and e.cause != 'a') and (e.customers <= 5))"
    assert condition("at >= 2026-03-01").python() == "(e.at >= moment_1772294400000000)"
