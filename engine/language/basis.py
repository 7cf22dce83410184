"""What the rules of a folder stand on: event types, calendars, tables, roles and the time zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from engine.calendar import Calendar
    from engine.events import EventType, Field
    from engine.language.table import Table


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything that a rule may name. `roles` is None where the folder has no routes; `default_calendar` is for rules that name none."""

    types: Mapping[str, EventType]
    calendars: Mapping[str, Calendar]
    zone: str
    tables: Mapping[str, Table] = field(default_factory=dict)
    roles: AbstractSet[str] | None = None
    default_calendar: str | None = None

    def fields_of(self, events: tuple[str, ...]) -> dict[str, Field]:
        """Return the fields that all of these event types have, with one kind; missing on one of them, a field may be missing."""
        kinds = [self.types[name].fields for name in events]
        if len(kinds) == 1:
            return dict(kinds[0])
        found: dict[str, Field] = {}
        for name, first in kinds[0].items() if kinds else ():
            alike = [kind[name] for kind in kinds if name in kind and kind[name].kind == first.kind]
            if len(alike) == len(kinds):
                found[name] = joined(alike)
        return found

    def clash(self, name: str, events: tuple[str, ...]) -> str:
        """Return, for a field that not all of these event types have alike, which ones are at odds; nothing where none has it."""
        has = {event: self.types[event].fields[name].kind for event in events if name in self.types[event].fields}
        if not has or len(events) == 1:
            return ""
        lack = [event for event in events if event not in has]
        if lack:
            return f"; {' and '.join(has)} {'has' if len(has) == 1 else 'have'} it, but not {' and '.join(lack)}"
        return "; it is " + " and ".join(f"{kind} on {event}" for event, kind in has.items())


def joined(fields: list[Field]) -> Field:
    """Return what holds for a field that stands on several event types."""
    first = fields[0]
    if len(fields) == 1:
        return first
    choices = tuple(dict.fromkeys(choice for one in fields for choice in one.choices))
    return type(first)(
        first.name,
        first.kind,
        any(one.optional for one in fields),
        first.unit,
        choices,
        any(one.placed for one in fields),
        first.title,
    )
