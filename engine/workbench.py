"""The engine for those who program: rule files and events in, problems, tasks and explanations out.

Everything is a plain function of its arguments. Files are texts by their path inside the rules folder, events are lines; who calls
reads them from wherever they are. `import engine` gives all of it: `engine.backtest(…)`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.events import Event, Gate, Rejected, arrival_of, instant_of, instants_of
from engine.events.mapping import Skipped, feed, read_mapping
from engine.language import read_rules, reads_of
from engine.rehearsal import Gates, Outcome, rehearse
from engine.source import Problem, read, suggest
from engine.watching import Change, Explanation, Inquiry, Past, Reply, Summary, Watching, explained, in_order, replay

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from engine.language import Rulebook, RuleTest

__all__ = ["Backtest", "Faulty", "Reading", "Rules", "backtest", "check", "explain", "read_events", "try_stories", "understand"]


class Faulty(ValueError):  # noqa: N818 - what the files are
    """Files that cannot be used. `problems` are all the reasons, each with its place; the message is one line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = [problem for problem in problems if problem.level == "error"]
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Rules:
    """Rules that were understood. `book` holds rules and catalogue, `gate` lets events in, `stories` are the rule tests."""

    book: Rulebook
    gate: Gate
    stories: tuple[RuleTest, ...]


@dataclass
class Reading:
    """What became of lines: events, records that were rejected with the reason, and, by reason, what a mapping leaves out."""

    events: list[Event] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass
