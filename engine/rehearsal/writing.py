"""A drafted story as it stands in a test file."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.calendar import show_instant
from engine.events import micros

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from engine.events import EventType
    from engine.language import Edit, Rulebook, RuleTest, TestEvent

#: What a story can expect of a change, in the order of `drafting.facets`; the first three say which change is meant.
FACETS = ("kind", "at", "same", "evidence", "count", "severity", "to", "due", "say")
PLAIN = re.compile(r"[A-Za-z\u4e00-\u9fff][\w .()/+-]*[\w)+]|\w|[0-9]+(?:\.[0-9]+)?")


def written(
    test: RuleTest,
    says: Sequence[tuple[Any, ...]],
    other: Sequence[tuple[Any, ...]],
    edit: Edit,
    book: Rulebook,
    usual: Mapping[str, Mapping[str, str]],
) -> str:
    """Return a story that expects what the rule `says` and so fails with what its edit says.

    Edits of the task have one story in common, which expects all that a task says to whom.
    """
    name = name_of(edit)
    lines = [f"  - test: {name if PLAIN.fullmatch(name.replace(',', '')) else scalar(name)}", "    events:"]
    lines += [f"      - {{{event_text(event, book, usual)}}}" for event in test.events]
    if test.clock is not None:
        lines.append(f"    clock_runs_to: {shown(test.clock, book.zone)}")
    if not says:
        return "\n".join([*lines, "    expect: nothing"])
    known = {one[:3]: one for one in other}
    expected = [expectation(one, known.get(one[:3]), book.zone, asked_by(edit)) for one in says]
    return "\n".join([*lines, "    expect:", *[f"      - {{{one}}}" for one in expected]])


def event_text(event: TestEvent, book: Rulebook, usual: Mapping[str, Mapping[str, str]]) -> str:
    """Return an event, without what its type usually says."""
    kind = book.catalogue.types[event.record["type"]]
    always = usual.get(kind.name, {})
    values = {name: text(value, kind, name, book.zone) for name, value in event.record.items() if name in kind.fields and name != kind.time}
    told = ", ".join(f"{name}: {value}" for name, value in values.items() if always.get(name) is None or scalar(always[name]) != value)
    is_told = event.arrives != event.at or "arrived" in event.record
    arrives = f", arrives: {shown(event.arrives, book.zone)}" if is_told else ""
    return f"at: {shown(event.at, book.zone)}{arrives}, {kind.name}: {{{told}}}"


def name_of(edit: Edit) -> str:
    """Return what a story is about."""
    if edit.path[0] == "task":
        return "what the task says" if edit.path[-1] == "say" else "who is asked, how urgently and by when"
    return f"{edit.was}, not {edit.now}" if edit.now else f"with {edit.was}"


def asked_by(edit: Edit) -> set[str]:
    """Return what a story about the task expects in any case."""
    return {"severity", "to", "due"} if edit.path[0] == "task" and edit.path[-1] != "say" else set()


def expectation(says: tuple[Any, ...], other: tuple[Any, ...] | None, zone: str, asked: AbstractSet[str]) -> str:
    """Return what must come of a story: which change, and of the rest what the edit does otherwise."""
    kind, at, key, evidence, count, severity, to, due, say = says
    told = [f"{kind}: {shown(at, zone)}"]
    if key:
        told.append("same: {" + ", ".join(f"{name}: {scalar(value)}" for name, value in key) + "}")
    shows = {
        "evidence": f"[{', '.join(map(scalar, evidence))}]",
        "count": count,
        "severity": severity,
        "to": scalar(to),
        "due": shown(due, zone),
        "say": scalar(say),
    }
    differs = {name for name, mine, theirs in zip(FACETS, says, other or says, strict=True) if mine != theirs} | asked
    return ", ".join(told + [f"{name}: {value}" for name, value in shows.items() if name in differs and value is not None])


def text(value: Any, kind: EventType, name: str, zone: str) -> str:
    """Return a value as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind.fields[name].kind == "time":
        return shown(micros(datetime.fromisoformat(value)), zone)
    if kind.fields[name].kind == "milliseconds":
        return shown(value * 1000, zone)
    return scalar(str(value))


def scalar(value: str) -> str:
    """Return a text for a YAML file, in quotation marks where it needs them."""
    return value if PLAIN.fullmatch(value) and not value.endswith(":") else json.dumps(value, ensure_ascii=False)


def shown(at: int, zone: str) -> str:
    """Return an instant in the project's zone, seconds only where there are some."""
    return show_instant(at, zone)
