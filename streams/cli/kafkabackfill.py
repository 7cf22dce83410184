"""`clearly kafka backfill`: history out of files into a feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from engine.events import Gate
from streams.cli.deadletters import why
from streams.cli.history import inputs_of
from streams.cli.kafkasetup import reach
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.screen import Meter, console
from streams.kafka.backfill import read_history, send_history
from streams.lock import Unusable
from streams.rules import Rules, load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def backfill_files(files: Sequence[Path], root: Path, bootstrap: str, maps: Sequence[str], feed: str | None, rate: float | None) -> int:
    """Read files and send what they hold to a feed; return 1 where something in them was no event."""
    rules = load(root)
    if not isinstance(rules, Rules):
        raise Refused(rules, FINDINGS)
    connection = reach(bootstrap)
    try:
        inputs = inputs_of(files, root, maps, rules)
        topic = feed or connection.names.feed
        with Meter() as meter:
            # every field travels: rules of later may read what those of today do not
            events, harvest = read_history(inputs, Gate(rules.book.catalogue), meter)
            count = send_history(connection, topic, events, rate=rate, progress=meter)
    except Unusable as error:
        raise Refused(str(error)) from error
    screen = console()
    screen.print(Text.assemble((f"{count:,}", "bold"), f" events sent to {topic}"))
    for one in harvest.refusals.values():
        screen.print(Text(f"{one.count:>6,}  {one.place}: {why(one.field, one.reason, one.right)}", style="yellow"), soft_wrap=True)
    return FINDINGS if harvest.rejected else FINE
