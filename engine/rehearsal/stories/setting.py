"""Where a story is set: the rulebook and the casework profile of a rules folder, with what the folder says otherwise in this story."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.casework import Profile, read_profile
from engine.language import depends_on, read_rules
from engine.source import Problem, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.language import Rulebook
    from engine.rehearsal.stories.story import Story
    from engine.source import Document

CASEWORK = "casework.yaml"


class Setting(NamedTuple):
    """Rules, calendar, people and limits of a story."""

    book: Rulebook
    profile: Profile


def set_up(story: Story, files: Mapping[str, str], book: Rulebook | None = None) -> Setting | list[Problem]:
    """Return the setting of a story in a folder of `files`, or every reason why there is none.

    `book` is the rulebook of the folder, where somebody has read it already.
    """
    changed, problems = with_instead(story, files)
    if problems:
        return problems
    if changed or book is None:
        read_again = read_rules({**files, **changed})
        problems = [moved(one, story) for one in read_again.problems if one.level == "error"]
        book = read_again.rulebook
    document, more = read({**files, **changed}.get(CASEWORK, f"casework: {story.file}\n"), CASEWORK)
    profile, wrong = read_profile(document) if document is not None else (None, [])
    problems += [moved(one, story) for one in (*more, *wrong)]
    if book is None or profile is None or problems:
        return problems
    if book.calendar is None or book.places is None:
        told = "a story needs a rules folder with a calendar and an organisation; `clearly init` makes one"
        return [Problem(story.place, "story", told)]
    return Setting(book if story.live is None else only(book, story.live), profile)


def only(book: Rulebook, names: tuple[str, ...]) -> Rulebook:
    """Return a rulebook of these rules, live, and those whose findings they look at, as they are."""
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in book.rules and name not in found:
            found.add(name)
            todo += depends_on(book.rules[name]) - set(book.rules[name].covered_by)
    rules = {name: replace(rule, status="live") if name in names else rule for name, rule in book.rules.items() if name in found}
    return replace(book, rules={name: replace(rule, covered_by=within(rule.covered_by, found)) for name, rule in rules.items()})


def within(names: Any, found: set[str]) -> Any:
    """Return those names that were found, in the same kind of collection."""
    return type(names)(name for name in names if name in found)


def moved(problem: Problem, story: Story) -> Problem:
    """Return a problem of a file that the story changes, told where the story does so."""
    file = problem.place.file
    place = story.places.get(file)
    return problem if place is None else Problem(place, problem.code, f"with this, {file} is wrong: {problem.say}")


# What is otherwise ------------------------------------------------------------------------------------------------------------


def with_instead(story: Story, files: Mapping[str, str]) -> tuple[dict[str, str], list[Problem]]:
    """Return the files that a story changes, as they are in it."""
    changed: dict[str, str] = {}
    problems: list[Problem] = []
    for name, said in story.instead.items():
        document, _ = read(files.get(name, "casework: story\n" if name == CASEWORK else ""), name)
        problem = unfit(document, name, said)
        if document is None or problem:
            problems.append(Problem(story.places[name], "story", problem))
        else:
            # JSON is YAML
            changed[name] = json.dumps(merged(document.data, said), ensure_ascii=False, indent=1)
    return changed, problems


def unfit(document: Document | None, name: str, said: Any) -> str:
    """Return why a file cannot be changed like this, or nothing."""
    if document is None or not isinstance(document.data, dict):
        return f"the rules folder has no file '{name}' that can be read"
    return "" if isinstance(said, dict) else f"write what '{name}' says otherwise as lines of 'name: value'"


def merged(old: Any, new: Any) -> Any:
    """Return a value with another one laid over it.

    Mappings are laid over each other name by name. A list of rows has every row that is about the same thing (the first two words of a
    row say what: `unit: chengguan`) taken out, and the new ones put in.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: merged(old.get(name), value) for name, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        about = {subject(row) for row in new}
        return [*(row for row in old if subject(row) not in about), *new]
    return new


def subject(row: Any) -> Any:
    """Return what a row is about."""
    return next(iter(row.items()), None) if isinstance(row, dict) and all(isinstance(one, str) for one in row.values()) else str(row)
