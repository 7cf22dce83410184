"""The share of one partition: every watch whose key is judged there, in memory, and as rows. It is told everything and waits for nothing.

The same verbs of the engine in the same order as in the embedded runtime: events are received as they stand in the log, at the time
that stands still meanwhile; time moves when all feeds have been read so far.

Longer than most modules: events, findings, time and rules meet in one record, and in one transaction.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from engine.events import instant_of
from engine.watching import Part, Sharding, Watching, encode_change
from streams.clock import moment
from streams.kafka.inbox import Areas, Case
from streams.kafka.measuring import Measuring
from streams.kafka.packet import ASKED, EVENT, FOUND, NO_EVENT, UNFOUND, Source, Word, encode, level_of
from streams.kafka.routing import owner
from streams.kafka.rows import BEGINNING, EVENTS, META, WATCH, Meta, behind, event_key, order_of, type_key, watch_key, watch_of
from streams.terms import is_for_casework

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from engine.events import Event
    from engine.watching import Change
    from streams.kafka.packet import Entry, Packet
    from streams.kafka.routing import Partitions
    from streams.rules import Rules

    Row = tuple[bytes, bytes]

SECOND = 1_000_000
#: How often kept events are let go, and how many at once at most: each is a record of the log.
PRUNING, MOST = 3600 * SECOND, 5_000
#: How often time is noted at least while nothing else happens.
HEARTBEAT = 5 * SECOND
pack_event = msgspec.msgpack.Encoder().encode


@dataclass(slots=True)
class Outcome:
    """What one packed record brings about."""

    rows: dict[bytes, bytes | None] = field(default_factory=dict)
    #: task and line of each change
    changes: list[tuple[str, bytes]] = field(default_factory=list)
    words: list[bytes] = field(default_factory=list)
    #: by partition of the casework stage, what it is told: changes, and up to when everything has come here
    cases: dict[int, Case] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing has to be written."""
        return not (self.rows or self.changes or self.words or self.cases)


@dataclass(frozen=True, slots=True)
class Place:
    """Which partition this is, and how the others are found."""

    partition: int
    partitions: Partitions
    findings: str
    #: gives the rows of the partition between two keys
    scan: Callable[[bytes, bytes | None], Iterator[Row]]


