"""The catalogue as JSON Schema (draft-07), for other programs that send events and for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.events.event import FIRST_MOMENT, LARGEST_WHOLE, LAST_MOMENT, LONGEST_TEXT

if TYPE_CHECKING:
    from engine.events.catalogue import Catalogue, EventType
    from engine.events.field import Field

#: Readers need not check formats; with this pattern even those refuse a time without an offset.
AWARE = r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d.*([Zz]|[+-]\d\d:?\d\d)$"

_BESIDE: dict[str, Any] = {
    "source": {"type": "string", "maxLength": LONGEST_TEXT, "description": "来源 / who reported it"},
    "arrived": {"type": ["string", "null"], "format": "date-time", "description": "到达时间 / when it reached us"},
    "specversion": {"type": "null"},
}


def json_schema(catalogue: Catalogue) -> dict[str, Any]:
    """Return the schema of one plain event, as the gate sees it when every field is read.

    Draft-07 cannot say all of it: years that times lie in and days that exist are the gate's alone.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "event",
        "type": "object",
        "required": ["type"],
        "oneOf": [{"$ref": f"#/definitions/{name}"} for name in catalogue.types],
        "definitions": {name: _event(kind) for name, kind in catalogue.types.items()},
    }


def _event(kind: EventType) -> dict[str, Any]:
    fields = {name: _field(field, in_id=name in kind.id) for name, field in kind.fields.items()}
    return {
        "type": "object",
        "description": _both(kind.title),
        "required": ["type", *kind.required],
        "properties": {"type": {"const": kind.name}, **fields, **_BESIDE},
    }


def _field(field: Field, *, in_id: bool) -> dict[str, Any]:
    shape = _value(field, in_id=in_id)
    if not field.required:
        shape["type"] = [shape["type"], "null"]
        if "enum" in shape:
            shape["enum"] = [*shape["enum"], None]
    unit = f" ({field.unit})" if field.unit else ""
    return {**shape, "description": _both(field.title) + unit}


def _value(field: Field, *, in_id: bool) -> dict[str, Any]:
    match field.kind:
        case "text":
            return {"type": "string", "maxLength": LONGEST_TEXT, **({"minLength": 1} if in_id else {})}
        case "whole number":
            return {"type": "integer", "minimum": -LARGEST_WHOLE, "maximum": LARGEST_WHOLE}
        case "number":
            return {"type": "number"}
        case "yes/no":
            return {"type": "boolean"}
        case "time":
            return {"type": "string", "format": "date-time", "pattern": AWARE}
        case "milliseconds":
            return {"type": "integer", "minimum": FIRST_MOMENT // 1000, "maximum": LAST_MOMENT // 1000}
        case "one of":
            return {"type": "string", "enum": [*field.choices]}


def _both(title: Any) -> str:
    zh, en = title.get("zh", ""), title.get("en", "")
    return en if zh == en else f"{zh} / {en}"
