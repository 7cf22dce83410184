"""`clearly kafka status` and `lag`: how far everything is, and what waits for what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from rich.text import Text

from streams import clock
from streams.cli.kafkasetup import reach
from streams.cli.outcome import FINE, Refused
from streams.cli.screen import console, plain_table, print_json, under
from streams.kafka.publishing import shelf_of
from streams.kafka.status import caseloads, lags, standing
from streams.lock import Unusable

if TYPE_CHECKING:
    from streams.kafka.connection import Connection
    from streams.kafka.status import Caseload, Standing

#: A partition that is so many microseconds behind is told by name.
SLOW = 10_000_000


def feeds_of(connection: Connection) -> list[str]:
    """Return the feeds that are expected."""
    current = shelf_of(connection).current
    return [connection.names.feed] if current is None else current.feeds


def show_lag(bootstrap: str, *, as_json: bool) -> int:
    """Print how many records wait in front of each stage; return the exit code."""
    connection = reach(bootstrap)
    try:
        found = lags(connection, feeds_of(connection))
    except Unusable as error:
        raise Refused(str(error)) from error
    if as_json:
        return write([msgspec.to_builtins(one) | {"behind": one.behind} for one in found])
    table = plain_table("stage", "topic", "partition", "read up to", "end", "behind", right=("partition", "read up to", "end", "behind"))
    for one in found:
        read = "—" if one.committed is None else f"{one.committed:,}"
        style = "yellow" if one.behind > 1_000 else ""
        table.add_row(one.stage, one.topic, str(one.partition), read, f"{one.end:,}", Text(f"{one.behind:,}", style=style))
    console().print(table)
    return FINE


def show_standing(bootstrap: str, *, as_json: bool) -> int:
    """Print how far rules have come in each partition, and which feeds they wait for; return the exit code."""
    connection = reach(bootstrap)
    try:
        current = shelf_of(connection).current
        found, cases = standing(connection), caseloads(connection)
    except Unusable as error:
        raise Refused(str(error)) from error
    if as_json:
        named = None if current is None else current.version
        return write({"rulebook": named, "partitions": [*map(msgspec.to_builtins, found)], "casework": [*map(msgspec.to_builtins, cases)]})
    screen = console()
    holds = "nothing was published" if current is None else current.version
    screen.print(Text.assemble((bootstrap, "bold"), ("  rulebook 规则集 ", "dim"), holds))
    table = plain_table(
        "partition", "rulebook", "rules go by", "events", "late", "too old", right=("partition", "events", "late", "too old")
    )
    for one in found:
        counts = [f"{one.counts.get(name, 0):,}" for name in ("events", "late", "too old")]
        table.add_row(str(one.partition), one.version, shown(one.reached), *counts)
    under(screen, "partitions 分区", table)
    if cases:
        under(screen, "casework 办件", caseload(cases))
    if waits := slowest(found):
        under(screen, "waited for 正在等待", waits)
    return FINE


def caseload(cases: list[Caseload]) -> Any:
    """Return a table of the casework stage: the time that deadlines go by in each partition, and what it has taken."""
    table = plain_table(
        "partition",
        "rulebook",
        "deadlines go by",
        "findings",
        "commands",
        "refused",
        right=("partition", "findings", "commands", "refused"),
    )
    for one in cases:
        commands = sum(count for name, count in one.counts.items() if name.startswith("commands "))
        counts = [one.counts.get("changes", 0), commands, one.counts.get("commands refused", 0)]
        table.add_row(str(one.partition), one.version, shown(one.now or None), *(f"{count:,}" for count in counts))
    return table


def slowest(found: list[Standing]) -> Any:
    """Return a table of the partitions of feeds that hold time back, None where none does."""
    now = clock.now()
    table = plain_table("feed", "partition", "read up to", right=("partition",))
    held: dict[tuple[str, int], int | None] = {}
    for one in found:
        for wait in one.waits_for:
            if wait.time is None or now - wait.time > SLOW:
                held[wait.topic, wait.partition] = wait.time
    for (topic, partition), time in held.items():
        table.add_row(topic, str(partition), "never heard of 从未读到" if time is None else shown(time))
    return table if held else None


def shown(time: int | None) -> str:
    """Return a moment as people read it."""
    return "—" if time is None else f"{clock.moment(time):%Y-%m-%d %H:%M:%S}Z"


def write(value: object) -> int:
    """Print a value as JSON."""
    print_json(value)
    return FINE
