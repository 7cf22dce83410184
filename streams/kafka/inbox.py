"""What the casework stage reads, in one log: what live rules found, what people ask for, and how far the watching stage has come.

A record of it is handled in one transaction. Its first byte is the version of its form, the rest MessagePack.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from streams.kafka.packet import ENCODER, FORM, checked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.kafka.routing import Came, Partitions
    from streams.rules import Rules

#: The header under which a command names its answer; the answer carries it too.
CORRELATION: Final = "correlation-id"
#: The id of an umbrella, up to its area: no rule can be called so.
UMBRELLA: Final = re.compile(r"storm-[0-9a-f]{12}")


class Request(msgspec.Struct, array_like=True, gc=False):
    """A command as it came: when the brokers took it (microseconds), where it stood, and the name that its answer goes by."""

    body: bytes
    at: int
    partition: int
    offset: int
    correlation: str


class Measured(msgspec.Struct, array_like=True, gc=False):
    """What was measured of a task's remedy at a moment: since, and before where that is known; no value where it cannot be measured."""

    task: str
    at: int
    value: int | None = None
    before: int | None = None


class Case(msgspec.Struct, array_like=True, gc=False):
    """One record. `version` names the rulebook by which it was found or sent here.

    `reached` says that a partition of the watching stage has told everything that came to it by a time, what it was asked to measure
    at a moment until then included.
    """

    version: str
    #: changes as they are published
    changes: list[bytes] = []
    requests: list[Request] = []
    reached: tuple[int, int] | None = None
    measured: list[Measured] = []


class Named(msgspec.Struct):
    """What of a command says where it belongs."""

    task: str = ""


CASES = msgspec.msgpack.Decoder(Case)
NAMED = msgspec.json.Decoder(Named)


def encode_case(case: Case) -> bytes:
    """Return a record as it travels."""
    return FORM + ENCODER.encode(case)


def decode_case(value: bytes) -> Case:
    """Return a record; raise `msgspec.DecodeError` for one of another form."""
    return CASES.decode(checked(value))


class Areas:
    """Which area a unit belongs to, and so which partition has its tasks: the first unit that the organisation ever put it under.

    The first and not the present one: a task stays where it is, whatever a reorganisation does.
    """

    def __init__(self, rules: Rules) -> None:
        self._organisation = None if rules.places is None else rules.places.people.organisation

    def of(self, unit: str) -> str:
        """Return the area of a unit; what has nobody above it is its own."""
        known = None if self._organisation is None else self._organisation.units.get(unit)
        return (None if known is None else known.rows[0].above) or unit

    def of_task(self, task: str) -> str:
        """Return the area in which a task is at home."""
        finding, _, home = task.partition("@")
        return home if UMBRELLA.fullmatch(finding) else self.of(home)


def requests_of(records: Iterable[Came], version: str, areas: Areas, partitions: Partitions) -> list[tuple[int, bytes]]:
    """Return commands as records for the partitions of their tasks; what is no command is answered by whoever gets it."""
    found: dict[int, Case] = {}
    for record in records:
        try:
            task = NAMED.decode(record.value).task
        except (msgspec.DecodeError, UnicodeDecodeError):
            task = ""
        correlation = record.headers.get(CORRELATION) or f"{record.partition}/{record.offset}"
        case = found.setdefault(partitions.of(areas.of_task(task)), Case(version, [], []))
        case.requests.append(Request(record.value, record.arrived, record.partition, record.offset, correlation))
    return [(partition, encode_case(case)) for partition, case in found.items()]
