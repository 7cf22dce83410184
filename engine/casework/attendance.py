"""Who has to be there when something is explained face to face (当面说清楚): of each rank that the ladder names, somebody.

Somebody of a unit above has a higher rank and will do. Where the whole way up nobody has a rank, nobody is asked for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.casework.addressee import ROLE, holder
from engine.casework.people import upwards

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from engine.casework.ladder import Ladder
    from engine.casework.people import People
    from engine.casework.task import Task


class Rank(NamedTuple):
    """One rank: its role, who of those that were there has it, and who would do."""

    role: str
    there: frozenset[str]
    who: str


def ranks(task: Task, attendees: Collection[str], ladder: Ladder, people: People) -> tuple[Rank, ...]:
    """Return the ranks that the task's level asks for at the meeting."""
    words = dict.fromkeys(word for rung in ladder.reached(task.level) for word in rung.attend)
    return tuple(one for word in words for one in rank(word, task, attendees, people))


def rank(word: str, task: Task, attendees: Collection[str], people: People) -> Iterator[Rank]:
    """Give the rank that a word of the ladder means, unless nobody has it."""
    if word == "person":
        if task.person is not None:
            yield Rank(word, frozenset({task.person}.intersection(attendees)), task.person)
        return
    role, up = ROLE[word]
    found = holder(role, task.unit, up, task.at, people)
    if found["person"] is not None:
        units = upwards(found["unit"], task.at, people)
        there = frozenset(name for name in attendees if any(role in people.roles(name, unit, task.at) for unit in units))
        yield Rank(role, there, found["person"])


def named(attendees: object) -> frozenset[str]:
    """Return who was there, as a form says it."""
    return frozenset(str(one).strip() for one in attendees) if isinstance(attendees, list) else frozenset()
