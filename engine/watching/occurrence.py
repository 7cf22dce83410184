"""How often what a rule is about came up at one key: what a remedy is measured by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import instant_of
from engine.watching.case import Case
from engine.watching.facts import ANCHOR
from engine.watching.inquiry import Inquiry
from engine.watching.plan import bounds_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.events import Gate
    from engine.language import Rulebook
    from engine.watching.case import Past

    #: behind the one moment, up to and with the other
    Stretch = tuple[int, int]


def occurrences(book: Rulebook, gate: Gate, name: str, key: Mapping[str, str], past: Past, stretches: Sequence[Stretch]) -> list[int]:
    """Return how often it came up in each stretch of time, corrections and retractions settled.

    A rule that counts is about the events that it counts, each of them an occurrence whether or not they came to be enough; any other
    rule about what it finds.
    """
    inquiry = Inquiry(book, gate, name, past)
    keys = inquiry.keys(key)
    if not keys:
        return [0] * len(stretches)
    case = Case(inquiry, keys[0])
    if bounds_of(case.rule.pattern):
        found = [fact.t for fact in case.facts.facts if fact.role & ANCHOR]
    else:
        found = [instant_of(event) for event in case.facts.anchors() if case.task_of(event) in case.tasks]
    return [sum(since < t <= until for t in found) for since, until in stretches]
