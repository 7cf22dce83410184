"""`clearly rules backtest --compare`: one history through two rule sets, and what becomes different."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from engine.events import micros
from engine.watching import Tasks, compare
from streams.backtest import Input, backtest
from streams.cli.program import answer
from streams.comparing import Side, compare_histories
from streams.page import Named, page
from streams.rules import Rules, load

if TYPE_CHECKING:
    from streams.comparing import Compared

HOUSE = Path(__file__).resolve().parent.parent.parent
RULE = Path("outage/repeated-outage.yaml")
DAY_ONE = datetime(2026, 1, 1, 8, tzinfo=UTC)


@pytest.fixture
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the second of two equal rules folders, `old` and `new`, beside a history of outages in three areas."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("old", "new"):
        shutil.copytree(HOUSE / "streams" / "template", name)
    days = {"TA-7": [1, 5, 9, 13, 150], "TA-8": [2, 6, 10], "TA-9": [3, 33, 65]}
    told = sorted((day, area) for area, many in days.items() for day in many)
    Path("events.jsonl").write_text("".join(outage(number, day, area) for number, (day, area) in enumerate(told)), encoding="utf-8")
    return tmp_path / "new"


def outage(number: int, day: int, area: str, **values: object) -> str:
    """Return an outage on a day of January 2026, or later, as a line of JSON."""
    at = DAY_ONE + timedelta(days=day - 1)
    told = {"type": "outage.started", "outage_id": f"O-{number}", "transformer_area": area, "started_at": at.isoformat(), "customers": 9}
    return json.dumps(told | {"planned": False} | values) + "\n"


def edit(folder: Path, *changes: tuple[str, str], file: Path = RULE) -> None:
    """Change the words of a file of a rules folder."""
    text = (folder / file).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / file).write_text(text, encoding="utf-8")


def compared(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Return how a comparison of the two folders went, without the blanks at the ends of lines."""
    code = answer(["rules", "backtest", "--rules", "old", "--compare", "new", *arguments])
    out, err = capsys.readouterr()
    return code, "\n".join(line.rstrip() for line in out.splitlines()), err


