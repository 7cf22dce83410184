"""Which file is read through which mapping: `--map MAPPING=PATH` for one, `--map MAPPING` for all that have none of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from streams.cli.outcome import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def paired(paths: Sequence[Path], maps: Iterable[str], rules: Path, option: str) -> list[Path | None]:
    """Return for each path the mapping file through which it is read, or None; refuse what does not go together."""
    own: dict[str, Path] = {}
    general: Path | None = None
    for said in maps:
        name, equals, path = said.partition("=")
        mapping = found(name, rules)
        if not equals:
            if general is not None:
                raise Refused(f"--map {said}: there are two mappings for everything; write --map {said}=PATH")
            general = mapping
        elif path not in {str(one) for one in paths} and Path(path) not in paths:
            raise Refused(f"--map {said}: '{path}' is not among {option}")
        else:
            own[str(Path(path))] = mapping
    return [own.get(str(path), general) for path in paths]


def found(name: str, rules: Path) -> Path:
    """Return a mapping file: by its path, or by the name of a feed in the rules folder."""
    path = Path(name)
    named = rules / "feeds" / f"{name}.yaml"
    if path.is_file() or not named.is_file():
        if not path.is_file():
            raise Refused(f"--map {name}: there is no such file, and no {named}")
        return path
    return named
