"""The table of tasks: what lists are filtered and ordered by, beside each task as it stands.

Apart from the rest of the docket, since a list of tasks is asked for all day, and has no use for what else the docket reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.casework import unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.casework import Task
    from streams.store import Reader


def columns(task: Task) -> tuple[object, ...]:
    """Return what lists are filtered and ordered by."""
    missed = any(clock.owner == "unit" and clock.is_open and clock.breached is not None for clock in task.clocks.values())
    return (
        task.id,
        task.rule,
        task.state,
        task.is_over,
        task.level,
        task.severity,
        task.unit,
        task.person,
        task.due(),
        missed,
        task.opened_at,
    )


class Filter(NamedTuple):
    """Which tasks are wanted; what is None asks for nothing. `overdue` is the moment as of which a deadline has passed."""

    task: str | None = None
    over: bool | None = False
    units: Sequence[str] | None = None
    person: str | None = None
    rule: str | None = None
    state: str | None = None
    level: int | None = None
    overdue: int | None = None
    most: int = 50
    after: int = 0

    def question(self) -> tuple[str, list[object]]:
        """Return the conditions of an SQL question, and their values."""
        asked: list[tuple[str, list[object]]] = [
            ("task = ?", [self.task]) if self.task is not None else ("", []),
            ("over = ?", [self.over]) if self.over is not None else ("", []),
            (f"unit IN ({', '.join('?' * len(self.units))})", [*self.units]) if self.units is not None else ("", []),
            ("person = ?", [self.person]) if self.person is not None else ("", []),
            ("rule = ?", [self.rule]) if self.rule is not None else ("", []),
            ("state = ?", [self.state]) if self.state is not None else ("", []),
            ("level >= ?", [self.level]) if self.level is not None else ("", []),
            ("(missed OR due < ?)", [self.overdue]) if self.overdue is not None else ("", []),
        ]
        told = [(text, values) for text, values in asked if text]
        where = " AND ".join(text for text, _ in told) or "1"
        return where, [value for _, values in told for value in values]


def listed(reader: Reader, wanted: Filter) -> Iterator[Task]:
    """Give the tasks that a filter wants: what was missed first, then what is due first, and last what has no deadline."""
    where, values = wanted.question()
    order = "ORDER BY over, missed DESC, due IS NULL, due, task"
    # Which ones is answered by the index alone; only then rows are read, which are long: of a hundred thousand that takes half a second.
    which = f"SELECT task FROM tasks WHERE {where} {order} LIMIT ? OFFSET ?"  # noqa: S608 - only our own words
    for (row,) in reader.ask(f"SELECT row FROM tasks WHERE task IN ({which}) {order}", *values, wanted.most, wanted.after):  # noqa: S608 - as above
        yield unpack(row)


def counted(reader: Reader, wanted: Filter) -> int:
    """Return how many tasks a filter wants."""
    where, values = wanted.question()
    found: int = reader.one(f"SELECT count(*) FROM tasks WHERE {where}", *values)  # noqa: S608 - only our own words
    return found
