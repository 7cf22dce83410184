"""`clearly rules new`, `schema`, `export`, `shadow` and `promote`, as a rule author meets them."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import sys
from pathlib import Path

import pytest

from streams.cli.program import answer

HOUSE = Path(__file__).resolve().parent.parent.parent
GIVEN = {
    "event": "complaint.received",
    "same": "customer",
    "count": "3",
    "within": "14 days",
    "title": "投诉 / Complaints",
    "name": "complaints",
    "to": "area-manager",
    "owner": "me",
    "reason": "judgment",
}


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new folder, the current one's `my-rules`."""
    shutil.copytree(HOUSE / "streams" / "template", tmp_path / "my-rules")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    return tmp_path / "my-rules"


def new(**changed: str | None) -> int:
    """Type `clearly rules new my-rules` with every answer as an option, some of them changed or left out."""
    given = {name: value for name, value in {**GIVEN, **changed}.items() if value is not None}
    return answer(["rules", "new", "my-rules", *(word for name, value in given.items() for word in (f"--{name}", value))])


def test_a_rule_is_written_with_its_stories_and_passes_check_and_test(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new() == 0
    assert "5 个中 5 个符合预期" in capsys.readouterr().out
    assert sorted(path.name for path in (rules / "complaint").iterdir()) == ["complaints.test.yaml", "complaints.yaml"]
    assert answer(["rules", "check", "my-rules"]) == 0
    assert answer(["rules", "test", "my-rules"]) == 0


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"event": "complaint.recieved"}, "there is no event 'complaint.recieved'; did you mean 'complaint.received'?"),
        ({"same": "costumer"}, "did you mean 'customer'?"),
        ({"same": "transformer_area"}, "'transformer_area' may be missing on complaint.received"),
        ({"if": "topik == 'x'"}, "there is no field 'topik' on this event; did you mean 'topic'?"),
        ({"count": "often"}, "'often' is no number; write 3, or '3 different customer'"),
        ({"within": "14d"}, "'14d' is not a length of time"),
        ({"within": "2 working days"}, "exact length"),
        ({"to": "area-manger"}, "did you mean 'area-manager'?"),
        ({"name": "Complaints!"}, "no rule name"),
        ({"name": "repeated-outage"}, "there is a rule 'repeated-outage' already"),
        ({"missing": "complaint.received"}, "give one of them"),
        ({"count": None, "missing": "complaint.closd"}, "there is no event 'complaint.closd'"),
        ({"event": None, "owner": None}, "nobody is there to be asked; say --event, --owner too"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused_in_lints_words(
    rules: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, str | None], told: str
) -> None:
    before = sorted(rules.rglob("*"))
    assert new(**changed) in (1, 2)
    assert told in capsys.readouterr().err
    assert sorted(rules.rglob("*")) == before, "nothing was written"


def talk(answers: list[str]) -> str:
    """Return what a person at a terminal saw, who gave these answers."""
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-m", "streams", "rules", "new", "my-rules", "--lang", "en"])  # noqa: S606 - no shell is wanted
    seen, left = b"", list(answers)
    while select.select([terminal], [], [], 60)[0]:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other side has gone
            break
        seen += piece
        if re.search(rb"[?)\]]: ?$", seen) and left:
            os.write(terminal, f"{left.pop(0)}\n".encode())
            seen += b"\n"
    os.waitpid(process, 0)
    os.close(terminal)
    return seen.decode()


@pytest.mark.usefixtures("rules")
def test_a_person_is_asked_until_the_answers_make_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(HOUSE))
    answers = [
        "outage.startd",
        "outage.started",
        "not planed",
        "not planned; customers >= 500",
        "outage_id",
        "2",
        "outage.restored",
        "12 hours",
    ]
    seen = talk([*answers, "长停 / Long outage", "", "major", "area-manager", "", "me", "judgment"])
    assert "did you mean 'outage.started'?" in seen
    assert "there is no field 'planed' on this event; did you mean 'planned'?" in seen
    assert "stories: 6 of 6 come out as written" in seen
    written = Path("my-rules/outage/long-outage.yaml").read_text("utf-8")
    assert "  not_followed_by:\n    event: outage.restored\n    within: 12 hours\n" in written
    assert "  severity: major\n  to: area-manager\n  due: 5 working days\n" in written


