"""The casework stage: findings and commands in, handled by the cases of their partition; journal, states, alerts and answers out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from prometheus_client import Counter, Gauge, Histogram

from engine.casework import encode_entry
from streams.clock import steady
from streams.kafka.cases import Cases, Home, Noted
from streams.kafka.inbox import CORRELATION, decode_case
from streams.kafka.packet import ASKED, Word, encode
from streams.kafka.records import mark_of, message_of
from streams.kafka.rows import META
from streams.kafka.stage import Library, Stage, read
from streams.kafka.table import Message

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from streams.kafka.cases import Handled
    from streams.kafka.connection import Connection
    from streams.kafka.routing import Partitions
    from streams.kafka.table import PackedTable
    from streams.kafka.topics import Names
    from streams.rules import Rules

log = structlog.get_logger("clearly")
ENTRIES = Counter("clearly_casework_entries", "entries of the journal", ["kind"])
COMMANDS = Counter("clearly_casework_commands", "commands answered", ["outcome"])
TASKS = Gauge("clearly_casework_tasks", "tasks that are kept in memory", ["partition"])
REACHED = Gauge("clearly_casework_reached_seconds", "the time that deadlines go by, in seconds since 1970", ["partition"])
TOOK = Histogram("clearly_casework_seconds", "seconds from a record to its commit")


class Office:
    """The cases that this worker has, and the rulebooks that they go by."""

    def __init__(self, connection: Connection, root: Path, table: PackedTable) -> None:
        self.names, self.table = connection.names, table
        self.library = Library(connection, root)
        self.cases: dict[int, Cases] = {}
        self.partitions: Partitions

    async def take(self, message: Any) -> None:
        """Handle one record. Raises where what follows cannot be kept: then it has not happened, and the worker ends."""
        case = read(message, decode_case)
        if case is None:
            return
        began, partition = steady(), message.partition
        rules = await self.library.rules(case.version)
        cases = await self.cases_of(partition, rules)
        if message.offset <= cases.position:
            return
        newer = rules if self.library.shelf.is_newer(case.version, cases.rules.version) else None
        handled = cases.receive(case, message.offset, int(message.timestamp * 1_000_000), newer)
        if not handled.is_empty:
            await self.table.apply(message, handled.rows, self.messages(partition, handled))
        self.measure(cases, handled, began)

    def messages(self, partition: int, handled: Handled) -> list[Message]:
        """Return what is published with a record, in the partition in which the tasks live."""
        names = self.names
        found = [message_of(names, one, partition, encode_entry(entry)) for entry, one in handled.entries]
        found += [message_of(names, one, partition, msgspec.json.encode(task)) for task, one in handled.states]
        found += [message_of(names, one) for one in handled.published]
        for correlation, answer in handled.answers:
            headers = ((CORRELATION, correlation.encode()),)
            found.append(Message(names.results, partition, answer.task.encode(), msgspec.json.encode(answer), headers))
        if handled.mark is not None:
            found.append(mark_of(names, partition, handled.mark))
        for one in handled.asked:
            word = Word(ASKED, msgspec.Raw(msgspec.msgpack.encode(one)))
            found.append(Message(names.findings, partition, None, encode(word)))
        return found + [Message(names.evidence, partition, key.encode(), content) for key, content in handled.files]

    def measure(self, cases: Cases, handled: Handled, began: float) -> None:
        """Tell the metrics."""
        TOOK.observe(steady() - began)
        for entry, _ in handled.entries:
            ENTRIES.labels(entry.kind).inc()
        for _, answer in handled.answers:
            COMMANDS.labels(answer.outcome).inc()
        TASKS.labels(cases.home.partition).set(0 if cases.casework is None else len(cases.casework.tasks))
        REACHED.labels(cases.home.partition).set(cases.noted.now / 1e6)

    async def cases_of(self, partition: int, rules: Rules) -> Cases:
        """Return the cases of a partition, read from their rows where they are not here or somebody else has written them since."""
        row = self.table.fetch(partition, META)
        noted = None if row is None else msgspec.msgpack.decode(row, type=Noted)
        cases = self.cases.get(partition)
        if cases is not None and cases.written == (-1 if noted is None else noted.position):
            return cases
        began, table = steady(), self.table
        home = Home(
            partition, self.partitions.count, lambda key: table.fetch(partition, key), lambda start, end: table.scan(partition, start, end)
        )
        cases = self.cases[partition] = Cases(home, rules if noted is None else await self.library.rules(noted.version), noted)
        log.info("cases read", partition=partition, position=cases.position, seconds=round(steady() - began, 2))
        return cases

    def forget(self, mine: Iterable[int]) -> None:
        """Let go of cases that others have now."""
        for partition in self.cases.keys() - set(mine):
            del self.cases[partition]


def casework(names: Names) -> Stage:
    """Return the casework stage. What it reads is written in transactions: what was not committed is nothing."""
    return Stage(names.group("casework"), names.inbox, Office, "read_committed")
