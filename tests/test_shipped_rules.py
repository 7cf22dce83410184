"""The rules that ship: clean, proven by their stories, and each story file with what a good one has."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from engine.language import Folder, read_rules
from engine.rehearsal import concerned, rehearse
from streams.folder import Folder as FilesOfFolder
from streams.folder import read_folder

HOUSE = Path(__file__).resolve().parent.parent
NAMES = sorted({path.name.removesuffix(".test.yaml") for path in (HOUSE / "rules").rglob("*.test.yaml")})
PROFILES = sorted(path.stem for path in (HOUSE / "rules" / "profiles").glob("*.yaml") if not path.name.endswith(".test.yaml"))


@cache
def shipped(profile: str | None = None) -> Folder:
    """Return our own rules folder, read under a profile."""
    files = read_folder(HOUSE / "rules", profile)
    assert isinstance(files, FilesOfFolder)
    return read_rules(files.files)


def test_lint_has_nothing_to_say() -> None:
    assert [str(problem) for problem in shipped().problems] == []


def test_every_rule_has_its_stories() -> None:
    book = shipped().rulebook
    assert book is not None
    assert sorted(book.rules) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_does_what_its_stories_say_straight_restarted_and_shuffled(name: str) -> None:
    book = shipped().rulebook
    assert book is not None
    outcomes = [rehearse(book, story) for story in shipped().tests if story.rule == name]
    assert {outcome.test.name: outcome.faults for outcome in outcomes if not outcome.passed} == {}


@pytest.mark.parametrize("name", NAMES)
def test_the_stories_of_a_rule_fire_stay_quiet_come_late_and_are_taken_back(name: str) -> None:
    stories = [story for story in shipped().tests if story.rule == name]
    assert len(stories) >= 7
    assert sum(1 for story in stories if story.expect) >= 2
    assert sum(1 for story in stories if not story.expect) >= 2
    assert any(event.arrives > event.at for story in stories for event in story.events), "no event comes late"
    assert any("retracted" in event.record["type"] for story in stories for event in story.events) or any(
        one.kind == "withdrawn" for story in stories for one in story.expect
    ), "nothing is taken back"
    assert len({story.name for story in stories}) == len(stories), "two stories have one name"


@pytest.mark.parametrize("profile", PROFILES)
def test_lint_has_nothing_to_say_under_any_profile(profile: str) -> None:
    assert [str(problem) for problem in shipped(profile).problems] == []


@pytest.mark.parametrize("profile", PROFILES)
def test_every_story_goes_well_under_every_profile(profile: str) -> None:
    folder = shipped(profile)
    book = folder.rulebook
    assert book is not None
    # what no profile touches goes three ways already, under none
    mine = [story for story in folder.tests if story.profiles or concerned(book, story.rule).keys() & folder.numbers.changed]
    outcomes = [rehearse(book, story, book.places) for story in mine]
    assert {outcome.test.name: outcome.faults for outcome in outcomes if not outcome.passed} == {}


@pytest.mark.parametrize("profile", PROFILES)
def test_each_number_of_a_profile_has_a_story_on_each_side_of_its_edge(profile: str) -> None:
    folder = shipped(profile)
    book = folder.rulebook
    assert book is not None
    own = {story.rule: [] for story in folder.tests if story.profiles}  # type: dict[str, list[bool]]
    for story in folder.tests:
        if story.profiles:
            own[story.rule].append(bool(story.expect))
    on = {name for name in folder.numbers.changed if book.rules[name].status != "retired"}
    assert {name: set(own.get(name, [])) for name in on} == {name: {True, False} for name in on}
