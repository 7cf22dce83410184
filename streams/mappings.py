"""A feed's mapping file read from disk: what `run`, `backtest` and `feed check` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events.mapping import Mapping, read_mapping
from engine.source import read

if TYPE_CHECKING:
    from pathlib import Path

    from engine.events import Catalogue


def load_mapping(path: Path, catalogue: Catalogue) -> Mapping | list[str]:
    """Return the mapping that a file says, or everything that is wrong with it, one line each."""
    try:
        document, problems = read(path.read_text(encoding="utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        return [f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8"]
    except OSError as error:
        return [f"{path}: {(error.strerror or str(error)).lower()}"]
    mapping = None
    if document is not None:
        mapping, more = read_mapping(document, catalogue)
        problems = [*problems, *more]
    return mapping or [str(problem) for problem in problems]
