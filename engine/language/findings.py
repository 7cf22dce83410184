"""Findings as events: what one rule found can be counted by another, `event: finding.repeated-outage`. Circles are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from engine.calendar import Length, parse_length
from engine.events import EventType, Field
from engine.language.basis import Basis
from engine.language.rulebook import Severity
from engine.source import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.events import Catalogue
    from engine.source import Document

FINDING = "finding."
#: The end of a finding, for rules that count those which stand at one moment.
OVER = "over."
#: What every finding has.
OWN = {
    "task_id": Field("task_id", "text"),
    "severity": Field("severity", "one of", choices=get_args(Severity)),
    "at": Field("at", "milliseconds"),
}
#: Where event names stand under `when`.
LEADS = (
    "event",
    "any_of",
    "then",
    "not_followed_by",
    "followed_by",
    "not_preceded_by",
    "preceded_by",
    "ends_with",
    "paused_from",
    "paused_until",
)


def finding_types(documents: Iterable[Document], catalogue: Catalogue) -> dict[str, EventType]:
    """Return an event type for the findings of each rule.

    Its fields are the rule's key fields, what the grid says of the anchor, `task_id`, `severity` and `at` (milliseconds since 1970).
    Rules that stand on their own findings get one too, so that the circle is all that is said of them.
    """
    listed = list(documents)
    left = {name: rest for document in listed for name, *rest in [key_of(document.data)] if name}
    whens = {key_of(document.data)[0]: document.data["when"] for document in listed if key_of(document.data)[0]}
    standing = {name for document in listed for name in counted_while_they_stand(document.data)}
    types: dict[str, EventType] = dict(catalogue.types)
    found: dict[str, EventType] = {}
    while left:
        waiting = {FINDING + name for name in left}
        ready = [name for name, (_, events) in left.items() if not waiting.intersection(events)]
        for name in ready or list(left):
            same, events = left.pop(name)
            made = finding_type(name, same, tuple(event for event in events if event in types), types, catalogue.zone)
            if made is None and not ready:
                made = EventType(FINDING + name, {**{one: Field(one, "text") for one in same}, **OWN}, "at", ("task_id",), 0)
            if made is None:
                continue
            made = replace(made, late_by=delay(whens.get(name), types))
            types[made.name] = found[made.name] = made
            if name in standing:
                found[OVER + name] = replace(made, name=OVER + name)
    return found


def finding_type(name: str, same: list[str], events: tuple[str, ...], types: Mapping[str, EventType], zone: str) -> EventType | None:
    """Return the event type of a rule's findings, or None where nothing is known of its anchors."""
    if not events:
        return None
    fields = Basis(types, {}, zone).fields_of(events)
    kept = {one: field for one, field in fields.items() if one in same or field.placed}
    return EventType(FINDING + name, {**kept, **OWN}, "at", ("task_id",), 0)


def delay(when: Any, types: Mapping[str, EventType]) -> int:
    """Return how long after its time a finding may be known: as long as any event of the rule may be late, and what must last lasts."""
    late = max((types[name].late_by for name in named(when) if name in types), default=0)
    written: dict[str, Any] = when if isinstance(when, dict) else {}
    lasting = str(written.get("lasting", ""))
    length = parse_length(lasting.removeprefix("at least "))
    return late + (length.micros if isinstance(length, Length) and length.exact else 0)


def counted_while_they_stand(data: Any) -> list[str]:
    """Return the rules whose findings a rule file counts for as long as they stand."""
    when = data.get("when") if isinstance(data, dict) else None
    if not isinstance(when, dict) or when.get("within") != "one moment":
        return []
    return counted({"event": when.get("event", [])})


def key_of(data: Any) -> tuple[str, list[str], list[str]]:
    """Return name, key fields and event types of a rule file, as far as they are written well."""
    when = data.get("when") if isinstance(data, dict) else None
    if not isinstance(when, dict) or not isinstance(data.get("rule"), str):
        return "", [], []
    listed = [value if isinstance(value, list) else [value] for value in (when.get("same", []), when.get("event", []))]
    same, events = ([one for one in part if isinstance(one, str) and one != "nothing"] for part in listed)
    return data["rule"], same, events


def check_circles(documents: Iterable[Document], problems: list[Problem]) -> None:
    """Note rules that count their own findings, by whatever way round."""
    held = {document.data["rule"]: document for document in documents if key_of(document.data)[0]}
    counts = {name: counted(document.data["when"]) for name, document in held.items()}
    for name, document in held.items():
        if path := circle(name, counts):
            told = f"these rules count each other's findings in a circle: {' → '.join(path)}"
            problems.append(Problem(document.place(("when", "event")), "circle", told))


def counted(when: Any) -> list[str]:
    """Return the rules whose findings stand anywhere under `when`."""
    return [name.removeprefix(FINDING) for name in named(when) if name.startswith(FINDING)]


def named(when: Any) -> list[str]:
    """Return the events that stand anywhere under `when`."""
    if isinstance(when, str):
        return [when]
    parts = when if isinstance(when, list) else [when[name] for name in LEADS if name in when] if isinstance(when, dict) else []
    return [name for part in parts for name in named(part)]


def circle(start: str, counts: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Return the way from a rule back to itself, or nothing."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = set()
    while ways:
        way = ways.pop()
        for other in counts.get(way[-1], []):
            if other == start:
                return (*way, start)
            if other not in seen:
                seen.add(other)
                ways.append((*way, other))
    return ()
