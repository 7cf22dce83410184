"""What a share of the watching stage measures for casework from the events that it keeps: how often a rule's matter came up at a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.effects import MEASURE, Kept, effect, reach
from streams.kafka.inbox import Measured
from streams.kafka.rows import BEGINNING, MEASURES, measure_key, order_of, type_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from engine.events import Event
    from streams.kafka.rows import Meta
    from streams.rules import Rules

    Rows = Mapping[bytes, bytes | None]
    Scan = Callable[[bytes, bytes | None], Iterator[tuple[bytes, bytes]]]


class Measuring:
    """What is to be measured stands in rows, in the order of its moments; it is measured before anybody is told that time has passed it."""

    def __init__(self, rules: Rules, meta: Meta, scan: Scan) -> None:
        self.rules, self.meta, self.scan = rules, meta, scan
        #: how long events of each type are kept for it
        self.reach = reach(rules) if rules.book.calendar is not None else {}

    def asked(self, raw: bytes) -> Rows:
        """Return the row of something to measure."""
        one = MEASURE.decode(raw)
        return {measure_key(one.at, one.task): raw}

    def due(self, now: int, rows: dict[bytes, bytes | None]) -> Iterator[tuple[int, Measured]]:
        """Measure what is due by now, and give it with the partition that wants it. `rows` are those that go with this record."""
        for key, raw in self._between(MEASURES, MEASURES + order_of(now + 1), rows):
            one = MEASURE.decode(raw)
            found = effect(self.rules, one, self._kept(one.rule, rows))
            rows[key] = None
            yield one.home, Measured(one.task, one.at) if found is None else Measured(one.task, one.at, *found)

    def _kept(self, rule: str, rows: Rows) -> Kept:
        def let_go(types: Collection[str]) -> int:
            meta = self.meta
            return max([meta.known_from.get(rule, BEGINNING), *(meta.let_go.get(name, meta.pruned_at) for name in types)])

        def events(types: Collection[str], within: tuple[int, int], key: Mapping[str, str]) -> Iterator[Event]:
            since, until = (order_of(moment + 1) for moment in within)
            for name in sorted(types):
                for _, raw in self._between(type_key(name) + since, type_key(name) + until, rows):
                    event = self.rules.gate.unpack(raw)
                    if all(str(getattr(event, field, None)) in {value, "None"} for field, value in key.items()):
                        yield event

        return Kept(let_go, self.meta.history_from, events)

    def _between(self, start: bytes, end: bytes, rows: Rows) -> list[tuple[bytes, bytes]]:
        """Return the rows between two keys as they are once those of this record are written."""
        found: dict[bytes, bytes | None] = dict(self.scan(start, end))
        found |= {key: row for key, row in rows.items() if start <= key < end}
        return [(key, row) for key, row in sorted(found.items()) if row is not None]
