"""What one batch adds to the counters: everything that is only counted, by kind and name.

| kind | name | counts |
|---|---|---|
| `accepted` | source | events accepted |
| `rejected` | source | records rejected |
| `late` | source | events that came later than their type's `late_by` |
| `too old` | source | events from before kept history: counted, not used, not kept |
| `ahead` | source | events further in the future than their type's `ahead_by` |
| `repeated` | source | events that were known already |
| `skipped` | reason | records that a mapping leaves out on purpose |
| `unknown` | `type.field` | fields that the catalogue does not know |
| `published` | rule | changes of tasks |
| `late facts` | rule | facts that came too late for this rule to use |
| `no key` | rule | events without a value for one of the rule's key fields |
| `world` | what | what the engine counts for all rules together |
| `unplaced` | `level: element` | events with an element that the grid does not know |
| `unknown unit`, `unknown person` | name | names of events or of the grid that the organisation does not know |
| `rules refused` | `times` | times that a rules folder with errors was not taken up |
| `entry` | kind | entries of journals |
| `rung` | rung | rungs that were claimed |
| `wrongly asked` | rule | appeals that were upheld: the rule accused wrongly |
| `cancelled by` | person | tasks that this person cancelled, as one of the two who have to |
| `nobody` | role | times that a role led to nobody, so that the nearest unit or the catch-all was asked |
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.casework import Entry, Task
    from engine.watching import Change, Watching


class Tally:
    """Counts of one batch."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()

    def add(self, kind: str, name: str, count: int = 1) -> None:
        """Count something."""
        self.counts[kind, name] += count

    def published(self, changes: Iterable[Change]) -> None:
        """Count the changes that are told."""
        for rule, count in Counter(change.rule for change in changes).items():
            self.counts["published", rule] += count

    def entered(self, entries: Iterable[Entry], tasks: Mapping[str, Task]) -> None:
        """Count what happened to tasks, the rungs that it brought, whose rule accused wrongly, and who cancelled."""
        for entry in entries:
            self.counts["entry", entry.kind] += 1
            if entry.kind == "rung.claimed":
                self.counts["rung", str(entry.data["rung"])] += 1
            elif entry.event == "C.uphold" and entry.kind == "task.cancelled" and entry.task_id in tasks:
                self.counts["wrongly asked", tasks[entry.task_id].rule] += 1
            elif entry.event == "C.cancel" and entry.kind == "task.cancelled":
                for person in {entry.actor, entry.data.get("with", {}).get("actor", entry.actor)}:
                    self.counts["cancelled by", person] += 1


class Gauge:
    """What a world counts for itself from its beginning, read as what was added since the last reading."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str]] = Counter()

    def read(self, world: Watching) -> Counter[tuple[str, str]]:
        """Return what was added since the last call."""
        now = Counter({("world", name): count for name, count in world.counts.items()})
        for name, plan in world.plans.items():
            now["late facts", name] = plan.too_old
            now["no key", name] = world.lanes[name].no_key
        now.update({} if world.places is None else world.places.counts)
        added = now - self._seen
        self._seen = now
        return added
