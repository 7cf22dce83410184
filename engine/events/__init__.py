"""Events: what can happen, and the one gate that lets it in."""

from engine.events.audit import Audit
from engine.events.catalogue import Catalogue, EventType
from engine.events.cataloguefile import read_catalogue
from engine.events.cloudevents import envelope
from engine.events.envelope import Envelope
from engine.events.event import (
    FIRST_MOMENT,
    RUNTIME,
    Event,
    arrival_of,
    id_of,
    id_python,
    instant_of,
    instant_python,
    instants_of,
    micros,
    naming,
    readers,
    struct_of,
)
from engine.events.field import Field, Kind
from engine.events.fieldfile import read_fields
from engine.events.gate import Gate
from engine.events.identity import (
    Identity,
    content_of,
    identity_of,
    retracted_by,
    revision_of,
    same_content,
    wins,
)
from engine.events.parts import parts_of
from engine.events.rejected import Rejected
from engine.events.schema import json_schema
from engine.events.sheet import Sheet

__all__ = [
    "FIRST_MOMENT",
    "RUNTIME",
    "Audit",
    "Catalogue",
    "Envelope",
    "Event",
    "EventType",
    "Field",
    "Gate",
    "Identity",
    "Kind",
    "Rejected",
    "Sheet",
    "arrival_of",
    "content_of",
    "envelope",
    "id_of",
    "id_python",
    "identity_of",
    "instant_of",
    "instant_python",
    "instants_of",
    "json_schema",
    "micros",
    "naming",
    "parts_of",
    "read_catalogue",
    "read_fields",
    "readers",
    "retracted_by",
    "revision_of",
    "same_content",
    "struct_of",
    "wins",
]
