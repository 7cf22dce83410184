"""Which watches an event concerns: rules compiled, per event type, into one Python function.

The function reads the conditions as written in `engine.language.condition`, finds the watch of each rule by its key and hands the
event over. It is made three times: `take` for the ordinary case, `insert` and `drop` for corrections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from engine.events import instant_of
from engine.language import Count, Rate, Total
from engine.language.condition import RUNTIME
from engine.watching.code import code_of
from engine.watching.finding import identity
from engine.watching.packing import newest
from engine.watching.plan import KEEP
from engine.watching.progress import NEVER
from engine.watching.sleeping import lay_down

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.events import Event, EventType, Gate
    from engine.language import Selection
    from engine.watching.plan import Plan
    from engine.watching.watch import Watch

    Admit = Callable[[Event, int], None]


#: Marks the rows of a lane's common events among the rows of its watches; no key field is called so.
COMMON = "\u0000common"


class Lane:
    """The watches of one rule, by key.

    `common` holds, for parts of the rule whose key is narrower than the anchor's, the events that concern many keys at once, so
    that a watch which begins later knows them too.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.watches: dict[Any, Watch] = {}
        self.no_key = 0
        #: keys of watches that were let go since rows were last taken; none where nothing is stored
        self.gone: list[tuple[Any, ...]] = []
        self._changed: set[tuple[int, tuple[Any, ...]]] = set()
        self._sweep_at = NEVER
        self._patience = 1
        same = plan.rule.anchor.same
        self.narrow = {
            number: tuple(same.index(name) for name in other.same)
            for number, other in enumerate(plan.rule.others, start=1)
            if set(other.same) != set(same)
        }
        self.common: dict[tuple[int, tuple[Any, ...]], list[tuple[int, Event]]] = {}
        self.members: dict[tuple[int, tuple[Any, ...]], list[Watch]] = {}

    def of(self, key: tuple[Any, ...]) -> Watch | None:
        """Return the watch of a key, if there is one."""
        return self.watches.get(key if len(key) != 1 else key[0])

    def begin(self, found: Any, key: tuple[Any, ...], *, told: bool = True) -> Watch:
        """Return a new watch for a key, told of the common events that concern it."""
        watch = self.watches[found] = self.plan.watch(self.plan, key)
        for values in self._join(watch) if self.narrow else ():
            for t, event in self.common.get(values, ()) if told else ():
                watch.take(t, event, 1 << values[0])
        return watch

    def lay_down(self, found: Any, key: tuple[Any, ...], packed: bytes) -> Watch:
        """Return the watch of a key as a row says it is, which sleeps until something is asked of it."""
        watch = self.watches[found] = lay_down(self.plan, key, packed)
        if self.narrow:
            self._join(watch)
        return watch

    def _join(self, watch: Watch) -> list[tuple[int, tuple[Any, ...]]]:
        """Put a watch among those that share narrower keys with it, and return these keys."""
        keys = [(number, tuple(watch.key[place] for place in places)) for number, places in self.narrow.items()]
        for values in keys:
            self.members.setdefault(values, []).append(watch)
        return keys

    def broadcast(self, number: int, values: tuple[Any, ...], t: int, event: Event, verb: str) -> None:
        """Hand an event to every watch that shares the values of a narrower key, and keep it for those to come."""
        kept = self.common.setdefault((number, values), [])
        self._changed.add((number, values))
        if verb == "drop":
            kept[:] = [pair for pair in kept if identity(pair[1]) != identity(event)]
        else:
            kept.append((t, event))
        for watch in self.members.get((number, values), ()):
            getattr(watch, verb)(t, event, 1 << number)

    def change_all_common(self) -> None:
        """Have `take_common` return every row next time."""
        self._changed.update(self.common)

    def take_common(self) -> list[tuple[tuple[Any, ...], bytes]]:
        """Return the rows of common events that changed since the last call."""
        changed, self._changed = self._changed, set()
        return [
            ((COMMON, number, *values), msgspec.msgpack.encode([msgspec.msgpack.encode(event) for _, event in self.common[number, values]]))
            for number, values in changed
        ]

    def restore_common(self, key: tuple[Any, ...], row: bytes, gate: Gate) -> None:
        """Take back a row of common events."""
        events = [gate.unpack(packed) for packed in msgspec.msgpack.decode(row)]
        self.common[key[1], key[2:]] = [(instant_of(event), event) for event in events]

    def sweep(self, now: int) -> int:
        """Let go of the watches that nothing can concern any more, if it is time to, and return when to come again."""
        if now > self._sweep_at:
            horizon = now - self.plan.span
            # most watches have a fact that is new enough: seeing that here saves asking each of them
            edge = horizon - self.plan.reach
            if self._sweep_at == NEVER:
                # what came until now stays that long in any case
                self._sweep_at = now + max(now - edge, KEEP)
                return self._sweep_at
            quiet = [(found, watch) for found, watch in self.watches.items() if newest(watch) < edge]
            gone = [found for found, watch in quiet if watch.is_idle(horizon)]
            # where most watches stay, for example because their episodes stand, looking at all of them often is lost time
            self._patience = 1 if 4 * len(gone) >= len(self.watches) else min(2 * self._patience, 4)
            for found in gone:
                self.remove(found)
            self._sweep_at = now + max(self.plan.stride, KEEP) * self._patience
        return self._sweep_at

    def remove(self, found: Any) -> None:
        """Let go of a watch."""
        if self.plan.dirty is not None:
            self.gone.append(self.watches[found].key)
        self.discard(self.watches[found].key)

    def discard(self, key: tuple[Any, ...]) -> None:
        """Forget the watch of a key, if there is one: another one takes its place."""
        watch = self.watches.pop(key if len(key) != 1 else key[0], None)
        if watch is None:
            return
        watch.armed = None
        for number, places in self.narrow.items():
            self.members[number, tuple(watch.key[place] for place in places)].remove(watch)


