"""`clearly rules diff`: what whoever approves a change of rules gets to read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from streams.cli.program import answer
from streams.difference import difference
from streams.embedded.parcel import Parcel
from streams.embedded.runtime import Runtime
from streams.store import open_store
from tests.streams.county import CATALOGUE, LONG, REPEATED, RULES, WEAK, good_rules, lines, micros, started, write_rules

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SPIKE = REPEATED.replace("repeated-outage", "spike").replace("{count} outages in ", "")
SPIKE = SPIKE.replace("  count: at least 3\n  within: 10 days\n", "  rate: at least 3 times usual\n  per: 1 day\n")
WHERE, SAME = "now only where planned|no longer only where not planned", "the same: outage id instead of transformer area"
FOURTH = RULES | {"repeated-outage.yaml": REPEATED.replace("at least 3", "at least 4").replace("severity: major", "severity: serious")}


def meaning(tmp_path: Path, old: str, new: str) -> list[tuple[str, str]]:
    """Return what a change of one rule means, in Chinese and in English."""
    sides = []
    for name, text in (("a", old), ("b", new)):
        rule = text.split("rule: ")[1].split("\n")[0]
        sides.append(good_rules(write_rules(tmp_path / name, {"catalogue.yaml": CATALOGUE, f"{rule}.yaml": text})))
    (one,) = difference(*sides).rules
    return [(line["zh"], line["en"]) for line in one.meaning]


@pytest.mark.parametrize(
    ("rule", "old", "new", "zh", "en"),
    [
        (REPEATED, "at least 3", "at least 4", "从第 4 次起提出，原为第 3 次", "fires from the 4th instead of the 3rd"),
        (REPEATED, "at least 3", "at least 21", "从第 21 次起提出，原为第 3 次", "fires from the 21st instead of the 3rd"),
        (REPEATED, "at least 3", "at least 12", "从第 12 次起提出，原为第 3 次", "fires from the 12th instead of the 3rd"),
        (REPEATED, "10 days", "5 days", "时长：由 10 天 改为 5 天", "within: 5 days instead of 10 days"),
        (LONG, "12 hours", "1 hour", "时长：由 12 小时 改为 1 小时", "within: 1 hour instead of 12 hours"),
        (SPIKE, "at least 3 times", "at least 2.5 times", "至少：由 3 改为 2.5", "at least: 2.5 instead of 3"),
        (SPIKE, "per: 1 day", "per: 2 days", "时长：由 1 天 改为 2 天", "within: 2 days instead of 1 day"),
        (REPEATED, "not planned", "planned", "增加条件：planned|取消条件：not planned", WHERE),
        (REPEATED, "same: transformer_area", "same: outage_id", "同一：由 transformer area 改为 outage id", SAME),
        (LONG, "severity: serious", "severity: critical", "等级：由 重大 改为 特殊", "severity: critical instead of serious"),
        (LONG, "due: 2 hours", "due: 1 day", "说明时限：由 2 hours 改为 1 day", "answer due: 1 day instead of 2 hours"),
        (LONG, "status: live", "status: shadow", "状态：由 live 改为 shadow", "status: shadow instead of live"),
        (LONG, "reason:", "since: 2026-03-01\nreason:", "生效：由 — 改为 2026-03-01 00:00", "holds since: 2026-03-01 00:00 instead of —"),
        (LONG, "owner:", "notes: asked by the county\nowner:", "只改了文字，含义不变", "the words of the file alone; it means the same"),
    ],
)  # fmt: skip
def test_each_change_is_said_in_words_in_both_languages(tmp_path: Path, rule: str, old: str, new: str, zh: str, en: str) -> None:
    found = meaning(tmp_path, rule, rule.replace(old, new))
    assert ("|".join(line[0] for line in found), "|".join(line[1] for line in found)) == (zh, en)


def test_another_way_of_looking_is_said_as_the_two_sentences(tmp_path: Path) -> None:
    (zh, en), decides = meaning(tmp_path, LONG, LONG.replace("not_followed_by", "followed_by"))
    assert decides[1] == "decides: at once instead of when settled"
    assert en == (
        "looks for: “outage started”, followed by “outage restored” within 12 hours, for the same outage id; "
        "before: “outage started”, not followed by “outage restored” within 12 hours, for the same outage id"
    )
    assert zh.startswith("现在查找：")


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what a command prints, without the blanks at the ends of lines."""
    assert answer(["rules", "diff", *arguments]) == 0
    return "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())


