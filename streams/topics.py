"""The topics of a store, read from any position: what rules found, the journal, how tasks stand, and what is told beside them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.casework import Publication, Task, apply, decode_entry, fold, told_by_journal, told_by_rule, told_by_state
from engine.watching import Change
from streams import docket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streams.store import Reader

FINDINGS: Final = "findings"
TOPICS: Final = (
    FINDINGS,
    "task.events",
    "task.state",
    *(f"alert.l{level}" for level in range(6)),
    "alert.unit",
    "supervision",
    "digest",
    "kpi",
)
LEVELS: Final = re.compile(r"alert\.l([0-5])\+")
#: So many records are read at once.
MOST: Final = 1_000
CHANGE = msgspec.json.Decoder(Change)


class Told(NamedTuple):
    """One record: where it stands, its line as the store has it, and the record in the form that all topics share."""

    position: int | str
    line: bytes
    record: Publication


def is_topic(name: str) -> bool:
    """Return whether there is such a topic; `alert.l3+` stands for a level and all above it."""
    return name in TOPICS or LEVELS.fullmatch(name) is not None


def finding(position: int | str, line: bytes) -> Told:
    """Return a line of the topic `findings` as a record."""
    return Told(position, line, told_by_rule(CHANGE.decode(line)))


def parts_of(name: str) -> list[str]:
    """Return the topics that a name stands for: itself, a level and all above it, or every level."""
    least = LEVELS.fullmatch(name)
    if least is None and name != "alert.unit":
        return [name]
    return [f"alert.l{level}" for level in range(int(least[1]) if least is not None else 0, 6)]


class Topic:
    """One topic of one store."""

    def __init__(self, reader: Reader, name: str) -> None:
        self.reader = reader
        self.name = name
        self._tasks: dict[str, Task] = {}

    def after(self, position: int) -> list[Told]:
        """Return the next records behind a position, none where there are no more."""
        read: Callable[[int], Iterator[Told]] = {
            FINDINGS: self._findings,
            "task.events": self._entries,
            "task.state": self._states,
        }.get(self.name, self._publications)
        return list(read(position))

    def _findings(self, position: int) -> Iterator[Told]:
        for place, line in self.reader.changes(position, MOST):
            yield finding(place, line)

    def _publications(self, position: int) -> Iterator[Told]:
        for place, line in docket.published_on(self.reader, self.published, position, MOST):
            yield Told(place, line, docket.PUBLICATION.decode(line))

    @property
    def published(self) -> list[str]:
        """Return the topics that this one stands for, of those that are told beside the journal."""
        return [] if self.name in {FINDINGS, "task.events", "task.state"} else parts_of(self.name)

    def _entries(self, position: int) -> Iterator[Told]:
        """Give entries, each with its task as it stood then: the fold of what came before."""
        question = "SELECT position, task, seq, line FROM journal WHERE position > ? ORDER BY position LIMIT ?"
        for place, name, seq, line in self.reader.ask(question, position, MOST).fetchall():
            entry = decode_entry(line)
            before = self._tasks.get(name) or fold(one for one in docket.journal_of(self.reader, name) if one.seq < seq)
            task = self._tasks[name] = apply(before or Task(id=name), entry)
            if task.is_over:
                del self._tasks[name]  # it seldom moves again, and then it is folded anew
            yield Told(place, line, told_by_journal(entry, task))

    def _states(self, position: int) -> Iterator[Told]:
        """Give each task that moved behind a position once, as it stands now, at the place of its last entry."""
        question = "SELECT max(position) AS last, task FROM journal WHERE position > ? GROUP BY task ORDER BY last LIMIT ?"
        for place, name in self.reader.ask(question, position, MOST).fetchall():
            task = docket.task(self.reader, name) or fold(docket.journal_of(self.reader, name))
            assert task is not None, "a task with an entry"
            yield Told(place, msgspec.json.encode(task), told_by_state(task))
