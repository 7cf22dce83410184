"""A rule as one sentence in each language, worked out once when it is taken up, so that every task can carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.calendar import length_of, show_instant
from engine.language import Chosen, Count, Dated, FirstTime, Follow, Moment, Precede, Rate, Rule, Sequence, Single, Total, Year, lengths_in
from engine.watching.words import LANGUAGES, Language, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.calendar import Length
    from engine.events import EventType
    from engine.language import Alternative, Selection, Sift, Sliding


def in_words(rule: Rule, types: Mapping[str, EventType], zone: str) -> dict[str, str]:
    """Return what a rule looks for, by language. Conditions stand as they are written in the rule."""
    return {language: Wording(rule, types, zone, language).sentence() for language in LANGUAGES}


class Wording:
    """One rule on its way into one language."""

    def __init__(self, rule: Rule, types: Mapping[str, EventType], zone: str, language: Language) -> None:
        self.rule = rule
        self.types = types
        self.zone = zone
        self.language = language

    def say(self, key: str, **values: Any) -> str:
        """Return a phrase in this language."""
        return say(self.language, key, **values)

    def sentence(self) -> str:
        """Return the rule as a sentence."""
        key, values = self.pattern()
        told = self.say(f"rule.{key}", anchor=self.selection(self.rule.anchor), same=self.same(), **values)
        sift = getattr(self.rule.pattern, "sift", None)
        return self.sifted(told, sift) if sift else told

    def sifted(self, told: str, sift: Sift) -> str:
        """Return the sentence of a count that leaves some events out."""
        ends = self.selection(sift.ends) if sift.ends is not None else ""
        lasting = self.say("rule.lasting", length=self.length(sift.lasting), ends=ends) if sift.lasting is not None else ""
        apart = self.say("rule.apart", length=self.length(sift.apart)) if sift.apart is not None else ""
        return told + lasting + apart

    def pattern(self) -> tuple[str, dict[str, str]]:
        """Return which sentence it is, and what stands in it beside anchor and key."""
        match self.rule.pattern:
            case Count() | Total() as measure:
                return self.measure(measure)
            case Follow() | Precede() as relation:
                return self.relation(relation)
            case Sequence(steps=steps, within=within):
                told = self.say("then").join(self.selection(step) for step in steps)
                return "sequence", {"steps": told, "length": self.lengths(within)}
            case Rate() as rate:
                return self.rate(rate)
            case FirstTime(within=within):
                return "first", {"length": self.lengths(within)}
            case Single():
                return "single", {}

    def measure(self, measure: Count | Total) -> tuple[str, dict[str, str]]:
        """Return the sentence of something that is counted or added up."""
        if isinstance(measure, Count) and measure.alternatives:
            bounds = [self.bound(measure), *(self.bound(one) for one in measure.alternatives)]
            return "count.any", {"bounds": self.say("or").join(bounds)}
        values = {"least": self.dated(measure.at_least), "within": self.within(measure.within)}
        if isinstance(measure, Total):
            least = self.say("rule.more than" if measure.more_than else "rule.at least", value=values["least"])
            return measure.kind, values | {"field": self.field(measure.field), "least": least}
        return ("count", values) if measure.different is None else ("count.different", values | {"field": self.field(measure.different)})

    def relation(self, relation: Follow | Precede) -> tuple[str, dict[str, str]]:
        """Return the sentence of something that comes before or after, or does not."""
        values = {"other": self.listed(relation.others)}
        negated = ".not" if relation.negated else ""
        if isinstance(relation, Precede):
            length = self.lengths(relation.within)
            if relation.ahead:
                length = self.say("rule.ahead", ahead=self.length(length_of(relation.ahead)), length=length)
            return f"precede{negated}", values | {"length": length}
        if relation.until is not None:
            return f"until{negated}", values | {"due": self.due(relation.until, relation.shift)}
        length = self.lengths(relation.within)
        if relation.pauses:
            stops, runs = map(self.selection, relation.pauses)
            length = self.say("rule.paused", length=length, stops=stops, runs=runs)
        return f"follow{negated}", values | {"length": length}

    def due(self, field: str, shift: int) -> str:
        """Return a deadline that stands in the anchor."""
        key = "rule.due.before" if shift < 0 else "rule.due.after" if shift else "rule.due"
        length = self.length(length_of(abs(shift))) if shift else ""
        return self.say(key, field=self.field(field), length=length)

    def rate(self, rate: Rate) -> tuple[str, dict[str, str]]:
        """Return the sentence of a spike, with its floors where there are any."""
        values = {"times": self.dated(rate.times), "length": self.length(rate.per)}
        if (rate.usual_at_least, rate.now_at_least) == (1, 1):
            return "rate", values
        return "rate.floors", values | {"now": str(rate.now_at_least), "usual": str(rate.usual_at_least)}

    # Parts ------------------------------------------------------------------------------------------------------------

    def listed(self, selections: tuple[Selection, ...]) -> str:
        """Return alternatives."""
        return self.say("or").join(self.selection(one) for one in selections)

    def selection(self, selection: Selection) -> str:
        """Return which events are meant."""
        events = self.say("or").join(self.say("event", name=self.titled(self.types.get(name), name)) for name in selection.events)
        if selection.pair:
            fields = self.say("list").join(self.field(name) for name in selection.pair)
            events = self.say("rule.pair", event=events, fields=fields)
        if not selection.conditions:
            return events
        texts = [condition.text for condition in selection.conditions]
        if len(texts) > 1:
            texts = [f"({text})" if " or " in text else text for text in texts]
        conditions = self.say("and").join(texts)
        return self.say("rule.where", event=events, conditions=conditions)

    def same(self) -> str:
        """Return what events have in common."""
        fields = self.say("list").join(self.field(name) for name in self.rule.anchor.same)
        return self.say("rule.same", fields=fields) if fields else ""

    def field(self, name: str) -> str:
        """Return what a field of the anchor is called."""
        kind = self.types.get(self.rule.anchor.events[0])
        return self.titled(kind.fields.get(name) if kind else None, name)

    def titled(self, titled: Any, name: str) -> str:
        """Return the title of an event type or a field in this language, else its name."""
        return str(titled.title.get(self.language, name)) if titled is not None else name

    def bound(self, bound: Count | Alternative) -> str:
        """Return one of several bounds of a count."""
        return self.say("rule.count.bound", least=self.dated(bound.at_least), within=self.within(bound.within))

    def within(self, within: Sliding | Year | Moment) -> str:
        """Return a window."""
        if isinstance(within, Moment):
            ends = self.rule.others[0] if self.rule.others else None
            return self.say("rule.moment", ends=self.selection(ends) if ends is not None else "")
        if isinstance(within, Year):
            return self.say("rule.year", month=within.start_month)
        return self.say("rule.within", length=self.lengths(within.length))

    def lengths(self, lengths: Dated[Any]) -> str:
        """Return a length, with its dates where it changes, and the calendar that it is measured with."""
        told = self.dated(lengths)
        exact = all(one.exact for _, length in lengths.entries for one in lengths_in(length))
        if exact or self.rule.calendar_name is None:
            return told
        return self.say("rule.calendar", length=told, calendar=self.rule.calendar_name)

    def length(self, length: Length) -> str:
        """Return one length."""
        told = self.say(length.unit, amount=length.amount)
        return told[:-1] if self.language == "en" and length.amount == 1 else told

    def dated(self, dated: Dated[Any]) -> str:
        """Return a value, or each of its values with the day from which it holds."""
        entries = [(since, self.value(value)) for since, value in dated.entries]
        if len(entries) == 1:
            return entries[0][1]
        first, *others = entries
        later = [self.say("from", value=value, date=show_instant(since, self.zone)[:10]) for since, value in others]
        return self.say("list").join([first[1], *later])

    def value(self, value: Any) -> str:
        """Return a number or a length, or each length with what it holds for."""
        if isinstance(value, Chosen):
            return self.say("list").join(self.chosen(value))
        return f"{value:g}" if isinstance(value, int | float) else self.length(value)

    def chosen(self, chosen: Chosen) -> list[str]:
        """Return lengths by the values of a field."""
        field = self.field(chosen.field)
        told = [self.say("rule.by", field=field, value=value, length=self.value(part)) for value, part in chosen.lengths.items()]
        return told + ([self.say("rule.otherwise", length=self.value(chosen.otherwise))] if chosen.otherwise is not None else [])
