"""`clearly feed check` and `feed new`, as an operator meets them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from streams.cli.program import answer

MAPPING = """\
feed: outages
title: 停电导出 / outage export
zone: Asia/Shanghai
skip:
  - column: test
    is: "yes"
    reason: 测试记录 / a test record
events:
  - event: outage.started
    fields:
      outage_id: number
      transformer_area: area
      started_at: start
      customers: customers
      planned: {column: kind, values: {planned: yes, fault: no}}
"""
ROWS = """\
number,area,start,customers,kind,test,remark
1,TA-7,2026-03-01 08:00:00,120,fault,no,
2,TA-7,2026-03-02 08:00:00,many,fault,no,
3,TA-7,2026-03-03 08:00:00,120,planned,yes,
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a new rules folder with one mapping, and a sample beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    assert answer(["init", "my-rules"]) == 0
    capsys.readouterr()
    Path("my-rules/feeds/outages.yaml").write_text(MAPPING, encoding="utf-8")
    Path("outages.csv").write_text(ROWS, encoding="utf-8")
    return Path("my-rules")


def test_a_check_shows_what_came_out_what_did_not_and_why(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["feed", "check", str(rules / "feeds" / "outages.yaml"), "outages.csv"]) == 1
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[:6] == [
        "outages  停电导出 / outage export",
        "  行 rows        3  outages.csv",
        "  事件 events    1  outage.started",
        "  拒收 rejected  1",
        "  略过 left out  1",
        "",
    ]
    assert "outages.csv:3" in "\n".join(lines)
    assert "测试记录 / a test record" in "\n".join(lines)
    assert lines[lines.index("没有用到的列 Columns that nothing looks at") + 1] == "  remark"
    assert lines[-1].startswith("1 rejected; the most frequent: ")


def test_a_mapping_that_fits_is_ready(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with gzip.open("outages.csv.gz", "wt", encoding="utf-8") as file:
        file.write(ROWS.replace("many", "12"))
    assert answer(["feed", "check", str(rules / "feeds" / "outages.yaml"), "outages.csv.gz"]) == 0
    assert capsys.readouterr().out.endswith("就绪：每一行都已按映射处理 ready: every row became what the mapping says\n")
    assert answer(["feed", "check", str(rules / "feeds" / "outages.yaml"), "outages.csv.gz", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["rows"], report["events"], report["unused"]) == (3, {"outage.started": 2}, ["remark"])


def test_a_broken_mapping_is_told_with_its_places(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = rules / "feeds" / "outages.yaml"
    path.write_text(MAPPING.replace("outage.started", "outage.startd"), encoding="utf-8")
    assert answer(["feed", "check", str(path), "outages.csv"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("my-rules/feeds/outages.yaml:9:12: ")
    assert "did you mean 'outage.started'" in err


def test_a_mapping_outside_a_rules_folder_asks_for_one(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("alone.yaml").write_text(MAPPING, encoding="utf-8")
    assert answer(["feed", "check", "alone.yaml", "outages.csv"]) == 2
    assert capsys.readouterr().err == "alone.yaml: which rules folder does it belong to? Say it with --rules DIR\n"
    assert answer(["feed", "check", "alone.yaml", "outages.csv", "--rules", str(rules)]) == 1


def test_a_draft_becomes_a_mapping_once_its_questions_are_answered(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("export.csv").write_text(
        "outage_id,transformer_area,started_at,customers,planned\n7,TA-7,2026-03-01T08:00:00+08:00,12,yes\n", encoding="utf-8"
    )
    assert answer(["feed", "new", "export.csv", "--rules", str(rules)]) == 0
    (rules / "feeds" / "export.yaml").write_text(capsys.readouterr().out, encoding="utf-8")
    assert answer(["feed", "check", str(rules / "feeds" / "export.yaml"), "export.csv"]) == 0


def test_a_sample_that_is_not_there_is_one_line(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["feed", "new", "nothing.csv", "--rules", str(rules)]) == 2
    assert capsys.readouterr().err == "nothing.csv: no such file or directory\n"
    assert answer(["feed", "new", "outages.csv"]) == 2
    assert "--rules DIR names the folder" in capsys.readouterr().err
