"""A shadow rule on trial: what it would have asked so far, who was asked about the same already, and whether it may go live."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from engine.events import micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.language import Promotion
    from engine.watching import Change

DAY = 86_400_000_000


class Criterion(NamedTuple):
    """One thing that must hold before the rule goes live: its name in the catalogue of words, what is wanted, what is there."""

    name: str
    wanted: str
    found: str
    met: bool


@dataclass(slots=True)
class Trial:
    """A shadow rule since it began to look for what it looks for. `begun` and `now` are microseconds since 1970.

    `overlap` says of how many of its tasks the evidence already stood in a task of which live rule.
    """

    rule: str
    begun: int
    now: int
    tasks: int = 0
    withdrawn: int = 0
    overlap: Counter[str] = field(default_factory=Counter)

    @property
    def days(self) -> int:
        """Return the whole days of the trial so far."""
        return max(0, self.now - self.begun) // DAY

    def criteria(self, promotion: Promotion) -> list[Criterion]:
        """Return each thing that must hold, met or not. A rule that never fired has shown nothing yet."""
        told = [
            Criterion("trial.days", f"≥ {promotion.days}", str(self.days), self.days >= promotion.days),
            Criterion("trial.fired", "≥ 1", str(self.tasks), self.tasks >= 1),
        ]
        if promotion.tasks_a_week is not None:
            weekly = self.tasks * 7 / max(self.days, 1)
            told.append(Criterion("trial.a week", f"≤ {promotion.tasks_a_week}", f"{weekly:.1f}", weekly <= promotion.tasks_a_week))
        share = 100 * self.withdrawn / self.tasks if self.tasks else 0.0
        return [*told, Criterion("trial.withdrawn", f"≤ {promotion.withdrawn}%", f"{share:.0f}%", share <= promotion.withdrawn)]


def trials(begun: Mapping[str, int], changes: Iterable[Change], now: int) -> dict[str, Trial]:
    """Return the trials of the rules in `begun`, from all that was published; what was decided before is not theirs."""
    found = {name: Trial(name, since, now) for name, since in begun.items()}
    asked: dict[str, set[str]] = {}
    evidence: dict[str, dict[str, set[str]]] = {name: {} for name in begun}
    for change in changes:
        if change.rule in found and change.status == "shadow":
            follow(change, found[change.rule], evidence[change.rule])
        elif change.status == "live":
            for one in change.evidence:
                asked.setdefault(one, set()).add(change.rule)
    for name, trial in found.items():
        for ids in evidence[name].values():
            trial.overlap.update({rule for one in ids for rule in asked.get(one, ())})
    return found


def follow(change: Change, trial: Trial, evidence: dict[str, set[str]]) -> None:
    """Take one change of a shadow rule into its trial."""
    known = change.task_id in evidence
    if not known and micros(change.decided_at) < trial.begun:
        return
    evidence.setdefault(change.task_id, set()).update(change.evidence)
    trial.tasks += not known
    trial.withdrawn += known and change.change == "withdrawn"
