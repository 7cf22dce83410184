"""JSON Schema (draft-07) of rule files and of test files, made from a folder's catalogue, calendars, routes and rules.

Editors complete words from it, show what a setting means, and underline what does not exist. Whether a condition makes sense, or a name
is its file's, is left to `rules check`. A reader of YAML may take `yes`, `10` and dates for something else than text, so the schema is
about words, not about the types of values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from engine.language import SETTINGS, Severity, Status
from engine.watching import LANGUAGES, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.events import EventType, Field
    from engine.language import Rulebook

DRAFT = "http://json-schema.org/draft-07/schema#"
#: What the files are called in a rules folder.
RULE_SCHEMA, STORY_SCHEMA = "rule.schema.json", "test.schema.json"
NEEDED = {
    "rule": ["rule", "title", "owner", "status", "reason", "when", "task"],
    "when": ["event"],
    "task": ["severity", "to", "due", "say"],
    "tests": ["rule", "tests"],
    "test": ["test", "events", "expect"],
}
CHINESE = ["提示", "一般", "重要", "重大", "特殊"]

Schema = dict[str, Any]
ANY: Schema = {}
TEXT: Schema = {"type": "string"}


def rule_schema(book: Rulebook) -> Schema:
    """Return the schema of the folder's rule files."""
    return {"$schema": DRAFT, "title": "rule", **Sheet(book).rule()}


def story_schema(book: Rulebook) -> Schema:
    """Return the schema of the folder's test files."""
    return {"$schema": DRAFT, "title": "rule test", **Sheet(book).tests()}


class Sheet:
    """The schemas of one folder."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self.types = book.catalogue.types
        roles = book.places.roles if book.places is not None else None
        self.calendar = words(book.calendars)
        self.severity = words([*get_args(Severity), *CHINESE])
        self.event = {**words(self.types), "enumDescriptions": [both(kind.title, name) for name, kind in self.types.items()]}
        self.to = TEXT if roles is None else words(roles)

    # Rules ------------------------------------------------------------------------------------------------------------

    def rule(self) -> Schema:
        """Return a rule file."""
        owners = {"anyOf": [words({rule.owner for rule in self.book.rules.values()}), TEXT]}
        title = {"anyOf": [TEXT, {"type": "object", "properties": dict.fromkeys(LANGUAGES, TEXT), "additionalProperties": False}]}
        named = {
            "rule": {**TEXT, "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
            "title": title,
            "owner": owners,
            "status": words(get_args(Status)),
        }
        return self.part("rule", named | {"when": self.when(), "task": self.task()})

    def when(self) -> Schema:
        """Return what stands under `when`."""
        shapes = self.selection() | {
            "followed_by": self.relation("followed_by"),
            "not_followed_by": self.relation("not_followed_by"),
            "preceded_by": self.relation("preceded_by"),
            "then": listed(self.part("selection", self.selection())),
            "again": {"anyOf": [words(["once while it lasts", "every time", "counting afresh"]), TEXT]},
            "decide": words(["when settled", "at once"]),
            "calendar": self.calendar,
            "ends_with": self.part_or_event(),
            "covered_by": one_or_more(words(self.book.rules)),
        }
        shapes["not_preceded_by"] = shapes["preceded_by"]
        return {**self.part("when", shapes), "allOf": [keyed(kind) for kind in self.types.values()]}

    def selection(self) -> dict[str, Schema]:
        """Return which events a part means."""
        return {"event": one_or_more(self.event), "if": one_or_more(TEXT), "same": one_or_more(TEXT)}

    def relation(self, name: str) -> Schema:
        """Return what comes, or must not come, before or after."""
        shapes = self.selection()
        paused = {one: self.part_or_event() for one in ("paused_from", "paused_until")}
        return self.part(name, shapes | paused | {"any_of": listed(self.part("selection", shapes)), "calendar": self.calendar})

    def part_or_event(self) -> Schema:
        """Return an event, or a part that says more of it."""
        return {"anyOf": [self.event, self.part("selection", self.selection())]}

    def task(self) -> Schema:
        """Return what stands under `task`."""
        return self.part("task", {"severity": self.severity, "to": self.to, "due": TEXT, "say": TEXT})

    # Tests ------------------------------------------------------------------------------------------------------------

    def tests(self) -> Schema:
        """Return a test file."""
        events = {name: {"$ref": f"#/definitions/{name}"} for name in self.types}
        event = {"type": "object", "required": ["at"], "additionalProperties": False}
        event["properties"] = {"at": titled("at", ANY), "arrives": titled("arrives", ANY), **events}
        expected = self.part("expect", {"severity": self.severity, "evidence": listed(ANY), "same": {"type": "object"}})
        shapes = {"test": TEXT, "events": listed(event), "expect": {"anyOf": [words(["nothing"]), listed(expected)]}}
        usual = {"type": "object", "properties": events, "additionalProperties": False}
        top = self.part("tests", {"rule": words(self.book.rules), "usual": usual, "tests": listed(self.part("test", shapes))})
        return {**top, "definitions": {name: record(kind) for name, kind in self.types.items()}}

    def part(self, name: str, shapes: Mapping[str, Schema]) -> Schema:
        """Return a part of a file: the settings that the language knows there, and no other."""
        properties = {one: titled(one, shapes.get(one, ANY), name) for one in SETTINGS[name]}
        return {"type": "object", "properties": properties, "required": NEEDED.get(name, []), "additionalProperties": False}


def titled(name: str, shape: Schema, part: str = "") -> Schema:
    """Return the schema of a setting, with what it means in both languages; some words mean another thing in another part."""
    key = own if (own := f"setting.{part}.{name}") in WORDS["en"] else f"setting.{name}"
    return {**shape, "description": "\n\n".join(WORDS[language][key] for language in LANGUAGES)}


def keyed(kind: EventType) -> Schema:
    """Return that a rule on events of this type has its key among the fields of the type."""
    fields = {"enum": [*kind.fields, "nothing"], "enumDescriptions": [*(both(one.title, one.name) for one in kind.fields.values()), ""]}
    given = {"properties": {"event": {"const": kind.name}}, "required": ["event"]}
    return {"if": given, "then": {"properties": {"same": one_or_more(fields)}}}


def record(kind: EventType) -> Schema:
    """Return what an event of a story may say."""
    fields = {one.name: value(one) for one in kind.fields.values()}
    return {"type": "object", "description": both(kind.title, kind.name), "properties": fields, "additionalProperties": False}


def value(field: Field) -> Schema:
    """Return a field of an event of a story."""
    unit = f" ({field.unit})" if field.unit else ""
    return {**(words(field.choices) if field.choices else ANY), "description": both(field.title, field.name) + unit}


def both(title: Mapping[str, str], name: str) -> str:
    """Return what something is called in both languages."""
    return " / ".join(dict.fromkeys(title.get(language, name) for language in LANGUAGES))


def words(options: Iterable[str]) -> Schema:
    """Return one of some words."""
    return {"enum": sorted(options)} if isinstance(options, set | frozenset) else {"enum": list(options)}


def listed(shape: Schema) -> Schema:
    """Return a list of something."""
    return {"type": "array", "items": shape}


def one_or_more(shape: Schema) -> Schema:
    """Return something, or a list of it."""
    return {"anyOf": [shape, listed(shape)]}
