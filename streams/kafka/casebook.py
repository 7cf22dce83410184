"""What casework told, as the ledger keeps it: the journal, tasks as they stand, alerts, files, and the rules that all of it went by."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import msgspec

from engine.casework import Casework, Known, Row, Task, decode_entry, pack
from streams.docket import Docket
from streams.kafka.records import Mark, publication_of
from streams.kafka.rulebooks import CURRENT
from streams.kafka.topics import JOURNAL, OVER_ALL, STATES, TOLD
from streams.rules import recalled
from streams.terms import terms_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.casework import Checkpoint, Entry, Publication
    from streams.kafka.topics import Names
    from streams.store import Batch

TASK = msgspec.json.Decoder(Task)
MARK = msgspec.json.Decoder(Mark)


class Casebook:
    """Records of casework on their way into one batch."""

    def __init__(self, names: Names) -> None:
        self.topics = {names.told(one): one for one in (JOURNAL, STATES, *TOLD)} | {
            names.evidence: "evidence",
            names.rulebook: "rulebook",
            names.reached: "reached",
        }
        #: up to when each partition of casework has told everything
        self.reached: dict[int, int] = {}
        self._entries: list[Entry] = []
        self._published: list[Publication] = []
        self._rows: dict[str, Row] = {}
        self._tasks: dict[str, Task] = {}
        self._files: list[tuple[str, str, int, bytes]] = []

    def take(self, record: Any, batch: Batch) -> None:
        """Take one record."""
        if record.value is None or record.key is None:
            return
        match self.topics[record.topic]:
            case "task.events":
                self._entries.append(decode_entry(record.value))
            case "task.state":
                task = TASK.decode(record.value)
                self._tasks[task.id] = task
                self._rows[task.id] = Row("task", task.id, pack(task))
            case "evidence":
                task_id, _, name = record.key.decode().rpartition("/")
                self._files.append((task_id, name, record.timestamp * 1000, record.value))
            case "reached":
                mark = MARK.decode(record.value)
                self.reached[mark.partition] = mark.at
            case "rulebook":
                self._take_rules(record.key, record.value, batch)
            case topic:
                headers = {name: value.decode() for name, value in record.headers}
                self._published.append(publication_of(topic, record.key, record.value, headers))

    def _take_rules(self, key: bytes, value: bytes, batch: Batch) -> None:
        """Keep rules, and their calendar: deadlines are explained by it."""
        if key == CURRENT:
            return
        batch.rulebook = (key.decode(), zlib.decompress(value))
        rules = recalled(*batch.rulebook)
        if rules is not None and rules.book.calendar is not None:
            self._rows |= {row.id: row for row in Casework(terms_of(rules, Known())).take_rows()}

    def docket(self, root: Checkpoint | None, is_known: Callable[[str], bool]) -> Docket:
        """Return what the batch adds to casework, with a root over what was there before it. Another ledger may tell the same again."""
        rows = list(self._rows.values())
        told = {one.id: one for one in self._published if one.topic not in OVER_ALL or not is_known(one.id)}
        return Docket(self._entries, list(told.values()), rows, self._tasks, self._files, checkpoint=root)
