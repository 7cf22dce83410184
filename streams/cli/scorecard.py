"""`clearly unit scorecard`: a month of a unit, worked out from the journal alone, beside its neighbours and above it its supervisors."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from rich.text import Text

from engine.casework import STATES, Period, Rate, Score, Size, Tally, month_period, ranking, score_value, tallies, together
from streams import docket
from streams.cli.desk import Desk
from streams.cli.outcome import FINE, Refused
from streams.cli.screen import Meter, both, console, plain_table, print_json, under

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console
    from rich.table import Table

    from engine.places import People

UNKNOWN = Size()
#: Where more is worse.
WORSE = frozenset({"recurred", "reopened", "upheld"})


class Asked(NamedTuple):
    """Which unit, which month, and how large the unit is, where somebody says so."""

    unit: str
    month: str
    customers: int | None = None
    complaints: int | None = None


class Rank(msgspec.Struct, frozen=True):
    """The place of a unit among those that stand beside it, in one rate."""

    place: int
    of: int


class Card(msgspec.Struct):
    """What is shown: the unit, those who supervise it, and its place among its neighbours."""

    unit: str
    month: str
    score: Score
    ranks: dict[str, Rank]
    supervisor: str | None
    supervision: dict[str, Rate]


def show_scorecard(db: Path, asked: Asked, *, as_json: bool) -> int:
    """Print the scorecard, and return the exit code."""
    with closing(Desk(db)) as desk:
        places = desk.rules.places
        if places is None:
            raise Refused(f"{db}: the rules that ran last have no organisation, so there are no units")
        if not places.people.known_unit(asked.unit, desk.now):
            raise Refused(f"{asked.unit}: there is no such unit")
        card = Scoring(desk, places.people, asked).card()
    if as_json:
        print_json(as_value(card))
    else:
        show(console(), card)
    return FINE


def period_of(month: str, zone: str) -> Period:
    """Return a month of the calendar in a time zone."""
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month) is None:
        raise Refused(f"--month {month}: not a month; write for example 2026-03")
    period = month_period(month, zone)
    if period is None:
        raise Refused(f"--month {month}: no month that a calendar has")
    return period


class Scoring:
    """One scorecard on its way."""

    def __init__(self, desk: Desk, people: People, asked: Asked) -> None:
        self.desk = desk
        self.people = people
        self.asked = asked
        self.period = period_of(asked.month, desk.zone)
        #: as of when units belong together: the end of the month, or now
        self.at = min(self.period.until, desk.now)

    def card(self) -> Card:
        """Return the scorecard."""
        found = self.counted()
        unit = self.asked.unit
        score = self.score_of(unit, found, Size(self.asked.customers, self.asked.complaints))
        supervisor = self.supervises(unit, self.at)
        above = found.get(supervisor or "", Tally()).score()
        supervision = {name: rate for name, rate in above.rates.items() if name in {"review", "appeal"}}
        return Card(unit, self.asked.month, score, self.ranks(found), supervisor, supervision)

    def score_of(self, unit: str, found: dict[str, Tally], size: Size = UNKNOWN) -> Score:
        """Return the score of a unit with everything below it."""
        return together(found, lambda one: self.is_in(one, unit)).score(size)

    def counted(self) -> dict[str, Tally]:
        """Return what is counted for each unit, from the whole journal of every task that moved in the month."""
        found: defaultdict[str, Tally] = defaultdict(Tally)
        names = docket.moved_within(self.desk.reader, *self.period)
        with Meter() as meter:
            for number, name in enumerate(names):
                meter(both("score.journals"), number, len(names))
                for unit, tally in tallies(docket.journal_of(self.desk.reader, name), self.period, self.supervises).items():
                    found[unit].add(tally)
        return found

    def supervises(self, unit: str, at: int) -> str | None:
        """Return the unit that supervises a unit."""
        return next(iter(self.people.supervisors(unit, at)), None)

    def is_in(self, unit: str, above: str) -> bool:
        """Return whether a unit lies in another one, or is it."""
        return unit == above or self.people.within(unit, above, self.at)

    def ranks(self, found: dict[str, Tally]) -> dict[str, Rank]:
        """Return the unit's place in each rate among the units under the same one; none where the cases are too few."""
        above = self.people.superior(self.asked.unit, self.at)
        beside = {self.below(one, above) for one in found} - {None} | {self.asked.unit}
        scores = {unit: self.score_of(unit, found) for unit in beside if unit is not None}
        ranks = {}
        for rate in scores[self.asked.unit].rates:
            order = [unit for unit, _ in ranking(scores, rate, best_first=rate not in WORSE)[0]]
            if self.asked.unit in order and len(order) > 1:
                ranks[rate] = Rank(order.index(self.asked.unit) + 1, len(order))
        return ranks

    def below(self, unit: str, above: str | None) -> str | None:
        """Return the unit right below another one in which a unit lies, or None."""
        one: str | None = unit
        while one is not None and (over := self.people.superior(one, self.at)) != above:
            one = over
        return one


def as_value(card: Card) -> dict[str, Any]:
    """Return a scorecard for machines; a share is written out."""
    told: dict[str, Any] = msgspec.to_builtins(card)
    for name, rate in card.supervision.items():
        told["supervision"][name]["share"] = rate.share
    return told | {"score": score_value(card.score)}


def show(screen: Console, card: Card) -> None:
    """Print a scorecard."""
    screen.print(Text.assemble((card.unit, "bold"), f"  {card.month}"))
    score = card.score
    counts = ", ".join(f"{both(f'score.{name}')} {count:,}" for name, count in score.counts.items())
    screen.print(counts, soft_wrap=True)
    for key, value in (("per customers", score.issued_per_10_000_customers), ("per complaint", score.issued_per_complaint)):
        if value is not None:
            screen.print(f"{both(f'score.{key}')}: {value:.2f}")
    if score.rates:
        under(screen, both("score.rates"), rates_table(score.rates, card.ranks))
    if score.rungs:
        rungs = ", ".join(f"L{rung} × {count}" for rung, count in score.rungs.items())
        under(screen, both("score.rungs"), Text(rungs))
    if score.hours:
        under(screen, both("score.hours"), hours_table(score))
    if card.supervision:
        under(screen, f"{both('score.supervision')}: {card.supervisor}", rates_table(card.supervision, {}))


def rates_table(rates: dict[str, Rate], ranks: dict[str, Rank]) -> Table:
    """Return a line for each rate: the share, how many of how many, and the place among the neighbours."""
    table = plain_table("", both("score.share"), both("score.of"), both("score.place"), right=(both("score.share"), both("score.of")))
    for name, rate in rates.items():
        share = "—" if rate.share is None else f"{100 * rate.share:.0f} %"
        place = ranks.get(name)
        said = both("score.few") if not rate.ranked else "—" if place is None else f"{place.place} / {place.of}"
        table.add_row(both(f"score.{name}"), share, f"{rate.met:,} / {rate.of:,}", Text(said, style="" if rate.ranked else "dim"))
    return table


def hours_table(score: Score) -> Table:
    """Return the median of hours in each state."""
    table = plain_table("", both("score.median"), both("score.of"), "", right=(both("score.median"), both("score.of")))
    for state, middle in score.hours.items():
        few = Text("" if middle.ranked else both("score.few"), style="dim")
        table.add_row(f"{STATES[state].zh} {STATES[state].en}", f"{middle.hours:,.1f}", f"{middle.of:,}", few)
    return table
