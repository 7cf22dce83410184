"""The event catalogue: every kind of event, its fields, and how its events are told apart and placed in time.

A catalogue is a YAML file that the platform team keeps (docs/events.md). Rule lint, the decoding gate and the JSON
Schema are all made from it, and nothing else decides what an event is called.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events.field import Field

HOUR = 3_600_000_000

#: How far in the future an event may lie and still be believed, where the catalogue does not say.
USUAL_AHEAD = HOUR


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event. Lengths are whole microseconds.

    `time` names the field that says when it happened and `id` those that together tell two events apart; all of them
    are required. `retracts` are the types whose event with the same id an event of this type withdraws.
    """

    name: str
    fields: Mapping[str, Field]
    time: str
    id: tuple[str, ...]
    late_by: int
    ahead_by: int = USUAL_AHEAD
    revision: str | None = None
    retracts: tuple[str, ...] = ()
    sources: Mapping[str, int | None] = field(default_factory=lambda: MappingProxyType({}))
    title: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def required(self) -> tuple[str, ...]:
        """Return the names of the fields without which an event is rejected, in the catalogue's order."""
        return tuple(name for name, one in self.fields.items() if one.required)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every event type by name, and the time zone in which times without an offset are written in files."""

    types: Mapping[str, EventType]
    zone: str

    def retractions_of(self, name: str) -> tuple[str, ...]:
        """Return the types whose events withdraw an event of type `name`."""
        return tuple(one.name for one in self.types.values() if name in one.retracts)
