"""A first test file for a rule: it fires, it nearly fires, it stands exactly at the edge. The author goes on from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.calendar import deadline, parse_instant, show_instant, year_bounds
from engine.language import Chosen, Count, Follow, Single, Sliding, Year, satisfying
from engine.source import scalar
from engine.watching import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.calendar import Length
    from engine.events import EventType, Field
    from engine.language import Condition, Rule, Rulebook, Selection
    from engine.watching import Language

SECOND = 1_000_000
MINUTE = 60 * SECOND
#: Stories begin on a working morning.
MORNING = "2026-03-02 08:00"


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a story: when, which part of the rule means it, and what it says beside the usual."""

    at: int
    part: Selection
    says: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """A story on its way to the file; `opened` is when a task must open, None where nothing may come of it."""

    name: str
    events: Sequence[Told]
    opened: int | None = None
    clock: int | None = None


def draft_stories(rule: Rule, book: Rulebook, languages: Sequence[Language]) -> str:
    """Return a test file for a rule that counts, misses something, or looks at single events. ValueError for any other."""
    return Skeleton(rule, book, languages).text()


class Skeleton:
    """The stories of one rule, being drafted."""

    def __init__(self, rule: Rule, book: Rulebook, languages: Sequence[Language]) -> None:
        self.rule = rule
        self.types = book.catalogue.types
        self.zone = book.zone
        self.languages = languages
        self.start = parse_instant(MORNING, self.zone) or 0
        self.usual = {part.events[0]: self.usual_of(part) for part in (*rule.others[:1], rule.anchor)}

    # What events say --------------------------------------------------------------------------------------------------

    def usual_of(self, part: Selection) -> dict[str, Any]:
        """Return what an event of a part says, so that its conditions hold, beside its time and its id."""
        kind = self.types[part.events[0]]
        plain = {one.name: sample(one) for one in kind.fields.values() if one.required or one.name in part.same}
        plain |= satisfying(part.conditions, self.typed(plain, kind)) or {}
        return {name: value for name, value in plain.items() if name != kind.time and name not in kind.id and value is not None}

    def typed(self, plain: Mapping[str, Any], kind: EventType) -> dict[str, Any]:
        """Return the values as conditions see them: times as instants."""
        return {name: self.start if kind.fields[name].kind in ("time", "milliseconds") else value for name, value in plain.items()}

    def told(self, at: int, part: Selection, number: int, says: Mapping[str, Any] | None = None, *, key: int = 1) -> Told:
        """Return an event with an id of its own; `key` 2 belongs to another key."""
        kind = self.types[part.events[0]]
        ids = {name: sample(kind.fields[name], number) for name in kind.id if name != kind.time}
        keys = {name: sample(kind.fields[name], key) for name in part.same if key != 1 or name in kind.id}
        return Told(at, part, {**ids, **keys, **(says or {})})

    # The stories ------------------------------------------------------------------------------------------------------

    def stories(self) -> Iterator[Story]:
        """Give every story."""
        match self.rule.pattern:
            case Count(within=Sliding() | Year(), alternatives=()) as count if not count.sift:
                yield from self.counted(count)
            case Follow(negated=True, until=None) as follow:
                yield from self.missed(follow)
            case Single():
                yield Story(self.say("story.single"), [self.told(self.start, self.rule.anchor, 1)], opened=self.start)
            case _:
                raise ValueError(f"no stories are drafted for {self.rule.name}: they are for plain counts, absences and single events")
        yield from self.unmet()

    def counted(self, count: Count) -> Iterator[Story]:
        """Give the stories of a count: reached, not reached, at both sides of the window's edge, and another key."""
        least = count.at_least.entries[-1][1]
        length = count.within.length.entries[-1][1] if isinstance(count.within, Sliding) else None
        first, last = self.window(count)
        near = [first + (last - first) // (2 * least) // MINUTE * MINUTE * step for step in range(least)]
        yield Story(self.say("story.count", count=least), self.row(near, count), opened=near[-1])
        if least == 1:
            return
        yield Story(self.say("story.fewer", count=least - 1), self.row(near[:-1], count))
        edge = [first + (last - first) * step // (least - 1) // SECOND * SECOND for step in range(least)]
        told = self.span(length) if length else self.say("story.year")
        yield Story(self.say("story.edge", within=told), self.row(edge, count), opened=edge[-1])
        beyond = [*edge[:-1], edge[-1] + SECOND]
        yield Story(self.say("story.beyond", within=told), self.row(beyond, count))
        if self.rule.anchor.same:
            other = self.told(near[-1], self.rule.anchor, least, self.varied(count, least), key=2)
            yield Story(self.say("story.other key", about=self.titles(self.rule.anchor.same)), [*self.row(near[:-1], count), other])
        if count.different and count.different not in self.kind.id:
            same = [self.told(at, self.rule.anchor, number) for number, at in enumerate(near, 1)]
            yield Story(self.say("story.alike", field=self.titles([count.different])), same)

    def window(self, count: Count) -> tuple[int, int]:
        """Return the first and the last moment that belong together."""
        if isinstance(count.within, Sliding):
            return self.start, self.start + count.within.length.entries[-1][1].micros
        assert isinstance(count.within, Year), "no stories are drafted for what stands at one moment"
        first, end = year_bounds(self.start, count.within.start_month, count.within.zone)
        return first, end - SECOND

    def row(self, times: Iterable[int], count: Count) -> list[Told]:
        """Return anchors at some times, different in the field whose values are counted."""
        return [self.told(at, self.rule.anchor, number, self.varied(count, number)) for number, at in enumerate(times, 1)]

    def varied(self, count: Count, number: int) -> dict[str, Any]:
        """Return the value that makes an anchor count for itself."""
        return {count.different: sample(self.kind.fields[count.different], number)} if count.different else {}

    def missed(self, follow: Follow) -> Iterator[Story]:
        """Give the stories of an absence: nothing comes, it comes exactly in time, a second too late, or for another key."""
        rule, other = self.rule, follow.others[0]
        anchor = self.told(self.start, rule.anchor, 1)
        due = self.due(follow)
        late = max(self.types[name].late_by for part in (rule.anchor, *follow.others) for name in part.events)
        clock = due + late + MINUTE
        named = {"other": self.title_of(other.events[0])}
        yield Story(self.say("story.missed", **named), [anchor], opened=due, clock=clock)
        yield Story(self.say("story.in time", **named), [anchor, self.told(due, other, 2)], clock=clock)
        yield Story(self.say("story.too late", **named), [anchor, self.told(due + SECOND, other, 2)], opened=due, clock=clock)
        if other.same:
            told = self.say("story.other's", about=self.titles(other.same), **named)
            yield Story(told, [anchor, self.told(self.start + MINUTE, other, 2, key=2)], opened=due, clock=clock)

    def due(self, follow: Follow) -> int:
        """Return the deadline of the stories' anchor."""
        match follow.within.entries[-1][1]:
            case Chosen():
                raise ValueError(f"no stories are drafted for {self.rule.name}: its limit depends on the event")
            case length:
                return deadline(self.start, length, self.rule.calendar, self.zone).at

    def unmet(self) -> Iterator[Story]:
        """Give a story for each condition of the anchor: all is as usual, but it does not hold."""
        rule, kind = self.rule, self.kind
        times, clock = self.firing()
        for condition in rule.anchor.conditions:
            says = self.failing(condition, kind)
            if says is not None:
                events = [self.told(at, rule.anchor, number, {**self.count_of(number), **says}) for number, at in enumerate(times, 1)]
                yield Story(self.say("story.unmet", condition=condition.text), events, clock=clock)

    def failing(self, condition: Condition, kind: EventType) -> dict[str, Any] | None:
        """Return what an anchor says so that one condition does not hold, if values for that can be found and written."""
        conditions = self.rule.anchor.conditions
        says = satisfying(conditions, self.typed(self.usual[kind.name], kind), failing=condition)
        return None if says is None or None in says.values() else says

    def firing(self) -> tuple[list[int], int | None]:
        """Return the times of anchors that would fire, and how far the clock runs after them."""
        match self.rule.pattern:
            case Count(at_least=least) as count:
                first, last = self.window(count)
                number = least.entries[-1][1]
                return [first + (last - first) // (2 * number) // MINUTE * MINUTE * step for step in range(number)], None
            case Follow() as follow:
                return [self.start], self.due(follow) + max(one.late_by for one in self.types.values()) + MINUTE
            case _:
                return [self.start], None

    def count_of(self, number: int) -> dict[str, Any]:
        """Return what makes an anchor count for itself."""
        return self.varied(self.rule.pattern, number) if isinstance(self.rule.pattern, Count) else {}

    @property
    def kind(self) -> EventType:
        """Return the type of the anchor."""
        return self.types[self.rule.anchor.events[0]]

    # Words ------------------------------------------------------------------------------------------------------------

    def say(self, key: str, **values: Any) -> str:
        """Return a phrase in the languages asked for."""
        told = {
            language: {name: value[language] if isinstance(value, dict) else value for name, value in values.items()}
            for language in self.languages
        }
        return " / ".join(dict.fromkeys(say(language, key, **told[language]) for language in self.languages))

    def span(self, length: Length) -> dict[str, str]:
        """Return a length in words, by language."""
        return {language: say(language, length.unit, amount=length.amount) for language in self.languages}

    def titles(self, fields: Iterable[str]) -> dict[str, str]:
        """Return what fields are called, by language."""
        named = [self.kind.fields[name].title if name in self.kind.fields else {} for name in fields]
        return {
            language: ", ".join(title.get(language, name) for title, name in zip(named, fields, strict=True)) for language in self.languages
        }

    def title_of(self, event: str) -> dict[str, str]:
        """Return what an event is called, by language."""
        return {language: self.types[event].title.get(language, event) for language in self.languages}

    # The file ---------------------------------------------------------------------------------------------------------

    def text(self) -> str:
        """Return the file."""
        lines = [f"rule: {self.rule.name}", "", "usual:"]
        lines += [f"  {name}: {self.flow(says, self.types[name])}" for name, says in self.usual.items()]
        lines += ["", "tests:"]
        for story in self.stories():
            lines += [*self.story(story), ""]
        return "\n".join(lines)

    def story(self, story: Story) -> Iterator[str]:
        """Give the lines of one story."""
        yield f"  - test: {scalar(story.name)}"
        yield "    events:"
        for told in story.events:
            kind = self.types[told.part.events[0]]
            yield f"      - {{at: {self.time(told.at)}, {kind.name}: {self.flow(told.says, kind)}}}"
        if story.clock is not None:
            yield f"    clock_runs_to: {self.time(story.clock)}"
        if story.opened is None:
            yield "    expect: nothing"
        else:
            yield "    expect:"
            yield f"      - {{opened: {self.time(story.opened)}}}"

    def flow(self, says: Mapping[str, Any], kind: EventType) -> str:
        """Return what an event says, in one line."""
        return "{" + ", ".join(f"{name}: {self.written(value, kind.fields[name])}" for name, value in says.items()) + "}"

    def written(self, value: Any, field: Field) -> str:
        """Return a value as a rule author writes it."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if field.kind in ("time", "milliseconds"):
            return self.time(value)
        return scalar(value) if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)

    def time(self, at: int) -> str:
        """Return a moment as a rule author writes it."""
        return show_instant(at, self.zone)


def sample(field: Field, number: int = 1) -> Any:
    """Return some value of a field; another number gives another value wherever the field has several."""
    match field.kind:
        case "one of":
            return field.choices[(number - 1) % len(field.choices)]
        case "yes/no":
            return number % 2 == 0
        case "whole number" | "number" | "time" | "milliseconds":
            return number
        case _:
            words = field.name.removesuffix("_id").split("_")
            short = "".join(word[0] for word in words) if len(words) > 1 or field.name.endswith("_id") else words[0][:2]
            return f"{short.upper()}-{number}"
