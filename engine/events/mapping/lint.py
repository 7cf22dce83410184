"""From a mapping file to a mapping, or to every problem in it with its line and column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.events.mapping.mapping import Becomes, Mapping
from engine.events.mapping.mappingfile import DELIMITERS, FILL_IN, EventWords, FeedWords, SkipWords
from engine.events.mapping.sheet import Path, Sheet, Times
from engine.events.mapping.skip import EMPTY, AnyOf, Earlier, Skip
from engine.events.mapping.table import Layout
from engine.events.mapping.text import Text, column_or_text
from engine.events.mapping.unfit import Unfit
from engine.events.mapping.valuelint import ARRIVED, value_of
from engine.source import suggest

if TYPE_CHECKING:
    from datetime import datetime

    from engine.events.catalogue import Catalogue, EventType
    from engine.events.mapping.values import Value
    from engine.source import Document, Problem

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_ONLY_CSV = ("delimiter", "skip_lines", "columns", "may_be_absent")


def read_mapping(document: Document, catalogue: Catalogue) -> tuple[Mapping | None, list[Problem]]:
    """Return the mapping that a document holds, or None with every problem in it, in the order of the lines.

    A mapping that comes back fits the catalogue: every event and field exists, every required field has a value to come from, and
    every constant is of its field's kind. Warnings may come with it.
    """
    sheet = Sheet(document)
    mapping = _Feed(sheet, catalogue).mapping()
    problems = sorted(set(sheet.problems))
    return (None if any(one.level == "error" for one in problems) else mapping), problems


class _Feed:
    def __init__(self, sheet: Sheet, catalogue: Catalogue) -> None:
        self.sheet = sheet
        self.catalogue = catalogue
        self.words = sheet.words(FeedWords, ()) or FeedWords(feed="", events=[])
        words = self.words
        self.times = Times(
            sheet.forms(words.time, ("time",)) if "time" in words.model_fields_set else ("iso",),
            sheet.zone(words.zone or catalogue.zone, ("zone",)),
            words.when_ambiguous,
        )

    def mapping(self) -> Mapping:
        """Return the mapping; worth using only if nothing was noted."""
        words = self.words
        self.name()
        self.format()
        mapping = Mapping(
            name=words.feed,
            title=words.title,
            source=words.source or words.feed,
            becomes=self.events(),
            format=words.format,
            encoding=words.encoding,
            layout=self.layout(),
            records=words.records,
            may_be_absent=frozenset(words.may_be_absent),
            missing=frozenset(words.missing),
            first_of=self.first_of(),
            skips=self.skips(("skip",)) if words.skip else (),
        )
        self.sources(mapping)
        self.columns(mapping)
        return mapping

    # the top of the file

    def name(self) -> None:
        name, file = self.words.feed, self.sheet.document.file
        stem = re.split(r"[/\\]", file)[-1].removesuffix(".yaml")
        if "feed" in self.words.model_fields_set and not _NAME.fullmatch(name):
            self.sheet.say(
                ("feed",), "feed-name", f"'{name}' is not a feed's name; write small letters, digits and '-', such as 'pge-outages'"
            )
        elif name and file.endswith(".yaml") and name != stem:
            self.sheet.say(("feed",), "feed-name", f"the feed is called '{name}' and its file '{stem}.yaml'; both must be the same")

    def format(self) -> None:
        said = self.words.model_fields_set
        if self.words.format != "csv":
            for name in (name for name in _ONLY_CSV if name in said):
                self.sheet.say((name,), "feed-setting", f"'{name}' is for csv, and the format is {self.words.format}", key=True)
        if self.words.format != "json" and "records" in said:
            self.sheet.say(("records",), "feed-setting", f"'records' is for json, and the format is {self.words.format}", key=True)

    def layout(self) -> Layout:
        words = self.words
        delimiter = DELIMITERS.get(words.delimiter, words.delimiter)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            known = ", ".join(f"'{name}'" for name in DELIMITERS)
            self.sheet.say(("delimiter",), "feed-value", f"'{words.delimiter}' cannot part columns; write one sign, or {known}")
            delimiter = ","
        if not words.skip_lines.isascii() or not words.skip_lines.isdigit() or len(words.skip_lines) > 4:
            self.sheet.say(("skip_lines",), "feed-value", f"'{words.skip_lines}' is not a number of lines such as 2")
            return Layout(delimiter)
        twice = next((name for name in words.columns if words.columns.count(name) > 1), None)
        if twice is not None:
            self.sheet.say(("columns",), "feed-column", f"column '{twice}' is written twice")
        return Layout(delimiter, int(words.skip_lines), tuple(words.columns))

    def first_of(self) -> Text | None:
        if "first_of" not in self.words.model_fields_set:
            return None
        said = self.words.first_of
        text = column_or_text(said) if said else "'first_of' is empty; write a column's name"
        if isinstance(text, Text):
            return text
        self.sheet.say(("first_of",), "feed-value", text)
        return None

    def sources(self, mapping: Mapping) -> None:
        for event in mapping.becomes:
            known = event.type.sources
            if known and mapping.source not in known:
                text = f"the catalogue expects {event.type.name} from {', '.join(known)}, not from '{mapping.source}'"
                self.sheet.say(("source",), "feed-source", text + suggest(mapping.source, known), warning=True)

    def columns(self, mapping: Mapping) -> None:
        """Compare the columns that are used with those that the file itself names."""
        used, named = mapping.columns, mapping.layout.columns
        for name in used if named else ():
            if name not in named:
                self.sheet.say(("columns",), "feed-column", f"there is no column '{name}' under 'columns'{suggest(name, named)}")
        for name in self.words.may_be_absent:
            if name not in used:
                text = f"nothing here looks at column '{name}'{suggest(name, used)}"
                self.sheet.say(("may_be_absent",), "feed-column", text, warning=True)

    # rows that are left out

    def skips(self, path: Path) -> tuple[Skip, ...]:
        found = (self.skip((*path, place)) for place in range(len(self.sheet.at(path))))
        return tuple(skip for skip in found if skip is not None)

    def skip(self, path: Path) -> Skip | None:
        before = len(self.sheet.problems)
        words = self.sheet.words(SkipWords, path)
        if words is None or len(self.sheet.problems) > before:
            return None
        tests = [name for name in SkipWords.tests if getattr(words, "is_" if name == "is" else name) is not None]
        if len(tests) != 1:
            wanted = ", ".join(f"'{name}'" for name in SkipWords.tests)
            self.sheet.say(path, "feed-skip", f"a row is left out by one test, not {len(tests) or 'none'}; it is one of {wanted}")
            return None
        if not words.reason or words.reason == FILL_IN or not words.column:
            self.sheet.say(path, "feed-skip", "a row is left out for a reason that people can read, by a column with a name")
        return Skip(words.column, self.test(words, path), words.reason)

    def test(self, words: SkipWords, path: Path) -> AnyOf | Earlier:
        if words.earlier_than is not None or words.later_than is not None:
            forms = self.times.forms if words.time is None else self.sheet.forms(words.time, (*path, "time"))
            clock = Times(forms, self.times.zone, self.times.when_ambiguous).clock
            said = words.earlier_than if words.later_than is None else words.later_than
            return Earlier(self.moment(said or ""), clock, turned=words.later_than is not None)
        if words.time is not None:
            self.sheet.say((*path, "time"), "feed-setting", "'time' belongs to 'earlier_than' and 'later_than'", key=True)
        listed = words.one_of if words.not_one_of is None else words.not_one_of
        if listed is not None:
            return AnyOf(frozenset(listed), turned=words.one_of is None)
        said = words.is_ if words.is_not is None else words.is_not
        return AnyOf(frozenset(["" if said == EMPTY else said or ""]), turned=words.is_ is None)

    def moment(self, said: str) -> str | datetime:
        """Return the moment that `said` is when written as such, else the text: it is a column's name then."""
        try:
            return Times(zone=self.times.zone, when_ambiguous="first").clock(said)
        except Unfit:
            return said

    # the events that a row becomes

    def events(self) -> tuple[Becomes, ...]:
        data = self.sheet.document.data
        if isinstance(data, dict) and data.get("events") == []:
            self.sheet.say(("events",), "feed-event", "a row becomes at least one event; name it under 'events'")
        found = (self.event(("events", place)) for place in range(len(self.words.events)))
        return tuple(event for event in found if event is not None)

    def event(self, path: Path) -> Becomes | None:
        words = self.sheet.words(EventWords, path)
        if words is None or not words.event:
            return None
        if words.event == FILL_IN:
            self.sheet.say((*path, "event"), "feed-fill-in", "say which event of the catalogue a row becomes")
            return None
        if not self.sheet.one_of(words.event, self.catalogue.types, (*path, "event"), "event"):
            return None
        kind = self.catalogue.types[words.event]
        values = [*self.fields(kind, words, (*path, "fields")), *self.arrived(words, path)]
        return Becomes(kind, tuple(values), self.skips((*path, "skip")) if words.skip else ())

    def fields(self, kind: EventType, words: EventWords, path: Path) -> list[Value]:
        found: list[Value | None] = []
        for name in words.fields:
            if name in kind.fields:
                found.append(value_of(self.sheet, (*path, name), kind.fields[name], kind.name, self.times))
            else:
                text = f"{kind.name} has no field '{name}'{suggest(name, kind.fields)}"
                self.sheet.say((*path, name), "feed-field", text, key=True)
        lacking = [name for name in kind.required if name not in words.fields]
        if lacking and "fields" in words.model_fields_set:
            many = ", ".join(f"'{name}'" for name in lacking)
            self.sheet.say(
                path[:-1],
                "feed-missing-field",
                f"{kind.name} needs {many}; say where {'they come' if len(lacking) > 1 else 'it comes'} from",
            )
        return [value for value in found if value is not None]

    def arrived(self, words: EventWords, path: Path) -> list[Value]:
        """Return when the event arrived, as the event says or else the top of the file; nothing where neither does."""
        where: Path = (*path, "arrived") if words.arrived is not None else ("arrived",)
        if words.arrived is None and self.words.arrived is None:
            return []
        found = value_of(self.sheet, where, ARRIVED, words.event, self.times)
        return [] if found is None else [found]
