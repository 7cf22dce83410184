"""A long history is judged on every core, and written as one process writes it: the same bytes, the same summary."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from engine.watching import ordered
from streams import parts
from streams.backtest import Asking, Input, Period, backtest
from streams.cli.program import answer
from streams.parts import backtest_lines, lines_of
from streams.rules import Rules, load
from tests.support.books import CATALOGUE, rule_text

if TYPE_CHECKING:
    from streams.backtest import Report

HOUSE = Path(__file__).resolve().parent.parent.parent
WHENS = {
    "repeated": "event: outage.started\nif: not planned\nsame: area\ncount: at least 3\nwithin: 2 days",
    "covered": "event: outage.started\nsame: area\ncount: at least 2\nwithin: 1 day\ncovered_by: repeated",
    "long": "event: outage.started\nsame: outage_id\nnot_followed_by: {event: outage.restored, within: 8 hours}",
    "customers": "event: complaint.received\nsame: customer\ncount: at least 2\nwithin: 20 days",
    "before": "event: complaint.received\nsame: area\npreceded_by: {event: outage.started, within: 1 day}",
}


def event(chance: Random, number: int) -> dict[str, object]:
    """Return one of many events, an hour after the one before it, more or less."""
    at = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=20 * number + chance.randrange(20))).isoformat()
    told: dict[str, object] = {"at": at, "area": f"A{int(40 * chance.random() ** 2)}"}
    match chance.randrange(4):
        case 0:
            return told | {"type": "complaint.received", "complaint_id": f"C{number}", "customer": f"K{chance.randrange(300)}"}
        case 1:
            return told | {"type": "outage.restored", "outage_id": f"O{number - 1}r"}
        case _:
            return told | {"type": "outage.started", "outage_id": f"O{number}r", "planned": chance.random() < 0.2}


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rules:
    """Return rules in `my-rules` of a new folder, beside a history of months that is long enough to be cut into parts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parts, "FEW", 1_000)
    monkeypatch.setattr(parts, "LEAST", 100)
    Path("my-rules").mkdir()
    Path("my-rules/catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    for name, when in WHENS.items():
        Path(f"my-rules/{name}.yaml").write_text(rule_text(name, when), encoding="utf-8")
    chance = Random(5)
    lines = [json.dumps(event(chance, number)) for number in range(4_000)]
    lines[7] = '{"type": "outage.started"}'
    Path("events.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = load(Path("my-rules"))
    assert isinstance(found, Rules), found
    return found


def as_one(rules: Rules, period: Period) -> tuple[bytes, Report]:
    """Return what one process writes, and its report."""
    written: list[bytes] = []
    report = backtest(rules, [Input(Path("events.jsonl"))], lambda changes: written.extend(lines_of(changes)), period=period)
    return b"".join(written), report


@pytest.mark.parametrize(
    ("processes", "period"),
    [(1, Period()), (2, Period()), (3, Period(since=1_768_000_000_000_000)), (2, Period(until=1_770_000_000_000_000))],
    ids=["in one", "in two", "from a day on", "up to a day"],
)
def test_several_processes_write_what_one_writes(rules: Rules, processes: int, period: Period) -> None:
    written: list[bytes] = []
    report = backtest_lines(rules, [Input(Path("events.jsonl"))], written.extend, period=period, processes=processes)
    lines, expected = as_one(rules, period)
    assert b"".join(written) == lines
    assert lines.count(b"\n") > 300
    assert report == expected
    assert report.summary.as_json() == expected.summary.as_json()
    assert report.summary.keys.most_common() == expected.summary.keys.most_common()
    assert report.harvest.rejected == 1
    counted = backtest_lines(rules, [Input(Path("events.jsonl"))], None, period=period, processes=processes)
    assert counted == expected
    assert counted.summary.keys.most_common() == expected.summary.keys.most_common()


def test_a_history_that_corrects_itself_is_judged_as_a_whole(rules: Rules) -> None:
    path = Path("events.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines()
    told = next(json.loads(line) for line in lines[100:] if "outage.started" in line)
    path.write_text("\n".join([*lines, json.dumps(told | {"planned": not told["planned"], "revision": 2})]), encoding="utf-8")
    written: list[bytes] = []
    whole, report = as_one(rules, Period())
    assert backtest_lines(rules, [Input(path)], written.extend, processes=2) == report
    assert b"".join(written) == whole
    assert backtest_lines(rules, [Input(path)], None, processes=2) == report


def test_where_nobody_knows_which_line_comes_first_the_history_is_judged_as_a_whole(rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    """The orders of deadlines are cut behind the place of the event: those that are due at the same event look alike."""
    monkeypatch.setattr(ordered, "LONGEST", 6)
    monkeypatch.setattr(parts, "LONGEST", 6)
    written: list[bytes] = []
    told: list[int] = []

    def progress(stage: str, _done: int, total: int | None) -> None:
        if stage == "judging" and total is not None:
            told.append(total)

    backtest_lines(rules, [Input(Path("events.jsonl"))], written.extend, Asking(progress), processes=1)
    assert b"".join(written) == as_one(rules, Period())[0]
    assert told[-1] == 3_999 < told[0]  # parts first, then all events once more


def test_progress_is_told_and_whoever_stops_it_keeps_what_was_found(rules: Rules) -> None:
    told: list[tuple[str, int, int | None]] = []
    written: list[bytes] = []
    whole = as_one(rules, Period())[0].splitlines(keepends=True)

    def progress(stage: str, done: int, total: int | None) -> None:
        told.append((stage, done, total))

    asking = Asking(progress, lambda: told[-1][0] == "judging" and told[-1][1] >= 2_000)
    report = backtest_lines(rules, [Input(Path("events.jsonl"))], written.extend, asking, processes=1)
    assert not report.is_whole
    assert 500 < report.summary.events < 3_999
    assert 0 < len(written) < len(whole)
    rest = iter(whole)
    assert all(line in rest for line in written)  # in the order of the whole
    assert sum(report.summary.changes.values()) == len(written)


def test_the_command_takes_a_number_of_processes(rules: Rules, capsys: pytest.CaptureFixture[str]) -> None:
    for processes in ("1", "2"):
        out = f"tasks-{processes}.jsonl"
        assert answer(["rules", "backtest", "--rules", "my-rules", "--out", out, "--processes", processes, "events.jsonl"]) == 0
    assert Path("tasks-1.jsonl").read_bytes() == Path("tasks-2.jsonl").read_bytes() == as_one(rules, Period())[0]
    shown = capsys.readouterr().out
    half = len(shown) // 2
    assert shown[:half] == shown[half:]


def test_what_goes_wrong_in_a_process_is_told_and_nothing_else(rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_change: object, _zone: object) -> None:
        raise ValueError("this cannot be counted")

    monkeypatch.setattr(parts, "counted_of", fail)
    written: list[bytes] = []
    with pytest.raises(RuntimeError, match="this cannot be counted"):
        backtest_lines(rules, [Input(Path("events.jsonl"))], written.extend, processes=2)
    assert written == []


def test_ctrl_c_on_the_command_leaves_lines_that_are_whole(rules: Rules, tmp_path: Path) -> None:
    """As a user sees it: Ctrl-C goes to every process of the terminal, and the file holds whole lines."""
    del rules
    chance = Random(6)
    with Path("events.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(event(chance, number)) + "\n" for number in range(60_000))
    command = [sys.executable, "-m", "streams", "rules", "backtest", "--rules", "my-rules", "--out", "tasks.jsonl", "events.jsonl"]
    running = subprocess.Popen(
        [*command, "--processes", "2", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
    )
    until_it_judges(running.pid)
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=120)
    assert err == b""
    assert running.returncode in {0, 130}  # it may have been done already
    assert json.loads(out)["whole"] == (running.returncode == 0)
    assert [json.loads(line)["task_id"] for line in Path("tasks.jsonl").read_bytes().splitlines()]


def until_it_judges(pid: int) -> None:
    """Wait until a process has begun others."""
    for _ in range(6_000):
        if Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").strip():
            return
        time.sleep(0.01)
