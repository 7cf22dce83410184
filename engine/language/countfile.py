"""From `count` and what belongs to it to what is counted, in which window, and which events are left out of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from engine.language.findings import FINDING, OVER
from engine.language.relationfile import part_or_event
from engine.language.rulebook import Alternative, Count, Dated, Moment, Pattern, Selection, Sift, Sliding, Total, Year
from engine.language.rulesheet import shown
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.calendar import Length
    from engine.language.rulesheet import RuleSheet

    Path = tuple[str | int, ...]

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
COUNT = re.compile(r"(at least|more than) ([0-9]{1,9})(?: different (\w+))?")
TOTAL = re.compile(r"(sum|average) of (\w+) (at least|more than) (-?[0-9]{1,12}(?:\.[0-9]{1,6})?)")
FISCAL = re.compile(r"fiscal year from (\w+)")
MOMENT = "one moment"


class CountReader:
    """Reads the count of one rule."""

    def __init__(self, sheet: RuleSheet, when: Mapping[str, Any], anchor: Selection) -> None:
        self.sheet = sheet
        self.when = when
        self.anchor = anchor
        self.fields = sheet.basis.fields_of(anchor.events)

    def count(self) -> Pattern:
        """Return a count, a sum or an average in a window."""
        path: Path = ("when", "count")
        value = self.when["count"]
        if isinstance(value, list) and value:
            return self.either(value, path)
        listed = [(value, path)] if not isinstance(value, dict) else [(one, (*path, day)) for day, one in value.items()]
        window = self.window()
        found = {where: self.counted(one, where) for one, where in listed}
        bounds: Dated[Any] = self.sheet.dated(value, path, lambda _, where: (found[where] or ("", "", "", 1))[3])
        kinds = {one[:3] for one in found.values() if one is not None}
        if len(kinds) > 1:
            self.sheet.say(path, "count", "what is counted cannot change by date, only the number; make two rules")
        kind, field, than = next(iter(sorted(kinds)), ("count", "", ""))
        sift = self.sift(window)
        if kind == "count":
            return Count(bounds, window, field or None, sift)
        return Total("sum" if kind == "sum" else "average", field, bounds, window, than == "more than", sift)

    def either(self, lines: list[Any], path: Path) -> Count:
        """Return a count with several bounds, each with its own window."""
        if "within" in self.when:
            told = "'within' does nothing beside a list of counts; each line ends in its own"
            self.sheet.say(("when", "within"), "useless", told, key=True)
        bounds = [self.bound(line, (*path, number)) for number, line in enumerate(lines)]
        first, *others = bounds
        return Count(first.at_least, first.within, None, self.sift(first.within), tuple(others))

    def bound(self, line: Any, path: Path) -> Alternative:
        """Return one line of a list of counts."""
        number, within, length = line.partition(" within ") if isinstance(line, str) else ("", "", "")
        found = COUNT.fullmatch(number)
        if not within or found is None or found[3]:
            self.sheet.say(path, "count", f"write '{shown(line)}' as 'at least 3 within 60 days'")
            return Alternative(Dated(((0, 1),)), Year(1, self.sheet.basis.zone))
        least = self.sheet.whole(found[2], path) + (found[1] == "more than")
        return Alternative(Dated(((0, least),)), self.span(length, path))

    def counted(self, value: Any, path: Path) -> tuple[str, str, str, Any] | None:
        """Return kind, field, how it is compared, and the bound of what is counted, or None where it cannot be read."""
        text = value if isinstance(value, str) else ""
        if found := TOTAL.fullmatch(text):
            self.check_field(found[2], path, numbers=True)
            return found[1], found[2], found[3], float(found[4])
        if found := COUNT.fullmatch(text):
            if found[3]:
                self.check_field(found[3], path, numbers=False)
            # of whole numbers, more than three are at least four
            return "count", found[3] or "", "", self.sheet.whole(found[2], path) + (found[1] == "more than")
        number = found[0] if (found := re.search("[0-9]+", text)) else "3"
        field = next(iter(self.anchor.same), "FIELD")
        told = f"write '{shown(value)}' as 'at least {number}', 'at least {number} different {field}' or 'sum of FIELD at least {number}'"
        self.sheet.say(path, "count", told)
        return None

    def check_field(self, name: str, path: Path, *, numbers: bool) -> None:
        """Note a field that does not exist, or cannot be added up."""
        if not self.anchor.events:
            return
        if name not in self.fields:
            hint = self.sheet.basis.clash(name, self.anchor.events) or suggest(name, self.fields)
            self.sheet.say(path, "unknown-field", f"there is no field '{name}' on this event{hint}")
        elif numbers and self.fields[name].kind not in {"number", "whole number"}:
            self.sheet.say(path, "count", f"'{name}' is {self.fields[name].kind} and cannot be added up")

    # Windows ----------------------------------------------------------------------------------------------------------

    def window(self) -> Sliding | Year | Moment:
        """Return the window of a count."""
        if "within" not in self.when:
            self.sheet.say(("when",), "missing", "'within' is missing: what is counted needs an end", key=True)
        value, path = self.when.get("within", "1 day"), ("when", "within")
        return Moment() if value == MOMENT else self.span(value, path)

    def span(self, value: Any, path: Path) -> Sliding | Year:
        """Return a window that time goes through."""
        zone = self.sheet.basis.zone
        if value == "civil year":
            return Year(1, zone)
        if isinstance(value, str) and (found := FISCAL.fullmatch(value)):
            if found[1].lower() in MONTHS:
                return Year(MONTHS.index(found[1].lower()) + 1, zone)
            told = f"there is no month '{found[1]}'{suggest(found[1].lower(), MONTHS) or '; write for example fiscal year from april'}"
            self.sheet.say(path, "month", told)
            return Year(1, zone)
        return Sliding(self.sheet.dated(value, path, lambda one, where: self.sheet.exact(one, where, "a window")))

    # What is left out -------------------------------------------------------------------------------------------------

    def sift(self, window: Sliding | Year | Moment) -> Sift:
        """Return what an anchor must be to be counted."""
        lasting, apart = self.least("lasting"), self.least("apart")
        ends = None
        if "ends_with" in self.when:
            ends = part_or_event(self.sheet, self.when["ends_with"], ("when", "ends_with"), self.anchor, pairs=True)
        is_moment = isinstance(window, Moment)
        if is_moment and ends is None:
            ends = self.over()
        if lasting is not None and ends is None:
            self.sheet.say(("when", "lasting"), "missing", "'ends_with' is missing: nothing says how long it lasts", key=True)
        if ends is not None and not is_moment and lasting is None:
            told = "'ends_with' does nothing here; it belongs to 'lasting', or to 'within: one moment'"
            self.sheet.say(("when", "ends_with"), "useless", told, key=True)
        return Sift(ends, lasting, apart)

    def least(self, name: str) -> Length | None:
        """Return a length that is written as `at least 5 minutes`."""
        if name not in self.when:
            return None
        value = self.when[name]
        if not isinstance(value, str) or not value.startswith("at least "):
            self.sheet.say(("when", name), "length", f"write '{shown(value)}' as 'at least 5 minutes'")
            return None
        return self.sheet.exact(value.removeprefix("at least "), ("when", name), f"'{name}'")

    def over(self) -> Selection:
        """Return what ends the findings of other rules: they are over when those rules say so."""
        types = self.sheet.basis.types
        over = tuple(OVER + name.removeprefix(FINDING) for name in self.anchor.events if name.startswith(FINDING))
        if len(over) < len(self.anchor.events) or not all(name in types for name in over):
            self.sheet.say(("when", "within"), "missing", "'ends_with' is missing: nothing says until when it counts", key=True)
            return Selection(())
        return Selection(over, (), self.anchor.same, ("task_id",))
