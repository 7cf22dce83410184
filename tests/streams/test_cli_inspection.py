"""`clearly inspection`: drawn, written down, filled in by the inspectors, read as findings; and drawn again by somebody else."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from streams.cli.program import answer

RULES = Path(__file__).resolve().parents[2] / "rules"
AREAS = ("TA-7", "TA-8", "TA-21", "TA-30")
PERIOD = ("--from", "2026-03-01", "--to", "2026-04-01")
DRAW = ("inspection", "draw", "connections", "--seed", "2026 第一季度", *PERIOD, "--per-county", "2", "--per-city", "3")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the steps of forty cases, as a file and in a database, and the tasks that a backtest found."""
    folder = tmp_path_factory.mktemp("house")
    steps = [
        {
            "type": "node.entered",
            "case_id": f"W-{number}",
            "node": node,
            "entered_at": f"2026-03-{2 + number % 20:02}T{hour}:00:00+08:00",
            "transformer_area": AREAS[number % 4],
            "source": "sales",
        }
        for number in range(40)
        for node, hour in (("受理", "08"), ("收费", "10"))
    ]
    (folder / "steps.jsonl").write_text("".join(f"{json.dumps(step, ensure_ascii=False)}\n" for step in steps), "utf-8")
    (folder / "backwards.jsonl").write_text("".join(f"{json.dumps(step)}\n" for step in reversed(steps)), "utf-8")
    assert answer(["run", "--rules", str(RULES), "--db", str(folder / "db"), "--feed", str(folder / "steps.jsonl"), "--once"]) == 0
    return folder


def told(capsys: pytest.CaptureFixture[str], *command: str, code: int = 0) -> str:
    """Return what a command writes."""
    capsys.readouterr()
    assert answer(list(command)) == code
    return capsys.readouterr().out


def test_files_and_the_database_draw_the_same(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from_file = json.loads(told(capsys, *DRAW, "--rules", str(RULES), str(house / "steps.jsonl"), "--json"))
    assert from_file == json.loads(told(capsys, *DRAW, "--db", str(house / "db"), "--json"))
    assert [(one["level"], one["place"], one["population"], len(one["drawn"])) for one in from_file["strata"]] == [
        ("county", "donghe", 10, 2),
        ("county", "linxi", 30, 2),
        ("city", "qinghe", 40, 3),
    ]
    page = told(capsys, *DRAW, "--db", str(house / "db"))
    for word in ("抽样督查", "2026 第一季度", from_file["fingerprint"], "临溪县 / Linxi county", from_file["strata"][0]["drawn"][0]["id"]):
        assert word in page


def test_somebody_else_draws_again_and_comes_to_the_same(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "draw.json").write_text(told(capsys, *DRAW, "--db", str(house / "db"), "--json"), "utf-8")
    again = ("inspection", "verify", str(house / "draw.json"), "--rules", str(RULES))
    assert "重抽一致" in told(capsys, *again, str(house / "backwards.jsonl"))
    fewer = house / "fewer.jsonl"
    fewer.write_text("".join((house / "steps.jsonl").read_text("utf-8").splitlines(keepends=True)[:60]), "utf-8")
    assert "there were 40 to draw from, there are 30" in told(capsys, *again, str(fewer), code=1)
    found = json.loads(told(capsys, *again, str(fewer), "--json", code=1))
    assert not found["same"]
    assert found["differences"][-1]["population"] == [40, 30]


def test_what_inspectors_write_on_the_sheet_becomes_findings_and_tasks(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, *DRAW, "--db", str(house / "db"), "--sheet", str(house / "sheet.csv"))
    rows = list(csv.reader((house / "sheet.csv").read_text("utf-8-sig").splitlines()))
    assert len(rows) == 1 + 2 + 2 + 3
    rows[1][9:14] = ["zhou.min", "2026/4/2 10:00", "超期未说明", "重要", "2026/4/9 17:30"]
    rows[3][9:14] = ["zhou.min", "2026-04-02 11:00", "收费无凭证", "", "2026-04-09 17:30"]
    with (house / "filled.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    out = house / "tasks.jsonl"
    command = ("rules", "backtest", "--rules", str(RULES), "--map", "inspection-sheet", "--to", "2026-05-01", "--out", str(out))
    assert "未发现问题" in told(capsys, *command, str(house / "filled.csv"))
    opened = [one for one in map(json.loads, out.read_text("utf-8").splitlines()) if one["rule"] == "finding-not-rectified"]
    assert [(one["key"]["finding_id"], one["at"], one["to"]["unit"]) for one in opened] == [
        (f"{rows[1][0]}/{rows[1][5]}/超期未说明", "2026-04-09T09:30:00Z", "donghe"),
        (f"{rows[3][0]}/{rows[3][5]}/收费无凭证", "2026-04-09T09:30:00Z", "chengguan"),
    ]
    drawn = json.loads(told(capsys, "inspection", "draw", "tasks", "--seed", "s", "--rules", str(RULES), str(out), "--json"))
    assert [(one["place"], one["population"]) for one in drawn["strata"]] == [("donghe", 2), ("linxi", 1), ("qinghe", 3)]


@pytest.mark.parametrize(
    ("command", "code", "right"),
    [
        (("case", "--seed", "s", "--rules", "R", "steps.jsonl"), 2, "it is one of connections, complaints, tasks"),
        (("tasks", "--seed", " ", "--rules", "R", "steps.jsonl"), 2, "--seed: is empty"),
        (("tasks", "--seed", "s"), 2, "--db FILE, or FILES with --rules DIR"),
        (("tasks", "--seed", "s", "steps.jsonl"), 2, "files need --rules DIR"),
        (("tasks", "--seed", "s", "--rules", "R", "steps.jsonl"), 1, "steps.jsonl:1: not a change of a task"),
        (("tasks", "--seed", "s", "--rules", "R", "none.jsonl"), 2, "there is no such file"),
        (("complaints", "--seed", "s", "--rules", "R", "--from", "2026-04-01", "--to", "2026-03-01", "steps.jsonl"), 2, "exchange them"),
        (("complaints", "--seed", "s", "--rules", "R", "none.jsonl"), 2, "there is no such file"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(
    command: tuple[str, ...], code: int, right: str, house: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(house)
    assert answer(["inspection", "draw", *(str(RULES) if word == "R" else word for word in command)]) == code
    assert right in capsys.readouterr().err


def test_a_file_that_is_no_draw_is_refused(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["inspection", "verify", str(house / "steps.jsonl"), "--db", str(house / "db")]) == 1
    assert "no draw that `clearly inspection draw --json` wrote" in capsys.readouterr().err
