"""Who may do what for a unit, and who is told: roles from posts, supervision from the tree, substitutes, as of a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from engine.places.organisation import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.places.organisation import Organisation, Person

UNIT_DUTY, UNIT_LEAD, SUP, SUP_HEAD, AUDITOR, ADMIN = "UNIT_DUTY", "UNIT_LEAD", "SUP", "SUP_HEAD", "AUDITOR", "ADMIN"
ROLES = (UNIT_DUTY, UNIT_LEAD, SUP, SUP_HEAD, AUDITOR, ADMIN)
#: The posts that mean something for tasks, by the role that they give; any other word is a post like any other.
POSTS = {
    UNIT_DUTY: ("duty-officer",),
    UNIT_LEAD: (HEAD, "deputy"),
    SUP: ("supervisor",),
    SUP_HEAD: ("leader-in-charge",),
    AUDITOR: ("auditor",),
    ADMIN: ("administrator",),
}
#: The department that supervises the units around it where they name no other.
SUPERVISION = "supervision"


class Told(NamedTuple):
    """Who is told: the unit and the person. `holes` are the units that were asked before and had nobody."""

    unit: str | None
    person: str | None
    holes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class People:
    """What an organisation says of people's roles. A code that a unit had before a reorganisation leads to the unit of today."""

    organisation: Organisation

    def known(self, actor: str, at: int) -> bool:
        """Return whether there is such a person at that moment."""
        return self.organisation.person(actor, at) is not None

    def known_unit(self, unit: str, at: int) -> bool:
        """Return whether there is such a unit at that moment, under this or a later code."""
        return self.organisation.unit(self.now(unit, at), at) is not None

    def now(self, unit: str, at: int) -> str:
        """Return the code of a unit at that moment: itself, or the first of those that it has become."""
        seen = {unit}
        while self.organisation.unit(unit, at) is None:
            later = [seat.name for seat in self.organisation.successors.get(unit, ()) if seat.since <= at and seat.name not in seen]
            if not later:
                return unit
            unit = later[0]
            seen.add(unit)
        return unit

    def unit_of(self, actor: str, at: int) -> str | None:
        """Return the unit that a person is in, or None."""
        person = self.organisation.person(actor, at)
        return None if person is None else person.unit

    def superior(self, unit: str, at: int) -> str | None:
        """Return the unit above, or None."""
        found = self.organisation.unit(self.now(unit, at), at)
        return None if found is None else found.above

    def path(self, unit: str, at: int) -> str:
        """Return the way down to a unit, `qinghe.linxi.chengguan`; of an unknown unit only its code. A dot in a code becomes `-`."""
        names = [one.name for one in self.organisation.upwards(self.now(unit, at), at)] or [unit]
        return ".".join(name.replace(".", "-") for name in reversed(names))

    def within(self, unit: str, subtree: str, at: int) -> bool:
        """Return whether a unit is in a subtree, which is named by its path from the top or by the code of its unit."""
        path, wanted = f".{self.path(unit, at)}.", subtree.replace("..", ".").strip(".")
        return path.startswith(f".{wanted}.") or ("." not in wanted and f".{wanted}." in path)

    def supervisors(self, unit: str, at: int) -> tuple[str, ...]:
        """Return the units that supervise a unit, the nearest first: the ones named on the way up, else the supervision departments.

        No unit supervises itself; what nobody else supervises has no supervisor.
        """
        me = self.now(unit, at)
        found: dict[str, None] = {}
        for one in self.organisation.upwards(me, at):
            seats = self.organisation.departments.get((one.name, SUPERVISION), ())
            departments = (seat.name for seat in seats if seat.since <= at < seat.until)
            name = one.supervised_by or next(departments, None)
            if name is not None and name != me:
                found[name] = None
        return tuple(found)

    # Roles ------------------------------------------------------------------------------------------------------------

    def roles(self, actor: str, unit: str, at: int) -> frozenset[str]:
        """Return what a person may be for the tasks of a unit: by the own posts, and by those of whom the person stands in for.

        Whoever answers for a unit, if only while somebody is away, does not supervise it.
        """
        held: set[str] = set()
        for person in self._stood_for(actor, at):
            held.update(self._own(person, self.now(unit, at), at))
        return frozenset(held - {SUP, SUP_HEAD} if held & {UNIT_DUTY, UNIT_LEAD} else held)

    def holder(self, role: str, unit: str, at: int) -> str | None:
        """Return who has a role for a unit, or who stands in; None where nobody does. Of several, the first one written."""
        return next(self._holders(role, self.now(unit, at), at), None)

    def told(self, role: str, unit: str, at: int) -> Told:
        """Return whom to tell. Where a unit has nobody in the role, the unit above is asked, and the hole is named."""
        holes: list[str] = []
        for one in self.organisation.upwards(self.now(unit, at), at):
            person = self.holder(role, one.name, at)
            if person is not None:
                return Told(one.name, person, tuple(holes))
            holes.append(one.name)
        return Told(None, None, tuple(holes) or (unit,))

    def _stood_for(self, actor: str, at: int) -> Iterator[Person]:
        """Return a person, and everybody whose absence makes that person answer."""
        todo, seen = [actor], {actor}
        while todo:
            name = todo.pop()
            person = self.organisation.person(name, at)
            if person is not None and (name == actor or self.organisation.answering(name, at) == actor):
                yield person
            away = [seat.name for seat in self.organisation.standing_in.get(name, ()) if seat.since <= at < seat.until]
            todo += [one for one in away if one not in seen]
            seen.update(away)

    def _own(self, person: Person, unit: str, at: int) -> Iterator[str]:
        """Return the roles that a person's own unit and posts give for a unit."""
        posts = frozenset(person.posts)
        aside = [role for role in (AUDITOR, ADMIN) if posts.intersection(POSTS[role])]
        if aside:
            yield from aside if self._reaches(person, unit, at) else ()
            return
        if person.unit == unit:
            yield UNIT_DUTY
            if posts.intersection(POSTS[UNIT_LEAD]):
                yield UNIT_LEAD
            return
        if HEAD in posts and self._leads_without_head(person, unit, at):
            yield from (UNIT_DUTY, UNIT_LEAD)
        yield from self._supervising(person, posts, unit, at)

    def _supervising(self, person: Person, posts: frozenset[str], unit: str, at: int) -> Iterator[str]:
        """Return the roles of whoever watches over a unit without being in it."""
        is_there = person.unit in self.supervisors(unit, at)
        reaches = self._reaches(person, unit, at)
        leads = (is_there and HEAD in posts) or (reaches and posts.intersection(POSTS[SUP_HEAD]))
        if leads:
            yield SUP_HEAD
        if is_there or leads or (reaches and posts.intersection(POSTS[SUP])):
            yield SUP

    def _reaches(self, person: Person, unit: str, at: int) -> bool:
        """Return whether a unit lies in the unit that a person sits in; a department sits for the unit that it is one of."""
        seat = self.organisation.unit(person.unit, at)
        top = None if seat is None else seat.above if seat.department is not None else seat.name
        return any(one.name == top for one in self.organisation.upwards(unit, at))

    def _leads_without_head(self, person: Person, unit: str, at: int) -> bool:
        """Return whether a unit, and every unit up to that of a person, has nobody who leads it."""
        for one in self.organisation.upwards(unit, at):
            if one.name == person.unit:
                return True
            if any(self.organisation.holder(one.name, post, at) is not None for post in POSTS[UNIT_LEAD]):
                return False
        return False

    # Holders ----------------------------------------------------------------------------------------------------------

    def _holders(self, role: str, unit: str, at: int) -> Iterator[str]:
        """Return who answers in a role for a unit, the nearest first."""
        match role:
            case "UNIT_LEAD":
                yield from self._on(unit, POSTS[UNIT_LEAD], at)
            case "UNIT_DUTY":
                yield from self._on(unit, (*POSTS[UNIT_DUTY], *POSTS[UNIT_LEAD]), at)
                yield from (name for name in self._members(unit, at) if UNIT_DUTY in self.roles(name, unit, at))
            case "SUP":
                for one in self.supervisors(unit, at):
                    yield from (name for name in self._members(one, at) if SUP in self.roles(name, unit, at))
                yield from self._upwards(unit, POSTS[SUP], at)
            case "SUP_HEAD":
                for one in self.supervisors(unit, at):
                    yield from self._on(one, (HEAD,), at)
                yield from self._upwards(unit, POSTS[SUP_HEAD], at)
            case _:
                yield from self._around(unit, POSTS.get(role, ()), at)

    def _on(self, unit: str, posts: tuple[str, ...], at: int) -> Iterator[str]:
        """Return who answers on some posts of a unit."""
        yield from (name for post in posts if (name := self.organisation.holder(unit, post, at)) is not None)

    def _upwards(self, unit: str, posts: tuple[str, ...], at: int) -> Iterator[str]:
        """Return who answers on some posts of the units above a unit."""
        for one in self.organisation.upwards(unit, at):
            if one.name != unit:
                yield from self._on(one.name, posts, at)

    def _around(self, unit: str, posts: tuple[str, ...], at: int) -> Iterator[str]:
        """Return who answers on some posts of a unit, of those above it, and of their departments."""
        for one in self.organisation.upwards(unit, at):
            yield from self._on(one.name, posts, at)
            for (above, _), seats in self.organisation.departments.items():
                if above == one.name:
                    yield from (name for seat in seats if seat.since <= at < seat.until for name in self._on(seat.name, posts, at))

    def _members(self, unit: str, at: int) -> Iterator[str]:
        """Return who answers among the people of a unit."""
        for seat in self.organisation.members.get(unit, ()):
            if seat.since <= at < seat.until and (name := self.organisation.answering(seat.name, at)) is not None:
                yield name