def compiled(kind: EventType, lanes: Iterable[Lane], verb: str) -> Admit:
    """Return a function (event, time) that hands an event of this type to the watches it concerns."""
    names: dict[str, Any] = dict(RUNTIME)
    body = []
    for number, lane in enumerate(lanes):
        names[f"lane{number}"] = lane
        names[f"find{number}"] = lane.watches.get
        names[f"begin{number}"] = lane.begin
        for part in (lane.plan.rule.anchor, *lane.plan.rule.others):
            for condition in part.conditions:
                names.update(condition.names)
        body += lane_lines(kind, lane, number, verb)
    if not body:
        return concerns_nobody
    text = "def admit(e, t):\n" + "\n".join(f"    {line}" for line in body)
    exec(code_of(text, "exec", f"<rules on {kind.name}>"), names)  # noqa: S102 - made of checked trees only
    admit: Admit = names["admit"]
    return admit


def concerns_nobody(event: Event, t: int) -> None:
    """Do nothing: no rule reads events of this type."""


def lane_lines(kind: EventType, lane: Lane, number: int, verb: str) -> list[str]:
    """Return the lines that serve one rule."""
    rule = lane.plan.rule
    parts = [(0, rule.anchor), *enumerate(rule.others, start=1)]
    mine = [(bit, part) for bit, part in parts if kind.name in part.events]
    whole = [(bit, part) for bit, part in mine if bit not in lane.narrow]
    lines = []
    for bit, part in mine:
        if bit in lane.narrow:
            values = "".join(f"e.{name}, " for name in part.same)
            lines += [f"if {holds(part)}:", f"    lane{number}.broadcast({bit}, ({values}), t, e, {verb!r})"]
    if not whole:
        return lines
    if len(whole) == 1:
        bit, part = whole[0]
        return lines + single_lines(kind, lane, number, verb, bit, part)
    terms = " | ".join(f"({1 << bit} if {holds(part)} else 0)" for bit, part in whole)
    return [*lines, f"role = {terms}", "if role:", *indented(watch_lines(kind, lane, number, verb, "role"))]


def single_lines(kind: EventType, lane: Lane, number: int, verb: str, bit: int, part: Selection) -> list[str]:
    """Return the lines for a type that plays one part in a rule."""
    condition = holds(part)
    lines = watch_lines(kind, lane, number, verb, str(1 << bit))
    if condition == "True":
        return lines
    lines = [f"if {condition}:", *indented(lines)]
    if bit == 0 and isinstance(lane.plan.rule.pattern, Count | Total | Rate):
        lines += ["else:", *indented(watch_lines(kind, lane, number, "pass_by" if verb != "drop" else "pass_over", ""))]
    return lines


def watch_lines(kind: EventType, lane: Lane, number: int, verb: str, role: str) -> list[str]:
    """Return the lines that find the watch of a key and hand the event over."""
    same = lane.plan.rule.anchor.same
    key = "(" + "".join(f"e.{name}, " for name in same) + ")"
    found = f"e.{same[0]}" if len(same) == 1 else key
    arguments = ", ".join(["t", "e", *([role] if role and role != "1" else [])])
    fresh = (
        []
        if verb.startswith(("drop", "pass_over"))
        else ["if w is None:", f"    w = begin{number}(k, {'k' if len(same) != 1 else '(k,)'})"]
    )
    call = [f"w.{verb}({arguments})"] if fresh else ["if w is not None:", f"    w.{verb}({arguments})"]
    lines = [f"k = {found}", f"w = find{number}(k)", *fresh, *call]
    missing = [f"e.{name} is None" for name in same if kind.fields[name].optional]
    if missing:
        return [f"if {' or '.join(missing)}:", f"    lane{number}.no_key += 1", "else:", *indented(lines)]
    return lines


def holds(part: Selection) -> str:
    """Return the conditions of a selection as one Python expression."""
    return " and ".join(f"({condition.python('e')})" for condition in part.conditions) or "True"


def indented(lines: list[str]) -> list[str]:
    """Return the lines one step further in."""
    return [f"    {line}" for line in lines]
