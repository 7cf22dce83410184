"""`*.test.yaml`: stories that a rule author tells about a rule, and what must come of them. Long: one reader, a method a setting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

from engine.calendar import parse_instant
from engine.language.askfile import SEVERITIES
from engine.language.cell import Misfit, cell
from engine.language.rulebook import Severity
from engine.language.rulesheet import shown
from engine.source import Document, Place, Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.events import EventType, Field
    from engine.language.basis import Basis

    Path = tuple[str | int, ...]

TOP = ("rule", "profiles", "usual", "tests")
TEST = ("test", "profiles", "events", "clock_runs_to", "expect")
EXPECTED = ("opened", "withdrawn", "ended", "same", "evidence", "say", "count", "severity", "to", "due")
KINDS = ("opened", "withdrawn", "ended")


@dataclass(frozen=True, slots=True)
class TestEvent:
    """One event of a story: a record in the catalogue's shape, when it happened and when it arrives."""

    record: dict[str, Any]
    at: int
    arrives: int


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that must come of a story; what is not written does not matter."""

    kind: str
    at: int
    same: Mapping[str, str]
    evidence: tuple[str, ...] | None
    say: str
    count: int | None
    place: Place
    severity: Severity | None = None
    to: str | None = None
    due: int | None = None


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One story: events in the order written, how far the clock runs after them, and everything that must come of it."""

    rule: str
    name: str
    events: tuple[TestEvent, ...]
    clock: int | None
    expect: tuple[Expectation, ...]
    place: Place
    #: under these profiles only; a story that names none holds wherever its rule has the numbers of its own file
    profiles: tuple[str, ...] = ()

    def in_calendar(self, calendar: str) -> RuleTest:
        """Return the story as it holds in a profile's own calendar: when a task is due was written for another one."""
        if not calendar or self.profiles:
            return self
        return replace(self, expect=tuple(replace(one, due=None) for one in self.expect))


def read_tests(
    document: Document, rules: Iterable[str], basis: Basis, profiles: Iterable[str] = ()
) -> tuple[list[RuleTest], list[Problem]]:
    """Return the stories of a test file and every problem with it. `rules`, well written or not, and `profiles` may be named."""
    reader = TestReader(document, basis, profiles)
    tests = reader.tests()
    name = document.data.get("rule") if isinstance(document.data, dict) else None
    if isinstance(name, str) and name not in (known := sorted(rules)):
        told = f"there is no rule '{shown(name)}'{suggest(name, known)}"
        return [], [*reader.problems, Problem(document.place(("rule",)), "unknown-rule", told)]
    return tests, reader.problems


