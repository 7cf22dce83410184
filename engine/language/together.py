"""What can only be seen of a rule together with the others, and with its tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.language.findings import FINDING
from engine.source import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from engine.language.rulebook import Rule
    from engine.language.testfile import RuleTest
    from engine.source import Document, Place

    Held = Mapping[str, tuple[Rule, Document]]

RUNS = {"shadow", "live"}


def check_together(held: Held, written: AbstractSet[str], tests: Iterable[RuleTest]) -> list[Problem]:
    """Return what is doubtful or wrong between the rules of a folder. `written` are the names of all, well written or not."""
    told = list(tests)
    return [*covering(held, written), *covered_in_shadow(held), *not_running(held), *alike(held), *untested(held, told)]


def covering(held: Held, written: AbstractSet[str]) -> list[Problem]:
    """Return problems with `covered_by`: no such rule, another key, a circle, a cover that is covered itself."""
    problems = []
    for rule, document in held.values():
        for name in rule.covered_by:
            other = held[name][0] if name in held else None
            way = covers(rule.name, [name], held)
            if other is None and name not in written:
                told = f"'covered_by' names '{name}', and there is no such rule{suggest(name, held)}"
            elif other is not None and other.anchor.same != rule.anchor.same:
                told = f"'{rule.name}' and '{name}' have different keys; one can cover the other only with the same 'same'"
            elif way:
                told = f"'{rule.name}' covers itself, by way of {' → '.join(way)}; no task would ever open"
            elif other is not None and other.covered_by:
                # What a task of the middle rule has lent would have to move whenever it comes or goes.
                told = f"'{name}' is covered itself; name {', '.join(other.covered_by)} here too, or leave it out"
            else:
                continue
            problems.append(Problem(place_of(document, name), "covered-by", told))
    return problems


def place_of(document: Document, name: str) -> Place:
    """Return where a rule file names a rule that covers it."""
    value = document.data["when"]["covered_by"]
    return document.place(("when", "covered_by", value.index(name)) if isinstance(value, list) else ("when", "covered_by"))


def covers(start: str, way: list[str], held: Held) -> list[str]:
    """Return the way by which a rule covers itself, one covering the next, or nothing."""
    if way[-1] == start:
        return way
    further = held[way[-1]][0].covered_by if way[-1] in held else ()
    return next((found for name in further if name not in way and (found := covers(start, [*way, name], held))), [])


def covered_in_shadow(held: Held) -> list[Problem]:
    """Return live rules that a shadow rule covers: while it holds, nobody is asked."""
    problems = []
    for rule, document in held.values():
        for name in rule.covered_by:
            if name in held and (rule.status, held[name][0].status) == ("live", "shadow"):
                told = f"this rule is live, but '{name}', which covers it, is shadow: what joins its task asks nobody"
                problems.append(Problem(place_of(document, name), "covered-in-shadow", told, "warning"))
    return problems


def not_running(held: Held) -> list[Problem]:
    """Return rules that run and count the findings of rules that do not."""
    problems = []
    for rule, document in held.values():
        events = {event for part in (rule.anchor, *rule.others) for event in part.events if event.startswith(FINDING)}
        counted = {event.removeprefix(FINDING) for event in events} & set(held)
        for name in sorted(counted) if rule.status in RUNS else ():
            if (status := held[name][0].status) not in RUNS:
                told = f"this rule is {rule.status}, but '{name}', whose findings it counts, is {status}: none will ever come"
                problems.append(Problem(document.place(("when", "event")), "not-running", told, "warning"))
    return problems


def alike(held: Held) -> list[Problem]:
    """Return rules that always fire together, because they look for the same."""
    seen: dict[str, str] = {}
    problems = []
    for rule, document in held.values():
        if rule.status == "retired":
            continue
        written = repr(plain(document.data["when"]))
        if written in seen:
            told = f"this rule looks for the same as '{seen[written]}', so the two always fire together"
            problems.append(Problem(document.key_place(("when",)), "same-when", told, "warning"))
        seen.setdefault(written, rule.name)
    return problems


def plain(value: Any) -> Any:
    """Return what was written, the order of settings left out."""
    if isinstance(value, dict):
        return sorted((name, plain(part)) for name, part in value.items())
    return [plain(part) for part in value] if isinstance(value, list) else " ".join(value.split())


def untested(held: Held, tests: list[RuleTest]) -> list[Problem]:
    """Return rules without a test that fires, or without one that stays quiet."""
    fires = {test.rule for test in tests if any(one.kind == "opened" for one in test.expect)}
    quiet = {test.rule for test in tests if not test.expect}
    problems = []
    for name, (rule, document) in held.items():
        if rule.status == "retired":
            continue
        file = f"{document.file.removesuffix('.yaml')}.test.yaml"
        if name not in fires:
            told = f"no test shows this rule firing; write one in {file}"
            problems.append(Problem(document.place(("rule",)), "no-test-fires", told, "warning"))
        if name not in quiet:
            told = f"no test shows this rule staying quiet; write a near miss with 'expect: nothing' in {file}"
            problems.append(Problem(document.place(("rule",)), "no-test-quiet", told, "warning"))
    return problems
