"""`covered_by`: while the covering rule has an episode on the same key, a finding joins its task instead of opening one.

Whether it does is asked of event time alone, so the answer does not depend on which of the two was found first: whenever one of
them changes, `sync` compares what was told with what should have been told, and tells the difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import id_of
from engine.watching.finding import Because
from engine.watching.telling import Delta, Teller

if TYPE_CHECKING:
    from engine.events import Event
    from engine.watching.admission import Lane
    from engine.watching.finding import Finding
    from engine.watching.mark import Told
    from engine.watching.plan import Plan
    from engine.watching.watch import Watch
    from engine.watching.world import Watching


class CoveredTeller(Teller):
    """The voice of a rule that others cover; `hosts` are the lanes of those others, in the order in which the rule names them."""

    def __init__(self, plan: Plan, world: Watching, hosts: list[Lane]) -> None:
        super().__init__(plan, world)
        self.hosts = hosts

    def opened(self, watch: Watch, finding: Finding, late: Event | None = None, replaces: str | None = None) -> None:
        """Tell that a finding opened, unless it joins the task that covers it."""
        if self.host(watch, finding)[1] is None:
            super().opened(watch, finding, late, replaces)
        self.world.sequel.lend(watch)

    def grown(self, watch: Watch, finding: Finding, new: list[Event]) -> None:
        """Tell that evidence joined a standing finding, or the task that covers it."""
        if finding.notice is not None:
            super().grown(watch, finding, new)
        self.world.sequel.lend(watch)

    def ended(self, watch: Watch, finding: Finding) -> None:
        """Tell that a finding no longer holds; one that is covered has no task to end."""
        if finding.notice is not None:
            super().ended(watch, finding)

    def withdrawn(self, watch: Watch, finding: Finding, late: Event) -> None:
        """Tell that a finding should never have been, or take its evidence back from the task that covers it."""
        if finding.notice is not None:
            super().withdrawn(watch, finding, late)
        self.world.sequel.lend(watch)

    def compare_one(self, watch: Watch, told: Told, finding: Finding, late: Event) -> None:
        """Tell what changed about one finding."""
        if told.finding.notice is not None:
            super().compare_one(watch, told, finding, late)
        self.world.sequel.lend(watch)

    def review(self, watch: Watch) -> None:
        """Tell whatever is missing so that each finding has its own task, or has lent its evidence to the one that covers it."""
        due: dict[str, dict[str, Event]] = {}
        for finding in watch.findings:
            lane, host = self.host(watch, finding)
            if lane is None or host is None:
                self.open_late(watch, finding)
                continue
            self.give_up(watch, finding, lane)
            assert host.notice is not None, "a host has been told"
            due.setdefault(host.notice.task_id, {}).update({id_of(event): event for event in finding.members})
        self.lend(watch, due)
        self.plan.touch(watch)

    def open_late(self, watch: Watch, finding: Finding) -> None:
        """Open the task of a finding that nothing covers any more."""
        if finding.notice is None:
            super().opened(watch, finding)
            if finding.ended is not None and self.plan.lasts:
                super().ended(watch, finding)

    def give_up(self, watch: Watch, finding: Finding, lane: Lane) -> None:
        """Withdraw the task of a finding that is covered after all."""
        if finding.notice is not None:
            self.tell(watch, "withdrawn", finding, Delta(finding.at, because=Because(covered=lane.plan.rule.name)))
            self.world.sequel.unfound(self.plan, finding)
            finding.notice = None

    def lend(self, watch: Watch, due: dict[str, dict[str, Event]]) -> None:
        """Bring the evidence that covering tasks have from this watch up to date: by task, what each should have."""
        standing = [(lane, other, host) for lane in self.hosts if (other := lane.of(watch.key)) is not None for host in other.findings]
        for lane, other, host in standing:
            if host.notice is None:
                continue
            task, own = host.notice.task_id, {id_of(event) for event in host.members}
            lent, events = watch.lent.get(task, []), {name: event for name, event in due.get(task, {}).items() if name not in own}
            new, gone = [name for name in events if name not in lent], [name for name in lent if name not in events and name not in own]
            if new or gone:
                because = Because(counted=[self.counted(events[name]) for name in new], covered=self.plan.rule.name)
                lane.plan.teller.tell(other, "updated", host, Delta(host.at, new, gone, because))
                if host.ended is not None and lane.plan.lasts:
                    lane.plan.teller.ended(other, host)
            due[task] = events
        watch.lent = {task: list(events) for task, events in due.items() if events}

    def host(self, watch: Watch, finding: Finding) -> tuple[Lane, Finding] | tuple[None, None]:
        """Return the covering rule and its finding that stands at this one's time on the same key, the newest of several.

        Where several rules cover this one, the first of them that has such a finding is asked.
        """
        for lane in self.hosts:
            other = lane.of(watch.key)
            standing = [one for one in other.findings if one.notice is not None and one.stands_at(finding.at)] if other is not None else []
            if standing:
                return lane, standing[-1]
        return None, None
