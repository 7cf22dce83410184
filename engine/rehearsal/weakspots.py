"""Weak spots: what could be changed in a rule without any of its stories noticing.

Each edit of a rule file is tried: the rule that it makes is run, straight, against the rule's stories. What no story notices is a hole,
and for each hole a story is looked for that would notice it (`engine.rehearsal.drafting`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from engine.language import edited, edits_of, read_rule
from engine.rehearsal.boundary import meaning
from engine.rehearsal.drafting import Drafting
from engine.rehearsal.gates import Gates
from engine.rehearsal.rehearsal import Stage, compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.language import Edit, Folder, Rule, Rulebook, RuleTest
    from engine.source import Document

#: How an edit ended: a story fails; none does; no history can tell; none does, and somebody wrote why that is well.
Verdict = Literal["noticed", "unnoticed", "equal", "accepted"]
ACCEPTED = re.compile(r"#\s*weak-ok\b:?\s*(.*)")


class Spot(NamedTuple):
    """One edit and how it ended: `by` names the story that noticed, `story` is one that would, `reason` why it need not."""

    rule: str
    file: str
    line: int
    column: int
    was: str
    now: str
    harm: int
    verdict: Verdict
    by: str = ""
    story: str = ""
    reason: str = ""

    def __str__(self) -> str:
        became = f"became '{self.now}'" if self.now else "were left out"
        return f"{self.file}:{self.line}:{self.column}: nothing would notice if '{self.was}' {became}"


@dataclass(frozen=True, slots=True)
class Trial:
    """One rule that an edit makes."""

    edit: Edit
    rule: Rule


class Probe:
    """One rule under test, with its stories. Raises `ValueError` where a story fails already: nothing can be learned then."""

    def __init__(self, folder: Folder, name: str) -> None:
        assert folder.rulebook is not None
        assert folder.basis is not None
        self.book: Rulebook = folder.rulebook
        self.basis = folder.basis
        self.rule = self.book.rules[name]
        self.document = folder.documents[self.rule.place.file]
        self.gates = Gates(self.book.catalogue)
        self.stories = [test for test in folder.tests if test.rule == name]
        failing = [test.name for test in self.stories if self.fails(self.book, test)]
        if failing:
            raise ValueError(f"{self.rule.place.file}: '{failing[0]}' fails already; mend the story or the rule first")
        usual = folder.documents.get(f"{self.document.file.removesuffix('.yaml')}.test.yaml")
        self.drafting = Drafting(self.book, self.stories, self.gates, usual_of(usual))
        self.reasons = reasons_in(self.document.text)

    @cached_property
    def trials(self) -> list[Trial]:
        """Return every edit of the rule that makes a rule, in the order of the file."""
        found: list[Trial] = []
        done: set[str] = set()
        for edit in edits_of(self.document, self.basis):
            if edit.group and edit.group in done:
                continue
            rule = self.made(edit)
            if rule is not None:
                done.add(edit.group)
                found.append(Trial(edit, rule))
        return found

    def made(self, edit: Edit) -> Rule | None:
        """Return the rule that an edit makes, or None where it makes none that could run beside the others."""
        document = replace(self.document, data=edited(self.document.data, edit))
        rule, _ = read_rule(document, self.basis)
        near = [one for one in self.book.rules.values() if one.name in self.rule.covered_by or self.rule.name in one.covered_by]
        return None if rule is None or any(one.anchor.same != rule.anchor.same for one in near) else rule

    def spots(self, trials: Sequence[Trial]) -> Iterator[Spot]:
        """Give how each edit ended."""
        for edit, rule in ((trial.edit, trial.rule) for trial in trials):
            yield self.spot(edit, rule)

    def spot(self, edit: Edit, rule: Rule) -> Spot:
        """Return how one edit ended."""
        place = edit.place
        found = Spot(self.rule.name, place.file, place.line, place.column, edit.was, edit.now, edit.harm, "unnoticed")
        if meaning(rule) == meaning(self.rule):
            return found._replace(verdict="equal", reason="it means the same")
        book = replace(self.book, rules={**self.book.rules, rule.name: rule})
        noticed = self.noticed(book)
        if noticed is not None:
            return found._replace(verdict="noticed", by=noticed.name)
        if place.line in self.reasons:
            return found._replace(verdict="accepted", reason=self.reasons[place.line])
        drafted = self.drafting.story(rule, book, edit)
        return found._replace(verdict="equal", reason=drafted.why) if drafted.why else found._replace(story=drafted.text)

    def noticed(self, book: Rulebook) -> RuleTest | None:
        """Return the story that fails with an edited rule. The one that noticed last is asked first: it often does again."""
        for number, test in enumerate(self.stories):
            if self.fails(book, test):
                self.stories.insert(0, self.stories.pop(number))
                return test
        return None

    def fails(self, book: Rulebook, test: RuleTest) -> bool:
        """Return whether a story fails, run straight."""
        stage = Stage(book, test, book.places, self.gates)
        events = stage.events()
        if isinstance(events, str):
            return True
        changes = stage.run(sorted(events, key=lambda pair: pair[0]))
        return bool(compare(test, [change for change in changes if change.change != "updated"], book.zone))


def share(spots: Sequence[Spot]) -> float:
    """Return the share of edits that are noticed, of those that could be."""
    counted = [spot for spot in spots if spot.verdict in {"noticed", "unnoticed"}]
    return sum(spot.verdict == "noticed" for spot in counted) / len(counted) if counted else 1.0


def worst_first(spots: Sequence[Spot]) -> list[Spot]:
    """Return what nothing notices, worst first."""
    holes = [spot for spot in spots if spot.verdict == "unnoticed"]
    return sorted(holes, key=lambda spot: (spot.harm, spot.file, spot.line, spot.column, spot.now))


def usual_of(document: Document | None) -> dict[str, dict[str, str]]:
    """Return what a test file says of events in general, as it is written."""
    usual = document.data.get("usual") if document is not None and isinstance(document.data, dict) else None
    return usual if isinstance(usual, dict) else {}


def reasons_in(text: str) -> dict[int, str]:
    """Return, by line, why no story need notice a change there: `# weak-ok: reason`, on the line or alone on the one above."""
    reasons = {}
    for number, line in enumerate(text.splitlines(), start=1):
        found = ACCEPTED.search(line)
        if found is not None and found[1].strip():
            reasons[number if line[: found.start()].strip() else number + 1] = found[1].strip()
    return reasons


def idle_reasons(text: str, spots: Sequence[Spot]) -> list[tuple[int, str]]:
    """Return the `weak-ok` comments of a rule file that accept nothing, by line, and why."""
    used = {spot.line for spot in spots if spot.verdict == "accepted"}
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        said = ACCEPTED.search(line)
        if said is not None and not said[1].strip():
            found.append((number, "has no reason, so it accepts nothing; write '# weak-ok: why no story need notice'"))
        elif said is not None and (number if line[: said.start()].strip() else number + 1) not in used:
            found.append((number, "accepts nothing: every change there is noticed, or means the same; take it away"))
    return found
