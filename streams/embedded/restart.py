"""What of the store still fits the rules that are taken up, and what has to be built anew from kept history.

A row fits as long as the rule collects the same (`Rule.collects`), or was edited in a way that keeps its state
(`engine.language.revisions`), and the engine packs watches the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from engine.language import Bounds, bounds_of, revisions
from streams.embedded.state import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.language import Revision, Rulebook
    from engine.watching import Watching
    from streams.store import Reader

    Row = tuple[str, bytes, bytes]

FINDING = "finding."
#: What a row of another version or of a changed event type can come to while it is unpacked.
UNREADABLE = (msgspec.DecodeError, ValueError, TypeError, LookupError, AttributeError)


@dataclass(slots=True)
class Fit:
    """What becomes of each rule: how it was edited, what must be built anew, and how each edited rule counted before."""

    edits: Mapping[str, Revision] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    past: dict[str, list[Bounds]] = field(default_factory=dict)
    #: rules whose last edit takes hold when they are taken up
    edited: list[str] = field(default_factory=list)


def fit(reader: Reader, old: Rulebook | None, new: Rulebook) -> Fit:
    """Return what becomes of each rule when `new` takes the place of `old`, the rulebook that the store was written under."""
    noted = reader.meta("collects")
    known: dict[str, str] = msgspec.json.decode(noted) if noted else {}
    saved = reader.meta("past")
    past = msgspec.json.decode(saved, type=dict[str, list[Bounds]]) if saved else {}
    found = Fit({} if old is None else revisions(old, new))
    for name, rule in new.rules.items():
        if rule.status not in {"live", "shadow"}:
            continue
        edit = found.edits.get(name)
        before = None if edit is None or old is None else edit.old
        fits = known.get(name) == (rule.collects if before is None else before.collects)
        if not fits or (edit is not None and not edit.keeps_state):
            found.stale.add(name)
            continue
        if name in past:
            found.past[name] = list(past[name])
        if edit is not None and before is not None and {"judged", "earlier"} & set(edit.effects):
            bounds = bounds_of(before.pattern)
            assert bounds is not None, "only a rule with bounds is judged by others"
            found.past.setdefault(name, []).append(bounds)
            found.edited.append(name)
    return found


def instants(reader: Reader, name: str) -> dict[str, int]:
    """Return instants that were noted by rule or by event type."""
    noted = reader.meta(name)
    return msgspec.json.decode(noted, type=dict[str, int]) if noted else {}


def known_from(world: Watching, rule: str, let_go: Mapping[str, int]) -> int:
    """Return from when on every event that a rule reads is kept; `let_go` says up to where each type is not."""
    found = NEVER
    for kind in world.plans[rule].types:
        other = kind.removeprefix(FINDING)
        if kind != other:
            found = max(found, known_from(world, other, let_go) if other in world.plans else NEVER)
        else:
            found = max(found, let_go.get(kind, NEVER))
    return found


def fill(world: Watching, rows: Iterable[Row]) -> set[str]:
    """Give a world some rows, and return the rules whose rows this program cannot read."""
    unfit = set()
    for rule, group in groupby(rows, lambda row: row[0]):
        if rule in world.plans:
            try:
                world.restore(group)
            except UNREADABLE:
                unfit.add(rule)
    return unfit
