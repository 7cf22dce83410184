"""A rules folder made ready to run: read from disk, understood by the engine, with its gate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from engine.casework import Profile
from engine.events import Gate
from engine.language import read_rules, reads_of
from streams.caseworkfile import profile_of
from streams.folder import Folder, read_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.language import Rulebook
    from engine.places import Places


@dataclass(frozen=True, slots=True)
class Rules:
    """A rulebook that can run. `version` is the hash of every file of its folder, `files` their text."""

    book: Rulebook
    gate: Gate
    version: str
    files: Mapping[str, str]
    #: time limits, ladder and storm, as casework.yaml says, or as they ship
    profile: Profile = field(default_factory=Profile)

    @property
    def places(self) -> Places | None:
        """Return grid, organisation and routes of the folder, if it has any."""
        return self.book.places

    @property
    def decisive(self) -> Mapping[str, str]:
        """Return the files that can change what happens: all but rule tests, stories and feed mappings."""
        return {
            name: text
            for name, text in self.files.items()
            if not name.endswith(".test.yaml") and not name.startswith(("feeds/", "stories/"))
        }

    @property
    def packed(self) -> bytes:
        """Return the files as they are kept beside what they decided."""
        return msgspec.json.encode(dict(self.files))


def load(root: Path, profile: str | None = None) -> Rules | list[str]:
    """Return the rules of a folder under a profile, or every reason why they cannot run, one line each. Warnings do not hold it up."""
    folder = read_folder(root, profile)
    return made(folder, root) if isinstance(folder, Folder) else folder


def made(folder: Folder, root: Path) -> Rules | list[str]:
    """Return the rules that the files of a folder say, or every reason why they cannot run."""
    found = read_rules(folder.files)
    profile, problems = profile_of(folder.files)
    errors = [problem for problem in (*found.problems, *problems) if problem.level == "error"]
    if found.rulebook is None or profile is None:
        return [f"{root / problem.place.file}{str(problem).removeprefix(problem.place.file)}" for problem in errors]
    return Rules(found.rulebook, Gate(found.rulebook.catalogue, reads_of(found.rulebook)), folder.version, folder.files, profile)


def recalled(version: str, packed: bytes) -> Rules | None:
    """Return rules that were kept by `Rules.packed`, or None where this program does not understand them any more."""
    files = msgspec.json.decode(packed, type=dict[str, str])
    found, (profile, _) = read_rules(files), profile_of(files)
    if found.rulebook is None or profile is None:
        return None
    return Rules(found.rulebook, Gate(found.rulebook.catalogue, reads_of(found.rulebook)), version, files, profile)
