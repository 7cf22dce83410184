"""A watch as bytes and back: everything its fold keeps, so that a restart goes on as if nothing had happened.

A row is MessagePack. Each event stands in it once and is referred to by number, so is each finding; the marks travel too, because a
late fact after a restart must be able to go back as far as one before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from engine.events import instant_of
from engine.watching.finding import Finding, Notice
from engine.watching.mark import Mark
from engine.watching.sleeping import Sleeping
from engine.watching.watch import ANCHOR, FEW, NEVER

if TYPE_CHECKING:
    from engine.events import Event, Gate
    from engine.watching.watch import Watch

#: Raised when the meaning of a row changes: rows of another version are rebuilt from history.
VERSION = 4
EVENT, FINDING = 1, 2
#: Types that are packed as they are.
PLAIN = frozenset({int, float, str, bool, type(None)})
Ext = msgspec.msgpack.Ext
raw_events = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode


class Head(msgspec.Struct, array_like=True, gc=False):
    """What a row says before all else, so that a watch may sleep on it: read alone, it costs a hundredth of the row.

    `terms` are those of the plan that wrote it: under the same ones the row is read the same, and `armed` is its deadline.
    `newest` is the time of the newest fact, `found` whether there are findings.
    """

    version: int
    terms: bytes
    armed: int | None
    newest: int | None
    found: bool


head_of = msgspec.msgpack.Decoder(Head).decode


class Packer:
    """Writes one watch. Its facts have the first numbers; an event beside them gets the next one when it is met.

    A hot key is packed again and again, so what is done once a fact is left to C: a dict of a zip, one `encode` for all events.
    """

    def __init__(self, facts: list[Event]) -> None:
        self.packed = list(facts)
        self.events = dict(zip(map(id, facts), range(len(facts)), strict=False))
        self.findings: dict[int, int] = {}
        self.told: list[Any] = []

    def event(self, event: Event) -> int:
        """Return the number of an event, writing it down the first time."""
        number = self.events.get(id(event))
        if number is None:
            number = self.events[id(event)] = len(self.packed)
            self.packed.append(event)
        return number

    def numbers(self, events: list[Event]) -> list[int]:
        """Return the numbers of many events."""
        known = list(map(self.events.get, map(id, events)))
        return [self.event(event) for event in events] if None in known else known  # type: ignore[return-value] # none is missing

    def finding(self, finding: Finding) -> int:
        """Return the number of a finding, writing it down the first time."""
        number = self.findings.get(id(finding))
        if number is None:
            number = self.findings[id(finding)] = len(self.told)
            members = self.numbers(finding.members)
            plain = (finding.at, members, finding.value, finding.ended, finding.last, finding.lasts, finding.notice)
            self.told.append((self.event(finding.anchor), *plain))
        return number

    def plain(self, part: Any) -> Any:
        """Return a part of a fold's state with events and findings replaced by their numbers."""
        if type(part) in PLAIN:  # most parts, and every part of most watches: asked first
            return part
        if isinstance(part, Finding):
            return Ext(FINDING, msgspec.msgpack.encode(self.finding(part)))
        if isinstance(part, msgspec.Struct):
            return Ext(EVENT, msgspec.msgpack.encode(self.event(part)))  # type: ignore[arg-type] # the only structs in a state
        if isinstance(part, tuple | list):
            return [self.plain(each) for each in part]
        if isinstance(part, dict):
            return [[self.plain(name), value] for name, value in part.items()]
        return part


def newest(watch: Watch) -> int:
    """Return the time of the newest fact of a watch, without waking it."""
    if isinstance(watch, Sleeping):
        told = head_of(watch.packed).newest
        return NEVER if told is None else told
    return watch.times[-1] if watch.times else NEVER


def pack(watch: Watch) -> bytes:
    """Return the watch as one row. One that sleeps has not changed since it was read."""
    if isinstance(watch, Sleeping):
        return watch.packed
    packer = Packer(watch.facts)
    state = packer.plain(watch.state(lambda finding: finding))
    marks = [(mark.position, mark.at, [packer.finding(f) for f in mark.findings], packer.plain(mark.state)) for mark in watch.marks]
    row = (
        VERSION,
        watch.plan.terms,
        watch.armed,
        watch.times[-1] if watch.times else None,
        bool(watch.findings),
        len(watch.facts),
        watch.roles,
        [packer.event(event) for event in watch.aside],
        (watch.offset, watch.frozen, watch.mark_at if watch.near is None else watch.near.far_at, watch.settled, *watch.told_eras()),
        [packer.finding(finding) for finding in watch.findings],
        state,
        marks,
        msgspec.msgpack.encode(packer.packed),
        packer.told,
        watch.lent,
    )
    return msgspec.msgpack.encode(row)


class Unpacker:
    """Reads one watch."""

    def __init__(self, gate: Gate, packed: bytes, told: list[Any]) -> None:
        self.events = [gate.unpack(event) for event in raw_events(packed)]
        self.findings = [self._finding(*parts) for parts in told]

    def _finding(self, anchor: int, at: int, members: list[int], value: float | None, *rest: Any) -> Finding:
        finding = Finding(self.events[anchor], at, [self.events[number] for number in members], value)
        finding.ended, finding.last, finding.lasts, notice = rest
        finding.notice = None if notice is None else msgspec.convert(notice, Notice, strict=False)
        return finding

    def whole(self, part: Any) -> Any:
        """Return a part of a state with numbers replaced by events and findings."""
        if isinstance(part, Ext):
            number = msgspec.msgpack.decode(part.data)
            return self.findings[number] if part.code == FINDING else self.events[number]
        if isinstance(part, list | tuple):
            return tuple(self.whole(each) for each in part)
        return part


def unpack(watch: Watch, row: bytes, gate: Gate) -> None:
    """Fill a new watch from its row. Raises msgspec.DecodeError where the row is of another version or shape."""
    version, *parts = msgspec.msgpack.decode(row)
    if version != VERSION:
        raise msgspec.DecodeError(f"row of version {version}, this program reads version {VERSION}")
    *_, facts, roles, aside, numbers, findings, state, marks, packed, told, lent = parts
    reader = Unpacker(gate, packed, told)
    watch.lent = lent
    watch.facts = reader.events[:facts]
    watch.times = [instant_of(event) for event in watch.facts]
    if watch.plan.has_parts:
        watch.roles = roles or [ANCHOR] * facts
    watch.aside = tuple(reader.events[number] for number in aside)
    watch.offset, watch.frozen, watch.mark_at, watch.settled, *eras = numbers
    watch.take_eras(eras)
    watch.mark_from = (marks[-1][0] if marks else 0) + FEW
    watch.findings = [reader.findings[number] for number in findings]
    last, operator = reader.whole(state)
    watch.last = last
    watch.load(operator, lambda finding: finding)
    watch.marks = [
        Mark(position, at, [reader.findings[number] for number in kept], reader.whole(saved)) for position, at, kept, saved in marks
    ]
