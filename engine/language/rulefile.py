"""A rule file to a `Rule`: every word understood, or every problem with its place, all at once."""

from __future__ import annotations

import re
from datetime import date
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, get_args

from engine.language.askfile import read_ask
from engine.language.lint import lint
from engine.language.patternfile import PATTERNS, PatternReader
from engine.language.promotion import Promotion, read_promotion
from engine.language.relationfile import RELATIONS
from engine.language.rulebook import (
    Again,
    Count,
    FirstTime,
    Follow,
    Pattern,
    Precede,
    Rate,
    Rule,
    Selection,
    Single,
    Status,
    Total,
    lengths_in,
    others_of,
)
from engine.language.rulesheet import RuleSheet, shown
from engine.language.selectionfile import selection
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.calendar import Calendar, Length
    from engine.language.basis import Basis
    from engine.language.rulebook import Ask
    from engine.source import Document, Problem

RULE = ("rule", "title", "owner", "status", "reason", "since", "until", "goes_live", "review_by", "notes", "when", "task")
WHEN = (
    "event",
    "if",
    "same",
    *PATTERNS,
    "within",
    "ends_with",
    "lasting",
    "apart",
    "per",
    "usual_at_least",
    "now_at_least",
    "again",
    "decide",
    "calendar",
    "covered_by",
)
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
AGAIN = ("once while it lasts", "every time", "counting afresh")
LANGUAGES = ("zh", "en")
#: A name is part of every task's identity, and of file names.
LONGEST_NAME = 80


