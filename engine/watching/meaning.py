"""What an edit of a rule means, in words: what it does now and what it did before, a line in each language for each thing that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.calendar import show_instant
from engine.language import Count, Rate, bounds_of, same_pattern, with_bounds
from engine.watching.wording import Wording
from engine.watching.words import LANGUAGES, WORDS, Language, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.events import EventType
    from engine.language import Pattern, Revision, Rule

    Types = Mapping[str, EventType]

#: Settings that are told as they are written.
SETTINGS = ("owner", "status", "reason", "since", "until", "review_by", "again", "decide", "covered_by", "calendar_name")
#: Words of rule files that people read in their own language.
SHOWN = frozenset({"info", "minor", "major", "serious", "critical"})
ASKED = ("severity", "to", "due", "say")


def meanings(revision: Revision, types: tuple[Types, Types], zone: str) -> list[dict[Language, str]]:
    """Return what the edit means, a line by language for each thing that changed; `types` are the event types before and after."""
    told = [Meaning(revision, types, zone, language).lines() for language in LANGUAGES]
    return [dict(zip(LANGUAGES, lines, strict=True)) for lines in zip(*told, strict=True)]


class Meaning:
    """One edit on its way into one language."""

    def __init__(self, revision: Revision, types: tuple[Types, Types], zone: str, language: Language) -> None:
        self.revision = revision
        self.types = types
        self.zone = zone
        self.language = language

    def say(self, key: str, **values: Any) -> str:
        """Return a phrase in this language."""
        return say(self.language, key, **values)

    def instead(self, key: str, new: str, old: str) -> str:
        """Return that something is one thing now and was another before."""
        return self.say("diff.instead", what=self.say(f"diff.{key}"), new=new, old=old)

    def lines(self) -> list[str]:
        """Return everything that changed."""
        old, new = self.revision.old, self.revision.new
        if old is None or new is None:
            rule = new or old
            assert rule is not None, "an edit has a rule before or after"
            key, types = ("diff.new", self.types[1]) if old is None else ("diff.gone", self.types[0])
            return [self.say(key, sentence=Wording(rule, types, self.zone, self.language).sentence())]
        found = [*self.sought(old, new), *self.settings(old, new), *self.asked(old, new)]
        if "depends" in self.revision.parts:
            found.append(self.say("diff.depends"))
        return found or [self.say("diff.notes")]

    # What is looked for -----------------------------------------------------------------------------------------------

    def sought(self, old: Rule, new: Rule) -> Iterator[str]:
        """Return what it looks for now: in figures where only they changed, else part by part, else as a whole."""
        words = (Wording(old, self.types[0], self.zone, self.language), Wording(new, self.types[1], self.zone, self.language))
        before, after = bounds_of(old.pattern), bounds_of(new.pattern)
        figures = before is not None and after is not None and type(old.pattern) is type(new.pattern)
        if figures and before is not None and after is not None:
            if before.leasts != after.leasts:
                yield self.number(old.pattern, new.pattern, words)
            if before.lengths != after.lengths:
                yield self.instead("within", self.length(new.pattern, words[1]), self.length(old.pattern, words[0]))
        yield from self.anchor(old, new, words)
        rest = with_bounds(old.pattern, after) if figures and after is not None else old.pattern
        if not same_pattern(rest, new.pattern):
            yield self.say("diff.sentence", new=words[1].sentence(), old=words[0].sentence())

    def anchor(self, old: Rule, new: Rule, words: tuple[Wording, Wording]) -> Iterator[str]:
        """Return what changed of the events that it begins with."""
        if old.anchor.events != new.anchor.events:
            shown = [
                self.say("or").join(word.titled(word.types.get(name), name) for name in rule.anchor.events)
                for rule, word in zip((old, new), words, strict=True)
            ]
            yield self.instead("event", shown[1], shown[0])
        if old.anchor.same != new.anchor.same:
            keys = [
                self.say("list").join(word.field(name) for name in rule.anchor.same) or self.say("diff.everything")
                for rule, word in zip((old, new), words, strict=True)
            ]
            yield self.instead("same", keys[1], keys[0])
        before, after = ([condition.text for condition in rule.anchor.conditions] for rule in (old, new))
        yield from (self.say("diff.if.added", condition=text) for text in after if text not in before)
        yield from (self.say("diff.if.gone", condition=text) for text in before if text not in after)

    def number(self, old: Pattern, new: Pattern, words: tuple[Wording, Wording]) -> str:
        """Return which number makes it fire now."""
        leasts = [getattr(pattern, "times" if isinstance(pattern, Rate) else "at_least") for pattern in (old, new)]
        if isinstance(new, Count) and new.different is None and all(len(one.entries) == 1 for one in leasts):
            nth = [self.nth(one.entries[0][1]) for one in leasts]
            return self.say("diff.nth", new=nth[1], old=nth[0])
        return self.instead("least", words[1].dated(leasts[1]), words[0].dated(leasts[0]))

    def nth(self, number: int) -> str:
        """Return a number as one of a row."""
        if self.language == "zh":
            return str(number)
        ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{ending}"

    def length(self, pattern: Any, word: Wording) -> str:
        """Return the length that a pattern looks over."""
        if isinstance(pattern, Rate):
            return word.length(pattern.per)
        return word.lengths(getattr(pattern.within, "length", pattern.within))

    # What is said of it -----------------------------------------------------------------------------------------------

    def settings(self, old: Rule, new: Rule) -> Iterator[str]:
        """Return what changed of the settings that are told as they are written."""
        if old.title.get(self.language) != new.title.get(self.language) or dict(old.title) != dict(new.title):
            yield self.instead("title", new.title[self.language], old.title[self.language])
        for name in SETTINGS:
            before, after = getattr(old, name), getattr(new, name)
            if before != after:
                yield self.instead(name, self.shown(after), self.shown(before))

    def asked(self, old: Rule, new: Rule) -> Iterator[str]:
        """Return what changed of the task."""
        for name in ASKED:
            before, after = getattr(old.ask, name), getattr(new.ask, name)
            if before != after:
                yield self.instead(name, self.shown(after), self.shown(before))

    def shown(self, value: Any) -> str:
        """Return a setting as people read it."""
        if value is None or value == ():
            return "—"
        if isinstance(value, tuple):
            return self.say("list").join(value)
        if isinstance(value, int):
            return show_instant(value, self.zone)[:16]
        if hasattr(value, "kind"):
            return f"{value.kind} {value.after}" if value.after is not None else str(value.kind)
        return self.say(value) if value in WORDS[self.language] and value in SHOWN else str(value)
