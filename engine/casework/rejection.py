"""A return for rework: which fields, for which reason each. Without naming them nothing is returned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.casework.fault import Fault, called, fault
from engine.casework.form import BY_NAME
from engine.casework.formwords import phrase
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.watching import Language

#: Reasons that fit every field.
ANY: Final = ("incomplete", "unclear", "not-credible", "evidence-missing", "evidence-wrong", "other")
#: Reasons that fit some fields only.
ONLY: Final = {
    "cause-shallow": ("direct_cause", "root_cause", "systemic", "four_boxes"),
    "responsibility-wrong": ("responsibility", "four_boxes"),
    "measure-weak": ("correction", "lookalikes", "actions", "effectiveness", "four_boxes"),
    "date-unacceptable": ("timeline", "actions", "effectiveness"),
    "scope-wrong": ("scope", "history", "lookalikes"),
}


class Return(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field that is returned, and why. `text` says more; with `other` it must."""

    field: str
    code: str
    text: str = ""

    def say(self, language: Language) -> str:
        """Return it as one sentence."""
        told = f"{called(language, self.field)}: {phrase(language, f'return.{self.code}')}"
        return f"{told} — {self.text}" if self.text else told


def codes_for(field: str) -> tuple[str, ...]:
    """Return the reasons for which a field may be returned."""
    return (*(code for code, fields in ONLY.items() if field in fields), *ANY)


def read_return(written: str) -> Return:
    """Return what is meant by `field:code` or `field:code:more`."""
    field, _, rest = written.partition(":")
    code, _, text = rest.partition(":")
    return Return(field.strip(), code.strip(), text.strip())


def check_returns(returns: Sequence[Return]) -> tuple[Fault, ...]:
    """Return what is wrong with a return, all at once."""
    found = [] if returns else [fault((), "return-empty")]
    seen: set[tuple[str, str]] = set()
    for number, one in enumerate(returns):
        found += check_one(number, one)
        if (one.field, one.code) in seen:
            found.append(fault(("fields", number), "return-twice", name=one.field))
        seen.add((one.field, one.code))
    return tuple(found)


def check_one(number: int, one: Return) -> Iterator[Fault]:
    """Return what is wrong with the return of one field."""
    path: tuple[Any, ...] = ("fields", number)
    if one.field not in BY_NAME:
        yield fault((*path, "field"), "unknown-field", value=one.field, hint=suggest(one.field, BY_NAME))
        return
    codes = codes_for(one.field)
    if one.code not in codes:
        yield fault((*path, "code"), "return-code", name=one.field, value=one.code, hint=suggest(one.code, codes), wanted=", ".join(codes))
    elif one.code == "other" and not one.text.strip():
        yield fault((*path, "text"), "return-text")
