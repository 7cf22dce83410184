"""From records of feeds to packed records: decoded, placed, sent where their keys are judged. Knows no Kafka client and no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from aiokafka.partitioner import murmur2

from engine.events import Rejected, instant_of
from engine.watching import Sharding, Whereabouts
from streams.effects import MEASURE
from streams.kafka.packet import ASKED, EVENT, FOUND, NO_EVENT, UNFOUND, Entry, Packet, decode_word, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from engine.events import Event
    from streams.rules import Rules

#: How many keys the way to their partition is remembered of: working it out takes longer than decoding the event.
REMEMBERED = 200_000
#: Records that are decoded at once: more would leave the processor's cache.
STRETCH = 256
#: The largest record with one event, and with a list of them, in bytes. What comes of it has to fit into records of ours.
LONGEST, LONGEST_LIST = 1_000_000, 4_000_000
BRACE, BRACKET = b"{", b"["
pack_event = msgspec.msgpack.Encoder().encode


class Came(NamedTuple):
    """One record of a feed."""

    topic: str
    partition: int
    offset: int
    #: when the brokers took it, in microseconds
    arrived: int
    value: bytes
    headers: Mapping[str, str]


class Rejection(NamedTuple):
    """Part `number` of a record that is no event."""

    record: Came
    number: int
    why: Rejected


class Partitions:
    """Which partition a key is judged in: murmur2, as every Kafka client does it. What was worked out is remembered for a while."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._known: dict[str, int] = {}

    def of(self, key: str) -> int:
        """Return the partition of a key."""
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[key] = (murmur2(key.encode()) & 0x7FFFFFFF) % self.count
        return found


@dataclass(slots=True)
class Batch:
    """What became of some records: packed records by partition, what was rejected, and what was seen of time."""

    packets: list[tuple[int, bytes]] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    accepted: int = 0
    no_key: int = 0
    #: the earliest event time of the batch, and the latest one of each partition of a feed (never after its arrival)
    first: int | None = None
    latest: dict[tuple[str, int], int] = field(default_factory=dict)
    #: declared sources that were heard, by the partition of the feed that told them
    heard: dict[tuple[str, int], set[tuple[str, str]]] = field(default_factory=dict)
    #: up to when levels and partitions of the findings have come, in their own words
    told: dict[tuple[int, int], int] = field(default_factory=dict)


