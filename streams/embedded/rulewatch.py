"""A rules folder that may change while it is used: a changed set is taken up if it is good, else the old one goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.folder import SUFFIXES, Folder, read_folder
from streams.rules import Rules, made

if TYPE_CHECKING:
    from pathlib import Path


class RuleWatch:
    """Knows which version runs, which one is on its way, and which broken one was complained about."""

    def __init__(self, root: Path, version: str, profile: str | None = None) -> None:
        self.root = root
        self.profile = profile
        #: the version that runs, and the one that is being taken up; whoever takes up rules sets them
        self.version = version
        self.coming: str | None = None
        self._signature = self._signed()
        self._complained: list[str] = []

    def _signed(self) -> tuple[tuple[str, int, int], ...]:
        """Return what changes when a file of the folder does, without reading it."""
        found = []
        for path in sorted(self.root.rglob("*")):
            try:
                if path.suffix.lower() in SUFFIXES:
                    info = path.stat()
                    found.append((str(path), info.st_mtime_ns, info.st_size))
            except OSError:
                continue
        return tuple(found)

    def look(self) -> Rules | list[str] | None:
        """Return the rules where they have changed and are good, their problems where they are not, and None where nothing is new.

        An empty list says that the rules which run stand in the folder again. Each broken set is told once.
        """
        signature = self._signed()
        if signature == self._signature:
            return None
        folder = read_folder(self.root, self.profile)
        if isinstance(folder, Folder) and folder.version == (self.coming or self.version):
            self._signature = signature
            return self._told([])
        rules: Rules | list[str] = folder if isinstance(folder, list) else []
        if isinstance(folder, Folder):
            if folder.version == self.version:
                self._signature = signature
                self._complained = []
                return []
            rules = made(folder, self.root)
        if isinstance(rules, Rules):
            self._complained = []
            return rules  # again and again, until `coming` or `version` says that they were taken up
        self._signature = signature
        return self._told(rules)

    def _told(self, problems: list[str]) -> list[str] | None:
        """Return problems that were not told yet."""
        if problems == self._complained:
            return None
        self._complained = problems
        return problems