def as_json(*arguments: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return a comparison for machines."""
    code, out, err = compared("--json", *arguments, "events.jsonl", capsys=capsys)
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def both_sets() -> tuple[Side, Side]:
    """Return the two folders as sides of a comparison."""
    sides = []
    for name in ("old", "new"):
        rules = load(Path(name))
        assert isinstance(rules, Rules)
        sides.append(Side(rules, [Input(Path("events.jsonl"))]))
    return sides[0], sides[1]


def kinds(found: Compared) -> list[tuple[object, ...]]:
    """Return what became of each task, in a few words."""
    return [(pair.kind, *pair.task.key.values(), pair.moved) for pair in found.comparison.pairs]


SCREEN = """\
两套规则，同一段历史 Two rule sets over the same history
  读入 read               15  2026-01-01 16:00 … 2026-05-30 16:00 Asia/Shanghai
  原 before                2  old
    最多的一天 worst day   1  chengguan  2026-01-09
  新 after                 2  new
    最多的一天 worst day   1  chengguan  2026-01-13
  新增 added               1
  消失 gone                1
  变动 moved               1  时间 time 1, 级别 severity 1
  不变 same                0

按规则 By rule
                       原     新   新增  消失   变动  不变
                   before  after  added  gone  moved  same
  repeated-outage       2      2      1     1      1     ·

按单位 By unit
                 原     新   新增  消失   变动  不变
             before  after  added  gone  moved  same
  chengguan       2      1      ·     1      1     ·
  linxi           ·      1      1     ·      ·     ·

按周 By week
                  原     新   新增  消失   变动  不变
              before  after  added  gone  moved  same
  2026-01-05       2      ·      ·     1      ·     ·
  2026-01-12       ·      1      ·     ·      1     ·
  2026-03-09       ·      1      1     ·      ·     ·

有何不同 What becomes different
              原                新                规则             对象
              before            after             rule             about
  消失 gone   2026-01-10 16:00  ·                 repeated-outage  TA-8
  变动 moved  2026-01-09 16:00  2026-01-13 16:00  repeated-outage  TA-7; 级别 severity major → minor
  新增 added  ·                 2026-03-12 16:00  repeated-outage  TA-5"""


def test_what_becomes_different_as_a_person_reads_it(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(sets, ("at least 3", "at least 4"), ("within: 60 days", "within: 80 days"), ("severity: 重要", "severity: 一般"))
    with Path("events.jsonl").open("a", encoding="utf-8") as events:
        events.write("".join(outage(90 + day, day, "TA-5") for day in (3, 8, 66, 71)))
    assert compared("events.jsonl", capsys=capsys) == (0, SCREEN, "")


def test_machines_get_counts_differences_and_days_beyond_capacity(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(sets, ("at least 3", "at least 2"))
    found = as_json("--capacity", "0", "--out", "differences.jsonl", capsys=capsys)
    assert [found[kind] for kind in ("added", "gone", "moved", "same", "moved_by", "whole", "until")] == [
        2,
        0,
        2,
        0,
        {"time": 2},
        True,
        None,
    ]
    assert found["before"]["over_capacity"]["unit_days"] == 2
    assert found["after"]["worst_day"] == {"unit": "chengguan", "day": "2026-01-05", "tasks": 1}
    assert found["per_unit"]["linxi"] == {"before": 0, "after": 2, "added": 2, "gone": 0, "moved": 0, "same": 0}
    told = [json.loads(line) for line in Path("differences.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["kind"], one["key"]["transformer_area"]) for one in told] == [
        ("moved", "TA-7"),
        ("moved", "TA-8"),
        ("added", "TA-9"),
        ("added", "TA-9"),
    ]
    assert (told[0]["before"]["at"], told[0]["after"]["at"]) == ("2026-01-09T08:00:00Z", "2026-01-05T08:00:00Z")


@pytest.mark.usefixtures("sets")
def test_nothing_becomes_different_where_the_sets_are_equal(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = compared("events.jsonl", capsys=capsys)
    assert (code, out.splitlines()[-1]) == (0, "没有任何不同 nothing becomes different")


def test_another_name_is_another_rule(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sets / "outage" / "repeated-outage.test.yaml").unlink()
    edit(sets, ("rule: repeated-outage", "rule: outage-again"))
    (sets / RULE).rename(sets / "outage" / "outage-again.yaml")
    found = as_json(capsys=capsys)
    assert {name: (row["added"], row["gone"]) for name, row in found["per_rule"].items()} == {
        "outage-again": (2, 0),
        "repeated-outage": (0, 2),
    }


def test_each_side_answers_by_its_own_grid(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(sets, ("manager: zhang-wei", "manager: li-na"), file=Path("grid.yaml"))
    edit(
        sets,
        ("unit: chengguan, manager: li-na}\n  - {transformer_area: TA-8", "unit: linxi}\n  - {transformer_area: TA-8"),
        file=Path("grid.yaml"),
    )
    found = as_json(capsys=capsys)
    assert (found["moved_by"], found["same"]) == ({"unit": 1}, 1)


def test_it_finds_what_two_backtests_find_and_reads_the_history_once(sets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(sets, ("if: not planned", 'if: not planned and (cause is missing or cause != "storm")'), ("within: 60 days", "within: 30 days"))
    before, after = both_sets()
    held = Tasks(), Tasks()
    for side, tasks in zip((before, after), held, strict=True):
        backtest(side.rules, side.inputs, tasks)
    alone = compare(held[0].standing(), held[1].standing(), ZoneInfo("Asia/Shanghai"))
    together = compare_histories(before, after)
    assert together.comparison == alone
    assert together.before is together.after
    piped = io.TextIOWrapper(io.BytesIO(Path("events.jsonl").read_bytes()))  # which can be read once only
    monkeypatch.setattr(sys, "stdin", piped)
    stdin = [Input(Path("-"))]
    assert kinds(compare_histories(before._replace(inputs=stdin), after._replace(inputs=stdin))) == kinds(together)


def test_another_catalogue_reads_the_history_for_itself(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue = (sets / "catalogue.yaml").read_text(encoding="utf-8")
    (sets / "catalogue.yaml").write_text(re.sub(r"(?m)^( +)late_by: .*", r"\1late_by: 3 days", catalogue), encoding="utf-8")
    code, out, _ = compared("events.jsonl", capsys=capsys)
    assert code == 0
    assert "两套规则读法不同：历史各读了一遍 the two read the history differently: it was read once for each" in out
    code, _, err = compared("-", capsys=capsys)
    assert (code, err) == (2, "-: the two rule sets read this history differently, so it is read twice; give a file\n")


def test_a_field_that_one_side_reads_costs_the_other_no_event(sets: Path) -> None:
    edit(sets, ("if: not planned", 'if: not planned and (cause is missing or cause != "storm")'))
    with Path("events.jsonl").open("a", encoding="utf-8") as events:
        events.write("".join(outage(90 + day, 200 + day, "TA-8", cause=day) for day in (1, 2, 3)))
    found = compare_histories(*both_sets())
    assert (found.before.rejected, found.after.rejected) == (0, 3)
    assert [kind for kind, _, _ in kinds(found)] == ["same", "same", "gone"]


def test_whoever_stops_it_keeps_what_was_compared(sets: Path) -> None:
    edit(sets, ("within: 60 days", "within: 59 days"))
    lines = [outage(number, 1 + number // 100, f"TA-{number % 100}") for number in range(30_000)]
    Path("events.jsonl").write_text("".join(lines), encoding="utf-8")
    stages: list[tuple[str, int]] = []
    before, after = both_sets()
    asked = {"progress": lambda stage, done, _total: stages.append((stage, done)), "is_stopped": lambda: ("judging", 20_000) in stages}
    found = compare_histories(before, after, asked["progress"], is_stopped=asked["is_stopped"])  # type: ignore[arg-type]
    assert (found.is_whole, found.events, found.until) == (False, 20_000, micros(DAY_ONE + timedelta(days=199)))
    assert found.comparison.counts == {"same": 100}
    told = page(found, Named("old", "1", "new", "2"))
    assert "已按要求停止：只比较到 2026-07-19 16:00" in told
    assert not compare_histories(before, after, is_stopped=lambda: True).is_whole


def test_the_report_is_one_file_that_needs_no_network(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(sets, ("at least 3", "at least 2"), ("title: 台区", "title: <台区>"))
    Path("events.jsonl").write_text("".join(outage(number, number, "<b>&TA") for number in range(1, 9)), encoding="utf-8")
    code, _, _ = compared("--html", "report.html", "--capacity", "3", "events.jsonl", capsys=capsys)
    text = Path("report.html").read_text(encoding="utf-8")
    assert code == 0
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=", text)
    assert "default-src 'none'" in text
    figures = re.search(r'<script type="application/json" id="figures">(.*?)</script>', text)
    assert figures is not None
    told = json.loads(figures[1])
    assert (told["capacity"], told["by rule"]["names"], told["by rule"]["moved"]) == (3, ["repeated-outage"], [1])
    assert "&lt;b&gt;&amp;TA" in text
    assert "<b>&TA" not in text
    assert '<span lang="zh">变动</span> <span lang="en">moved</span>' in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--compare", "new", "--html", "events.jsonl"],
            "--html events.jsonl: this is one of the files that are read; give another name\n",
        ),
        (["--compare", "new", "--out", "no/x"], "--out no/x: there is no folder no\n"),
        (["--html", "x.html", "--out", "x"], "--capacity and --html go with --compare DIR; add it\n"),
    ],
)
@pytest.mark.usefixtures("sets")
def test_what_cannot_be_used_is_refused_before_anything_is_read(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(["rules", "backtest", "--rules", "old", *arguments, "events.jsonl"]) == 2
    assert capsys.readouterr().err == said
