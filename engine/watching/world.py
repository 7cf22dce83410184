"""Every watch of one rulebook: events in, changes of tasks out. Deterministic; the time is an argument.

`receive` takes one event at a time and settles who it is before any rule sees it: a repetition changes nothing, a correction takes
the old event back and puts the new one in its place, a retraction takes it back whether it comes before or after.

As long as it is because it is the one place where time, identity and restart meet; each of the three is a module of its own.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from engine.events import id_of, instant_of, same_content, wins
from engine.watching.admission import COMMON, Lane
from engine.watching.covering import CoveredTeller
from engine.watching.finding import Change, moment
from engine.watching.kind import Kind
from engine.watching.packing import head_of, pack, unpack
from engine.watching.plan import KEEP, Plan
from engine.watching.progress import FOREVER, NEVER, Progress
from engine.watching.sequel import Sequel
from engine.watching.telling import Teller
from engine.watching.timers import Timers
from engine.watching.whereabouts import Whereabouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from engine.events import Event, EventType, Gate
    from engine.language import Rulebook
    from engine.places import Places
    from engine.watching.sharding import Part
    from engine.watching.telling import Before
    from engine.watching.watch import Watch

    #: type, source, id and moment -> every telling of that event at that moment, in the order in which they came
    Recall = Callable[[str, str, str, int], Sequence[Event]]

#: Nothing is told of rules in these states, and nothing is collected for them.
ASLEEP = frozenset({"draft", "retired"})


def nothing_told(_: str, __: str, ___: str, ____: int) -> Sequence[Event]:
    """Return that nothing is kept of an event."""
    return ()


class Watching:
    """Every watch of one rulebook, in memory."""

    def __init__(
        self,
        rulebook: Rulebook,
        gate: Gate,
        *,
        places: Places | None = None,
        history_from: int | None = None,
        drafts: bool = False,
        part: Part | None = None,
    ) -> None:
        self.rulebook = rulebook
        self.gate = gate
        self.places = places
        self.whereabouts = Whereabouts(places)
        self.history_from = history_from
        types: Mapping[str, EventType] = {name: struct.kind for name, struct in gate.structs.items()}
        self.progress = Progress(types)
        self.timers = Timers(self.progress)
        self.changes: list[Change] = []
        self.counts: Counter[str] = Counter()
        self.plans: dict[str, Plan] = {}
        for rule in rulebook.rules.values():
            if drafts or rule.status not in ASLEEP:
                self.plans[rule.name] = self._plan(Plan(rule, types, rulebook.zone, rulebook.past.get(rule.name, ())))
        self.lanes = {name: Lane(plan) for name, plan in self.plans.items()}
        self._cover()
        retracted = {name for kind in types.values() for name in kind.retracts}
        watched = list(self.lanes.values())
        self.kinds = {struct: Kind(struct, watched, retracted=name in retracted) for name, struct in gate.structs.items()}
        self.by_name = {kind.kind.name: kind for kind in self.kinds.values()}
        #: findings for rules that are judged elsewhere: the event, and whether it stands
        self.findings: list[tuple[Event, bool]] = []
        self.sequel = Sequel(self, frozenset() if part is None else part.tells)
        if part is not None:
            for kind in self.kinds.values():
                kind.restrict(part.is_mine)
        self.is_correcting = False
        #: whether what is told says why; who only wants to know what would be told sets it to no
        self.explains = True
        self._before: dict[Watch, Before] = {}
        self._recall: Recall = nothing_told
        self._sweep_at = NEVER

    def _plan(self, plan: Plan) -> Plan:
        plan.timers = self.timers
        plan.unpack = lambda watch, row: unpack(watch, row, self.gate)
        plan.history_from = lambda: self.history_from if self.history_from is not None else NEVER
        plan.teller = Teller(plan, self)
        return plan

    def _cover(self) -> None:
        """Join each rule that is covered by another one to that one; covering rules come first, so that they open first."""
        for name in sorted(self.plans, key=self._depth):
            self.lanes[name] = self.lanes.pop(name)
            hosts = [host for host in self.plans[name].rule.covered_by if host in self.lanes]
            if hosts:
                self.plans[name].teller = CoveredTeller(self.plans[name], self, [self.lanes[host] for host in hosts])
            for host in hosts:
                self.plans[host].covers.append(self.lanes[name])

    def _depth(self, name: str) -> int:
        """Return how many rules stand above one another over this one."""
        return max((1 + self._depth(host) for host in self.plans[name].rule.covered_by if host in self.plans), default=0)

    # Time -------------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """Return the newest moment that this world was told of, in microseconds."""
        return self.progress.now

    def moment(self) -> datetime:
        """Return `now` as changes show it."""
        return moment(self.progress.now)

    def tick(self, now: int) -> None:
        """Time has reached `now`, and everything that arrived up to then has been received."""
        if self.progress.began == NEVER:
            self.progress.began = now
        self.progress.now = max(self.progress.now, now)
        self._decide(self.progress.now + 1)
        if self.progress.now > self._sweep_at:
            self._sweep(self.progress.now)

    def wake(self) -> int | None:
        """Return the earliest `now` at which `tick` could decide something, or None."""
        return None if self.timers.next_due == FOREVER else self.timers.next_due

    def longest_held(self) -> dict[tuple[str, str], int]:
        """Return, for each event type and source that is behind, since when the oldest decision waits for it alone."""
        return self.timers.longest_held()

    def hear(self, kind: str, source: str, now: int) -> None:
        """A declared source is alive and has told everything up to `now`."""
        self.progress.hear(kind, source, now)
        if self.timers.held:
            self._decide(self.progress.now)

    def _decide(self, before: int) -> None:
        while True:
            for watch, settled in self.timers.due(before):
                watch.settle(settled)
                watch.plan.touch(watch)
            if not self.sequel.is_due:
                return
            self.follow()  # what was found may be counted by rules whose deadline has passed as well

    # Events -----------------------------------------------------------------------------------------------------------

    def receive(self, event: Event, now: int, at: int | None = None) -> None:
        """Take one event that arrived at `now`; `at` is its instant, for callers that know it already."""
        progress = self.progress
        if now > progress.now:
            if progress.began == NEVER:
                self._begin(event, now)
            progress.now = now
            if now > self.timers.next_due or self.timers.held:
                self._decide(now)
            if now > self._sweep_at:
                self._sweep(now)
        kind = self.kinds[event.__class__]
        if kind.is_ignored:
            return
        t = kind.instant(event) if at is None else at
        name: Any = (event.source, kind.name(event)) if event.source else kind.name(event)
        if kind.is_plain and name not in kind.seen and t >= progress.now - kind.span:
            kind.seen[name] = event  # what `meet` does with an ordinary event, without going there
            kind.admit(event, t)
        else:
            self.meet(kind, event, t, name)
        if self.sequel.is_due:
            self.follow()

    def count(self, event: Event, *, stands: bool) -> None:
        """Take in a finding of a rule that is judged elsewhere, or take it back."""
        self.sequel.receive(event, stands=stands)
        if self.sequel.is_due:
            self.follow()

    def follow(self) -> None:
        """Do what follows from what was told."""
        self.sequel.follow()

    def _begin(self, event: Event, now: int) -> None:
        """The first event of all: history is known from here on, and silent sources are silent since now."""
        self.progress.began = now
        if self.history_from is None:
            self.history_from = instant_of(event)

    def meet(self, kind: Kind, event: Event, t: int, name: Any) -> None:
        """Settle who an event is, then hand it to the rules."""
        if t < self.progress.now - kind.span:
            self.counts["too old"] += 1
            return
        known = self._known(kind, name)
        if known is not None:
            self._meet_again(kind, known, event, name)
            return
        self.take_in(kind, event, t, name)

    def _known(self, kind: Kind, name: Any) -> Event | None:
        """Return the event that is known by a name; one that is known by name alone is read now, and may be gone."""
        known: Event | int | None = kind.seen.get(name)
        if not isinstance(known, int):
            return known
        source, its_id = name if isinstance(name, tuple) else ("", name)
        kind.seen[name] = None  # it keeps its place among those that came before and after
        with self.whereabouts.uncounted():
            for event in self._recall(kind.kind.name, source, its_id, known):
                self.remember(event)
        found: Event | None = kind.seen[name]
        if found is None:
            del kind.seen[name]
        return found

    def take_in(self, kind: Kind, event: Event, t: int, name: Any) -> None:
        """Hand an event that was not known to the rules."""
        kind.seen[name] = event
        if not kind.is_plain:
            self._prepare(kind, event, t, name)
            if name in kind.withdrawn:
                self.counts["withdrawn before it came"] += 1
                return
        kind.admit(event, t)

    def _prepare(self, kind: Kind, event: Event, t: int, name: Any) -> None:
        """Do what only some types ask for: sources, places, retractions."""
        if kind.kind.sources and event.source:
            self.progress.hear(kind.kind.name, event.source, self.progress.now)
        if kind.is_placed:
            self.whereabouts.place(kind.kind, event, t)
        for target in kind.kind.retracts:
            self._withdraw(self.by_name[target], name, event)

    def _withdraw(self, kind: Kind, name: Any, cause: Event) -> None:
        kind.withdrawn[name] = cause
        known = self._known(kind, name)
        if known is not None:
            self.counts["withdrawn"] += 1
            self.correct(kind, known, None, cause)

    def _meet_again(self, kind: Kind, known: Event, event: Event, name: Any) -> None:
        if kind.is_placed:
            self.whereabouts.place(kind.kind, event, instant_of(event))  # as the known one was: else the two never say the same
        if same_content(known, event):
            self.counts["repeated"] += 1
        elif name in kind.withdrawn or not wins(event, known):
            self.counts["superseded"] += 1
        else:
            self.counts["corrected"] += 1
            kind.seen[name] = event
            self.correct(kind, known, event, event)

    def correct(self, kind: Kind, old: Event, new: Event | None, cause: Event) -> None:
        """Take `old` back and put `new` in its place, and tell the difference of both steps at once."""
        self.is_correcting = True
        kind.drop(old, instant_of(old))
        if new is not None:
            kind.insert(new, instant_of(new))
        self.is_correcting = False
        before, self._before = self._before, {}
        for watch, told in before.items():
            watch.plan.teller.compare(watch, told, watch.findings, cause)

    def remembered(self, watch: Watch, tell: Callable[[], Before]) -> Before:
        """Return what was told of a watch before the correction that is under way, or before now."""
        if not self.is_correcting:
            return tell()
        if watch not in self._before:
            self._before[watch] = tell()
        return self._before[watch]

    def remember(self, event: Event) -> None:
        """Take note of an event that was judged before a restart, so that its repetition is known as one."""
        kind = self.kinds[event.__class__]
        name: Any = (event.source, id_of(event)) if event.source else id_of(event)
        known = self._known(kind, name)
        if known is None or wins(event, known):
            if kind.is_placed:
                self.whereabouts.place(kind.kind, event, instant_of(event))
            kind.seen[name] = event
        for target in kind.kind.retracts:
            self.by_name[target].withdrawn[name] = event

    def know(self, told: Iterable[tuple[str, str, str, int]], recall: Recall) -> None:
        """Take note of events that were judged before a restart by type, source, id and moment alone: hardly one is asked for again.

        `recall` reads all that was told of one at a moment, and is asked once the name comes up. Not for types that retract others.
        """
        self._recall = recall
        kinds = self.by_name
        for kind, source, name, at in told:
            seen, known = kinds[kind].seen, (source, name) if source else name
            if known not in seen:
                seen[known] = at
                continue
            self._known(kinds[kind], known)  # told twice: which telling holds is settled now
            with self.whereabouts.uncounted():
                for event in recall(kind, source, name, at):
                    self.remember(event)

    # Restart ----------------------------------------------------------------------------------------------------------

    def take_rows(self) -> list[tuple[str, bytes, bytes | None]]:
        """Return (rule, key, packed watch, or None where it is gone) for everything that changed since the last call."""
        rows: list[tuple[str, bytes, bytes | None]] = []
        for name, plan in self.plans.items():
            if plan.dirty is None:
                plan.dirty = set(self.lanes[name].watches.values())
            lane = self.lanes[name]
            rows += [(name, msgspec.msgpack.encode(watch.key), pack(watch)) for watch in plan.dirty]
            rows += [(name, msgspec.msgpack.encode(key), None) for key in lane.gone]
            rows += [(name, msgspec.msgpack.encode(key), row) for key, row in lane.take_common()]
            plan.dirty, lane.gone = set(), []
        return rows

    def restore(self, rows: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Take back what `take_rows` returned, into a world that has judged nothing yet; a later row takes an earlier one's place."""
        for name, packed, row in rows:
            lane = self.lanes.get(name)
            if lane is None:
                continue
            key = tuple(msgspec.msgpack.decode(packed))
            if key and key[0] == COMMON:
                lane.restore_common(key, row, self.gate)
                continue
            if (key if len(key) != 1 else key[0]) in lane.watches:
                lane.discard(key)
            self._take_back(lane, key, row)
        for plan in self.plans.values():
            plan.dirty = set()

    def _take_back(self, lane: Lane, key: tuple[Any, ...], row: bytes) -> None:
        """Take back one watch. It sleeps on its row where that was written under the terms of today and nobody waits for what it found."""
        head, found = head_of(row), key if len(key) != 1 else key[0]
        if head.terms == lane.plan.terms and not (head.found and self.sequel.recalls(lane.plan)):
            watch = lane.lay_down(found, key, row)
            if head.armed is not None:
                self.timers.arm(watch, head.armed)
            return
        watch = lane.begin(found, key, told=False)
        unpack(watch, row, self.gate)
        self.sequel.recall(watch)
        lane.plan.arm(watch)

    def edited(self, rule: str, settled: int) -> None:
        """The last edit of a rule holds from now on: what its older version has decided reaches up to `settled`."""
        plan = self.plans[rule]
        plan.past[-1].settled = settled
        vars(plan).pop("terms", None)
        for watch in self.lanes[rule].watches.values():
            watch.edited()
            if watch.armed != watch.due():
                plan.arm(watch)

    def restarted(self, fresh: Watching, seen: Iterable[Event]) -> Watching:
        """Return `fresh` with everything that this world knows, by the way that a restart goes."""
        for plan in self.plans.values():
            plan.dirty = None  # a store would have kept the rows of watches that have not changed since
        for lane in self.lanes.values():
            lane.change_all_common()
        rows = self.take_rows()
        for event in seen:
            fresh.remember(event)
        fresh.restore([(rule, key, row) for rule, key, row in rows if row is not None])
        fresh.progress.load(self.progress.save())
        fresh.history_from = self.history_from
        return fresh

    # Out --------------------------------------------------------------------------------------------------------------

    def take_changes(self) -> list[Change]:
        """Return the changes since the last call, in the order in which they were decided."""
        changes, self.changes = self.changes, []
        return changes

    def take_findings(self) -> list[tuple[Event, bool]]:
        """Return the findings since the last call that rules of other worlds wait for, and whether each stands or was withdrawn."""
        findings, self.findings = self.findings, []
        return findings

    # Forgetting -------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Let go of every watch and event. A world is a circle, and looking for circles among millions of objects takes seconds."""
        for lane in self.lanes.values():
            lane.watches.clear()
            lane.members.clear()
        for kind in self.kinds.values():
            kind.seen.clear()
        self.timers.clear()

    def _sweep(self, now: int) -> None:
        """Let go of watches and of known events that nothing within kept history can touch any more."""
        lanes = [lane.sweep(now) for lane in self.lanes.values()]
        kinds = [kind.sweep(now) for kind in self.kinds.values() if kind.seen]
        self._sweep_at = min([*lanes, *kinds, now + KEEP])
