"""The world of one story: watching and casework side by side, as they run live, with time as somebody tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.casework import (
    Calendars,
    Casework,
    Command,
    Effect,
    Fact,
    FormJudge,
    Known,
    Moved,
    Terms,
    is_counted,
    is_warning,
    of_file,
    prefilled,
    recorded,
    stretches,
    warning,
)
from engine.events import micros
from engine.rehearsal.gates import Gates
from engine.watching import Past, Watching, occurrences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.calendar import Calendar
    from engine.casework import Entry, Outcome, Publication, Row, Task
    from engine.events import Event
    from engine.rehearsal.stories.setting import Setting
    from engine.rehearsal.stories.story import Asked, Story
    from engine.watching import Change

#: So long before a story its history is known, so that `first_time_in` can speak.
BEFORE = 400 * 86_400_000_000


class Scene:
    """What is going on. Whatever comes at a moment, what was due before it has happened then."""

    def __init__(self, setting: Setting, story: Story) -> None:
        self.setting = setting
        self.book, self.zone = setting.book, setting.book.zone
        told = (event.record["type"] for step in story.steps for event in step.events)
        self.gate = Gates(self.book.catalogue).of(self.book.rules.values(), told)
        self.history_from = story.begins - BEFORE
        self.calendar: Calendar | None = self.book.calendar
        self.seen: list[Event] = []
        self.changes: dict[str, list[Change]] = {}
        self.entries: list[Entry] = []
        self.published: list[Publication] = []
        #: every task that there ever was, as it stands or stood when it was let go
        self.tasks: dict[str, Task] = {}
        self.plans: dict[str, dict[str, Any]] = {}
        self.rows: dict[tuple[str, str], Row] = {}
        self.watching = self._watching()
        self.casework = self._casework()

    def _watching(self) -> Watching:
        return Watching(self.book, self.gate, places=self.book.places, history_from=self.history_from)

    def _casework(self) -> Casework:
        assert self.book.calendar is not None, "a setting has a calendar"
        assert self.book.places is not None, "a setting has an organisation"
        calendars, people = Calendars(self.book.calendar), self.book.places.people
        known = Known(lambda task: [*self.facts(task)], lambda task: self.plans.get(task.id, {}), self.measured)
        terms = Terms(self.setting.profile, calendars, people, FormJudge(self.setting.profile, calendars, people, self.zone, known))
        return Casework(terms, explain_in={name: str(rule.ask.due) for name, rule in self.book.rules.items()})

    def measured(self, task: Task, criterion: Mapping[str, Any], at: int) -> Effect | None:
        """Return how often it came up again since the remedy, and before the task, where that is what a plan promises."""
        if not is_counted(criterion) or task.rule not in self.book.rules:
            return None
        past = Past([(event, self.history_from) for event in self.seen], at, history_from=self.history_from)
        return Effect(*occurrences(self.book, self.gate, task.rule, task.key, past, stretches(task, criterion, at)))

    # Time -------------------------------------------------------------------------------------------------------------

    def wait(self, until: int) -> None:
        """Let time reach a moment: everything that is due by then happens, each at its own time."""
        while (due := self.watching.wake()) is not None and due <= until:
            self.watching.tick(due)
            self._find(due)
            if self.watching.wake() == due:
                break
        self.watching.tick(until)
        self._find(until)
        self.casework.tick(until)
        self._take()

    def _find(self, now: int) -> None:
        """Open, add to or annotate tasks by what live rules found, as the office does; a warning is told, and nobody owes anything."""
        for change in self.watching.take_changes():
            self.changes.setdefault(change.task_id, []).append(change)
            if change.status != "live" and change.change in ("opened", "updated"):
                continue
            if is_warning(change):
                self.published += [one for one in [warning(change)] if one is not None]
            else:
                self.casework.receive(change, now)
        self._take()

    def _take(self) -> None:
        """Keep what casework said."""
        entries = self.casework.take_entries()
        self.entries += entries
        self.published += self.casework.take_published()
        for entry in entries:
            task = self.casework.tasks.get(entry.task_id)
            if task is not None:
                self.tasks[entry.task_id] = task
            if entry.event == "C.submit_explanation" and entry.kind == "task.explained" and entry.payload:
                self.plans[entry.task_id] = entry.payload
        self.rows.update(((row.kind, row.id), row) for row in self.casework.take_rows())

    # What happens -----------------------------------------------------------------------------------------------------

    def receive(self, event: Event, now: int) -> None:
        """An event arrives."""
        self.watching.receive(event, now)
        self.seen.append(event)
        self._find(now)

    def load(self, calendar: Calendar, now: int) -> None:
        """Another version of the calendar holds from now on."""
        self.calendar = calendar
        self.casework.load(calendar, now)
        self._take()

    def order(self, asked: Asked, task: Task, name: str, now: int) -> Outcome:
        """Somebody gives a command."""
        items = [
            of_file(one.text.encode(), one.name, by=asked.by, arrived=now, classification=one.classification, note=one.note)
            for one in asked.papers
        ]
        said, personal = recorded(items) if items else ({}, {})
        fields = dict(asked.fields)
        if asked.command == "submit_explanation":
            # as `task explain --template` does
            fields = laid_over(prefilled([*self.facts(task)], self.zone), fields)
        ids = {one.name: one.id for one in items}
        fields = called(fields, ids)
        evidence = dict.fromkeys([*(ids.get(one, one) for one in asked.evidence), *ids.values(), *evidence_in(fields)])
        command = Command(
            id=name,
            command=asked.command,
            task=task.id,
            actor=asked.by,
            role=asked.role,
            reason=asked.reason,
            seq=self.seen_by(task, asked.seen),
            data={**asked.data, **said},
            fields={**fields, **personal},
            evidence=tuple(evidence),
        )
        outcome = self.casework.command(command, now)
        self._take()
        if isinstance(outcome, Moved):
            self.tasks[task.id] = outcome.task
        return outcome

    def seen_by(self, task: Task, when: int | None) -> int:
        """Return the number of the last entry that somebody saw who looked then; the newest, where nothing is said."""
        if when is None:
            return task.seq
        return max((one.seq for one in self.entries if one.task_id == task.id and one.at <= when), default=0)

    def facts(self, task: Task) -> Iterator[Fact]:
        """Give what the findings of a task counted, and what they looked at and did not count."""
        for finding in task.findings:
            for change in self.changes.get(finding, ()):
                because = change.because
                for one in (*because.counted, *because.not_counted) if because is not None else ():
                    yield Fact(one.id, one.event, micros(one.at), one.values, one.because)

    # Restart ----------------------------------------------------------------------------------------------------------

    def restart(self) -> None:
        """Die, and begin again from what was kept."""
        self.watching = self.watching.restarted(self._watching(), self.seen)
        self.casework = self._casework()
        self.casework.restore(self.rows.values())
        if self.calendar is not None:
            self.casework.terms.calendars.load(self.calendar)

    def named(self, reference: str) -> Task | None:
        """Return the newest task that is called so: its rule, and the values of its key (or one of them)."""
        rule, _, rest = reference.strip().partition(" ")
        rest = rest.strip()
        found = None
        for task in self.tasks.values():
            if task.rule == rule and (not rest or rest in {" ".join(task.key.values()), *task.key.values()}):
                found = task
        return found


def label(task: Task) -> str:
    """Return what stories call a task."""
    return " ".join([task.rule, *task.key.values()])


def laid_over(known: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was filled in already with what somebody wrote over it, part by part."""
    return {
        **known,
        **{
            name: {**known[name], **value} if isinstance(value, dict) and isinstance(known.get(name), dict) else value
            for name, value in said.items()
        },
    }


def called(value: Any, ids: Mapping[str, str]) -> Any:
    """Return what was written with the files called by their ids."""
    if isinstance(value, dict):
        return {name: called(one, ids) for name, one in value.items()}
    if isinstance(value, list):
        return [called(one, ids) for one in value]
    return ids.get(value, value) if isinstance(value, str) else value


def evidence_in(value: Any) -> Sequence[str]:
    """Return every id that stands under `evidence` or `minutes` anywhere in what was written."""
    if isinstance(value, list):
        return [one for part in value for one in evidence_in(part)]
    if not isinstance(value, dict):
        return []
    own = [one for name in ("evidence", "minutes") for one in (value.get(name) or ()) if isinstance(value.get(name), list)]
    return [one for one in own if isinstance(one, str)] + [one for part in value.values() for one in evidence_in(part)]
