"""Draws for inspection: what there is, read from files or a database; what was drawn, as a person reads it; and the same again."""

from __future__ import annotations

import gzip
import sys
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from rich.text import Text

from engine.events import Gate
from engine.inspection import KINDS, Draw, Item, Kind, Quota, Span, difference, draw, items_of, sheet, tasks_of, types_of
from engine.source import suggest
from streams.backtest import Harvest, reap
from streams.cli.history import inputs_of, instant
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.promotion import changes
from streams.cli.question import Where as Past
from streams.cli.question import reader_of, rules_in
from streams.cli.screen import Meter, both, console, plain_table, print_json, under, wrapping
from streams.cli.taskfeed import read_change
from streams.clock import now
from streams.embedded import kept_events
from streams.rules import Rules, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import Console
    from rich.table import Table

    from engine.events import Event
    from engine.inspection import Difference, Stratum
    from engine.places import Places
    from engine.watching import Change


class Asked(NamedTuple):
    """What is to be drawn: of which kind, by which seed, from which time, how many in each county and city."""

    kind: str
    seed: str
    since: str | None = None
    until: str | None = None
    county: int = 5
    city: int = 5


class Where(NamedTuple):
    """Where the things to be drawn are told: in a database, or in files with a rules folder."""

    rules: Path | None = None
    db: Path | None = None
    files: tuple[Path, ...] = ()
    maps: tuple[str, ...] = ()


def draw_for_inspection(asked: Asked, where: Where, paper: Path | None, *, as_json: bool) -> int:
    """Draw, show what was drawn, write the sheet, and return the exit code."""
    drawn, places = drawn_from(asked, where)
    if paper is not None:
        # a byte order mark, for spreadsheets that would take Chinese for something else
        paper.write_text(sheet(drawn, f"{drawn.kind}-{drawn.seed}"), encoding="utf-8-sig")
    if as_json:
        print_json(drawn)
    else:
        show(console(), drawn, places)
    return FINE if drawn.population else FINDINGS


