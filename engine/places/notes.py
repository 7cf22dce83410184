"""What is wrong in the files of this room, noted on the way; everything at once, but no flood."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from engine.source import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Collection

    from engine.source import Place

    Level = Literal["error", "warning"]

#: Of one kind of problem in one file, more than this are only counted: a wrong export has as many as it has lines.
MOST = 50
#: Comparing a word with all names of an element takes a while; after so many comparisons there are no more suggestions.
COMPARISONS = 500_000


class Notes:
    """Problems, in the order in which they were found."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._counts: Counter[tuple[str, str, Level]] = Counter()
        self._last: dict[tuple[str, str, Level], Place] = {}
        self._comparisons = COMPARISONS

    def say(self, place: Place, code: str, text: str, level: Level = "error") -> None:
        """Note a problem."""
        kind = (place.file, code, level)
        self._counts[kind] += 1
        self._last[kind] = place
        if self._counts[kind] <= MOST:
            self._problems.append(Problem(place, code, text, level))

    def warn(self, place: Place, code: str, text: str) -> None:
        """Note something doubtful."""
        self.say(place, code, text, "warning")

    def hint(self, word: str, options: Collection[str]) -> str:
        """Return a suggestion where a name is near, as long as looking for one does not take too long."""
        self._comparisons -= len(options)
        return suggest(word, options) if self._comparisons >= 0 else ""

    def has_room(self, file: str, code: str, level: Level) -> bool:
        """Return whether one more problem of this kind would be told; where not, it is counted here and need not be put into words."""
        kind = (file, code, level)
        if self._counts[kind] < MOST:
            return True
        self._counts[kind] += 1
        return False

    @property
    def failed(self) -> bool:
        """Return whether there is an error."""
        return any(level == "error" for _, _, level in self._counts)

    def problems(self) -> list[Problem]:
        """Return every problem; of a kind that there are too many of, the first ones and how many more there are."""
        more = [
            Problem(place, kind[1], f"and {self._counts[kind] - MOST:,} more of this kind in this file", kind[2])
            for kind, place in self._last.items()
            if self._counts[kind] > MOST
        ]
        return [*self._problems, *more]
