"""From routes.yaml to the routes, or to every problem in them: words that mean nothing, and roles that lead nowhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

from engine.places.grid import CUSTOMER
from engine.places.gridfile import spoken
from engine.places.organisation import HEAD
from engine.places.routes import Kind, Routes, Way
from engine.places.row import top_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from engine.places.grid import Grid
    from engine.places.notes import Notes
    from engine.places.organisation import Organisation
    from engine.source import Document

    Path = tuple[str | int, ...]

SETTINGS = ("catch_all", "routes")
ROLE = ("title", "ask")
KINDS: tuple[Kind, ...] = get_args(Kind)
TO_UNITS = ("unit_of", "unit_in", "unit")
WAY = (*KINDS, "department", "post")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class RoutesReader:
    """One pass over routes.yaml. `fields` are the names of all fields that events have."""

    def __init__(self, document: Document, grid: Grid, organisation: Organisation, fields: Collection[str], notes: Notes) -> None:
        self.document = document
        self.grid = grid
        self.organisation = organisation
        self.fields = fields
        self.notes = notes
        self.posts = {post for _, post in organisation.posts}
        self.departments = {department for _, department in organisation.departments}

    def say(self, path: Path, code: str, text: str, *, key: bool = False) -> None:
        """Note a problem at a value, or at the key that ends its path."""
        self.notes.say(self.document.key_place(path) if key else self.document.place(path), code, text)

    def routes(self) -> Routes:
        """Return the routes; whatever is wrong with them is noted."""
        top = top_of(self.document, SETTINGS, "the routes", self.notes)
        catch_all = self.catch_all(top)
        listed = self.names(top.get("routes"), ("routes",), "'routes'") if "routes" in top else {}
        if "routes" not in top and isinstance(self.document.data, dict):
            self.say((), "places-route", "'routes' is missing; it says for each role of the rules who is asked")
        ways: dict[str, tuple[Way, ...]] = {}
        titles: dict[str, str] = {}
        for role, value in listed.items():
            if not NAME.fullmatch(role):
                self.say(
                    ("routes", role),
                    "places-name",
                    f"'{role}' is no name for a role; write small letters, digits and - between words",
                    key=True,
                )
            settings = self.settings(value, ("routes", role), ROLE)
            titles[role] = self.text(settings["title"], ("routes", role, "title")) if "title" in settings else role
            ways[role] = self.ways(role, settings)
        return Routes(ways, titles, catch_all)

    def catch_all(self, top: Any) -> str:
        """Return the unit that answers where nobody else does."""
        if "catch_all" not in top:
            if isinstance(self.document.data, dict):
                self.say((), "places-route", "'catch_all' is missing; it names the unit that answers where a route leads to nobody")
            return ""
        name = self.text(top["catch_all"], ("catch_all",))
        self.known(name, ("catch_all",), "unit", self.organisation.units)
        return name

    def ways(self, role: str, settings: dict[str, Any]) -> tuple[Way, ...]:
        """Return the ways of a role; one that cannot lead anywhere at all is a problem."""
        path: Path = ("routes", role, "ask")
        if "ask" not in settings:
            self.say(path[:-1], "places-route", f"'ask' is missing: who is asked as {role}", key=True)
            return ()
        value = settings["ask"]
        listed = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        found = [way for number, one in listed if (way := self.way(one, path if number is None else (*path, number))) is not None]
        if len(found) == len(listed) and not any(self.leads(way) for way in found):
            tried = "; ".join(self.told(way) for way in found) or "the list is empty"
            self.say(("routes", role), "places-nowhere", f"the role '{role}' leads to nobody: {tried}", key=True)
        return tuple(found)

    def way(self, value: object, path: Path) -> Way | None:
        """Return one way, or None after saying what is wrong with it."""
        settings = self.settings(value, path, WAY)
        texts = {name: self.text(one, (*path, name)) for name, one in settings.items()}
        kinds = [kind for kind in KINDS if kind in texts]
        if len(kinds) != 1:
            if isinstance(value, dict):
                self.say(
                    path,
                    "places-route",
                    f"each way is exactly one of {', '.join(KINDS)}; this one has {' and '.join(kinds) or 'none of them'}",
                )
            return None
        kind, good = kinds[0], all(texts.values())
        good &= self.check_name(kind, texts[kind], (*path, kind))
        for name, options in (("department", self.departments), ("post", self.posts)):
            if name in texts and kind not in TO_UNITS:
                self.say(
                    (*path, name), "places-route", f"'{name}' goes with {', '.join(TO_UNITS)}; '{kind}' is one person already", key=True
                )
            elif name in texts and (name == "department" or self.organisation.people):
                good &= self.known(texts[name], (*path, name), name, options)
        return Way(kind, texts[kind], texts.get("department"), texts.get("post", HEAD)) if good else None

    def check_name(self, kind: Kind, name: str, path: Path) -> bool:
        """Return whether what a way names is there, after saying so where it is not."""
        match kind:
            case "manager_of":
                return self.known(name, path, "level", (CUSTOMER, *self.grid.levels))
            case "unit_of":
                return self.known(name, path, "level", (CUSTOMER, *self.grid.levels))
            case "person_in" | "unit_in":
                return self.known(name, path, "field", self.fields)
            case "person":
                return self.known(name, path, "person", self.organisation.people)
            case "unit":
                return self.known(name, path, "unit", self.organisation.units)

    def known(self, name: str, path: Path, what: str, options: Collection[str]) -> bool:
        """Return whether a name is among those that there are, after naming the nearest where it is not."""
        if not name or name in options:
            return bool(name)
        where = {"level": "in the grid", "field": "on any event"}.get(what, "in the organisation")
        hint = self.notes.hint(name, options) or (f"; there is {', '.join(options)}" if what == "level" else "")
        self.say(path, "places-unknown", f"there is no {what} '{name}' {where}{hint}")
        return False

    def leads(self, way: Way) -> bool:
        """Return whether a way leads to somebody for some event."""
        levels = (CUSTOMER, *self.grid.levels)
        match way.kind:
            case "manager_of":
                return any(row.manager for history in self.grid.elements[way.name].values() for row in history.rows)
            case "unit_of":
                upwards = levels[levels.index(way.name) :]
                return any(row.unit for level in upwards for history in self.grid.elements[level].values() for row in history.rows)
            case _:
                return True

    def told(self, way: Way) -> str:
        """Return why a way leads to nobody."""
        if way.kind == "manager_of":
            return f"no {spoken(way.name)} has a manager"
        return f"no {spoken(way.name)}, nor anything above it, has a unit"

    def names(self, value: object, path: Path, what: str) -> dict[str, Any]:
        """Return a mapping, whatever its keys are."""
        if isinstance(value, dict):
            return value
        self.say(path, "places-route", f"{what} is written as 'name: value'")
        return {}

    def settings(self, value: object, path: Path, known: tuple[str, ...]) -> dict[str, Any]:
        """Return those settings of a mapping that there are."""
        held = self.names(value, path, "this")
        for name in held:
            if name not in known:
                hint = self.notes.hint(name, known) or f"; there is {', '.join(known)}"
                self.say((*path, name), "places-route", f"there is no setting '{name}' here{hint}", key=True)
        return {name: one for name, one in held.items() if name in known}

    def text(self, value: object, path: Path) -> str:
        """Return one text, or nothing after saying so."""
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.say(path, "places-route", f"'{path[-1]}' is one text")
        return ""
