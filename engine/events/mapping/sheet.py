"""A mapping file under reading: every problem noted on the way with its place, and what all its parts share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from engine.events.mapping.clock import Clock, clock, format_problem, zone_of
from engine.events.mapping.mappingfile import FILL_IN
from engine.source import Problem, shape, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.source import Document

Path = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Times:
    """How times are written, unless a field says otherwise."""

    forms: tuple[str, ...] = ("iso",)
    zone: tzinfo = UTC
    when_ambiguous: str = "reject"

    @property
    def clock(self) -> Clock:
        """Return the function from a text to the moment it means."""
        return clock(self.forms, self.zone, self.when_ambiguous)


class Sheet:
    """One pass over one document. Whatever is wrong is noted and the pass goes on, so that all problems come at once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def say(self, path: Path, code: str, text: str, *, key: bool = False, warning: bool = False) -> None:
        """Note a problem at the value at `path`, or at the key that ends it."""
        place = self.document.key_place(path) if key else self.document.place(path)
        self.problems.append(Problem(place, code, text, "warning" if warning else "error"))

    def words(self, model: type[M], path: Path) -> M | None:
        """Return the settings at `path`; where some are wrong, those are noted and the others returned."""
        held, problems = shape(model, self.document, path)
        self.problems.extend(problems)
        return held if held is not None else _rest(model, self.at(path))

    def at(self, path: Path) -> Any:
        """Return what stands at `path`."""
        data = self.document.data
        for step in path:
            data = data[step]
        return data

    def one_of(self, name: str, options: Iterable[str], path: Path, what: str) -> bool:
        """Return whether `name` is among the options, after naming the nearest where it is not."""
        known = list(options)
        if name in known:
            return True
        self.say(path, f"feed-{what.rsplit(maxsplit=1)[-1]}", f"there is no {what} '{name}'{suggest(name, known)}")
        return False

    def zone(self, name: str, path: Path) -> tzinfo:
        """Return a time zone; UTC where the name is none."""
        if name == FILL_IN:
            self.say(path, "feed-fill-in", "say in which time zone times without an offset are written, such as Asia/Shanghai")
            return UTC
        found = zone_of(name)
        if isinstance(found, str):
            self.say(path, "feed-zone", found)
            return UTC
        return found

    def forms(self, forms: Iterable[str], path: Path) -> tuple[str, ...]:
        """Return those time formats that can be read; ISO where none can."""
        good = []
        for place, form in enumerate(forms):
            where = (*path, place) if isinstance(self.at(path), list) else path
            if form == FILL_IN:
                self.say(where, "feed-fill-in", "say how the times are written, such as '%d/%m/%Y %H:%M'")
            elif wrong := format_problem(form):
                self.say(where, "feed-time", wrong)
            else:
                good.append(form)
        return tuple(good) or ("iso",)


def _rest(model: type[M], data: object) -> M | None:
    """Return what is left of the settings without the wrong ones, empty texts and lists standing for what must be there."""
    if not isinstance(data, dict):
        return None
    held = dict(data)
    for _ in range(2):
        try:
            return model.model_validate(held)
        except ValidationError as error:
            for one in error.errors():
                name = one["loc"][0]
                held.pop(name, None)
                if name in model.model_fields and model.model_fields[str(name)].is_required():
                    held[name] = _EMPTY.get(str(name), "")
    return None


_EMPTY: dict[str, object] = {"events": [], "fields": {}}
