"""`clearly rules weak-spots`: what no story notices, as a person and a machine read it, by threshold, from a cache, on every core."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.language import read_rules
from streams.cli.program import answer
from streams.folder import Folder, read_folder
from streams.weakspots import FOLDER, Search, weak_spots

HOUSE = Path(__file__).resolve().parent.parent.parent
ASKED = """\

  - test: who is asked, how urgently and by when
    events:
      - {at: 2026-03-01 08:00, outage.started: {outage_id: O-1}}
      - {at: 2026-03-20 08:00, outage.started: {outage_id: O-2}}
      - {at: 2026-04-10 08:00, outage.started: {outage_id: O-3}}
    expect:
      - {opened: 2026-04-10 08:00, same: {transformer_area: TA-7}, severity: major, to: area-manager, due: 2026-04-17 17:30}
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new rules folder, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    shutil.copytree(HOUSE / "streams" / "template", "rules")
    return Path("rules")


def searched(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return how a search went, without the blanks at the ends of lines."""
    code = answer(["rules", "weak-spots", *arguments])
    out, _ = capsys.readouterr()
    return code, "\n".join(line.rstrip() for line in out.splitlines())


def told(*arguments: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return a search for machines."""
    _, out = searched("--json", *arguments, capsys=capsys)
    found: dict[str, Any] = json.loads(out)
    return found


SCREEN = """\
规则 rule        被察觉 noticed
repeated-outage             65%  ███████████████████▌

rules/outage/repeated-outage.yaml:16:13: nothing would notice if '重要' became '一般'
rules/outage/repeated-outage.yaml:16:13: nothing would notice if '重要' became '重大'
rules/outage/repeated-outage.yaml:18:8: nothing would notice if '5 working days' became '10 working days'
rules/outage/repeated-outage.yaml:18:8: nothing would notice if '5 working days' became '2 working days'
rules/outage/repeated-outage.yaml:18:8: nothing would notice if '5 working days' became '4 working days'
rules/outage/repeated-outage.yaml:18:8: nothing would notice if '5 working days' became '5 calendar days'
rules/outage/repeated-outage.yaml:18:8: nothing would notice if '5 working days' became '5 days'
rules/outage/repeated-outage.yaml:18:8: nothing would notice if '5 working days' became '6 working days'

outage/repeated-outage.test.yaml: 补上此例即可察觉（8 处） this would notice (8)"""


def test_holes_worst_first_and_the_story_that_closes_them(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = searched("--at-least", "95", capsys=capsys)
    assert (code, out.partition("\n  - test")[0]) == (1, SCREEN)
    assert ASKED.strip() in out
    with (rules / "outage" / "repeated-outage.test.yaml").open("a", encoding="utf-8") as stories:
        stories.write(ASKED)
    code, out = searched("--at-least", "95", capsys=capsys)
    assert (code, out.splitlines()[-1]) == (0, "23 处改动中有 23 处被用例察觉（100.0%） 23 of 23 changes are noticed (100.0%)")
    assert answer(["rules", "test", "rules"]) == 0


@pytest.mark.usefixtures("rules")
def test_machines_get_each_hole_with_its_story(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys=capsys)
    assert (found["noticed"], found["unnoticed"], found["equal"], found["whole"]) == (15, 8, 0, True)
    first = found["spots"][0]
    assert (first["file"], first["line"], first["column"], first["was"], first["now"]) == (
        "rules/outage/repeated-outage.yaml",
        16,
        13,
        "重要",
        "一般",
    )
    assert first["story"] == ASKED.strip("\n")


def test_what_is_known_is_taken_from_the_cache_until_something_changes(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = told(capsys=capsys)
    kept = list((rules / FOLDER / "weak-spots").iterdir())
    assert len(kept) == 1
    assert (rules / FOLDER / ".gitignore").read_text(encoding="utf-8") == "*\n"
    kept[0].write_bytes(b"[]")
    assert told(capsys=capsys)["spots"] == []
    assert told("--no-cache", capsys=capsys) == before
    rule = rules / "outage" / "repeated-outage.yaml"
    rule.write_text(rule.read_text(encoding="utf-8").replace("severity: 重要", "severity: 重要  # weak-ok: by profile"), encoding="utf-8")
    after = told(capsys=capsys)
    assert (after["unnoticed"], after["accepted"]) == (6, 2)
    assert [path.name == kept[0].name for path in (rules / FOLDER / "weak-spots").iterdir()] == [False]


def test_every_core_finds_the_same_as_one(rules: Path) -> None:
    files = read_folder(rules)
    assert isinstance(files, Folder)
    search = Search(files.files, read_rules(files.files), ["repeated-outage"], jobs=1)
    alone = weak_spots(search)
    together = weak_spots(Search(files.files, search.folder, search.names, jobs=2))
    assert sorted(alone.spots) == sorted(together.spots)


def test_whoever_stops_it_keeps_what_was_tried(rules: Path) -> None:
    files = read_folder(rules)
    assert isinstance(files, Folder)
    steps: list[int] = []
    search = Search(files.files, read_rules(files.files), ["repeated-outage"], jobs=1)
    found = weak_spots(search, lambda _stage, done, _total: steps.append(done), lambda: len(steps) >= 2)
    assert (found.is_whole, len(found.spots), steps) == (False, 12, [1, 2])


def test_a_story_that_fails_already_is_told(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stories = rules / "outage" / "repeated-outage.test.yaml"
    stories.write_text(stories.read_text(encoding="utf-8").replace("count: 3", "count: 4", 1), encoding="utf-8")
    code, out = searched(capsys=capsys)
    assert code == 1
    assert "repeated-outage.yaml: 'the third outage in 60 days opens one task' fails already; mend the story or the rule first" in out


@pytest.mark.usefixtures("rules")
def test_an_unknown_rule_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["rules", "weak-spots", "--rule", "repeated-outag"]) == 1
    assert capsys.readouterr().err == "--rule repeated-outag: there is no such rule; did you mean 'repeated-outage'?\n"
