"""Which watches can stand apart: rules in groups by the key fields that all their parts share, and where each event has to go.

Everything that a rule looks at for one key agrees in its group's fields. So all events with the same values of these fields may be
judged in one place and those with other values in another one, and each place finds what one place would have found. A rule that
covers another one stands in the same group with it.

An event goes where its values say, for each group that reads its type. A retraction, or a telling that says its revision, goes
everywhere: what it takes back may have stood under other values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from engine.events import revision_of
from engine.language import FINDING, OVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from engine.events import Event, Gate
    from engine.language import Rule, Rulebook

#: Rules in these states find nothing and collect nothing.
ASLEEP = frozenset({"draft", "retired"})
#: Between two values of a key.
BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are judged together. `fields` is what their events agree in, `tells` the findings that other groups count.

    A group waits for findings of lower levels alone.
    """

    fields: tuple[str, ...]
    rules: tuple[str, ...]
    tells: frozenset[str] = frozenset()
    level: int = 0


class Way(NamedTuple):
    """Where an event goes for one group: where its key is, or everywhere."""

    group: int
    key: str | None


class Part(NamedTuple):
    """What a world knows of being one among several: whose events it may take in, and which findings others wait for."""

    is_mine: Callable[[Event], bool]
    tells: frozenset[str] = frozenset()


class Sharding:
    """The groups of one rulebook, in an order that depends on nothing else."""

    def __init__(self, rulebook: Rulebook, gate: Gate) -> None:
        self.rulebook = rulebook
        awake = {name: rule for name, rule in rulebook.rules.items() if rule.status not in ASLEEP}
        self.groups = grouped(awake)
        self._read = [types_of(awake[name] for name in group.rules) for group in self.groups]
        self._ways: dict[str, Callable[[Event], list[Way]]] = {struct.kind.name: self._router(struct) for struct in gate.structs.values()}

    def book(self, group: Group) -> Rulebook:
        """Return the rulebook with the rules of one group alone."""
        return replace(self.rulebook, rules={name: rule for name, rule in self.rulebook.rules.items() if name in group.rules})

    def ways(self, event: Event) -> list[Way]:
        """Return where an event has to go: one way for each group that it concerns. An event without a key value concerns nobody."""
        return self._ways[event.kind.name](event)

    def key(self, group: Group, event: Event) -> str | None:
        """Return the key of an event in a group, None where it has none."""
        values = [getattr(event, name, None) for name in group.fields]
        return None if None in values else BETWEEN.join(map(str, values))

    def key_of(self, rule: str, values: Mapping[str, str]) -> str | None:
        """Return the key that a task of a rule has in the rule's group; None where the rule sleeps, or reads other fields."""
        for group in self.groups:
            if rule in group.rules:
                return BETWEEN.join(values[name] for name in group.fields) if values.keys() >= set(group.fields) else None
        return None

    @property
    def levels(self) -> tuple[int, ...]:
        """Return the levels whose findings other groups wait for."""
        return tuple(sorted({group.level for group in self.groups if group.tells}))

    def _router(self, struct: type[Event]) -> Callable[[Event], list[Way]]:
        kind = struct.kind
        numbers = [number for number, read in enumerate(self._read) if kind.name in read]
        everywhere = [number for number, read in enumerate(self._read) if read & set(kind.retracts)]
        fields = [(number, self.groups[number].fields) for number in numbers if number not in everywhere]
        spread = [Way(number, None) for number in everywhere]
        if kind.revision is None:
            return lambda event: [*spread, *keyed(event, fields)]
        whole = [*spread, *[Way(number, None) for number, _ in fields]]
        return lambda event: whole if revision_of(event) else keyed(event, fields)


def keyed(event: Event, fields: Sequence[tuple[int, tuple[str, ...]]]) -> list[Way]:
    """Return the ways of an event that goes where its values say."""
    found = []
    for number, names in fields:
        if len(names) == 1:
            value = getattr(event, names[0], None)
            if value is not None:
                found.append(Way(number, str(value)))
            continue
        values = [getattr(event, name, None) for name in names]
        if None not in values:
            found.append(Way(number, BETWEEN.join(map(str, values))))
    return found


def types_of(rules: Iterator[Rule]) -> frozenset[str]:
    """Return every event type that some rules read."""
    return frozenset(name for rule in rules for part in (rule.anchor, *rule.others) for name in part.events)


def grouped(rules: Mapping[str, Rule]) -> tuple[Group, ...]:
    """Return the rules in groups, ordered by their fields."""
    shared = {name: set.intersection(*(set(part.same) for part in (rule.anchor, *rule.others))) for name, rule in rules.items()}
    settled = False
    while not settled:  # what covers and what is covered share what both share
        settled = True
        for name, rule in rules.items():
            for host in rule.covered_by:
                if host in shared and shared[host] != shared[name]:
                    shared[name] = shared[host] = shared[name] & shared[host]
                    settled = False
    return levelled(rules, {name: tuple(sorted(fields)) for name, fields in shared.items()})


def levelled(rules: Mapping[str, Rule], fields: Mapping[str, tuple[str, ...]]) -> tuple[Group, ...]:
    """Return rules with the same fields as one group, or as one for each level where groups would otherwise wait for each other."""
    depths = depths_of(rules)
    together = gathered({name: (fields[name], 0) for name in rules}, rules)
    waits = {
        group.fields: {other.fields for other in together if other is not group and other.tells & reads(group, rules)} for group in together
    }
    levels: dict[tuple[str, ...], int] = {}
    while ready := [one for one in waits if one not in levels and waits[one] <= levels.keys()]:
        levels.update({one: max((1 + levels[other] for other in waits[one]), default=0) for one in ready})
    if len(levels) == len(waits):
        return tuple(replace(group, level=levels[group.fields]) for group in together)
    return gathered({name: (fields[name], depths[name]) for name in rules}, rules)


def gathered(places: Mapping[str, tuple[tuple[str, ...], int]], rules: Mapping[str, Rule]) -> tuple[Group, ...]:
    """Return the rules of each place, fields and level, as a group."""
    held: dict[tuple[tuple[str, ...], int], list[str]] = {}
    for name in sorted(places):
        held.setdefault(places[name], []).append(name)
    plain = [Group(fields, tuple(names), level=level) for (fields, level), names in sorted(held.items())]
    return tuple(replace(group, tells=told(group, plain, rules)) for group in plain)


def depths_of(rules: Mapping[str, Rule]) -> dict[str, int]:
    """Return how many rules stand below each one that count one another's findings; what covers and what is covered are as deep."""
    depths = dict.fromkeys(rules, 0)
    for _ in rules:
        for name, rule in rules.items():
            below = [kind.removeprefix(FINDING) for kind in types_of(iter([rule])) if kind.startswith(FINDING)]
            depths[name] = max([depths[name], *(1 + depths[one] for one in below if one in depths)])
            for host in rule.covered_by:
                if host in depths:
                    depths[name] = depths[host] = max(depths[name], depths[host])
    return depths


def reads(group: Group, rules: Mapping[str, Rule]) -> frozenset[str]:
    """Return every event type that the rules of a group read."""
    return types_of(rules[name] for name in group.rules)


def told(group: Group, groups: Sequence[Group], rules: Mapping[str, Rule]) -> frozenset[str]:
    """Return the findings of a group that rules of other groups read."""
    elsewhere = types_of(rules[name] for other in groups if other is not group for name in other.rules)
    return frozenset(what + name for name in group.rules for what in (FINDING, OVER)) & elsewhere