class Router:
    """One rulebook's way of sending events where they belong."""

    def __init__(self, rules: Rules, partitions: Partitions, *, most: int, size: int, longest: int = LONGEST) -> None:
        self.rules, self.longest = rules, longest
        self.sharding = Sharding(rules.book, rules.gate)
        self.partitions = partitions
        self._most, self._size = most, size
        self._everywhere = range(partitions.count)
        self._place = Whereabouts(rules.places).place
        self._placed = {
            name: struct.kind for name, struct in rules.gate.structs.items() if any(one.placed for one in struct.kind.fields.values())
        }
        self._declared = {name for name, struct in rules.gate.structs.items() if struct.kind.sources}

    def route(self, records: Sequence[Came], findings: str, history_from: int | None = None) -> Batch:
        """Return what becomes of records, in their order. `findings` is the topic whose records are findings of our own."""
        batch = Batch()
        packs = Packs(self.rules.version, history_from, self._most, self._size)
        for stretch in stretches(records, findings):
            if stretch[0].topic == findings:
                self._findings(stretch, batch, packs)
            else:
                self._events(stretch, batch, packs)
        batch.packets = packs.done()
        return batch

    def _events(self, records: Sequence[Came], batch: Batch, packs: Packs) -> None:
        for record, outcome, number in self._decoded(records):
            if isinstance(outcome, Rejected):
                batch.rejected.append(Rejection(record, number, outcome))
                continue
            kind, at = outcome.kind, instant_of(outcome)
            source = (record.topic, record.partition)
            if kind.name in self._placed:
                self._place(kind, outcome, at)
            if kind.name in self._declared and outcome.source:
                batch.heard.setdefault(source, set()).add((kind.name, outcome.source))
            batch.accepted += 1
            if batch.first is None:
                batch.first = at
            if at <= record.arrived and at > batch.latest.get(source, at - 1):
                batch.latest[source] = at
            self._send(outcome, EVENT, None, packs)

    def _decoded(self, records: Sequence[Came]) -> Iterator[tuple[Came, Event | Rejected, int]]:
        values = [record.value for record in records]
        if max(map(len, values)) > self.longest:
            yield from self._decoded_if_short(records)
            return
        if all(value[:1] == BRACE for value in values) and not any(record.headers for record in records):
            for record, outcome in zip(records, self.rules.gate.decode_lines(values), strict=True):
                yield record, outcome, 0
            return
        for record in records:
            yield from self._decoded_alone(record)

    def _decoded_if_short(self, records: Sequence[Came]) -> Iterator[tuple[Came, Event | Rejected, int]]:
        """Give what is in records, some of which may be too long to be looked into."""
        for record in records:
            limit = LONGEST_LIST if record.value.lstrip()[:1] == BRACKET else self.longest
            if len(record.value) <= limit:
                yield from self._decoded_alone(record)
            else:
                right = "an event is short; CLEARLY_EVENT_LIMIT sets the bound"
                yield record, Rejected(code="too-long", reason=f"longer than {limit:,} bytes", right=right, raw=record.value), 0

    def _decoded_alone(self, record: Came) -> Iterator[tuple[Came, Event | Rejected, int]]:
        for number, outcome in enumerate(self.rules.gate.decode(record.value, record.headers or None)):
            yield record, outcome, number

    def _send(self, event: Event, verb: int, origin: tuple[int, int] | None, packs: Packs) -> None:
        ways = self.sharding.ways(event)
        if not ways:
            return
        raw = pack_event(event)
        if len(ways) == 1 and ways[0].key is not None:
            packs.add(self.partitions.of(ways[0].key), Entry([ways[0].group], msgspec.Raw(raw), verb, origin), len(raw))
            return
        here: dict[int, list[int]] = {}
        for group, key in ways:
            for partition in self._everywhere if key is None else (self.partitions.of(key),):
                here.setdefault(partition, []).append(group)
        for partition, groups in here.items():
            packs.add(partition, Entry(groups, msgspec.Raw(raw), verb, origin), len(raw))

    def _findings(self, records: Sequence[Came], batch: Batch, packs: Packs) -> None:
        for record in records:
            try:
                word = decode_word(record.value)
                if word.time is not None:
                    batch.told[word.level, record.partition] = word.time
                if word.verb == ASKED:
                    self._ask(word.event, (record.partition, record.offset), packs)
                elif word.event != NO_EVENT:
                    verb = FOUND if word.verb == FOUND else UNFOUND
                    self._send(self.rules.gate.unpack(bytes(word.event)), verb, (record.partition, record.offset), packs)
            except (msgspec.DecodeError, ValueError) as error:
                why = Rejected(code="finding", reason=f"not a finding that this rulebook knows ({str(error).lower()})", raw=record.value)
                batch.rejected.append(Rejection(record, 0, why))

    def _ask(self, measure: msgspec.Raw, origin: tuple[int, int], packs: Packs) -> None:
        """Send what is to be measured where the key is judged; nowhere where its rule is judged no longer."""
        asked = MEASURE.decode(measure)
        key = self.sharding.key_of(asked.rule, asked.key)
        if key is not None:
            raw = bytes(measure)
            packs.add(self.partitions.of(key), Entry([], msgspec.Raw(raw), ASKED, origin), len(raw))


class Packs:
    """Packed records in the making: one for each partition, closed when it is full."""

    def __init__(self, version: str, history_from: int | None, most: int, size: int) -> None:
        self._open: dict[int, Packet] = {}
        self._bytes: dict[int, int] = {}
        self._done: list[tuple[int, bytes]] = []
        self._version, self._history_from = version, history_from
        self._most, self._size = most, size

    def add(self, partition: int, entry: Entry, length: int) -> None:
        """Add an entry to the record of a partition."""
        packet = self._open.get(partition)
        if packet is None:
            packet = self._open[partition] = Packet(self._version, history_from=self._history_from, entries=[])
            self._bytes[partition] = 0
        packet.entries.append(entry)
        self._bytes[partition] += length
        if len(packet.entries) >= self._most or self._bytes[partition] >= self._size:
            self._close(partition)

    def _close(self, partition: int) -> None:
        self._done.append((partition, encode(self._open.pop(partition))))

    def done(self) -> list[tuple[int, bytes]]:
        """Return every record, in the order in which each partition has to get them."""
        for partition in list(self._open):
            self._close(partition)
        return self._done


def stretches(records: Sequence[Came], findings: str) -> Iterator[Sequence[Came]]:
    """Return records in stretches of one kind that are decoded at once."""
    start = 0
    for place in range(1, len(records) + 1):
        is_other = place < len(records) and (records[place].topic == findings) != (records[start].topic == findings)
        if place == len(records) or is_other or place - start >= STRETCH:
            yield records[start:place]
            start = place


def owner(sharding: Sharding, partitions: Partitions, partition: int, group: int) -> Callable[[Event], bool]:
    """Return what says whether an event of a group is judged in one partition."""
    mine = sharding.groups[group]

    def is_mine(event: Event) -> bool:
        key = sharding.key(mine, event)
        return key is not None and partitions.of(key) == partition

    return is_mine
