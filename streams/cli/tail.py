"""`clearly tail`: published changes as lines, from any position, as long as somebody reads."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from streams.cli.outcome import FINE, Refused
from streams.lock import Unusable
from streams.store import open_reader

if TYPE_CHECKING:
    from pathlib import Path

#: Seconds between two looks for something new.
PAUSE = 0.5


class To(msgspec.Struct):
    """Who is asked, as far as it is filtered by."""

    role: str
    unit: str | None = None


class Line(msgspec.Struct):
    """The parts of a published line that it is filtered by."""

    rule: str
    severity: str
    to: To


class Wanted(NamedTuple):
    """Which lines are wanted; what is empty asks for nothing. A unit is also found by the role that stands for it."""

    rules: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    severities: frozenset[str] = frozenset()

    def wants(self, line: Line) -> bool:
        """Return whether a line is wanted."""
        return (
            (not self.rules or line.rule in self.rules)
            and (not self.units or (line.to.unit or line.to.role) in self.units)
            and line.severity in self.severities
        )


def tail_changes(db: Path, after: int, wanted: Wanted, *, follow: bool, positions: bool) -> int:
    """Write the changes behind a position, and with `follow` whatever comes, until Ctrl-C; return the exit code."""
    try:
        reader = open_reader(db)
    except Unusable as error:
        raise Refused(str(error)) from error
    read = msgspec.json.Decoder(Line).decode
    try:
        while True:
            changes = reader.changes(after)
            for position, line in changes:
                after = position
                if wanted.wants(read(line)):
                    sys.stdout.buffer.write((b"%d\t" % position if positions else b"") + line + b"\n")
            sys.stdout.buffer.flush()
            if not changes and not follow:
                return FINE
            if not changes:
                time.sleep(PAUSE)
    except KeyboardInterrupt:
        return FINE
    finally:
        reader.close()
