"""Why a task exists, put together from its changes: what the verdict kept is shown, and nothing is worked out again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from engine.watching.finding import Addressee, Because, Change, Counted, InWords

if TYPE_CHECKING:
    from collections.abc import Iterable


class Step(msgspec.Struct, omit_defaults=True):
    """One thing that was said of the task."""

    change: str
    at: datetime
    decided_at: datetime
    evidence: list[str] = []
    evidence_removed: list[str] = []
    count: int | None = None
    value: float | None = None
    #: the late event that caused it
    late: str | None = None
    #: the rule whose finding was taken in, or which took this one in
    covered: str | None = None
    replaces: str | None = None
    #: what an edit of the rule has to do with it
    edit: str | None = None


class Explanation(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A task as it stands after all of its changes, with everything that explains it."""

    task_id: str
    rule: str
    rule_version: str
    status: str
    state: Literal["standing", "at once over", "ended", "withdrawn"]
    severity: str
    say: str
    key: dict[str, str]
    to: Addressee
    at: datetime
    decided_at: datetime
    due: datetime
    until: datetime | None = None
    count: int | None = None
    value: float | None = None
    in_words: InWords | None = None
    counted: list[Counted] = []
    #: evidence whose values no change has kept
    unseen: list[str] = []
    not_counted: list[Counted] = []
    removed: list[str] = []
    settled: datetime | None = None
    provisional: bool = False
    without: list[str] = []
    history: list[Step] = []


def explained(changes: Iterable[Change]) -> Explanation | None:
    """Return what the changes of one task come to, in their order, or None where there are none."""
    told: Explanation | None = None
    for change in changes:
        if told is None or change.change == "opened":
            told = begun(change, told)
        follow(told, change)
    return told


def begun(change: Change, before: Explanation | None) -> Explanation:
    """Return the task at its opening; what was said of it before stays in its history."""
    because = change.because or Because()
    return Explanation(
        task_id=change.task_id,
        rule=change.rule,
        rule_version=change.rule_version,
        status=change.status,
        state=state_of(because.rule),
        severity=change.severity,
        say=change.say,
        key=change.key,
        to=change.to,
        at=change.at,
        decided_at=change.decided_at,
        due=change.due,
        in_words=because.rule,
        not_counted=because.not_counted,
        settled=because.settled,
        provisional=because.provisional,
        without=because.without,
        history=[] if before is None else before.history,
    )


def state_of(rule: InWords | None) -> Literal["standing", "at once over"]:
    """Return how a task stands that nothing has ended: what is over the moment it is found has no end to wait for."""
    return "standing" if rule is None or rule.lasts else "at once over"


def follow(told: Explanation, change: Change) -> None:
    """Have a task stand as it does after one more change."""
    because = change.because or Because()
    if change.change in {"ended", "withdrawn"}:
        told.state = "ended" if change.change == "ended" else "withdrawn"
        told.until = change.at if change.change == "ended" else None
    else:
        told.state, told.until = state_of(told.in_words), None
        told.say, told.due = change.say, change.due
        gather(told, change, because)
    told.count = change.count if change.count is not None else told.count
    told.value = change.value if change.value is not None else told.value
    told.history.append(
        Step(
            change=change.change,
            at=change.at,
            decided_at=change.decided_at,
            evidence=change.evidence,
            evidence_removed=change.evidence_removed,
            count=change.count,
            value=change.value,
            late=because.late,
            covered=because.covered,
            replaces=change.replaces,
            edit=because.edit,
        )
    )


def gather(told: Explanation, change: Change, because: Because) -> None:
    """Add the evidence of a change, and take away what a late fact took away."""
    gone = set(change.evidence_removed)
    new = {one.id for one in because.counted}
    told.counted = [one for one in told.counted if one.id not in gone and one.id not in new] + because.counted
    told.counted.sort(key=lambda one: one.at)
    told.not_counted = [one for one in told.not_counted if one.id not in new]
    known = {one.id for one in told.counted}
    told.unseen = [name for name in dict.fromkeys([*told.unseen, *change.evidence]) if name not in known and name not in gone]
    told.removed = [name for name in dict.fromkeys([*told.removed, *change.evidence_removed]) if name not in known]
