"""`make demo` as a newcomer meets it: it shows what it found, and every command that it says to type next works."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent.parent


def run(command: list[str], cwd: Path = HOUSE) -> str:
    """Return what a program says; it must end well and write nothing on the side."""
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True, encoding="utf-8", timeout=300)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-2000:]
    return done.stdout


@cache
def shown() -> str:
    """Return what the demo shows."""
    return run([sys.executable, "examples/demo.py"])


def commands() -> list[str]:
    """Return what the demo says to type next."""
    return re.findall(r"^ *(\.venv/bin/clearly .+?)(?:  .*)?$", shown().partition("What next")[2], re.MULTILINE)


def test_it_shows_what_was_read_what_was_found_and_why() -> None:
    for part in (
        "What was read",
        "Tasks by rule",
        "tasks a week",
        "The worst places",
        "One task, explained",
        "Tasks of eight places",
        "How it was explained",
        "What next",
    ):
        assert part in shown()


def test_every_kind_of_feed_gives_tasks() -> None:
    found = dict(re.findall(r"^ *([a-z-]+) .*? ([\d,]+)  █+", shown(), re.MULTILINE))
    for rule in ("repeated-outage", "long-outage", "sudden-outage", "repeated-complaint", "complaint-unanswered", "standing-case"):
        assert int(found[rule].replace(",", "")) > 0


def test_tasks_stand_at_several_rungs_one_is_explained_and_accepted_and_one_is_supervised() -> None:
    table = shown().partition("Tasks of eight places")[2].partition("Real outages")[0]
    rows = re.findall(r"^ *(\S.*?) +\S+ ([A-Z]+) +(\d \S+) +([a-z.-]+) +(\S.*?) *$", table, re.MULTILINE)
    assert len(rows) == 8
    assert {rung for _, _, rung, _, _ in rows} == {"1 通报", "2 限期整改", "3 督办", "4 当面说清楚", "5 考核"}
    assert [(rung, due) for _, state, rung, _, due in rows if state == "WATCHING"] == [("1 通报", "2020-02-24")]
    journal = shown().partition("How it was explained")[2]
    assert [word for word in ("下发", "签收", "提交说明", "通过", "提交整改") if word not in journal] == []


def test_what_to_type_next_works(tmp_path: Path) -> None:
    assert len(commands()) == 6
    for command in commands():
        words = shlex.split(command)[1:]
        words = [str(tmp_path / word) if word == "my-rules" else word for word in words]
        assert run([str(Path(sys.executable).with_name("clearly")), *words])


def test_the_readme_shows_what_the_demo_shows() -> None:
    block = re.findall(r"^```text\n(.*?)^```", (HOUSE / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)[0]
    told = {" ".join(line.split()) for line in shown().splitlines()}
    # lines that the README draws together, or that a narrow window breaks, are left to the reader
    bars = [" ".join(line.split()) for line in block.splitlines() if "█" in line or line.lstrip().startswith(("2019", "期限"))]
    assert len(bars) >= 10
    assert [line for line in bars if line not in told] == []
