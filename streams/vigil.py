"""The vigil over a store: once an hour a root over its journal, and at each look the invariants of the tasks that moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import structlog

from engine.casework import broken, checkpoint, is_due
from streams import docket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from engine.casework import Broken, Checkpoint, Mark, Task
    from streams.store import Reader

    #: names of tasks -> those of them that are kept, as they stand
    Kept = Callable[[Sequence[str]], Mapping[str, Task]]

log = structlog.get_logger("clearly")
#: How many tasks one look at the invariants goes over at most, so that it never holds up the work.
LOOKED_AT = 200


class Vigil:
    """Which root was the last, and which tasks are still to be looked at. Like its store: never ahead of what was kept."""

    def __init__(self, store: Reader) -> None:
        self.store = store
        self._last_root = docket.last_checkpoint(store)
        #: what did not hold when somebody last looked is looked at again, also after a restart
        self._to_check = dict.fromkeys(one.task for one in docket.not_holding(store))
        self._broken: set[tuple[int, str]] = set()

    def root(self, now: int) -> Checkpoint | None:
        """Return the root that goes with the batch kept at `now`: None where the hour of the last one has not ended."""
        if not is_due(self._last_root, now):
            return None
        self._last_root = checkpoint(self.since_root(), self._last_root, now)
        return self._last_root

    def since_root(self) -> list[Mark]:
        """Return the marks of the entries that no root covers yet. What this round brings is covered by the next one."""
        covered = 0 if self._last_root is None else self._last_root.first + self._last_root.count
        return docket.marks(self.store, covered)

    def moved(self, names: Iterable[str]) -> None:
        """Have tasks looked at."""
        self._to_check |= dict.fromkeys(names)

    def heartbeat(self, now: int, kept: Kept) -> dict[str, object]:
        """Return what is noted of the invariants: that all of them held at `now`, or which of them do not hold."""
        found = self.check(kept)
        return {"broken": msgspec.json.encode(found)} if found else {"heartbeat": now, "broken": b""}

    def check(self, kept: Kept) -> list[Broken]:
        """Return which invariants do not hold for tasks that moved since the last call, or did not hold then; each goes to the log too."""
        names = list(self._to_check)[:LOOKED_AT]
        for name in names:
            del self._to_check[name]
        tasks = kept(names)
        entries = [entry for name in tasks for entry in docket.journal_of(self.store, name)]
        found = list(broken(tasks, entries))
        for one in found:
            if (one.number, one.task) not in self._broken:
                log.error("an invariant does not hold; no heartbeat until it does", what=str(one))
        self._broken = {(one.number, one.task) for one in found}
        self._to_check = dict.fromkeys(one.task for one in found) | self._to_check
        return found
