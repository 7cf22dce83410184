"""Routes: for each role, the ways in which the unit and the person are looked for, tried in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["manager_of", "person_in", "person", "unit_of", "unit_in", "unit"]


class Way(NamedTuple):
    """One way to look. `name` is a level, a field of the event, a unit or a person, depending on the kind."""

    kind: Kind
    name: str
    department: str | None
    post: str


@dataclass(frozen=True, slots=True)
class Routes:
    """The ways of each role, and the unit that answers where none of them leads to anybody."""

    ways: Mapping[str, tuple[Way, ...]]
    titles: Mapping[str, str]
    catch_all: str
