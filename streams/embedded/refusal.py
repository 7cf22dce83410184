"""A rules folder that has errors and is not taken up: what is wrong, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from streams.rules import Rules


class Refusal(msgspec.Struct):
    """Rules that were not taken up: when that was, every problem in a line of its own, and the owners of the rules concerned."""

    at: int
    problems: list[str]
    owners: list[str]


def owners_of(problems: list[str], running: Rules) -> list[str]:
    """Return who owns the rules whose files have problems, by the rules that run."""
    rules = running.book.rules.values()
    return sorted({rule.owner for rule in rules if any(f"{rule.place.file}:" in problem for problem in problems)})
