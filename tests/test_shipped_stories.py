"""The stories that ship: each is played to its end, as a supervisor would read it, and comes out as written."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from engine.language import Folder, read_rules
from engine.rehearsal.stories import Performance, label, perform, read_story, set_up
from streams.folder import Folder as FilesOfFolder
from streams.folder import read_folder

HOUSE = Path(__file__).resolve().parent.parent
STORIES = HOUSE / "rules" / "stories"
#: story -> how its task ends: state, rung, cycle and round
ENDS = {
    "appeal-upheld": ("repeated-outage TA-21", "CANCELLED", 1, 1, 1),
    "before-the-holiday": ("repeated-complaint C-CG-014 电压低", "REMEDYING", 3, 1, 1),
    "late-supervisor": ("repeated-outage TA-8", "REMEDYING", 1, 1, 1),
    "rejected-twice": ("repeated-outage TA-7", "REMEDYING", 4, 1, 3),
    "remedy-measured": ("repeated-outage TA-7", "ISSUED", 2, 2, 1),
    "remedy-did-not-work": ("repeated-outage TA-7", "ACKED", 3, 2, 1),
    "reorganisation": ("repeated-outage TA-21", "REMEDYING", 2, 1, 1),
    "repeated-outage": ("repeated-outage TA-7", "CLOSED", 1, 1, 1),
    "two-signatures": ("repeated-outage TA-7", "ACKED", 3, 1, 1),
    "typhoon": ("storm linxi", "CLOSED", 3, 1, 1),
}


@cache
def shipped() -> tuple[FilesOfFolder, Folder]:
    """Return our own rules folder, read."""
    files = read_folder(HOUSE / "rules")
    assert isinstance(files, FilesOfFolder)
    return files, read_rules(files.files)


def played(text: str, file: str) -> Performance:
    """Return how a story goes over our own rules."""
    files, folder = shipped()
    assert folder.basis is not None
    assert folder.rulebook is not None
    story, problems = read_story(text, file, folder.basis, folder.rulebook.rules)
    assert [str(one) for one in problems] == []
    assert story is not None
    setting = set_up(story, files.files, folder.rulebook)
    assert not isinstance(setting, list), setting
    return perform(story, setting)


def written(name: str) -> str:
    """Return a story that ships."""
    return (STORIES / f"{name}.story.yaml").read_text("utf-8")


@cache
def told(name: str) -> Performance:
    """Return how a story that ships goes."""
    return played(written(name), f"{name}.story.yaml")


def test_every_story_that_ships_is_told_here() -> None:
    assert sorted(path.name.removesuffix(".story.yaml") for path in STORIES.iterdir()) == sorted(ENDS)


@pytest.mark.parametrize("name", ENDS)
def test_a_story_comes_out_as_written_and_reaches_its_end(name: str) -> None:
    performance = told(name)
    assert [str(fault) for fault in performance.faults] == []
    assert performance.passed
    assert performance.story.steps[-1].wanted, "the end of a story says what must be so"
    ends = [(label(task), task.state, task.level, task.cycle, task.round) for task in performance.tasks.values()]
    assert ENDS[name] in ends


@pytest.mark.parametrize("name", ENDS)
def test_a_story_says_in_both_languages_what_it_shows(name: str) -> None:
    title = told(name).story.name
    assert " / " in title
    assert "about: >-" in written(name)


def test_no_child_of_the_typhoon_is_lost() -> None:
    tasks = told("typhoon").tasks.values()
    assert Counter((task.rule, task.state) for task in tasks) == {
        ("long-outage", "MERGED"): 500,
        ("long-outage", "ISSUED"): 1,
        ("storm", "CLOSED"): 1,
    }
    umbrella = next(task for task in tasks if task.rule == "storm")
    assert len(umbrella.children) == 500


def test_what_is_otherwise_is_told_at_its_place_all_at_once() -> None:
    text = written("repeated-outage").replace("rung: 1,", "rung: 2,").replace("by: wang.wu", "by: wang.liu")
    faults = [str(one).partition(" / ")[0] for one in played(text, "s.story.yaml").faults]
    assert faults[:3] == [
        "s.story.yaml:23:57: repeated-outage TA-7: rung is 1, wanted 2",
        "s.story.yaml:26:5: refused [actor]: 不能签收: 组织机构中没有 'wang.liu'",
        "s.story.yaml:30:14: repeated-outage TA-7: state is ISSUED, wanted ACKED",
    ]
    assert len(faults) > 10, "what follows from the first mistakes is told too"
