"""The form of an explanation: its fields, what each holds, and from which level on it is required. A table, nothing else.

What may be left out depends on the level and on two facts: whether anybody complained, and whether a remedy is owed.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Need = Literal["required", "prefilled", "with complaint", "if owed", "optional", "none"]
#: What a part holds. `ids` are evidence, `names` people or objects, `span` a length such as `60 days`.
Kind = Literal["text", "choice", "time", "number", "ids", "names", "yes", "span"]

#: The classes of cause of the event catalogue, and those that no event names.
CAUSES: Final = (
    *("commissioning", "maintenance", "mode_change", "rationing", "equipment_fault", "external_damage", "weather", "upstream"),
    *("customer_equipment", "customer_request", "arrears", "breach", "unknown"),
    *("process_delay", "not_informed", "promise_unkept", "staffing", "other"),
)
METHODS: Final = ("5-why", "fishbone", "fault-tree", "8d", "other")
SHARES: Final = ("main", "shared", "none")


class Part(NamedTuple):
    """One value of a field."""

    name: str
    kind: Kind
    required: bool = True
    options: tuple[str, ...] = ()


class Field(NamedTuple):
    """One field: what it holds, how often, and when it is required.

    With `boxes` it holds its parts once for each of them; `many` makes it a list. Where `may_be_none` says so, `none: reason` stands
    in place of the parts.
    """

    name: str
    needs: tuple[Need, Need, Need]
    parts: tuple[Part, ...]
    boxes: tuple[str, ...] = ()
    many: bool = False
    may_be_none: bool = False


TEXT: Final = Part("text", "text")
EVIDENCE: Final = Part("evidence", "ids")
CLAIM: Final = (TEXT, EVIDENCE)
ALWAYS: Final = ("required", "required", "required")
SEVERE: Final = ("optional", "required", "required")

MOMENTS: Final = ("start", "reported", "dispatched", "arrived", "restored", "answered")
SIZES: Final = ("customers", "important_customers", "complaints", "duration")
BOXES: Final = ("cause", "responsible", "measures", "education")

FIELDS: Final = (
    Field("what_happened", ALWAYS, CLAIM),
    Field("timeline", ALWAYS, (Part("at", "time"), EVIDENCE, Part("was", "time", False)), MOMENTS, may_be_none=True),
    Field(
        "scope",
        ALWAYS,
        (Part("value", "number"), EVIDENCE, Part("not_counted", "text", False), Part("was", "number", False)),
        SIZES,
        may_be_none=True,
    ),
    Field("direct_cause", ALWAYS, (Part("code", "choice", options=CAUSES), *CLAIM)),
    Field("root_cause", SEVERE, (TEXT, Part("method", "choice", options=METHODS), Part("escape", "text"), EVIDENCE)),
    Field(
        "responsibility",
        ALWAYS,
        (Part("unit", "text"), Part("person", "text"), Part("share", "choice", options=SHARES), Part("text", "text", False), EVIDENCE),
    ),
    Field("history", ("prefilled", "required", "required"), CLAIM, may_be_none=True),
    Field("correction", ALWAYS, CLAIM),
    Field(
        "contact",
        ("with complaint", "required", "required"),
        (
            Part("contacted", "yes"),
            Part("at", "time", False),
            Part("opinion", "text", False),
            Part("why_not", "text", False),
            Part("evidence", "ids", False),
        ),
    ),
    Field("lookalikes", SEVERE, (Part("objects", "names"), *CLAIM)),
    Field(
        "actions",
        ("if owed", "required", "required"),
        (Part("what", "text"), Part("owner", "text", False), Part("due", "time"), Part("criterion", "text")),
        many=True,
    ),
    Field("effectiveness", SEVERE, (Part("metric", "text"), Part("baseline", "number"), Part("target", "number"), Part("window", "span"))),
    Field("systemic", ("none", "optional", "required"), (TEXT, Part("minutes", "ids"), Part("attendees", "names"))),
    Field("four_boxes", SEVERE, CLAIM, BOXES),
)
BY_NAME: Final = {field.name: field for field in FIELDS}


def known_field(name: str) -> str:
    """Return the name of a field as it is; empty where no form has such a field, for somebody may have written anything there."""
    return name if name in BY_NAME or name in {"results", "evidence", "overruled"} else ""


def need(field: Field, level: int | None) -> Need:
    """Return whether a field is required at a level of the ladder; the fifth asks for what the fourth does."""
    return field.needs[max(0, min((level or 0) - 2, 2))]
