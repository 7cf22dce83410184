"""`clearly init`, `rules check` and `rules test`, as a rule author meets them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from engine.language import read_rules
from streams.cli.program import answer
from streams.folder import Folder, read_folder

HOUSE = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a rules folder as `clearly init` makes it, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    assert answer(["init", "my-rules"]) == 0
    capsys.readouterr()
    return Path("my-rules")


def change(file: Path, before: str, after: str) -> None:
    """Change a text in a file."""
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def test_a_new_folder_passes_check_and_test(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["rules", "check", str(rules), "--as-of", "2026-03-01"]) == 0
    assert capsys.readouterr().out == "1 rule, 5 tests: no errors\n"
    assert answer(["rules", "test", str(rules)]) == 0
    assert capsys.readouterr().out == (
        "✓ repeated-outage  5 passed\n5 tests three ways: straight, restarted after every event, in other orders; all passed\n"
    )


def test_a_new_folder_is_not_made_over_an_old_one(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["init", str(rules)]) == 2
    assert capsys.readouterr().err == "my-rules: there is something already; give a folder that does not exist yet, or is empty\n"


def test_the_calendar_of_a_new_folder_says_what_our_own_says() -> None:
    ours, template = (
        read_rules(folder.files).rulebook
        for folder in map(read_folder, (HOUSE / "rules", HOUSE / "streams" / "template"))
        if isinstance(folder, Folder)
    )
    assert ours is not None
    assert template is not None
    mine, known = template.calendars["china"], ours.calendars["china"]
    first, last = mine.covers
    assert mine.holidays == {day: name for day, name in known.holidays.items() if first <= day <= last}
    assert mine.extra_working_days == {day: name for day, name in known.extra_working_days.items() if first <= day <= last}


def test_every_mistake_is_told_at_once_with_its_place(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(rules / "outage" / "repeated-outage.yaml", "if: not planned", "if: not planed")
    change(rules / "outage" / "repeated-outage.yaml", "count: at least 3", "count: 3 times")
    change(rules / "routes.yaml", "catch_all: linxi", "catch_all: linx")
    assert answer(["rules", "check", str(rules)]) == 1
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == ""
    assert [line.partition(": ")[0] for line in lines[:-1]] == [
        "my-rules/outage/repeated-outage.yaml:10:11",
        "my-rules/outage/repeated-outage.yaml:12:10",
        "my-rules/routes.yaml:4:12",
    ]
    assert "did you mean 'planned'? [unknown-field]" in lines[0]
    assert "at least 3" in lines[1]
    assert lines[-1] == "3 errors"


def test_a_broken_feed_mapping_is_found_too(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rules / "feeds" / "calls.yaml").write_text("feed: calls\nevents:\n  - event: complaint.receved\n    fields: {}\n", encoding="utf-8")
    assert answer(["rules", "check", str(rules)]) == 1
    assert capsys.readouterr().out.startswith("my-rules/feeds/calls.yaml:3:12: ")


def test_a_warning_alone_is_no_failure(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(rules / "outage" / "repeated-outage.yaml", "status: shadow", "status: shadow\nreview_by: 2026-03-01")
    assert answer(["rules", "check", str(rules), "--as-of", "2026-03-10"]) == 0
    out = capsys.readouterr().out
    assert "[review-passed, a warning]" in out
    assert out.endswith("1 rule, 5 tests: no errors, 1 warning\n")
    assert answer(["rules", "check", str(rules), "--as-of", "2026-02-10"]) == 0
    assert answer(["rules", "check", str(rules), "--as-of", "2026-05-10"]) == 1


def test_a_date_that_is_none_is_refused(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["rules", "check", str(rules), "--as-of", "soon"]) == 2
    assert capsys.readouterr().err == "--as-of soon: not a date; write for example 2026-03-01\n"


def test_machines_get_what_check_found(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(rules / "outage" / "repeated-outage.yaml", "if: not planned", "if: not planed")
    assert answer(["rules", "check", str(rules), "--json", "--junit", "check.xml"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    place = {"file": "my-rules/outage/repeated-outage.yaml", "line": 10, "column": 11, "level": "error", "code": "unknown-field"}
    assert {key: found[key] for key in place} == place
    root = ET.parse("check.xml").getroot()  # noqa: S314 - our own
    failed = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert failed == ["outage/repeated-outage.yaml"]


def test_a_number_that_was_changed_is_caught_by_the_test_beside_it(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(rules / "outage" / "repeated-outage.yaml", "within: 60 days", "within: 61 days")
    assert answer(["rules", "test", str(rules), "--junit", "test.xml"]) == 1
    assert capsys.readouterr().out == (
        "✗ repeated-outage  4 of 5 passed\n"
        "    ✗ a minute later it no longer counts  my-rules/outage/repeated-outage.test.yaml:27\n"
        "        not wanted: opened 2026-04-30 08:01 transformer_area=TA-7 (evidence O-1, O-2, O-3)\n"
        "5 tests three ways: straight, restarted after every event, in other orders; 1 failed\n"
    )
    root = ET.parse("test.xml").getroot()  # noqa: S314 - our own
    assert (root.get("tests"), root.get("failures")) == ("5", "1")
    assert answer(["rules", "test", str(rules), "--json"]) == 1
    assert [one["passed"] for one in json.loads(capsys.readouterr().out)] == [True, True, False, True, True]


def test_only_the_rules_that_were_named_are_tested(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["rules", "test", str(rules), "--rule", "repeated-outage"]) == 0
    assert answer(["rules", "test", str(rules), "--rule", "repeated-outag"]) == 1
    assert capsys.readouterr().err == "--rule repeated-outag: there is no such rule; did you mean 'repeated-outage'?\n"


def test_rules_with_errors_are_not_tested(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(rules / "outage" / "repeated-outage.yaml", "if: not planned", "if: not planed")
    assert answer(["rules", "test", str(rules)]) == 1
    assert capsys.readouterr().err.startswith("my-rules/outage/repeated-outage.yaml:10:11: ")


def test_a_folder_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["rules", "check", "nowhere"]) == 2
    assert capsys.readouterr().err == "nowhere: there is no such folder; `clearly init nowhere` makes a new one\n"


def test_the_schema_of_the_events_is_json_schema(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["events", "schema", "--rules", str(rules)]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert list(schema["definitions"]) == ["outage.started", "outage.restored", "complaint.received"]
    assert answer(["events", "schema", "--rules", str(rules), "--type", "outage.restored"]) == 0
    assert list(json.loads(capsys.readouterr().out)["definitions"]) == ["outage.restored"]
    assert answer(["events", "schema", "--rules", str(rules), "--type", "outage.restord"]) == 1
    assert capsys.readouterr().err == "--type outage.restord: there is no such event; did you mean 'outage.restored'?\n"
