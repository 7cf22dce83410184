"""The vigil over a store: once an hour a root over its journal, and at each look the invariants of the tasks that moved.

Its heartbeat is a dead-man switch: whoever watches it is warned where something does not hold, where something lags, and where nobody runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import structlog

from engine.casework import LAG, Broken, broken, checkpoint, is_due
from streams import docket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from engine.casework import Checkpoint, Entry, Mark, People, Task
    from streams.store import Reader

    #: names of tasks -> those of them that are kept, as they stand
    Kept = Callable[[Sequence[str]], Mapping[str, Task]]

log = structlog.get_logger("clearly")
#: How many tasks one look at the invariants goes over at most, so that it never holds up the work.
LOOKED_AT = 200
#: How many entries of before the start are taken up in one look at most.
TAKEN_UP = 2_000
SECOND = 1_000_000


class Waiting(NamedTuple):
    """A task that moved: since when it waits to be looked at, and up to which of its entries those who acted were judged."""

    since: int
    judged: int


class Vigil:
    """Which root was the last, and which tasks are still to be looked at. Like its store: never ahead of what was kept."""

    def __init__(self, store: Reader, people: People | None = None) -> None:
        self.store = store
        self.people = people
        self._last_root = docket.last_checkpoint(store)
        checked, self._before, self._began = store.meta("checked"), store.end("journal"), store.meta("now") or 0
        #: up to where in the journal everything was looked at; in a store of before nothing waits
        self._checked: int = self._before if checked is None else checked
        #: how far what nobody had looked at before the start has been taken up
        self._taken_up = self._checked
        #: what did not hold when somebody last looked is looked at again, also after a restart
        self._to_check = {one.task: Waiting(self._began, 0) for one in docket.not_holding(store) if one.number != LAG}
        #: of the tasks that were looked at last, and what was told to the log
        self._found: list[Broken] = []
        self._broken: set[tuple[int, str]] = set()

    def follow(self, before: Vigil) -> None:
        """Take the place of another one, with all that waited there."""
        self._to_check = before._to_check | self._to_check
        self._checked, self._taken_up = before._checked, before._taken_up
        self._before, self._began = before._before, before._began
        self._found, self._broken = before._found, before._broken

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

    def entered(self, entries: Iterable[Entry], now: int) -> None:
        """Have the tasks of new entries looked at in their turn."""
        for entry in entries:
            self._to_check.setdefault(entry.task_id, Waiting(now, entry.seq - 1))

    def again(self, name: str, now: int) -> None:
        """Have a task looked at that could not be."""
        self._to_check.setdefault(name, Waiting(now, 0))

    def look(self, kept: Kept, now: int) -> None:
        """Check tasks that moved, or did not hold, as many as there is time for; `kept` gives them as the store has them."""
        self._take_up()
        looked_at = {name: self._to_check.pop(name) for name in list(self._to_check)[:LOOKED_AT]}
        tasks = kept(list(looked_at))
        entries = [entry for name in tasks for entry in docket.journal_of(self.store, name)]
        judged = {name: looked_at[name].judged for name in tasks}
        self._found = list(broken(tasks, entries, people=self.people, judged=judged))
        self._to_check = {one.task: Waiting(now, judged[one.task]) for one in self._found} | self._to_check
        if not self._to_check and self._taken_up >= self._before:
            self._checked = self.store.end("journal")

    def _take_up(self) -> None:
        """Where little waits, take up a few of the tasks that moved before the start and that nobody had looked at then."""
        if self._taken_up >= self._before or len(self._to_check) >= LOOKED_AT:
            return
        found = docket.moved_between(self.store, self._taken_up, self._before, TAKEN_UP)
        for _, name, seq in found:
            known = self._to_check.get(name, Waiting(self._began, seq - 1))
            self._to_check[name] = known._replace(judged=min(known.judged, seq - 1))
        self._taken_up = found[-1][0] if found else self._before

    def behind(self, now: int, limit: int) -> list[Broken]:
        """Return that what moved has waited too long to be looked at."""
        since = [one.since for one in self._to_check.values()] + [self._began] * (self._taken_up < self._before)
        waited = now - min(since, default=now)
        return [Broken(LAG, "checks", f"{len(self._to_check):,}, {over(waited, limit)}")] if waited > limit else []

    def heartbeat(self, now: int, lagging: Iterable[Broken] = ()) -> dict[str, object]:
        """Return what is noted: that at `now` everything held and nothing lagged, or what does not hold; that goes to the log once."""
        found = [*self._found, *lagging]
        for one in found:
            if (one.number, one.task) not in self._broken:
                log.error("an invariant does not hold; no heartbeat until it does", what=str(one))
        self._broken = {(one.number, one.task) for one in found}
        beat = {} if found else {"heartbeat": now}
        return {**beat, "broken": msgspec.json.encode(found) if found else b"", "checked": self._checked}


def over(lag: int, limit: int) -> str:
    """Return by how much a limit is passed."""
    return f"{lag // SECOND:,} s > {limit // SECOND:,} s"
