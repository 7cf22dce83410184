"""From the `when` of a rule file to what the rule looks for: a count, an absence, a sequence, a spike, a first time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from engine.language.countfile import CountReader
from engine.language.relationfile import RELATIONS, RelationReader
from engine.language.rulebook import Dated, FirstTime, Pattern, Rate, Selection, Single
from engine.language.rulesheet import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.calendar import Length
    from engine.language.rulesheet import RuleSheet

    Path = tuple[str | int, ...]

PATTERNS = ("count", *RELATIONS, "then", "rate", "first_time_in")
#: Settings of `when` that only some patterns look at.
USED_BY: dict[str, tuple[str, ...]] = {
    "within": ("count", *RELATIONS, "then"),
    "ends_with": ("count",),
    "lasting": ("count",),
    "apart": ("count",),
    "per": ("rate",),
    "usual_at_least": ("rate",),
    "now_at_least": ("rate",),
}
RATE = re.compile(r"at least ([0-9]{1,6}(?:\.[0-9]{1,6})?) times usual")


class PatternReader:
    """Reads one pattern of one rule."""

    def __init__(self, sheet: RuleSheet, when: Mapping[str, Any], anchor: Selection) -> None:
        self.sheet = sheet
        self.when = when
        self.anchor = anchor

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
                return CountReader(self.sheet, self.when, self.anchor).count()
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
