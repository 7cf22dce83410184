"""`clearly rules backtest`: history in, tasks out, and a summary."""

from __future__ import annotations

import gzip
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.calendar import parse_instant
from streams.backtest import STDIN, Asking, Input, Period
from streams.cli.outcome import FINDINGS, FINE, STOPPED, Refused
from streams.cli.pairing import paired
from streams.cli.screen import Meter, console, print_json
from streams.cli.summary import show_report
from streams.mappings import load_mapping
from streams.parts import backtest_lines
from streams.rules import Rules, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from types import FrameType

    from streams.backtest import Report


class Wanted(NamedTuple):
    """What a backtest is asked for: mappings, the period as it was written, and whose numbers hold."""

    maps: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    profile: str | None = None
    processes: int = 0


def backtest_rules(files: Sequence[Path], root: Path, out: Path | None, wanted: Wanted, *, as_json: bool) -> int:
    """Run the backtest, write the changes to `out` where one is given, show the summary, and return the exit code."""
    rules = load(root, wanted.profile)
    if not isinstance(rules, Rules):
        raise Refused(rules, code=1)
    inputs = inputs_of(files, root, wanted.maps, rules)
    if overwrites(out, files):
        raise Refused(f"--out {out}: this is one of the files that are read; give another name")
    zone = rules.book.zone
    period = period_of(wanted, zone)
    with stopping() as is_stopped, written(out) as write, Meter() as meter:
        report = backtest_lines(rules, inputs, write, Asking(meter, is_stopped), period=period, processes=wanted.processes)
    # where the changes go to standard output, the summary must not mix with them
    shown = console() if out != STDIN else stderr_console()
    if as_json:
        print_json(as_value(report), shown.file)
    else:
        show_report(shown, report)
    if not report.is_whole:
        return STOPPED
    return FINDINGS if report.harvest.rejected and not report.summary.events else FINE


def overwrites(out: Path | None, files: Sequence[Path]) -> bool:
    """Return whether a file that is to be written is one of those that are read."""
    return out is not None and out.is_file() and any(path != STDIN and path.samefile(out) for path in files)


def inputs_of(files: Sequence[Path], root: Path, maps: Sequence[str], rules: Rules) -> list[Input]:
    """Return what is read, each with its mapping; refuse, all at once, what cannot be."""
    missing = [f"{path}: there is no such file" for path in files if path != STDIN and not path.is_file()]
    if missing:
        raise Refused(missing)
    mappings = {path: load_mapping(path, rules.book.catalogue) for path in paired(files, maps, root, "the files given") if path is not None}
    wrong = [line for mapping in mappings.values() if isinstance(mapping, list) for line in mapping]
    if wrong:
        raise Refused(wrong, code=1)
    chosen = paired(files, maps, root, "the files given")
    return [Input(path, mappings[name] if name is not None else None) for path, name in zip(files, chosen, strict=True)]  # type: ignore[arg-type]  # no list is left


def period_of(wanted: Wanted, zone: str) -> Period:
    """Return the period that is asked for; refuse one that is over before it begins."""
    since, until = instant(wanted.since, zone, "--from"), instant(wanted.until, zone, "--to")
    if since is not None and until is not None and since > until:
        raise Refused(f"--from {wanted.since}: this is after --to {wanted.until}; exchange them")
    return Period(since, until)


def instant(text: str | None, zone: str, option: str) -> int | None:
    """Return a time that was written on the command line."""
    if text is None:
        return None
    found = parse_instant(text, zone)
    if found is None:
        raise Refused(f"{option} {text}: not a date or a time; write for example 2026-03-01 or 2026-03-01T08:00")
    return found


@contextmanager
def written(out: Path | None) -> Iterator[Callable[[Iterable[bytes]], None] | None]:
    """Give a function that writes lines to a file, packed if it ends in .gz, or to standard output for `-`; None where none is given."""
    if out is None:
        yield None
        return
    if out == STDIN:
        yield sys.stdout.buffer.writelines
        sys.stdout.buffer.flush()
        return
    if not out.parent.is_dir():
        raise Refused(f"--out {out}: there is no folder {out.parent}")
    with gzip.open(out, "wb") if out.suffix == ".gz" else out.open("wb") as file:
        yield file.writelines


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether Ctrl-C was pressed; a second one ends the program at once."""
    asked: list[int] = []

    def stop(signum: int, _frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(signum)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


def stderr_console() -> Any:
    """Return a console on standard error."""
    from rich.console import Console

    return Console(file=sys.stderr, highlight=False, emoji=False, markup=False)


def as_value(report: Report) -> dict[str, object]:
    """Return a report for machines."""
    harvest = report.harvest
    return report.summary.as_json() | {
        "rejected": list(harvest.refusals.values()),
        "skipped": dict(harvest.skipped),
        "later": report.later,
        "whole": report.is_whole,
    }
