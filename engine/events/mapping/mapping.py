"""A mapping: how the records of another system become events of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.events.mapping.reading import Reading
from engine.events.mapping.record import raw_of
from engine.events.mapping.table import Layout
from engine.events.rejected import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.events.catalogue import EventType
    from engine.events.event import Event
    from engine.events.gate import Gate
    from engine.events.mapping.reading import Start
    from engine.events.mapping.skip import Skip, Skipped
    from engine.events.mapping.text import Text
    from engine.events.mapping.values import Value


@dataclass(frozen=True, slots=True)
class Becomes:
    """One event that a row becomes: its fields (and when it arrived), and the rows that do not become it."""

    type: EventType
    values: tuple[Value, ...]
    skips: tuple[Skip, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that the event looks at."""
        skipped = [name for skip in self.skips for name in skip.columns]
        return (*skipped, *(name for value in self.values for name in value.columns))


@dataclass(frozen=True, slots=True)
class Mapping:
    """How one feed is read. `encoding` is for whoever opens the file: everything here works on text.

    A row is either left out or rejected as a whole, or else has exactly one outcome for each entry of `becomes`.
    """

    name: str
    title: str
    source: str
    becomes: tuple[Becomes, ...]
    format: str = "csv"
    encoding: str = "utf-8"
    layout: Layout = field(default_factory=Layout)
    records: str = ""
    may_be_absent: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    first_of: Text | None = None
    skips: tuple[Skip, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that the mapping looks at, in the order in which it does."""
        names = [name for skip in self.skips for name in skip.columns]
        names.extend(self.first_of.columns if self.first_of else ())
        names.extend(name for event in self.becomes for name in event.columns)
        return tuple(dict.fromkeys(names))

    def read(self, lines: Iterable[str], file: str, start: Start | None = None) -> Reading:
        """Return the records of one file's lines, in order, one after the other as they are asked for.

        Lines may come with or without their line ends, or as one text; open files with `newline=""`, so that line breaks inside
        cells stay what they are, and with `errors="surrogateescape"`, so that bytes which are no text cost one row and not the
        file. `start` goes on in a file that was read in part. What `first_of` has met counts within one file.
        """
        return Reading(self, lines, file, start)


def feed(mapping: Mapping, gate: Gate, lines: Iterable[str], file: str) -> Iterator[Event | Rejected | Skipped]:
    """Give the events of a file, and for every record that is none the reason. Never raises for what the file holds."""
    return through(gate, mapping.read(lines, file))


def through(gate: Gate, reading: Reading) -> Iterator[Event | Rejected | Skipped]:
    """Give what a reading gives, events through the gate; what is rejected names the file and the line it came from."""
    convert, file = gate.convert, reading.file
    for line, text, outcomes in reading:
        for outcome in outcomes:
            made = convert(outcome) if type(outcome) is dict else outcome
            if isinstance(made, Rejected):
                made = made.inside(f"{file}:{line}", raw_of(text))
            yield made  # type: ignore[misc]  # mypy does not see that the dict is gone
