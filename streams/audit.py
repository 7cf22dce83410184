"""An audit of a store: every record of the journal against its chain, the checkpoints, the tasks as kept, and the files handed in.

The journal is read twice, first for its marks alone, then task by task, so that one of any length can be audited.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from engine.casework import (
    Mark,
    Tampering,
    broken,
    decode_checkpoint,
    decode_entry,
    evidence_in,
    export,
    fits,
    unpack,
    verify_checkpoints,
    verify_task,
)
from engine.watching import LANGUAGES, say
from streams import docket

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from engine.casework import Checkpoint, Entry, People, Publication, Task
    from streams.store import Reader

    #: what is being done, how far, of how much
    Progress = Callable[[str, int, int | None], None]

#: How many records are read between two looks at the progress.
STEP = 500
#: The chain of tasks is told in its own words; this invariant is the same.
CHAINS = 2


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is not as it was written, or not as it must be: what, of which task, which record, in words."""

    kind: str
    task: str
    zh: str
    en: str
    seq: int | None = None
    upto: int | None = None


class Examined(msgspec.Struct):
    """What was looked at, and what is wrong with it."""

    entries: int
    tasks: int
    checkpoints: int
    files: int
    findings: list[Finding]
    #: invariants that do not hold
    broken: list[Finding]


def noted(kind: str, task: str, seq: int | None = None, **values: object) -> Finding:
    """Return something that is found in the store and not in the journal itself."""
    zh, en = (say(language, f"audit.{kind}", task=task, seq=seq, **values) for language in LANGUAGES)
    return Finding(kind, task, zh, en, seq)


def told(one: Tampering) -> Finding:
    """Return what the journal shows."""
    return Finding(one.kind, one.task, one.say("zh"), one.say("en"), one.seq, one.upto)


def marks_in(reader: Reader, progress: Progress) -> Iterator[tuple[int, str, int, Mark | None]]:
    """Give position, task and number of each row of the journal, and the mark of its record; None of one that cannot be read."""
    whole = reader.end("journal")
    for position, task, seq, line in reader.ask("SELECT position, task, seq, line FROM journal ORDER BY position"):
        if position % STEP == 0:
            progress("journal", position, whole)
        try:
            yield position, task, seq, docket.MARK.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            yield position, task, seq, None


