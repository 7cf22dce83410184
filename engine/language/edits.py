"""Small edits of a rule file: one number, word, operator, unit or field changed at a time, as a slip of the pen would.

Edits are made of what is written, not of what it means, so whatever the format learns is edited too: every text under `when` and
`task` has its numbers, lengths, yes and no, and every list its parts. Whether an edit is a rule at all is for the reader of rules to say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from engine.language.askfile import SEVERITIES
from engine.language.conditionedits import A_LITTLE, LOOKED_FOR, TOLD_APART, condition_edits, near
from engine.language.rulebook import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.language.basis import Basis
    from engine.source import Document, Place

    Path = tuple[str | int, ...]

#: What an edit touches, between what is looked for (1), how it is told apart (2) and by a little (4): how long; who is told what, and when.
HOW_LONG, ASKED = 3, 5
#: Stands in an edit for "taken out".
DROPPED = object()
OPPOSITES = {
    "not_followed_by": "followed_by",
    "followed_by": "not_followed_by",
    "not_preceded_by": "preceded_by",
    "preceded_by": "not_preceded_by",
}
#: Units that are mistaken for each other.
UNITS = {
    "second": ("minute",),
    "minute": ("hour",),
    "hour": ("day", "working hour"),
    "day": ("hour", "working day", "calendar day"),
    "working hour": ("hour",),
    "working day": ("day", "calendar day"),
    "calendar day": ("day", "working day"),
}
LENGTH = re.compile(r"(?P<amount>[0-9]{1,9}) (?P<unit>(?:working |calendar )?(?:second|minute|hour|day))(?P<many>s?)\b")
NUMBER = re.compile(r"(?<![\w.-])[0-9]+(?:\.[0-9]+)?(?![\w.-])")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].*)?")
WORDS = {
    "at least": ("more than",),
    "more than": ("at least",),
    "sum of": ("average of",),
    "average of": ("sum of",),
    "before": ("after",),
    "civil year": ("365 days",),
}
AGAIN = ("once while it lasts", "every time", "counting afresh")
DECIDE = ("when settled", "at once")
FIELD = re.compile(r"\b(?:different|of|before|after) (\w+)|^(\w+)$")
NAME = re.compile(r"\{(\w+)\}")


class Edit(NamedTuple):
    """One edit: the words that change and what they become, where, and the new value at a path of the file.

    `renamed` is a new key for the value instead. Of edits with one `group` only the first that is a rule is meant.
    """

    place: Place
    was: str
    now: str
    harm: int
    path: Path
    value: Any = None
    renamed: str = ""
    group: str = ""


def edited(data: Any, edit: Edit) -> Any:
    """Return the data of a file with one edit."""
    return changed(data, edit.path, edit)


def changed(data: Any, path: Path, edit: Edit) -> Any:
    """Return data with the value at a path changed, taken out, or under another key."""
    step, rest = path[0], path[1:]
    if isinstance(data, list):
        assert isinstance(step, int)
        new = [] if not rest and edit.value is DROPPED else [changed(data[step], rest, edit) if rest else edit.value]
        return [*data[:step], *new, *data[step + 1 :]]
    if rest:
        return {**data, step: changed(data[step], rest, edit)}
    if edit.renamed:
        return {edit.renamed if name == step else name: value for name, value in data.items()}
    held = {name: value for name, value in data.items() if name != step}
    return held if edit.value is DROPPED else {**held, step: edit.value}


def edits_of(document: Document, basis: Basis) -> list[Edit]:
    """Return every edit of a rule file, in the order of the file."""
    found = Editor(document, basis)
    data = document.data
    made = [edit for name in ("when", "task", "since", "until") if name in data for edit in found.edits(data[name], (name,), data)]
    return [edit for edit in dict.fromkeys(made) if edit.was != edit.now]


class Editor:
    """Walks one rule file."""

    def __init__(self, document: Document, basis: Basis) -> None:
        self.document = document
        self.basis = basis
        self.own = self.events_of(document.data.get("when", {}))

    def events_of(self, part: Any) -> tuple[str, ...]:
        """Return the event types that a part names."""
        named = part.get("event", ()) if isinstance(part, dict) else ()
        listed = named if isinstance(named, list) else [named] if named else []
        return tuple(name for name in listed if isinstance(name, str) and name in self.basis.types)

    def edits(self, value: Any, path: Path, inside: Any) -> Iterator[Edit]:
        """Return the edits of a value; `inside` is the mapping or list that holds it."""
        name = next((step for step in reversed(path) if isinstance(step, str)), "")
        if name in OPPOSITES and path[-1] == name:
            yield self.key_edit(path, OPPOSITES[name])
        if isinstance(value, dict):
            yield from self.mapping_edits(value, path)
        elif isinstance(value, list):
            yield from self.list_edits(value, path)
        elif isinstance(value, str):
            yield from self.text_edits(value, path, name, inside)

    def mapping_edits(self, value: dict[str, Any], path: Path) -> Iterator[Edit]:
        """Return the edits of a mapping: of its values, and of entries that could be left out."""
        is_by_value = "by" in value or (value and all(DATE.fullmatch(key) for key in value))
        for name, part in value.items():
            may_go = (
                name in {"covered_by", "calendar"} or (name == "if" and isinstance(part, str)) or (name == "same" and path != ("when",))
            )
            if may_go or (is_by_value and name != "by" and len(value) > 1):
                yield self.drop((*path, name), f"{name}: {shown(part)}", LOOKED_FOR if name in {"if", "same"} else TOLD_APART)
            yield from self.edits(part, (*path, name), value)

    def list_edits(self, value: list[Any], path: Path) -> Iterator[Edit]:
        """Return the edits of a list: of its parts, and each part left out."""
        for number, part in enumerate(value):
            if len(value) > 1:
                yield self.drop((*path, number), shown(part), LOOKED_FOR)
            yield from self.edits(part, (*path, number), value)

    def text_edits(self, value: str, path: Path, name: str, inside: Any) -> Iterator[Edit]:
        """Return the edits of one text."""
        if path[0] == "task":
            yield from self.task_edits(value, path, name)
            return
        match name:
            case "if":
                part = inside if isinstance(inside, dict) else self.holder(path)
                fields = self.basis.fields_of(self.events_of(part))
                for at, was, now, harm, text, group in condition_edits(value, fields):
                    yield Edit(self.document.place_in(path, value, at), was, now, harm, path, text, group=f"{path}{group}" if group else "")
            case "event":
                yield from self.others(value, path, self.like(value), LOOKED_FOR)
            case "same":
                yield from self.others(value, path, [*self.fields(("text", "one of", "whole number")), "nothing"], LOOKED_FOR)
            case "calendar":
                yield from self.others(value, path, sorted(self.basis.calendars), TOLD_APART)
            case "covered_by":
                pass
            case _:
                yield from self.plain_edits(value, path, name)

    def holder(self, path: Path) -> Any:
        """Return the part of the file that has an `if` of several lines."""
        part = self.document.data
        for step in path[: path.index("if")]:
            part = part[step]
        return part

    # Plain texts: numbers, lengths, words, fields ------------------------------------------------------------------------

    def plain_edits(self, value: str, path: Path, name: str) -> Iterator[Edit]:
        """Return the edits of numbers, lengths, words and fields of a text."""
        if name in {"again", "decide"}:
            yield from self.others(value, path, AGAIN if name == "again" else DECIDE, TOLD_APART, every=True)
        if value in {"yes", "no"}:
            yield self.text_edit(path, value, (0, len(value)), "no" if value == "yes" else "yes", TOLD_APART)
        for was, options in WORDS.items():
            for found in re.finditer(rf"\b{was}\b", value):
                yield from (self.text_edit(path, value, found.span(), now, TOLD_APART) for now in options)
        if found_field := re.search(r" different \w+", value):
            yield self.text_edit(path, value, found_field.span(), "", TOLD_APART)
        yield from self.field_edits(value, path)
        yield from self.number_edits(value, path, A_LITTLE if name in {"within", "per", "first_time_in", "again"} else TOLD_APART)

    def number_edits(self, value: str, path: Path, harm: int) -> Iterator[Edit]:
        """Return the edits of lengths and other numbers."""
        if DATE.fullmatch(value):
            return
        lengths = list(LENGTH.finditer(value))
        for found in lengths:
            amount, unit, span = int(found["amount"]), found["unit"], found.span()
            asked = path[0] == "task"
            for by, rank in ((amount + 1, A_LITTLE), (amount - 1, A_LITTLE), (2 * amount, HOW_LONG), (amount // 2, HOW_LONG)):
                yield self.text_edit(path, value, span, length(by, unit), ASKED if asked else rank)
            yield from (self.text_edit(path, value, span, length(amount, one), ASKED if asked else HOW_LONG) for one in UNITS[unit])
        for number in NUMBER.finditer(value):
            if not any(one.start() <= number.start() < one.end() for one in lengths):
                yield from (self.text_edit(path, value, number.span(), now, harm) for now in near(number[0]))

    def field_edits(self, value: str, path: Path) -> Iterator[Edit]:
        """Return the edits of a field that is counted, added up, or says when."""
        known = self.basis.fields_of(self.own)
        for found in FIELD.finditer(value):
            name = found[1] or found[2]
            if name in known:
                span = found.span(1) if found[1] else found.span(2)
                for other in self.fields((known[name].kind,)):
                    if other != name:
                        yield self.text_edit(path, value, span, other, TOLD_APART)._replace(group=f"{path} {span}")

    # Tasks --------------------------------------------------------------------------------------------------------------

    def task_edits(self, value: str, path: Path, name: str) -> Iterator[Edit]:
        """Return the edits of what is asked."""
        match name:
            case "severity":
                words: tuple[str, ...] = tuple(SEVERITIES) if value in SEVERITIES else get_args(Severity)
                place = words.index(value) if value in words else 0
                near_by = [words[one] for one in (place - 1, place + 1) if 0 <= one < len(words)]
                yield from self.others(value, path, near_by, ASKED, every=True)
            case "to":
                roles = sorted(self.basis.roles) if self.basis.roles is not None else [f"{value}-s-deputy"]
                yield from self.others(value, path, roles, ASKED)
            case "say":
                for found in {one[0]: one for one in NAME.finditer(value)}.values():
                    yield self.text_edit(path, value, found.span(), "…", ASKED)._replace(value=value.replace(found[0], "…"))
            case _:
                yield from self.number_edits(value, path, ASKED)

    # Making edits --------------------------------------------------------------------------------------------------------

    def text_edit(self, path: Path, value: str, span: tuple[int, int], now: str, harm: int) -> Edit:
        """Return an edit of some letters of a text."""
        start, end = span
        was = value[start:end]
        return Edit(self.document.place_in(path, value, start), was.strip(), now, harm, path, value[:start] + now + value[end:])

    def others(self, value: str, path: Path, options: Iterable[str], harm: int, *, every: bool = False) -> Iterator[Edit]:
        """Return edits that put another word in the place of a whole text: each of them, or the first that is a rule."""
        for one in options:
            if one != value:
                yield Edit(self.document.place(path), value, one, harm, path, one, group="" if every else f"{path}")

    def drop(self, path: Path, was: str, harm: int) -> Edit:
        """Return an edit that takes something out."""
        return Edit(self.document.key_place(path), was, "", harm, path, DROPPED)

    def key_edit(self, path: Path, now: str) -> Edit:
        """Return an edit that turns a relation into its opposite."""
        return Edit(self.document.key_place(path), str(path[-1]), now, LOOKED_FOR, path, renamed=now)

    def like(self, name: str) -> list[str]:
        """Return other event types, those that have most fields in common first."""
        kind = self.basis.types.get(name)
        if kind is None:
            return []
        is_finding = name.startswith("finding.")
        others = [one for one in self.basis.types.values() if one.name != name and one.name.startswith("finding.") == is_finding]
        others.sort(key=lambda one: -len(set(one.fields) & set(kind.fields)))
        return [one.name for one in others]

    def fields(self, kinds: tuple[str, ...]) -> list[str]:
        """Return the fields of these kinds that the anchor has, required ones first."""
        known = [field for field in self.basis.fields_of(self.own).values() if field.kind in kinds]
        return [field.name for field in sorted(known, key=lambda field: field.optional)]


def length(amount: int, unit: str) -> str:
    """Return a length of time as it is written."""
    return f"{amount} {unit}{'' if amount == 1 else 's'}"


def shown(part: Any) -> str:
    """Return a part of a file in a few words."""
    if isinstance(part, dict):
        return ", ".join(f"{name}: {shown(one)}" for name, one in part.items())
    return ", ".join(map(shown, part)) if isinstance(part, list) else str(part)
