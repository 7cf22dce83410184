"""The judge of what units hand in: the form's own checks, with what is known of the task. Casework asks it before anything moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec.structs import replace

from engine.casework.attendance import named, ranks
from engine.casework.explanation import About, check
from engine.casework.prefill import OF_OUTAGES, TELLS
from engine.casework.reading import text_of
from engine.casework.remedy import check_remedy, is_met

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from engine.casework.effect import Effect
    from engine.casework.fault import Fault
    from engine.casework.hours import Calendars
    from engine.casework.parameters import Profile
    from engine.casework.people import People
    from engine.casework.prefill import Fact
    from engine.casework.task import Task

STARTS = frozenset(TELLS["start"])


def no_facts(_: Task) -> Sequence[Fact]:
    """Return that nothing is known beyond what the form says."""
    return ()


def no_plan(_: Task) -> Mapping[str, Any]:
    """Return that no explanation was accepted."""
    return {}


def not_measured(_: Task, __: Mapping[str, Any], ___: int) -> Effect | None:
    """Return that nothing was measured."""
    return None


class Known(NamedTuple):
    """Where the judge learns of a task: the events about it and its object, the explanation that was accepted, the value of its metric.

    What depends on something that is not known is not checked.
    """

    facts: Callable[[Task], Sequence[Fact]] = no_facts
    plan: Callable[[Task], Mapping[str, Any]] = no_plan
    measured: Callable[[Task, Mapping[str, Any], int], Effect | None] = not_measured


NOTHING: Final = Known()


class FormJudge:
    """Judges explanations by the form of their level, remedies by the plan, and the effect by what was measured."""

    def __init__(self, profile: Profile, calendars: Calendars, people: People, zone: str, known: Known = NOTHING) -> None:
        self.profile = profile
        self.calendars = calendars
        self.people = people
        self.zone = zone
        self.known = known
        self._measured: tuple[tuple[str, int, int], dict[str, Any]] = (("", 0, 0), {})

    def explanation(self, task: Task, fields: Mapping[str, Any], evidence: Sequence[str]) -> Sequence[Fault]:
        """Return what keeps an explanation from being complete at the task's level."""
        said = fields.get("overruled")
        claims = {name: value for name, value in fields.items() if name != "overruled"}
        about = self.about(task, evidence, set(names_in(fields)))
        systemic = claims.get("systemic")
        there = named(systemic.get("attendees")) if isinstance(systemic, dict) else frozenset()
        about = replace(about, ranks=ranks(task, there, self.profile.ladder, self.people))
        return check(claims, task.level, about, said if isinstance(said, dict) else {})

    def remedy(self, task: Task, fields: Mapping[str, Any], evidence: Sequence[str]) -> Sequence[Fault]:
        """Return what keeps a remedy from being done: actions without a result or without evidence."""
        actions = self.known.plan(task).get("actions")
        known = [row for row in actions if isinstance(row, dict)] if isinstance(actions, list) else []
        return check_remedy(fields, known, self.about(task, (*task.evidence, *evidence), set()))

    def is_effective(self, task: Task, at: int) -> bool:
        """Return whether the measure that the plan named was met when the watch ended; true where it named none, or none was taken."""
        return bool(self.effect(task, at).get("met", True))

    def effect(self, task: Task, at: int) -> dict[str, Any]:
        """Return what was measured of a remedy, beside what the plan promised; nothing where it promised or measured nothing.

        Asked twice about one moment it measures once: the guard asks, and then the entry that says what came of it.
        """
        asked = (task.id, task.seq, at)
        if self._measured[0] != asked:
            self._measured = (asked, self._measure(task, at))
        return self._measured[1]

    def _measure(self, task: Task, at: int) -> dict[str, Any]:
        criterion = self.known.plan(task).get("effectiveness")
        found = self.known.measured(task, criterion, at) if isinstance(criterion, dict) else None
        if not isinstance(criterion, dict) or found is None:
            return {}
        promised = {name: text_of(criterion.get(name, "")) for name in ("metric", "baseline", "target", "window")}
        return {**promised, "value": found.value, "before": found.before, "met": is_met(criterion, found.value)}

    def about(self, task: Task, evidence: Sequence[str], named: set[str]) -> About:
        """Return what is known of a task; of the people that a form names, those whom the organisation knows."""
        facts = self.known.facts(task)
        kinds = {one.event for one in facts}
        limits = self.profile.parameters(task.severity)
        anchor = task.issued_at if task.issued_at is not None else task.opened_at
        return About(
            zone=self.zone,
            has_complaint=any(kind.startswith("complaint.") for kind in kinds),
            owes_remedy=limits.owes_remedy or task.owes_remedy,
            is_outage=any(kind.startswith("outage.") for kind in kinds) or bool(kinds & {TELLS[one][0] for one in OF_OUTAGES}),
            occurrences=max(1, sum(one.event in STARTS and one.because is None for one in facts)),
            latest_due=self.calendars.deadline(anchor, limits.remedy_at_most).at,
            evidence=frozenset(name for name in evidence if task.evidence.get(name) != "withdrawn"),
            people=frozenset(name for name in named if self.people.known(name, task.at)),
        )


def names_in(value: object) -> Iterator[str]:
    """Return every short text in what was handed in: a person, if the organisation knows one by it."""
    if isinstance(value, dict):
        for one in value.values():
            yield from names_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from names_in(one)
    elif isinstance(value, str) and 0 < len(value) <= 100:
        yield value.strip()
