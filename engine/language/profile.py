"""Profiles: the same rules with other numbers, laid over the rule files before these are understood.

What a profile says takes the place of what the rule file says, and keeps its own place: whatever is wrong with it is told where it is
written. A profile says numbers, lengths, classes, severity and status, and why; what a rule looks for stays the rule's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.source import Document, Place, Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Path = tuple[str | int, ...]

#: Among the files of a folder, this one holds the name of the profile that was chosen. No file that is read from disk begins with a dot.
CHOSEN = ".profile"
TOP = ("profile", "title", "reason", "calendar", "rules")
ENTRY = ("reason", "title", "status", "when", "task")
#: What a rule looks for, and whom it asks: no number, so no profile's business.
FIXED = {"when": frozenset({"event", "same", "then", "covered_by"}), "task": frozenset({"to"})}


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was laid over a folder: the profile's name, the rules whose numbers it changed, and whether another calendar holds."""

    name: str = ""
    changed: frozenset[str] = frozenset()
    calendar: str = ""


def profiles_in(files: Iterable[str]) -> dict[str, str]:
    """Return the profiles of a folder by name, each with its file."""
    return {
        path.removeprefix("profiles/").removesuffix(".yaml"): path
        for path in sorted(files)
        if path.startswith("profiles/") and path.endswith(".yaml") and not path.endswith(".test.yaml")
    }


def lay_profile(documents: dict[str, Document], files: Mapping[str, str], rules: Mapping[str, str], problems: list[Problem]) -> Numbers:
    """Lay the chosen profile over the rule files, note every problem in all profiles, and return what was changed.

    `rules` are the files of the rules by name. The profile is the one that the command line names, else the one in catalogue.yaml.
    """
    known = profiles_in(documents)
    for name, path in known.items():
        problems += Sheet(documents[path], rules).problems(name)
    chosen = files.get(CHOSEN) or default_profile(documents, known, problems)
    if chosen not in known:
        if chosen and CHOSEN in files:
            told = f"there is no profile '{chosen}'{suggest(chosen, known)}"
            problems.append(Problem(Place("catalogue.yaml", 1, 1), "unknown-profile", told))
        return Numbers()
    return laid(documents, documents[known[chosen]], chosen, rules)


def default_profile(documents: Mapping[str, Document], known: Mapping[str, str], problems: list[Problem]) -> str:
    """Return the profile that the catalogue names, or nothing."""
    catalogue = documents.get("catalogue.yaml")
    name = catalogue.data.get("profile") if catalogue is not None and isinstance(catalogue.data, dict) else None
    if catalogue is None or name is None or (isinstance(name, str) and name in known):
        return name or ""
    told = f"there is no profile '{name}'{suggest(str(name), known)}"
    problems.append(Problem(catalogue.place(("profile",)), "unknown-profile", told))
    return ""


class Sheet:
    """One profile file on its way to being trusted."""

    def __init__(self, document: Document, rules: Mapping[str, str]) -> None:
        self.document = document
        self.rules = rules
        self.found: list[Problem] = []

    def say(self, path: Path, code: str, told: str, *, key: bool = False) -> None:
        """Note a problem."""
        self.found.append(Problem(self.document.key_place(path) if key else self.document.place(path), code, told))

    def problems(self, name: str) -> list[Problem]:
        """Return what can be seen of a profile without the rules that it makes."""
        data = self.settings(self.document.data, (), TOP, "a profile")
        for needed in ("profile", "title", "reason", "rules"):
            if isinstance(self.document.data, dict) and needed not in data:
                self.say((), "missing", f"'{needed}' is missing")
        if data.get("profile", name) != name:
            self.say(("profile",), "file-name", f"the profile is called '{data['profile']}' and its file '{name}.yaml'; give both one name")
        listed = self.settings(data.get("rules", {}), ("rules",), None, "'rules'")
        for rule, entry in listed.items():
            self.entry(rule, entry)
        return self.found

    def entry(self, rule: str, entry: Any) -> None:
        """Look at what a profile says of one rule."""
        path: Path = ("rules", rule)
        if rule not in self.rules:
            self.say(path, "unknown-rule", f"there is no rule '{rule}'{suggest(rule, self.rules)}", key=True)
        held = self.settings(entry, path, ENTRY, "a rule's numbers")
        if isinstance(entry, dict) and "reason" not in held:
            self.say(path, "missing", "'reason' is missing: no number without its source", key=True)
        for part, fixed in FIXED.items():
            inner = held.get(part, {})
            for name in inner if isinstance(inner, dict) else ():
                if name in fixed:
                    told = f"a profile changes numbers; what a rule looks for and whom it asks ('{name}') stands in the rule file"
                    self.say((*path, part, name), "profile-setting", told, key=True)

    def settings(self, value: Any, path: Path, known: tuple[str, ...] | None, what: str) -> dict[str, Any]:
        """Return a mapping, its unknown settings noted."""
        if not isinstance(value, dict):
            self.say(path, "shape", f"{what} is written as lines of 'name: value'")
            return {}
        for name in value if known is not None else ():
            if name not in (known or ()):
                self.say((*path, name), "unknown-setting", f"there is no setting '{name}' in {what}{suggest(name, known or ())}", key=True)
        return value


