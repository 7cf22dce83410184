"""The office: casework of one store. Findings of live rules and people's commands in, a docket for the store out.

Nothing here is ahead of the store: when a docket was not kept, the office is made anew from what was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.casework import (
    ERASE,
    Casework,
    Checkpoint,
    Known,
    Moved,
    Publication,
    is_warning,
    notices,
    warning,
)
from streams import docket
from streams.docket import Docket
from streams.effects import reach
from streams.embedded.digests import Digests
from streams.embedded.measuring import measured
from streams.scorecards import Scorecards
from streams.terms import explained_in, facts_in, is_for_casework, supervises, terms_of
from streams.vigil import Vigil

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from engine.casework import Command, Fact, Outcome, Task, Terms
    from engine.watching import Change
    from streams.orders import Order
    from streams.rules import Rules
    from streams.store import Reader


class Office:
    """The tasks of one store, under the terms of one rules folder."""

    def __init__(self, store: Reader, rules: Rules, now: int) -> None:
        self.store = store
        self.casework = Casework(terms(store, rules), explain_in=explained_in(rules))
        self.casework.restore(docket.rows(store))
        if (last := store.rulebook()) is None or last[0] != rules.version:  # else every clock counts by this calendar already
            self.casework.rebase(self.casework.terms.calendars.current.version, max(now, self.casework.now))
        self._warnings: list[Publication] = []
        self._attachments: list[tuple[str, str, int, bytes]] = []
        self._erased: list[tuple[str, tuple[str, ...]]] = []
        self._root: Checkpoint | None = None
        #: roots, and what is noted of the invariants; a rules folder without an organisation has nobody to check
        self.vigil = Vigil(store, self.casework.terms.people if rules.places is not None else None)
        self._digests = Digests(store, self.casework)
        self._scorecards = Scorecards(store, self.casework.terms, supervises(rules))
        self._told: list[Publication] = []
        #: how long events of each type are kept so that remedies can be measured
        self.reach = reach(rules)

    def take(self, changes: Iterable[Change], now: int) -> None:
        """Open, add to or annotate tasks by what live rules found; a warning is told, and nobody owes anything."""
        for change in changes:
            if not is_for_casework(change):
                continue
            if is_warning(change):
                self._warnings += [one for one in [warning(change)] if one is not None]
            else:
                self.casework.receive(change, now)

    def order(self, order: Order, now: int) -> Outcome:
        """Have a command carried out, or refused, and return what came of it."""
        asked = order.command
        if asked.command == ERASE:
            return self.erase(asked, now)
        outcome = self.casework.command(asked, now)
        if isinstance(outcome, Moved):
            self._attachments += [(asked.task, name, now, content) for name, content in order.files.items()]
        return outcome

    def erase(self, asked: Command, now: int) -> Outcome:
        """Have personal data erased, or not, and return what came of it. It goes with the batch that says so."""
        outcome = self.casework.erase(asked, docket.journal_of(self.store, asked.task), now)
        if isinstance(outcome, Moved):
            self._erased.append((asked.task, asked.evidence))
        return outcome

    def tick(self, now: int) -> None:
        """Time has reached `now`: let deadlines pass, tell digests and scorecards, and once an hour put a root over the journal."""
        self.casework.tick(now)
        self._told += [*self._digests.tick(now), *self._scorecards.tick(now)]
        self._root = self.vigil.root(now) or self._root

    def taken(self) -> Docket:
        """Return everything since the last call, for the batch that is kept now."""
        rows = [*self.casework.take_rows(), *self._digests.take_row(), *self._scorecards.take_row()]
        entries = self.casework.take_entries()
        self._told += notices(entries, self.casework.tasks, self.casework.terms.calendars.current.version)
        self.vigil.entered(entries, self.casework.now)
        made = Docket(
            entries=entries,
            published=[*self.casework.take_published(), *self._warnings, *self._told],
            rows=rows,
            tasks=self.casework.tasks,
            attachments=self._attachments,
            erased=self._erased,
            checkpoint=self._root,
        )
        self._warnings, self._attachments, self._erased, self._told, self._root = [], [], [], [], None
        return made

    def look(self, now: int) -> None:
        """Look at the invariants of tasks that moved. The store has to be where the tasks are."""
        self.vigil.look(lambda names: {name: self.casework.tasks[name] for name in names if name in self.casework.tasks}, now)


def terms(store: Reader, rules: Rules) -> Terms:
    """Return the terms of a rules folder: its profile, calendar and people, and a judge that looks things up in the store."""
    known = Known(
        facts=lambda task: [*facts(store, task)],
        plan=lambda task: plan(store, task),
        measured=lambda task, criterion, at: measured(store, rules, task, criterion, at),
    )
    return terms_of(rules, known)


def known_terms(store: Reader, rules: Rules) -> Terms | None:
    """Return the terms of a rules folder with every calendar by which some clock counts or counted; None where it has no calendar."""
    if rules.book.calendar is None:
        return None
    found = terms(store, rules)
    Casework(found).restore(docket.calendars(store))
    return found


def facts(store: Reader, task: Task) -> Iterator[Fact]:
    """Give what the findings of a task counted, and what they looked at and did not count."""
    return facts_in(line for finding in task.findings for _, line in store.changes_of(finding))


def plan(store: Reader, task: Task) -> Mapping[str, Any]:
    """Return the explanation that was taken last; one that was refused is none."""
    found = [entry.payload for entry in docket.journal_of(store, task.id) if entry.kind == "task.explained" and entry.payload]
    return found[-1] if found else {}


def office_of(store: Reader, rules: Rules, now: int) -> Office | None:
    """Return the office, or None where the rules folder has no calendar to count working time by."""
    return None if rules.book.calendar is None else Office(store, rules, now)
