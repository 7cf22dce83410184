"""Where an event happened and who answers for it, as of its time: the one way in which rules ask the grid and the organisation."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.places import UNPLACED
from engine.watching.finding import Addressee

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.events import Event, EventType
    from engine.places import Places


class Whereabouts:
    """Places as a world knows them: perhaps none at all."""

    def __init__(self, places: Places | None) -> None:
        self.places = places
        self.roles: dict[str, Addressee] = {}

    def place(self, kind: EventType, event: Event, t: int) -> None:
        """Fill in what the grid says and the event does not, `t` being when it happened."""
        wanted = [name for name, field in kind.fields.items() if field.placed and getattr(event, name, "") is None]
        if not wanted:
            return
        known = {name: getattr(event, name, None) for name in kind.fields}
        values = {name: value for name, value in known.items() if isinstance(value, str)}
        placed = self.places.place(values, t) if self.places is not None else {}
        for name in wanted:
            setattr(event, name, placed.get(name, UNPLACED))

    @contextmanager
    def uncounted(self) -> Iterator[None]:
        """Have nothing counted of what is placed: it was when it came."""
        counts = Counter() if self.places is None else self.places.counts
        before = counts.copy()
        yield
        counts.clear()
        counts.update(before)

    def addressee(self, role: str, key: Mapping[str, str], anchor: Event, at: int) -> Addressee:
        """Return who answers for a role, as of `at`."""
        if self.places is None:
            known = self.roles.get(role)
            return known if known is not None else self.roles.setdefault(role, Addressee(role))
        fields = {name: getattr(anchor, name, None) for name in anchor.kind.fields}
        values = {name: str(value) for name, value in {**fields, **key}.items() if value is not None}
        found = self.places.resolve(role, values, at)
        return Addressee(role, found.unit, found.person)
