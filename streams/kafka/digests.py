"""What a partition of casework tells its people beside alerts: reminders of tasks under supervision, and notices of another calendar."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from engine.casework import notices, reminders
from streams.mornings import Mornings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.casework import Casework, Entry, Publication
    from streams.kafka.inbox import Areas

REBASED = "clock.rebased"


class Digests:
    """Up to when the people of a partition were reminded, and what is to be told next."""

    def __init__(self, casework: Casework, areas: Areas, until: int | None) -> None:
        self.casework, self.areas = casework, areas
        self.mornings = Mornings(casework.terms.calendars, until)
        self._told: list[Publication] = []

    def tick(self, time: int) -> None:
        """Time has reached `time`: remind where a morning has come, once after a standstill, as things stand."""
        if spans := self.mornings.passed(time):
            self._told += reminders(self.casework.tasks.values(), spans[-1].until, self.casework.terms)

    def taken(self, entries: Iterable[Entry]) -> list[Publication]:
        """Return what is to be told with some new entries."""
        told, self._told = self._told, []
        return [*told, *self._notices(entries)]

    def _notices(self, entries: Iterable[Entry]) -> Iterator[Publication]:
        """Give notice of deadlines that another calendar moved. A unit that helps out elsewhere has a notice for each such area."""
        moved: defaultdict[str, list[Entry]] = defaultdict(list)
        tasks = self.casework.tasks
        for entry in entries:
            if entry.kind == REBASED and entry.task_id in tasks:
                area = self.areas.of_task(entry.task_id)
                moved["" if self.areas.of(tasks[entry.task_id].unit) == area else area].append(entry)
        for part, some in sorted(moved.items()):
            yield from notices(some, tasks, self.casework.terms.calendars.current.version, part)
