"""`clearly init`: a rules folder to begin with."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from rich.text import Text

from streams.cli.outcome import FINE, Refused
from streams.cli.screen import console

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path


def begin(folder: Path) -> int:
    """Make the folder, say what is in it and what to type next, and return the exit code."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"{folder}: there is something already; give a folder that does not exist yet, or is empty")
    made = []
    for name, file in sorted(files_in(resources.files("streams") / "template")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.read_bytes())
        made.append(name)
    screen = console()
    screen.print(Text.assemble("已新建 made ", (str(folder), "bold")), soft_wrap=True)
    for name in made:
        screen.print(f"  {name}")
    for command, why in (
        (f"clearly rules check {folder}", "检查 find mistakes"),
        (f"clearly rules test {folder}", "测试 run the stories beside the rule"),
        (f"clearly rules backtest --rules {folder} --out tasks.jsonl {folder / 'example-events.jsonl'}", "回测 try it on some events"),
    ):
        screen.print()
        screen.print(Text(f"  # {why}", style="dim"))
        screen.print(Text(f"  {command}", style="bold"), soft_wrap=True)
    return FINE


def files_in(folder: Traversable, inside: str = "") -> Iterator[tuple[str, Traversable]]:
    """Return every file of a folder that ships with the program, by its path there."""
    for one in folder.iterdir():
        if one.is_dir():
            if one.name != "__pycache__":
                yield from files_in(one, f"{inside}{one.name}/")
        else:
            yield f"{inside}{one.name}", one
