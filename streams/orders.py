"""Commands as they come from outside, one or a list of them in JSON, with the files that are handed in, made into orders."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from engine.casework import ERASE, NEEDS, Command, Dropped, Moved, Outcome, Refused, check_items, of_file, recorded, refused_for_size
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The commands of the table, and the one that moves no task.
KNOWN = (*NEEDS, ERASE)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What in the data of a command is a moment; as text it is ISO 8601 with an offset.
MOMENTS = ("until", "remedy_due")


class Order(NamedTuple):
    """A command, with the files that are handed in with it by the hash of their content."""

    command: Command
    files: Mapping[str, bytes] = MappingProxyType({})


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that is handed in: its content in base64."""

    name: str
    content: str
    classification: str = "internal"
    note: str = ""


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command as other programs write it. Without `id`, the same command of the same person on the same entry is the same command."""

    command: str
    task: str
    actor: str
    seq: int
    id: str = ""
    role: str = ""
    reason: str = ""
    data: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    evidence: tuple[str, ...] = ()
    files: tuple[File, ...] = ()


class Told(msgspec.Struct, omit_defaults=True):
    """What came of a command: `done`, `proposed` (it waits for a second person), `refused`, or `repeated`."""

    id: str
    task: str
    outcome: str
    seq: int | None = None
    state: str | None = None
    level: int | None = None
    due: int | None = None
    code: str | None = None
    zh: str | None = None
    en: str | None = None
    who: tuple[str, ...] = ()


class Unfit(ValueError):  # noqa: N818 - an answer, not a failure
    """What was sent is no command; the message says where, and what would be right."""


def orders_of(body: bytes, now: int) -> list[Order]:
    """Return the orders of a JSON body, an object or a list of them; raise `Unfit` where one of them is none."""
    is_list = body.lstrip()[:1] == b"["
    try:
        parts = msgspec.json.decode(body, type=list[msgspec.Raw]) if is_list else [msgspec.Raw(body)]
        asked = [msgspec.json.decode(part, type=Asked) for part in parts]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unfit(f'{error}; a command is written {{"command": …, "task": …, "actor": …, "seq": …}}') from error
    return [order_of(one, f"$[{number}]" if is_list else "$", now) for number, one in enumerate(asked)]


def order_of(asked: Asked, where: str, now: int) -> Order:
    """Return the order that was asked for; raise `Unfit` where it is none."""
    if asked.command not in KNOWN:
        raise Unfit(f"{where}.command: there is no command '{asked.command}'{suggest(asked.command, KNOWN)}")
    data = {**asked.data, **{name: moment(asked.data[name], f"{where}.data.{name}") for name in MOMENTS if name in asked.data}}
    contents = [content_of(one, f"{where}.files") for one in asked.files]
    items = [
        of_file(content, one.name, by=asked.actor, arrived=now, classification=one.classification, note=one.note)
        for one, content in zip(asked.files, contents, strict=True)
    ]
    if faults := check_items(items, {}):
        raise Unfit(f"{where}.files: {'; '.join(map(str, faults))}")
    said, personal = recorded(items) if items else ({}, {})
    command = Command(
        id=asked.id or name_of(asked),
        command=asked.command,
        task=asked.task,
        actor=asked.actor,
        role=asked.role,
        reason=asked.reason,
        seq=asked.seq,
        data={**data, **said},
        fields={**asked.fields, **personal},
        evidence=(*asked.evidence, *(item.id for item in items)),
    )
    return Order(command, {item.sha256: content for item, content in zip(items, contents, strict=True)})


def name_of(asked: Asked) -> str:
    """Return a name for a command that has none: sent twice, it is the same."""
    return f"c-{blake2b(msgspec.json.encode(asked, order='sorted'), digest_size=10).hexdigest()}"


def content_of(file: File, where: str) -> bytes:
    """Return the content of a file; raise `Unfit` for what is no base64, nothing, or too large."""
    fault = refused_for_size(file.name, len(file.content) * 3 // 4)
    if fault is not None:
        raise Unfit(f"{where}: {fault}")
    try:
        return b64decode(file.content, validate=True)
    except (NotBase64, ValueError) as error:
        raise Unfit(f"{where}: the content of '{file.name}' is not base64") from error


def moment(value: Any, where: str) -> int:
    """Return a moment: microseconds since 1970, or ISO 8601 with an offset; raise `Unfit` for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Unfit(f"{where}: '{str(value)[:40]}' is no moment; write 2026-03-20T17:30:00+08:00")
    return (found - EPOCH) // timedelta(microseconds=1)


def told(order: Order, outcome: Outcome) -> Told:
    """Return what came of an order, for whoever gave it."""
    command = order.command
    match outcome:
        case Dropped(why):
            return Told(command.id, command.task, "repeated" if why == "repeated" else "dropped", en=why)
        case Moved(task=task, entries=entries):
            done = "proposed" if entries[-1].kind == "command.proposed" else "done"
            who = tuple(entries[-1].data.get("who", ()))
            return Told(command.id, task.id, done, task.seq, task.state, task.level, task.due(), who=who)
        case Refused(code=code, zh=zh, en=en, who=who, task=task):
            seq, state = (None, None) if task is None else (task.seq, task.state)
            return Told(command.id, command.task, "refused", seq, state, code=code, zh=zh, en=en, who=who)
