"""Where something stands in a file, and what is wrong with it there."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Place(NamedTuple):
    """A place in a file; line and column count from one."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong, where it is, and what would be right. As text: `file:line:column: what`."""

    place: Place
    code: str
    say: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.place.file}:{self.place.line}:{self.place.column}: {self.say}"


def suggest(word: str, options: Iterable[str]) -> str:
    """Return `; did you mean '…'?` where an option is close to the word, else nothing."""
    found = get_close_matches(word, [str(option) for option in options], n=1, cutoff=0.6)
    return f"; did you mean '{found[0]}'?" if found else ""
