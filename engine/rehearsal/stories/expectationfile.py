"""What a story expects, read: of one task or of many, each thing with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.casework import STATES
from engine.language import TestReader
from engine.rehearsal.stories.story import Point, Wanted
from engine.source import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    Path = tuple[str | int, ...]

#: What an expectation may look at, and how it is written.
MOMENTS: Final = frozenset({"due"})
NUMBERS: Final = frozenset({"rung", "cycle", "round"})
LISTS: Final = frozenset({"published", "not_published", "entries", "missed"})
POINTS: Final = ("state", "rung", "due", "person", "unit", "cycle", "round", "clock", "overdue", "severity", "assessment", *sorted(LISTS))
WANTED: Final = ("task", "of", "count", *POINTS)
CLOCKS: Final = ("running", "paused", "stopped")
#: So many tasks or events at most.
MOST: Final = 10_000
NONE: Final = frozenset({"none", "nobody"})


class ExpectationReader(TestReader):
    """Reads expectations as part of a story."""

    def say(self, path: Path, text: str, *, key: bool = False) -> None:
        """Note a problem."""
        place = self.document.key_place(path) if key else self.document.place(path)
        self.problems.append(Problem(place, "story", text))

    def whole(self, value: Any, path: Path, least: int, most: int) -> int:
        """Return a whole number."""
        if isinstance(value, str) and value.isascii() and value.isdigit() and least <= int(value[:9]) <= most:
            return int(value)
        self.say(path, f"'{value}' is no whole number between {least} and {most}")
        return least

    def wanted(self, value: Any, path: Path, task: str) -> Iterator[Wanted]:
        """Give what must be so: one task, or a list of them."""
        if isinstance(value, list):
            for number, one in enumerate(value):
                yield from self.wanted(one, (*path, number), task)
            return
        one = self.mapping(value, path, WANTED, "an expectation")
        about = self.text(one, path, "task") or ("" if "of" in one else task)
        of = self.text(one, path, "of")
        if not about and not of:
            self.say(path, "say which task: 'task: repeated-outage TA-7', or 'of: RULE' with a 'count'")
        if ("count" in one) != bool(of):
            self.say(path, "'of' and 'count' go together: {of: long-outage, count: 500, state: MERGED}")
        count = self.whole(one["count"], (*path, "count"), 0, MOST) if "count" in one else None
        points = tuple(
            Point(name, self.point(name, one[name], (*path, name)), self.document.key_place((*path, name)))
            for name in one
            if name in POINTS
        )
        yield Wanted(about, of, count, points, self.document.place(path))

    def point(self, name: str, value: Any, path: Path) -> Any:
        """Return what something must be."""
        if name in LISTS:
            listed = [value] if isinstance(value, str) else self.sequence(value, path, f"'{name}'")
            return () if listed == ["none"] else tuple(str(one) for one in listed)
        if not isinstance(value, str):
            self.say(path, f"'{name}' wants one text")
            return None
        if value in NONE:
            return None
        if name in MOMENTS:
            return self.moment(value, path)
        if name in NUMBERS:
            return self.whole(value, path, 0, 99)
        known = {"state": tuple(STATES), "clock": CLOCKS, "overdue": ("yes", "no")}.get(name)
        if known is not None and value not in known:
            self.say(path, f"there is no {name} '{value}'{suggest(value, known)}; choose from {', '.join(known)}")
        return value
