"""A rules folder read from disk: what the engine gets to see of a file system."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: What belongs to a rules folder: rules, catalogue, calendars, mappings and tests; grid and organisation also as tables.
SUFFIXES = frozenset({".yaml", ".yml", ".csv"})


@dataclass(frozen=True, slots=True)
class Folder:
    """The text of every file of a rules folder, by its path inside the folder; `version` is the hash of all of it."""

    files: Mapping[str, str]
    version: str


def read_folder(root: Path) -> Folder | list[str]:
    """Return the files of a rules folder, or every reason why it cannot be read, one line each.

    Files and folders whose name begins with a dot are left out, as are links that lead out of the folder. The same content gives
    the same version wherever the folder lies and whenever it was written.
    """
    if not root.is_dir():
        return [f"{root}: there is no such folder; `clearly init {root}` makes a new one"]
    files: dict[str, str] = {}
    problems: list[str] = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if any(part.startswith(".") for part in name.parts) or path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        if not path.resolve().is_relative_to(root.resolve()):
            problems.append(f"{path}: this link leads out of the rules folder; put the file itself here")
            continue
        try:
            files[name.as_posix()] = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            problems.append(f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8")
        except OSError as error:
            problems.append(f"{path}: {(error.strerror or str(error)).lower()}")
    return problems or Folder(files, version_of(files))


def version_of(files: Mapping[str, str]) -> str:
    """Return the hash that names exactly this content."""
    digest = hashlib.blake2b(digest_size=8)
    for name, text in sorted(files.items()):
        digest.update(f"{len(name)}:{name}{len(text)}:{text}".encode())
    return digest.hexdigest()
