"""`clearly rules backtest` and `explain`: history in, tasks out, and why each of them exists."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.events import micros
from streams.backtest import Input, Period, backtest
from streams.cli.history import stopping
from streams.cli.program import answer
from streams.rules import Rules, load

if TYPE_CHECKING:
    from engine.watching import Change

HOUSE = Path(__file__).resolve().parent.parent.parent
EVENTS = "my-rules/example-events.jsonl"


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new rules folder, in the current folder, as `clearly init` makes it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    shutil.copytree(HOUSE / "streams" / "template", "my-rules")
    return Path("my-rules")


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Return exit code and output of a command, without the blanks at the ends of lines."""
    code = answer(list(arguments))
    out, err = capsys.readouterr()
    return code, "\n".join(line.rstrip() for line in out.splitlines()), err


def backtested(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Return how a backtest over the new folder's rules went."""
    return run("rules", "backtest", "--rules", "my-rules", *arguments, capsys=capsys)


def changes_in(path: str) -> list[dict[str, Any]]:
    """Return the lines of a task file."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def outage(number: int, day: int, **values: object) -> str:
    """Return an outage at eight o'clock (UTC) of a day of 2026 as a line of JSON."""
    at = datetime(2025, 12, 31, 8, tzinfo=UTC) + timedelta(days=day)
    told = {"type": "outage.started", "outage_id": f"O-{number}", "transformer_area": "TA-7", "started_at": at.isoformat(), "customers": 9}
    return json.dumps(told | {"planned": False} | values) + "\n"


SUMMARY = """\
这些规则会发现什么 What the rules would have found
  读入 read             8  2026-03-01 08:00 … 2026-04-12 03:10 Asia/Shanghai
  任务 tasks            1
  最多的一天 worst day  1  2026-04-10

按周 By week
  周（起） week of  任务 tasks
  2026-04-06                 1  ████████████████████████████████████████████████████████████

按规则 By rule
                   任务 tasks  占比 share
  repeated-outage           1        100%  ██████████████████████████████████████

按单位 By unit
             任务 tasks  占比 share
  chengguan           1        100%  ██████████████████████████████████████"""


@pytest.mark.usefixtures("rules")
def test_the_summary_as_a_person_reads_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert backtested("--out", "tasks.jsonl", EVENTS, capsys=capsys) == (0, SUMMARY, "")
    assert [change["change"] for change in changes_in("tasks.jsonl")] == ["opened", "updated"]


@pytest.mark.usefixtures("rules")
def test_machines_get_the_same_summary(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = backtested("--out", "tasks.jsonl", "--json", EVENTS, capsys=capsys)
    assert code == 0
    assert json.loads(out) == {
        "events": 8,
        "from": "2026-03-01T00:00:00Z",
        "to": "2026-04-11T19:10:00Z",
        "tasks": 1,
        "changes": {"opened": 1, "updated": 1},
        "per_rule": {"repeated-outage": 1},
        "per_unit": {"chengguan": 1},
        "per_week": {"2026-04-06": 1},
        "worst_day": {"day": "2026-04-10", "tasks": 1},
        "rejected": [],
        "skipped": {},
        "later": 0,
        "whole": True,
    }


@pytest.mark.usefixtures("rules")
def test_packed_history_and_history_on_standard_input_give_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = Path(EVENTS).read_bytes()
    Path("events.jsonl.gz").write_bytes(gzip.compress(raw))
    backtested("--out", "plain.jsonl", EVENTS, capsys=capsys)
    backtested("--out", "packed.jsonl.gz", "events.jsonl.gz", capsys=capsys)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    backtested("--out", "piped.jsonl", "-", capsys=capsys)
    wanted = Path("plain.jsonl").read_bytes()
    assert (gzip.decompress(Path("packed.jsonl.gz").read_bytes()), Path("piped.jsonl").read_bytes()) == (wanted, wanted)


@pytest.mark.usefixtures("rules")
def test_records_that_do_not_fit_are_told_with_place_and_reason(capsys: pytest.CaptureFixture[str]) -> None:
    good = Path(EVENTS).read_text(encoding="utf-8")
    Path("events.jsonl").write_text(
        "\n" + good + outage(7, 130, customers="many") + outage(8, 131, customers="few") + "{", encoding="utf-8"
    )
    code, out, _ = backtested("--out", "tasks.jsonl", "--json", "events.jsonl", capsys=capsys)
    found = json.loads(out)
    assert code == 0
    assert found["events"] == 8
    assert [(one["place"], one["field"], one["count"]) for one in found["rejected"]] == [
        ("events.jsonl:10", "customers", 2),
        ("events.jsonl:12", "", 1),
    ]
    _, out, _ = backtested("--out", "tasks.jsonl", "events.jsonl", capsys=capsys)
    assert "拒收 rejected         2  events.jsonl:10: customers: " in out


@pytest.mark.usefixtures("rules")
def test_a_packed_file_that_breaks_off_is_read_as_far_as_it_goes(capsys: pytest.CaptureFixture[str]) -> None:
    whole = gzip.compress(b"".join(outage(number, 1 + number % 300).encode() for number in range(5000)))
    Path("events.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    _, out, _ = backtested("--out", "tasks.jsonl", "--json", "events.jsonl.gz", capsys=capsys)
    found = json.loads(out)
    assert 0 < found["events"] < 5000
    assert [(one["code"], one["place"]) for one in found["rejected"]] == [("damaged", "events.jsonl.gz")]


@pytest.mark.usefixtures("rules")
def test_the_period_tells_tasks_that_open_in_it_and_looks_back_on_what_was_before(capsys: pytest.CaptureFixture[str]) -> None:
    days = [1, 2, 3, 200, 201, 202, 203, 290]
    Path("events.jsonl").write_text("".join(outage(number, day) for number, day in enumerate(days)), encoding="utf-8")
    backtested("--out", "tasks.jsonl", "--from", "2026-07-21T08:00Z", "--to", "2026-09-20", "events.jsonl", capsys=capsys)
    assert [(change["change"], change["evidence"]) for change in changes_in("tasks.jsonl")] == [
        ("opened", ["O-3", "O-4", "O-5"]),
        ("updated", ["O-6"]),
        ("ended", []),
    ]
    _, out, _ = backtested("--out", "tasks.jsonl", "--from", "2026-07-22", "--to", "2026-09-20", "events.jsonl", capsys=capsys)
    assert Path("tasks.jsonl").read_bytes() == b""
    assert "晚于终点 too late  1  在所要求的终点之后到达 arrived after the end that was asked for" in out


def test_other_systems_files_are_read_through_their_mappings(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mapping = """\
feed: export
title: export
zone: Asia/Shanghai
events:
  - event: outage.started
    fields: {outage_id: no, transformer_area: area, started_at: start, customers: customers, planned: {column: planned}}
"""
    (rules / "feeds" / "export.yaml").write_text(mapping, encoding="utf-8")
    rows = "".join(f"X-{day},TA-8,2026-03-0{day} 08:00,5,no\n" for day in (1, 2, 3))
    Path("export.csv").write_text("no,area,start,customers,planned\n" + rows, encoding="utf-8")
    backtested("--out", "alone.jsonl", "--map", "my-rules/feeds/export.yaml", "export.csv", capsys=capsys)
    assert [change["key"] for change in changes_in("alone.jsonl")] == [{"transformer_area": "TA-8"}]
    backtested("--out", "both.jsonl", "--map", "export=export.csv", "export.csv", EVENTS, capsys=capsys)
    assert [change["key"]["transformer_area"] for change in changes_in("both.jsonl")] == ["TA-8", "TA-8", "TA-7", "TA-7"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--out", "x", "nothing.jsonl"], 2, "nothing.jsonl: there is no such file\n"),
        (["--out", "no/x", EVENTS], 2, "--out no/x: there is no folder no\n"),
        (
            ["--out", "x", "--from", "soon", EVENTS],
            2,
            "--from soon: not a date or a time; write for example 2026-03-01 or 2026-03-01T08:00\n",
        ),
        (
            ["--out", "x", "--from", "2026-04-01", "--to", "2026-03-01", EVENTS],
            2,
            "--from 2026-04-01: this is after --to 2026-03-01; exchange them\n",
        ),
        (["--out", "x", "--map", "none", EVENTS], 2, "--map none: there is no such file, and no my-rules/feeds/none.yaml\n"),
        (["--out", "x", "--map", "README=y.csv", EVENTS], 2, "--map README: there is no such file, and no my-rules/feeds/README.yaml\n"),
        (
            ["--out", "x", "--map", "my-rules/grid.yaml=y.csv", EVENTS],
            2,
            "--map my-rules/grid.yaml=y.csv: 'y.csv' is not among the files given\n",
        ),
    ],
)
@pytest.mark.usefixtures("rules")
def test_what_cannot_be_used_is_refused_before_anything_is_read(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtested(*arguments, capsys=capsys) == (code, "", said)


@pytest.mark.parametrize("name", [EVENTS, "./" + EVENTS, "another-name.jsonl"])
@pytest.mark.usefixtures("rules")
def test_the_history_itself_is_never_written_over(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path(EVENTS).read_bytes()
    Path("another-name.jsonl").symlink_to(EVENTS)
    code, out, err = backtested("--out", name, EVENTS, capsys=capsys)
    assert (code, out) == (2, "")
    assert err.endswith(": this is one of the files that are read; give another name\n")
    assert Path(EVENTS).read_bytes() == before


@pytest.mark.usefixtures("rules")
def test_changes_on_standard_output_are_not_mixed_with_the_summary(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert answer(["rules", "backtest", "--rules", "my-rules", "--out", "-", EVENTS]) == 0
    out, err = capfdbinary.readouterr()
    assert [json.loads(line)["change"] for line in out.splitlines()] == ["opened", "updated"]
    assert err.decode().startswith("这些规则会发现什么")


# Stopping ---------------------------------------------------------------------------------------------------------------


def test_whoever_stops_it_keeps_what_was_found(rules: Path) -> None:
    lines = [outage(number, 1 + number // 100, transformer_area=f"TA-{number % 100}") for number in range(30_000)]
    Path("events.jsonl").write_text("".join(lines), encoding="utf-8")
    book = load(rules)
    assert isinstance(book, Rules)
    told: list[Change] = []
    stages: list[tuple[str, int]] = []

    def progress(stage: str, done: int, _total: int | None) -> None:
        stages.append((stage, done))

    report = backtest(book, [Input(Path("events.jsonl"))], told.extend, progress, is_stopped=lambda: ("judging", 20_000) in stages)
    assert (report.is_whole, report.summary.events) == (False, 20_000)
    assert report.summary.last == micros(datetime(2026, 7, 19, 8, tzinfo=UTC))
    assert report.summary.tasks == len({change.task_id for change in told}) == 100
    assert backtest(book, [Input(Path("events.jsonl"))], told.extend, is_stopped=lambda: True).summary.events == 0


def test_ctrl_c_asks_it_to_stop_and_a_second_one_ends_it() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stopping() as is_stopped:
        assert not is_stopped()
        signal.raise_signal(signal.SIGINT)
        assert is_stopped()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


# Explaining -------------------------------------------------------------------------------------------------------------

EXPLAINED = """\
4 unplanned outages in TA-7 within 60 days
major · standing · repeated-outage-b5dcf75cce4d · shadow

rule       repeated-outage    version {version}
in words   at least 3 times “outage started” where not planned, for the same transformer area,
           within 60 days
about      transformer_area = TA-7
happened   2026-04-10 19:20
decided    2026-04-10 19:20
asked      area-manager: chengguan, zhang-wei
due        2026-04-17 17:30
time zone  Asia/Shanghai

Counted: 4
  time              event           id   values
  2026-03-01 08:00  outage.started  O-1  planned: no
  2026-03-20 14:05  outage.started  O-4  planned: no
  2026-04-10 19:20  outage.started  O-5  planned: no
  2026-04-12 03:10  outage.started  O-6  planned: no

Looked at and not counted: 1
  time              event           id   values        why
  2026-03-11 06:30  outage.started  O-3  planned: yes  not true: not planned

What was said of it
  decided                    happened
  2026-04-10 19:20  opened   2026-04-10 19:20  +O-1  +O-4  +O-5  count 3
  2026-04-12 03:10  updated  2026-04-12 03:10  +O-6  count 4"""


@pytest.mark.usefixtures("rules")
def test_a_task_is_explained_from_what_the_verdict_kept(capsys: pytest.CaptureFixture[str]) -> None:
    backtested("--out", "tasks.jsonl", EVENTS, capsys=capsys)
    opened = changes_in("tasks.jsonl")[0]
    code, out, err = run("explain", opened["task_id"], "--tasks", "tasks.jsonl", "--lang", "en", capsys=capsys)
    assert (code, out, err) == (0, EXPLAINED.format(version=opened["rule_version"]), "")


@pytest.mark.usefixtures("rules")
def test_a_task_is_explained_in_chinese_with_titles_from_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    backtested("--out", "tasks.jsonl", EVENTS, capsys=capsys)
    _, out, _ = run("explain", "repeated-outage", "--tasks", "tasks.jsonl", "--lang", "zh", "--rules", "my-rules", capsys=capsys)
    lines = out.splitlines()
    assert lines[0] == "TA-7 60 天内非计划停电 4 次"
    assert "规则      repeated-outage  台区重复停电  版本" in lines[3]
    assert lines[4:6] == [
        "规则内容  同一台区，60 天内“停电开始”（not planned）至少 3 次",
        "依据      两个月内停电三次及以上，数字待本单位确认。",
    ]
    assert "  2026-03-11 06:30  停电开始 (outage.started)  O-3   planned: 是  不满足: not planned" in lines
    assert "english" not in out.lower()


@pytest.mark.usefixtures("rules")
def test_machines_get_the_same_explanation(capsys: pytest.CaptureFixture[str]) -> None:
    backtested("--out", "tasks.jsonl", EVENTS, capsys=capsys)
    _, out, _ = run("explain", "repeated-outage", "--tasks", "tasks.jsonl", "--json", capsys=capsys)
    told = json.loads(out)
    assert [one["id"] for one in told["counted"]] == ["O-1", "O-4", "O-5", "O-6"]
    assert [(one["id"], one["because"]) for one in told["not_counted"]] == [("O-3", "not planned")]
    assert (told["state"], told["count"], [step["change"] for step in told["history"]]) == ("standing", 4, ["opened", "updated"])


def test_a_withdrawal_names_the_late_event(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = (rules / "outage" / "repeated-outage.yaml").read_text(encoding="utf-8")
    rule = rule.replace("rule: repeated-outage", "rule: long-outage").replace(
        "if: not planned\n  same: transformer_area", "same: outage_id"
    )
    rule = rule.replace("count: at least 3\n  within: 60 days", "not_followed_by:\n    event: outage.restored\n    within: 12 hours")
    (rules / "outage" / "long-outage.yaml").write_text(rule.replace("{count}", "{customers}"), encoding="utf-8")
    started = outage(1, 1)
    restored = {"type": "outage.restored", "outage_id": "O-1", "transformer_area": "TA-7", "restored_at": "2026-01-01T10:00:00Z"}
    late = json.dumps(restored | {"arrived": "2026-01-02T10:00:00Z"}) + "\n"
    Path("events.jsonl").write_text(started + late, encoding="utf-8")
    code, out, err = backtested("--out", "tasks.jsonl", "events.jsonl", capsys=capsys)
    assert code == 0, err
    assert "撤回 withdrawn  1" in out
    _, out, _ = run("explain", "long-outage", "--tasks", "tasks.jsonl", "--lang", "en", capsys=capsys)
    assert "· withdrawn · long-outage-" in out
    assert "Nothing that could disprove it had come by 2026-01-02 04:00; everything up to then was in." in out
    assert out.endswith("because of O-1, which came late")


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (
            "repeated-outage-b5dcf75cce4c",
            "there is no task 'repeated-outage-b5dcf75cce4c' among 2; did you mean repeated-outage-b5dcf75cce4d?",
        ),
        ("x", "there is no task 'x' among 2"),
        ("repeated", "2 tasks have 'repeated' in their id: repeated-outage-b5dcf75cce4d, repeated-outage-"),
    ],
)
@pytest.mark.usefixtures("rules")
def test_a_task_that_is_not_there_is_exit_code_1(task: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    more = "".join(outage(number, 90 + number, transformer_area="TA-8") for number in (11, 12, 13))
    Path("events.jsonl").write_text(Path(EVENTS).read_text(encoding="utf-8") + more, encoding="utf-8")
    backtested("--out", "tasks.jsonl", "events.jsonl", capsys=capsys)
    code, out, err = run("explain", task, "--tasks", "tasks.jsonl", capsys=capsys)
    assert (code, out) == (1, "")
    assert err.startswith(f"tasks.jsonl: {said}")
    assert err.count("\n") == 1


@pytest.mark.usefixtures("rules")
def test_a_file_that_holds_something_else_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("tasks.jsonl").write_text('{"task_id":"a-1"}\n', encoding="utf-8")
    code, _, err = run("explain", "a-1", "--tasks", "tasks.jsonl", capsys=capsys)
    assert code == 1
    assert err == "tasks.jsonl:1: not a change of a task: object missing required field `change`\n"
    Path("tasks.jsonl").write_bytes(b"\x93a-1\n")
    assert run("explain", "a-1", "--tasks", "tasks.jsonl", capsys=capsys)[2] == (
        "tasks.jsonl:1: not a change of a task: JSON is malformed: invalid character (byte 0)\n"
    )
    assert (
        run("explain", "a-1", capsys=capsys)[2]
        == "clearly explain: say where the task is: --tasks FILE, --db FILE or --bootstrap HOST:PORT\n"
    )


def test_the_period_may_stay_open() -> None:
    assert Period() == Period(None, None)
