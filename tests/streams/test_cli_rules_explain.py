"""`clearly rules explain`: why, why not, and what was nearest, out of files and out of a database."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.cli.program import answer

HOUSE = Path(__file__).resolve().parent.parent.parent
EVENTS = "my-rules/example-events.jsonl"
LONG = """
rule: long-outage
title: 停电超过 12 小时 / Not restored within 12 hours
owner: dispatch-centre
status: live
reason: "4.5"
when:
  event: outage.started
  if:
    - not planned
    - customers >= 100 or cause == "storm"
  same: outage_id
  not_followed_by:
    event: outage.restored
    within: 12 hours
task:
  severity: major
  to: area-manager
  due: 2 hours
  say: "{outage_id} is not restored"
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new rules folder with a second rule, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "130")
    shutil.copytree(HOUSE / "streams" / "template", "my-rules")
    Path("my-rules/outage/long-outage.yaml").write_text(LONG, encoding="utf-8")
    return Path("my-rules")


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Return exit code and output of a command, without the blanks at the ends of lines."""
    code = answer(list(arguments))
    out, err = capsys.readouterr()
    return code, "\n".join(line.rstrip() for line in out.splitlines()), err


def explain(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Return how a question to a rule went."""
    return run("rules", "explain", *arguments, capsys=capsys)


def story(name: str, hours_ago: float, restored_after: float | None, area: str = "TA-7") -> str:
    """Return an outage of the last days, and its restoration, as lines of JSON."""
    at = datetime.now(UTC) - timedelta(hours=hours_ago)
    started = {"type": "outage.started", "outage_id": name, "transformer_area": area, "started_at": at.isoformat(), "customers": 120}
    lines = [json.dumps(started | {"planned": False})]
    if restored_after is not None:
        end = at + timedelta(hours=restored_after)
        lines.append(json.dumps({"type": "outage.restored", "outage_id": name, "transformer_area": area, "restored_at": end.isoformat()}))
    return "\n".join(lines) + "\n"


