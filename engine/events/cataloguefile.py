"""From a catalogue file to a catalogue, or to every problem in it with its line and column."""

from __future__ import annotations

import re
import zoneinfo
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.events.catalogue import USUAL_AHEAD, Catalogue, EventType
from engine.events.field import ID_KINDS, REVISION_KINDS, TIME_KINDS, Field
from engine.events.fieldfile import read_fields
from engine.events.sheet import Sheet
from engine.events.title import plain_title, read_title
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from engine.events.sheet import Path
    from engine.source import Document, Problem

TYPE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")

TOP = ("time_zone", "default_calendar", "profile", "titles", "events")
SETTINGS = ("title", "time", "late_by", "ahead_by", "id", "revision", "retracts", "sources", "fields")
NEEDED = ("time", "late_by", "id", "fields")


def read_catalogue(document: Document) -> tuple[Catalogue | None, list[Problem]]:
    """Return the catalogue that a document holds, or None with every problem in it, in the order of the lines.

    A catalogue that comes back is whole: every name that one part says about another exists and has the right kind.
    """
    sheet = Sheet(document)
    top = sheet.settings(document.data, (), "the catalogue", TOP)
    zone = _zone(sheet, top)
    titles = {
        name: read_title(sheet, value, ("titles", name))
        for name, value in sheet.names(top.get("titles", {}), ("titles",), "'titles'").items()
    }
    types = _types(sheet, top, titles)
    whole = {name: one for name, one in types.items() if one is not None}
    _check_retractions(sheet, whole, types)
    if len(whole) == len(types):
        _check_titles(sheet, whole, titles)
    sheet.problems.sort()
    if any(problem.level == "error" for problem in sheet.problems):
        return None, sheet.problems
    return Catalogue(MappingProxyType(whole), zone), sheet.problems


def _zone(sheet: Sheet, top: Mapping[str, object]) -> str:
    if "time_zone" not in top:
        sheet.missing((), "time_zone", "; write for example 'time_zone: Asia/Shanghai'")
        return ""
    name = sheet.text(top["time_zone"], ("time_zone",), "'time_zone'")
    if name:
        sheet.one_of(name, ("time_zone",), zoneinfo.available_timezones(), "time zone")
    return name


def _types(sheet: Sheet, top: Mapping[str, object], titles: Mapping[str, Mapping[str, str]]) -> dict[str, EventType | None]:
    """Return every type that the file names; None for those that have something wrong."""
    if "events" not in top:
        sheet.missing((), "events")
        return {}
    events = sheet.names(top["events"], ("events",), "'events'")
    if top["events"] == {}:
        sheet.say(("events",), "catalogue-empty", "there is no event type yet; describe at least one")
    return {name: _event_type(sheet, name, value, titles) for name, value in events.items()}


def _event_type(sheet: Sheet, name: str, value: object, titles: Mapping[str, Mapping[str, str]]) -> EventType | None:
    before = len(sheet.problems)
    path: Path = ("events", name)
    if not TYPE_NAME.fullmatch(name):
        text = f"'{name}' cannot name an event type; write words with dots between, such as 'outage.started'"
        sheet.say(path, "catalogue-name", text, key=True)
    settings = sheet.settings(value, path, f"event type '{name}'", SETTINGS)
    if not isinstance(value, dict):
        return None
    for needed in NEEDED:
        if needed not in settings:
            sheet.missing(path, needed)
    described = settings.get("fields")
    fields = read_fields(sheet, described, (*path, "fields"), titles) if "fields" in settings else {}
    names = frozenset(described) if isinstance(described, dict) else frozenset[str]()
    made = _Settings(sheet, path, settings, fields, names).event_type(name)
    return made if len(sheet.problems) == before else None


