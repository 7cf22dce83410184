"""Stories that are written wrongly, or in ways that the shipped ones do not use: what is said, and where."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine.language import Folder, read_rules
from engine.rehearsal.stories import Performance, Story, perform, read_story, set_up
from streams.folder import Folder as FilesOfFolder
from streams.folder import read_folder

HOUSE = Path(__file__).resolve().parent.parent.parent
OVER = "CLOSED, CANCELLED, MERGED"
HEAD = """\
story: 一个故事 / A story
live: [repeated-outage]
usual:
  outage.started: {transformer_area: TA-7, customers: 120, planned: no}
"""
ISSUED = """\
steps:
  - {at: 2026-04-11 08:00, outage.started: {outage_id: O-1}}
  - {at: 2026-04-12 08:00, outage.started: {outage_id: O-2}}
  - {at: 2026-04-13 08:00, outage.started: {outage_id: O-3}}
  - {at: 2026-04-13 08:05, expect: {task: repeated-outage TA-7, state: ISSUED}}
"""


@cache
def shipped() -> tuple[FilesOfFolder, Folder]:
    """Return our own rules folder, read."""
    files = read_folder(HOUSE / "rules")
    assert isinstance(files, FilesOfFolder)
    return files, read_rules(files.files)


def read(text: str) -> tuple[Story | None, list[str]]:
    """Return a story and what is wrong with it."""
    _, folder = shipped()
    assert folder.basis is not None
    assert folder.rulebook is not None
    story, problems = read_story(text, "s.story.yaml", folder.basis, folder.rulebook.rules)
    return story, [str(one) for one in problems]


def wrong(text: str) -> list[str]:
    """Return what is wrong with a story, without the file's name."""
    story, problems = read(text)
    assert story is None
    return [one.removeprefix("s.story.yaml:") for one in problems]


def play(text: str) -> Performance:
    """Return how a story goes."""
    files, folder = shipped()
    story, problems = read(text)
    assert problems == []
    assert story is not None
    setting = set_up(story, files.files, folder.rulebook)
    assert not isinstance(setting, list), setting
    return perform(story, setting)


def faults(text: str) -> list[str]:
    """Return what does not come out as written, without the file's name."""
    return [str(one).removeprefix("s.story.yaml:") for one in play(text).faults]


def not_set(instead: str) -> list[str]:
    """Return why a story has no setting with what the folder says otherwise in it."""
    files, folder = shipped()
    story, problems = read(f"{HEAD}instead:\n{instead}{ISSUED}")
    assert problems == []
    assert story is not None
    setting = set_up(story, files.files, folder.rulebook)
    assert isinstance(setting, list)
    return [str(one).removeprefix("s.story.yaml:") for one in setting]


# What is written wrongly ------------------------------------------------------------------------------------------------------


