"""Two versions of a rules folder side by side: text, meaning, and what the change does to what is running."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING

from engine.language import revisions
from engine.watching import LANGUAGES, meanings, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.language import Revision
    from engine.watching import Language
    from streams.rules import Rules


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """One rule that is touched: its text as lines of a unified diff, what that means, and what it does, by language."""

    rule: str
    title: Mapping[str, str]
    owner: str
    parts: tuple[str, ...]
    effects: tuple[str, ...]
    text: list[str]
    meaning: list[dict[Language, str]]
    effect: list[dict[Language, str]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything in which two folders differ. `files` are those that are no rule's own; some of them can change what happens."""

    rules: list[RuleDifference]
    files: list[str]
    is_decisive: bool


def difference(old: Rules, new: Rules) -> Difference:
    """Return what becomes different when `new` takes the place of `old`."""
    found = revisions(old.book, new.book)
    rules = [touched(one, old, new) for one in found.values()]
    own = {place_of(one) for one in found.values()}
    changed = sorted(name for name in {*old.files, *new.files} if old.files.get(name) != new.files.get(name) and name not in own)
    decisive = any(old.decisive.get(name) != new.decisive.get(name) for name in changed)
    return Difference(rules, changed, decisive)


def place_of(revision: Revision) -> str:
    """Return the file of a rule."""
    rule = revision.new or revision.old
    assert rule is not None, "an edit has a rule before or after"
    return rule.place.file


def touched(revision: Revision, old: Rules, new: Rules) -> RuleDifference:
    """Return one rule with everything that is to be said of it."""
    rule, name = revision.new or revision.old, place_of(revision)
    assert rule is not None, "an edit has a rule before or after"
    before, after = (rules.files.get(name, "").splitlines() for rules in (old, new))
    types = (old.book.catalogue.types, new.book.catalogue.types)
    return RuleDifference(
        revision.rule,
        rule.title,
        rule.owner,
        revision.parts,
        revision.effects,
        list(unified_diff(before, after, name, name, lineterm="", n=1)),
        meanings(revision, types, new.book.zone),
        [{language: say(language, f"effect.{effect}") for language in LANGUAGES} for effect in revision.effects],
    )