# Laying over ------------------------------------------------------------------------------------------------------------


def laid(documents: dict[str, Document], profile: Document, name: str, rules: Mapping[str, str]) -> Numbers:
    """Put what a profile says in the place of what the files say, and return what was changed."""
    data = profile.data if isinstance(profile.data, dict) else {}
    listed = data.get("rules")
    changed = set()
    for rule, entry in listed.items() if isinstance(listed, dict) else ():
        if rule not in rules or not isinstance(entry, dict):
            continue
        documents[rules[rule]] = over(documents[rules[rule]], profile, ("rules", rule))
        changed.add(rule)
    calendar = data.get("calendar")
    if not isinstance(calendar, str):
        return Numbers(name, frozenset(changed))
    for rule, path in rules.items():
        documents[path] = in_calendar(documents[path], profile, calendar)
        if in_working_time(documents[path].data.get("when")):
            changed.add(rule)
    documents["catalogue.yaml"] = placed(documents["catalogue.yaml"], profile, ("default_calendar",), ("calendar",), calendar)
    return Numbers(name, frozenset(changed), calendar)


def over(document: Document, profile: Document, at: Path) -> Document:
    """Return a rule file with everything that a profile says of it at `at`."""
    return merged(document, profile, (), at)


def merged(document: Document, profile: Document, path: Path, at: Path) -> Document:
    """Return a document with what the profile says at `at` laid over what stands at `path`."""
    value, old = found(profile.data, at), found(document.data, path)
    if not isinstance(value, dict) or not isinstance(old, dict) or "by" in value:
        return placed(document, profile, path, at, value)
    for name in value:
        document = merged(document, profile, (*path, name), (*at, name))
    return document


def placed(document: Document, profile: Document, path: Path, at: Path, value: Any) -> Document:
    """Return a document with another value at a path, and with the places of the profile for it."""
    depth, where = len(path), len(at)
    kept = {one: place for one, place in document.places.items() if one[:depth] != path}
    keys = {one: place for one, place in document.keys.items() if one[:depth] != path}
    places = {(*path, *one[where:]): place for one, place in profile.places.items() if one[:where] == at}
    names = {(*path, *one[where:]): place for one, place in profile.keys.items() if one[:where] == at}
    spans = {one: span for one, span in document.spans.items() if one[:depth] != path}
    data = put(document.data, path, value)
    return replace(document, data=data, places=kept | places, keys=keys | names, spans=spans)


def put(data: Any, path: Path, value: Any) -> Any:
    """Return data with a value at a path of names."""
    if not path:
        return value
    held = data if isinstance(data, dict) else {}
    return {**held, path[0]: put(held.get(path[0]), path[1:], value)}


def found(data: Any, path: Path) -> Any:
    """Return the value at a path of names, or None."""
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def in_calendar(document: Document, profile: Document, calendar: str) -> Document:
    """Return a rule file with the profile's calendar wherever it names one."""
    when = document.data.get("when") if isinstance(document.data, dict) else None
    if not isinstance(when, dict):
        return document
    named = [("when",)] + [("when", name) for name, part in when.items() if isinstance(part, dict)]
    for path in named:
        if "calendar" in found(document.data, path):
            document = placed(document, profile, (*path, "calendar"), ("calendar",), calendar)
    return document


def in_working_time(value: Any) -> bool:
    """Return whether something that is written counts in days of a calendar."""
    if isinstance(value, dict):
        return any(map(in_working_time, value.values()))
    if isinstance(value, list):
        return any(map(in_working_time, value))
    return isinstance(value, str) and any(unit in value for unit in ("working day", "working hour", "calendar day"))
