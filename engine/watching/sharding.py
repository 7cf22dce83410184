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
    """Rules that are judged together. `fields` is what their events agree in, `tells` the findings that other groups count."""

    fields: tuple[str, ...]
    rules: tuple[str, ...]
    tells: frozenset[str] = frozenset()


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

    @property
    def is_told(self) -> bool:
        """Return whether any group waits for findings of another one."""
        return any(group.tells for group in self.groups)

    def waits(self, group: Group) -> bool:
        """Return whether a group waits for findings of other groups."""
        return any(other.tells & self._read[self.groups.index(group)] for other in self.groups if other is not group)

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
    by_fields: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(rules):
        by_fields.setdefault(tuple(sorted(shared[name])), []).append(name)
    plain = [Group(fields, tuple(names)) for fields, names in sorted(by_fields.items())]
    return tuple(replace(group, tells=told(group, plain, rules)) for group in plain)


def told(group: Group, groups: Sequence[Group], rules: Mapping[str, Rule]) -> frozenset[str]:
    """Return the findings of a group that rules of other groups read."""
    elsewhere = types_of(rules[name] for other in groups if other is not group for name in other.rules)
    return frozenset(what + name for name in group.rules for what in (FINDING, OVER)) & elsewhere
