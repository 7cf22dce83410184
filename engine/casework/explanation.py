"""An explanation, checked: required fields of the level, evidence for each claim, values that can be read, and the checks of its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from engine.calendar import Length, parse_instant, parse_length
from engine.casework.attendance import Rank
from engine.casework.fault import Fault, fault
from engine.casework.form import BY_NAME, FIELDS, Field, Part, need
from engine.casework.reading import is_empty, number_of, text_of, yes_or_no
from engine.casework.textchecks import CHECKS, TextChecks
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.casework.fault import Path

#: A paragraph, not a book: more than this belongs into an attachment.
LONGEST = 5_000
MOST_ROWS = 200
WANTED = {"ids": "[id, …]", "names": "[name, …]"}


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the task that is explained. What is None is not checked."""

    zone: str
    #: the moment of submission; nothing that is told as done may lie after it
    now: int | None = None
    has_complaint: bool = False
    owes_remedy: bool = False
    is_outage: bool = False
    #: how many occurrences the finding is about; more than one is repeated trouble
    occurrences: int = 1
    #: the latest moment that the category allows for a remedy
    latest_due: int | None = None
    evidence: frozenset[str] | None = None
    #: who has to be at the meeting, rank by rank
    ranks: tuple[Rank, ...] = ()
    people: frozenset[str] | None = None
    units: frozenset[str] | None = None


def check(fields: Mapping[str, Any], level: int | None, about: About, overruled: Mapping[str, Any] | None = None) -> tuple[Fault, ...]:
    """Return everything that is wrong with an explanation, all at once; nothing is wrong where it may be submitted.

    `overruled` has a reason for each check of the text that is wrong here; everything else cannot be overruled.
    """
    reasons = overruled or {}
    found = [fault((name,), "unknown-field", value=name, hint=suggest(name, BY_NAME)) for name in fields if name not in BY_NAME]
    for field in FIELDS:
        found += one_field(field, fields.get(field.name), level, about)
    checked = TextChecks(fields, about).found()
    found += [one for one in checked if is_empty(reasons.get(one.code))]
    return (*found, *overruling(reasons))


def overruling(reasons: Mapping[str, Any]) -> Iterator[Fault]:
    """Return what is wrong with the overruling itself."""
    for code, reason in reasons.items():
        if code not in CHECKS:
            yield fault(("overruled", code), "unknown-check", value=code, hint=suggest(code, CHECKS))
        elif is_empty(reason):
            yield fault(("overruled", code), "overrule-reason", value=code)


def one_field(field: Field, value: object, level: int | None, about: About) -> Iterator[Fault]:
    """Return what is wrong with one field."""
    if is_empty(value):
        if is_needed(field, level, about):
            yield fault((field.name,), "missing")
        return
    reader = Parts(field, about)
    path: Path = (field.name,)
    if field.many:
        yield from reader.rows(path, value)
    elif field.boxes:
        yield from reader.boxes(path, value)
    else:
        yield from reader.group(path, value)


def is_needed(field: Field, level: int | None, about: About) -> bool:
    """Return whether a field must be filled in."""
    match need(field, level):
        case "required" | "prefilled":
            return True
        case "with complaint":
            return about.has_complaint
        case "if owed":
            return about.owes_remedy
        case _:
            return False


