"""The examples of docs/lint.md: a well-written folder with a few lines changed, and what is then said."""

from __future__ import annotations

from datetime import date

from engine.language import read_rules
from engine.rehearsal.stories import read_story
from tests.support.rulefiles import CALENDAR, FILES, RULES

#: The day on which the examples are looked at.
TODAY = date(2026, 12, 28)
STORY = """\
story: 签收 / Signed
steps:
  - {at: 2026-04-13 08:00, outage.started: {outage_id: O-1, area: A-1, customers: 3, planned: no}}
  # the deputy signs
  - {at: 2026-04-13 10:00, command: ack, by: wang.wu, task: count-rule A-1}
"""
PROFILE = """\
profile: town
title: 城市 / Town
reason: the numbers of a town
rules:
  count-rule:
    reason: four is what the town has
    when: {count: at least 4}
"""
ROUTES = "routes:\n  area-manager: {ask: [unit_of: area]}\n"
#: What the folder of an example has beside the rules.
MORE = {
    "unknown-role": {"routes.yaml": ROUTES},
    "unknown-profile": {"profiles/town.yaml": PROFILE},
    "profile-setting": {"profiles/town.yaml": PROFILE},
}


def folder(code: str, file: str, text: str) -> dict[str, str]:
    """Return the folder of an example: lines that begin with `-` stand in the good file, those with `+` in the broken one."""
    files = FILES | MORE.get(code, {})
    match text.strip():
        case "" | "(empty)":
            files[file] = ""
        case "(as it is, on 28 December)":
            pass
        case "(gone)":
            del files[file]
        case "(a second calendar)":
            files[file] = CALENDAR.replace("calendar: china", "calendar: head-office")
        case "(a copy of count-rule.yaml)":
            files[file] = RULES["count-rule.yaml"]
        case "(a copy of count-rule.yaml with another name)":
            files[file] = RULES["count-rule.yaml"].replace("rule: count-rule", f"rule: {file.removesuffix('.yaml')}")
        case _:
            files[file] = changed(files[file], text)
    return files


def changed(good: str, text: str) -> str:
    """Return a file with the change made."""
    lines = text.splitlines()
    old = "".join(f"{line[2:]}\n" for line in lines if line.startswith("-"))
    new = "".join(f"{line[2:]}\n" for line in lines if line.startswith("+"))
    assert old in good, f"no such lines: {old}"
    return good.replace(old, new, 1)


def said_of_story(text: str) -> list[str]:
    """Return what is said of a story with a change made."""
    found = read_rules(FILES)
    assert found.basis is not None
    _, problems = read_story(changed(STORY, text), "stories/count-rule.story.yaml", found.basis, RULES)
    return [f"{problem} [{problem.level}]" for problem in problems[:1]]


def said(code: str, file: str, text: str) -> list[str]:
    """Return what is said with this code; the examples show the first line of it."""
    if file.endswith(".story.yaml"):
        return said_of_story(text)
    found = [problem for problem in read_rules(folder(code, file, text), TODAY).problems if problem.code == code]
    own = [problem for problem in found if problem.place.file == file] or found
    return [f"{problem} [{problem.level}]" for problem in own[:1]]
