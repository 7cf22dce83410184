"""docs/lint.md is true: every code is in it, and every example says what stands there. And what no single example shows."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import pytest

from engine.language import read_rules
from engine.language.codes import CODES
from tests.support.lintexamples import said
from tests.support.rulefiles import CALENDAR, FILES, RULES

HOUSE = Path(__file__).resolve().parents[3]
SECTION = re.compile(r"### `([a-z-]+)`\n\n(\w+): (.*?)\n\n(?:```diff\n# (\S+)\n(.*?)```\n\n```text\n(.*?)```)?", re.DOTALL)
EXAMPLES = SECTION.findall((HOUSE / "docs" / "lint.md").read_text("utf-8"))
#: Shown by no example: a megabyte of rule.
UNSHOWN = {"too-long"}


#: Where the code stands among the arguments of what notes a problem; places note theirs by way of a row.
NOTED = {"say": 1, "told": 1, "Problem": 1, "Fault": 2, "Refused": 1}


def emitted() -> set[str]:
    """Return every code that stands in the engine where a problem is noted."""
    found = set()
    for path in (path for room in ("source", "language", "events") for path in (HOUSE / "engine" / room).rglob("*.py")):
        if path.name in {"diagnosis.py", "cloudevents.py", "shape.py"} or path.parent.name == "mapping":
            continue  # rejections of events and problems of mappings: docs/events.md, docs/feeds.md
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            place = NOTED.get(getattr(node.func, "attr", getattr(node.func, "id", "")), 99) if isinstance(node, ast.Call) else 99
            word = node.args[place] if isinstance(node, ast.Call) and len(node.args) > max(place, 2) else None
            if isinstance(word, ast.Constant) and isinstance(word.value, str):
                found.add(word.value)
    return found


def test_every_code_of_the_engine_is_known() -> None:
    found = emitted()
    assert len(found) > 50
    assert not found - set(CODES)


def test_every_code_is_in_the_document() -> None:
    listed = re.findall(r"^\| `(places-[a-z-]+)` \|", (HOUSE / "docs" / "lint.md").read_text("utf-8"), re.MULTILINE)
    assert sorted([*listed, *(example[0] for example in EXAMPLES)]) == sorted(CODES)


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one[0] not in UNSHOWN], ids=lambda one: one[0])
def test_an_example_of_the_document_says_what_stands_there(example: tuple[str, ...]) -> None:
    code, level, _, file, text, told = example
    assert said(code, file, text) == told.splitlines()
    assert told.rstrip().endswith(f"[{level.lower()}]")


def test_a_file_of_more_than_a_megabyte_is_not_read() -> None:
    found = read_rules({**FILES, "count-rule.yaml": RULES["count-rule.yaml"] + "#" * 1_000_000}).problems
    assert [problem.code for problem in found if problem.place.file == "count-rule.yaml"] == ["too-long"]


def codes(files: dict[str, str], as_of: date | None = None) -> list[tuple[str, str]]:
    """Return file and code of everything that is said, without the reminders to write tests."""
    return [(one.place.file, one.code) for one in read_rules(files, as_of).problems if not one.code.startswith("no-test")]


def changed(file: str, old: str, new: str) -> dict[str, str]:
    """Return the good folder with one change."""
    assert old in FILES[file]
    return {**FILES, file: FILES[file].replace(old, new, 1)}


def test_a_warning_is_accepted_on_its_line_with_a_reason() -> None:
    text = "  within: 1 hour  # lint-ok: short-within this source is never late\n"
    assert codes(changed("count-rule.yaml", "  within: 60 days\n", text)) == []


def test_a_warning_is_accepted_on_the_line_above() -> None:
    text = "  # lint-ok: short-within this source is never late\n  within: 1 hour\n"
    assert codes(changed("count-rule.yaml", "  within: 60 days\n", text)) == []


def test_an_error_cannot_be_accepted() -> None:
    files = changed("count-rule.yaml", "  within: 60 days\n", "  within: 60d  # lint-ok: length I know better\n")
    assert codes(files) == [("count-rule.yaml", "length")]
    assert read_rules(files).rulebook is None


def test_a_review_date_warns_on_the_day_after_and_refuses_a_month_later() -> None:
    def said_on(day: date) -> list[str]:
        found = read_rules(changed("dated-rule.yaml", "2029-01-01", "2026-06-01"), day).problems
        return [problem.level for problem in found if problem.code == "review-passed"]

    assert said_on(date(2026, 6, 1)) == []
    assert said_on(date(2026, 6, 2)) == ["warning"]
    assert said_on(date(2026, 7, 1)) == ["warning"]
    assert said_on(date(2026, 7, 2)) == ["error"]


def test_without_a_day_nothing_is_said_of_days() -> None:
    assert codes(changed("dated-rule.yaml", "2029-01-01", "2020-06-01")) == []


def test_the_calendar_of_rules_that_name_none_is_said_not_guessed() -> None:
    two = {**FILES, "calendars/office.yaml": CALENDAR.replace("calendar: china", "calendar: office")}
    assert ("count-rule.yaml", "default-calendar") in codes(two)
    named = {**two, "catalogue.yaml": f"default_calendar: office\n{FILES['catalogue.yaml']}"}
    assert codes(named) == []
    book = read_rules(named).rulebook
    assert book is not None
    assert {name: rule.calendar_name for name, rule in book.rules.items() if name in {"count-rule", "absence-rule"}} == {
        "count-rule": "office",
        "absence-rule": "china",
    }


def test_a_default_calendar_that_does_not_exist_is_told() -> None:
    assert codes({**FILES, "catalogue.yaml": f"default_calendar: chna\n{FILES['catalogue.yaml']}"}) == [
        ("catalogue.yaml", "unknown-calendar")
    ]


def test_two_rules_that_cover_each_other_are_told() -> None:
    files = changed("count-rule.yaml", "  within: 60 days\n", "  within: 60 days\n  covered_by: notice-rule\n")
    assert codes(files) == [("count-rule.yaml", "covered-by"), ("notice-rule.yaml", "covered-by")]


def test_a_circle_by_way_of_an_absence_is_told() -> None:
    files = changed("yes-rule.yaml", "event: outage.restored", "event: finding.yes-rule")
    assert ("yes-rule.yaml", "circle") in codes(files)


def test_a_condition_over_several_lines_is_told_at_its_own_line() -> None:
    files = changed("count-rule.yaml", "  if: not planned\n", "  if: >-\n    not planned\n    and customers >=\n    custmers\n")
    assert [str(problem) for problem in read_rules(files).problems if problem.code == "unknown-field"] == [
        "count-rule.yaml:11:5: there is no field 'custmers' on this event; did you mean 'customers'?"
    ]


def test_a_condition_in_quotation_marks_is_told_at_its_column() -> None:
    files = changed("count-rule.yaml", "  if: not planned\n", "  if: 'not planed'\n")
    assert "count-rule.yaml:8:12: there is no field 'planed'" in str(
        next(one for one in read_rules(files).problems if one.code == "unknown-field")
    )


def test_a_file_that_ends_in_yml_is_not_passed_over() -> None:
    assert codes({**FILES, "forgotten.yml": RULES["count-rule.yaml"]}) == [("forgotten.yml", "file-name")]


def test_a_rule_that_is_covered_covers_no_other() -> None:
    """What its task had been lent would have to move whenever that task comes or goes."""
    rules = {
        name: RULES["count-rule.yaml"].replace("rule: count-rule", f"rule: {name}").replace("  within:", f"{covered}  within:", 1)
        for name, covered in (("outer", ""), ("middle", "  covered_by: outer\n"), ("inner", "  covered_by: middle\n"))
    }
    told = read_rules({**FILES, **{f"{name}.yaml": text for name, text in rules.items()}}).problems
    assert [one.say for one in told if one.code == "covered-by"] == ["'middle' is covered itself; name outer here too, or leave it out"]
