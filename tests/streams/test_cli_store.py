"""`clearly run`, `status`, `tail`, `explain --db` and `rejected`: a database as an operator meets it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from streams.cli.program import answer

HOUSE = Path(__file__).resolve().parent.parent.parent
WRONG = """\
{"type":"outage.startd","outage_id":"O-7"}
{"type":"outage.started","outage_id":"O-8","transformer_area":"TA-8","started_at":"2026-04-10T19:20:00+08:00","planned":false}
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with rules, a feed, and a database after `clearly run --once`."""
    folder = tmp_path_factory.mktemp("ran")
    shutil.copytree(HOUSE / "streams" / "template", folder / "my-rules")
    feed = folder / "feed.jsonl"
    feed.write_text((folder / "my-rules" / "example-events.jsonl").read_text(encoding="utf-8") + WRONG, encoding="utf-8")
    command = ["run", "--rules", str(folder / "my-rules"), "--db", str(folder / "my.db"), "--feed", str(feed), "--once"]
    assert answer(command) == 0
    return folder


@pytest.fixture
def here(ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of that folder, as the current one."""
    shutil.copytree(ran, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("COLUMNS", "130")
    return tmp_path / "here"


@pytest.mark.usefixtures("here")
def test_status_shows_rules_sources_and_feeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["status", "--db", "my.db"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("my.db  时区 time zone Asia/Shanghai\n")
    rows = [line.split() for line in out.splitlines()]
    assert ["repeated-outage", "shadow"] in [row[:2] for row in rows]
    assert ["（未注明）", "(unnamed)", "8", "0", "0", "0", "0", "2"] in rows
    assert [row[0] for row in rows if row and row[-1].endswith("feed.jsonl")] == ["10"]
    assert "Not in the grid" not in out, "the grid that a newcomer gets knows every place of the events that come with it"


@pytest.mark.usefixtures("here")
def test_a_narrow_screen_shows_the_same_in_two_tables(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert answer(["status", "--db", "my.db"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert [line.strip().partition(" ")[0] for line in out.splitlines()].count("repeated-outage") == 2


@pytest.mark.usefixtures("here")
def test_machines_get_the_same_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["status", "--db", "my.db", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["changes"], told["rejected"], told["sources"][""]["accepted"]) == (3, 2, 8)


@pytest.mark.usefixtures("here")
def test_tail_writes_the_changes_from_any_position(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert answer(["tail", "--db", "my.db"]) == 0
    lines = capfdbinary.readouterr().out.splitlines()
    assert [json.loads(line)["change"] for line in lines] == ["opened", "updated", "ended"]
    assert answer(["tail", "--db", "my.db", "--from", "1", "--positions"]) == 0
    assert capfdbinary.readouterr().out.splitlines() == [b"2\t" + lines[1], b"3\t" + lines[2]]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--rule", "repeated-outage"], 3),
        (["--rule", "another"], 0),
        (["--unit", "chengguan"], 3),
        (["--unit", "linxi"], 3),
        (["--severity", "minor"], 3),
        (["--severity", "serious"], 0),
        (["--rule", "another", "--rule", "repeated-outage", "--severity", "major"], 3),
    ],
)
def test_tail_leaves_out_what_is_not_wanted(filters: list[str], found: int, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert answer(["tail", "--db", "my.db", *filters]) == 0
    assert len(capfdbinary.readouterr().out.splitlines()) == found


def test_tail_follows_until_it_is_stopped(here: Path) -> None:
    command = [sys.executable, "-m", "streams", "tail", "--db", "my.db", "--follow"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=here, env=os.environ | {"PYTHONPATH": str(HOUSE)}
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert [json.loads(running.stdout.readline())["change"] for _ in range(3)] == ["opened", "updated", "ended"]
        running.send_signal(signal.SIGINT)
        assert (running.wait(20), running.stderr.read()) == (0, b"")


@pytest.mark.usefixtures("here")
def test_a_published_task_is_explained_with_titles_from_the_rules_that_ran(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["explain", "repeated", "--db", "my.db", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "repeated-outage  Repeated outages in one transformer area" in out
    assert "outage started (outage.started)" in out
    assert answer(["explain", "nothing", "--db", "my.db"]) == 1
    assert capsys.readouterr().err == "my.db: there is no task 'nothing' among 1\n"


def test_rejected_records_are_listed_shown_and_tried_again_once_the_catalogue_is_right(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(["rejected", "list", "--db", "my.db"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.rpartition("/")[2] for line in lines[::2]] == ["feed.jsonl:9", "feed.jsonl:10"]
    assert lines[1].strip().endswith("did you mean 'outage.started'?")
    assert answer(["rejected", "show", "2", "--db", "my.db"]) == 0
    assert WRONG.splitlines()[1] in capsys.readouterr().out

    catalogue = here / "my-rules" / "catalogue.yaml"
    text = catalogue.read_text(encoding="utf-8").replace("customers: whole number", "customers: whole number, may be missing")
    catalogue.write_text(text, encoding="utf-8")
    assert answer(["rejected", "replay", "--all", "--db", "my.db", "--rules", "my-rules"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("1: still rejected: $.type: ")
    assert told[1] == "2: accepted"
    assert answer(["rejected", "list", "--db", "my.db", "--json"]) == 0
    assert [one["number"] for one in json.loads(capsys.readouterr().out)] == [1]
    assert answer(["rejected", "list", "--all", "--db", "my.db", "--json"]) == 0
    assert [one["accepted"] is None for one in json.loads(capsys.readouterr().out)] == [True, False]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (
            "rejected show 9 --db my.db",
            1,
            "my.db: there is no rejected record 9; `clearly rejected list --all --db my.db` shows which there are",
        ),
        ("rejected replay 9 --db my.db --rules my-rules", 1, "my.db: there is no open rejected record 9"),
        ("rejected replay --db my.db --rules my-rules", 2, "clearly rejected replay: say which: NUMBER … or --all"),
        ("status --db none.db", 2, "none.db: there is no such database; `clearly run --db none.db` makes it"),
        ("tail --db feed.jsonl", 2, "feed.jsonl: the file is damaged or not a database: restore a backup"),
        ("run --rules my-rules --db my.db", 2, "clearly run: nothing to read; give --feed PATH or --http HOST:PORT"),
        ("run --rules my-rules --db my.db --feed none", 2, "--feed none: there is no such file or folder"),
        ("run --rules none --db my.db --feed feed.jsonl", 1, "none: there is no such folder; `clearly init none` makes a new one"),
    ],
)
def test_what_cannot_be_is_one_line(command: str, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(command.split()) == code
    assert capsys.readouterr().err.splitlines()[-1] == said


@pytest.mark.usefixtures("here")
def test_nothing_rejected_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("good.jsonl").write_text(Path("my-rules/example-events.jsonl").read_text(encoding="utf-8"), encoding="utf-8")
    assert answer(["run", "--rules", "my-rules", "--db", "good.db", "--feed", "good.jsonl", "--once"]) == 0
    capsys.readouterr()
    assert answer(["rejected", "list", "--db", "good.db"]) == 0
    assert capsys.readouterr().out == "没有被拒收的记录 nothing is rejected\n"
