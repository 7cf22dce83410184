"""Who is told of a rung. An addressee that leads to nobody passes to the next one up, and the hole is told as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.casework.people import People
    from engine.casework.task import Task
    from engine.casework.terms import Terms

#: Words of the ladder that mean whoever has a role: the role, and how many units further up.
ROLE = {
    "unit": ("UNIT_LEAD", 0),
    "superior": ("UNIT_LEAD", 1),
    "upper": ("UNIT_LEAD", 2),
    "supervisors": ("SUP", 0),
    "officer": ("SUP", 0),
    "leader": ("SUP_HEAD", 0),
    "head": ("SUP_HEAD", 0),
}
#: So many steps up are looked at.
HIGHEST = 12


def told(task: Task, rung: int, at: int, terms: Terms) -> list[dict[str, Any]]:
    """Return who is told of a rung: as what, the unit and the person; `hole` where it had to go up, or to nobody."""
    return [addressed(word, task, at, terms.people) for word in terms.profile.ladder.rungs[rung].tell]


def addressed(word: str, task: Task, at: int, people: People) -> dict[str, Any]:
    """Return the addressee that a word of the ladder means."""
    if word == "person" and task.person is not None:
        return {"as": word, "unit": task.unit, "person": task.person}
    role, up = ROLE.get(word, ("UNIT_LEAD", 0))
    return {"as": word, **holder(role, task.unit, up, at, people)}


def holder(role: str, unit: str, up: int, at: int, people: People) -> dict[str, Any]:
    """Return who has a role towards a unit so many steps up, or towards the nearest one above it that has somebody."""
    here, above = unit, 0
    while above < up and (higher := people.superior(here, at)) is not None:
        here, above = higher, above + 1
    asked, steps = here, 0
    while steps < HIGHEST:
        person = people.holder(role, here, at)
        if person is not None:
            return {"unit": here, "person": person} | ({} if here == asked else {"hole": asked})
        higher = people.superior(here, at)
        if higher is None:
            break
        here, steps = higher, steps + 1
    return {"unit": asked, "person": None, "hole": asked}
