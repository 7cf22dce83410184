"""What each rule has told so far, and which rules never tell anything that another one does not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.events import micros

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.watching import Change

#: So many tasks say that two rules belong together; fewer may be chance.
ENOUGH = 3


@dataclass(slots=True)
class Record:
    """One rule's tasks: how many it opened, which of them stand, and when one opened last (microseconds)."""

    opened: int = 0
    standing: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    last: int | None = None
    #: by rule, how many of the tasks share evidence with one of its tasks
    shared: Counter[str] = field(default_factory=Counter)
    #: the evidence of each task that was not withdrawn
    evidence: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def always_with(self) -> list[str]:
        """Return the rules that also asked about an event of every single task."""
        tasks = len(self.evidence)
        return sorted(rule for rule, count in self.shared.items() if count == tasks) if tasks >= ENOUGH else []


def records(changes: Iterable[Change]) -> dict[str, Record]:
    """Return what each rule has told, out of everything that was published, in order."""
    found: dict[str, Record] = {}
    for change in changes:
        follow(found.setdefault(change.rule, Record()), change)
    share(found)
    return found


def follow(record: Record, change: Change) -> None:
    """Have a record stand as it does after one more change."""
    task = change.task_id
    if change.change == "opened":
        record.opened += task not in record.evidence
        record.last = max(micros(change.at), record.last or micros(change.at))
        record.evidence[task] = frozenset(change.evidence)
    elif change.change == "withdrawn" and record.evidence.pop(task, None) is not None:
        record.opened -= 1
    if change.change == "opened" and (change.because is None or change.because.rule is None or change.because.rule.lasts):
        record.standing.add(task)
    elif change.change == "updated" and task in record.ended:
        record.standing.add(task)  # a late event took the end back
    elif change.change in {"ended", "withdrawn"}:
        record.ended.add(task)
        record.standing.discard(task)


def share(found: dict[str, Record]) -> None:
    """Count, rule by rule, the tasks that have an event in common."""
    asked: dict[str, set[str]] = {}
    for rule, record in found.items():
        for name in frozenset().union(*record.evidence.values()):
            asked.setdefault(name, set()).add(rule)
    for rule, record in found.items():
        for evidence in record.evidence.values():
            others: set[str] = set().union(*(asked[name] for name in evidence))
            record.shared.update(others - {rule})