class Share:
    """Everything of one partition."""

    def __init__(self, place: Place, rules: Rules, meta: Meta | None = None) -> None:
        self.place, self.rules = place, rules
        self.meta = Meta(rules.version, collects=collected(rules)) if meta is None else meta
        #: the last record that was looked at, and the last one that rows come of
        self.position = self.written = self.meta.position
        self.marks = {Source(topic, partition): time for topic, partition, time in self.meta.marks}
        self.counts = Counter(self.meta.counts)
        self._noted_at = self._told_at = 0
        self._reached_before = BEGINNING
        self._open(rules)

    # Worlds -----------------------------------------------------------------------------------------------------------

    def _open(self, rules: Rules) -> None:
        """Make the worlds of a rulebook, filled from the rows that this share has."""
        self.rules, self.areas = rules, Areas(rules)
        self.sharding = Sharding(rules.book, rules.gate)
        self.measuring = Measuring(rules, self.meta, self.place.scan)
        self.worlds = [self._world(number) for number in range(len(self.sharding.groups))]
        self._fill()

    def _world(self, number: int) -> Watching:
        group = self.sharding.groups[number]
        is_mine = owner(self.sharding, self.place.partitions, self.place.partition, number)
        part = Part(is_mine, group.tells)
        world = Watching(self.sharding.book(group), self.rules.gate, places=self.rules.places, part=part)
        world.history_from = self.meta.history_from
        world.progress.load(self.meta.progress.get(self._name(number)) or [self._reached(), BEGINNING, []])
        for name, plan in world.plans.items():
            plan.known_from = self.meta.known_from.get(name, plan.known_from)
        return world

    def _name(self, number: int) -> str:
        group = self.sharding.groups[number]
        return "\x1f".join([*group.fields, str(group.level)])

    def _reached(self) -> int:
        """Return how far time has come in the group that is furthest behind: where a new group begins."""
        return min((saved[0] for saved in self.meta.progress.values()), default=BEGINNING)

    def _fill(self) -> None:
        """Give the worlds the watches that still mean the same, and tell them of every event that was judged."""
        where = {name: world for world in self.worlds for name in world.plans}
        known = self.meta.collects
        fits = {name for name, world in where.items() if known.get(name) == world.plans[name].rule.collects}
        kept: dict[str, list[tuple[str, bytes, bytes]]] = {}
        for key, row in self.place.scan(WATCH, behind(WATCH)):
            rule, packed = watch_of(key)
            if rule in fits:
                kept.setdefault(rule, []).append((rule, packed, row))
        for rule, rows in kept.items():
            where[rule].restore(rows)
        for world in self.worlds:
            recall(world)
        for _, row in self.place.scan(EVENTS, behind(EVENTS)):
            self._remember(self.rules.gate.unpack(row))

    def _remember(self, event: Event) -> None:
        for way in self.sharding.ways(event):
            self.worlds[way.group].remember(event)

    def take_up(self, rules: Rules) -> dict[bytes, bytes | None]:
        """Go on under another rulebook, and return the rows that fall away: of rules that look for something else, or are gone."""
        now, before, after = self.reached, self.meta.collects, collected(rules)
        anew = {name for name, collects in after.items() if before.get(name) != collects}
        gone = (before.keys() - after.keys()) | (anew & before.keys())
        self._save()
        self.meta.version, self.meta.collects = rules.version, {name: hashed for name, hashed in after.items() if name not in anew}
        self.meta.known_from = {name: at for name, at in self.meta.known_from.items() if name in after} | dict.fromkeys(sorted(anew), now)
        self.close()
        self._open(rules)
        self.meta.collects = after
        return {key: None for key, _ in self.place.scan(WATCH, behind(WATCH)) if watch_of(key)[0] in gone}

    @property
    def watches(self) -> int:
        """Return how many watches this share has."""
        return sum(len(lane.watches) for world in self.worlds for lane in world.lanes.values())

    @property
    def reached(self) -> int:
        """Return the time that the group which is furthest behind goes by."""
        return min((world.now for world in self.worlds), default=BEGINNING)

    def close(self) -> None:
        """Let go of everything at once: a world is a circle."""
        for world in self.worlds:
            world.close()

    # What comes -------------------------------------------------------------------------------------------------------

    def receive(self, packet: Packet, offset: int, arrived: int, newer: Rules | None = None) -> Outcome:
        """Return what a packed record brings about. `arrived` is when the brokers took it, `newer` a rulebook to go by from here on."""
        outcome = Outcome()
        self.position = offset
        if newer is not None:
            outcome.rows.update(self.take_up(newer))
        self._learn(packet)
        self._reached_before = self.reached
        is_other = packet.version != self.rules.version
        for entry in packet.entries:
            self._take(entry, is_other=is_other, arrived=arrived, outcome=outcome)
        for heard in packet.heard:
            for world in self.worlds:
                world.hear(heard.kind, heard.source, heard.time)
        if packet.marks:
            self._tick(outcome)
        self._collect(outcome, arrived, offset)
        if packet.marks and arrived - self._told_at >= SECOND // 2:
            self._tell_time(outcome, arrived)
        return outcome

    def _learn(self, packet: Packet) -> None:
        if packet.history_from is not None and packet.history_from < (self.meta.history_from or packet.history_from + 1):
            self.meta.history_from = packet.history_from
            for world in self.worlds:
                world.history_from = packet.history_from
        if packet.expected:
            self.meta.expected = packet.expected
        for mark in packet.marks:
            source = Source(mark.topic, mark.partition)
            self.marks[source] = max(mark.time, self.marks.get(source, mark.time))

    def _take(self, entry: Entry, *, is_other: bool, arrived: int, outcome: Outcome) -> None:
        raw = bytes(entry.event)
        if entry.verb == ASKED:
            outcome.rows.update(self.measuring.asked(raw))
            return
        event = self.rules.gate.unpack(raw)
        if entry.verb != EVENT:
            self._count_finding(entry, event, raw, outcome)
            return
        at, kind = instant_of(event), event.kind
        is_used = False
        for number in self._groups_here(event) if is_other else entry.groups:
            world = self.worlds[number]
            if self.meta.history_from is None:
                self.meta.history_from = at
            if world.history_from is None:
                world.history_from = self.meta.history_from
            world.receive(event, world.now, at)
            is_used = is_used or at >= world.now - world.by_name[kind.name].span
        self._tally(event, at, arrived, is_used=is_used)
        if is_used:
            outcome.rows[event_key(event, at)] = raw

    def _tally(self, event: Event, at: int, arrived: int, *, is_used: bool) -> None:
        self.counts["events"] += 1
        if not is_used:
            self.counts["too old"] += 1
        elif at + event.kind.late_by < self._reached_before:
            self.counts["late"] += 1
        elif at - event.kind.ahead_by > arrived:
            self.counts["ahead"] += 1

    def _count_finding(self, entry: Entry, event: Event, raw: bytes, outcome: Outcome) -> None:
        """Take in a finding of another group, once: intake may deliver it again after a crash."""
        partition, offset = entry.origin or (0, 0)
        if offset <= self.meta.origins.get(partition, -1):
            return
        self.meta.origins[partition] = offset
        for number in entry.groups:
            self.worlds[number].count(event, stands=entry.verb == FOUND)
        outcome.rows[event_key(event, instant_of(event))] = raw if entry.verb == FOUND else None

    def _groups_here(self, event: Event) -> list[int]:
        """Return the groups that an event concerns in this partition: it was admitted by another rulebook."""
        partition, of = self.place.partition, self.place.partitions.of
        return [way.group for way in self.sharding.ways(event) if way.key is None or of(way.key) == partition]

    # Time -------------------------------------------------------------------------------------------------------------

    def settled(self, level: int) -> int | None:
        """Return the time up to which everything that a level waits for has come, None before all of it has been heard of."""
        below = {level_of(self.place.findings, one) for one in range(level)}
        above = {level_of(self.place.findings, one) for one in self.sharding.levels} - below
        wanted = [Source(topic, number) for topic, count in self.meta.expected.items() if topic not in above for number in range(count)]
        times = [self.marks.get(source) for source in wanted]
        return None if None in times or not times else min(time for time in times if time is not None)

    def waits_for(self) -> list[tuple[Source, int | None]]:
        """Return the partitions of feeds that time waits for, the slowest first, with how far each has come."""
        wanted = [Source(topic, number) for topic, count in self.meta.expected.items() for number in range(count)]
        return sorted(((source, self.marks.get(source)) for source in wanted), key=lambda pair: pair[1] or BEGINNING)

    def _tick(self, outcome: Outcome) -> None:
        for number, world in enumerate(self.worlds):
            time = self.settled(self.sharding.groups[number].level)
            if time is not None and time > world.now:
                world.tick(time)
                self._prune(world, time, outcome)
        for level in self.sharding.levels:
            time = min(
                world.now for world, group in zip(self.worlds, self.sharding.groups, strict=True) if group.tells and group.level == level
            )
            if time >= self.meta.said.get(level, BEGINNING) + SECOND // 2:
                self._collect_findings(outcome)
                outcome.words.append(encode(Word(EVENT, NO_EVENT, time, level)))
                self.meta.said[level] = time

    def _prune(self, world: Watching, now: int, outcome: Outcome) -> None:
        """Let go of events that no rule of this share can use any more."""
        if now - self.meta.pruned_at < PRUNING:
            return
        self.meta.pruned_at = now
        spans = dict(self.measuring.reach)
        for one in self.worlds:
            for kind in one.kinds.values():
                spans[kind.kind.name] = max(kind.span, spans.get(kind.kind.name, 0))
        for name, span in spans.items():
            self.meta.let_go[name] = max(self.reached - span, self.meta.let_go.get(name, BEGINNING))
            start, end = type_key(name), type_key(name) + order_of(self.reached - span)
            for key, _ in self.place.scan(start, end):
                outcome.rows[key] = None
                if len(outcome.rows) >= MOST:
                    self.meta.pruned_at = BEGINNING
                    return

    # Out --------------------------------------------------------------------------------------------------------------

    def _collect(self, outcome: Outcome, arrived: int, offset: int) -> None:
        for world in self.worlds:
            outcome.rows.update({watch_key(rule, key): row for rule, key, row in world.take_rows()})
            self._publish(world.take_changes(), arrived, outcome)
        self._collect_findings(outcome)
        if not outcome.is_empty or arrived - self._noted_at >= HEARTBEAT:
            self._noted_at = arrived
            self.meta.position = self.written = offset
            self._save()
            outcome.rows[META] = msgspec.msgpack.encode(self.meta)

    def _save(self) -> None:
        self.meta.marks = [(*source, time) for source, time in self.marks.items()]
        self.meta.progress = {self._name(number): world.progress.save() for number, world in enumerate(self.worlds)}
        self.meta.counts = dict(self.counts)

    def _publish(self, changes: Iterable[Change], arrived: int, outcome: Outcome) -> None:
        decided = moment(arrived)  # the brokers' time: decided again after a crash, it says the same
        for change in changes:
            change.decided_at = decided
            outcome.changes.append((change.task_id, encode_change(change)))
            self.counts[f"published {change.rule}"] += 1
            if self.rules.book.calendar is not None and is_for_casework(change):
                home = self.place.partitions.of(self.areas.of(change.to.unit or ""))
                self._case(outcome, home).changes.append(outcome.changes[-1][1])

    def _case(self, outcome: Outcome, partition: int) -> Case:
        return outcome.cases.setdefault(partition, Case(self.rules.version, [], measured=[]))

    def _tell_time(self, outcome: Outcome, arrived: int) -> None:
        """Tell everybody who counts deadlines that what came here by now has been judged and told."""
        self._told_at = arrived
        if self.rules.book.calendar is not None:
            for home, measured in self.measuring.due(arrived, outcome.rows):
                self._case(outcome, home).measured.append(measured)
            for partition in range(self.place.partitions.count):
                self._case(outcome, partition).reached = (self.place.partition, arrived)

    def _collect_findings(self, outcome: Outcome) -> None:
        for number, world in enumerate(self.worlds):
            level = self.sharding.groups[number].level
            for event, stands in world.take_findings():
                outcome.words.append(encode(Word(FOUND if stands else UNFOUND, msgspec.Raw(pack_event(event)), None, level)))


def collected(rules: Rules) -> dict[str, str]:
    """Return what each awake rule of a rulebook collects."""
    return {name: rule.collects for name, rule in rules.book.rules.items() if rule.status in {"live", "shadow"}}


def recall(world: Watching) -> None:
    """Have a world know the findings of its own rules that others of its rules count: they stand in no row but in the watches that do."""
    counted = world.sequel.counted
    for name, lane in world.lanes.items():
        if world.plans[name].types & counted:
            for watch in lane.watches.values():
                for fact in watch.facts:
                    if fact.kind.name in counted:
                        world.remember(fact)