def test_a_key_of_a_file_is_answered_as_a_person_reads_it(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = explain(
        "repeated-outage", EVENTS, "--rules", str(rules), "--key", "transformer_area=TA-7", "--lang", "en", capsys=capsys
    )
    assert (code, err) == (0, "")
    version = out.split("version ")[1].split("\n")[0]
    assert out[: out.index("\n\noutage started (outage.started) O-6")] == (
        f"repeated-outage  Repeated outages in one transformer area  version {version}\n"
        "at least 3 times “outage started” where not planned, for the same transformer area, within 60 days\n"
        "\n"
        "outage started (outage.started) O-5  2026-04-10 19:20  planned: no  transformer_area = TA-7\n"
        "  → opened the task of 2026-04-10 19:20  repeated-outage-b5dcf75cce4d  standing  decided 2026-04-10 19:20\n"
        "  ✓ not planned   planned: no\n"
        "  ✓ 3 of 3\n"
        "    looked at                  2026-02-09 19:20 … 2026-04-10 19:20\n"
        "    Counted                    outage started (outage.started) O-1  2026-03-01 08:00  planned: no\n"
        "                               outage started (outage.started) O-4  2026-03-20 14:05  planned: no\n"
        "                               outage started (outage.started) O-5  2026-04-10 19:20  planned: no\n"
        "    Looked at and not counted  outage started (outage.started) O-3  2026-03-11 06:30  planned: yes  not true: not planned\n"
        "    would change it            1 fewer of: outage.started O-1, O-4"
    )


def test_an_event_that_fired_nothing_says_why_in_both_languages(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = explain("long-outage", EVENTS, "--rules", str(rules), "--event", "O-2", capsys=capsys)
    assert code == 0
    assert "→ 无任务 / no task" in out
    assert '– customers >= 100 or cause == "storm"   customers: 86' in out
    assert "条件“customers >= 100" in out


def test_a_task_of_a_file_leads_to_its_event(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = explain(
        "repeated-outage", EVENTS, "--rules", str(rules), "--task", "repeated-outage-b5dcf75cce4d", "--json", capsys=capsys
    )
    (reply,) = json.loads(out)
    assert code == 0
    assert [(one["event"]["id"], one["verdict"], one["clause"]["value"]) for one in reply["accounts"]] == [("O-5", "opened", 3)]


def test_a_database_knows_what_was_published_and_what_was_nearest(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late, good = story("L-1", 40, 12 + 5 / 60), story("G-1", 50, 11)
    Path("events.jsonl").write_text(late + good + story("W-1", 12.5, None, "TA-8"), encoding="utf-8")
    assert run("run", "--rules", str(rules), "--db", "c.db", "--feed", "events.jsonl", "--once", capsys=capsys)[0] == 0
    code, out, err = explain("long-outage", "--db", "c.db", "--event", "L-1", "--lang", "en", capsys=capsys)
    assert (code, err) == (0, "")
    assert "→ opened the task of" in out
    assert "5 minutes too late" in out
    assert "outage.restored may be 2 hours late" in " ".join(out.split())
    code, out, _ = explain("long-outage", "--db", "c.db", "--key", "outage_id=G-1", "--lang", "en", capsys=capsys)
    assert (code, "1 hour before the deadline" in out, "would change it" in out) == (0, True, True)
    code, out, _ = explain("long-outage", "--db", "c.db", "--event", "W-1", "--lang", "zh", capsys=capsys)
    assert (code, "→ 尚未判定" in out) == (0, True)


def test_explaining_a_task_of_a_database_shows_the_nearest_miss(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("events.jsonl").write_text(story("L-1", 40, 12 + 5 / 60), encoding="utf-8")
    assert run("run", "--rules", str(rules), "--db", "c.db", "--feed", "events.jsonl", "--once", capsys=capsys)[0] == 0
    code, out, err = run("explain", "long-outage", "--db", "c.db", "--lang", "en", capsys=capsys)
    assert (code, err) == (0, "")
    assert out.index("5 minutes too late") > out.index("What was said of it")
    code, out, _ = run("explain", "long-outage", "--db", "c.db", "--json", capsys=capsys)
    told = json.loads(out)
    assert (code, told["account"]["clause"]["nearest"]["by"]) == (0, 300_000_000)


def test_a_question_without_an_object_or_a_place_is_refused(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = "clearly rules explain: say what about: one of --event ID, --key FIELD=VALUE, --task ID\n"
    assert explain("long-outage", EVENTS, "--rules", str(rules), capsys=capsys) == (2, "", said)
    ways = "--db FILE, --bootstrap HOST:PORT, or files of EVENTS with --rules DIR"
    said = f"clearly rules explain: say where the events are: {ways}\n"
    assert explain("long-outage", "--event", "O-1", capsys=capsys) == (2, "", said)
    said = "clearly rules explain: files of events need --rules DIR, the rules folder\n"
    assert explain("long-outage", EVENTS, "--event", "O-1", capsys=capsys) == (2, "", said)


def test_what_is_not_there_is_said_with_what_may_be_meant(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = (EVENTS, "--rules", str(rules))
    assert explain("long-outag", *where, "--event", "O-1", capsys=capsys) == (
        1,
        "",
        "there is no rule 'long-outag'; did you mean long-outage?\n",
    )
    told = explain("repeated-outage", *where, "--event", "O-99", capsys=capsys)
    assert told == (1, "", "there is no event 'O-99' among the 6 that this rule rests on\n")
    told = explain("repeated-outage", *where, "--key", "transformer_area=TA-77", capsys=capsys)
    assert told == (1, "", "no event has the key transformer_area=TA-77; did you mean TA-7?\n")
    told = explain("repeated-outage", *where, "--key", "area=TA-7", capsys=capsys)
    assert told == (2, "", "--key area=TA-7: the key of repeated-outage is transformer_area; write FIELD=VALUE\n")