class RuleReader:
    """One pass over one rule file."""

    def __init__(self, document: Document, basis: Basis) -> None:
        self.document = document
        self.basis = basis
        self.sheet = RuleSheet(document, basis)

    def rule(self) -> Rule | None:
        """Return the rule, or None where its shape says too little."""
        sheet = self.sheet
        data = sheet.mapping(self.document.data, (), RULE, "")
        if not isinstance(self.document.data, dict):
            return None
        for name in ("when", "task"):
            if name not in data:
                sheet.say((), "missing", f"'{name}' is missing")
        when = sheet.mapping(data["when"], ("when",), WHEN, "when") if "when" in data else {}
        written = isinstance(data.get("when"), dict)
        anchor = selection(sheet, when, ("when",), None) if written else Selection(())
        pattern = PatternReader(sheet, when, anchor).pattern() if written else Single()
        ask = read_ask(sheet, data["task"], anchor, pattern) if "task" in data else None
        parts = {**self.head(data), **self.manner(when, pattern), "calendar": self.calendar(when, pattern, ask)}
        if ask is None or not written:
            return None
        return Rule(
            version=digest([self.document.data, tables_of(anchor, pattern)]),
            collects=digest(
                [[when.get(part) for part in WHEN], [data.get(part) for part in ("since", "until")], tables_of(anchor, pattern)]
            ),
            place=self.document.place(("rule",)),
            calendar_name=parts["calendar"].name if parts["calendar"] else None,
            anchor=anchor,
            pattern=pattern,
            ask=ask,
            **parts,
        )

    def head(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a rule says of itself."""
        sheet = self.sheet
        sheet.optional_text(data, (), "notes")
        if "status" not in data:
            sheet.say((), "missing", "'status' is missing")
        since, until = sheet.moment(data, "since"), sheet.moment(data, "until")
        if since is not None and until is not None and until <= since:
            sheet.say(("until",), "date", "'until' is not after 'since', so the rule never holds")
        return {
            "name": self.name(data),
            "title": self.title(data),
            "owner": sheet.text(data, (), "owner"),
            "status": sheet.one_of(data, (), "status", get_args(Status), "draft"),
            "reason": sheet.text(data, (), "reason"),
            "since": since,
            "until": until,
            "goes_live": self.goes_live(data),
            "review_by": self.review_by(data),
        }

    def goes_live(self, data: Mapping[str, Any]) -> Promotion:
        """Return what must hold before the rule goes live."""
        text = self.sheet.optional_text(data, (), "goes_live")
        found = read_promotion(text) if text else Promotion()
        if found is None:
            told = (
                f"'{shown(text)}' is not known; write for example 'after 30 days in shadow, at most 5 tasks a week, at most 10% withdrawn'"
            )
            self.sheet.say(("goes_live",), "goes-live", told)
        return found or Promotion()

    def name(self, data: Mapping[str, Any]) -> str:
        """Return the rule's name, which is also its file's name."""
        name = self.sheet.text(data, (), "rule")
        if not name:
            return "?"
        if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            told = f"'{shown(name)}' is no rule name; write small letters, digits and hyphens, at most {LONGEST_NAME}"
            self.sheet.say(("rule",), "name", told)
            return "?"
        stem = self.document.file.rsplit("/", 1)[-1].removesuffix(".yaml")
        if stem != name:
            told = f"the rule is called '{name}' and its file '{stem}.yaml'; give both one name"
            self.sheet.say(("rule",), "file-name", told)
        return name

    def title(self, data: Mapping[str, Any]) -> dict[str, str]:
        """Return the title by language: `中文 / English`, or {zh: …, en: …}, or one text for both."""
        value = data.get("title")
        if isinstance(value, dict):
            listed = self.sheet.mapping(value, ("title",), LANGUAGES, "title")
            return {language: self.sheet.text(listed, ("title",), language) for language in LANGUAGES}
        text = self.sheet.text(data, (), "title")
        chinese, slash, english = text.partition(" / ")
        return {"zh": chinese.strip(), "en": english.strip()} if slash else {"zh": text, "en": text}

    def review_by(self, data: Mapping[str, Any]) -> str | None:
        """Return the day by which somebody looks at the rule again."""
        value = data.get("review_by")
        if value is None:
            return None
        try:
            return date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            self.sheet.say(("review_by",), "date", f"'{shown(value)}' is no date; write 2026-12-01")
            return None

    def manner(self, when: Mapping[str, Any], pattern: Pattern) -> dict[str, Any]:
        """Return how findings are decided, and what a further match does."""
        absence = isinstance(pattern, Follow | Precede) and pattern.negated
        sifted = isinstance(pattern, Count | Total) and (bool(pattern.sift) or pattern.sift.ends is not None)
        disproved = absence or sifted or isinstance(pattern, Rate | FirstTime) or (isinstance(pattern, Total) and pattern.kind == "average")
        default = "when settled" if disproved else "at once"
        return {
            "again": self.again(when, pattern),
            "decide": self.sheet.one_of(when, ("when",), "decide", ("when settled", "at once"), default),
            "covered_by": self.covered_by(when),
        }

    def covered_by(self, when: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the rules under which this one stands: one, or a list."""
        value, path = when.get("covered_by", []), ("when", "covered_by")
        listed = value if isinstance(value, list) else [value]
        found: list[str] = []
        for one in listed:
            if not isinstance(one, str) or not one.strip():
                self.sheet.say(path, "shape", "'covered_by' is a rule, or a list of rules")
            elif one in found:
                self.sheet.say(path, "written-twice", f"'{one}' is written twice")
            else:
                found.append(one)
        return tuple(found)

    def again(self, when: Mapping[str, Any], pattern: Pattern) -> Again:
        """Return what a further match does."""
        value = when.get("again", "once while it lasts")
        if value == "counting afresh" and not isinstance(pattern, Count | Total):
            self.sheet.say(("when", "again"), "again", "only a count can be counted afresh")
        if value in AGAIN:
            return Again(value)
        if isinstance(value, str) and value.startswith("after "):
            return Again("after", self.sheet.exact(value.removeprefix("after "), ("when", "again"), "'again: after'"))
        hint = suggest(shown(value), AGAIN) or "; write 'once while it lasts', 'after 30 days', 'every time' or 'counting afresh'"
        self.sheet.say(("when", "again"), "again", f"'{shown(value)}' is not known{hint}")
        return Again()

    # Calendars --------------------------------------------------------------------------------------------------------

    def calendar(self, when: Mapping[str, Any], pattern: Pattern, ask: Ask | None) -> Calendar | None:
        """Return the calendar by which the rule's lengths are worked out, or None where it needs none."""
        lengths = [*lengths_of(pattern), *([ask.due] if ask else [])]
        named = [path for path in calendar_paths(when) if path]
        if len(named) > 1:
            self.sheet.say(named[0], "written-twice", f"'calendar' stands here and under {named[1][1]}; keep one", key=True)
        if not named:
            return self.usual_calendar() if any(length.unit.startswith("working") for length in lengths) else None
        if all(length.exact for length in lengths):
            told = "'calendar' does nothing here: no length of this rule is in working days, working hours or calendar days"
            self.sheet.say(named[0], "useless", told, key=True, warning=True)
        value: Any = when
        for step in named[0][1:]:
            value = value[step]
        return self.named_calendar(value, named[0])

    def named_calendar(self, name: Any, path: tuple[str, ...]) -> Calendar | None:
        """Return a calendar by name."""
        calendars = self.basis.calendars
        if isinstance(name, str) and name in calendars:
            return calendars[name]
        self.sheet.say(path, "unknown-calendar", f"there is no calendar '{shown(name)}'{suggest(shown(name), calendars)}")
        return None

    def usual_calendar(self) -> Calendar | None:
        """Return the calendar of rules that name none: the one that the catalogue names, or the only one."""
        basis = self.basis
        if basis.default_calendar is not None:
            return basis.calendars[basis.default_calendar]
        if len(basis.calendars) == 1:
            return next(iter(basis.calendars.values()))
        if not basis.calendars:
            self.sheet.say(("when",), "no-calendar", "working time needs a calendar; put one into calendars/", key=True)
        else:
            listed = ", ".join(sorted(basis.calendars))
            told = f"which calendar? there are {listed}; write 'calendar: …' here, or 'default_calendar: …' in catalogue.yaml"
            self.sheet.say(("when",), "default-calendar", told, key=True)
        return None


def calendar_paths(when: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return every place where a rule names a calendar."""
    inner = [("when", name, "calendar") for name in RELATIONS if isinstance(when.get(name), dict) and "calendar" in when[name]]
    return [("when", "calendar"), *inner] if "calendar" in when else [*inner]


def lengths_of(pattern: Pattern) -> list[Length]:
    """Return the lengths that a pattern's deadlines are worked out with."""
    return [one for _, length in pattern.within.entries for one in lengths_in(length)] if isinstance(pattern, Follow) else []


def tables_of(anchor: Selection, pattern: Pattern) -> list[tuple[str, str]]:
    """Return the tables that a rule looks things up in, with their versions: a new row is a new rule."""
    parts = [anchor, *others_of(pattern)]
    return sorted({(name, one.version) for part in parts for condition in part.conditions for name, one in condition.tables.items()})


def digest(value: Any) -> str:
    """Return a hash of plain data."""
    return blake2b(repr(value).encode(), digest_size=6).hexdigest()


def read_rule(document: Document, basis: Basis, as_of: date | None = None) -> tuple[Rule | None, list[Problem]]:
    """Return the rule of a file and every problem with it; the rule is None where there is an error.

    `as_of` is the day on which the file is looked at; without it nothing is said of review dates and the ends of calendars.
    """
    reader = RuleReader(document, basis)
    rule = reader.rule()
    problems = reader.sheet.problems
    if any(problem.level == "error" for problem in problems):
        return None, problems
    assert rule is not None, "a rule that cannot be made has a problem"
    problems += lint(rule, document, basis, as_of)
    failed = any(problem.level == "error" for problem in problems)
    return (None if failed else rule), problems
