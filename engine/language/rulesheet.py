"""A rule file under reading: asking for its settings one by one, and noting everything that is wrong on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.calendar import Length, parse_instant, parse_length
from engine.language.rulebook import Dated
from engine.source import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.language.basis import Basis
    from engine.source import Document

    Path = tuple[str | int, ...]

NEVER = -(1 << 62)
#: The longest text of one setting: people read it.
LONGEST_TEXT = 2000


class RuleSheet:
    """One pass over one rule file. What is wrong is noted and a harmless value goes on in its place."""

    def __init__(self, document: Document, basis: Basis) -> None:
        self.document = document
        self.basis = basis
        self.problems: list[Problem] = []

    def say(self, path: Path, code: str, text: str, *, key: bool = False, warning: bool = False) -> None:
        """Note a problem at the value at `path`, or at the key that ends it."""
        place = self.document.key_place(path) if key else self.document.place(path)
        self.problems.append(Problem(place, code, text, "warning" if warning else "error"))

    def mapping(self, value: Any, path: Path, known: tuple[str, ...], where: str) -> dict[str, Any]:
        """Return a mapping with only the settings that exist."""
        if not isinstance(value, dict):
            self.say(path, "shape", f"{where or 'a rule file'} is written as lines of 'setting: value'")
            return {}
        for name in value:
            if name not in known:
                noun = f"setting '{name}' under {where}" if where else f"rule setting '{name}'"
                self.say((*path, name), "unknown-setting", f"there is no {noun}{suggest(name, known)}", key=True)
        return {name: value[name] for name in known if name in value}

    def text(self, data: Mapping[str, Any], path: Path, name: str) -> str:
        """Return a setting that is one text and must be there."""
        if name not in data:
            self.say(path, "missing", f"'{name}' is missing", key=True)
            return ""
        return self.optional_text(data, path, name)

    def optional_text(self, data: Mapping[str, Any], path: Path, name: str) -> str:
        """Return a setting that is one text, or nothing where it is not there."""
        if name not in data:
            return ""
        value = data[name]
        if not isinstance(value, str) or not value.strip():
            self.say((*path, name), "shape", f"'{name}' wants one text")
            return ""
        if len(value) > LONGEST_TEXT:
            self.say((*path, name), "shape", f"'{name}' has {len(value):,} characters; {LONGEST_TEXT:,} is the most")
        return " ".join(value.split())

    def length(self, value: Any, path: Path) -> Length:
        """Return a length of time."""
        found = parse_length(value) if isinstance(value, str) else "a length of time is one text, such as '12 hours'"
        if isinstance(found, str):
            self.say(path, "length", found)
            return Length(1, "days")
        return found

    def exact(self, value: Any, path: Path, why: str) -> Length:
        """Return a length that is the same on every day."""
        found = self.length(value, path)
        if not found.exact:
            self.say(path, "exact-length", f"{why} needs an exact length; write seconds, minutes, hours or days")
            return Length(1, "days")
        return found

    def dated(self, value: Any, path: Path, read: Callable[[Any, Path], Any]) -> Dated[Any]:
        """Return a value that may change by date."""
        if not isinstance(value, dict):
            return Dated(((NEVER, read(value, path)),))
        entries: dict[int, Any] = {}
        for day, part in value.items():
            since = parse_instant(day, self.basis.zone)
            if since is None:
                self.say((*path, day), "date", f"'{day}' is no date; write 2026-01-01", key=True)
            elif since in entries:
                self.say((*path, day), "date", f"'{day}' is written twice", key=True)
            else:
                entries[since] = read(part, (*path, day))
        if not value:
            self.say(path, "date", "at least one date must stand here, such as {2026-01-01: 12 hours}")
        return Dated(tuple(sorted(entries.items())))

    def whole(self, value: Any, path: Path) -> int:
        """Return a whole number above zero."""
        if isinstance(value, str) and value.isascii() and value.isdigit() and 0 < int(value[:12]) < 10**9:
            return int(value)
        self.say(path, "number", f"'{shown(value)}' is no whole number above zero")
        return 1

    def one_of(self, data: Mapping[str, Any], path: Path, name: str, options: tuple[str, ...], default: Any) -> Any:
        """Return one of some listed words."""
        value = data.get(name, default)
        if value in options:
            return value
        told = f"there is no {name} '{shown(value)}'{suggest(shown(value), options)}; choose from {', '.join(options)}"
        self.say((*path, name), "word", told)
        return default

    def moment(self, data: Mapping[str, Any], name: str) -> int | None:
        """Return a date as an instant."""
        if name not in data:
            return None
        value = data[name]
        found = parse_instant(value, self.basis.zone) if isinstance(value, str) else None
        if found is None:
            self.say((name,), "date", f"'{shown(value)}' is no date; write 2026-01-01")
        return found


def shown(value: Any) -> str:
    """Return something that was written, short enough to be repeated."""
    text = value if isinstance(value, str) else "lines of 'name: value'" if isinstance(value, dict) else "a list"
    return text if len(text) <= 60 else f"{text[:57]}…"
