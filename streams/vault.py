"""The vault: files attached as evidence, kept beside the database. The journal has their hashes, so the vault can be checked."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from engine.casework import LARGEST, Fault, Item, fits, of_file, refused_for_size

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

WRITING: Final = ".writing"


class Vault:
    """A folder of files, one for each piece of evidence of each task. What two tasks have is there twice, so that each can be erased."""

    def __init__(self, root: Path, largest: int = LARGEST) -> None:
        self.root = root
        self.largest = largest

    def take(self, file: Path, task: str, *, by: str, arrived: int, classification: str = "internal", note: str = "") -> Item | Fault:
        """Keep a copy of a file, and return the evidence that it is, or why it is not taken. Nothing is half kept."""
        refused = refused_for_size(file.name, file.stat().st_size, self.largest)
        if refused is not None:
            return refused
        with file.open("rb") as opened:
            content = opened.read(self.largest + 1)
        # it may have grown since it was looked at
        if (refused := refused_for_size(file.name, len(content), self.largest)) is not None:
            return refused
        item = of_file(content, file.name, by=by, arrived=arrived, classification=classification, note=note)
        self.keep(task, item, content)
        return item

    def keep(self, task: str, item: Item, content: bytes) -> None:
        """Write the content of a piece of evidence, so that it is there whole or not at all, also after a power cut."""
        path = self.path(task, item.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        writing = path.with_name(path.name + WRITING)
        with writing.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        writing.replace(path)

    def read(self, task: str, item: Item) -> bytes | None:
        """Return the content of a piece of evidence, or None where it is gone or is not what was attached."""
        path = self.path(task, item.id)
        content = path.read_bytes() if path.is_file() else None
        return content if content is not None and fits(item, content) else None

    def erase(self, task: str, item: Item) -> bool:
        """Delete the content of a piece of evidence, and return whether there was any."""
        path = self.path(task, item.id)
        there = path.is_file()
        path.unlink(missing_ok=True)
        return there

    def missing(self, task: str, items: Iterable[Item]) -> list[Item]:
        """Return the files whose content is gone or changed."""
        return [item for item in items if item.sha256 and self.read(task, item) is None]

    def path(self, task: str, name: str) -> Path:
        """Return where the content of a piece of evidence lies. Names of tasks and files never become names on disk."""
        digest = sha256(f"{task}\x1f{name}".encode()).hexdigest()
        return self.root / digest[:2] / digest[2:34]
