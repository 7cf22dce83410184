"""`clearly rehearse`, as somebody meets it who writes stories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.cli.program import answer

HOUSE = Path(__file__).resolve().parent.parent.parent
RULES = str(HOUSE / "rules")


@pytest.fixture(autouse=True)
def window(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stand in an empty folder, with a wide window."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def appeal() -> str:
    """Return a story that ships."""
    return (HOUSE / "rules" / "stories" / "appeal-upheld.story.yaml").read_text("utf-8")


def test_a_story_that_comes_out_as_written_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.story.yaml").write_text(appeal(), encoding="utf-8")
    assert answer(["rehearse", "--rules", RULES, "a.story.yaml"]) == 0
    assert capsys.readouterr().out == (
        "✓ 申诉成立，任务作废 / An appeal is upheld  2026-05-06 – 2026-06-10, 1 task, 9 entries\n"
        "1 story, straight and restarted after every step; all passed\n"
    )


def test_the_journal_can_be_read_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.story.yaml").write_text(appeal(), encoding="utf-8")
    assert answer(["rehearse", "--rules", RULES, "a.story.yaml", "--journal"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert lines[3] == "    2026-05-20 10:00  repeated-outage TA-21  待说清 ACKED L1  签收 signed  wu-gang"


def test_what_is_otherwise_is_told_with_its_place_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.story.yaml").write_text(appeal().replace("by: cao-ying", "by: zhou.min"), encoding="utf-8")
    assert answer(["rehearse", "--rules", RULES, "a.story.yaml", "--junit", "report.xml"]) == 1
    out = capsys.readouterr().out
    assert "    a.story.yaml:38:5: refused [two]: " in out
    assert out.endswith("1 story, straight and restarted after every step; 1 failed\n")
    assert 'failures="1"' in Path("report.xml").read_text("utf-8")


def test_machines_get_the_journal(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.story.yaml").write_text(appeal(), encoding="utf-8")
    assert answer(["rehearse", "--rules", RULES, "a.story.yaml", "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert (told["file"], told["passed"], told["faults"]) == ("a.story.yaml", True, [])
    assert [entry["seq"] for entry in told["journal"]] == list(range(1, 10))
    assert {one["topic"] for one in told["published"]} >= {"alert.l1", "supervision"}


def test_a_story_that_cannot_be_read_is_told_and_the_others_are_played(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.story.yaml").write_text(appeal(), encoding="utf-8")
    Path("b.story.yaml").write_text("story: x\nsteps: []\n", encoding="utf-8")
    assert answer(["rehearse", "--rules", RULES, "a.story.yaml", "b.story.yaml"]) == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        "✗ b.story.yaml  b.story.yaml",
        "    b.story.yaml:2:8: nothing is expected anywhere; write at least one 'expect'",
        "2 stories, straight and restarted after every step; 1 failed",
    ]


def test_a_file_that_is_not_there_and_a_folder_without_stories_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["rehearse", "--rules", RULES, "none.story.yaml"]) == 2
    assert capsys.readouterr().err == "none.story.yaml: no such file or directory\n"
    assert answer(["init", "my-rules"]) == 0
    assert answer(["rehearse", "--rules", "my-rules"]) == 2
    assert capsys.readouterr().err == "my-rules/stories: there is no story; a story's file ends in .story.yaml\n"


def test_rules_check_tells_of_stories_that_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["init", "my-rules"]) == 0
    stories = Path("my-rules/stories")
    stories.mkdir()
    (stories / "a.story.yaml").write_text("story: x\nlive: [no-such-rule]\nsteps: []\n", encoding="utf-8")
    capsys.readouterr()
    assert answer(["rules", "check", "my-rules", "--as-of", "2026-03-01"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "my-rules/stories/a.story.yaml:2:8: there is no rule 'no-such-rule' [story]"
