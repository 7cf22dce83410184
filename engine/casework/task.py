"""A task as it stands: four independent axes (state, clock, level, cycle and round) and what goes with them. It is the fold of its journal.

Every entry carries under `change` what it changed, field by field, and for the fields that are mappings key by key (None: gone). So the
fold needs no calendar, no rule and no person, and an old journal gives the same task under any later version of the program.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, get_type_hints

import msgspec
from msgspec.structs import replace

from engine.casework.clock import Clock
from engine.casework.journal import GENESIS
from engine.casework.state import OVER, OWING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.casework.journal import Entry

#: Entries that change nothing that a person might judge by.
ASIDE: Final = frozenset({"command.refused", "command.proposed"})


class Suspension(msgspec.Struct, frozen=True, gc=False):
    """One reason why the unit's clock stands: a pause, a parent, an appeal, the grace after a storm."""

    reason: str
    since: int
    until: int | None = None
    by: str = ""


class Timer(msgspec.Struct, frozen=True, gc=False):
    """An armed timer. Its generation is the number of the entry that armed it; one of another generation is dropped."""

    due: int
    generation: int


class Breach(msgspec.Struct, frozen=True, gc=False):
    """A missed deadline. It stays on record, whatever is extended, reassigned or closed afterwards."""

    obligation: str
    owner: str
    unit: str
    person: str | None
    due: int
    cycle: int
    step: int = 1


class Claim(msgspec.Struct, frozen=True, gc=False):
    """A rung that was reached, and how: by `time`, by `floor`, `implied` by a higher one, by `rounds`, by `hand`."""

    at: int
    how: str


class Proposal(msgspec.Struct, frozen=True, gc=False):
    """A command for two people, said by the first."""

    actor: str
    role: str
    at: int
    data: dict[str, Any]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One obligation of one unit, and one named person in it, to explain and to remedy one thing."""

    id: str
    # what was found; `findings` says of each whether it stands, has ended, or was withdrawn
    finding: str = ""
    findings: dict[str, str] = {}
    rule: str = ""
    key: dict[str, str] = {}
    severity: str = "minor"
    say: str = ""
    urgent: bool = False
    explain_in: str = ""
    versions: dict[str, str] = {}
    evidence: dict[str, str] = {}
    basis_withdrawn: bool = False
    ended_at: int | None = None
    recurrence_of: str | None = None
    #: the rung on which it begins at least, and how many tasks its object had before
    floor: int | None = None
    siblings: int = 0
    # who answers; `home` is where the task lives and never changes
    home: str = ""
    asked_role: str = ""
    unit: str = ""
    person: str | None = None
    # the four axes
    state: str = ""
    prior: str | None = None
    clocks: dict[str, Clock] = {}
    suspensions: dict[str, Suspension] = {}
    level: int | None = None
    cycle: int = 1
    round: int = 1
    # the ladder, by rung; only of this cycle
    claims: dict[str, Claim] = {}
    warned: dict[str, int] = {}
    assessment: str = ""
    # on record for ever
    breaches: dict[str, Breach] = {}
    # of this cycle; `signed` says who has signed, for the `unit` and as the `person`
    signed: dict[str, str] = {}
    authors: dict[str, str] = {}
    explained: bool = False
    explanation_accepted: bool = False
    remedy_accepted: bool = False
    owes_remedy: bool = False
    remedy_due: int | None = None
    #: how many actions the plan has
    actions: int = 0
    appealed: bool = False
    paused_for: int = 0
    # instants
    opened_at: int = 0
    issued_at: int | None = None
    effective_at: int | None = None
    over_at: int | None = None
    # others
    parent: str | None = None
    #: what it answers for beside itself
    children: dict[str, str] = {}
    proposals: dict[str, Proposal] = {}
    heard: dict[str, int] = {}
    timers: dict[str, Timer] = {}
    # the journal
    seq: int = 0
    hash: str = GENESIS
    at: int = 0
    #: the last entry that changed whose turn it is, and the last that changed anything to judge by
    turn: int = 0
    matter: int = 0

    @property
    def is_over(self) -> bool:
        """Return whether nobody owes anything here any more."""
        return self.state in OVER

    @property
    def is_running(self) -> bool:
        """Return whether the unit's clock runs."""
        return self.state in OWING and not self.suspensions

    @property
    def is_late(self) -> bool:
        """Return whether an obligation of the unit was breached in this cycle."""
        return any(breach.owner == "unit" and breach.cycle == self.cycle for breach in self.breaches.values())

    @property
    def parents(self) -> tuple[str, ...]:
        """Return the parents that hold this task."""
        return tuple(name.removeprefix("parent:") for name in self.suspensions if name.startswith("parent:"))

    def is_overdue(self, now: int) -> bool:
        """Return whether the unit is late now. Worked out when asked, never stored."""
        clocks = [clock for clock in self.clocks.values() if clock.owner == "unit" and clock.is_open]
        missed = any(clock.breached is not None for clock in clocks)
        return missed or (self.is_running and any(clock.due is not None and now > clock.due for clock in clocks))

    def due(self) -> int | None:
        """Return the next deadline, or None where none runs."""
        named = [timer.due for name, timer in self.timers.items() if name not in {"T.rung", "T.pause_until"}]
        return min(named, default=None)


