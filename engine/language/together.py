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
    from engine.source import Document

    Held = Mapping[str, tuple[Rule, Document]]

RUNS = {"shadow", "live"}


def check_together(held: Held, written: AbstractSet[str], tests: Iterable[RuleTest]) -> list[Problem]:
    """Return what is doubtful or wrong between the rules of a folder. `written` are the names of all, well written or not."""
    told = list(tests)
    return [*covering(held, written), *covered_in_shadow(held), *not_running(held), *alike(held), *untested(held, told)]


def covering(held: Held, written: AbstractSet[str]) -> list[Problem]:
    """Return problems with `covered_by`: no such rule, another key, a circle."""
    problems = []
    for rule, document in held.values():
        if rule.covered_by is None or rule.covered_by in written - set(held):
            continue
        place = document.place(("when", "covered_by"))
        other = held[rule.covered_by][0] if rule.covered_by in held else None
        if other is None:
            told = f"'covered_by' names '{rule.covered_by}', and there is no such rule{suggest(rule.covered_by, held)}"
        elif other.anchor.same != rule.anchor.same:
            told = f"'{rule.name}' and '{other.name}' have different keys; one can cover the other only with the same 'same'"
        elif rule.name in covers(rule, held):
            told = f"'{rule.name}' covers itself, by way of {' → '.join(covers(rule, held))}; no task would ever open"
        else:
            continue
        problems.append(Problem(place, "covered-by", told))
    return problems


def covers(rule: Rule, held: Held) -> list[str]:
    """Return the rules that cover a rule, one covering the next, up to the first that comes again."""
    way: list[str] = []
    name = rule.covered_by
    while name is not None and name in held and name not in way:
        way.append(name)
        name = held[name][0].covered_by
    return way


def covered_in_shadow(held: Held) -> list[Problem]:
    """Return live rules that a shadow rule covers: while it holds, nobody is asked."""
    problems = []
    for rule, document in held.values():
        other = held[rule.covered_by][0] if rule.covered_by in held and rule.covered_by is not None else None
        if other is not None and (rule.status, other.status) == ("live", "shadow"):
            told = f"this rule is live, but '{other.name}', which covers it, is shadow: what joins its task asks nobody"
            problems.append(Problem(document.place(("when", "covered_by")), "covered-in-shadow", told, "warning"))
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
