"""How far event time is settled: per type and source, told by what arrived and by the clock that the caller passes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events import EventType
    from engine.watching.plan import Plan

    Source = tuple[str, str]

NEVER = -(1 << 62)
FOREVER = 1 << 62


class Progress:
    """Knows `now`, when each declared source was last heard, and which sources have been silent for too long.

    For a type without declared sources everything that happened up to `now - late_by` is in. For a type with declared sources
    the slowest of them decides, until it has been silent for its `idle_after`: then it is waited for no longer.
    """

    def __init__(self, types: Mapping[str, EventType]) -> None:
        self.types = types
        self.now = NEVER
        #: when this world began to listen: a source that was never heard has been silent since then
        self.began = NEVER
        self.heard: dict[Source, int] = {}
        self.declared = {name: dict(kind.sources) for name, kind in types.items() if kind.sources}

    def hear(self, kind: str, source: str, now: int) -> None:
        """Note that a source was heard at `now`: an event of it, or its word that it has nothing to tell."""
        key = (kind, source)
        if now > self.heard.get(key, NEVER):
            self.heard[key] = now

    def is_idle(self, source: Source, now: int) -> bool:
        """Return whether a declared source has been silent for so long at `now` that nobody waits for it."""
        idle_after = self.declared[source[0]].get(source[1])
        return idle_after is not None and now - self.heard.get(source, self.began) > idle_after

    def limit(self, source: Source, now: int) -> int:
        """Return the event time up to which a declared source has told everything; FOREVER where nobody waits for it."""
        if self.is_idle(source, now):
            return FOREVER
        heard = self.heard.get(source)
        return NEVER if heard is None else heard - self.types[source[0]].late_by

    def slowest(self, plan: Plan, now: int) -> tuple[int, Source | None]:
        """Return the event time up to which a rule may decide when the time is `now`, and the source that holds it back."""
        reached, source = now - plan.settle, None
        for name in plan.waits_for:
            for one in self.declared.get(name, {}):
                limit = self.limit((name, one), now)
                if limit < reached:
                    reached, source = limit, (name, one)
        return reached, source

    def silent(self, plan: Plan, now: int) -> list[str]:
        """Return the declared sources that a rule no longer waits for at `now`."""
        return sorted(one for name in plan.waits_for for one in self.declared.get(name, {}) if self.is_idle((name, one), now))

    def watermark(self, kind: EventType) -> int:
        """Return the event time up to which everything of a type is expected to be in."""
        limits = [self.limit((kind.name, one), self.now) for one in self.declared.get(kind.name, {})]
        return min([self.now - kind.late_by, *limits])

    def save(self) -> list[Any]:
        """Return all of it as plain values."""
        return [self.now, self.began, [[*source, heard] for source, heard in self.heard.items()]]

    def load(self, saved: list[Any]) -> None:
        """Take back what `save` returned."""
        self.now, self.began, heard = saved
        self.heard = {(kind, source): at for kind, source, at in heard}