class Parts:
    """The parts of one field, on their way to faults."""

    def __init__(self, field: Field, about: About) -> None:
        self.field = field
        self.about = about

    def rows(self, path: Path, value: object) -> Iterator[Fault]:
        """Return what is wrong in a list."""
        if not isinstance(value, list):
            yield fault(path, "shape", wanted="- {" + ", ".join(part.name for part in self.field.parts) + "}")
            return
        if len(value) > MOST_ROWS:
            yield fault(path, "too-long", value=len(value), wanted=MOST_ROWS)
        for number, row in enumerate(value[:MOST_ROWS]):
            yield from self.group((*path, number), row)

    def boxes(self, path: Path, value: object) -> Iterator[Fault]:
        """Return what is wrong in a field of several boxes."""
        boxes = self.field.boxes
        if not isinstance(value, dict):
            yield fault(path, "shape", wanted="{" + ", ".join(boxes) + "}")
            return
        yield from (fault((*path, name), "unknown-field", value=name, hint=suggest(name, boxes)) for name in value if name not in boxes)
        for box in boxes:
            if is_empty(value.get(box)):
                # a missing restoration is one of the checks of the text: it says more
                if (self.field.name, box) != ("timeline", "restored") or not self.about.is_outage:
                    yield fault((*path, box), "missing")
            else:
                yield from self.group((*path, box), value[box])

    def group(self, path: Path, value: object) -> Iterator[Fault]:
        """Return what is wrong with the parts of one claim."""
        names = [part.name for part in self.field.parts]
        if not isinstance(value, dict):
            yield fault(path, "shape", wanted="{" + ", ".join(names) + "}")
            return
        known = [*names, "none"] if self.field.may_be_none else names
        yield from (fault((*path, name), "unknown-field", value=name, hint=suggest(name, known)) for name in value if name not in known)
        if self.field.may_be_none and not is_empty(value.get("none")):
            yield from self.part((*path, "none"), Part("none", "text"), value["none"])
            return
        for part in self.field.parts:
            one = value.get(part.name)
            if not is_empty(one):
                yield from self.part((*path, part.name), part, one)
            elif self.lacks(part, value):
                yield fault(
                    (*path, part.name),
                    "no-evidence" if part.kind == "ids" else "missing",
                    name=path if part.kind == "ids" else (*path, part.name),
                )

    def lacks(self, part: Part, value: Mapping[str, Any]) -> bool:
        """Return whether an empty part must be filled in. Nothing counted needs no evidence; contact asks by what was answered."""
        if self.field.name == "contact":
            contacted = yes_or_no(value.get("contacted"))
            if part.name == "why_not":
                return contacted is False
            return part.required or (contacted is True and part.name in {"at", "opinion", "evidence"})
        return part.required and not (part.kind == "ids" and number_of(value.get("value")) == 0)

    def part(self, path: Path, part: Part, value: object) -> Iterator[Fault]:
        """Return what is wrong with one value."""
        if part.kind in {"ids", "names"}:
            yield from self.words(path, part, value)
            return
        if isinstance(value, dict | list):
            yield fault(path, "shape", wanted="one value")
            return
        text = text_of(value)
        yield from self.reading(path, part, value, text)
        yield from self.naming(path, part, text)
        if len(text) > LONGEST:
            yield fault(path, "too-long", value=len(text), wanted=LONGEST)

    def reading(self, path: Path, part: Part, value: object, text: str) -> Iterator[Fault]:
        """Return what is wrong with how a value is written."""
        match part.kind:
            case "choice" if text not in part.options:
                yield fault(path, "unknown-choice", value=text, hint=suggest(text, part.options), wanted=", ".join(part.options))
            case "number" if number_of(value) is None:
                yield fault(path, "not-a-number", value=text)
            case "yes" if yes_or_no(value) is None:
                yield fault(path, "not-yes-or-no", value=text)
            case "span" if not isinstance(parse_length(text), Length):
                yield fault(path, "not-a-length", value=text)
            case "time":
                yield from self.moment(path, part, text)
            case _:
                return

    def moment(self, path: Path, part: Part, text: str) -> Iterator[Fault]:
        """Return what is wrong with a time; only what is still to be done may lie ahead."""
        at = parse_instant(text, self.about.zone)
        if at is None:
            yield fault(path, "not-a-time", value=text)
        elif part.name != "due" and self.about.now is not None and at > self.about.now:
            yield fault(path, "in-the-future", value=text)

    def naming(self, path: Path, part: Part, text: str) -> Iterator[Fault]:
        """Return whether a person or a unit is one that nobody knows."""
        about = self.about
        if part.name in {"person", "owner"} and about.people is not None and text not in about.people:
            yield fault(path, "unknown-person", value=text)
        if part.name == "unit" and about.units is not None and text not in about.units:
            yield fault(path, "unknown-unit", value=text)

    def words(self, path: Path, part: Part, value: object) -> Iterator[Fault]:
        """Return what is wrong with a list of names or of evidence."""
        if not isinstance(value, list) or not all(isinstance(one, str | int) and str(one).strip() for one in value):
            yield fault(path, "shape", wanted=WANTED[part.kind])
            return
        if part.name == "attendees":
            yield from (fault(path, "rank-missing", other=f"rank.{one.role}", value=one.who) for one in self.about.ranks if not one.there)
        known = self.about.evidence
        if part.kind == "ids" and known is not None:
            yield from (
                fault((*path, number), "unknown-evidence", value=str(one), hint=suggest(str(one), known))
                for number, one in enumerate(value)
                if str(one).strip() not in known
            )
