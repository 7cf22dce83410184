"""The runtime: parcels in, one transaction each time, receipts out. It is told the time and waits for nothing.

Time, as the rules see it, moves in `tick` alone, when everything that came by then has been received: so a standstill, however long,
decides no deadline before the feeds have been read. What is received in between is judged at once all the same.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import structlog

from engine.events import Rejected, id_of, instant_of
from engine.watching import encode_change
from streams.clock import moment
from streams.embedded.intake import Intake
from streams.embedded.parcel import Parcel, Receipt
from streams.embedded.restart import instants, restored
from streams.embedded.state import BEGINNING, gauges
from streams.embedded.tally import Gauge, Tally
from streams.store import Batch, EventRow, NotKept, RejectedRow, WatchRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.events import Event
    from engine.watching import Change, Watching
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

    def __init__(self, store: Store, rules: Rules, now: int, *, keep_days: int = 30) -> None:
        self.store = store
        self.keep_days = keep_days
        self.rules: Rules
        self.world: Watching
        self._stands = False
        self._noted_at = self._pruned_at = self._decided_at = BEGINNING
        #: the clock, and the time that rules went by, when figures were worked out
        self._figured = (BEGINNING, BEGINNING)
        self.take_up(rules, now)

    # Rules ------------------------------------------------------------------------------------------------------------

    def take_up(self, rules: Rules, now: int) -> set[str]:
        """Go on under these rules and return those that were rebuilt from kept history.

        Watches that still mean the same stay. Where nothing changed but rule tests or feed mappings, nothing happens at all.
        """
        batch = Batch(now, rulebook=(rules.version, rules.packed))
        if self._stands and rules.decisive == self.rules.decisive:
            self.store.keep(batch)
            self.rules = rules
            return set()
        if (last := self.store.rulebook()) is not None and last[0] == rules.version:
            batch.rulebook = None
        found = restored(self.store, rules)
        known = {rule for (rule,) in self.store.ask("SELECT DISTINCT rule FROM watches")}
        batch.watches = found.rows
        batch.dropped = sorted((found.rebuilt | (known - set(found.world.plans))) & known)
        plans = found.world.plans
        batch.meta["collects"] = msgspec.json.encode({name: plan.rule.collects for name, plan in plans.items()})
        batch.meta["known_from"] = msgspec.json.encode({name: plan.known_from for name, plan in plans.items()})
        tally = Tally()
        self._publish(found.changes, batch, tally)
        batch.counts = dict(tally.counts)
        self.store.keep(batch)
        self._stand(rules, found.world)
        return found.rebuilt

    def _stand(self, rules: Rules, world: Watching) -> None:
        self.rules, self.world, self._stands = rules, world, True
        self.intake = Intake(rules.gate)
        self._gauge = Gauge()
        self._gauge.read(world)
        #: by event type, up to when its events were let go
        self._let_go = instants(self.store, "let_go")

    def rebuild(self) -> None:
        """Put the world back to where the store stands."""
        self._stand(self.rules, restored(self.store, self.rules).world)

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

    # Time -------------------------------------------------------------------------------------------------------------

    def tick(self, now: int) -> None:
        """Time has reached `now`, and everything that came by then has been received: decide what is due.

        Raises `NotKept` with nothing decided.
        """
        self.world.tick(now)
        work = Work(Batch(now))
        if now - self._pruned_at >= PRUNING:
            keep = self.keep_days * DAY
            kinds = self.world.kinds.values()
            work.batch.horizons = {kind.kind.name: now - max(kind.span, kind.span - 30 * DAY + keep) for kind in kinds}
            self._let_go |= {name: max(until, self._let_go.get(name, until)) for name, until in work.batch.horizons.items()}
            work.batch.meta["let_go"] = msgspec.json.encode(self._let_go)
        self._keep(work, only_news=now - self._noted_at < HEARTBEAT and not work.batch.horizons)
        if work.batch.horizons:
            self._pruned_at = now

    def note(self, now: int) -> None:
        """Note how far everything is, for `clearly status`: the last thing before the program ends."""
        self._keep(Work(Batch(now)), with_figures=True)

    # Out --------------------------------------------------------------------------------------------------------------

    def _keep(self, work: Work, *, only_news: bool = False, with_figures: bool = False) -> None:
        """Keep a batch with all that followed from it. Whatever goes wrong, the world is where the store is afterwards."""
        batch, world = work.batch, self.world
        rules = self.rules.book.rules
        batch.watches = [WatchRow(rule, key, rules[rule].collects, row) for rule, key, row in world.take_rows()]
        self._publish(world.take_changes(), batch, work.tally)
        if only_news and not (batch.watches or batch.changes):
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
        self._noted_at = batch.now

    def _publish(self, changes: Sequence[Change], batch: Batch, tally: Tally) -> None:
        """Have changes published with the batch, dated with the clock: while feeds are caught up, the world's own time stands still."""
        if not changes:
            return
        self._decided_at = max(self._decided_at, batch.now)  # lines never run backwards, whatever the clock does
        decided = moment(self._decided_at)
        for change in changes:
            change.decided_at = decided
            batch.changes.append((change.task_id, encode_change(change)))
        tally.published(changes)
