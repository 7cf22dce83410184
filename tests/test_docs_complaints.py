"""What others complain about: 33 groups, and every test that the page names exists where it says."""

from __future__ import annotations

import re
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
PAGE = (HOUSE / "docs" / "complaints.md").read_text("utf-8")
ROWS = re.findall(r"^\| (?!complaint|---)(.*?) \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)


def test_there_are_thirty_three_groups_each_with_an_answer_and_a_test() -> None:
    assert len(ROWS) == 33
    assert all(answer and "`test_" in tests for _, answer, tests in ROWS)


def test_every_test_that_is_named_stands_in_the_file_that_is_named() -> None:
    named = re.findall(r"`(test_\w+)` in \[[\w.]+\]\(\.\./([\w/.]+)\)", PAGE)
    assert len(named) >= 33
    assert not [(name, path) for name, path in named if f"def {name}(" not in (HOUSE / path).read_text("utf-8")]
