"""Pictures of a fold: where a late fact makes it start again, and what was last told of its findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.watching.finding import identity

if TYPE_CHECKING:
    from engine.watching.finding import Finding

    State = tuple[Any, ...]


class Mark:
    """The fold as it was before the fact at `position`: where a late fact makes it start again."""

    __slots__ = ("at", "findings", "position", "state")

    def __init__(self, position: int, at: int, findings: list[Finding], state: State) -> None:
        self.position = position
        self.at = at
        self.findings = findings
        self.state = state


class Told:
    """A finding as it was last told: what a later difference is measured against."""

    __slots__ = ("at", "ended", "finding", "members", "value")

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        self.at = finding.at
        self.ended = finding.ended
        self.value = finding.value
        self.members = {identity(event): event for event in finding.members}


class Twins:
    """Copies findings, each one once, so that a saved fold and its findings stay one picture."""

    def __init__(self) -> None:
        self._twins: dict[int, Finding] = {}

    def __call__(self, finding: Finding | None) -> Finding | None:
        """Return the twin of a finding, None for None."""
        return None if finding is None else self.twin(finding)

    def twin(self, finding: Finding) -> Finding:
        """Return the twin of a finding: the same one each time."""
        known = self._twins.get(id(finding))
        if known is None:
            known = self._twins[id(finding)] = finding.copy()
        return known
