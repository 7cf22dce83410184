"""What docs/casework.md says is what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.casework import ROLES, ROWS, STATES, Profile, picture, read_profile, read_table, table
from engine.casework.guards import GUARDS
from engine.casework.parameters import defaults
from engine.source import read

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "casework.md").read_text("utf-8")


def test_the_documented_table_and_the_code_have_the_same_rows() -> None:
    assert read_table(PAGE) == ROWS
    assert table() in PAGE


def test_the_picture_is_drawn_from_the_table() -> None:
    assert picture() in PAGE


@pytest.mark.parametrize(
    "word", [*STATES, *ROLES, *(f"`{guard}`" for guard in GUARDS), *(f"`{name}`" for name in type(defaults()["minor"]).model_fields)]
)
def test_every_word_is_documented(word: str) -> None:
    assert word in PAGE


def profile(text: str) -> tuple[Profile | None, list[str]]:
    document, problems = read(text, "casework.yaml")
    assert document is not None, problems
    found, wrong = read_profile(document)
    return found, [str(one) for one in wrong]


def test_the_documented_profile_changes_what_it_says_and_nothing_else() -> None:
    found, wrong = profile(PAGE.partition("```yaml\n")[2].partition("```")[0])
    assert wrong == []
    assert found is not None
    assert (str(found.severities["major"].ack), found.severities["major"].rounds) == ("2 working hours", 3)
    assert found.severities["major"].explain == defaults()["major"].explain
    assert found.severities["serious"] == defaults()["serious"]
    assert not found.is_urgent("feeder-frequent", "serious")


def test_every_problem_of_a_profile_is_told_at_its_place() -> None:
    assert profile("casework: ours\nstorm: {entre: 3}\n")[1] == ["casework.yaml:2:9: there is no setting 'entre'; did you mean 'enter'?"]
    assert profile("casework: ours\nseverities:\n  majr: {ack: 1 hour}\n")[1] == [
        "casework.yaml:3:3: there is no severity 'majr'; did you mean 'major'?"
    ]
    assert profile("casework: ours\nseverities:\n  major: {ack: soon}\n")[1] == [
        "casework.yaml:3:16: 'soon' is not a length of time; write for example '12 hours', '60 days' or '3 working days'"
    ]
