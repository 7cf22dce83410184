"""The audit of a journal: whatever was changed, taken out, put in, moved or cut off is found and named, record by record.

The chain of a task shows what happened inside of it; checkpoints show what its end, the whole task, or the whole journal once was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from engine.casework.checkpoint import Checkpoint, hash_of_checkpoint
from engine.casework.evidence import ERASED, names_of
from engine.casework.formwords import phrase
from engine.casework.journal import GENESIS, Entry, hash_of, hash_of_payload
from engine.casework.merkle import root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.watching import Language

KINDS: Final = (
    "changed",
    "payload-changed",
    "payload-gone",
    "replaced",
    "missing",
    "duplicated",
    "inserted",
    "reordered",
    "cut",
    "rewritten",
    "added",
    "checkpoint-changed",
    "checkpoint-missing",
)


class Tampering(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is not as it was written: which record, and what was done to it."""

    kind: str
    #: the task, or the checkpoint's chain
    task: str
    #: the number of the record in its task, or of the checkpoint
    seq: int
    #: up to here, where several records in a row are concerned
    upto: int | None = None

    def say(self, language: Language) -> str:
        """Return what was found, as one sentence."""
        numbers = f"{self.seq}" if self.upto in {None, self.seq} else f"{self.seq}–{self.upto}"
        return phrase(language, f"audit.{self.kind}", task=self.task, seq=numbers)

    def __str__(self) -> str:
        return self.say("en")


class Mark(msgspec.Struct, frozen=True, gc=False):
    """What checkpoints know of a record, and all that is needed of a journal that is too long to be held whole."""

    task_id: str
    seq: int
    hash: str


def verify(entries: Sequence[Entry], checkpoints: Sequence[Checkpoint] = (), anchor: str | None = None) -> tuple[Tampering, ...]:
    """Return everything that is wrong with a journal, in the order of its records; nothing where it is as it was written.

    `entries` stand in the order in which they were appended. `anchor` is the hash of a checkpoint that was kept somewhere else.
    """
    tasks: dict[str, list[Entry]] = {}
    for entry in entries:
        tasks.setdefault(entry.task_id, []).append(entry)
    found = [one for name, journal in tasks.items() for one in verify_task(name, journal)]
    return tuple(dict.fromkeys([*found, *verify_checkpoints(entries, checkpoints, anchor, found)]))


def verify_task(task: str, entries: Sequence[Entry]) -> tuple[Tampering, ...]:
    """Return what is wrong with the journal of one task, as far as it shows by itself."""
    return tuple(dict.fromkeys(Chain(task, entries).findings()))


def verify_checkpoints(
    marks: Sequence[Entry | Mark], checkpoints: Sequence[Checkpoint], anchor: str | None = None, found: Sequence[Tampering] = ()
) -> tuple[Tampering, ...]:
    """Return what only checkpoints show. `marks` are those of the whole journal, `found` is what its tasks have shown."""
    if not checkpoints and anchor is None:
        return ()
    return tuple(dict.fromkeys(Checkpoints(marks, checkpoints, anchor).findings(found)))


