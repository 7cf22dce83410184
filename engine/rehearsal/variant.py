"""A story changed a little: events moved, doubled, left out, with other values, another key or another type."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.rehearsal.boundary import lengths_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.events import EventType
    from engine.language import Rule, RuleTest, TestEvent
    from engine.rehearsal.boundary import Boundary

MINUTE = 60_000_000
HOUR = 60 * MINUTE
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Variants:
    """The variants of one story that could tell a rule from its edit. `instants` are times at which either of the two found something."""

    def __init__(self, test: RuleTest, rules: tuple[Rule, Rule], types: Mapping[str, EventType], bound: Boundary) -> None:
        self.test = test
        self.rules = rules
        self.types = types
        self.bound = bound
        self.instants: Sequence[int] = ()
        parts = [part for rule in rules for part in (rule.anchor, *rule.others)]
        self.names = tuple(dict.fromkeys(name for part in parts for name in part.events if name in types))
        self.keys = tuple(dict.fromkeys(name for part in parts for name in part.same))

    def valued(self) -> Iterator[RuleTest]:
        """Give stories in which one event, or all of its type, has values at which the conditions turn."""
        for names, values in self.bound.values:
            mine = [number for number, event in enumerate(self.test.events) if event.record["type"] in names]
            for chosen in [[number] for number in reversed(mine)] + ([mine] if len(mine) > 1 else []):
                yield self.told([valued(event, values) if number in chosen else event for number, event in enumerate(self.test.events)])

    def moved(self) -> Iterator[RuleTest]:
        """Give stories in which one event stands at an edge."""
        for number, at in self.edges():
            yield self.told([self.at(event, at) if one == number else event for one, event in enumerate(self.test.events)])

    def echoed(self) -> Iterator[RuleTest]:
        """Give stories in which an event comes once more, at an edge."""
        for number, at in self.edges():
            yield self.told([*self.test.events, self.at(self.fresh(self.test.events[number], "2"), at)])

    def keyed(self) -> Iterator[RuleTest]:
        """Give stories in which one event has another key."""
        for number, event in enumerate(self.test.events):
            for name in (*self.keys, *self.measured()):
                if name in self.types[event.record["type"]].fields:
                    value = event.record.get(name)
                    other = value + 1 if isinstance(value, int) and not isinstance(value, bool) else f"{value or 'X'}-2"
                    yield self.with_event(number, valued(event, {name: other}))

    def measured(self) -> set[str]:
        """Return the fields that the patterns count."""
        return {name for rule in self.rules if isinstance(name := getattr(rule.pattern, "different", None), str)}

    def doubled(self) -> Iterator[RuleTest]:
        """Give stories in which an event comes once or twice more, soon after."""
        for number, event in enumerate(self.test.events):
            for times in (1, 2):
                more = [self.at(self.fresh(event, str(one)), event.at + one * HOUR) for one in range(1, times + 1)]
                yield self.told([*self.test.events[: number + 1], *more, *self.test.events[number + 1 :]])

    def left_out(self) -> Iterator[RuleTest]:
        """Give stories in which one event does not come."""
        for number in range(len(self.test.events)):
            if len(self.test.events) > 1:
                yield self.told([event for one, event in enumerate(self.test.events) if one != number])

    def retyped(self) -> Iterator[RuleTest]:
        """Give stories in which one event, or all of its type, is of another type that one of the rules looks for."""
        for number, event in enumerate(self.test.events):
            for name in self.names:
                if name != event.record["type"] and not name.startswith("finding."):
                    yield self.with_event(number, self.retold(event, self.types[name]))
        for name in self.names:
            if not name.startswith("finding."):
                yield self.told([self.retold(event, self.types[name]) for event in self.test.events])

    def shifted(self) -> Iterator[RuleTest]:
        """Give the story some days, or half a day, later: to weekends, holidays, evenings."""
        for by in (*(day * 24 * HOUR for day in range(1, 8)), 9 * HOUR, 14 * HOUR):
            yield self.told([self.at(event, event.at + by) for event in self.test.events])

    def repeated(self) -> Iterator[RuleTest]:
        """Give the story twice, the second time behind the edge of a length."""
        for length in self.lengths():
            for by in (length, length + MINUTE, length - MINUTE, length + HOUR, length + 24 * HOUR, length - 24 * HOUR):
                again = [self.at(self.fresh(event, "2"), event.at + by) for event in self.test.events]
                yield self.told([*self.test.events, *again])

    # Parts ---------------------------------------------------------------------------------------------------------------

    def edges(self) -> Iterator[tuple[int, int]]:
        """Give events and the times to which they could be moved: to the edges of lengths, and to when something was found."""
        lengths, events = self.lengths(), self.test.events
        for number in reversed(range(len(events))):
            for at in self.instants:
                yield from ((number, at + by) for by in (0, MINUTE, -MINUTE))
            for other in range(len(events)):
                for length in lengths if other != number else ():
                    at = events[other].at
                    yield from ((number, at + by) for by in (length, length + MINUTE, -length, -length - MINUTE))

    def lengths(self) -> list[int]:
        """Return every exact length of the two rules."""
        return sorted({length for rule in self.rules for part in (rule.pattern, rule.again) for length in lengths_in(part)})

    def at(self, event: TestEvent, at: int) -> TestEvent:
        """Return an event that happens, and arrives, at another time."""
        kind = self.types[event.record["type"]]
        time: Any = at // 1000 if kind.fields[kind.time].kind == "milliseconds" else iso(at)
        arrives = at + event.arrives - event.at
        record = {**event.record, kind.time: time} | ({"arrived": iso(arrives)} if "arrived" in event.record else {})
        return replace(event, record=record, at=at, arrives=arrives)

    def fresh(self, event: TestEvent, mark: str) -> TestEvent:
        """Return the same again as another event: with another id."""
        kind = self.types[event.record["type"]]
        texts = [name for name in kind.id if isinstance(event.record.get(name), str) and name != kind.time]
        free = [name for name in texts if name not in self.keys] or texts
        return valued(event, {free[0]: f"{event.record[free[0]]}-{mark}"}) if free else event

    def retold(self, event: TestEvent, kind: EventType) -> TestEvent:
        """Return an event as one of another type, with what the two have in common."""
        record: dict[str, Any] = {"type": kind.name}
        old = self.types[event.record["type"]]
        for name, field in kind.fields.items():
            if name == kind.time:
                record[name] = event.at // 1000 if field.kind == "milliseconds" else iso(event.at)
            elif name in event.record and name in old.fields and old.fields[name].kind == field.kind:
                record[name] = event.record[name]
            elif field.required:
                record[name] = usual(field.kind, field.choices, event.at)
        return replace(event, record=record)

    def with_event(self, number: int, event: TestEvent) -> RuleTest:
        """Return the story with one event in the place of another."""
        return self.told([event if one == number else old for one, old in enumerate(self.test.events)])

    def told(self, events: Iterable[TestEvent]) -> RuleTest:
        """Return the story with other events, in the order of their arrival; its clock runs no less far behind the last of them."""
        ordered = sorted(events, key=lambda event: event.arrives)
        last = max((event.arrives for event in ordered), default=0)
        before = max((event.arrives for event in self.test.events), default=0)
        clock = self.test.clock and max(self.test.clock, last + self.test.clock - before)
        return replace(self.test, events=tuple(ordered), clock=clock)


def valued(event: TestEvent, values: Mapping[str, Any]) -> TestEvent:
    """Return an event with other values; None takes one away."""
    record = {**event.record, **values}
    return replace(event, record={name: value for name, value in record.items() if value is not None})


def usual(kind: str, choices: Sequence[str], at: int) -> Any:
    """Return some value of a kind."""
    match kind:
        case "whole number":
            return 1
        case "number":
            return 1.0
        case "yes/no":
            return False
        case "time":
            return iso(at)
        case "milliseconds":
            return at // 1000
        case "one of":
            return choices[0]
        case _:
            return "X-1"


def iso(at: int) -> str:
    """Return an instant as ISO 8601."""
    return (EPOCH + timedelta(microseconds=at)).isoformat()
