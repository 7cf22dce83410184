"""A rules folder read from disk: what the engine gets to see of a file system."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.language import CHOSEN, profiles_in
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What belongs to a rules folder: rules, catalogue, calendars, mappings and tests; grid and organisation also as tables.
SUFFIXES = frozenset({".yaml", ".yml", ".csv"})


@dataclass(frozen=True, slots=True)
class Folder:
    """The text of every file of a rules folder, by its path inside the folder; `version` is the hash of all of it."""

    files: Mapping[str, str]
    version: str


def read_folder(root: Path, profile: str | None = None) -> Folder | list[str]:
    """Return the files of a rules folder, or every reason why it cannot be read, one line each.

    The choice of a `profile` is one of the files: whatever keeps or sends them keeps and sends the choice, and the version has it too.
    The same content gives the same version wherever the folder lies and whenever it was written.
    """
    if not root.is_dir():
        return [f"{root}: there is no such folder; `clearly init {root}` makes a new one"]
    files, problems = texts_in(root)
    if profile is not None:
        known = profiles_in(files)
        if profile not in known:
            hint = suggest(profile, known) or f"; profiles/ has {', '.join(known) or 'none'}"
            problems.append(f"{root}: there is no profile '{profile}'{hint}")
        files[CHOSEN] = profile
    return problems or Folder(files, version_of(files))


def texts_in(root: Path) -> tuple[dict[str, str], list[str]]:
    """Return the text of every file of a folder, and what cannot be read.

    Files and folders whose name begins with a dot are left out, as are links that lead out of the folder. A link to a folder is followed
    where it leads into such a hidden one: so Kubernetes mounts a ConfigMap.
    """
    files: dict[str, str] = {}
    problems: list[str] = []
    for path in sorted(found_in(root)):
        name = path.relative_to(root)
        if not path.resolve().is_relative_to(root.resolve()):
            problems.append(f"{path}: this link leads out of the rules folder; put the file itself here")
            continue
        try:
            files[name.as_posix()] = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            problems.append(f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8")
        except OSError as error:
            problems.append(f"{path}: {(error.strerror or str(error)).lower()}")
    return files, problems


def found_in(root: Path) -> Iterator[Path]:
    """Give the files that may belong to a rules folder."""
    for here, folders, names in os.walk(root, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".") and is_entered(Path(here, name), root)]
        paths = [Path(here, name) for name in names if not name.startswith(".")]
        yield from (path for path in paths if path.suffix.lower() in SUFFIXES and path.is_file())


def is_entered(folder: Path, root: Path) -> bool:
    """Return whether a folder is one of the rules folder's own, or a link to one that is hidden in it and does not hold the link."""
    if not folder.is_symlink():
        return True
    target, top = folder.resolve(), root.resolve()
    is_hidden = target.is_relative_to(top) and any(part.startswith(".") for part in target.relative_to(top).parts)
    return is_hidden and not folder.parent.resolve().is_relative_to(target)


def version_of(files: Mapping[str, str]) -> str:
    """Return the hash that names exactly this content."""
    digest = hashlib.blake2b(digest_size=8)
    for name, text in sorted(files.items()):
        digest.update(f"{len(name)}:{name}{len(text)}:{text}".encode())
    return digest.hexdigest()
