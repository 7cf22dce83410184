"""Editors' schemas accept what lint accepts, refuse what it refuses, and explain every setting in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from engine.authoring import rule_schema, story_schema
from engine.language import SETTINGS, Rulebook, read_rules

HOUSE = Path(__file__).resolve().parents[3]
FILES = {path.relative_to(HOUSE / "rules").as_posix(): path.read_text("utf-8") for path in sorted((HOUSE / "rules").rglob("*.yaml"))}


@pytest.fixture(scope="module")
def book() -> Rulebook:
    found = read_rules(FILES).rulebook
    assert found is not None
    return found


@pytest.fixture(scope="module")
def of_rules(book: Rulebook) -> Any:
    return jsonschema.Draft7Validator(rule_schema(book))


@pytest.fixture(scope="module")
def of_tests(book: Rulebook) -> Any:
    return jsonschema.Draft7Validator(story_schema(book))


def complaints(validator: Any, text: str) -> list[str]:
    """Return what an editor underlines. Its reader of YAML knows numbers and dates, ours only text."""
    return [error.message for error in validator.iter_errors(yaml.load(text, yaml.BaseLoader))]  # noqa: S506 - it makes nothing but text


def test_every_shipped_rule_and_story_is_accepted(book: Rulebook, of_rules: Any, of_tests: Any) -> None:
    files = {rule.place.file: of_rules for rule in book.rules.values()}
    files |= {path: of_tests for path in FILES if path.endswith(".test.yaml")}
    assert {path: told for path, validator in files.items() if (told := complaints(validator, FILES[path]))} == {}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("status: shadow", "status: shadwo"),
        ("owner:", "onwer:"),
        ("event: outage.started", "event: outage.startd"),
        ("same: transformer_area", "same: transformer_aera"),
        ("count: at least 3", "cuont: at least 3"),
        ("to: area-manager", "to: area-manger"),
        ("severity: 重要", "severity: 很重要"),
        ("  due:", "  deu:"),
    ],
)
def test_a_slip_of_the_pen_is_underlined(of_rules: Any, right: str, wrong: str) -> None:
    text = FILES["outage/repeated-outage.yaml"]
    assert right in text
    assert complaints(of_rules, text) == []
    assert complaints(of_rules, text.replace(right, wrong)) != []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("rule: ", "rule: no-"), ("expect: nothing", "expect: nothin"), ("outage.started:", "outage.start:"), ("at:", "att:")],
)
def test_a_slip_in_a_story_is_underlined(of_tests: Any, right: str, wrong: str) -> None:
    text = FILES["outage/repeated-outage.test.yaml"]
    assert complaints(of_tests, text.replace(right, wrong)) != []


def test_every_setting_is_explained_in_both_languages(book: Rulebook) -> None:
    def explained(schema: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in schema.get("properties", {}).items() if isinstance(schema, dict) else ():
            found |= {name: value.get("description", ""), **explained(value)}
        for value in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
            if isinstance(value, dict | list):
                found |= {name: told for name, told in explained(value).items() if name not in found}
        return found

    told = explained(rule_schema(book))
    for part in ("rule", "when", "task", "followed_by", "preceded_by"):
        for name in SETTINGS[part]:
            chinese, _, english = told[name].partition("\n\n")
            assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese), name
            assert english, name
