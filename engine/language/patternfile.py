"""From the `when` of a rule file to what the rule looks for: a count, an absence, a sequence, a spike, a first time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from engine.language.relationfile import RELATIONS, RelationReader
from engine.language.rulebook import Count, Dated, FirstTime, Pattern, Rate, Selection, Single, Sliding, Total, Year
from engine.language.rulesheet import shown
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.calendar import Length
    from engine.language.rulesheet import RuleSheet

    Path = tuple[str | int, ...]

PATTERNS = ("count", *RELATIONS, "then", "rate", "first_time_in")
#: Settings of `when` that only some patterns look at.
USED_BY: dict[str, tuple[str, ...]] = {
    "within": ("count", *RELATIONS, "then"),
    "per": ("rate",),
    "usual_at_least": ("rate",),
    "now_at_least": ("rate",),
}
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
COUNT = re.compile(r"(at least|more than) ([0-9]{1,9})(?: different (\w+))?")
TOTAL = re.compile(r"(sum|average) of (\w+) (at least|more than) (-?[0-9]{1,12}(?:\.[0-9]{1,6})?)")
RATE = re.compile(r"at least ([0-9]{1,6}(?:\.[0-9]{1,6})?) times usual")
FISCAL = re.compile(r"fiscal year from (\w+)")


class PatternReader:
    """Reads one pattern of one rule."""

    def __init__(self, sheet: RuleSheet, when: Mapping[str, Any], anchor: Selection) -> None:
        self.sheet = sheet
        self.when = when
        self.anchor = anchor
        self.fields = sheet.basis.fields_of(anchor.events)

    def pattern(self) -> Pattern:
        """Return what the rule looks for."""
        named = [name for name in PATTERNS if name in self.when]
        if len(named) > 1:
            told = f"'{named[0]}' and '{named[1]}' cannot stand in one rule; make two rules"
            self.sheet.say(("when", named[1]), "two-patterns", told, key=True)
        name = named[0] if named else ""
        self.check_used(name)
        match name:
            case "":
                return Single()
            case "count":
                return self.count()
            case "rate":
                return self.rate()
            case "then":
                return RelationReader(self.sheet, self.when, self.anchor).sequence()
            case "first_time_in":
                return FirstTime(self.lengths(self.when[name], ("when", name), "'first_time_in'"))
            case _:
                return RelationReader(self.sheet, self.when, self.anchor).relation(name)

    def check_used(self, pattern: str) -> None:
        """Note settings that this pattern does not look at."""
        for name, users in USED_BY.items():
            if name in self.when and pattern not in users:
                told = f"'{name}' does nothing here; it belongs to {' or '.join(users)}"
                self.sheet.say(("when", name), "useless", told, key=True)

    def lengths(self, value: Any, path: Path, why: str) -> Dated[Length]:
        """Return an exact length that may change by date."""
        return self.sheet.dated(value, path, lambda one, where: self.sheet.exact(one, where, why))

    def needed(self, name: str, why: str) -> Any:
        """Return a setting of `when` that must be there."""
        if name not in self.when:
            self.sheet.say(("when",), "missing", f"'{name}' is missing: {why}", key=True)
        return self.when.get(name, "1 day")

    # Counts -----------------------------------------------------------------------------------------------------------

    def count(self) -> Pattern:
        """Return a count, a sum or an average in a window."""
        path: Path = ("when", "count")
        value = self.when["count"]
        listed = [(value, path)] if not isinstance(value, dict) else [(one, (*path, day)) for day, one in value.items()]
        window = self.window()
        found = {where: self.counted(one, where) for one, where in listed}
        bounds: Dated[Any] = self.sheet.dated(value, path, lambda _, where: (found[where] or ("", "", "", 1))[3])
        kinds = {one[:3] for one in found.values() if one is not None}
        if len(kinds) > 1:
            self.sheet.say(path, "count", "what is counted cannot change by date, only the number; make two rules")
        kind, field, than = next(iter(sorted(kinds)), ("count", "", ""))
        if kind == "count":
            return Count(bounds, window, field or None)
        return Total("sum" if kind == "sum" else "average", field, bounds, window, than == "more than")

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

    def window(self) -> Sliding | Year:
        """Return the window of a count."""
        value, zone = self.needed("within", "what is counted needs an end"), self.sheet.basis.zone
        path: Path = ("when", "within")
        if value == "civil year":
            return Year(1, zone)
        if isinstance(value, str) and (found := FISCAL.fullmatch(value)):
            if found[1].lower() in MONTHS:
                return Year(MONTHS.index(found[1].lower()) + 1, zone)
            told = f"there is no month '{found[1]}'{suggest(found[1].lower(), MONTHS) or '; write for example fiscal year from april'}"
            self.sheet.say(path, "month", told)
            return Year(1, zone)
        return Sliding(self.lengths(value, path, "a window"))

    def rate(self) -> Rate:
        """Return a spike."""
        times = self.sheet.dated(self.when["rate"], ("when", "rate"), self.rate_bound)
        per = self.sheet.exact(self.needed("per", "a spike compares one period with the one before"), ("when", "per"), "'per'")
        floors = [self.sheet.whole(self.when.get(name, "1"), ("when", name)) for name in ("usual_at_least", "now_at_least")]
        return Rate(times, per, *floors)

    def rate_bound(self, value: Any, path: Path) -> float:
        """Return K of `at least K times usual`."""
        found = RATE.fullmatch(value) if isinstance(value, str) else None
        if found is None or float(found[1]) == 0:
            self.sheet.say(path, "rate", f"write '{shown(value)}' as 'at least 3 times usual'")
            return 1.0
        return float(found[1])
