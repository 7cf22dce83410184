"""What the gate has to decode: the fields that the rules of a book read, per event type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.language.findings import FINDING
from engine.language.rulebook import Count, Follow, Rule, Rulebook, Total, fields_in

if TYPE_CHECKING:
    from engine.events import Catalogue
    from engine.language.rulebook import Selection


def reads_of(book: Rulebook) -> dict[str, frozenset[str]]:
    """Return, per event type, the fields that the rules of a book read."""
    reads: dict[str, set[str]] = {}
    for rule in book.rules.values():
        for part in (rule.anchor, *rule.others):
            wanted = {name for condition in part.conditions for name in condition.fields} | {*part.same, *part.pair}
            if part is rule.anchor:
                wanted |= measured(rule) | said(rule, book.catalogue)
            if book.places is not None and (part is rule.anchor or placed(part, wanted, book.catalogue)):
                wanted |= book.places.reads
            for event in part.events:
                reads.setdefault(event, set()).update(wanted & set(book.catalogue.types[event].fields))
    for name in [name for name in reads if name.startswith(FINDING)]:
        pass_on(book, name, reads)
    return {name: frozenset(fields) for name, fields in reads.items()}


def pass_on(book: Rulebook, name: str, reads: dict[str, set[str]]) -> None:
    """Have what is read of a rule's findings read of the rule's own anchors too: a finding says what its anchor said."""
    for event in book.rules[name.removeprefix(FINDING)].anchor.events:
        reads.setdefault(event, set()).update(reads[name] & set(book.catalogue.types[event].fields))
        if event.startswith(FINDING):
            pass_on(book, event, reads)


def placed(part: Selection, wanted: set[str], catalogue: Catalogue) -> bool:
    """Return whether some of these fields come from the grid where an event is silent."""
    kinds = [catalogue.types[event].fields for event in part.events]
    return any(kind[name].placed for kind in kinds for name in wanted & set(kind))


def measured(rule: Rule) -> set[str]:
    """Return the fields of the anchor that a rule counts, adds up, takes its deadline from or compares with other events."""
    paired = {name for other in rule.others for name in other.pair}
    match rule.pattern:
        case Count(different=str() as name) | Total(field=name) | Follow(until=str() as name):
            return paired | {name}
        case Follow(within=within):
            return paired.union(*(fields_in(length) for _, length in within.entries))
        case _:
            return paired


def said(rule: Rule, catalogue: Catalogue) -> set[str]:
    """Return the fields of the anchor that stand in a rule's sentence."""
    fields = {name for event in rule.anchor.events for name in catalogue.types[event].fields}
    return {name for name in fields if f"{{{name}}}" in rule.ask.say}
