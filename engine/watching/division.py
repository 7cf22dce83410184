"""A history in parts that are judged apart, so that each part fits into the processor's cache and several can be judged at once.

Rules that hang together (one covers or counts another, or waits for declared sources) stay together and see every event that they read.
All others are taken apart by the key that their group shares (see `sharding`): nothing that they find rests on another key.

What parts tell is the same as what one world tells only while each fact is told once. So a history that says different things of one
fact, takes something back, or tells something a month late is not divided at all.
"""

from __future__ import annotations

from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from engine.events import arrival_of, instants_of, readers, same_content
from engine.language import FINDING, OVER
from engine.watching.plan import KEEP
from engine.watching.sharding import ASLEEP, grouped, types_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from engine.events import Event, Gate
    from engine.language import Rule, Rulebook
    from engine.watching.whereabouts import Whereabouts

SOURCE = attrgetter("source")
#: Parts of one group at most.
MOST = 64


class History(NamedTuple):
    """Events in the order in which they arrived, when each happened, and when it arrived; `end` is when time stops."""

    events: Sequence[Event]
    instants: Sequence[int]
    arrivals: Sequence[int]
    end: int


class Portion(NamedTuple):
    """Rules, and the places in the history of the events that they are judged on; `is_plain` where nothing joins these rules."""

    rules: frozenset[str]
    places: list[int]
    is_plain: bool = True


def history_of(events: Sequence[Event], *, until: int | None, clock: int) -> History:
    """Return a history; `clock` is when it is read, and nothing arrived later than that."""
    instants = instants_of(events)
    if any(event.arrived is not None for event in events):
        arrivals = [min(arrival_of(event), clock) for event in events]
    else:
        arrivals = instants if not instants or instants[-1] <= clock else [min(at, clock) for at in instants]
    return History(events, instants, arrivals, until if until is not None else arrivals[-1] if arrivals else 0)


def divided(rulebook: Rulebook, gate: Gate, history: History, whereabouts: Whereabouts, least: int) -> list[Portion] | None:
    """Return the parts of a history, the largest first, or None where it must be judged as a whole. What the grid says is filled in."""
    rules = {name: rule for name, rule in rulebook.rules.items() if rule.status not in ASLEEP}
    read = types_of(iter(rules.values()))
    by_type = {struct: places for struct, places in sorted_out(history.events).items() if struct.kind.name in read or struct.kind.retracts}
    again = told_again(history.events, by_type)
    if again is None or is_very_late(history):
        return None
    for struct in [struct for struct in by_type if any(field.placed for field in struct.kind.fields.values())]:
        for place in by_type[struct]:
            whereabouts.place(struct.kind, history.events[place], history.instants[place])
    together = joined(rules, gate)
    apart = {name: rule for name, rule in rules.items() if name not in together}
    portions = [Portion(together, wanted(rules, together, by_type), is_plain=False)] if together else []
    if again:
        by_type = {struct: [place for place in places if place not in again] for struct, places in by_type.items()}
    portions += spread(apart, history.events, by_type, least)
    return sorted(portions, key=lambda one: -len(one.places) * len(one.rules))


def sorted_out(events: Sequence[Event]) -> dict[type[Event], list[int]]:
    """Return the places of events by type."""
    found: dict[type[Event], list[int]] = defaultdict(list)
    for place, struct in enumerate(map(type, events)):
        found[struct].append(place)
    return found


def is_very_late(history: History) -> bool:
    """Return whether something was told so late that what is still known then would decide."""
    if history.arrivals is history.instants:
        return False
    return any(now - at > KEEP for now, at in zip(history.arrivals, history.instants, strict=True))


def told_again(events: Sequence[Event], by_type: Mapping[type[Event], list[int]]) -> set[int] | None:
    """Return the places of events that repeat an earlier one word for word; None where something else is said of one fact."""
    again: set[int] = set()
    for struct, places in by_type.items():
        if struct.kind.retracts:
            return None
        mine, name = [events[place] for place in places], readers(struct)[1]
        names = [(event.source, name(event)) for event in mine] if any(map(SOURCE, mine)) else list(map(name, mine))
        if len(set(names)) == len(names):
            continue
        known: dict[object, int] = {}
        for told, place in zip(names, places, strict=True):
            first = known.setdefault(told, place)
            if first == place:
                continue
            if not same_content(events[first], events[place]):
                return None
            again.add(place)
    return again


def joined(rules: Mapping[str, Rule], gate: Gate) -> frozenset[str]:
    """Return the rules that cannot be judged apart from one another."""
    found: set[str] = set()
    declared = {name for name, struct in gate.structs.items() if struct.kind.sources}
    for name, rule in rules.items():
        read = types_of(iter([rule]))
        others = {kind.removeprefix(FINDING).removeprefix(OVER) for kind in read if kind.startswith((FINDING, OVER))}
        others |= set(rule.covered_by) & rules.keys()
        if others or read & declared:
            found |= {name, *others} & rules.keys()
    return frozenset(found)


def wanted(rules: Mapping[str, Rule], names: Iterable[str], by_type: Mapping[type[Event], list[int]]) -> list[int]:
    """Return the places of the events that some rules read."""
    read = types_of(rules[name] for name in names)
    return sorted(place for struct, places in by_type.items() if struct.kind.name in read for place in places)


def spread(rules: Mapping[str, Rule], events: Sequence[Event], by_type: Mapping[type[Event], list[int]], least: int) -> list[Portion]:
    """Return rules in their groups, the events of each group cut by the key that it shares."""
    found = []
    for group in grouped(rules) if rules else ():
        read = types_of(rules[name] for name in group.rules)
        mine = {struct: places for struct, places in by_type.items() if struct.kind.name in read}
        number = min(MOST, max(1, sum(map(len, mine.values())) // least)) if group.fields else 1
        parts: list[list[int]] = [[] for _ in range(number)]
        add = [part.append for part in parts]
        for struct, places in mine.items():
            for place, value in zip(places, map(key_of(struct, group.fields), map(events.__getitem__, places)), strict=True):
                if value is not None:
                    add[hash(value) % number](place)
        found += [Portion(frozenset(group.rules), sorted(places)) for places in parts if places]
    return found


def key_of(struct: type[Event], fields: Sequence[str]) -> Callable[[Event], object]:
    """Return what reads the key of an event, None where it has none: then it concerns nobody."""
    if not fields:
        return lambda _: True
    read = attrgetter(*fields)
    if len(fields) == 1 or all(struct.kind.fields[name].required for name in fields):
        return read
    return lambda event: None if None in (found := read(event)) else found
