"""From a part of a rule file to a `Selection`: which events it means, under which conditions, with which key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.events import Field
from engine.language.condition import Condition, Join, parse_condition, reach
from engine.language.lookups import rows_missing
from engine.language.rulebook import Selection
from engine.language.rulesheet import shown
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.language.rulesheet import RuleSheet

    Path = tuple[str | int, ...]

#: What every event has beside the fields of its type, and conditions may ask for.
EVERYWHERE = {"source": Field("source", "text"), "arrived": Field("arrived", "time", optional=True)}
#: Kinds of one family can be the same value.
FAMILY = {"one of": "text", "whole number": "number"}


def selection(sheet: RuleSheet, data: Mapping[str, Any], path: Path, anchor: Selection | None, *, pairs: bool = False) -> Selection:
    """Return which events a part of the rule means; a part beside the anchor takes the anchor's key where it names none.

    Where a part may be paired with its anchor, fields beyond the rule's key may stand under its `same`.
    """
    events = event_types(sheet, data, path)
    fields = sheet.basis.fields_of(events)
    found = conditions(sheet, data, path, fields) if events else []
    check_reach(sheet, (*path, "if"), [condition for _, condition in found])
    named = key_fields(sheet, data, path, anchor, events)
    pair = tuple(name for name, _ in named if anchor is not None and anchor.events and name not in anchor.same)
    for name, where in named if events else ():
        if name in pair and pairs and anchor is not None:
            check_pair(sheet, name, where, events, anchor)
        else:
            check_key(sheet, name, where, events, anchor)
    same = tuple(name for name, _ in named if name not in pair)
    if pair and not same and anchor is not None and all(name in fields and not fields[name].optional for name in anchor.same):
        same = anchor.same  # a field beyond the key is asked for beside it
    return Selection(events, tuple(condition for _, condition in found), same, pair)


def event_types(sheet: RuleSheet, data: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """Return the event types of a part."""
    if "event" not in data:
        sheet.say(path, "missing", "'event' is missing", key=True)
        return ()
    listed, types = data["event"], sheet.basis.types
    found: list[str] = []
    for number, name in enumerate(listed if isinstance(listed, list) else [listed]):
        where = (*path, "event", number) if isinstance(listed, list) else (*path, "event")
        if not isinstance(name, str) or name not in types:
            sheet.say(where, "unknown-event", f"there is no event '{shown(name)}'{suggest(shown(name), types)}")
        elif name in found:
            sheet.say(where, "written-twice", f"'{name}' is written twice")
        else:
            found.append(name)
    if listed == []:
        sheet.say((*path, "event"), "missing", "'event' is an empty list; name at least one event")
    return tuple(found)


def conditions(sheet: RuleSheet, data: Mapping[str, Any], path: Path, fields: Mapping[str, Field]) -> list[tuple[Path, Condition]]:
    """Return the conditions of a part that can be read, each with its place in the file."""
    if "if" not in data:
        return []
    listed = data["if"]
    found = []
    for number, line in enumerate(listed if isinstance(listed, list) else [listed]):
        where = (*path, "if", number) if isinstance(listed, list) else (*path, "if")
        if not isinstance(line, str):
            sheet.say(where, "shape", "a condition is one text; put it into quotation marks where it has a colon")
        elif one := condition(sheet, line, where, fields):
            found.append((where, one))
    if listed == []:
        sheet.say((*path, "if"), "missing", "'if' is an empty list; leave it out where there is no condition")
    for where, one in found:
        check_one(sheet, where, one, alone=len(found) == 1)
    return found


def condition(sheet: RuleSheet, line: str, where: Path, fields: Mapping[str, Field]) -> Condition | None:
    """Return a condition, or None where it cannot be read."""
    place = sheet.document.place(where)
    basis = sheet.basis
    found = parse_condition(line, place, {**EVERYWHERE, **fields}, basis.zone, basis.tables)
    problems = found.problems if isinstance(found, Condition) else found
    for problem in problems:
        there = sheet.document.place_in(where, line, problem.place.column - place.column)
        sheet.problems.append(replace(problem, place=there))
    return found if isinstance(found, Condition) else None


def check_one(sheet: RuleSheet, where: Path, found: Condition, *, alone: bool) -> None:
    """Note a condition that always holds, or never does, and rows that a table lacks."""
    verdict = reach(found.node)
    if verdict == "always":
        sheet.say(where, "always-holds", "this condition always holds; leave it out, or correct it", warning=True)
    elif verdict == "never" and not alone:
        sheet.say(where, "never-holds", "this condition can never hold")
    for told in rows_missing(found):
        sheet.say(where, "no-row", told, warning=True)


def check_reach(sheet: RuleSheet, where: Path, found: list[Condition]) -> None:
    """Note conditions that cannot hold together."""
    if len(found) > 1 and any(reach(one.node) == "never" for one in found):
        return
    if found and reach(Join("and", tuple(one.node for one in found))) == "never":
        told = "this condition can never hold" if len(found) == 1 else "these conditions can never hold together"
        sheet.say(where, "never-holds", told)


def key_fields(
    sheet: RuleSheet, data: Mapping[str, Any], path: Path, anchor: Selection | None, events: tuple[str, ...]
) -> list[tuple[str, Path]]:
    """Return the key fields of a part, each with its place in the file."""
    if "same" not in data:
        if anchor is None:
            sheet.say(path, "no-key", "'same' is missing; write 'same: nothing' if all events belong together", key=True)
            return []
        return [(name, (*path, "event")) for name in anchor.same if events]
    if data["same"] == "nothing":
        return []
    return key_names(sheet, data["same"], (*path, "same"))


def key_names(sheet: RuleSheet, listed: Any, path: Path) -> list[tuple[str, Path]]:
    """Return the names that stand under `same`."""
    if listed == []:
        sheet.say(path, "no-key", "'same' is an empty list; write 'same: nothing' if all events belong together")
    found: dict[str, Path] = {}
    for number, name in enumerate(listed if isinstance(listed, list) else [listed]):
        where = (*path, number) if isinstance(listed, list) else path
        if not isinstance(name, str):
            sheet.say(where, "shape", "'same' is a field, or a list of fields")
        elif name in found:
            sheet.say(where, "written-twice", f"'{name}' is written twice")
        else:
            found[name] = where
    return list(found.items())


def check_key(sheet: RuleSheet, name: str, where: Path, events: tuple[str, ...], anchor: Selection | None) -> None:
    """Note a key field that does not exist, may be missing, or is no key of the rule."""
    basis = sheet.basis
    fields = basis.fields_of(events)
    on = " and ".join(events)
    if name not in fields:
        hint = basis.clash(name, events) or suggest(name, fields)
        sheet.say(where, "unknown-field", f"there is no field '{name}' on {on}{hint}")
    elif fields[name].optional:
        sheet.say(where, "optional-key", f"'{name}' may be missing on {on}; events without it would never be counted together")
    elif anchor is not None and anchor.events and name not in anchor.same:
        sheet.say(where, "narrower-key", f"'{name}' is not among the rule's own key fields ({', '.join(anchor.same) or 'none'})")
    elif anchor is not None and (own := basis.fields_of(anchor.events).get(name)) is not None:
        kinds = [FAMILY.get(one.kind, one.kind) for one in (own, fields[name])]
        if kinds[0] != kinds[1]:
            told = f"'{name}' is {kinds[0]} on {' and '.join(anchor.events)} but {kinds[1]} on {on}; they never match"
            sheet.say(where, "key-kind", told)


def check_pair(sheet: RuleSheet, name: str, where: Path, events: tuple[str, ...], anchor: Selection) -> None:
    """Note a field in which a part and its anchor must agree, and cannot: one of them lacks it, or it is of another kind there."""
    own, other = (sheet.basis.fields_of(one).get(name) for one in (anchor.events, events))
    lacks = anchor.events if own is None else events
    if own is None or other is None:
        hint = sheet.basis.clash(name, lacks) or suggest(name, sheet.basis.fields_of(lacks))
        sheet.say(where, "unknown-field", f"there is no field '{name}' on {' and '.join(lacks)}{hint}")
        return
    kinds = [FAMILY.get(one.kind, one.kind) for one in (own, other)]
    if kinds[0] != kinds[1]:
        told = f"'{name}' is {kinds[0]} on {' and '.join(anchor.events)} but {kinds[1]} on {' and '.join(events)}; they never match"
        sheet.say(where, "key-kind", told)