class _Settings:
    """The settings of one event type, read against its fields."""

    def __init__(self, sheet: Sheet, path: Path, held: Mapping[str, object], fields: Mapping[str, Field], names: AbstractSet[str]) -> None:
        self.sheet = sheet
        self.path = path
        self.held = held
        self.fields = fields
        #: every field name that is written, understood or not: no second complaint about those
        self.names = names

    def event_type(self, name: str) -> EventType:
        """Return the type that the settings describe; only worth something if no problem was noted."""
        time = self._named("time", TIME_KINDS, "time or milliseconds", required=True)
        ids = self._named("id", ID_KINDS, "text, whole number, time, milliseconds or one of", required=True)
        revision = self._named("revision", REVISION_KINDS, "whole number, time or milliseconds", required=False)
        for setting, named in (("time", time), ("revision", revision)):
            if len(named) > 1:
                self.sheet.say((*self.path, setting), "catalogue-shape", f"'{setting}' names one field, not a list")
        return EventType(
            name=name,
            fields=MappingProxyType(dict(self.fields)),
            time=next(iter(time), ""),
            id=ids,
            late_by=self._length("late_by", 0),
            ahead_by=self._length("ahead_by", USUAL_AHEAD),
            revision=next(iter(revision), None),
            retracts=tuple(text for text, _ in self._texts("retracts")),
            sources=self._sources(),
            title=self._title(name),
        )

    def _texts(self, setting: str) -> list[tuple[str, Path]]:
        if setting not in self.held:
            return []
        return self.sheet.texts(self.held[setting], (*self.path, setting), f"'{setting}'")

    def _named(self, setting: str, kinds: AbstractSet[str], right: str, *, required: bool) -> tuple[str, ...]:
        """Return the field names that a setting says, after comparing each with the fields."""
        named = self._texts(setting)
        for name, path in named:
            if not self._exists(name, path):
                continue
            field = self.fields.get(name)
            if field is None:
                continue
            if field.kind not in kinds:
                text = f"'{setting}' names '{name}', which is {field.kind}; it must be {right}"
                self.sheet.say(path, "catalogue-kind", text)
            if required and not field.required:
                text = f"'{name}' may be missing, but every event needs its {setting}"
                self.sheet.say(path, "catalogue-optional", text)
        return tuple(name for name, _ in named)

    def _exists(self, name: str, path: Path) -> bool:
        if name in self.names:
            return True
        text = f"there is no field '{name}' on this event{suggest(name, self.names)}"
        self.sheet.say(path, "catalogue-unknown", text)
        return False

    def _length(self, setting: str, usual: int) -> int:
        if setting not in self.held:
            return usual
        return self.sheet.length(self.held[setting], (*self.path, setting), setting)

    def _title(self, name: str) -> Mapping[str, str]:
        if "title" not in self.held:
            return plain_title(name.replace(".", " "))
        return read_title(self.sheet, self.held["title"], (*self.path, "title"))

    def _sources(self) -> Mapping[str, int | None]:
        """Return the expected sources; a list of names, or names with their `idle_after`."""
        value, path = self.held.get("sources", {}), (*self.path, "sources")
        if isinstance(value, (list, str)):
            return MappingProxyType({name: None for name, _ in self.sheet.texts(value, path, "'sources'")})
        sources: dict[str, int | None] = {}
        for name, what in self.sheet.names(value, path, "'sources'").items():
            held = self.sheet.settings(what, (*path, name), f"source '{name}'", ("idle_after",)) if what else {}
            idle = held.get("idle_after")
            sources[name] = None if idle is None else self.sheet.length(idle, (*path, name, "idle_after"), "idle_after")
        return MappingProxyType(sources)


def _check_retractions(sheet: Sheet, whole: Mapping[str, EventType], names: Mapping[str, object]) -> None:
    """Compare what each type withdraws with the other types."""
    for name, one in whole.items():
        path: Path = ("events", name, "retracts")
        for other in one.retracts:
            if not sheet.one_of(other, path, names, "event type"):
                continue
            if other == name:
                sheet.say(path, "catalogue-retracts", f"{name} cannot withdraw itself")
            elif other in whole and len(whole[other].id) != len(one.id):
                text = f"{name} is told apart by {_list(one.id)}, but {other} by {_list(whole[other].id)}"
                sheet.say(path, "catalogue-retracts", f"{text}; one event withdraws another only by the same id")


def _check_titles(sheet: Sheet, types: Mapping[str, EventType], titles: Mapping[str, object]) -> None:
    """Note titles that belong to no field: misspelled, or left behind."""
    used = {name for one in types.values() for name in one.fields}
    for name in titles:
        if name not in used:
            text = f"no event has a field '{name}'{suggest(name, used)}"
            sheet.say(("titles", name), "catalogue-title", text, key=True)


def _list(names: tuple[str, ...]) -> str:
    return f"[{', '.join(names)}]" if len(names) > 1 else f"'{names[0]}'"