class Audit:
    """One audit of one store on its way."""

    def __init__(self, reader: Reader, progress: Progress, people: People | None = None) -> None:
        self.reader = reader
        self.progress = progress
        self.people = people
        self.marks: list[Mark] = []
        #: task -> where its records lie
        self.places: defaultdict[str, list[int]] = defaultdict(list)
        self.findings: list[Finding] = []
        self.broken: list[Finding] = []
        self.tampered: list[Tampering] = []
        self.files = 0

    def examined(self, anchor: str | None) -> Examined:
        """Go over everything, and return what was found. `anchor` is the hash of a checkpoint that was kept somewhere else."""
        self.reader.connection.execute("BEGIN")  # the program may run meanwhile: all of this sees one commit
        try:
            return self.looked(anchor)
        finally:
            self.reader.connection.execute("ROLLBACK")

    def looked(self, anchor: str | None) -> Examined:
        """Go over everything."""
        self.read_marks()
        kept = self.kept_tasks()
        alerts = self.alerts()
        names = list(dict.fromkeys([*self.places, *kept]))
        for number, name in enumerate(names):
            if number % STEP == 0:
                self.progress("verify", number, len(names))
            self.look_at(name, kept.get(name), alerts.get(name, ()))
        points = self.checkpoints()
        self.tell(verify_checkpoints(self.marks, points, anchor, self.tampered))
        return Examined(len(self.marks), len(self.places), len(points), self.files, list(dict.fromkeys(self.findings)), self.broken)

    def tell(self, found: tuple[Tampering, ...]) -> None:
        """Note what a journal or the checkpoints show; a record that cannot be read is named already, and not missing beside."""
        unreadable = {(one.task, one.seq) for one in self.findings if one.kind == "unreadable"}
        self.tampered += found
        new = [one for one in found if not (one.kind in {"missing", "cut"} and one.upto == one.seq and (one.task, one.seq) in unreadable)]
        self.findings += map(told, new)

    def read_marks(self) -> None:
        """Read the journal for its marks, and note rows that are gone, cannot be read, or are filed under what they do not say."""
        last = 0
        for position, task, seq, mark in marks_in(self.reader, self.progress):
            self.note_gap(last, position)
            last = position
            if mark is None:
                self.findings.append(noted("unreadable", task, seq))
                continue
            if (mark.task_id, mark.seq) != (task, seq):
                self.findings.append(noted("misfiled", mark.task_id, mark.seq, said=f"{task} {seq}"))
            self.marks.append(mark)
            self.places[mark.task_id].append(position)
        self.note_gap(last, self.reader.end("journal") + 1)

    def note_gap(self, last: int, position: int) -> None:
        """Note rows that were taken out of the table between two positions: the database gives each position once, and in a row."""
        if position > last + 1:
            gone = f"{last + 1}" if position == last + 2 else f"{last + 1}–{position - 1}"
            self.findings.append(noted("rows-gone", "journal", last + 1, rows=gone))

    def entries_of(self, name: str) -> list[Entry]:
        """Return the records of a task, in the order in which they were appended."""
        found = []
        for position in self.places.get(name, ()):
            try:
                found.append(decode_entry(self.reader.one("SELECT line FROM journal WHERE position = ?", position)))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                seq = self.reader.one("SELECT seq FROM journal WHERE position = ?", position)
                self.findings.append(noted("unreadable", name, seq))
        return found

    def kept_tasks(self) -> dict[str, bytes]:
        """Return how each task is kept, packed."""
        return dict(self.reader.ask("SELECT task, row FROM tasks").fetchall())

    def alerts(self) -> Mapping[str, list[Publication]]:
        """Return the alerts above a warning that were published, by task."""
        found: defaultdict[str, list[Publication]] = defaultdict(list)
        question = "SELECT line FROM publications WHERE topic > 'alert.l0' AND topic < 'alert.m' ORDER BY position"
        for (line,) in self.reader.ask(question):
            one = docket.PUBLICATION.decode(line)
            found[one.subject].append(one)
        return found

    def checkpoints(self) -> list[Checkpoint]:
        """Return every checkpoint that can be read."""
        found = []
        for position, line in self.reader.ask("SELECT position, line FROM checkpoints ORDER BY position"):
            try:
                found.append(decode_checkpoint(line))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                self.findings.append(noted("checkpoint-unreadable", "journal", position))
        return found

    # One task ---------------------------------------------------------------------------------------------------------

    def look_at(self, name: str, packed: bytes | None, alerts: Collection[Publication]) -> None:
        """Verify the journal of a task, and where it is whole, that everything which must hold of the task does."""
        entries = self.entries_of(name)
        found = verify_task(name, entries)
        self.tell(found)
        task = None if packed is None else self.unpacked(name, packed)
        if task is not None and entries and task.seq > entries[-1].seq:
            cut = Tampering("cut", name, entries[-1].seq + 1, task.seq)
            self.tell((cut,))
            found = (*found, cut)
        if not found and entries:
            self.check_files(name, entries)
        if not found and (task is not None or packed is None):
            self.check(name, task, entries, alerts)

    def unpacked(self, name: str, packed: bytes) -> Task | None:
        """Return a task as it is kept, or None and a finding where that cannot be read."""
        try:
            return unpack(packed)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.findings.append(noted("row-unreadable", name))
            return None

    def check(self, name: str, task: Task | None, entries: list[Entry], alerts: Collection[Publication]) -> None:
        """Note invariants that do not hold."""
        found = broken(
            {} if task is None else {name: task},
            entries,
            published=alerts,
            people=self.people,
        )
        self.broken += [Finding(f"invariant-{one.number}", one.task, one.say("zh"), one.say("en")) for one in found if one.number != CHAINS]

    def check_files(self, name: str, entries: list[Entry]) -> None:
        """Note files that are not there or not those that were handed in, and those that should have been erased."""
        kept = dict(self.reader.ask("SELECT hash, content FROM attachments WHERE task = ?", name).fetchall())
        self.files += len(kept)
        for held in evidence_in(entries).values():
            content = kept.get(held.item.sha256)
            if held.standing == "erased":
                if content is not None:
                    self.findings.append(noted("file-not-erased", name, file=held.item.id))
            elif held.item.sha256 and content is None:
                self.findings.append(noted("file-gone", name, file=held.item.id))
            elif content is not None and not fits(held.item, content):
                self.findings.append(noted("file-changed", name, file=held.item.id))


def exported(reader: Reader, tasks: Collection[str] | None, progress: Progress) -> Iterator[bytes]:
    """Return the lines of an export: of the whole journal, or of some tasks. What cannot be read is left out; the audit names it."""
    found: list[Entry | Mark] = []
    for position, _, _, mark in marks_in(reader, progress):
        if mark is not None and (tasks is None or mark.task_id in tasks):
            found.append(decode_entry(reader.one("SELECT line FROM journal WHERE position = ?", position)))
        elif mark is not None:
            found.append(mark)
    yield from export(found, docket.checkpoints(reader), tasks)
