"""From `not_followed_by`, `preceded_by` and `then` to what must, or must not, stand beside an anchor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from engine.calendar import Length
from engine.language.rulebook import Chosen, Dated, Follow, Precede, Selection, Sequence
from engine.language.rulesheet import shown
from engine.language.selectionfile import selection
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.language.rulesheet import RuleSheet

    Path = tuple[str | int, ...]

RELATIONS = ("not_followed_by", "followed_by", "not_preceded_by", "preceded_by")
SELECTION = ("event", "if", "same")
PART = (*SELECTION, "any_of", "within", "calendar")
FOLLOW = (*PART, "until")
ABSENCE = (*FOLLOW, "paused_from", "paused_until")
PRECEDE = (*PART, "at_least")
SHIFTED = re.compile(r"(.+) (before|after) (\w+)")
DAY = Length(1, "days")


class RelationReader:
    """Reads what stands beside the anchor of one rule."""

    def __init__(self, sheet: RuleSheet, when: Mapping[str, Any], anchor: Selection) -> None:
        self.sheet = sheet
        self.when = when
        self.anchor = anchor
        self.fields = sheet.basis.fields_of(anchor.events)

    def relation(self, name: str) -> Follow | Precede:
        """Return what must, or must not, stand before or after the anchor."""
        follows, negated = name.endswith("followed_by"), name.startswith("not_")
        part = self.sheet.mapping(self.when[name], ("when", name), settings_of(name), name)
        others = self.others(name, part)
        if "until" in part:
            for pause in [one for one in ("paused_from", "paused_until") if one in part]:
                told = f"'{pause}' does nothing here: a deadline that the event names does not move"
                self.sheet.say(("when", name, pause), "useless", told, key=True)
            until, shift = self.until(name, part)
            return Follow(negated, others, Dated(()), until, shift)
        value, where = self.span(name, part)
        if follows:
            return Follow(negated, others, self.sheet.dated(value, where, self.length), pauses=self.pauses(name, part))
        within = self.sheet.dated(value, where, lambda one, place: self.sheet.exact(one, place, "looking back"))
        return Precede(negated, others, within, self.ahead(name, part, within))

    def others(self, name: str, part: Mapping[str, Any]) -> tuple[Selection, ...]:
        """Return the event, or the alternatives, of a relation."""
        path: Path = ("when", name)
        if "any_of" not in part:
            return (selection(self.sheet, part, path, self.anchor, pairs=True),)
        for idle in SELECTION:
            if idle in part:
                told = f"'{idle}' does nothing beside any_of; write it under each alternative"
                self.sheet.say((*path, idle), "useless", told, key=True)
        return self.listed(part["any_of"], (*path, "any_of"), "any_of", pairs=True)

    def pauses(self, name: str, part: Mapping[str, Any]) -> tuple[Selection, ...]:
        """Return what stops the clock and what lets it run again; nothing where it always runs."""
        both = ("paused_from", "paused_until")
        named = [one for one in both if one in part]
        if len(named) == 1:
            lacking = both[1 - both.index(named[0])]
            told = f"'{lacking}' is missing: what stops the clock and what lets it run again stand together"
            self.sheet.say(("when", name, named[0]), "missing", told, key=True)
        return tuple(part_or_event(self.sheet, part[one], ("when", name, one), self.anchor) for one in named)

    # Lengths ----------------------------------------------------------------------------------------------------------

    def span(self, name: str, part: Mapping[str, Any]) -> tuple[Any, Path]:
        """Return the length of a relation, which stands under it or beside it, and where."""
        if "within" in part and "within" in self.when:
            self.sheet.say(("when", "within"), "written-twice", f"'within' stands here and under {name}; keep one", key=True)
        if "within" in part:
            return by_class(part["within"]), ("when", name, "within")
        if "within" not in self.when:
            self.sheet.say(("when", name), "missing", f"'within' is missing under {name}", key=True)
        return by_class(self.when.get("within", "1 day")), ("when", "within")

    def length(self, value: Any, path: Path) -> Length | Chosen:
        """Return a length of time, or one for each value of a field."""
        if isinstance(value, ByClass):
            return self.chosen(value.lines, path)
        return self.chosen(value, path) if isinstance(value, dict) else self.sheet.length(value, path)

    def chosen(self, lines: Mapping[str, Any], path: Path) -> Chosen:
        """Return lengths by the values of a field, checked against what the field can be."""
        name = lines.get("by")
        field = self.fields.get(name) if isinstance(name, str) else None
        if field is None or field.kind not in {"text", "one of"}:
            told = f"there is no field '{shown(name)}' on this event{suggest(shown(name), self.fields)}"
            if field is not None:
                told = f"'{name}' is {field.kind}; lengths differ by a field that is text or one of a list"
            self.sheet.say((*path, "by"), "unknown-field", told)
        found = {value: self.length(part, (*path, value)) for value, part in lines.items() if value not in {"by", "otherwise"}}
        if field is not None and field.kind == "one of" and self.anchor.events:
            self.check_values(found, lines, path, field.choices)
        otherwise = self.length(lines["otherwise"], (*path, "otherwise")) if "otherwise" in lines else None
        return Chosen(shown(name), found, otherwise)

    def check_values(self, found: Mapping[str, Any], lines: Mapping[str, Any], path: Path, choices: tuple[str, ...]) -> None:
        """Note values that a field never has, and those that nothing is said of."""
        for value in found:
            if value not in choices:
                told = f"'{lines['by']}' is never \"{value}\"{suggest(value, choices) or '; it is ' + ', '.join(choices)}"
                self.sheet.say((*path, value), "choice", told, key=True)
        lacking = [choice for choice in choices if choice not in found]
        if lacking and "otherwise" not in lines:
            told = f"nothing is said of {', '.join(lacking)}: there the rule never fires; add a line, or 'otherwise'"
            self.sheet.say((*path, "by"), "no-row", told, warning=True)

    def ahead(self, name: str, part: Mapping[str, Any], within: Dated[Length]) -> int:
        """Return how long before the anchor it must have been at least."""
        if "at_least" not in part:
            return 0
        path: Path = ("when", name, "at_least")
        least = self.sheet.exact(part["at_least"], path, "'at_least'")
        if any(length.micros < least.micros for _, length in within.entries):
            self.sheet.say(
                path, "length", f"nothing can be at least {least} before and within a shorter time; 'within' is how far to look back"
            )
        return least.micros

    def until(self, name: str, part: Mapping[str, Any]) -> tuple[str, int]:
        """Return the field of the anchor that holds its deadline, and how far from it the deadline lies."""
        path: Path = ("when", name, "until")
        for where in [("when", name, "within")] * ("within" in part) + [("when", "within")] * ("within" in self.when):
            self.sheet.say(where, "written-twice", "'within' and 'until' both say when it is too late; keep one", key=True)
        value, shift = part["until"], 0
        if isinstance(value, str) and (found := SHIFTED.fullmatch(value)):
            shift = self.sheet.exact(found[1], path, "'until'").micros * (-1 if found[2] == "before" else 1)
            value = found[3]
        if not isinstance(value, str) or (self.anchor.events and value not in self.fields):
            times = [one for one, field in self.fields.items() if field.kind == "time"]
            hint = suggest(shown(value), times) or f"; its times are {', '.join(times)}" if times else ""
            self.sheet.say(path, "unknown-field", f"there is no field '{shown(value)}' on this event{hint}")
        elif value in self.fields and self.fields[value].kind != "time":
            self.sheet.say(path, "date", f"'{value}' is {self.fields[value].kind}; a deadline is a time")
        return shown(value), shift

    # Sequences --------------------------------------------------------------------------------------------------------

    def sequence(self) -> Sequence:
        """Return the steps that must follow one another."""
        steps = self.listed(self.when["then"], ("when", "then"), "then")
        if "within" not in self.when:
            self.sheet.say(("when",), "missing", "'within' is missing: a sequence needs an end", key=True)
        value, path = self.when.get("within", "1 day"), ("when", "within")
        return Sequence(steps, self.sheet.dated(value, path, lambda one, where: self.sheet.exact(one, where, "a sequence")))

    def listed(self, value: Any, path: Path, name: str, *, pairs: bool = False) -> tuple[Selection, ...]:
        """Return a list of parts."""
        if not isinstance(value, list) or not value:
            self.sheet.say(path, "shape", f"'{name}' is a list, each part beginning with '- event: …'")
            return ()
        parts = [(self.sheet.mapping(one, (*path, number), SELECTION, name), (*path, number)) for number, one in enumerate(value)]
        return tuple(selection(self.sheet, part, where, self.anchor, pairs=pairs) for part, where in parts if part)


def settings_of(name: str) -> tuple[str, ...]:
    """Return the settings that a relation knows."""
    if name.endswith("preceded_by"):
        return PRECEDE
    return ABSENCE if name.startswith("not_") else FOLLOW


def part_or_event(sheet: RuleSheet, value: Any, path: Path, anchor: Selection, *, pairs: bool = False) -> Selection:
    """Return a part that may be written as the name of its event alone."""
    if not isinstance(value, str):
        return selection(sheet, sheet.mapping(value, path, SELECTION, str(path[-1])), path, anchor, pairs=pairs)
    if value not in sheet.basis.types:
        sheet.say(path, "unknown-event", f"there is no event '{value}'{suggest(value, sheet.basis.types)}")
        return Selection(())
    return selection(sheet, {"event": value}, path, anchor)


class ByClass:
    """Lengths by the values of a field as they were written, so that they are not taken for lengths by date."""

    def __init__(self, lines: Mapping[str, Any]) -> None:
        self.lines = lines


def by_class(value: Any) -> Any:
    """Return what was written, marked where it begins with `by`."""
    return ByClass(value) if isinstance(value, dict) and "by" in value else value
