"""Problems of a rules folder: its rules, its tests, and its feed mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from engine.events.mapping import read_mapping
from engine.language import Folder as RulesFolder
from engine.language import read_rules
from engine.rehearsal.stories import read_story
from engine.source import read
from streams.caseworkfile import profile_of
from streams.cli.outcome import Refused
from streams.folder import Folder, read_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from engine.events import Catalogue
    from engine.source import Problem


class Finding(msgspec.Struct):
    """One problem, as machines get to see it."""

    file: str
    line: int
    column: int
    level: str
    code: str
    message: str

    def __str__(self) -> str:
        """Return the line for a person; the code is what `# lint-ok` wants."""
        return f"{self.file}:{self.line}:{self.column}: {self.message} [{self.code}{', a warning' if self.level == 'warning' else ''}]"


class Checked(NamedTuple):
    """A rules folder and everything that is wrong with it."""

    folder: RulesFolder
    findings: list[Finding]
    files: Mapping[str, str]

    @property
    def errors(self) -> int:
        """Return how many problems are errors."""
        return sum(finding.level == "error" for finding in self.findings)


def checked(root: Path, as_of: date | None = None, profile: str | None = None) -> Checked:
    """Return a rules folder with everything that is wrong with it; refuse one that cannot be read from disk."""
    files = read_folder(root, profile)
    if not isinstance(files, Folder):
        raise Refused(files)
    folder = read_rules(files.files, as_of)
    problems = [*folder.problems, *profile_of(files.files)[1]]
    if folder.rulebook is not None:
        problems += feed_problems(files.files, folder.rulebook.catalogue)
        problems += story_problems(files.files, folder)
    return Checked(folder, [finding(root, problem) for problem in sorted(problems)], files.files)


def feed_problems(files: Mapping[str, str], catalogue: Catalogue) -> list[Problem]:
    """Return what is wrong with the mappings in feeds/."""
    found: list[Problem] = []
    for path, text in files.items():
        if path.startswith("feeds/") and path.endswith(".yaml"):
            document, problems = read(text, path)
            found += problems
            if document is not None:
                _, more = read_mapping(document, catalogue)
                found += [one for one in more if one.code not in document.accepted.get(one.place.line, frozenset())]
    return found


def story_problems(files: Mapping[str, str], folder: RulesFolder) -> list[Problem]:
    """Return what is wrong with the stories in stories/: whether they come out as written is for `clearly rehearse` to say."""
    assert folder.basis is not None
    assert folder.rulebook is not None
    stories = [(path, text) for path, text in files.items() if path.startswith("stories/") and path.endswith(".story.yaml")]
    return [one for path, text in stories for one in read_story(text, path, folder.basis, folder.rulebook.rules)[1]]


def finding(root: Path, problem: Problem) -> Finding:
    """Return a problem with the path that a person can click."""
    place = problem.place
    return Finding(str(root / place.file), place.line, place.column, problem.level, problem.code, problem.say)