class Backtest:
    """What rules find in a history: every change in order, and what the changes come to."""

    changes: list[Change]
    summary: Summary

    def tasks(self) -> list[Explanation]:
        """Return the tasks that stand or have ended, each with all that explains it; withdrawn ones are left out."""
        by_task: dict[str, list[Change]] = {}
        for change in self.changes:
            by_task.setdefault(change.task_id, []).append(change)
        found = (explained(changes) for changes in by_task.values())
        return [task for task in found if task is not None and task.state != "withdrawn"]

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each task, ready for a data frame: `pandas.DataFrame(backtest.rows())`. Key fields are `key.NAME`."""
        return [
            {
                "task_id": task.task_id,
                "rule": task.rule,
                "severity": task.severity,
                "state": task.state,
                "at": task.at,
                "until": task.until,
                "due": task.due,
                "role": task.to.role,
                "unit": task.to.unit,
                "person": task.to.person,
                "count": task.count,
                "value": task.value,
                "say": task.say,
                **{f"key.{name}": value for name, value in task.key.items()},
            }
            for task in self.tasks()
        ]


def check(files: Mapping[str, str], as_of: date | None = None) -> list[Problem]:
    """Return everything that is wrong or doubtful in a rules folder, in the order of its files: an empty list is what one wants.

    `files` holds the text of each file by its path inside the folder: `catalogue.yaml`, `outage/long-outage.yaml`. With `as_of`,
    review dates and ends of calendars are judged as of that day.
    """
    return read_rules(files, as_of).problems


def understand(files: Mapping[str, str]) -> Rules:
    """Return the rules of a folder, ready to run; raise `Faulty`, with every error at once, where they are not. Warnings do not matter.

    `files` is as for `check`.
    """
    folder = read_rules(files)
    if folder.rulebook is None:
        raise Faulty(folder.problems)
    return Rules(folder.rulebook, Gate(folder.rulebook.catalogue, reads_of(folder.rulebook)), tuple(folder.tests))


def try_stories(rules: Rules, rule: str | None = None) -> list[Outcome]:
    """Return how each rule test went, or those of one rule: straight, restarted after every event, and in other orders of arrival.

    An outcome's `passed` says whether all three ways gave what the story expects; its `faults` say what did not fit.
    """
    gates = Gates(rules.book.catalogue)
    stories = [story for story in rules.stories if rule in {None, story.rule}]
    return [rehearse(rules.book, story, rules.book.places, gates) for story in stories]


def read_events(rules: Rules, lines: Iterable[str], *, mapping: str | None = None, file: str = "events") -> Reading:
    """Return the events of some lines, and what could not become one. Never raises for what the lines hold.

    Lines are JSON in the catalogue's shape. With `mapping`, the text of a mapping file, they are whatever it reads: CSV, JSON or
    JSON Lines of another system; raise `Faulty` where the mapping itself is wrong. `file` is what reasons call the lines.
    """
    reading = Reading()
    outcomes = plain(rules.gate, lines, file) if mapping is None else mapped(rules, mapping, lines, file)
    for one in outcomes:
        if isinstance(one, Rejected):
            reading.rejected.append(one)
        elif isinstance(one, Skipped):
            reading.skipped[one.reason] += 1
        else:
            reading.events.append(one)
    return reading


def backtest(rules: Rules, events: Iterable[Event], *, until: int | None = None) -> Backtest:
    """Return what rules find in a history, by the same code as in production.

    Events may come in any order: they are judged in the order in which they arrived, or happened where no arrival was recorded. Time
    ends at the last of them, or at `until` (microseconds since 1970): later deadlines are not decided.
    """
    history = [event for event in in_order(events) if until is None or arrival_of(event) <= until]
    found = Backtest([], Summary(zone=ZoneInfo(rules.book.zone)))
    world = Watching(rules.book, rules.gate, places=rules.book.places)
    for done in replay(world, history, found.changes.extend, until=until):
        found.summary.events = done
    for change in found.changes:
        found.summary.add(change)
    moments = instants_of(history)
    found.summary.first, found.summary.last = min(moments, default=None), max(moments, default=None)
    return found


def explain(
    rules: Rules,
    events: Iterable[Event],
    rule: str,
    *,
    event: str | None = None,
    key: Mapping[str, str] | None = None,
    task: str | None = None,
) -> list[Reply]:
    """Return why a rule fired, or did not, in a history: for an event's id, for each key that agrees with `key`, or for a task's id.

    Give one of the three. Each reply holds accounts: every condition with its values, what was looked for and found, what was
    nearest, and what would change the verdict. An empty list means that there is no such event, key or task. Raise `KeyError` where
    there is no such rule, and `ValueError` where not exactly one thing is asked about.
    """
    if rule not in rules.book.rules:
        raise KeyError(f"there is no rule '{rule}'{suggest(rule, rules.book.rules)}")
    if sum(one is not None for one in (event, key, task)) != 1:
        raise ValueError("ask about one thing: event, key or task")
    history = in_order(events)
    arrivals = [(one, arrival_of(one)) for one in history]
    first = instant_of(history[0]) if history else None
    inquiry = Inquiry(rules.book, rules.gate, rule, Past(arrivals, max((at for _, at in arrivals), default=0), history_from=first))
    if event is not None:
        return inquiry.event(event)
    if key is not None:
        return [inquiry.key(one) for one in inquiry.keys(key)]
    reply = inquiry.task(task or "")
    return [reply] if reply is not None else []


# Parts ------------------------------------------------------------------------------------------------------------------


def plain(gate: Gate, lines: Iterable[str], file: str) -> Iterable[Event | Rejected]:
    """Give the events of JSON Lines, and what is rejected with its place."""
    for number, line in enumerate(lines, 1):
        for one in gate.decode(line.encode()) if line.strip() else ():
            yield one.inside(f"{file}:{number}") if isinstance(one, Rejected) else one


def mapped(rules: Rules, text: str, lines: Iterable[str], file: str) -> Iterable[Event | Rejected | Skipped]:
    """Give what a mapping makes of another system's lines."""
    document, problems = read(text, "mapping")
    mapping = None
    if document is not None:
        mapping, more = read_mapping(document, rules.book.catalogue)
        problems = [*problems, *more]
    if mapping is None:
        raise Faulty(problems)
    return feed(mapping, rules.gate, lines, file)