def test_everything_that_is_wrong_is_told_at_once() -> None:
    text = """\
stroy: x
live: [repeated-outge]
steps:
  - {outage.started: {outage_id: O-1, transformer_area: TA-7, customers: 1, planned: no}}
  - {at: 2026-04-13 08:00, outage.strated: {outage_id: O-1}}
  - {at: 2026-04-13 09:00, command: sign, by: wang.wu, task: repeated-outage TA-7}
  - {at: 2026-04-13 10:00, command: ack, task: repeated-outage TA-7, reson: x}
  - {at: 2026-04-13 11:00, expect: {task: repeated-outage TA-7, state: OPEN, rung: high, clock: ticking, dew: none}}
  - {at: 2026-04-13 12:00, expect: {state: ISSUED}}
  - {at: 2026-04-13 12:00, expect: {of: all, state: ISSUED}}
  - {at: 2026-04-12 12:00, calendar: {holidays: {next week: x}}}
  - {at: 2026-04-13 12:00, repeat: many, every: a while, outage.started: {outage_id: O-1}}
"""
    assert wrong(text) == [
        "1:1: 'story' is missing",
        "1:1: there is no setting 'stroy' in a story; did you mean 'story'?",
        "2:8: there is no rule 'repeated-outge'; did you mean 'repeated-outage'?",
        "4:5: 'at' is missing; write when it happens",
        "4:5: 'at' is missing; write when the event happens",
        "5:5: an event is written as {at: …, event.name: {…}}; there is no event 'outage.strated'; did you mean 'outage.started'?",
        "6:37: there is no command 'sign'; did you mean 'reassign'?",
        "7:5: 'by' is missing",
        "7:70: there is no setting 'reson' in a command; did you mean 'reason'?",
        "8:72: there is no state 'OPEN'; choose from CANDIDATE, ISSUED, ACKED, APPEALED, EXPLAINED, REMEDYING, REMEDIED, WATCHING, " + OVER,
        "8:84: 'high' is no whole number between 0 and 99",
        "8:97: there is no clock 'ticking'; choose from running, paused, stopped",
        "8:106: there is no setting 'dew' in an expectation; did you mean 'due'?",
        "9:36: say which task: 'task: repeated-outage TA-7', or 'of: RULE' with a 'count'",
        "10:36: 'of' and 'count' go together: {of: long-outage, count: 500, state: MERGED}",
        "11:5: the clock would run back: the step before it reaches 2026-04-13 12:00",
        "11:50: 'next week' is no date; write 2026-03-20",
        "12:36: 'many' is no whole number between 1 and 10000",
        "12:49: write how long after the one before each comes, such as '1 second'",
    ]


def test_a_story_that_expects_nothing_proves_nothing() -> None:
    text = HEAD + "steps:\n  - {at: 2026-04-13 08:00, outage.started: {outage_id: O-1}}\n"
    assert wrong(text) == ["6:3: nothing is expected anywhere; write at least one 'expect'"]


def test_yaml_that_cannot_be_read_has_its_place_too() -> None:
    assert wrong("story: [") != []
    assert wrong("") == ["1:1: the file is empty"]


def test_a_form_that_is_not_there_and_a_check_that_is_none_are_told() -> None:
    text = HEAD + "forms: {plain: {what_happened: {text: x}}}\n" + ISSUED
    text += "  - {at: 2026-04-14 08:00, command: submit_explanation, by: sun-jie, task: x, form: plane, fields: {overruled: {vague: y}}}\n"
    assert wrong(text) == [
        "11:85: there is no form 'plane'; did you mean 'plain'?; write it under 'forms' at the top",
        "11:113: there is no check 'vague'; did you mean 'vague-only'?",
    ]


def test_a_list_where_a_word_belongs_is_told_and_nothing_falls_over() -> None:
    text = HEAD + ISSUED
    text += "  - {at: 2026-04-14 08:00, command: ack, by: wang.wu, task: x, form: [{a: b}], proposed: [yes]}\n"
    text += "  - {at: 2026-04-15 08:00, calendar: {name: {a: b}}}\n"
    assert wrong(text) == [
        "10:70: there is no form '{'a': 'b'}'; write it under 'forms' at the top",
        "10:90: 'proposed' is 'yes' or 'no'",
        "11:45: 'name' wants one text",
    ]


def test_what_the_folder_would_say_otherwise_is_checked_like_the_folder() -> None:
    [told] = not_set("  casework.yaml: {severities: {重要: {watch: soon}}}\n")
    assert told.startswith("6:3: with this, casework.yaml is wrong: 'soon' is not a length of time; write for example '12 hours'")
    [told] = not_set("  organisation.yaml: {people: [{person: wu-gang, unit: nowhere, posts: head}]}\n")
    assert told.startswith("6:3: with this, organisation.yaml is wrong: there is no unit 'nowhere'")
    assert not_set("  organization.yaml: {units: []}\n") == ["6:3: the rules folder has no file 'organization.yaml' that can be read"]


# What does not come out -------------------------------------------------------------------------------------------------------


