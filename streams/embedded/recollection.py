"""Kept history on its way into a world: by name and moment where that says enough, as events where it does not.

Of three hundred thousand kept events a day asks for a few again, as a repetition or a correction. So what does not take back others is
read by its columns, as long as today's catalogue names its events as the one did under which they were accepted.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from engine.events import id_of, naming
from streams.embedded.history import STRETCH, decoded, told_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.events import Event, Gate
    from engine.watching import Watching
    from streams.store import Reader


class Recollection:
    """The kept events of a store, up to where a world knows them. `whole` reads all of them as events: somebody judges them again."""

    def __init__(self, store: Reader, gate: Gate, world: Watching, *, whole: bool) -> None:
        self.store, self.gate, self.world = store, gate, world
        self.position = 0
        noted = store.meta("named")
        before: dict[str, str] = msgspec.json.decode(noted) if noted else {}
        self._today = {name: naming(kind.kind, world.rulebook.zone) for name, kind in world.by_name.items()}
        same = {name for name, today in self._today.items() if before.get(name) == today}
        self.types = {name for name, kind in world.by_name.items() if kind.is_watched or not kind.is_plain}
        self.by_name = set() if whole else {name for name in self.types & same if not world.by_name[name].kind.retracts}
        #: types whose events may have other names today than when they were accepted
        self._unsure = set(self._today) - self.types - same

    def named(self) -> dict[str, str]:
        """Return, by type, how the events of the store are named: of the types of which that is certain."""
        return {name: today for name, today in self._today.items() if name not in self._unsure}

    def left(self) -> int:
        """Return how many events may be left."""
        return self.store.end("events") - self.position

    def read(self, take: Callable[[Event], None]) -> bool:
        """Read the next kept events, have those taken that are read as such, and return whether there were any."""
        rows = self._page()
        if not rows:
            self.position = max(self.position, self.store.end("events"))
            return False
        self.position = rows[-1][0]
        self.world.know([row[1:5] for row in rows if row[-1] is None], self.recall)
        whole = [row for row in rows if row[-1] is not None]
        stored, today = defaultdict(set), defaultdict(set)
        for _, kind, source, name, *_ in whole:
            stored[kind].add((source, name))
        for event in decoded(self.gate, [(source, name, headers, raw) for _, _, source, name, _, headers, raw in whole]):
            today[event.kind.name].add((event.source, id_of(event)))
            take(event)
        self._unsure.update(kind for kind, names in stored.items() if names != today[kind])
        return True

    def _page(self) -> Sequence[Any]:
        """Return the next rows; of a type that is known by name alone without what was told.

        The `+` keeps SQLite from its index by type: for each page it would put all events of the types into order first.
        """
        wanted, short = (", ".join("?" * len(types)) for types in (self.types, self.by_name))
        question = (
            "SELECT position, type, source, id, at, headers, "  # noqa: S608 - marks alone
            f"CASE WHEN type IN ({short}) THEN NULL ELSE raw END FROM events "
            f"WHERE position > ? AND +type IN ({wanted}) ORDER BY position LIMIT {STRETCH}"
        )
        return self.store.ask(question, *self.by_name, self.position, *self.types).fetchall()

    def recall(self, kind: str, source: str, name: str, at: int) -> list[Event]:
        """Return every telling of an event at a moment."""
        return told_of(self.store, self.gate, (kind, at, source, name))
