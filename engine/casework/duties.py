"""Whether everybody who acted on a task was somebody who may: known, in the role that the entry says, separate where the table asks for it.

Each entry is judged as of its own moment, from the journal alone: whoever leaves or changes posts later was somebody who may all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.casework.state import INCLUDES, SUPERVISING_SIDE, UNIT_SIDE
from engine.casework.table import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.casework.journal import Entry
    from engine.casework.people import People

#: Rows by which somebody judges: of the supervising side, and not what he wrote himself.
SEPARATE: Final = frozenset(row.number for row in ROWS if {"sep", "two"} & set(row.guard))
#: Rows that take two people.
TWO: Final = frozenset(row.number for row in ROWS if "two" in row.guard)
#: By row, the roles in which somebody may take it: those of the table, and whoever leads those.
MAY: Final = {
    row.number: may | {top for top, below in INCLUDES.items() if below & may}
    for row in ROWS
    for may in [set(row.who) | (SUPERVISING_SIDE if "two" in row.guard else set())]
}


def named_at(journal: Sequence[Entry], field: str) -> int:
    """Return when the `unit` or the `person` of a task was named last."""
    return next((one.at for one in reversed(journal) if field in one.data.get("change", {})), journal[-1].at)


def undue(journal: Iterable[Entry], people: People, after: int = 0) -> Iterator[str]:
    """Return what is wrong with who acted in the entries of a task behind a number."""
    unit = ""
    authors: dict[str, str | None] = {}
    for entry in journal:
        if entry.seq > after and entry.event.startswith("C.") and entry.kind != "command.refused":
            yield from (f"record {entry.seq}: {why}" for why in Acting(entry, unit, frozenset(authors.values()), people).wrong())
        change = entry.data.get("change", {})
        unit = change.get("unit", unit)
        authors |= change.get("authors", {})


class Acting:
    """One entry by which somebody acted, as the task stood before it."""

    def __init__(self, entry: Entry, unit: str, authors: frozenset[str | None], people: People) -> None:
        self.entry = entry
        self.unit = unit
        self.authors = authors
        self.people = people

    def wrong(self) -> Iterator[str]:
        """Return why somebody who acted was nobody who may."""
        entry, row = self.entry, self.entry.data.get("row")
        yield from self.stranger(entry.actor, entry.role)
        if row in SEPARATE or entry.kind == "command.proposed":
            yield from self.not_separate(entry.actor, entry.role)
        if row in TWO:
            yield from self.no_second(entry.data.get("with") or {})

    def stranger(self, actor: str, role: str) -> Iterator[str]:
        """Return that the organisation did not know somebody, or not in that role."""
        if not self.people.known(actor, self.entry.at):
            yield f"nobody is called '{actor}'"
        elif role not in self.people.roles(actor, self.unit, self.entry.at):
            yield f"{actor} is not {role} of {self.unit}"
        elif role not in MAY.get(self.entry.data.get("row", 0), {role}):
            yield f"{actor} acted as {role}"

    def not_separate(self, actor: str, role: str) -> Iterator[str]:
        """Return that somebody judged who is not of the supervising side, is of the unit itself, or wrote what is judged."""
        if actor in self.authors:
            yield f"{actor} judged what {actor} wrote"
        elif role not in SUPERVISING_SIDE or self.people.roles(actor, self.unit, self.entry.at) & UNIT_SIDE:
            yield f"{actor} judged and is not separate from {self.unit}"

    def no_second(self, first: dict[str, Any]) -> Iterator[str]:
        """Return that two people were asked for and there was one."""
        actor = first.get("actor")
        if not isinstance(actor, str) or actor == self.entry.actor:
            yield "it takes two people"
        else:
            yield from self.not_separate(actor, str(first.get("role")))
