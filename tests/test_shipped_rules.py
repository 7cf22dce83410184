"""The rules that ship: clean, proven by their stories, and each story file with what a good one has."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from engine.language import Folder, read_rules
from engine.rehearsal import concerned, rehearse
from streams.folder import Folder as FilesOfFolder
from streams.folder import read_folder

HOUSE = Path(__file__).resolve().parent.parent
NAMES = sorted({path.name.removesuffix(".test.yaml") for path in (HOUSE / "rules").rglob("*.test.yaml")})
#: Joins two conditions; what asks first whether its field is there at all is one with what follows.
JOINED = re.compile(r" (?:or|and) ")
IS_MISSING = re.compile(r"(\w+) is missing")
#: How numbers are said where no digits stand.
WORDS = {
    **dict(
        enumerate(("", " a |one|一", "two|twice|second|again|两|二|重复", "three|third|三", "four|四", "five|五", "six|六", "seven|七"))
    ),
    10: "ten|十",
    24: "day|天",
    90: "ninety",
    100: "everybody|全部",
    365: "year|年|twelve months|12 个月",
    730: "two years|两年",
    1200: "20",
    3600: "60",
}
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


def rule_files() -> dict[str, str]:
    """Return the text of each rule file and each profile, by path."""
    files, book = read_folder(HOUSE / "rules"), shipped().rulebook
    assert isinstance(files, FilesOfFolder)
    assert book is not None
    rules = {one.place.file for one in book.rules.values()} | {f"profiles/{name}.yaml" for name in PROFILES}
    return {name: text for name, text in files.files.items() if name in rules}


def bare(line: str) -> str:
    """Return what a line of a rule file says of a condition."""
    return line.partition(" #")[0].strip().removeprefix("- ").removeprefix("if: ")


def conditions_on(line: str) -> list[str]:
    """Return the conditions that stand on one line of a rule file."""
    parts = JOINED.split(bare(line))
    asked = {found[1] for part in parts if (found := IS_MISSING.fullmatch(part))}
    return [part for part in parts if IS_MISSING.fullmatch(part) is None or not any(name in parts[-1] for name in asked)]


@pytest.mark.parametrize("name", sorted(rule_files()))
def test_no_line_holds_more_than_one_condition(name: str) -> None:
    text = rule_files()[name]
    conditions = " ".join(texts_under(yaml.safe_load(text), "if"))
    lines = [line for line in text.splitlines() if JOINED.search(line) and bare(line) in conditions]
    assert [line for line in lines if len(conditions_on(line)) > 1] == []


def texts_under(value: object, name: str, *, inside: bool = False) -> list[str]:
    """Return every text under settings of a name."""
    if isinstance(value, dict):
        return [text for key, one in value.items() for text in texts_under(one, name, inside=inside or key == name)]
    if isinstance(value, list):
        return [text for one in value for text in texts_under(one, name, inside=inside)]
    return [value] if inside and isinstance(value, str) else []


@pytest.mark.parametrize("name", NAMES)
def test_each_number_has_its_reason_in_the_file(name: str) -> None:
    book = shipped().rulebook
    assert book is not None
    text = rule_files()[book.rules[name].place.file]
    before, _, when = text.partition("\nwhen:")
    when = when.partition("\ntask:")[0]
    comments = " ".join(line for line in when.splitlines() if line.strip().startswith("#"))
    said = re.sub(r"(?<=\d),(?=\d)", "", f"{before}{comments}".lower())
    # a number with a comment on its own line has its reason there
    plain = "\n".join(line for line in when.splitlines() if " # " not in line and not line.strip().startswith("#"))
    numbers = {int(one) for one in re.findall(r"(?<![\w-])(\d+)(?![\w-])", re.sub(r'"[^"]*"', "", plain))} - {0}
    assert [one for one in numbers if not re.search(rf"(?<!\d){one}(?!\d)|{WORDS.get(one) or '(?!)'}", said)] == []


def test_what_no_story_need_notice_is_listed_with_its_reason() -> None:
    """`clearly rules weak-spots rules` notices everything else, or lists it there as well."""
    told = [
        (name, line.partition("#")[0].strip(), line.partition("weak-ok: ")[2])
        for name, text in rule_files().items()
        for line in text.splitlines()
        if "weak-ok: " in line
    ]
    page = (HOUSE / "docs" / "weak-spots.md").read_text("utf-8")
    assert len(told) >= 8
    assert [one for one in told if f"`{Path(one[0]).stem}`" not in page or one[2] not in page] == []