def verify_draw(path: Path, where: Where, *, as_json: bool) -> int:
    """Draw again, show where it comes to something else, and return the exit code."""
    try:
        said = msgspec.json.decode(path.read_bytes(), type=Draw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: no draw that `clearly inspection draw --json` wrote: {error}", FINDINGS) from error
    asked = Asked(said.kind, said.seed, said.since, said.until, said.quota.county, said.quota.city)
    found, places = drawn_from(asked, where)
    differences = difference(said, found)
    if as_json:
        print_json({"same": not differences, "differences": [one._asdict() for one in differences]})
    else:
        show_differences(console(), found, differences, places)
    return FINDINGS if differences else FINE


def drawn_from(asked: Asked, where: Where) -> tuple[Draw, Places | None]:
    """Return what is drawn, and the places by whose titles it is shown; refuse a kind or a period that there is not."""
    if asked.kind not in KINDS:
        raise Refused(f"{asked.kind}: nothing that can be drawn{suggest(asked.kind, KINDS)}; it is one of {', '.join(KINDS)}")
    if not asked.seed.strip():
        raise Refused("--seed: is empty; give a text that nobody could know before, such as a date with that day's lottery numbers")
    kind = asked.kind
    if (where.db is None) == (not where.files):
        raise Refused("clearly inspection: say where they are told: --db FILE, or FILES with --rules DIR")
    rules, items = from_database(kind, asked, where) if where.db is not None else from_files(kind, asked, where)
    drawn = draw(kind, items, asked.seed, Quota(asked.county, asked.city), rules.book.zone)
    return msgspec.structs.replace(drawn, since=asked.since, until=asked.until), rules.places


def span_of(asked: Asked, zone: str) -> Span:
    """Return the time that is asked for."""
    span = Span(instant(asked.since, zone, "--from"), instant(asked.until, zone, "--to"))
    if span.since is not None and span.until is not None and span.since >= span.until:
        raise Refused(f"--from {asked.since}: this is not before --to {asked.until}; exchange them")
    return span


# What there is -----------------------------------------------------------------------------------------------------------


def from_files(kind: Kind, asked: Asked, where: Where) -> tuple[Rules, list[Item]]:
    """Return the rules of a folder, and the things that files tell of."""
    if where.rules is None:
        raise Refused("clearly inspection: files need --rules DIR, the rules folder")
    rules = load(where.rules)
    if not isinstance(rules, Rules):
        raise Refused(rules, code=FINDINGS)
    span = span_of(asked, rules.book.zone)
    if kind == "tasks":
        return rules, tasks_of(changes_in(where.files), rules.places, span)
    wanted = types_in(kind, rules)
    return rules, items_of(kind, (event for event in events_in(where, rules) if event.kind.name in wanted), rules.places, span)


def from_database(kind: Kind, asked: Asked, where: Where) -> tuple[Rules, list[Item]]:
    """Return the rules that a database ran last, or those of a folder, and the things that it keeps."""
    assert where.db is not None, "who has none reads files"
    with closing(reader_of(where.db)) as reader:
        rules = rules_in(reader, Past(where.db, where.rules))
        span = span_of(asked, rules.book.zone)
        if kind == "tasks":
            return rules, tasks_of(changes(reader), rules.places, span)
        events = kept_events(reader, Gate(rules.book.catalogue), types_in(kind, rules))
        return rules, items_of(kind, events, rules.places, span)


def types_in(kind: Kind, rules: Rules) -> set[str]:
    """Return the event types that tell of a kind of thing; refuse a kind of which the catalogue knows nothing."""
    found = types_of(kind, rules.book.catalogue)
    if not found:
        raise Refused(f"{kind}: the catalogue has no event that tells of them, so there is nothing to draw from", FINDINGS)
    return found


def changes_in(files: tuple[Path, ...]) -> Iterator[Change]:
    """Give the changes that files hold, as `rules backtest` and `tail` write them."""
    for path in files:
        if not path.is_file():
            raise Refused(f"{path}: there is no such file")
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield read_change(line, f"{path}:{number}")


def events_in(where: Where, rules: Rules) -> list[Event]:
    """Return the events that files hold; what is none is told."""
    assert where.rules is not None, "files need rules"
    gate, harvest = Gate(rules.book.catalogue), Harvest()
    with Meter() as meter:
        for one in inputs_of(where.files, where.rules, where.maps, rules):
            for done, total in reap(one, gate, harvest):
                meter(both("draw.reading"), done, total)
    told = [f"{one.place}: {one.reason} ({one.count:,} ×)" for one in harvest.refusals.values()]
    if told and not harvest.events:
        raise Refused(told, FINDINGS)
    for line in told:
        sys.stderr.write(f"{line}\n")
    return harvest.events


# As a person reads it ----------------------------------------------------------------------------------------------------


def show(screen: Console, drawn: Draw, places: Places | None) -> None:
    """Print a draw: what it rests on, and for each place what was drawn."""
    screen.print(Text(f"{both('draw.title')}: {both(f'draw.{drawn.kind}')}", style="bold"))
    for key, value in facts(drawn):
        screen.print(Text.assemble((f"  {both(key)}  ", "dim"), value), soft_wrap=True)
    for stratum in drawn.strata:
        if stratum.drawn:
            under(screen, headed(stratum, places), table(stratum))
    screen.print()
    screen.print(Text(both("draw.repeat"), style="dim"), soft_wrap=True)


def facts(drawn: Draw) -> Iterator[tuple[str, str]]:
    """Give what it takes to repeat a draw, and to see that there was the same to draw from."""
    yield "draw.seed", drawn.seed
    yield "draw.time", f"{drawn.since or '…'} – {drawn.until or '…'} ({drawn.zone})"
    yield "draw.quota", both("draw.of each", county=drawn.quota.county, city=drawn.quota.city)
    yield "draw.population", f"{drawn.population:,}"
    yield "draw.fingerprint", drawn.fingerprint


def headed(stratum: Stratum, places: Places | None) -> str:
    """Return the title of one county or city."""
    name = named(stratum.level, stratum.place, places)
    told = both(f"draw.{stratum.level}", drawn=len(stratum.drawn), population=stratum.population)
    return f"{name}: {told} [{stratum.fingerprint}]"


def named(level: str, place: str, places: Places | None) -> str:
    """Return a county or city by its id, and its title where it has one."""
    title = places.title(level, place, now()) if places is not None else place
    return place if title == place else f"{place} {title}"


def table(stratum: Stratum) -> Table:
    """Return a row for each thing that was drawn."""
    rows = plain_table(both("draw.id"), both("draw.at"), both("draw.unit"), both("draw.about"))
    for one in stratum.drawn:
        who = " ".join(name for name in (one.unit, one.person) if name)
        rows.add_row(Text(one.id, style="bold"), one.at, who or "—", Text(one.about))
    return wrapping(rows)


def show_differences(screen: Console, found: Draw, differences: Sequence[Difference], places: Places | None) -> None:
    """Print whether a draw came to the same again, and where it did not."""
    if not differences:
        drawn = sum(len(stratum.drawn) for stratum in found.strata)
        screen.print(Text(both("draw.same", drawn=drawn, population=found.population), style="green"), soft_wrap=True)
    for level, place, (before, after), missing, added in differences:
        told = both("draw.differs", before=before, after=after)
        screen.print(Text(f"{named(level, place, places)}: {told}", style="yellow"), soft_wrap=True)
        for key, names in (("draw.missing", missing), ("draw.added", added)):
            if names:
                screen.print(Text(f"  {both(key)}: {', '.join(names)}"), soft_wrap=True)
