"""What a rebuilt rule finds against what was published before: only the difference is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

from engine.watching import Because, Change, explained
from streams.clock import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streams.store import Reader


@dataclass(slots=True)
class Task:
    """The changes of one task, folded."""

    last: Change
    lines: list[Change] = field(default_factory=list)
    evidence: dict[str, None] = field(default_factory=dict)
    state: str = ""

    def add(self, change: Change) -> None:
        """Take in one more change."""
        self.last, self.state = change, change.change
        self.lines.append(change)
        for one in change.evidence_removed:
            self.evidence.pop(one, None)
        self.evidence.update(dict.fromkeys(change.evidence))


def folded(changes: Iterable[Change]) -> dict[str, Task]:
    """Return the tasks that some changes come to, in the order in which they opened."""
    tasks: dict[str, Task] = {}
    for change in changes:
        tasks.setdefault(change.task_id, Task(change)).add(change)
    return tasks


def published(reader: Reader, rule: str) -> list[Change]:
    """Return every published change of a rule."""
    # "." follows "-": the index gives every task whose id begins with the rule's name
    rows = reader.ask("SELECT line FROM changes WHERE task >= ? AND task < ? ORDER BY position", f"{rule}-", f"{rule}.")
    changes = [msgspec.json.decode(line, type=Change) for (line,) in rows]
    return [change for change in changes if change.rule == rule]


def retold(reader: Reader, found: list[Change], *, since: Mapping[str, int]) -> list[Change]:
    """Return the changes that lead from what was published to what was found, for the rules of `since`.

    Tasks of a rule from before its `since` (microseconds) are left alone where they were not found again: the events that led to
    them may no longer be kept.
    """
    before = standing(change for rule in sorted(since) for change in published(reader, rule))
    after = standing(found)
    told = [
        changed(task.last, "withdrawn", [], [])
        for name, task in before.items()
        if name not in after and task.last.at.timestamp() * 1_000_000 >= since[task.last.rule]
    ]
    for name, task in after.items():
        told += difference(before[name], task) if name in before else task.lines
    return told


def standing(changes: Iterable[Change]) -> dict[str, Task]:
    """Return the tasks that some changes come to and that were not withdrawn."""
    return {name: task for name, task in folded(changes).items() if task.state != "withdrawn"}


def difference(old: Task, new: Task) -> list[Change]:
    """Return what is to be told of a task that was published and was found again."""
    told = []
    added = [one for one in new.evidence if one not in old.evidence]
    gone = [one for one in old.evidence if one not in new.evidence]
    measured = (old.last.count, old.last.value) != (new.last.count, new.last.value)
    if added or gone or measured or (old.state == "ended" and new.state != "ended"):
        told.append(changed(new.last, "updated", added, gone))
    if new.state == "ended" and (told or old.state != "ended" or old.last.at != new.last.at):
        told.append(new.last)
    return told


def changed(change: Change, kind: Literal["updated", "withdrawn", "ended"], added: list[str], gone: list[str]) -> Change:
    """Return a change like another one, of another kind and with other evidence."""
    return msgspec.structs.replace(change, change=kind, evidence=added, evidence_removed=gone, because=None, replaces=None)


def no_longer_live(reader: Reader, rule: str, told: Iterable[Change], now: int) -> list[Change]:
    """Return what ends the tasks of a rule that stand when it is no longer live; `told` is what is told of it in the same breath.

    What was over the moment it was found has nothing to end.
    """
    tasks = folded([*published(reader, rule), *(change for change in told if change.rule == rule)])
    ended = []
    for task in tasks.values():
        found = explained(task.lines)
        if found is not None and found.state == "standing" and found.status == "live":
            because = Because(edit="rule no longer live")
            ended.append(msgspec.structs.replace(changed(task.last, "ended", [], []), at=max(task.last.at, moment(now)), because=because))
    return ended
