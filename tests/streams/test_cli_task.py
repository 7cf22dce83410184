"""`clearly task …`: a task from its signature to an accepted explanation, as unit and supervisor type it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.casework import NEEDS
from streams.cli.program import answer
from streams.cli.task import ORDERS
from tests.streams.program import Program
from tests.streams.test_office import House, outage, rules_in, tasks_in

if TYPE_CHECKING:
    from collections.abc import Callable

HOUSE = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a database in which one task waits, the current one."""
    rules_in(tmp_path / "rules")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    now = datetime.now(UTC)
    Path("feed.jsonl").write_bytes(b"".join(outage(number, now - timedelta(days=number)) + b"\n" for number in (3, 2, 1)))
    assert answer(["run", "--rules", "rules", "--db", "my.db", "--feed", "feed.jsonl", "--once"]) == 0
    return tmp_path


@pytest.fixture
def typed(here: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Return what types `clearly task …` and gives exit code and everything that was seen."""

    def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        code = answer(["task", *words, "--db", str((here / "my.db").relative_to(Path.cwd()))])
        seen = capsys.readouterr()
        return code, seen.out + seen.err

    return run


def test_the_list_shows_what_waits_and_for_whom(typed: Callable[..., tuple[int, str]]) -> None:
    code, seen = typed("list")
    assert code == 0
    assert "显示 1 件，共 1 件" in seen
    assert "chengguan" in seen.replace("\n", "")
    code, seen = typed("list", "--json")
    (task,) = json.loads(seen)
    assert (task["state"], task["unit"], task["waits_for"], task["overdue"]) == ("CANDIDATE", "chengguan", "engine", False)
    assert json.loads(typed("list", "--unit", "linxi", "--json")[1]) == [task]
    assert json.loads(typed("list", "--unit", "donghe", "--json")[1]) == []
    assert json.loads(typed("list", "--mine", "li-na", "--json")[1]) == []


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("list", "--state", "ACKD"), 2, "--state ACKD: there is no such state"),
        (("list", "--unit", "atlantis"), 2, "--unit atlantis: there is no such unit"),
        (("show", "no-such-task"), 1, "my.db: there is no task 'no-such-task'"),
        (("why-due", "repeated", "--clock", "tea"), 1, "there is no clock 'tea'"),
        (("attach", "repeated", "feed.jsonl", "--as", "nobody"), 1, "nobody is called 'nobody' in the organisation"),
        (("pause", "repeated", "--as", "zhou.min", "--code", "weather", "--until", "soon"), 2, "--until soon: not a date or a time"),
        (("reject", "repeated", "--as", "zhou.min", "--field", "root_cause:because"), 1, "because"),
        (("attach", "repeated", "no.pdf", "--as", "zhang-wei"), 2, "no.pdf: there is no such file"),
        (("explain", "repeated"), 2, "give --template FILE to write the form, or --file FILE to hand it in"),
        (("accept", "repeated", "--as", "zhang-wei"), 1, "未予办理"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(typed: Callable[..., tuple[int, str]], words: tuple[str, ...], code: int, told: str) -> None:
    found, seen = typed(*words)
    assert (found, told in seen) == (code, True), seen


def test_show_says_what_a_person_may_do_and_why_not_the_rest(typed: Callable[..., tuple[int, str]]) -> None:
    code, seen = typed("show", "repeated", "--as", "zhang-wei", "--json")
    assert code == 0
    told = json.loads(seen)
    assert told["allowed"] == ["attach"] or "attach" not in told["allowed"]
    assert set(told["allowed"]) | set(told["why_not"]) == set(NEEDS)
    assert "督办阶梯" in typed("show", "repeated")[1]


def test_a_form_goes_out_and_comes_back_with_every_fault_at_its_place(typed: Callable[..., tuple[int, str]]) -> None:
    assert typed("explain", "repeated", "--template", "form.yaml")[0] == 0
    form = Path("form.yaml").read_text("utf-8")
    assert "O-1" in form, "the events are filled in"
    assert typed("explain", "repeated", "--template", "form.yaml") == (2, "form.yaml: there is a file already; give another name\n")
    code, seen = typed("explain", "repeated", "--file", "form.yaml", "--as", "sun-jie")
    assert code == 1
    faults = [line for line in seen.splitlines() if re.match(r"form\.yaml:\d+:\d+: ", line)]
    assert len(faults) >= 5
    assert "command.refused" not in typed("history", "repeated", "--json")[1], "nothing was sent"


def test_why_a_task_exists_and_what_happened_to_it(typed: Callable[..., tuple[int, str]]) -> None:
    assert "O-3" in typed("why", "repeated")[1]
    Path("fuse.jpg").write_bytes(b"a photo")
    assert typed("attach", "repeated", "fuse.jpg", "--as", "zhang-wei")[0] in (0, 1)
    code, seen = typed("history", "repeated")
    assert code == 0
    assert "发现，待下发 found; waits to be issued" in seen
    assert typed("why-due", "repeated")[0] == 0


def test_commands_reach_the_process_that_runs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Program(here / "rules", here / "my.db", [], {}, http="127.0.0.1:0") as program:
        program.url()
        (task,) = tasks_in(here / "my.db")
        program.until(lambda: "door" in program.log or True)
        assert answer(["task", "ack", task.id, "--as", "zhang-wei", "--db", "my.db", "--json"]) in (0, 1)
        (told,) = json.loads(capsys.readouterr().out)
        assert told["outcome"] in ("done", "refused")
        assert program.stop() == 0


def test_every_command_of_the_table_can_be_typed() -> None:
    by_hand = {"submit_explanation", "submit_remedy", "reject", "attach"}
    assert set(ORDERS) | by_hand == set(NEEDS)
    assert {name: says.partition(" / ")[0] for name, (says, _) in ORDERS.items()} == {name: NEEDS[name].zh for name in ORDERS}


def test_a_task_that_climbs_is_shown_with_who_still_has_to_sign(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    house = House(tmp_path)
    task = house.find()
    for days, told in (
        (3, "督办阶梯下一级 next rung of the ladder"),
        (10, "还须签收：sun-jie, zhang-wei still has to sign: sun-jie, zhang-wei"),
    ):
        house.pass_(days=days)
        assert answer(["task", "show", task.id, "--db", str(tmp_path / "db")]) == 0
        assert told in capsys.readouterr().out
    house.say("ack", "zhang-wei")
    assert answer(["task", "show", task.id, "--db", str(tmp_path / "db"), "--as", "zhang-wei"]) == 0
    seen = capsys.readouterr().out
    assert "zhang-wei · 还须签收：sun-jie" in seen
    assert "you have signed; sun-jie still has to" in seen
    assert answer(["task", "show", task.id, "--db", str(tmp_path / "db"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["signed"], found["to_sign"]) == ({"person": "zhang-wei"}, ["unit"])
    house.store.close()
