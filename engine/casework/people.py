"""Who may act, as casework asks for it. Places answers for an organisation; a story or a test may answer for itself."""

from __future__ import annotations

from typing import Protocol


class People(Protocol):
    """Actors, their roles towards a unit, and who stands above whom, as of a moment."""

    def known(self, actor: str, at: int) -> bool:
        """Return whether the actor belongs to the organisation."""

    def known_unit(self, unit: str, at: int) -> bool:
        """Return whether there is such a unit."""

    def roles(self, actor: str, unit: str, at: int) -> frozenset[str]:
        """Return the roles that an actor has towards a unit: in it (UNIT_DUTY, UNIT_LEAD) or over it (SUP, SUP_HEAD), or in passing."""

    def superior(self, unit: str, at: int) -> str | None:
        """Return the unit above a unit, or None."""

    def holder(self, role: str, unit: str, at: int) -> str | None:
        """Return who has a role towards a unit, a substitute where one stands in, or None."""


def upwards(unit: str, at: int, people: People) -> list[str]:
    """Return a unit and all those above it."""
    found: list[str] = []
    one: str | None = unit
    while one is not None and one not in found:
        found.append(one)
        one = people.superior(one, at)
    return found
