"""The heartbeat of a ledger: what must hold of tasks is looked at, and whether casework goes on; where not, it stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Gauge

from engine.casework import LAG, Broken, Task
from streams import docket
from streams.settings import Settings
from streams.vigil import Vigil, over

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streams.kafka.bulletin import Bulletin
    from streams.store import Reader

SECOND = 1_000_000
#: How often the invariants are looked at, and how long journal and task may differ: they come by different topics.
LOOKS, APART = SECOND, 600 * SECOND
HELD = Gauge("clearly_invariants_held_timestamp_seconds", "when all invariants of casework held last")


class Heartbeat:
    """What is looked at in the database of a ledger, once a second at most."""

    def __init__(self, store: Reader, bulletin: Bulletin, now: int) -> None:
        self.store, self.bulletin = store, bulletin
        self.vigil = Vigil(store)
        self.limit = int(Settings().lag_seconds * SECOND)
        self._began, self._looked_at = now, 0
        #: tasks of which not all has come yet, and since when that is so
        self._apart: dict[str, int] = {}
        HELD.set((store.meta("heartbeat") or 0) / SECOND)

    def look(self, now: int, reached: int | None) -> dict[str, object]:
        """Return what is to be noted, nothing where somebody has just looked; `reached` is up to when casework has told everything."""
        if now - self._looked_at < LOOKS:
            return {}
        self._looked_at = now
        telling = self.bulletin.telling()
        self.vigil.people = None if telling is None else telling.people
        self.vigil.look(lambda names: self.kept(names, now), now)
        since = self._began if reached is None else reached
        late = [] if telling is None else self._late(now - since)
        noted = self.vigil.heartbeat(now, [*late, *self.vigil.behind(now, self.limit)])
        if "heartbeat" in noted:
            HELD.set(now / SECOND)
        return noted

    def _late(self, behind: int) -> Iterator[Broken]:
        """Give that casework does not go on, or that this ledger is so far behind that it cannot know."""
        if behind > self.limit:
            yield Broken(LAG, "time", over(behind, self.limit))

    def kept(self, names: Sequence[str], now: int) -> dict[str, Task]:
        """Return tasks as they stand; one that is not yet where its journal is, or still, is looked at later."""
        found = {}
        for name in names:
            task = docket.task(self.store, name) or Task(id=name)
            if task.seq == self.store.one("SELECT max(seq) FROM journal WHERE task = ?", name):
                self._apart.pop(name, None)
                found[name] = task
            elif now - self._apart.setdefault(name, now) >= APART:
                found[name] = task
            else:
                self.vigil.again(name, now)
        return found
