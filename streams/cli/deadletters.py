"""`clearly rejected`: look at records that did not fit, and try them again once the reason is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from rich.table import Table
from rich.text import Text

from streams import clock
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.screen import Meter, both, console, print_json
from streams.lock import Unusable
from streams.store import open_reader, open_store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from streams.embedded.runtime import Runtime
    from streams.store import RejectedRow, Store

#: How much of a record's bytes `show` prints at most.
SHOWN = 4_000
Listed = list[tuple[int, "RejectedRow", int | None]]


def rows_in(db: Path, *, open_only: bool) -> Listed:
    """Return the rejected records of a database."""
    try:
        reader = open_reader(db)
    except Unusable as error:
        raise Refused(str(error)) from error
    try:
        return list(reader.rejected(open_only=open_only))
    finally:
        reader.close()


def as_value(number: int, row: RejectedRow, replayed: int | None) -> dict[str, Any]:
    """Return a rejected record for machines."""
    return {
        "number": number,
        "source": row.source,
        "place": row.place,
        "code": row.code,
        "reason": row.reason,
        "path": row.path,
        "right": row.remedy,
        "arrived": clock.moment(row.arrived),
        "accepted": None if replayed is None else clock.moment(replayed),
        "headers": None if row.headers is None else msgspec.json.decode(row.headers),
        "raw": bytes(row.raw).decode("utf-8", "backslashreplace"),
    }


def list_rejected(db: Path, *, everything: bool, as_json: bool) -> int:
    """Print the rejected records, a line each; return the exit code."""
    rows = rows_in(db, open_only=not everything)
    if as_json:
        print_json([as_value(*row) for row in rows])
        return FINE
    screen = console()
    if not rows:
        screen.print(Text(both("nothing rejected"), style="green"))
        return FINE
    for number, row, replayed in rows:
        state = "" if replayed is None else f"  {both('accepted later')}"
        head = Text.assemble((f"{number:>6}", "bold"), f"  {clock.moment(row.arrived):%Y-%m-%d %H:%M}Z  {row.place}", (state, "green"))
        screen.print(head, soft_wrap=True)
        screen.print(
            Text(f"        {why(row.path, row.reason, row.remedy)}", style="yellow" if replayed is None else "dim"), soft_wrap=True
        )
    return FINE


def why(path: str, reason: str, right: str) -> str:
    """Return in one line why a record was rejected, and what would be right."""
    where = "" if path in {"", "$"} else f"{path}: "
    return f"{where}{reason}{f'; {right}' if right else ''}"


def show_rejected(number: int, db: Path, *, as_json: bool) -> int:
    """Print one rejected record whole; return the exit code."""
    row = next((row for row in rows_in(db, open_only=False) if row[0] == number), None)
    if row is None:
        raise Refused(
            f"{db}: there is no rejected record {number}; `clearly rejected list --all --db {db}` shows which there are", FINDINGS
        )
    value = as_value(*row)
    if as_json:
        print_json(value)
        return FINE
    screen = console()
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, one in value.items():
        if one not in (None, "") and name != "raw":
            grid.add_row(name, f"{one:%Y-%m-%d %H:%M:%S}Z" if name in {"arrived", "accepted"} else str(one))
    screen.print(grid)
    screen.print()
    raw = value["raw"]
    screen.print(Text(raw[:SHOWN] + (f" … ({len(raw) - SHOWN:,} more; --json shows all)" if len(raw) > SHOWN else "")), soft_wrap=True)
    return FINE


def replay_rejected(root: Path, db: Path, numbers: Sequence[int], *, everything: bool) -> int:
    """Try rejected records again under the rules as they are now; return the exit code."""
    from streams.rules import Rules, load

    if everything == bool(numbers):
        raise Refused("clearly rejected replay: say which: NUMBER … or --all")
    rules = load(root)
    if not isinstance(rules, Rules):
        raise Refused(rules, FINDINGS)
    known = {number for number, _, _ in rows_in(db, open_only=True)}
    if unknown := [number for number in numbers if number not in known]:
        raise Refused([f"{db}: there is no open rejected record {number}" for number in unknown], FINDINGS)
    try:
        store = open_store(db, clock.now())
    except Unusable as error:
        raise Refused(str(error)) from error
    try:
        return replayed(store, rules, sorted(known) if everything else list(numbers))
    finally:
        store.close()


def replayed(store: Store, rules: Any, numbers: Sequence[int]) -> int:
    """Try records again, and print what became of each; return the exit code."""
    from streams.embedded.runtime import Runtime
    from streams.store import NotKept

    try:
        runtime = Runtime(store, rules, clock.now())
        with Meter() as meter:
            told = [again(runtime, number, meter, len(numbers)) for number in numbers]
    except NotKept as error:
        raise Refused(str(error)) from error
    screen = console()
    for number, left in zip(numbers, told, strict=True):
        screen.print(Text.assemble((f"{number}: ", "bold"), left or "accepted", style="" if left else "green"), soft_wrap=True)
    return FINDINGS if any(told) else FINE


def again(runtime: Runtime, number: int, meter: Meter, total: int) -> str:
    """Try one record again; return "" where it was accepted, else why it still does not fit."""
    receipt = runtime.replay(number, max(clock.now(), runtime.world.now))
    meter("replaying", number, total)
    return "; ".join(f"still rejected: {why(one.path, one.reason, one.right)}" for _, one in receipt.rejected)