def value(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Return what a command writes as JSON."""
    found: dict[str, Any] = json.loads(shown(capsys, *arguments, "--json"))
    return found


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make two versions, `a` and `b`, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    write_rules(tmp_path / "a")
    write_rules(tmp_path / "b", {**FOURTH, "catalogue.yaml": CATALOGUE.replace("late_by: 30 minutes", "late_by: 1 hour")})


@pytest.mark.usefixtures("versions")
def test_one_page_shows_text_meaning_effect_and_other_files(capsys: pytest.CaptureFixture[str]) -> None:
    page = shown(capsys, "a", "b").splitlines()
    assert page[0].startswith("a (")
    assert page[1:] == [
        "",
        "repeated-outage  Repeated outage  (reliability)",
        "  文本 text",
        "    @@ -10,6 +10,6 @@",
        "       same: transformer_area",
        "    -  count: at least 3",
        "    +  count: at least 4",
        "       within: 10 days",
        "     task:",
        "    -  severity: major",
        "    +  severity: serious",
        "       to: area-manager",
        "  含义 meaning",
        "    从第 4 次起提出，原为第 3 次",
        "    等级：由 重要 改为 重大",
        "    fires from the 4th instead of the 3rd",
        "    severity: serious instead of major",
        "  对运行状态的影响 what is running",
        "    保留；自下一事件起按新数值判断；未结任务不变",
        "    kept; judged by the new number from the next event on; open tasks stay",
        "",
        "其他文件 Other files",
        "  catalogue.yaml",
        "  目录、日历、表或电网有改动；只影响此处列出的规则。 The catalogue, a calendar, a table or the grid differs; only rules",
        "  named here are touched.",
    ]


@pytest.mark.usefixtures("versions")
def test_the_same_rules_change_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "a", "a").splitlines()[1:] == ["没有差异：启用后没有变化 no difference: loading these rules changes nothing"]


@pytest.mark.usefixtures("versions")
def test_with_history_both_versions_judge_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "history.jsonl").write_bytes(lines([started("O-1", 0), started("O-2", 1), started("O-3", 2)]))
    told = value(capsys, "a", "b", "history.jsonl")["history"]
    assert (told["events"], told["before"]["tasks"], told["after"]["tasks"]) == (3, 2, 0)


@pytest.mark.usefixtures("versions")
def test_a_database_stands_for_the_rules_that_it_runs_and_says_what_they_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = open_store(tmp_path / "db", micros(0))
    runtime = Runtime(store, good_rules(tmp_path / "a"), micros(0))
    events = [json.dumps(started(f"O-{number}", number)).encode() for number in range(3)]
    runtime.receive([Parcel(events)], micros(3))
    runtime.tick(micros(3))
    runtime.note(micros(3))
    store.close()
    found: Mapping[str, Any] = value(capsys, "--db", "db", "b")
    (rule,) = found["rules"]
    assert (found["before"]["rules"], rule["running"]) == ("db", {"watches": 1, "waiting": 1, "open": 1})
    assert value(capsys, "--db", "db", "a")["rules"] == []


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["a"], "two rules folders are compared, 1 given\n"),
        (["a", "c"], "two rules folders are compared, 1 given; c: there is no such folder\n"),
        (["a", "b", "--db", "db"], "one rules folder is compared with --db, 2 given\n"),
        (["a", "--db", "db"], "db: there is no such database; `clearly run --db db` makes it\n"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["rules", "diff", *arguments]) == 2
    assert capsys.readouterr().err == told


@pytest.mark.usefixtures("versions")
def test_a_version_with_errors_is_refused_with_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b" / "weak-area.yaml").write_text(WEAK.replace("status: live", "staus: live"), encoding="utf-8")
    assert answer(["rules", "diff", "a", "b"]) == 1
    assert "b/weak-area.yaml:5:1: there is no rule setting 'staus'" in capsys.readouterr().err