def test_a_task_that_is_not_there_is_told_with_those_that_are() -> None:
    text = HEAD + ISSUED + "  - {at: 2026-04-14 08:00, expect: {task: repeated-outage TA-8, state: ISSUED}}\n"
    assert faults(text) == [
        "10:36: there is no task 'repeated-outage TA-8'; did you mean 'repeated-outage TA-7'?; there is repeated-outage TA-7"
    ]


def test_a_command_that_was_to_be_refused_and_was_not_is_told() -> None:
    text = HEAD + ISSUED + "  - {at: 2026-04-13 09:00, command: ack, by: wang.wu, task: repeated-outage, refused: role}\n"
    assert faults(text) == ["10:5: carried out; it was to be refused ('role')"]


def test_a_command_that_waits_for_a_second_person_has_to_say_so() -> None:
    text = (
        HEAD
        + ISSUED
        + "  - {at: 2026-04-13 09:00, command: cancel, by: zhou.min, task: repeated-outage, reason: x, data: {code: duplicate}}\n"
    )
    assert faults(text) == ["10:5: it waits for a second person; write 'proposed: yes'"]


def test_who_looked_at_the_task_an_hour_ago_is_told_what_came_since() -> None:
    text = HEAD + ISSUED
    text += "  - {at: 2026-04-13 09:00, command: ack, by: wang.wu, task: repeated-outage}\n"
    text += "  - {at: 2026-04-13 09:30, command: reassign, by: zhou.min, task: repeated-outage, reason: x, data: {unit: hongling}, "
    text += "seen: 2026-04-13 08:30, refused: stale}\n"
    assert faults(text) == []


def test_a_file_is_evidence_of_the_claims_that_name_it() -> None:
    text = HEAD + ISSUED
    text += "  - {at: 2026-04-13 09:00, command: attach, by: wang.wu, task: repeated-outage, "
    text += "files: [{name: photo.jpg, text: pixels, classification: personal}], expect: {entries: evidence.added}}\n"
    performance = play(text)
    assert performance.faults == []
    assert any(name.startswith("f-") for name in next(iter(performance.tasks.values())).evidence)


def test_so_many_tasks_are_like_this_or_the_first_that_are_not_are_named() -> None:
    text = HEAD + ISSUED + "  - {at: 2026-04-14 08:00, expect: {of: repeated-outage, count: 2, state: ACKED}}\n"
    assert faults(text) == ["10:36: 0 of 1 tasks are like this, wanted 2; repeated-outage TA-7: state is ISSUED, wanted ACKED"]


def test_an_event_that_the_gate_rejects_is_told_where_it_stands() -> None:
    text = HEAD + ISSUED + "  - {at: 2026-04-14 08:00, outage.restored: {outage_id: O-3}, expect: {task: repeated-outage, state: ISSUED}}\n"
    [told] = faults(text)
    assert told.startswith("10:5: this event is rejected: ")


def test_without_a_word_about_live_rules_those_run_that_run_in_the_folder() -> None:
    text = ISSUED.replace("state: ISSUED", "state: ISSUED").replace("repeated-outage TA-7", "long-outage O-1")
    text = HEAD.replace("live: [repeated-outage]\n", "") + text.replace("2026-04-13 08:05", "2026-04-13 09:00")
    assert faults(text) == []


def test_nothing_published_and_nothing_noted_can_be_expected_too() -> None:
    text = HEAD + ISSUED
    text += "  - {at: 2026-04-13 08:06, expect: {task: repeated-outage, published: none, entries: none, not_published: alert.l1}}\n"
    assert faults(text) == []
    text = text.replace("2026-04-13 08:05", "2026-04-13 08:04").replace("state: ISSUED", "state: CANDIDATE")
    assert faults(text) == [
        "10:60: repeated-outage TA-7: published is alert.l1, wanted none",
        "10:77: repeated-outage TA-7: the journal has task.issued, wanted nothing",
        "10:92: repeated-outage TA-7: published on alert.l1, which was not wanted",
    ]
