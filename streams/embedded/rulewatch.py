"""A rules folder that may change while it is used: a changed set is taken up if it is good, else the old one goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from streams.folder import SUFFIXES, Folder, read_folder
from streams.rules import Rules, made

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger("clearly")


class RuleWatch:
    """Knows which version runs, and which broken one was complained about. Whoever takes up new rules sets `version`."""

    def __init__(self, root: Path, version: str) -> None:
        self.root = root
        self.version = version
        self._signature = self._signed()
        self._complained: str | None = None

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

    def look(self) -> Rules | None:
        """Return the rules where they have changed and are good. A broken set is told once."""
        signature = self._signed()
        if signature == self._signature:
            return None
        folder = read_folder(self.root)
        if isinstance(folder, Folder) and folder.version == self.version:
            self._signature, self._complained = signature, None
            return None
        rules = made(folder, self.root) if isinstance(folder, Folder) else folder
        if isinstance(rules, Rules):
            return rules  # again and again, until `version` says that they were taken up
        self._signature = signature
        told = "\n".join(rules)
        if told != self._complained:
            self._complained = told
            log.error("the rules have errors; the old ones go on", problems=rules)
        return None