#: What an entry says in its own fields, and what follows from the chain.
OF_ENTRY: Final = frozenset({"id", "state", "level", "cycle", "round", "seq", "hash", "at", "turn", "matter"})
CHANGING: Final = tuple(field for field in Task.__struct_fields__ if field not in OF_ENTRY)
KEYED: Final[dict[str, Any]] = {
    "clocks": Clock,
    "suspensions": Suspension,
    "claims": Claim,
    "breaches": Breach,
    "proposals": Proposal,
    "timers": Timer,
    "key": str,
    "versions": str,
    "evidence": str,
    "findings": str,
    "children": str,
    "warned": int,
    "signed": str,
    "authors": str,
    "heard": int,
}


@lru_cache(maxsize=1)
def types() -> dict[str, Any]:
    """Return the type of each field of a task."""
    return get_type_hints(Task)


def difference(old: Task, new: Task) -> dict[str, Any]:
    """Return what an entry has to say so that folding it makes the new task of the old one."""
    changed: dict[str, Any] = {}
    for name in CHANGING:
        before, after = getattr(old, name), getattr(new, name)
        if before is after or before == after:
            continue
        if name in KEYED:
            keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
            changed[name] = {key: msgspec.to_builtins(after.get(key)) for key in keys}
        else:
            changed[name] = msgspec.to_builtins(after)
    return changed


def apply(task: Task, entry: Entry) -> Task:
    """Return the task after one more entry of its journal."""
    values: dict[str, Any] = {}
    for name, change in entry.data.get("change", {}).items():
        if name in KEYED:
            held = dict(getattr(task, name))
            for key, value in change.items():
                if value is None:
                    held.pop(key, None)
                else:
                    held[key] = msgspec.convert(value, KEYED[name])
            values[name] = held
        else:
            values[name] = msgspec.convert(change, types()[name])
    return advanced(task, replace(task, **values), entry)


def advanced(old: Task, new: Task, entry: Entry) -> Task:
    """Return the new task with what the entry itself says: the axes, and its place in the chain."""
    turned = (old.state, old.cycle, old.round, old.unit) != (entry.state, entry.cycle, entry.round, new.unit)
    return replace(
        new,
        state=entry.state,
        level=entry.level,
        cycle=entry.cycle,
        round=entry.round,
        seq=entry.seq,
        hash=entry.hash,
        at=entry.at,
        turn=entry.seq if turned else old.turn,
        matter=old.matter if entry.kind in ASIDE else entry.seq,
    )


def fold(entries: Iterable[Entry]) -> Task | None:
    """Return the task that a journal tells of; None of an empty one."""
    task: Task | None = None
    for entry in entries:
        task = apply(Task(id=entry.task_id) if task is None else task, entry)
    return task


def pack(task: Task) -> bytes:
    """Return a task as bytes, for a store."""
    return msgspec.msgpack.encode(task)


UNPACKER = msgspec.msgpack.Decoder(Task)


def unpack(packed: bytes) -> Task:
    """Return the task of `pack`."""
    return UNPACKER.decode(packed)
