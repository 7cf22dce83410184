"""Pictures of a fold: where a late fact makes it start again, and what was last told of its findings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from engine.watching.finding import identity

if TYPE_CHECKING:
    from engine.watching.finding import Finding

    State = tuple[Any, ...]


#: Facts between two marks that are close together, and after how many doublings of that they are dropped.
MANY, FARTHEST = 128, 8


class Mark:
    """The fold as it was before the fact at `position`: where a late fact makes it start again."""

    __slots__ = ("at", "findings", "position", "state")

    def __init__(self, position: int, at: int, findings: list[Finding], state: State) -> None:
        self.position = position
        self.at = at
        self.findings = findings
        self.state = state


class Nearby:
    """Marks close together, newest last, on a key with so many facts that to fold again from the last of the others takes long.

    They are left once a fact came late, and dropped when the next of the others is due, at `far_at`: keys to which nothing comes late
    pay nothing for them.
    """

    __slots__ = ("far_at", "marks")

    def __init__(self, far_at: int) -> None:
        self.far_at = far_at
        self.marks: list[Mark] = []

    def leave(self, mark: Mark) -> None:
        """Add a mark, and keep fewer of the others the farther back they lie: two at each doubling of the distance."""
        kept: list[Mark] = []
        rungs: Counter[int] = Counter()
        for one in self.marks:
            rung = ((mark.position - one.position) // MANY).bit_length()
            rungs[rung] += 1
            if rungs[rung] <= 2 and rung <= FARTHEST:
                kept.append(one)
        self.marks = [*kept, mark]

    def before(self, position: int) -> Mark | None:
        """Return the newest mark at or before a fact, if there is one; those behind it are dropped."""
        while self.marks and self.marks[-1].position > position:
            self.marks.pop()
        return self.marks[-1] if self.marks else None


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
