"""What a person looks at: consoles, tables, bars, and a progress bar for whatever takes longer than a second."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Self

import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from engine.watching import LANGUAGES, say
from streams.clock import steady

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import RenderableType
    from rich.progress import Progress, TaskID

SEVERITIES = {"info": "dim", "minor": "cyan", "major": "yellow", "serious": "red", "critical": "bold red"}
#: Seconds after which a progress bar is worth looking at.
PATIENCE = 1.0


def console() -> Console:
    """Return the console for what was asked for; colours only where somebody looks at them."""
    return Console(file=sys.stdout, highlight=False, emoji=False, markup=False)


def print_json(value: object, file: IO[str] | None = None) -> None:
    """Print a value for machines, to standard output unless another file is named."""
    (file or sys.stdout).write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def both(key: str, **values: object) -> str:
    """Return a phrase in both languages."""
    return " ".join(say(language, key, **values) for language in LANGUAGES)


def plain_table(*columns: str, right: tuple[str, ...] = (), wrap: tuple[str, ...] = ()) -> Table:
    """Return an empty table without lines. Columns in `right` hold numbers; only those in `wrap` may be broken into lines."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=name not in wrap, overflow="fold")
    return table


def wrapping(table: Table) -> Table:
    """Return a table whose last columns hold text that may be broken into lines."""
    for column in table.columns[1:]:
        column.no_wrap = False
    return table


def under(screen: Console, title: str, body: RenderableType) -> None:
    """Print something under its title, a little to the right."""
    screen.print()
    screen.print(Text(title, style="bold cyan"))
    screen.print(Padding(body, (0, 0, 0, 2), expand=False))


def bar(count: int, most: int, width: int) -> Text:
    """Return a bar; whatever is more than nothing can be seen."""
    eighths = round(count / most * width * 8) if most > 0 and count > 0 else 0
    full, part = divmod(max(eighths, int(count > 0)), 8)
    return Text("█" * full + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[part], style="cyan")


class Meter:
    """Progress on standard error: nothing where nobody looks, and nothing for the first second."""

    def __init__(self) -> None:
        self._began = steady()
        self._shows = sys.stderr.isatty()
        self._progress: Progress | None = None
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Show how much of a stage is done."""
        if not self._shows or (self._progress is None and steady() - self._began < PATIENCE):
            return
        if self._progress is None:
            self._progress = self._opened()
        if stage not in self._bars:
            for earlier in self._bars.values():
                self._progress.remove_task(earlier)
            self._bars = {stage: self._progress.add_task(stage, total=total)}
        self._progress.update(self._bars[stage], completed=done, total=total)

    def _opened(self) -> Progress:
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        progress = Progress(*columns, console=Console(file=sys.stderr), transient=True)
        progress.start()
        return progress
