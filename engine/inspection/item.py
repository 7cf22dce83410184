"""What can be inspected: cases of new connections, complaints and tasks, each once, with where it lies and who answers for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from engine.events import identity_of, instant_of, micros, retracted_by, wins
from engine.places import UNPLACED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.events import Catalogue, Event, Identity
    from engine.places import Places
    from engine.watching import Change

Kind = Literal["connections", "complaints", "tasks"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Source(NamedTuple):
    """Where things of a kind are told: the event, the field with their number, and the field that says what they are about."""

    event: str
    number: str
    about: str


SOURCES: dict[Kind, Source] = {
    "connections": Source("node.entered", "case_id", "node"),
    "complaints": Source("complaint.received", "complaint_id", "topic"),
}


class Item(NamedTuple):
    """One thing that can be drawn. `at` is when it was last heard of, `about` what an inspector reads of it."""

    id: str
    at: int
    city: str
    county: str
    unit: str | None = None
    person: str | None = None
    about: str = ""


def types_of(kind: Kind, catalogue: Catalogue) -> set[str]:
    """Return the event types that tell of a kind of thing, and those that take such an event back; none where the catalogue has none."""
    event = SOURCES[kind].event
    return {name for name, one in catalogue.types.items() if name == event or event in one.retracts} if event in catalogue.types else set()


class Span(NamedTuple):
    """A time, in microseconds since 1970; None is no end of it. Its end does not belong to it."""

    since: int | None = None
    until: int | None = None

    def has(self, at: int) -> bool:
        """Return whether a moment lies in it."""
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


EVER = Span()


def items_of(kind: Kind, events: Iterable[Event], places: Places | None, span: Span = EVER) -> list[Item]:
    """Return the things of which events tell in a time, one for each number, by number.

    What was corrected or taken back, whenever that was, counts as it stands.
    """
    source = SOURCES[kind]
    told: dict[str, list[Event]] = {}
    for event in standing(source.event, events):
        if span.has(instant_of(event)):
            told.setdefault(str(getattr(event, source.number)), []).append(event)
    return sorted(item(number, sorted(those, key=instant_of), source, places) for number, those in told.items())


def standing(name: str, events: Iterable[Event]) -> Iterator[Event]:
    """Give the events of a type that hold: the last telling of each, and none that was taken back."""
    held: dict[Identity, Event] = {}
    gone: set[Identity] = set()
    for event in events:
        if event.kind.name == name:
            fact = identity_of(event)
            if fact not in held or wins(event, held[fact]):
                held[fact] = event
        elif name in event.kind.retracts:
            gone.update(retracted_by(event))
    return (event for fact, event in held.items() if fact not in gone)


def item(number: str, events: list[Event], source: Source, places: Places | None) -> Item:
    """Return one thing as its last event tells it, with everything that it went through."""
    last = events[-1]
    at = instant_of(last)
    where = {name: value for name in last.kind.fields if isinstance(value := getattr(last, name), str)}
    about = "、".join(dict.fromkeys(str(getattr(event, source.about)) for event in events))
    return placed(Item(number, at, "", "", where.get("unit"), where.get("person"), about), where, places)


def tasks_of(changes: Iterable[Change], places: Places | None, span: Span = EVER) -> list[Item]:
    """Return the tasks that changes opened in a time and did not withdraw, by id."""
    found: dict[str, Change] = {}
    gone: set[str] = set()
    for change in changes:
        if change.change == "opened" and span.has(micros(change.at)):
            found[change.task_id] = change
            gone.discard(change.task_id)
        elif change.change == "withdrawn":
            gone.add(change.task_id)
    return sorted(task(change, places) for name, change in found.items() if name not in gone)


def task(change: Change, places: Places | None) -> Item:
    """Return one task; where it lies is what its key says."""
    bare = Item(change.task_id, micros(change.at), "", "", change.to.unit, change.to.person, change.say)
    return placed(bare, change.key, places)


def placed(bare: Item, where: Mapping[str, str], places: Places | None) -> Item:
    """Return a thing with its city, its county and the unit that answers, as far as anybody says; else it is unplaced.

    What the grid cannot place lies where the unit that answers does.
    """
    if places is None:
        return bare._replace(city=where.get("city", UNPLACED), county=where.get("county", UNPLACED))
    known = {**where, **places.place(where, bare.at)}
    unit = bare.unit or places.unit_of(known, bare.at)
    if unit is not None and UNPLACED in {known.get("county", UNPLACED), known.get("city", UNPLACED)}:
        area = places.area_of(unit, bare.at)
        known |= {name: area[name] for name in area if known.get(name, UNPLACED) == UNPLACED}
    return bare._replace(city=known.get("city", UNPLACED), county=known.get("county", UNPLACED), unit=unit)