class TestReader:
    """One pass over one test file."""

    __test__ = False

    def __init__(self, document: Document, basis: Basis, profiles: Iterable[str] = ()) -> None:
        self.document = document
        self.known = tuple(sorted(profiles))
        self.types: Mapping[str, EventType] = basis.types
        self.zone = basis.zone
        self.problems: list[Problem] = []
        #: what the whole file says
        self.everywhere: tuple[str, ...] = ()

    def say(self, path: Path, text: str, *, key: bool = False) -> None:
        """Note a problem."""
        place = self.document.key_place(path) if key else self.document.place(path)
        self.problems.append(Problem(place, "rule-test", text))

    def mapping(self, value: Any, path: Path, known: tuple[str, ...] | None, what: str) -> dict[str, Any]:
        """Return a mapping, its unknown keys noted."""
        if not isinstance(value, dict):
            self.say(path, f"{what} is written as lines of 'name: value'")
            return {}
        for name in value if known is not None else ():
            if name not in (known or ()):
                self.say((*path, name), f"there is no setting '{name}' in {what}{suggest(name, known or ())}", key=True)
        return value

    def sequence(self, value: Any, path: Path, what: str) -> list[Any]:
        """Return a list."""
        if isinstance(value, list):
            return value
        self.say(path, f"{what} is a list, each part beginning with '-'")
        return []

    def text(self, data: Mapping[str, Any], path: Path, name: str) -> str:
        """Return a text, or nothing."""
        value = data.get(name, "")
        if isinstance(value, str):
            return value
        self.say((*path, name), f"'{name}' wants one text")
        return ""

    def moment(self, value: Any, path: Path) -> int:
        """Return a time, in the project's zone unless an offset is written."""
        found = parse_instant(value, self.zone) if isinstance(value, str) else None
        if found is None:
            self.say(path, f"'{shown(value)}' is no time; write 2026-03-01 08:00")
        return found or 0

    def tests(self) -> list[RuleTest]:
        """Return every story of the file."""
        data = self.mapping(self.document.data, (), TOP, "a rule test file")
        for name in ("rule", "tests"):
            if name not in data and isinstance(self.document.data, dict):
                self.say((), f"'{name}' is missing")
        rule = self.text(data, (), "rule")
        usual = self.usual(data)
        self.everywhere = self.profiles(data, ())
        listed = self.sequence(data.get("tests", []), ("tests",), "'tests'")
        if "tests" in data and data["tests"] == []:
            self.say(("tests",), "there is no test yet; write at least one")
        tests = [self.test(rule, one, ("tests", number), usual) for number, one in enumerate(listed)]
        seen: set[str] = set()
        for test in tests:
            if test.name and test.name in seen:
                self.problems.append(Problem(test.place, "rule-test", f"there is a test '{shown(test.name)}' already"))
            seen.add(test.name)
        return tests

    def usual(self, data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Return what events usually say, by type, typed."""
        found = {}
        for name, value in self.mapping(data.get("usual", {}), ("usual",), None, "'usual'").items():
            if name not in self.types:
                self.say(("usual", name), f"there is no event '{shown(name)}'{suggest(name, self.types)}", key=True)
            else:
                found[name] = self.fields(value, ("usual", name), self.types[name])
        return found

    def fields(self, value: Any, path: Path, kind: EventType) -> dict[str, Any]:
        """Return the fields of an event as they stand in JSON."""
        record = {}
        for name, text in self.mapping(value, path, None, "an event").items():
            if name not in kind.fields:
                self.say((*path, name), f"there is no field '{shown(name)}' on {kind.name}{suggest(name, kind.fields)}", key=True)
            else:
                record[name] = self.typed(text, kind.fields[name], (*path, name))
        return record

    def test(self, rule: str, value: Any, path: Path, usual: Mapping[str, Any]) -> RuleTest:
        """Return one story."""
        one = self.mapping(value, path, TEST, "a test")
        for name in ("test", "events", "expect"):
            if name not in one and isinstance(value, dict):
                self.say(path, f"'{name}' is missing")
        listed = self.sequence(one.get("events", []), (*path, "events"), "'events'")
        events = tuple(self.event(each, (*path, "events", number), usual) for number, each in enumerate(listed))
        expect = one.get("expect", [])
        wanted = [] if expect == "nothing" else self.sequence(expect, (*path, "expect"), "'expect' ('nothing', or what must come of it)")
        if "expect" in one and expect == []:
            self.say((*path, "expect"), "'expect' is an empty list; write 'expect: nothing'")
        expectations = tuple(self.expectation(each, (*path, "expect", number)) for number, each in enumerate(wanted))
        profiles = self.profiles(one, path) or self.everywhere
        clock, place = self.clock(one, path, events), self.document.place(path)
        return RuleTest(rule, self.text(one, path, "test"), events, clock, expectations, place, profiles)

    def profiles(self, one: Mapping[str, Any], path: Path) -> tuple[str, ...]:
        """Return the profiles under which stories hold: one name, or a list."""
        if "profiles" not in one:
            return ()
        value = one["profiles"]
        listed = [value] if isinstance(value, str) else self.sequence(value, (*path, "profiles"), "'profiles'")
        for name in listed:
            if name not in self.known:
                self.say((*path, "profiles"), f"there is no profile '{shown(name)}'{suggest(shown(name), self.known)}")
        return tuple(name for name in listed if isinstance(name, str))

    def clock(self, one: Mapping[str, Any], path: Path, events: tuple[TestEvent, ...]) -> int | None:
        """Return how far the clock runs after the last event."""
        if "clock_runs_to" not in one:
            return None
        found = self.moment(one["clock_runs_to"], (*path, "clock_runs_to"))
        if events and found < max(event.arrives for event in events):
            self.say((*path, "clock_runs_to"), "the clock would run back: an event of this test arrives later")
        return found

    def event(self, value: Any, path: Path, usual: Mapping[str, Any]) -> TestEvent:
        """Return one event: its type is the one key beside `at` and `arrives`."""
        one = self.mapping(value, path, None, "an event")
        names = [name for name in one if name not in {"at", "arrives"}]
        if len(names) != 1 or names[0] not in self.types:
            name = shown(names[0]) if names else ""
            self.say(path, f"an event is written as {{at: …, event.name: {{…}}}}; there is no event '{name}'{suggest(name, self.types)}")
            return TestEvent({}, 0, 0)
        kind = self.types[names[0]]
        if "at" not in one:
            self.say(path, "'at' is missing; write when the event happens")
        at = self.moment(one["at"], (*path, "at")) if "at" in one else 0
        record: dict[str, Any] = {
            "type": kind.name,
            **usual.get(kind.name, {}),
            **self.fields(one[kind.name], (*path, kind.name), kind),
            kind.time: at // 1000 if kind.fields[kind.time].kind == "milliseconds" else iso(at),
        }
        arrives = at
        if "arrives" in one:  # then it is recorded, as a feed would, for conditions that ask when something was told
            arrives = self.moment(one["arrives"], (*path, "arrives"))
            record["arrived"] = iso(arrives)
        return TestEvent(record, at, arrives)

    def typed(self, value: Any, field: Field, path: Path) -> Any:
        """Return a value of a field as it stands in JSON."""
        if not isinstance(value, str):
            self.say(path, f"'{field.name}' wants one text")
            return None
        try:
            found = cell(value, field, self.zone)
        except Misfit as error:
            self.say(path, str(error))
            return None
        return iso(found) if field.kind == "time" else found // 1000 if field.kind == "milliseconds" else found

    def expectation(self, value: Any, path: Path) -> Expectation:
        """Return one expectation."""
        one = self.mapping(value, path, EXPECTED, "an expectation")
        kinds = [name for name in KINDS if name in one]
        if len(kinds) != 1:
            self.say(path, f"an expectation begins with one of {', '.join(KINDS)} and a time")
            return Expectation("opened", 0, {}, None, "", None, self.document.place(path))
        same = self.mapping(one.get("same", {}), (*path, "same"), None, "'same'")
        return Expectation(
            kind=kinds[0],
            at=self.moment(one[kinds[0]], (*path, kinds[0])),
            same={name: self.text(same, (*path, "same"), name) for name in same},
            evidence=self.evidence(one, path),
            say=self.text(one, path, "say"),
            count=self.count(one, path),
            place=self.document.place(path),
            severity=self.severity(one, path),
            to=self.text(one, path, "to") or None,
            due=self.moment(one["due"], (*path, "due")) if "due" in one else None,
        )

    def evidence(self, one: Mapping[str, Any], path: Path) -> tuple[str, ...] | None:
        """Return the ids that a task must have as its evidence."""
        if "evidence" not in one:
            return None
        listed = self.sequence(one["evidence"], (*path, "evidence"), "'evidence' (the ids of events)")
        for number, each in enumerate(listed):
            if not isinstance(each, str):
                self.say((*path, "evidence", number), "an id is one text")
        return tuple(each for each in listed if isinstance(each, str))

    def count(self, one: Mapping[str, Any], path: Path) -> int | None:
        """Return the count that a task must show."""
        value = one.get("count")
        if value is None or (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10):
            return None if value is None else int(value)
        self.say((*path, "count"), f"'{shown(value)}' is no whole number")
        return None

    def severity(self, one: Mapping[str, Any], path: Path) -> Severity | None:
        """Return the severity that a task must have, written in either language."""
        words: dict[str, Severity] = {**{word: word for word in get_args(Severity)}, **SEVERITIES}
        value = one.get("severity")
        if value is None or (isinstance(value, str) and value in words):
            return None if value is None else words[value]
        self.say((*path, "severity"), f"there is no severity '{shown(value)}'{suggest(shown(value), words)}")
        return None


def iso(at: int) -> str:
    """Return an instant as ISO 8601 in UTC."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).isoformat()