class Chain:
    """The journal of one task, on its way to findings."""

    def __init__(self, task: str, entries: Sequence[Entry]) -> None:
        self.task = task
        self.entries = entries
        self.first: dict[int, Entry] = {}
        for entry in entries:
            self.first.setdefault(entry.seq, entry)
        self.changed = {id(entry) for entry in entries if hash_of(entry) != entry.hash}

    def found(self, kind: str, seq: int, upto: int | None = None) -> Tampering:
        """Return a finding about this task."""
        return Tampering(kind, self.task, seq, upto)

    def findings(self) -> Iterator[Tampering]:
        """Return everything that is wrong here."""
        yield from self.contents()
        yield from self.order()
        yield from self.gaps()
        yield from self.links()

    def contents(self) -> Iterator[Tampering]:
        """Return records that do not say what their hash says they did."""
        erased = {name for entry in self.entries for name in entry.data.get(ERASED, ())} if self.entries else set()
        for entry in self.entries:
            if id(entry) in self.changed:
                yield self.found("changed", entry.seq)
            if entry.payload is not None and hash_of_payload(entry.payload) != entry.payload_hash:
                yield self.found("payload-changed", entry.seq)
            if entry.payload is None and entry.payload_hash and not erased.intersection(names_of(entry)):
                yield self.found("payload-gone", entry.seq)

    def order(self) -> Iterator[Tampering]:
        """Return records that are there twice, or not where they belong."""
        highest, seen = 0, dict[int, Entry]()
        for entry in self.entries:
            before = seen.get(entry.seq)
            if before is not None:
                yield self.found("duplicated" if before.hash == entry.hash else "inserted", entry.seq)
            elif entry.seq < highest:
                yield self.found("reordered", entry.seq)
            seen[entry.seq] = entry
            highest = max(highest, entry.seq)

    def gaps(self) -> Iterator[Tampering]:
        """Return records that are not there although later ones are."""
        before = 0
        for seq in sorted(self.first):
            if seq > before + 1:
                yield self.found("missing", before + 1, seq - 1)
            before = seq

    def links(self) -> Iterator[Tampering]:
        """Return records that are whole in themselves and yet not those on which the next one was built."""
        for seq, entry in self.first.items():
            if id(entry) in self.changed:
                continue
            if seq == 1 and entry.prev != GENESIS:
                yield self.found("replaced", seq)
            before = self.first.get(seq - 1)
            if before is not None and entry.prev != before.hash and not self.stands_beside(seq - 1, entry.prev):
                yield self.found("replaced", seq - 1)

    def stands_beside(self, seq: int, wanted: str) -> bool:
        """Return whether the right record is there, behind one that was put in its place; that one is named already."""
        return any(entry.seq == seq and entry.hash == wanted for entry in self.entries)


class Checkpoints:
    """The checkpoints of a journal against what it holds now."""

    def __init__(self, entries: Sequence[Entry | Mark], checkpoints: Sequence[Checkpoint], anchor: str | None) -> None:
        self.entries = entries
        self.tasks: dict[str, dict[int, Entry | Mark]] = {}
        for entry in entries:
            self.tasks.setdefault(entry.task_id, {}).setdefault(entry.seq, entry)
        self.checkpoints = checkpoints
        self.anchor = anchor

    def findings(self, before: Sequence[Tampering]) -> Iterator[Tampering]:
        """Return what only checkpoints show; `before` is what the chains have shown."""
        named = {(one.task, seq) for one in before for seq in range(one.seq, (one.upto or one.seq) + 1)}
        found = [*self.chain(), *self.cut(named)]
        yield from found
        if not before and not found:
            yield from self.added()

    def chain(self) -> Iterator[Tampering]:
        """Return checkpoints that were changed or taken out."""
        number, prev = 1, GENESIS
        for one in self.checkpoints:
            if one.number > number:
                yield Tampering("checkpoint-missing", one.chain, number, one.number - 1)
            elif one.number != number or one.prev != prev or hash_of_checkpoint(one) != one.hash:
                yield Tampering("checkpoint-changed", one.chain, one.number)
            number, prev = one.number + 1, one.hash
        if self.anchor is not None and all(one.hash != self.anchor for one in self.checkpoints):
            yield Tampering("checkpoint-missing", self.checkpoints[0].chain if self.checkpoints else "journal", number)

    def cut(self, named: set[tuple[str, int]]) -> Iterator[Tampering]:
        """Return records that a checkpoint has seen and that are gone, or others now."""
        known: dict[str, int] = {}
        other: dict[str, int] = {}
        for one in self.checkpoints:
            for task, head in one.heads.items():
                known[task] = head.seq
                entry = self.tasks.get(task, {}).get(head.seq)
                if entry is not None and entry.hash != head.hash and (task, head.seq) not in named:
                    other[task] = head.seq
        yield from (Tampering("rewritten", task, seq) for task, seq in other.items())
        for task, seq in known.items():
            last = max(self.tasks.get(task, {0: None}))
            if last < seq:
                yield Tampering("cut", task, last + 1, seq)

    def added(self) -> Iterator[Tampering]:
        """Return records that stand where a checkpoint has seen none, in the first one whose root is another now."""
        for one in self.checkpoints:
            covered = self.entries[one.first : one.first + one.count]
            if root([entry.hash for entry in covered]) == one.root:
                continue
            strange = [entry for entry in covered if (head := one.heads.get(entry.task_id)) is None or entry.seq > head.seq]
            if strange:
                yield from (Tampering("added", entry.task_id, entry.seq) for entry in strange[:1])
            else:
                yield Tampering("reordered", covered[0].task_id if covered else one.chain, covered[0].seq if covered else one.number)
            return
