"""The page about a first rule, followed line by line by somebody who has never seen the tool."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from streams.cli.program import answer

if TYPE_CHECKING:
    import pytest

HOUSE = Path(__file__).resolve().parent.parent
PAGE = (HOUSE / "docs" / "first-rule.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Return the page's blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_from_a_sentence_to_a_live_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    (tmp_path / "march.jsonl").write_text(blocks("jsonl")[0], encoding="utf-8")
    said: dict[str, str] = {}
    for line in [line for block in blocks("sh") for line in block.splitlines()]:
        if line == "clearly rules new my-rules":  # the way with questions is another test's
            continue
        assert answer(shlex.split(line)[1:]) == 0, f"{line}\n{capsys.readouterr()}"
        said[" ".join(line.split()[1:3])] = capsys.readouterr().out
        if line.startswith("clearly init"):
            catalogue = tmp_path / "my-rules" / "catalogue.yaml"
            before, head, fields = catalogue.read_text("utf-8").partition("  complaint.received:")
            fields = fields.replace("      transformer_area: text, may be missing\n", blocks("yaml")[0], 1)
            catalogue.write_text(before + head + fields, encoding="utf-8")
    rule = (tmp_path / "my-rules" / "complaint" / "voltage-complaints.yaml").read_text("utf-8")
    stories = (tmp_path / "my-rules" / "complaint" / "voltage-complaints.test.yaml").read_text("utf-8")
    assert blocks("yaml")[1] in rule, "the page shows what was written"
    assert blocks("yaml")[2].rstrip() in stories, "the page shows what was written"
    assert all(name in said["explain voltage-complaints"] for name in ("K-1", "K-3", "K-5", "TA-7"))
    assert "K-4" not in said["explain voltage-complaints"], "the complaint of another area"
    assert "尚不能转为正式" in said["rules shadow"]
    assert re.search(
        r"^# \d{4}-\d\d-\d\d 转为正式 promoted: every task was looked at \(0 days, 1 tasks, 0 withdrawn\)\nstatus: live$",
        rule,
        re.MULTILINE,
    )
