"""A document under reading: the simple shapes that a catalogue is made of, and every problem noted on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.calendar import parse_length
from engine.source import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.source import Document

Path = tuple[str | int, ...]

_YES = {"yes": True, "true": True, "no": False, "false": False}


class Sheet:
    """One pass over one document: what is wrong is noted with its place, and something harmless comes back instead."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def say(self, path: Path, code: str, text: str, *, key: bool = False) -> None:
        """Note a problem at the value at `path`, or at the key that ends it."""
        place = self.document.key_place(path) if key and path else self.document.place(path)
        self.problems.append(Problem(place, code, text))

    def names(self, value: object, path: Path, what: str) -> dict[str, object]:
        """Return `value` if it is a mapping, whatever its keys are called."""
        if isinstance(value, dict):
            return value
        self.say(path, "catalogue-shape", f"{what} must be a list of 'name: …' lines, not {found(value)}")
        return {}

    def settings(self, value: object, path: Path, what: str, known: tuple[str, ...]) -> dict[str, object]:
        """Return those keys of a mapping that are among `known`."""
        held = self.names(value, path, what)
        for name in held:
            if name not in known:
                hint = suggest(name, known) or f"; there is {', '.join(known)}"
                text = f"there is no setting '{name}' in {what}{hint}"
                self.say((*path, name), "catalogue-setting", text, key=True)
        return {name: held[name] for name in known if name in held}

    def missing(self, path: Path, name: str, example: str = "") -> None:
        """Note that a setting that must be there is not."""
        where = f" on {path[-1]}" if path else ""
        self.say(path, "catalogue-missing", f"'{name}' is missing{where}{example}", key=True)

    def text(self, value: object, path: Path, what: str) -> str:
        """Return a text that is not empty, or ""."""
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.say(path, "catalogue-shape", f"{what} must be a text, not {found(value)}")
        return ""

    def texts(self, value: object, path: Path, what: str) -> list[tuple[str, Path]]:
        """Return one text or a list of different texts, each with its path."""
        if not isinstance(value, list):
            text = self.text(value, path, what)
            return [(text, path)] if text else []
        if not value:
            self.say(path, "catalogue-shape", f"{what} is an empty list")
        held = [(self.text(item, (*path, place), what), (*path, place)) for place, item in enumerate(value)]
        seen: set[str] = set()
        for text, where in held:
            if text and text in seen:
                self.say(where, "catalogue-twice", f"'{text}' is written twice")
            seen.add(text)
        return [(text, where) for text, where in held if text]

    def one_of(self, text: str, path: Path, options: Iterable[str], what: str) -> bool:
        """Return whether `text` is among the options, naming the nearest if it is not."""
        known = list(options)
        if text in known:
            return True
        self.say(path, "catalogue-unknown", f"there is no {what} '{text}'{suggest(text, known)}")
        return False

    def length(self, value: object, path: Path, what: str) -> int:
        """Return an exact length in microseconds; `none` is no time at all."""
        text = self.text(value, path, f"'{what}'")
        if text in ("", "none"):
            return 0
        length = parse_length(text)
        if isinstance(length, str):
            self.say(path, "catalogue-length", length)
        elif not length.exact:
            text = f"'{what}' must be an exact length such as '30 minutes' or '2 days', not '{text}'"
            self.say(path, "catalogue-length", text)
        else:
            return length.micros
        return 0

    def yes(self, value: object, path: Path, what: str) -> bool:
        """Return what a yes or no says."""
        if isinstance(value, str) and value in _YES:
            return _YES[value]
        self.say(path, "catalogue-shape", f"'{what}' must be yes or no, not {found(value)}")
        return False


def found(value: object) -> str:
    """Return in words what stands where something else should."""
    if isinstance(value, dict):
        return "a list of 'name: …' lines"
    if isinstance(value, list):
        return "a list"
    return f"'{value}'" if value else "nothing"
