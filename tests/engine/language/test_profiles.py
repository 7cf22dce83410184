"""Profiles: other numbers laid over rules, each problem told where the profile says it."""

from __future__ import annotations

import pytest

from engine.language import CHOSEN, Count, Folder, read_rules
from tests.support.lintexamples import PROFILE
from tests.support.rulefiles import CALENDAR, FILES

TOWN = {**FILES, "profiles/town.yaml": PROFILE}


def told(files: dict[str, str]) -> list[str]:
    """Return what is said of a folder under the profile of the town; rules without a story are another matter."""
    return [str(one) for one in read_rules(files | {CHOSEN: "town"}).problems if not one.code.startswith("no-test")]


def least(folder: Folder) -> float:
    """Return from which count on the rule fires."""
    assert folder.rulebook is not None
    pattern = folder.rulebook.rules["count-rule"].pattern
    assert isinstance(pattern, Count)
    return pattern.at_least.entries[0][1]


def test_a_number_of_the_profile_holds_only_where_it_is_chosen() -> None:
    assert (least(read_rules(TOWN)), least(read_rules(TOWN | {CHOSEN: "town"}))) == (3, 4)


def test_the_catalogue_may_choose_and_the_command_line_chooses_otherwise() -> None:
    catalogue = TOWN["catalogue.yaml"].replace("events:", "profile: town\nevents:", 1)
    other = PROFILE.replace("town", "city", 1).replace("at least 4", "at least 5")
    files = TOWN | {"catalogue.yaml": catalogue, "profiles/city.yaml": other}
    assert (least(read_rules(files)), least(read_rules(files | {CHOSEN: "city"}))) == (4, 5)


def test_reason_and_version_of_a_rule_are_those_of_its_number() -> None:
    plain, town = read_rules(TOWN).rulebook, read_rules(TOWN | {CHOSEN: "town"}).rulebook
    assert plain is not None
    assert town is not None
    assert plain.rules["count-rule"].version != town.rules["count-rule"].version
    assert plain.version != town.version
    assert town.rules["count-rule"].reason == "four is what the town has"


@pytest.mark.parametrize(
    ("was", "becomes", "line"),
    [
        ("at least 4", "four", "profiles/town.yaml:7:19: write 'four' as 'at least 3'"),
        ("count: at least 4", "cuont: at least 4", "profiles/town.yaml:7:12: there is no setting 'cuont' under when; did"),
        ("  count-rule:", "  cont-rule:", "profiles/town.yaml:5:3: there is no rule 'cont-rule'; did you mean 'count-rule'?"),
        ("when: {count: at least 4}", "whne: {}", "profiles/town.yaml:7:5: there is no setting 'whne' in a rule's numbers; did"),
        ("    reason: four is what the town has\n", "", "profiles/town.yaml:5:3: 'reason' is missing: no number without its source"),
        ("profile: town", "profile: village", "profiles/town.yaml:1:10: the profile is called 'village'"),
        ("title: 城市 / Town\n", "", "profiles/town.yaml:1:1: 'title' is missing"),
        ("    when: {count: at least 4}", "    status: of", "profiles/town.yaml:7:13: there is no status 'of'"),
        ("when: {count: at least 4}", "task: {to: nobody}", "profiles/town.yaml:7:12: a profile changes numbers"),
        ("count-rule:\n", "count-rule: 3\n  same-rule:\n", "profiles/town.yaml:5:15: a rule's numbers is written as lines"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_the_profiles_own_place(was: str, becomes: str, line: str) -> None:
    assert was in PROFILE
    found = told(TOWN | {"profiles/town.yaml": PROFILE.replace(was, becomes, 1)})
    assert any(one.startswith(line) for one in found), found


@pytest.mark.parametrize("text", ["", "- a", "profile: town", "rules: []", "rules: {count-rule: [], x: {when: 3}}", "profile: [", "word"])
def test_no_profile_ends_the_program(text: str) -> None:
    assert told(TOWN | {"profiles/town.yaml": text}) != []


def test_a_profile_that_is_not_there_is_told_wherever_it_is_chosen() -> None:
    found = read_rules(TOWN | {CHOSEN: "twon"}).problems
    assert [str(one) for one in found if one.code == "unknown-profile"] == [
        "catalogue.yaml:1:1: there is no profile 'twon'; did you mean 'town'?"
    ]


def test_stories_of_a_changed_rule_hold_only_if_they_name_the_profile() -> None:
    story = FILES["count-rule.test.yaml"] + "\n"
    own = story.replace("rule: count-rule", "rule: count-rule\nprofiles: town", 1)
    files = TOWN | {"profiles/count-rule.test.yaml": own}
    plain, town = read_rules(files).tests, read_rules(files | {CHOSEN: "town"}).tests
    assert {test.place.file for test in plain if test.rule == "count-rule"} == {"count-rule.test.yaml"}
    assert {test.place.file for test in town if test.rule == "count-rule"} == {"profiles/count-rule.test.yaml"}
    wrong = read_rules(files | {"profiles/count-rule.test.yaml": own.replace("profiles: town", "profiles: [twon]")}).problems
    assert any("there is no profile 'twon'; did you mean 'town'?" in str(one) for one in wrong)


def test_another_calendar_takes_the_place_of_every_one_that_is_named() -> None:
    profile = PROFILE.replace("rules:", "calendar: office\nrules:", 1)
    calendar = CALENDAR.replace("calendar: china", "calendar: office")
    catalogue = FILES["catalogue.yaml"].replace("events:", "default_calendar: china\nevents:", 1)
    files = TOWN | {"profiles/town.yaml": profile, "calendars/office.yaml": calendar, "catalogue.yaml": catalogue}
    book = read_rules(files | {CHOSEN: "town"}).rulebook
    assert book is not None
    assert {rule.calendar_name for rule in book.rules.values()} - {None} == {"office"}
