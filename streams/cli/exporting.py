"""`clearly rules export`: rules with their conditions in CEL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from streams.cli.outcome import FINE, Refused
from streams.cli.screen import console, print_json, under
from streams.rules import Rules, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.language import Rule, Selection


def export_rules(root: Path, *, cel: bool, as_json: bool) -> int:
    """Write every condition of every rule, ours and in CEL, and return the exit code."""
    if not cel:
        raise Refused("say in which language: --cel is the one there is")
    rules = load(root)
    if not isinstance(rules, Rules):
        raise Refused(rules, code=1)
    exported = {name: [*parts(rule)] for name, rule in rules.book.rules.items()}
    if as_json:
        print_json(exported)
        return FINE
    screen = console()
    for name, listed in exported.items():
        lines = [line for part in listed for line in (", ".join(part["events"]), *(f"  {one['cel']}" for one in part["conditions"]))]
        under(screen, name, Text("\n".join(lines)))
    return FINE


def parts(rule: Rule) -> Iterator[dict[str, Any]]:
    """Give the anchor and then every other selection of a rule."""
    for role, part in [("anchor", rule.anchor), *(("other", one) for one in rule.others)]:
        yield {"part": role, **told(part)}


def told(part: Selection) -> dict[str, Any]:
    """Return a selection for machines. The CEL reads a map `event`, whose times are timestamps."""
    return {
        "events": list(part.events),
        "same": list(part.same),
        "conditions": [{"condition": condition.text, "cel": condition.cel()} for condition in part.conditions],
    }
