"""Every task of one world: findings, commands and time in; journal entries, publications and rows out. Deterministic; time is an argument.

Whatever comes at `now`, the timers that were due before it come first, in the order of their deadlines: after days of standing still the
journal is the one that it would have been, and only says when it was noticed.

As long as it is because findings, commands, time and restart meet here; what each of them does to one task is `life`'s business.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from engine.casework import erasing, life
from engine.casework.arrival import EVENTS, id_of_task, object_of, occurrence_of
from engine.casework.command import Dropped, Moved, Refused
from engine.casework.hours import pack_calendar, unpack_calendar
from engine.casework.life import Reading
from engine.casework.move import Occurrence
from engine.casework.obligations import one_higher
from engine.casework.shelf import Shelf
from engine.casework.state import OVER, WATCH_ENDS
from engine.casework.task import Task, fold, pack
from engine.casework.umbrella import STORM, Storms, answering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from engine.calendar import Calendar
    from engine.casework.command import Command, Outcome
    from engine.casework.journal import Entry
    from engine.casework.life import Choice
    from engine.casework.publication import Publication
    from engine.casework.terms import Terms
    from engine.watching import Change

#: Not timers of a task: when a task that is over need not be kept in memory any longer, and when to look at an area in a storm.
FORGET = "forget"
LOOK = "look"


class Row(NamedTuple):
    """One row to keep: a `task`, a `calendar` or a `storm`, its id, and its bytes, or None where it is gone."""

    kind: str
    id: str
    packed: bytes | None


class Casework:
    """Every open task, and those over that may still be opened again, in memory."""

    def __init__(
        self,
        terms: Terms,
        *,
        explain_in: Mapping[str, str] | None = None,
        area_of: Callable[[str, int], str] | None = None,
        awaits: Callable[[str], bool] | None = None,
    ) -> None:
        self.terms = terms
        #: whether what is measured of a task is on its way: then its watch ends with `tick` and not with what comes before
        self.awaits = awaits or (lambda _: False)
        #: rule -> the time that it gives for the explanation; the profile's where it gives none
        self.explain_in = explain_in or {}
        self.tasks = Shelf()
        self.now = 0
        self.counts: Counter[str] = Counter()
        self._children: defaultdict[str, set[str]] = defaultdict(set)
        #: what a key is about -> its tasks, by when they were opened
        self._of_object: defaultdict[tuple[tuple[str, str], ...], list[tuple[int, str]]] = defaultdict(list)
        self._due: list[tuple[int, str, str, int]] = []
        self._entries: list[Entry] = []
        self._published: list[Publication] = []
        self._dirty: dict[str, None] = {}
        self._calendars_kept: set[str] = set()
        self.storms = Storms(self, area_of or self._unit_above)

    # In ---------------------------------------------------------------------------------------------------------------

    def receive(self, change: Change, now: int, position: str | None = None) -> None:
        """Take one change of a finding; the same change again does nothing."""
        self._advance(now)
        reading = Reading(now, position)
        occurrence = occurrence_of(change)
        task = self._newest(change)
        if EVENTS[change.change] == "R.match" and (task is None or self._opens_another(task, occurrence)):
            self._open(change, occurrence, now, reading)
        elif task is None:
            self.counts["about no task"] += 1
        else:
            self._happen(task, change, occurrence, now, reading)
        self._advance(now)

    def command(self, command: Command, now: int, position: str | None = None) -> Outcome:
        """Take a command and return what came of it."""
        self._advance(now)
        task = self.tasks.get(command.task)
        if task is None:
            return Refused("no-task", f"没有任务 '{command.task}'", f"there is no task '{command.task}'")
        parent = self.tasks.get(str(command.data.get("into", ""))) if command.command == "merge" else None
        outcome = life.command(task, command, now, self.terms, Reading(now, position), parent)
        self._keep(outcome, now)
        if isinstance(outcome, Moved) and outcome.task.state == "MERGED" and task.state != "MERGED" and parent is not None:
            self.tell(parent.id, answering([outcome.task], now), now)
        self._advance(now)
        return outcome

    def erase(self, asked: Command, journal: Sequence[Entry], now: int) -> Outcome:
        """Have personal data erased; `journal` is what is kept of the task, which may be long over. What is to be deleted is not here."""
        self._advance(now)
        whole = [*journal, *(entry for entry in self._entries if entry.task_id == asked.task)]
        held = self.tasks.get(asked.task)
        task = fold(whole) if held is None else held
        if task is None or not whole:
            return Refused("no-task", f"没有任务 '{asked.task}'", f"there is no task '{asked.task}'")
        outcome = erasing.erase(task, asked, whole, now, self.terms, Reading(now))
        if held is not None:
            self._keep(outcome, now)
        elif not isinstance(outcome, Dropped):
            self._entries += outcome.entries
        return outcome

    def choices(self, name: str, actor: str, now: int) -> list[Choice]:
        """Return every command of the table with whether a person may give it to a task now, and why not."""
        return life.choices(self.tasks[name], actor, now, self.terms)

    def tick(self, now: int) -> None:
        """Time has reached `now`, and everything that came up to then has been taken in."""
        self._advance(now + 1, now)

    def wake(self) -> int | None:
        """Return the earliest `now` at which `tick` would do something, or None."""
        while self._due and not self._is_armed(*self._due[0][1:]):
            heappop(self._due)
        return self._due[0][0] if self._due else None

    def load(self, calendar: Calendar, now: int) -> int:
        """Take a new version of the calendar, count by it from now on, and return how many tasks that touched."""
        self._advance(now)
        return self.rebase(self.terms.calendars.load(calendar).version, now)

    def rebase(self, version: str, now: int) -> int:
        """Let every open clock count by a version of the calendar; return how many tasks that touched."""
        hours = self.terms.calendars.hours(version)
        before = len(self._entries)
        for task in [task for task in self.tasks.values() if not task.is_over]:
            self._keep(life.rebase(task, hours, now, self.terms, Reading(now)), now)
        return len(self._entries) - before

    # What is found ----------------------------------------------------------------------------------------------------

    def _newest(self, change: Change) -> Task | None:
        """Return the task that a rule and a key had last, whatever event opened the finding."""
        found = (self.tasks.get(name) for _, name in reversed(self._of_object.get(object_of(change.key), ())))
        return next((task for task in found if task is not None and task.rule == change.rule), None)

    def _opens_another(self, task: Task, occurrence: Occurrence) -> bool:
        """Return whether a match opens a task of its own although its key had one: that one is over for good."""
        if occurrence.id in task.heard:
            return False
        if task.state == "CLOSED":
            window = self.terms.parameters(task).recurs_within.micros
            return task.over_at is not None and occurrence.happened_at > task.over_at + window
        if task.state == "MERGED":
            parent = self.tasks.get(task.parent or "")
            return parent is None or parent.is_over
        return task.state == "CANCELLED"

    def _open(self, change: Change, occurrence: Occurrence, now: int, reading: Reading, before: Task | None = None) -> None:
        home = change.to.unit or ""
        task_id = id_of_task(change, occurrence, home)
        if task_id in self.tasks:
            self.counts["repeated"] += 1
            return
        task = Task(
            id=task_id,
            finding=change.task_id,
            findings={change.task_id: "stands"},
            rule=change.rule,
            key=change.key,
            severity=change.severity,
            say=change.say,
            urgent=self.terms.profile.is_urgent(change.rule, change.severity),
            explain_in=self.explain_in.get(change.rule, ""),
            versions=self._versions(change),
            evidence=occurrence.evidence,
            recurrence_of=before.id if before is not None else None,
            floor=one_higher(before) if before is not None else None,
            siblings=self._siblings(change, now),
            home=home,
            asked_role=change.to.role,
            unit=home,
            person=change.to.person,
            opened_at=now,
        )
        self._keep(life.start(task, occurrence, now, self.terms, reading), now)
        self._of_object[object_of(change.key)].append((now, task_id))
        self.storms.opened(self.tasks[task_id], now)

    def _versions(self, change: Change) -> dict[str, str]:
        return {"rule": change.rule_version, "profile": self.terms.profile.name, "calendar": self.terms.calendars.current.version}

    def _siblings(self, change: Change, now: int) -> int:
        """Return how many tasks the object had within the profile's time; cancelled ones do not count."""
        since = now - self.terms.profile.same_object_within.micros
        found = (self.tasks.get(name) for at, name in self._of_object.get(object_of(change.key), ()) if at >= since)
        return sum(task is not None and task.state != "CANCELLED" for task in found)

    def _happen(self, task: Task, change: Change, occurrence: Occurrence, now: int, reading: Reading) -> None:
        if occurrence.withdrawn and task.state == "CANDIDATE" and set(task.findings) <= {occurrence.finding}:
            occurrence.event = "R.clear"
        outcome = life.happen(task, occurrence, now, self.terms, reading)
        self._keep(outcome, now)
        if isinstance(outcome, Moved) and outcome.entries[-1].kind == "task.recurred":
            self._open(change, occurrence, now, reading, before=task)

    # Storms -----------------------------------------------------------------------------------------------------------

    def _unit_above(self, unit: str, at: int) -> str:
        return self.terms.people.superior(unit, at) or unit

    def begin(self, task: Task, occurrence: Occurrence, now: int) -> None:
        """Start a task of the engine's own."""
        self._keep(life.start(task, occurrence, now, self.terms, Reading(now)), now)

    def tell(self, name: str, occurrence: Occurrence, now: int) -> None:
        """Let something happen to a task that does not come from a rule."""
        if name in self.tasks:
            self._keep(life.happen(self.tasks[name], occurrence, now, self.terms, Reading(max(now, self.now))), now)

    def look_at(self, area: str, due: int) -> None:
        """Come back to an area at a moment."""
        heappush(self._due, (due, area, LOOK, 0))

    def publish(self, publication: Publication) -> None:
        """Publish a record that belongs to no entry."""
        self._published.append(publication)

    # Time -------------------------------------------------------------------------------------------------------------

    def _advance(self, before: int, now: int | None = None) -> None:
        """Let every timer run out that was due before a moment, in order; `now` is when that is noticed."""
        is_tick, now = now is not None, before if now is None else now
        self.now = max(self.now, now)
        waiting = []
        while self._due and self._due[0][0] < before:
            due, name, timer, generation = heappop(self._due)
            if timer == WATCH_ENDS and not is_tick and self.awaits(name):
                waiting.append((due, name, timer, generation))
            elif timer == FORGET:
                self._forget(name, generation, due)
            elif timer == LOOK:
                self.storms.look(name, due)
            elif self._is_armed(name, timer, generation):
                self._keep(life.expire(self.tasks[name], timer, generation, self.terms, Reading(now)), now)
            else:
                self.counts["timer no longer armed"] += 1
        for one in waiting:
            heappush(self._due, one)

    def _is_armed(self, name: str, timer: str, generation: int) -> bool:
        if timer == LOOK:
            return True
        task = self.tasks.get(name)
        if task is None or timer == FORGET:
            return task is not None
        armed = task.timers.get(timer)
        return armed is not None and armed.generation == generation

    def _forget(self, name: str, over_at: int, due: int) -> None:
        """Let go of a task that is over and can no longer be opened again; its journal stays."""
        task = self.tasks.get(name)
        if task is None or not task.is_over or task.over_at != over_at:
            return
        if task.state == "MERGED" and task.parent in self.tasks:
            heappush(self._due, (due + self._kept_for(task.severity), name, FORGET, over_at))
            return
        del self.tasks[name]
        self._dirty[name] = None
        of_object = self._of_object[object_of(task.key)]
        of_object[:] = [one for one in of_object if one[1] != name]
        self._children.pop(name, None)

    def _kept_for(self, severity: str) -> int:
        limits = self.terms.profile.parameters(severity)
        return max(limits.reopen_within.micros, limits.recurs_within.micros, self.terms.profile.same_object_within.micros)

    # Out --------------------------------------------------------------------------------------------------------------

    def _keep(self, outcome: Outcome, now: int) -> None:
        if isinstance(outcome, Dropped):
            self.counts[outcome.why] += 1
            return
        task = outcome.task
        if task is None:
            return
        before = self.tasks.get(task.id)
        self.tasks[task.id] = task
        self._dirty[task.id] = None
        self._entries += outcome.entries
        if isinstance(outcome, Moved):
            self._published += self._with_suppressed(outcome.published)
            self._arm(task, before)
            self._relate(task, before, now)

    def _with_suppressed(self, published: tuple[Publication, ...]) -> Iterable[Publication]:
        """Return records; those of an umbrella say how many wait under it."""
        is_umbrella = bool(published) and self.tasks[published[0].subject].rule == STORM
        counted = self.storms.suppressed(published[0].subject) if is_umbrella else None
        return published if counted is None else [replace(one, body={**one.body, **counted}) for one in published]

    def _arm(self, task: Task, before: Task | None) -> None:
        since = before.seq if before is not None else 0
        for name, timer in task.timers.items():
            if timer.generation > since:
                heappush(self._due, (timer.due, task.id, name, timer.generation))
        if task.is_over and task.over_at is not None and (before is None or not before.is_over):
            heappush(self._due, (task.over_at + self._kept_for(task.severity), task.id, FORGET, task.over_at))

    def _relate(self, task: Task, before: Task | None, now: int) -> None:
        """Keep who lives on in whom; when a parent is cancelled its children stand up again."""
        if before is not None and before.parent is not None and before.parent != task.parent:
            self._children[before.parent].discard(task.id)
        if task.parent is not None:
            self._children[task.parent].add(task.id)
        if task.state == "CANCELLED" and (before is None or before.state != "CANCELLED"):
            self.storms.cancelled(task, now)
            for name in sorted(self._children.get(task.id, ())):
                self.tell(name, Occurrence("R.orphan", now, parent=task.id), now)

    def take_entries(self) -> list[Entry]:
        """Return the journal entries since the last call, in the order in which they came about."""
        taken, self._entries = self._entries, []
        return taken

    def take_published(self) -> list[Publication]:
        """Return what is to be published beside the journal since the last call."""
        taken, self._published = self._published, []
        return taken

    def take_rows(self) -> list[Row]:
        """Return a row for everything that changed since the last call: what a restart needs."""
        rows = [
            Row("calendar", version, pack_calendar(hours.calendar))
            for version, hours in self.terms.calendars.versions.items()
            if hours.calendar is not None and version not in self._calendars_kept
        ]
        self._calendars_kept |= {row.id for row in rows}
        held = self.tasks
        rows += [Row("task", name, pack(held[name]) if name in held else None) for name in self._dirty]
        self._dirty = {}
        return [*rows, *(Row("storm", area, packed) for area, packed in self.storms.take_rows())]

    def restore(self, rows: Iterable[tuple[str, str, bytes | None]]) -> None:
        """Take back what `take_rows` gave: the same tasks, asleep, the same timers, nothing said twice."""
        for kind, name, packed in rows:
            if packed is None:
                continue
            if kind == "calendar":
                self.terms.calendars.remember(unpack_calendar(packed))
                self._calendars_kept.add(name)
            elif kind == "storm":
                self.storms.restore(name, packed)
            elif kind == "task":
                self._lay_down(name, packed)
        heapify(self._due)
        for held in self._of_object.values():
            if len(held) > 1:
                held.sort()

    def _lay_down(self, name: str, packed: bytes) -> None:
        """Take back one task, asleep; `restore` puts timers and tasks of one object into order when all are there."""
        task = self.tasks.lay_down(name, packed)
        self._due += [(timer.due, name, which, timer.generation) for which, timer in task.timers.items()]
        if task.over_at is not None and task.state in OVER:
            self._due.append((task.over_at + self._kept_for(task.severity), name, FORGET, task.over_at))
        if task.parent is not None:
            self._children[task.parent].add(name)
        self._of_object[object_of(task.key)].append((task.opened_at, name))
        self.now = max(self.now, task.at)
