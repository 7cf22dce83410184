"""`clearly rules status`, `owners` and `stale`: what somebody looks at who owns rules."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.cli.program import answer

HOUSE = Path(__file__).resolve().parent.parent.parent
RULE = """
rule: {name}
title: {title}
owner: {owner}
status: live
reason: a test
{more}
when:
  event: outage.started
  if: {condition}
  same: transformer_area
task: {{severity: minor, to: area-manager, due: 2 hours, say: "{name}"}}
"""


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a rules folder of four rules that ran on `c.db` in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    shutil.copytree(HOUSE / "streams" / "template", "my-rules")
    rules = (
        ("any-outage", "任何停电 / Any outage", "dispatch", "not planned", ""),
        ("large-outage", "大停电 / Large outage", "dispatch", "customers >= 100", "review_by: 2099-01-01"),
        ("huge-outage", "特大停电 / Huge outage", "service", "customers >= 100000", ""),
    )
    for name, title, owner, condition, more in rules:
        text = RULE.format(name=name, title=title, owner=owner, condition=condition, more=more)
        Path(f"my-rules/outage/{name}.yaml").write_text(text, encoding="utf-8")
    begin = datetime.now(UTC) - timedelta(days=5)
    lines = [
        {
            "type": "outage.started",
            "outage_id": f"O-{number}",
            "transformer_area": "TA-7",
            "started_at": (begin + timedelta(days=number)).isoformat(),
            "customers": 120 if number else 5,
            "planned": False,
        }
        for number in range(4)
    ]
    Path("events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert answer(["run", "--rules", "my-rules", "--db", "c.db", "--feed", "events.jsonl", "--once"]) == 0
    capsys.readouterr()
    return Path("my-rules")


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Return exit code and output of a command, without the blanks at the ends of lines."""
    code = answer(["rules", *arguments])
    out, err = capsys.readouterr()
    return code, "\n".join(line.rstrip() for line in out.splitlines()), err


@pytest.mark.usefixtures("ran")
def test_status_says_how_far_each_rule_is(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run("status", "--db", "c.db", "--json", capsys=capsys)
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert {name: (one["tasks"], one["standing"], one["watches"], one["no_key"], one["owner"]) for name, one in told.items()} == {
        "any-outage": (4, 0, 1, 0, "dispatch"),
        "huge-outage": (0, 0, 0, 0, "service"),
        "large-outage": (3, 0, 1, 0, "dispatch"),
        "repeated-outage": (1, 1, 1, 0, "reliability-team"),
    }
    assert told["any-outage"]["last_told"] > 0
    assert told["huge-outage"]["last_told"] is None
    code, out, _ = run("status", "--db", "c.db", capsys=capsys)
    assert code == 0
    assert out.count(told["any-outage"]["version"]) == 1


def test_owners_says_whose_rules_these_are(ran: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("owners", "--rules", str(ran), capsys=capsys)
    lines = [line.split()[:2] for line in out.splitlines()[1:]]
    assert (code, lines) == (
        0,
        [["dispatch", "any-outage"], ["large-outage", "live"], ["reliability-team", "repeated-outage"], ["service", "huge-outage"]],
    )
    code, out, _ = run("owners", "--db", "c.db", "--json", capsys=capsys)
    assert {owner: [(one["rule"], one["tasks"]) for one in mine] for owner, mine in json.loads(out).items()} == {
        "dispatch": [("any-outage", 4), ("large-outage", 3)],
        "reliability-team": [("repeated-outage", 1)],
        "service": [("huge-outage", 0)],
    }
    assert run("owners", capsys=capsys) == (2, "", "clearly rules owners: say which rules: --rules DIR or --db FILE\n")


@pytest.mark.usefixtures("ran")
def test_stale_names_the_rules_that_nobody_would_miss(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("stale", "--db", "c.db", "--json", capsys=capsys)
    assert (code, {name: one["why"] for name, one in json.loads(out).items()}) == (
        1,
        {"huge-outage": ["never"], "large-outage": ["together"]},
    )
    code, out, _ = run("stale", "--db", "c.db", "--as-of", "2099-02-01", capsys=capsys)
    assert code == 1
    assert "always opens together with any-outage (3 times)" in out
    assert "应于 2099-01-01 前复核" in out
    assert run("stale", "--db", "c.db", "--as-of", "soon", capsys=capsys)[::2] == (
        2,
        "--as-of soon: not a date; write for example 2026-03-01\n",
    )


def test_nothing_stale_is_said_too(ran: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("huge-outage", "large-outage"):
        (ran / "outage" / f"{name}.yaml").unlink()
    code, out, _ = run("stale", "--db", "c.db", "--rules", str(ran), capsys=capsys)
    assert (code, "every rule has told something of its own" in out) == (0, True)
