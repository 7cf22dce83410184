"""One event type as a world knows it: the rules on it, compiled, and the events of it that were seen."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.events import readers
from engine.watching.admission import compiled
from engine.watching.plan import KEEP
from engine.watching.progress import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.events import Event
    from engine.watching.admission import Admit, Lane


class Kind:
    """What a world knows of one event type: its rules, compiled, and the events that it has seen."""

    def __init__(self, struct: type[Event], lanes: list[Lane], *, retracted: bool) -> None:
        kind = struct.kind
        self.kind = kind
        self.instant, self.name = readers(struct)
        mine = [lane for lane in lanes if kind.name in lane.plan.types]
        self.span = max((lane.plan.span for lane in mine), default=KEEP)
        self._lanes = mine
        self.admit = compiled(kind, mine, "take")
        self.is_watched = bool(mine)
        self.is_placed = any(field.placed for field in kind.fields.values())
        #: by name, or by source and name: the event, or its moment alone where it was judged before a restart and nobody asked for it yet
        self.seen: dict[Any, Any] = {}
        #: ids that were withdrawn, in case the event itself comes later
        self.withdrawn: dict[Any, Event] = {}
        self.is_plain = not (kind.sources or kind.retracts or self.is_placed or retracted)
        self.is_ignored = self.is_plain and not self.is_watched
        self._sweep_at = NEVER

    @cached_property
    def insert(self) -> Admit:
        """Return what puts a corrected event in its place; most worlds never ask for it."""
        return compiled(self.kind, self._lanes, "insert")

    @cached_property
    def drop(self) -> Admit:
        """Return what takes an event back."""
        return compiled(self.kind, self._lanes, "drop")

    def restrict(self, is_mine: Callable[[Event], bool]) -> None:
        """Hand over only the events for which `is_mine` says yes, where others may come too. All of them are known all the same."""
        if not (self.kind.revision or self.kind.retracts):
            return
        admit, insert = self.admit, self.insert

        def admit_mine(event: Event, t: int) -> None:
            if is_mine(event):
                admit(event, t)

        def insert_mine(event: Event, t: int) -> None:
            if is_mine(event):
                insert(event, t)

        self.admit, self.insert = admit_mine, insert_mine

    def sweep(self, now: int) -> int:
        """Let go of the events that nothing can concern any more, if it is time to, and return when to come again."""
        if now > self._sweep_at:
            old = now - self.span
            gone: list[Any] = []
            ahead: list[Any] = []
            for name, event in self.seen.items():  # in the order in which they came: nearly always the oldest first
                t = event if event.__class__ is int else self.instant(event)
                if old <= t <= now:
                    break
                (gone if t < old else ahead).append(name)
            for name in gone:
                del self.seen[name]
            for name in ahead:
                self.seen[name] = self.seen.pop(name)
            self._sweep_at = now + self.span // 4
        return self._sweep_at
