"""Events as values: one struct per event type, generated from the catalogue, with its moment and its id."""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Optional

import msgspec
from msgspec import Meta

from engine.events.catalogue import Catalogue, EventType
from engine.events.field import Field

#: The longest text of one field, in characters.
LONGEST_TEXT = 10_000
#: The largest whole number, either way: beyond it other programs' JSON would round it.
LARGEST_WHOLE = 2**53 - 1
#: Times lie in these years, so that working out a deadline can never run off the end of the calendar.
FIRST_YEAR, LAST_YEAR = 1900, 2199

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
IdText = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
Whole = Annotated[int, Meta(ge=-LARGEST_WHOLE, le=LARGEST_WHOLE)]
Moment = Annotated[datetime, Meta(tz=True)]


def micros(at: datetime) -> int:
    """Return an aware time as whole microseconds since 1970 (UTC), exactly."""
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


FIRST_MOMENT = micros(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC))
LAST_MOMENT = micros(datetime(LAST_YEAR, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))

Millis = Annotated[int, Meta(ge=FIRST_MOMENT // 1000, le=LAST_MOMENT // 1000)]

_TYPES: dict[str, Any] = {
    "text": Text,
    "whole number": Whole,
    "number": float,
    "yes/no": bool,
    "time": Moment,
    "milliseconds": Millis,
}


class Event(msgspec.Struct, kw_only=True, gc=False, omit_defaults=True):
    """What every event has beside the fields of its type; generated structs add those, None where one is missing.

    `source` is who reported it, `arrived` when it reached us, if that was recorded. Fields that the grid says are
    filled in after decoding, so events are not frozen; whoever holds one after that leaves it as it is.
    """

    kind: ClassVar[EventType]
    _instant: ClassVar[Callable[["Event"], int]]
    _id: ClassVar[Callable[["Event"], str]]

    source: Text = ""
    arrived: Moment | None = None
    #: only CloudEvents have one; here it makes the decoder refuse them, so that none is ever read as a plain event
    specversion: None = None

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Return a field of the event's type; only the catalogue knows which there are."""


def instant_of(event: Event) -> int:
    """Return when the event happened, in microseconds since 1970 (UTC)."""
    return type(event)._instant(event)  # noqa: SLF001 - a name that no field can have


def id_of(event: Event) -> str:
    """Return the catalogue id: the same text for the same fact, however often and in whatever offset it is told."""
    return type(event)._id(event)  # noqa: SLF001 - as above


def readers(struct: type[Event]) -> tuple[Callable[[Event], int], Callable[[Event], str]]:
    """Return `instant_of` and `id_of` for events of one type, each a single call: for whoever asks them of every event."""
    kind = struct.kind
    is_plain = len(kind.id) == 1 and kind.fields[kind.id[0]].kind not in {"time", "whole number", "milliseconds"}
    return struct._instant, attrgetter(kind.id[0]) if is_plain else struct._id  # noqa: SLF001 - as above


def instants_of(events: Iterable[Event]) -> list[int]:
    """Return when each event happened, in less time than asking one by one takes."""
    return [event.__class__._instant(event) for event in events]  # noqa: SLF001 - as above


def arrival_of(event: Event) -> int:
    """Return when the event reached us, or when it happened if nobody recorded its arrival."""
    return instant_of(event) if event.arrived is None else micros(event.arrived)


def type_of(field: Field, *, in_id: bool = False) -> Any:
    """Return the type that a value of this field must have where it is not missing."""
    if field.kind == "one of":
        return Literal[field.choices]
    return IdText if in_id and field.kind == "text" else _TYPES[field.kind]


def decoded_fields(kind: EventType, reads: AbstractSet[str] | None) -> list[Field]:
    """Return the fields that are decoded: the required ones first, then the revision and what is read (None: all)."""
    held = [field for field in kind.fields.values() if field.required]
    held.extend(
        field
        for field in kind.fields.values()
        if not field.required and (reads is None or field.name in reads or field.name == kind.revision)
    )
    return held


def structs_of(catalogue: Catalogue, reads: Mapping[str, AbstractSet[str]] | None) -> dict[str, type[Event]]:
    """Return the struct of each event type; a type that `reads` leaves out holds what is required and no more."""
    return {name: struct_of(kind, None if reads is None else reads.get(name, frozenset())) for name, kind in catalogue.types.items()}


def struct_of(kind: EventType, reads: AbstractSet[str] | None) -> type[Event]:
    """Return the struct that holds one event of this type; only decoded fields are attributes of it."""
    fields: list[Any] = []
    for field in decoded_fields(kind, reads):
        one = type_of(field, in_id=field.name in kind.id)
        fields.append((field.name, one) if field.required else (field.name, Optional[one], None))  # noqa: UP045 - made here
    namespace: dict[str, Any] = {
        "kind": kind,
        "_instant": staticmethod(_function(instant_python(kind))),
        "_id": staticmethod(_function(id_python(kind))),
    }
    times = [field for field in decoded_fields(kind, reads) if field.kind == "time"]
    if times:
        namespace["__post_init__"] = _year_check(times)
    options: dict[str, Any] = {"tag_field": "type", "tag": kind.name, "gc": False, "omit_defaults": True}
    made: Any = msgspec.defstruct(kind.name, fields, bases=(Event,), namespace=namespace, **options)
    return made  # type: ignore[no-any-return]  # it derives from `bases`, which defstruct does not say


def instant_python(kind: EventType, var: str = "e") -> str:
    """Return a Python expression for `instant_of`, for generated code that has `RUNTIME` among its names."""
    if kind.fields[kind.time].kind == "milliseconds":
        return f"{var}.{kind.time} * 1000"
    return f"micros({var}.{kind.time})"


def id_python(kind: EventType, var: str = "e") -> str:
    """Return a Python expression for `id_of`, for generated code that has `RUNTIME` among its names."""
    alone = len(kind.id) == 1
    return ' + "/" + '.join(_part_python(kind.fields[name], var, alone=alone) for name in kind.id)


def naming(kind: EventType, zone: str) -> str:
    """Return how events of a type are named and dated: the same text where the same telling has the same id and instant."""
    return f"{id_python(kind)} | {instant_python(kind)} | {zone}"


def _part_python(field: Field, var: str, *, alone: bool) -> str:
    value = f"{var}.{field.name}"
    match field.kind:
        case "time":
            return f"moment({value})"
        case "whole number" | "milliseconds":
            return f"str({value})"
        case _:
            return value if alone else f"id_part({value})"


def moment(at: datetime) -> str:
    """Return a time as the same text in whatever offset it was told: `2026-03-01T00:00:00Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def id_part(text: str) -> str:
    """Return a text that can stand between slashes, so that two different lists of parts never give one id."""
    return text.replace("%", "%25").replace("/", "%2F") if "/" in text or "%" in text else text


#: Functions that generated expressions call.
RUNTIME: Mapping[str, object] = {"micros": micros, "moment": moment, "id_part": id_part}


def usable(text: str) -> bool:
    """Return whether a text has no NUL in it and no half of a character (a lone surrogate)."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False


def far_year(name: str) -> ValueError:
    """Return the error of a time outside the years that we work in; the decoder passes its words on."""
    return ValueError(f"year out of range in `{name}`")


def _function(expression: str) -> Any:
    # Field names are checked against a pattern before an event type exists, so nothing foreign can enter the code.
    return eval(f"lambda e: {expression}", dict(RUNTIME))  # noqa: S307


def _year_check(times: list[Field]) -> Any:
    lines = ["def __post_init__(self):"]
    for field in times:
        lines.append(f"    at = self.{field.name}")
        guard = "" if field.required else "at is not None and "
        lines.append(f"    if {guard}not {FIRST_YEAR} <= at.year <= {LAST_YEAR}: raise far_year('{field.name}')")
    names: dict[str, Any] = {"far_year": far_year}
    exec("\n".join(lines), names)  # noqa: S102 - as in _function
    return names["__post_init__"]
