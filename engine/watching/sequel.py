"""What follows from what was told: findings go on to the rules that count them, covering tasks to the rules that they cover.

The way never goes back: a finding comes in again as an event of its own, and lint has refused circles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import id_of, instant_of
from engine.language import FINDING, OVER

if TYPE_CHECKING:
    from engine.events import Event
    from engine.watching.finding import Finding, Notice
    from engine.watching.plan import Plan
    from engine.watching.watch import Watch
    from engine.watching.world import Watching


class Sequel:
    """What one world still has to do about what it has told."""

    def __init__(self, world: Watching, tells: frozenset[str]) -> None:
        self.world = world
        #: the findings that rules of other worlds wait for
        self.tells = tells
        #: the findings that some rule counts
        self.counted = {kind.kind.name for kind in world.kinds.values() if kind.is_watched and kind.kind.name.startswith((FINDING, OVER))}
        #: the rules whose findings some rule counts
        self.recalled = frozenset(name for name in world.plans if {f"{FINDING}{name}", f"{OVER}{name}"} & self.counted)
        self.found_since: list[tuple[Event, bool]] = []
        #: watches of covering rules that have told something since the rules they cover were last looked at
        self.covering: list[Watch] = []
        #: watches of covered rules whose evidence may have to be lent, or taken back
        self.lending: list[Watch] = []
        #: whether there is anything to do: asked after every event
        self.is_due = False

    def cover(self, watch: Watch) -> None:
        """A watch of a covering rule has told something."""
        self.covering.append(watch)
        self.is_due = True

    def lend(self, watch: Watch) -> None:
        """A watch of a covered rule has found, or lost, something."""
        self.lending.append(watch)
        self.is_due = True

    def found(self, plan: Plan, finding: Finding) -> None:
        """A finding was told: rules that count it receive it as an event."""
        self._report(plan, finding, stands=True)

    def unfound(self, plan: Plan, finding: Finding) -> None:
        """A finding was withdrawn: rules that counted it take it back."""
        self._report(plan, finding, stands=False)
        self._report(plan, finding, OVER, stands=False)

    def over(self, plan: Plan, finding: Finding) -> None:
        """A finding has ended: rules that count those which stand at one moment are told."""
        self._report(plan, finding, OVER, stands=True)

    def stands_again(self, plan: Plan, finding: Finding) -> None:
        """A finding that had ended stands after all."""
        self._report(plan, finding, OVER, stands=False)

    def _report(self, plan: Plan, finding: Finding, what: str = FINDING, *, stands: bool) -> None:
        if not (self.counted or self.tells) or finding.notice is None:
            return
        name = f"{what}{plan.rule.name}"
        if name in self.tells:
            self.world.findings.append((self._event(plan, finding, finding.notice, what), stands))
        if name in self.counted:
            self.found_since.append((self._event(plan, finding, finding.notice, what), stands))
            self.is_due = True

    def _event(self, plan: Plan, finding: Finding, notice: Notice, what: str = FINDING) -> Event:
        """Return a finding, or its end, as an event: its key, what the grid said of its anchor, and when."""
        name, anchor = f"{what}{plan.rule.name}", finding.anchor
        at = finding.at if what == FINDING or finding.ended is None else finding.ended
        placed = [one for one, field in self.world.by_name[name].kind.fields.items() if field.placed]
        record = {one: value for one in placed if (value := getattr(anchor, one, None)) is not None}
        record |= {one: getattr(anchor, one) for one in plan.rule.anchor.same}
        record |= {"type": name, "task_id": notice.task_id, "at": at // 1000, "severity": plan.rule.ask.severity}
        return self.world.gate.convert(record)  # type: ignore[return-value] # made of the finding's own key: never rejected

    def recalls(self, plan: Plan) -> bool:
        """Return whether other rules count what this one found."""
        return plan.rule.name in self.recalled

    def recall(self, watch: Watch) -> None:
        """Take note, after a restart, of findings that other rules have counted, so that they can be taken back."""
        for what in (FINDING, OVER):
            name = f"{what}{watch.plan.rule.name}"
            if name not in self.counted:
                continue
            kind = self.world.by_name[name]
            for finding in watch.findings:
                if finding.notice is not None and (what == FINDING or (watch.plan.lasts and finding.ended is not None)):
                    kind.seen[finding.notice.task_id] = self._event(watch.plan, finding, finding.notice, what)

    def follow(self) -> None:
        """Do all that there is to do, and all that follows from that in turn."""
        while self.is_due:
            self.is_due = False
            lending, self.lending = self.lending, []
            for watch in dict.fromkeys([*self._covered(), *lending]):
                watch.plan.teller.review(watch)
            told, self.found_since = self.found_since, []
            for event, stands in told:
                self.receive(event, stands=stands)

    def receive(self, event: Event, *, stands: bool) -> None:
        """Hand a finding to the rules that count it, or take it back from them."""
        kind, name = self.world.kinds[event.__class__], id_of(event)
        known = kind.seen.pop(name, None)
        if known is None and stands:
            # however old it is: when it was found is up to the clock that is told, not to a source
            self.world.take_in(kind, event, instant_of(event), name)
        elif known is not None:
            self.world.correct(kind, known, event if stands else None, event)
            if stands:
                kind.seen[name] = event

    def _covered(self) -> list[Watch]:
        """Return the watches that stand under those of covering rules which told something."""
        told, self.covering = self.covering, []
        keys = [(lane, watch.key) for watch in told for lane in watch.plan.covers]
        return [found for lane, key in keys if (found := lane.of(key)) is not None]
