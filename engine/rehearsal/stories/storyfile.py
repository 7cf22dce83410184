"""`*.story.yaml`: read, with everything that is wrong at its place, all at once. Events are written as in rule tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from engine.calendar import Length, parse_length, show_instant
from engine.casework import CHECKS, NEEDS
from engine.rehearsal.stories.expectationfile import MOST, ExpectationReader
from engine.rehearsal.stories.story import Asked, Paper, Step, Story
from engine.source import read, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.calendar import Calendar
    from engine.language import Basis, TestEvent
    from engine.source import Problem

    Path = tuple[str | int, ...]

TOP: Final = ("story", "about", "live", "instead", "usual", "forms", "steps")
ASKED: Final = ("command", "by", "task", "role", "reason", "data", "form", "fields", "evidence", "files", "seen", "refused", "proposed")
PAPER: Final = ("name", "text", "classification", "note")
REPEATED: Final = ("repeat", "every")
CALENDAR: Final = ("name", "holidays", "extra_working_days")
#: What in the data of a command is a moment.
INSTANTS: Final = ("until", "remedy_due", "effective_at")


def read_story(text: str, file: str, basis: Basis, rules: Iterable[str]) -> tuple[Story | None, list[Problem]]:
    """Return a story, or every problem with it. `rules` are the names of the folder's rules."""
    document, problems = read(text, file)
    if document is None:
        return None, problems
    reader = StoryReader(document, basis, rules)
    story = reader.story()
    found = sorted({*problems, *reader.problems})
    return (None if found else story), found


