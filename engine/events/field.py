"""One field of an event type, and the words by which a catalogue describes it: `number (minutes), may be missing`."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["text", "whole number", "number", "yes/no", "time", "milliseconds", "one of"]

KINDS: tuple[str, ...] = get_args(Kind)

#: Kinds whose values may stand in an id: each value has exactly one spelling.
ID_KINDS = frozenset({"text", "whole number", "time", "milliseconds", "one of"})
#: Kinds that say when something happened.
TIME_KINDS = frozenset({"time", "milliseconds"})
#: Kinds that say which of two revisions is the newer one.
REVISION_KINDS = frozenset({"whole number", "time", "milliseconds"})
#: Kinds that are measured in something.
UNIT_KINDS = frozenset({"whole number", "number"})

#: What every event carries beside its fields, on the wire or inside, and the words that conditions are made of.
RESERVED = frozenset({"type", "source", "arrived", "kind", "specversion", "yes", "no", "true", "false", "null", "missing"})

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")

MISSING = "may be missing"
PLACED = "from the grid"

_WORDS = re.compile(r"(?P<kind>[^(,\[]+?)\s*(?:\[(?P<choices>[^\]]*)\])?\s*(?:\((?P<unit>[^()]+)\))?\s*(?:,(?P<rest>.*))?")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an event type.

    `optional` means that an event may come without it and that it stays missing. `placed` means that an event may come
    without it and that the grid then says it: behind the placing step it always has a value.
    """

    name: str
    kind: Kind
    optional: bool = False
    unit: str | None = None
    choices: tuple[str, ...] = ()
    placed: bool = False
    title: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def required(self) -> bool:
        """Return whether an event without this field is rejected."""
        return not (self.optional or self.placed)


def name_problem(name: str) -> str:
    """Return what is wrong with a field's name, or "" if nothing is."""
    if not NAME.fullmatch(name):
        return f"'{name}' is not a field name; write small letters, digits and _, such as 'transformer_area'"
    if name in RESERVED or keyword.iskeyword(name):
        return f"'{name}' has a meaning of its own and cannot name a field; write for example 'outage_{name}'"
    return ""


@dataclass(slots=True)
class Words:
    """What a description of a field says, before it is known to make sense."""

    kind: str
    unit: str = ""
    choices: tuple[str, ...] | None = None
    optional: bool = False
    placed: bool = False


def parse_words(text: str) -> Words | str:
    """Return what the short form of a field says, or what would be right."""
    found = _WORDS.fullmatch(text.strip())
    if found is None:
        examples = "'text', 'number (minutes), may be missing' or 'one of [a, b]'"
        return f"'{text}' does not describe a field; write for example {examples}"
    inner = found["choices"]
    words = Words(
        kind=" ".join(found["kind"].split()),
        unit=(found["unit"] or "").strip(),
        choices=None if inner is None else tuple(_unquoted(choice) for choice in inner.split(",")),
    )
    for said in (found["rest"] or "").split(",") if found["rest"] is not None else ():
        match " ".join(said.split()):
            case "may be missing":
                words.optional = True
            case "from the grid":
                words.placed = True
            case other:
                hint = suggest(other, (MISSING, PLACED)) or f"; '{MISSING}' or '{PLACED}' may follow"
                return f"'{other}' says nothing about a field{hint}"
    return words


def understand(name: str, words: Words, title: Mapping[str, str]) -> Field | list[str]:
    """Return the field, or everything that is wrong with its description."""
    problems = [say for say in (_kind_problem(words), _unit_problem(words), _grid_problem(words)) if say]
    problems.extend(_choice_problems(words))
    if problems:
        return problems
    kind: Kind = words.kind  # type: ignore[assignment]  # _kind_problem has compared it with KINDS
    return Field(name, kind, words.optional, words.unit or None, words.choices or (), words.placed, title)


def _kind_problem(words: Words) -> str:
    if words.kind in KINDS:
        return ""
    return f"there is no kind of field '{words.kind}'{suggest(words.kind, KINDS)}; the kinds are {', '.join(KINDS)} [a, b]"


def _unit_problem(words: Words) -> str:
    if words.unit and words.kind in KINDS and words.kind not in UNIT_KINDS:
        return f"a field of kind '{words.kind}' has no unit; only numbers are measured in something"
    return ""


def _grid_problem(words: Words) -> str:
    if words.placed and words.kind in KINDS and words.kind != "text":
        return f"'{PLACED}' is a name, so the field must be text, not {words.kind}"
    if words.placed and words.optional:
        return f"'{PLACED}' already says that an event may come without it; leave out '{MISSING}'"
    return ""


def _choice_problems(words: Words) -> list[str]:
    if words.kind == "one of":
        if not words.choices or not any(words.choices):
            return ["'one of' needs its choices; write for example 'one of [urban, rural]'"]
        if "" in words.choices:
            return ["one of the choices is empty; is there a comma too many?"]
        twice = sorted({choice for choice in words.choices if words.choices.count(choice) > 1})
        return [f"'{choice}' is among the choices twice" for choice in twice]
    if words.choices is not None and words.kind in KINDS:
        return [f"only 'one of' has choices, not '{words.kind}'; write 'one of [{', '.join(words.choices)}]'"]
    return []


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