def test_the_schemas_are_written_or_printed(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["rules", "schema", "my-rules"]) == 0
    assert "# yaml-language-server: $schema=../rule.schema.json" in capsys.readouterr().out
    assert answer(["rules", "schema", "my-rules", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["rule"] == json.loads((rules / "rule.schema.json").read_text("utf-8"))
    assert printed["test"] == json.loads((rules / "test.schema.json").read_text("utf-8"))


@pytest.mark.usefixtures("rules")
def test_conditions_are_exported_in_cel(capsys: pytest.CaptureFixture[str]) -> None:
    assert new(**{"if": 'topic == "电压" and transformer_area is not missing'}) == 0
    capsys.readouterr()
    assert answer(["rules", "export", "my-rules", "--cel", "--json"]) == 0
    exported = json.loads(capsys.readouterr().out)
    assert exported["repeated-outage"][0]["conditions"] == [{"condition": "not planned", "cel": "(!event.planned)"}]
    cel = '(((event.topic == "电压")) && (has(event.transformer_area)))'
    assert [one["cel"] for one in exported["complaints"][0]["conditions"]] == [cel]
    assert answer(["rules", "export", "my-rules"]) == 2


def test_a_rule_that_has_never_run_is_not_promoted(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new() == 0
    (rules / "outage" / "repeated-outage.yaml").rename(rules / "kept.txt")
    (rules / "outage" / "repeated-outage.test.yaml").unlink()
    assert answer(["run", "--rules", "my-rules", "--db", "my.db", "--feed", "my-rules/example-events.jsonl", "--once"]) == 0
    shutil.move(rules / "kept.txt", rules / "outage" / "repeated-outage.yaml")
    command = ["rules", "promote", "repeated-outage", "--rules", "my-rules", "--db", "my.db", "--why", "because"]
    assert answer(command) == 1
    assert "it has never run on this database" in capsys.readouterr().err
    assert "status: shadow" in (rules / "outage" / "repeated-outage.yaml").read_text("utf-8")


def test_a_trial_counts_what_the_rule_would_have_asked_and_who_was_asked_already(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live = rules / "outage" / "repeated-outage.yaml"
    shadow = live.read_text("utf-8").replace("repeated-outage", "twice").replace("at least 3", "at least 2")
    (rules / "outage" / "twice.yaml").write_text(
        shadow.replace("status: shadow", "status: shadow\ngoes_live: after 0 days in shadow"), encoding="utf-8"
    )
    live.write_text(live.read_text("utf-8").replace("status: shadow", "status: live  # since spring"), encoding="utf-8")
    assert answer(["run", "--rules", "my-rules", "--db", "my.db", "--feed", "my-rules/example-events.jsonl", "--once"]) == 0
    capsys.readouterr()
    assert answer(["rules", "shadow", "--rules", "my-rules", "--db", "my.db", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["twice"]
    assert told["twice"]["overlap"] == {"repeated-outage": 1}
    assert {one["name"]: one["met"] for one in told["twice"]["criteria"]} == {
        "trial.days": True,
        "trial.fired": True,
        "trial.withdrawn": True,
    }
    assert told["twice"]["ready"]
    command = ["rules", "promote", "twice", "--rules", "my-rules", "--db", "my.db", "--why", "looked at them"]
    assert answer(command) == 0
    text = (rules / "outage" / "twice.yaml").read_text("utf-8")
    assert re.search(r"# \d{4}-\d\d-\d\d 转为正式 promoted: looked at them \(0 days, \d+ tasks, 0 withdrawn\)\nstatus: live\n", text)
    assert answer(command) == 1
    assert "twice is live; only a rule in shadow is promoted" in capsys.readouterr().err
