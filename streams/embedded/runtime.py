"""The runtime: parcels in, one transaction each time, receipts out. It is told the time and waits for nothing.

Time, as the rules see it, moves in `tick` alone, when everything that came by then has been received: so a standstill, however long,
decides no deadline before the feeds have been read. What is received in between is judged at once all the same.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import structlog

from engine.events import Rejected, id_of, instant_of
from engine.watching import encode_change
from streams.clock import moment
from streams.collecting import undisturbed
from streams.embedded.intake import Intake
from streams.embedded.lag import Limits, lagging
from streams.embedded.office import Office, office_of
from streams.embedded.parcel import Parcel, Receipt
from streams.embedded.refusal import Refusal, owners_of
from streams.embedded.restart import fit, instants
from streams.embedded.state import BEGINNING, gauges
from streams.embedded.successor import Successor
from streams.embedded.tally import Gauge, Tally
from streams.rules import recalled
from streams.store import Batch, EventRow, NotKept, RejectedRow, WatchRow
from streams.terms import NO_CASEWORK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.casework import Broken, Outcome
    from engine.events import Event
    from engine.language import Rulebook
    from engine.watching import Change, Watching
    from streams.orders import Order
    from streams.rules import Rules
    from streams.store import Store

SECOND = 1_000_000
#: How often at most the figures of `clearly status` are worked out, and how often at least time is noted while nothing happens.
FIGURES, HEARTBEAT = 5 * SECOND, 60 * SECOND
#: How often kept history is let go.
PRUNING = 3600 * SECOND
DAY = 86_400 * SECOND
log = structlog.get_logger("clearly")


@dataclass(slots=True)
class Work:
    """One batch under way: what will be kept, and what is only counted."""

    batch: Batch
    tally: Tally = field(default_factory=Tally)


class Runtime:
    """One store, one rulebook, one world in memory that is never ahead of the store."""

    def __init__(self, store: Store, rules: Rules, now: int, *, keep_days: int = 30, limits: Limits | None = None) -> None:
        self.store = store
        self.keep_days = keep_days
        self.limits = limits or Limits()
        self._began = now
        self.rules: Rules
        self.world: Watching
        self.office: Office | None = None
        self._stands = False
        #: the rules that were built anew when the ones that run were taken up
        self.rebuilt: set[str] = set()
        #: the world that will take this one's place, while it is being made
        self.coming: Successor | None = None
        self._steps: Iterator[None] = iter(())
        self._noted_at = self._pruned_at = self._decided_at = BEGINNING
        #: the clock, and the time that rules went by, when figures were worked out
        self._figured = (BEGINNING, BEGINNING)
        with undisturbed():  # what is taken back from a store stays
            self.take_up(rules, now)

    # Rules ------------------------------------------------------------------------------------------------------------

    def take_up(self, rules: Rules, now: int) -> set[str]:
        """Go on under these rules at once and return those that were built anew from kept history."""
        found = self.begin(rules, now)
        while found is None:
            found = self.go_on(now)
        return found

    def begin(self, rules: Rules, now: int) -> set[str] | None:
        """Begin to go over to these rules: `go_on` goes on with it, a slice at a time, and until then the old ones run.

        Return the rules that were built anew where it is done already: where nothing changed but rule tests or feed mappings.
        """
        if self._stands and rules.decisive == self.rules.decisive:
            self.store.keep(Batch(now, rulebook=(rules.version, rules.packed), meta={"refused": b""}))
            self.rules, self.coming = rules, None
            return set()
        running = self.world if self._stands else None
        self.coming = Successor(self.store, rules, fit(self.store, self._ruled_by(rules), rules.book), running)
        self._steps = self.coming.steps()
        return None

    def _ruled_by(self, rules: Rules) -> Rulebook | None:
        """Return the rulebook under which the store was written, None where it is not known."""
        if self._stands:
            return self.rules.book
        last = self.store.rulebook()
        before = rules if last is None or last[0] == rules.version else recalled(*last)
        return None if before is None else before.book

    def go_on(self, now: int) -> set[str] | None:
        """Do one slice of the change to other rules, and return the rules that were built anew where it is done."""
        assert self.coming is not None, "a change that was begun"
        if next(self._steps, self) is None:
            return None
        return self._change_over(self.coming, now)

    def refuse(self, problems: list[str], now: int) -> None:
        """Note rules that have errors and are not taken up, and tell whose rules they are; the old ones go on."""
        owners = owners_of(problems, self.rules)
        refusal = Refusal(now, problems, owners)
        self.store.keep(Batch(now, counts={("rules refused", "times"): 1}, meta={"refused": msgspec.json.encode(refusal)}))
        log.error("the rules have errors; the old ones go on", problems=problems, owners=owners)

    def accept(self, now: int) -> None:
        """Note that the rules in the folder have no errors any more."""
        if self.store.meta("refused"):
            self.store.keep(Batch(now, meta={"refused": b""}))

    def give_up(self) -> None:
        """Let go of a change to other rules that was begun: they are not wanted any more."""
        self.coming = None

    def _change_over(self, coming: Successor, now: int) -> set[str]:
        """Have a world that is ready take the place of the one that runs, in one transaction."""
        rules, batch = coming.rules, Batch(now)
        if (last := self.store.rulebook()) is None or last[0] != rules.version:
            batch.rulebook = (rules.version, rules.packed)
        found = coming.finish()
        office = office_of(self.store, rules, now)
        plans = found.world.plans
        known = {rule for (rule,) in self.store.ask("SELECT DISTINCT rule FROM watches")}
        batch.watches = found.rows
        batch.dropped = sorted((found.rebuilt | (known - set(plans))) & known)
        batch.meta["collects"] = msgspec.json.encode({name: plan.rule.collects for name, plan in plans.items()})
        batch.meta["known_from"] = msgspec.json.encode({name: plan.known_from for name, plan in plans.items()})
        batch.meta["past"] = msgspec.json.encode({name: plan.bounds_before() for name, plan in plans.items() if plan.past})
        batch.meta["named"] = msgspec.json.encode(found.named)
        batch.meta["refused"] = b""
        batch.meta["progress"] = msgspec.msgpack.encode(found.world.progress.save())
        tally = Tally()
        self._publish(found.changes, batch, tally, office)
        if office is not None:
            batch.docket = office.taken()
            tally.entered(batch.docket.entries, batch.docket.tasks)
        batch.counts = dict(tally.counts)
        try:
            self.store.keep(batch)
        except NotKept:
            self.coming = None
            raise
        self._stand(rules, found.world, office)
        self.rebuilt = found.rebuilt
        return found.rebuilt

    def _stand(self, rules: Rules, world: Watching, office: Office | None) -> None:
        if office is not None and self.office is not None:
            office.vigil.follow(self.office.vigil)
        self.rules, self.world, self.office = rules, world, office
        self._stands, self.coming = True, None
        self.intake = Intake(rules.gate)
        self._gauge = Gauge()
        self._gauge.read(world)
        #: by event type, up to when its events were let go
        self._let_go = instants(self.store, "let_go")

    def rebuild(self) -> None:
        """Put the world back to where the store stands."""
        again = Successor(self.store, self.rules, fit(self.store, self.rules.book, self.rules.book))
        deque(again.steps(), maxlen=0)
        coming = self.coming
        self._stand(self.rules, again.finish().world, office_of(self.store, self.rules, self.store.meta("now")))
        if coming is not None:
            coming.running, self.coming = self.world, coming

    # What arrives -----------------------------------------------------------------------------------------------------

    def receive(self, parcels: Sequence[Parcel], now: int) -> list[Receipt]:
        """Keep what arrived by `now` and all that follows from it, and return a receipt for each parcel.

        Raises `NotKept` with nothing kept and nothing changed.
        """
        work = Work(Batch(now))
        receipts = [self._take(parcel, work) for parcel in parcels]
        self._keep(work)
        return receipts

    def replay(self, position: int, now: int) -> Receipt:
        """Try a rejected record again; accepted, it no longer counts as open. Still wrong, it stays as it is."""
        row = self.store.ask("SELECT source, place, headers, raw FROM rejected WHERE position = ?", position).fetchone()
        if row is None:
            return Receipt()
        source, place, headers, raw = row
        parcel = Parcel([raw], source, lambda _: place, None if headers is None else json.loads(headers))
        come = list(self.intake.opened(parcel))
        if any(isinstance(one.what, Rejected) for one in come):
            return Receipt(0, [(one.number, one.what) for one in come if isinstance(one.what, Rejected)])
        work = Work(Batch(now, replayed=[position]))
        receipt = self._take(parcel, work)
        self._keep(work)
        return receipt

    def _take(self, parcel: Parcel, work: Work) -> Receipt:
        receipt = Receipt()
        headers = None if parcel.headers is None else json.dumps(dict(parcel.headers))
        accepted: list[tuple[Event, bytes]] = []
        for number, what, raw in self.intake.opened(parcel):
            if isinstance(what, Rejected):
                receipt.rejected.append((number, what))
                self._reject(what, raw, parcel, parcel.place(number), work)
            else:
                accepted.append((what, raw))
        receipt.accepted = len(accepted)
        self._judge(accepted, headers, work)
        self._count(accepted, parcel, work.tally)
        if not parcel.records and parcel.source:
            self._hear(parcel.source, work.batch.now)
        if parcel.feed is not None:
            work.batch.feeds.append(parcel.feed)
        return receipt

    def _count(self, accepted: list[tuple[Event, bytes]], parcel: Parcel, tally: Tally) -> None:
        for name, count in Counter([event.source for event, _ in accepted]).items():
            tally.add("accepted", name, count)
        for name, count in self.intake.unknown(accepted, parcel.headers).items():
            tally.add("unknown", name, count)
        for reason, count in parcel.skipped.items():
            tally.add("skipped", reason, count)

    def _hear(self, source: str, now: int) -> None:
        """A source says that it has told everything up to `now`: nobody needs to wait for it."""
        for kind, declared in self.world.progress.declared.items():
            if source in declared:
                self.world.hear(kind, source, now)

    def _reject(self, why: Rejected, raw: bytes, parcel: Parcel, place: str, work: Work) -> None:
        source = why.source or parcel.source
        headers = None if parcel.headers is None else json.dumps(dict(parcel.headers))
        row = RejectedRow(source, place, why.code, why.reason, why.path, why.right, work.batch.now, headers, raw or why.raw)
        work.batch.rejected.append(row)
        work.tally.add("rejected", source)

    def _judge(self, accepted: list[tuple[Event, bytes]], headers: str | None, work: Work) -> None:
        """Hand events to the rules, and note each down unless it was known already or lies before kept history: no rule uses that."""
        world, now, clock, keep = self.world, self.world.now, work.batch.now, work.batch.events.append
        known = world.counts.get("repeated", 0)
        for event, raw in accepted:
            at, source, kind = instant_of(event), event.source, event.kind
            if world.history_from is None:
                world.history_from = at
            world.receive(event, now)
            if world.counts.get("repeated", 0) > known:
                known += 1
                work.tally.add("repeated", source)
                continue
            if at + kind.late_by < now:
                if at < now - world.kinds[type(event)].span:
                    work.tally.add("too old", source)
                    continue
                work.tally.add("late", source)
            elif at - kind.ahead_by > clock:
                work.tally.add("ahead", source)
            keep(EventRow(kind.name, source, id_of(event), at, clock, headers, raw))

    def order(self, orders: Sequence[Order], now: int) -> list[Outcome]:
        """Have commands carried out, all in one transaction, and return what came of each: carried out, refused, or known already.

        Raises `NotKept` with nothing changed.
        """
        if self.office is None:
            return [NO_CASEWORK] * len(orders)
        outcomes = [self.office.order(one, now) for one in orders]
        self._keep(Work(Batch(now)))
        return outcomes

    # Time -------------------------------------------------------------------------------------------------------------

    def tick(self, now: int) -> None:
        """Time has reached `now`, and everything that came by then has been received: decide what is due.

        Raises `NotKept` with nothing decided.
        """
        work = Work(Batch(now))
        if self.office is not None:
            self.office.look(now)  # at what the store holds: before anything moves
        self.world.tick(now)
        if now - self._pruned_at >= PRUNING:
            keep = self.keep_days * DAY
            kinds = self.world.kinds.values()
            reach = self.office.reach if self.office is not None else {}
            spans = {one.kind.name: max(one.span, one.span - 30 * DAY + keep, reach.get(one.kind.name, 0)) for one in kinds}
            work.batch.horizons = {name: now - span for name, span in spans.items()}
            self._let_go |= {name: max(until, self._let_go.get(name, until)) for name, until in work.batch.horizons.items()}
            work.batch.meta["let_go"] = msgspec.json.encode(self._let_go)
        self._keep(work, only_news=now - self._noted_at < HEARTBEAT and not work.batch.horizons, time_moves=True)
        if work.batch.horizons:
            self._pruned_at = now

    def stand(self, now: int) -> None:
        """Time cannot move yet, since feeds are behind or senders have grace: note it where that has lasted for too long."""
        if now - self._noted_at >= HEARTBEAT and self._lagging(now):
            self._keep(Work(Batch(now)))

    def _lagging(self, now: int) -> list[Broken]:
        """Return what of casework lags at a moment."""
        if self.office is None:
            return []
        return [*lagging(self.world, self._began, now, self.limits), *self.office.vigil.behind(now, self.limits.behind)]

    def note(self, now: int, door: str = "") -> None:
        """Note how far everything is, for `clearly status`, and at which address this process answers: none once it ends."""
        self._keep(Work(Batch(now, meta={"door": door})), with_figures=True)

    # Out --------------------------------------------------------------------------------------------------------------

    def _keep(self, work: Work, *, only_news: bool = False, with_figures: bool = False, time_moves: bool = False) -> None:
        """Keep a batch with all that followed from it. Whatever goes wrong, the world is where the store is afterwards."""
        batch, world = work.batch, self.world
        rules = self.rules.book.rules
        batch.watches = [WatchRow(rule, key, rules[rule].collects, row) for rule, key, row in world.take_rows()]
        self._publish(world.take_changes(), batch, work.tally, self.office)
        if self.office is not None:
            self._take_docket(self.office, work, time_moves=time_moves)
        if only_news and not (batch.watches or batch.changes or batch.docket):
            return
        work.tally.counts.update(self._gauge.read(world))
        batch.counts = dict(work.tally.counts)
        batch.meta["progress"] = msgspec.msgpack.encode(world.progress.save())
        if world.history_from is not None:
            batch.meta["history_from"] = world.history_from
        if with_figures or max(batch.now - self._figured[0], world.now - self._figured[1]) >= FIGURES:
            self._figured = (batch.now, world.now)
            batch.meta["figures"] = msgspec.json.encode(gauges(world))
        try:
            self.store.keep(batch)
        except NotKept:
            self.rebuild()
            raise
        if self.coming is not None:
            self.coming.touched.update((row.rule, row.key) for row in batch.watches)
        self._noted_at = batch.now

    def _take_docket(self, office: Office, work: Work, *, time_moves: bool) -> None:
        """Have what casework brings kept with the batch, and what is noted of its heartbeat: without time moving only that it stops."""
        batch, found = work.batch, self._lagging(work.batch.now)
        if time_moves or found:
            batch.meta |= office.vigil.heartbeat(batch.now, found)
        if time_moves:
            office.tick(batch.now)
        batch.docket = office.taken()
        work.tally.entered(batch.docket.entries, batch.docket.tasks)

    def _publish(self, changes: Sequence[Change], batch: Batch, tally: Tally, office: Office | None) -> None:
        """Have changes published with the batch, dated with the clock: while feeds are caught up, the world's own time stands still."""
        if not changes:
            return
        self._decided_at = max(self._decided_at, batch.now)  # lines never run backwards, whatever the clock does
        decided = moment(self._decided_at)
        for change in changes:
            change.decided_at = decided
            batch.changes.append((change.task_id, encode_change(change)))
        tally.published(changes)
        if office is not None:
            office.take(changes, batch.now)
