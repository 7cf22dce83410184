"""`clearly status`: how far everything is, by the last commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from engine.calendar import show_instant
from engine.casework import STATES
from streams.cli.outcome import FINE, Refused
from streams.cli.screen import both, console, plain_table, print_json, under, wrapping
from streams.embedded import status
from streams.lock import Unusable
from streams.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from streams.docket import Standing
    from streams.embedded import Status
    from streams.embedded.refusal import Refusal
    from streams.embedded.state import RuleFigures
    from streams.store import Reader

#: "Read to its end": what a feed that grows no more has for its offset.
END = 1 << 62
#: From here on everything about a rule stands in one line.
WIDE = 116
PROGRESS = ("status", "watermark", "waiting", "next deadline", "published")
STATE = ("keys", "state", "late facts", "no key")
NUMBERS = ("waiting", "published", *STATE)
#: A moment before 1901 is no moment: nothing has been heard yet.
NOTHING_YET = -2_177_000_000_000_000
STYLES = {"live": "green", "shadow": "yellow", "draft": "dim", "retired": "dim"}


def show_status(db: Path, *, as_json: bool) -> int:
    """Print how far everything is, and return the exit code."""
    try:
        reader = open_reader(db)
    except Unusable as error:
        raise Refused(str(error)) from error
    try:
        told = status(reader)
        if as_json:
            print_json(told)
        else:
            Board(console(), told, zone_in(reader)).show(db)
    finally:
        reader.close()
    return FINE


def zone_in(reader: Reader) -> str:
    """Return the time zone of the rules that ran last."""
    from engine.language import read_rules

    kept = reader.rulebook()
    book = None if kept is None else read_rules(msgspec.json.decode(kept[1], type=dict[str, str])).rulebook
    return "UTC" if book is None else book.zone


class Board:
    """A status on its way to the screen."""

    def __init__(self, screen: Console, told: Status, zone: str) -> None:
        self.screen = screen
        self.told = told
        self.zone = zone

    def time(self, at: int | None) -> str:
        """Return a moment without its year where that is the clock's own."""
        if at is None or at < NOTHING_YET:
            return "—"
        text = show_instant(at // 1_000_000 * 1_000_000, self.zone)[:16]
        return text[5:] if self.told.now is not None and text[:4] == show_instant(self.told.now, self.zone)[:4] else text

    def show(self, db: Path) -> None:
        """Print everything."""
        self.screen.print(Text.assemble((str(db), "bold"), (f"  {both('zone')} {self.zone}", "dim")))
        self.screen.print(Padding(self.sums(), (0, 0, 0, 2), expand=False))
        if self.told.refused is not None:
            under(self.screen, both("rules refused"), self.refused(self.told.refused))
        if self.told.casework is not None:
            under(self.screen, both("casework"), self.casework(self.told.casework))
            self.screen.print(f"  {self.told.casework.root_hash or ''}", soft_wrap=True)
        parts = {
            "standing.unread": (self.told.unread, self.unread),
            "rules": (self.told.rules, self.rules),
            "sources": (self.told.sources, self.sources),
            "feeds": (self.told.feeds, self.feeds),
        }
        for key, (found, table) in parts.items():
            if found:
                under(self.screen, both(key), table())
        for key, counts in self.counted():
            if counts:
                under(self.screen, both(key), self.counts(counts))

    def refused(self, refusal: Refusal) -> Text:
        """Return since when rules with errors have stood in the folder, whose they are, and what is wrong with them."""
        who = ", ".join(refusal.owners) or "—"
        return Text(f"{self.time(refusal.at)}  {who}\n" + "\n".join(refusal.problems), style="red")

    def counted(self) -> tuple[tuple[str, dict[str, int]], ...]:
        """Return what is counted by name."""
        told = self.told
        return (
            ("unknown fields", told.unknown_fields),
            ("left out on purpose", told.skipped),
            ("not in the grid", told.unplaced),
            ("not in the organisation", told.unknown_names),
            ("led to nobody", told.nobody),
            ("wrongly asked", told.wrongly_asked),
            ("cancelled by", told.cancelled_by),
        )

    def sums(self) -> Table:
        """Return the clock and the totals."""
        told = self.told
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="dim")
        grid.add_column()
        grid.add_row(both("clock"), "—" if told.now is None else show_instant(told.now // 1_000_000 * 1_000_000, self.zone))
        grid.add_row(both("rules go by"), self.time(told.reached))
        grid.add_row(both("rulebook"), told.rulebook or "—")
        grid.add_row(both("events"), f"{told.events:,}")
        grid.add_row(both("changes"), f"{told.changes:,}")
        grid.add_row(both("open rejected"), Text(f"{told.rejected:,}", style="yellow" if told.rejected else ""))
        return grid

    def casework(self, told: Standing) -> Table:
        """Return tasks by state, how many are late, whether everything holds that must, and the last checkpoint."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="dim")
        grid.add_column(overflow="fold")
        grid.add_row(both("standing.open"), f"{told.open:,}")
        grid.add_row(both("standing.late"), Text(f"{told.late:,}", style="red" if told.late else ""))
        for name in (state for state in STATES if state in told.states):
            grid.add_row(f"  {STATES[name].zh} {STATES[name].en}", f"{told.states[name]:,}")
        grid.add_row(both("standing.entries"), f"{told.entries:,}")
        grid.add_row(both("standing.files"), f"{told.files:,}")
        beat = Text("\n".join(told.broken), style="red") if told.broken else Text(self.time(told.heartbeat))
        grid.add_row(both("standing.broken" if told.broken else "standing.heartbeat"), beat)
        root = "—" if told.root is None else f"{told.root:,}  {self.time(told.rooted_at)}"
        grid.add_row(both("standing.root"), root)
        return grid

    def unread(self) -> Table:
        """Return a line for each topic that nobody reads: how many records stand there, and since when."""
        table = plain_table("", "", "")
        table.show_header = False
        for one in self.told.unread:
            table.add_row(f"{one.records:,}", Text(one.topic, style="yellow"), self.time(one.since))
        return table

    def rules(self) -> Table:
        """Return a line for each rule, or two tables one below the other where the screen is narrow."""
        cells = {name: self.cells(one) for name, one in sorted(self.told.rules.items())}
        if self.screen.width >= WIDE:
            return table_of(cells, (*PROGRESS, *STATE))
        grid = Table.grid()
        for keys in (PROGRESS, STATE):
            grid.add_row(table_of(cells, keys))
            grid.add_row("")
        return grid

    def cells(self, one: RuleFigures) -> dict[str, str | Text]:
        """Return everything that is known of a rule, by its head."""
        return {
            "status": Text(one.status, style=STYLES.get(one.status, "")),
            "watermark": self.time(one.watermark),
            "waiting": f"{one.waiting:,}",
            "next deadline": self.time(one.next_deadline),
            "published": f"{one.published:,}",
            "keys": f"{one.watches:,}",
            "state": size(one.bytes),
            "late facts": f"{one.late_facts:,}",
            "no key": f"{one.no_key:,}",
        }

    def sources(self) -> Table:
        """Return a line for each source."""
        numbers = ("accepted", "repeated", "late events", "too old", "ahead", "rejected")
        table = plain_table(both("source"), *map(two_lines, numbers), right=tuple(map(two_lines, numbers)))
        for name, one in sorted(self.told.sources.items()):
            counts = (one.accepted, one.repeated, one.late, one.too_old, one.ahead, one.rejected)
            table.add_row(Text(name or both("unnamed"), style="bold"), *(f"{count:,}" for count in counts))
        return table

    def feeds(self) -> Table:
        """Return a line for each file."""
        table = plain_table(both("lines"), both("bytes"), "", right=(both("lines"), both("bytes")), wrap=("",))
        for one in self.told.feeds:
            table.add_row(f"{one.line:,}", both("at end") if one.offset >= END else f"{one.offset:,}", one.path)
        return table

    def counts(self, counts: dict[str, int]) -> Table:
        """Return names with their numbers, most first."""
        table = plain_table("", "")
        table.show_header = False
        for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
            table.add_row(f"{count:,}", name)
        return wrapping(table)


def table_of(cells: Mapping[str, Mapping[str, str | Text]], keys: Sequence[str]) -> Table:
    """Return a table of rules with some of their figures."""
    table = plain_table(two_lines("rule"), *map(two_lines, keys), right=tuple(map(two_lines, NUMBERS)), wrap=(two_lines("rule"),))
    for name, values in cells.items():
        table.add_row(Text(name, style="bold"), *(values[key] for key in keys))
    return table


def two_lines(key: str) -> str:
    """Return a head in both languages, one above the other."""
    return both(key).replace(" ", "\n", 1)


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count = count / 1000  # type: ignore[assignment]  # a fraction from here on
    return f"{count:.1f} GB"