class StoryReader(ExpectationReader):
    """One pass over one story file."""

    def __init__(self, document: Any, basis: Basis, rules: Iterable[str]) -> None:
        super().__init__(document, basis)
        self.basis = basis
        self.rules = sorted(rules)
        self.forms: Mapping[str, Any] = {}
        self.usually: dict[str, dict[str, Any]] = {}

    def story(self) -> Story:
        """Return the story; what could not be read of it has been noted."""
        data = self.mapping(self.document.data, (), TOP, "a story")
        for name in ("story", "steps"):
            if name not in data:
                self.say((), f"'{name}' is missing")
        self.usually = self.usual(data)
        self.forms = self.mapping(data.get("forms", {}), ("forms",), None, "'forms'")
        instead = self.mapping(data.get("instead", {}), ("instead",), None, "'instead'")
        listed = self.sequence(data.get("steps", []), ("steps",), "'steps'")
        steps = tuple(self.step(one, ("steps", number)) for number, one in enumerate(listed))
        self.in_order(steps)
        if not any(step.wanted or step.asked for step in steps):
            self.say(("steps",), "nothing is expected anywhere; write at least one 'expect'")
        live = self.live(data) if "live" in data else None
        places = {name: self.document.key_place(("instead", name)) for name in instead}
        return Story(self.text(data, (), "story"), self.document.file, self.document.place(()), live, instead, steps, places)

    def live(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the rules that a story is about."""
        listed = self.sequence(data["live"], ("live",), "'live'")
        for number, name in enumerate(listed):
            if name not in self.rules:
                self.say(("live", number), f"there is no rule '{name}'{suggest(str(name), self.rules)}")
        return tuple(name for name in listed if name in self.rules)

    def in_order(self, steps: tuple[Step, ...]) -> None:
        """Note a step before which the clock would have to run back."""
        reached = 0
        for number, step in enumerate(steps):
            if step.now < reached:
                self.say(("steps", number), f"the clock would run back: the step before it reaches {show_instant(reached, self.zone)}")
            reached = max([reached, step.now, *(event.arrives for event in step.events)])

    # Steps ------------------------------------------------------------------------------------------------------------

    def step(self, value: Any, path: Path) -> Step:
        """Return one step."""
        one = self.mapping(value, path, None, "a step")
        if "at" not in one:
            self.say(path, "'at' is missing; write when it happens")
        at = self.moment(one["at"], (*path, "at")) if "at" in one else 0
        rest = {name for name in one if name not in {"at", "arrives", "expect", *REPEATED}}
        task = one["task"] if isinstance(one.get("task"), str) else ""
        wanted = tuple(self.wanted(one["expect"], (*path, "expect"), task)) if "expect" in one else ()
        place = self.document.place(path)
        if "command" in one:
            return Step(at, place, asked=self.asked(one, path), wanted=wanted)
        if "calendar" in one:
            return Step(at, place, calendar=self.calendar(one, path), wanted=wanted)
        if not rest and "expect" in one:
            return Step(at, place, wanted=wanted)
        events = tuple(self.events(one, path))
        return Step(events[0].arrives if events else at, place, events, wanted=wanted)

    def events(self, one: Mapping[str, Any], path: Path) -> Iterator[TestEvent]:
        """Give the event of a step, or as many like it as `repeat` says: `{n}` counts them, a list of values is gone through in turn."""
        told = {name: value for name, value in one.items() if name not in {"expect", *REPEATED}}
        times, every = self.repetition(one, path)
        if times is None:
            yield self.event(told, path, self.usually)
            return
        began = self.moment(one["at"], (*path, "at")) if "at" in one else 0
        for number in range(1, times + 1):
            at = show_instant(began + (number - 1) * every, self.zone)
            yield self.event({**filled(told, number), "at": at}, path, self.usually)

    def repetition(self, one: Mapping[str, Any], path: Path) -> tuple[int | None, int]:
        """Return how often an event comes, None for once, and how long after the one before."""
        if "repeat" not in one:
            if "every" in one:
                self.say((*path, "every"), "'every' goes with 'repeat'", key=True)
            return None, 0
        times = self.whole(one["repeat"], (*path, "repeat"), 1, MOST)
        length = parse_length(str(one.get("every", "0 seconds")))
        if not isinstance(length, Length) or not length.exact:
            self.say((*path, "every"), "write how long after the one before each comes, such as '1 second'")
            return times, 0
        return times, length.micros

    def calendar(self, one: Mapping[str, Any], path: Path) -> Calendar | None:
        """Return the calendar that holds from a step on: the usual one, with some days otherwise."""
        here = (*path, "calendar")
        said = self.mapping(one["calendar"], here, CALENDAR, "a change of the calendar")
        names = self.basis.calendars
        name = self.text(said, here, "name") or self.basis.default_calendar or (next(iter(names)) if len(names) == 1 else "")
        if name not in names:
            self.say(here, f"there is no calendar '{name}'{suggest(str(name), names)}")
            return None
        old = names[name]
        off = dict(self.days(said, "holidays", here))
        worked = dict(self.days(said, "extra_working_days", here))
        holidays = {day: why for day, why in {**old.holidays, **off}.items() if day not in worked}
        extra = {day: why for day, why in {**old.extra_working_days, **worked}.items() if day not in off}
        return replace(old, holidays=holidays, extra_working_days=extra)

    def days(self, said: Mapping[str, Any], name: str, path: Path) -> Iterator[tuple[date, str]]:
        """Give the days of a list, each with its reason."""
        for text, why in self.mapping(said.get(name, {}), (*path, name), None, f"'{name}'").items():
            try:
                yield date.fromisoformat(text), str(why)
            except ValueError:
                self.say((*path, name, text), f"'{text}' is no date; write 2026-03-20", key=True)

    # Commands ---------------------------------------------------------------------------------------------------------

    def asked(self, one: Mapping[str, Any], path: Path) -> Asked:
        """Return a command."""
        self.mapping(dict(one), path, (*ASKED, "at", "expect"), "a command")
        command = self.text(one, path, "command")
        if command not in NEEDS:
            self.say((*path, "command"), f"there is no command '{command}'{suggest(command, NEEDS)}")
        for name in ("by", "task"):
            if name not in one:
                self.say(path, f"'{name}' is missing")
        data = self.data(one, path)
        fields = self.fields_of(one, path)
        if command == "reject" and "fields" in one:
            data, fields = {**data, "fields": fields}, {}
        return Asked(
            command=command,
            task=self.text(one, path, "task"),
            by=self.text(one, path, "by"),
            place=self.document.place(path),
            role=self.text(one, path, "role"),
            reason=self.text(one, path, "reason"),
            data=data,
            fields=fields,
            evidence=self.evidence(one, path) or (),
            papers=tuple(self.papers(one, path)),
            seen=self.moment(one["seen"], (*path, "seen")) if "seen" in one else None,
            refused=self.text(one, path, "refused"),
            proposed=self.yes(one, path, "proposed"),
        )

    def data(self, one: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """Return what belongs to a command, its moments read."""
        said = dict(self.mapping(one.get("data", {}), (*path, "data"), None, "'data'"))
        for name in INSTANTS:
            if name in said:
                said[name] = self.moment(said[name], (*path, "data", name))
        return {name: value == "yes" if value in ("yes", "no") else value for name, value in said.items()}

    def fields_of(self, one: Mapping[str, Any], path: Path) -> Any:
        """Return what is written into the form: forms of the story's head, one over the other, and on top what the step says."""
        said = one.get("fields", {})
        if isinstance(said, list) and one.get("command") == "reject":
            return said
        fields: dict[str, Any] = {}
        forms = one.get("form", [])
        for form in [forms] if isinstance(forms, str) else self.sequence(forms, (*path, "form"), "'form'"):
            if not isinstance(form, str) or form not in self.forms:
                self.say((*path, "form"), f"there is no form '{form}'{suggest(str(form), self.forms)}; write it under 'forms' at the top")
                continue
            fields |= self.mapping(self.forms[form], ("forms", form), None, "a form")
        fields |= self.mapping(said, (*path, "fields"), None, "'fields'")
        overruled = fields.get("overruled")
        for name in overruled if isinstance(overruled, dict) else ():
            if name not in CHECKS:
                self.say((*path, "fields", "overruled", name), f"there is no check '{name}'{suggest(name, CHECKS)}", key=True)
        return fields

    def papers(self, one: Mapping[str, Any], path: Path) -> Iterator[Paper]:
        """Give the files of a command."""
        for number, each in enumerate(self.sequence(one.get("files", []), (*path, "files"), "'files'")):
            here = (*path, "files", number)
            said = self.mapping(each, here, PAPER, "a file")
            for name in ("name", "text"):
                if not said.get(name):
                    self.say(here, f"'{name}' is missing")
            held = {name: self.text(said, here, name) for name in PAPER if name in said}
            yield Paper(**{"name": "", "text": "", **held})

    def yes(self, one: Mapping[str, Any], path: Path, name: str) -> bool:
        """Return whether something is said to be so."""
        value = one.get(name, "no")
        if value not in ("yes", "no"):
            self.say((*path, name), f"'{name}' is 'yes' or 'no'")
        return bool(value == "yes")


def filled(value: Any, number: int) -> Any:
    """Return the values of the `number`-th repetition."""
    if isinstance(value, dict):
        return {name: filled(one, number) for name, one in value.items()}
    if isinstance(value, list):
        return filled(value[(number - 1) % len(value)], number) if value else ""
    return value.replace("{n}", str(number)) if isinstance(value, str) else value
