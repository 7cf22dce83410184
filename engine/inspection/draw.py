"""A draw: for each county and each city the things that a seed picks, so that anybody can pick them again.

Every thing gets a number out of seed, level, place, kind and id, by a hash that anybody can compute; the smallest numbers are drawn. So
neither order nor source of the things matters, and who knows the seed beforehand cannot choose: docs/decisions/0071-a-draw-is-a-hash.md.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import msgspec

from engine.calendar import show_instant
from engine.inspection.item import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.inspection.item import Item

Level = Literal["county", "city"]
LEVELS: tuple[Level, ...] = get_args(Level)


class Quota(msgspec.Struct, frozen=True):
    """How many are drawn in each county, and how many in each city."""

    county: int = 5
    city: int = 5

    def of(self, level: Level) -> int:
        """Return how many are drawn at a level."""
        return self.county if level == "county" else self.city


class Drawn(msgspec.Struct, omit_defaults=True, frozen=True):
    """One thing that was drawn, with the number that drew it."""

    id: str
    at: str
    number: str
    county: str
    unit: str | None = None
    person: str | None = None
    about: str = ""


class Stratum(msgspec.Struct, frozen=True):
    """One county or one city: how many there were, a fingerprint of their ids, and which of them were drawn."""

    level: Level
    place: str
    population: int
    fingerprint: str
    drawn: list[Drawn]


class Draw(msgspec.Struct, omit_defaults=True, frozen=True):
    """A whole draw, with everything that it takes to repeat it."""

    kind: Kind
    seed: str
    quota: Quota
    population: int
    fingerprint: str
    strata: list[Stratum]
    since: str | None = None
    until: str | None = None
    zone: str = "UTC"


class Difference(NamedTuple):
    """Where a second draw comes to something else: a place, and what was there and is not, or the other way."""

    level: Level
    place: str
    population: tuple[int, int]
    missing: tuple[str, ...]
    added: tuple[str, ...]


def draw(kind: Kind, items: Iterable[Item], seed: str, quota: Quota, zone: str) -> Draw:
    """Return what a seed draws. Counties and cities draw by themselves, each from all that it has."""
    everything = sorted(items)
    strata = []
    for level in LEVELS:
        by_place: dict[str, list[Item]] = {}
        for item in everything:
            by_place.setdefault(item.county if level == "county" else item.city, []).append(item)
        strata += [stratum(kind, (level, place), those, (seed, quota.of(level)), zone) for place, those in sorted(by_place.items())]
    return Draw(kind, seed, quota, len(everything), fingerprint(everything), strata, zone=zone)


def stratum(kind: Kind, where: tuple[Level, str], items: Sequence[Item], asked: tuple[str, int], zone: str) -> Stratum:
    """Return what is drawn in one place: the things with the smallest numbers."""
    seed, most = asked
    numbered = sorted((number_of(seed, *where, kind, item.id), item) for item in items)
    drawn = [
        Drawn(item.id, show_instant(item.at, zone), number, item.county, item.unit, item.person, item.about)
        for number, item in numbered[:most]
    ]
    return Stratum(*where, len(items), fingerprint(items), drawn)


def number_of(*parts: str) -> str:
    """Return the number of a thing: 16 hexadecimal digits of BLAKE2b over the parts, each with a line end behind it."""
    return blake2b("".join(f"{part}\n" for part in parts).encode(), digest_size=8).hexdigest()


def fingerprint(items: Iterable[Item]) -> str:
    """Return 16 hexadecimal digits that stand for a set of ids, in whatever order they come."""
    return number_of(*sorted(item.id for item in items))


def difference(one: Draw, other: Draw) -> list[Difference]:
    """Return where two draws differ: in what there was to be drawn, or in what was drawn."""
    before, after = ({(stratum.level, stratum.place): stratum for stratum in found.strata} for found in (one, other))
    found = []
    for level, place in sorted({*before, *after}, key=lambda where: (LEVELS.index(where[0]), where[1])):
        old, new = before.get((level, place)), after.get((level, place))
        ids = [{each.id for each in part.drawn} if part else set() for part in (old, new)]
        prints = [part.fingerprint if part else "" for part in (old, new)]
        if ids[0] != ids[1] or prints[0] != prints[1]:
            sizes = (old.population if old else 0, new.population if new else 0)
            found.append(Difference(level, place, sizes, tuple(sorted(ids[0] - ids[1])), tuple(sorted(ids[1] - ids[0]))))
    return found
