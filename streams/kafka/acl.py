"""Least-privilege rights: what each stage has to be allowed, and nothing else, as commands for Kafka's own `kafka-acls.sh`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.kafka.topics import JOURNAL, OVER_ALL, STATES, TOLD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streams.kafka.topics import Names


class Right(NamedTuple):
    """One stage may do something with one thing."""

    stage: str
    operations: str
    kind: str
    name: str


def rights(names: Names, feeds: Sequence[str]) -> Iterator[Right]:
    """Return every right that the stages need."""
    for one in [*feeds, names.findings, names.commands, names.rulebook]:
        yield Right("intake", "Read,Describe", "topic", one)
    for one in [names.watched, names.inbox, names.rejected, names.clock]:
        yield Right("intake", "Write,Describe", "topic", one)
    yield Right("intake", "Read", "group", names.group("intake"))
    for one in [names.watched, names.rulebook]:
        yield Right("watching", "Read,Describe", "topic", one)
    yield Right("watching", "Read,Write,Describe", "topic", names.rows)
    for one in [names.changes, names.findings, names.inbox]:
        yield Right("watching", "Write,Describe", "topic", one)
    yield Right("watching", "Read", "group", names.group("watching"))
    yield Right("watching", "Write,Describe", "transactional-id", f"{names.rows}-*")
    yield from rights_of_casework(names)
    yield from rights_of_readers(names)
    for one in feeds:
        yield Right("senders", "Write,Describe", "topic", one)
    yield Right("publisher", "Read,Write,Describe", "topic", names.rulebook)
    yield Right("people", "Write,Describe", "topic", names.commands)
    yield Right("people", "Read,Describe", "topic", names.results)


def rights_of_readers(names: Names) -> Iterator[Right]:
    """Return every right that the ledger needs, and people who read the same for themselves; the ledger tells what goes by unit, too."""
    for one in [names.changes, names.rejected, names.rulebook, names.evidence, names.reached, *map(names.told, (JOURNAL, STATES, *TOLD))]:
        yield Right("ledger", "Read,Describe", "topic", one)
        yield Right("people", "Read,Describe", "topic", one)
    for one in OVER_ALL:
        yield Right("ledger", "Write", "topic", names.told(one))
    yield Right("ledger", "Read", "group", names.group("ledger"))


def rights_of_casework(names: Names) -> Iterator[Right]:
    """Return every right that the casework stage needs."""
    for one in [names.inbox, names.rulebook]:
        yield Right("casework", "Read,Describe", "topic", one)
    yield Right("casework", "Read,Write,Describe", "topic", names.rows_of("casework"))
    for one in [*map(names.told, (JOURNAL, STATES, *TOLD)), names.results, names.evidence, names.findings, names.reached]:
        yield Right("casework", "Write,Describe", "topic", one)
    yield Right("casework", "Read", "group", names.group("casework"))
    yield Right("casework", "Write,Describe", "transactional-id", f"{names.rows_of('casework')}-*")


def commands(names: Names, feeds: Sequence[str], bootstrap: str) -> Iterator[str]:
    """Return the commands that grant the rights, one principal for each stage."""
    for stage, operations, kind, name in rights(names, feeds):
        allowed = " ".join(f"--operation {one}" for one in operations.split(","))
        exact, pattern = name.removesuffix("*"), " --resource-pattern-type prefixed" if name.endswith("*") else ""
        who = f"User:{names.prefix}-{stage}"
        yield f"kafka-acls.sh --bootstrap-server {bootstrap} --add --allow-principal {who} {allowed} --{kind} {exact}{pattern}"
