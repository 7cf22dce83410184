"""The world that takes the place of the one that runs: made from the store a slice at a time, while the old one goes on.

`steps` makes it, doing a few milliseconds of work between one step and the next; `finish` brings it up to the moment. After a start
there is no old one, and all the steps are made at once. What no longer fits is built anew from the kept raw events, and what it
finds is compared with what was published: only the difference is told.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from engine.events import instant_of
from engine.language import depends_on, followers
from engine.watching import Watching
from streams.embedded.recollection import Recollection
from streams.embedded.restart import Fit, fill, instants, known_from
from streams.embedded.retelling import no_longer_live, retold
from streams.embedded.state import BEGINNING
from streams.store import WatchRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.events import Event
    from engine.language import Rulebook
    from engine.watching import Change
    from streams.rules import Rules
    from streams.store import Store

    Row = tuple[str, bytes, bytes]

#: How many rows are taken back in one step, and how many events may be left for the moment of the change.
ROWS, FEW = 200, 500
HOUR = 3_600_000_000
#: A month, in microseconds: what every rule keeps beyond its window and the allowed delay.
KEEP = 720 * HOUR


class Unfit(Exception):  # noqa: N818 - what was found out
    """Rows cannot be read: their rules have to be built anew after all."""


@dataclass(slots=True)
class Taken:
    """A world that is ready: the rules that were built anew, their rows, and the changes to tell."""

    world: Watching
    fit: Fit
    rebuilt: set[str]
    #: by event type, how the events of the store are named
    named: dict[str, str]
    rows: list[WatchRow] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


class Successor:
    """A world on its way. `running` is the one whose place it takes, None after a start."""

    def __init__(self, store: Store, rules: Rules, fit: Fit, running: Watching | None = None) -> None:
        self.store = store
        self.rules = rules
        self.fit = fit
        self.running = running
        #: rows that the running world has written since this one was begun
        self.touched: set[tuple[str, bytes]] = set()
        self._begin()

    def _begin(self) -> None:
        rules, book = self.rules, self.rules.book
        self.rebuilt = followers(book, self.fit.stale)
        past = {name: bounds for name, bounds in self.fit.past.items() if name not in self.rebuilt}
        history_from = self.store.meta("history_from")
        self.world = Watching(replace(book, past=past), rules.gate, places=rules.places, history_from=history_from)
        known = instants(self.store, "known_from")
        for name, plan in self.world.plans.items():
            plan.known_from = known.get(name, plan.known_from)
        saved = self.store.meta("progress")
        self.world.progress.load(msgspec.msgpack.decode(saved) if saved else [BEGINNING, BEGINNING, []])
        self.aside = self._scaffold() if self.rebuilt else None
        self.rows: dict[tuple[str, bytes], bytes] = {}
        self.touched.clear()
        self.history = Recollection(self.store, rules.gate, self.world, whole=self.aside is not None)

    def _scaffold(self) -> Watching:
        """Return an empty world of the rules to build anew, with those whose findings they need to see again."""
        rules, world = self.rules, self.world
        book = replace(rules.book, rules={name: rules.book.rules[name] for name in scaffold(rules.book, self.rebuilt)})
        aside = Watching(book, rules.gate, places=rules.places, history_from=world.history_from)
        # Time stands still until all of it is in, as after any standstill.
        aside.progress.load([BEGINNING, world.progress.began, [[*source, at] for source, at in world.progress.heard.items()]])
        let_go = instants(self.store, "let_go")
        for name, plan in aside.plans.items():
            plan.known_from = known_from(aside, name, let_go)
        for name in self.rebuilt & set(world.plans):
            world.plans[name].known_from = aside.plans[name].known_from
        return aside

    # A slice at a time ------------------------------------------------------------------------------------------------

    def steps(self) -> Iterator[None]:
        """Make the world, a slice before each value."""
        while True:
            try:
                yield from self._read_history()
                yield from self._read_rows()
                yield from self._decide()
                yield from self._read_history()
            except Unfit as error:
                self.fit.stale |= error.args[0]
                self._begin()  # the world was filled in part: another one is begun
                continue
            return

    def _read_history(self) -> Iterator[None]:
        """Judge and remember kept events until few are left."""
        while self.history.read(self._take) or self.history.left() > FEW:
            yield

    def _take(self, event: Event) -> None:
        self.world.remember(event)
        aside = self.aside
        if aside is not None:
            if aside.history_from is None:
                aside.history_from = instant_of(event)
            aside.receive(event, aside.now)

    def _read_rows(self) -> Iterator[None]:
        """Take over what the rules know that stay as they are."""
        rule, key = "", b""
        question = f"SELECT rule, key, row FROM watches WHERE (rule, key) > (?, ?) ORDER BY rule, key LIMIT {ROWS}"  # noqa: S608 - a number
        while page := self.store.ask(question, rule, key).fetchall():
            rule, key, _ = page[-1]
            self._fill([row for row in page if row[0] not in self.rebuilt])
            yield

    def _fill(self, rows: list[Row]) -> None:
        if unfit := fill(self.world, rows):
            raise Unfit(unfit)

    def _decide(self) -> Iterator[None]:
        """Let time move, an hour of deadlines at a time, for the rules that are built anew, and take over what they know."""
        aside = self.aside
        if aside is None:
            return
        now = self._now()
        while (due := aside.wake()) is not None and due <= now:
            aside.tick(min(now, max(due, aside.now) + HOUR))
            yield
        aside.tick(now)
        rows = self._new_rows(aside)
        for first in range(0, len(rows), ROWS):
            yield
            self.world.restore(rows[first : first + ROWS])

    def _new_rows(self, aside: Watching) -> list[Row]:
        """Return the rows of rules that are built anew which have changed, and have them written when the time comes."""
        rows = [(rule, key, row) for rule, key, row in aside.take_rows() if rule in self.rebuilt and row is not None]
        self.rows.update({(rule, key): row for rule, key, row in rows})
        return rows

    def _now(self) -> int:
        return self.world.now if self.running is None else self.running.now

    # At once ----------------------------------------------------------------------------------------------------------

    def finish(self) -> Taken:
        """Return the world, brought up to the moment. Call it where `steps` is through, between two batches."""
        while True:
            try:
                self._catch_up()
                break
            except Unfit as error:
                self.fit.stale |= error.args[0]
                self._begin()
                deque(self.steps(), maxlen=0)
        taken = Taken(self.world, self.fit, self.rebuilt, self.history.named())
        taken.rows = [WatchRow(rule, key, self.rules.book.rules[rule].collects, row) for (rule, key), row in self.rows.items()]
        self._tell(taken)
        return taken

    def _catch_up(self) -> None:
        while self.history.read(self._take):
            pass
        for rule, key in self.touched - set(self.rows):
            row = self.store.one("SELECT row FROM watches WHERE rule = ? AND key = ?", rule, key)
            if row is not None and rule not in self.rebuilt:
                self._fill([(rule, key, row)])
        world, running = self.world, self.running
        if running is not None:
            world.progress.load(running.progress.save())
            world.history_from = running.history_from
        for name in self.fit.edited:
            if name not in self.rebuilt:
                reached, _ = world.progress.slowest((running or world).plans[name], world.now)
                world.edited(name, reached)
        if self.aside is not None:
            self.aside.tick(world.now)
            world.restore(self._new_rows(self.aside))
        self._recount()

    def _recount(self) -> None:
        """Remember the findings that rules count: they stand in no store but in the watches that count them."""
        world = self.world
        for name, lane in world.lanes.items():
            if world.plans[name].types & world.sequel.counted:
                for watch in lane.watches.values():
                    deque(map(world.remember, (fact for fact in watch.facts if fact.kind.name in world.sequel.counted)), maxlen=0)

    def _tell(self, taken: Taken) -> None:
        """Find what is to be told: what the rules that were built anew find, and which rules are no longer live."""
        world = self.world
        if self.aside is not None:
            told = [change for change in self.aside.take_changes() if change.rule in self.rebuilt]
            taken.changes = retold(self.store, told, since={name: judged_from(world, name) for name in self.rebuilt})
        for name, edit in self.fit.edits.items():
            if edit.old is not None and edit.old.status == "live" and (edit.new is None or edit.new.status != "live"):
                taken.changes += no_longer_live(self.store, name, taken.changes, world.now)


def judged_from(world: Watching, rule: str) -> int:
    """Return from when on kept history says for certain that a rule does not find something."""
    plan, month_ago = world.plans.get(rule), world.progress.now - KEEP
    if plan is None or not plan.is_disprovable:
        return month_ago
    return max(month_ago, plan.known_from + plan.reach)


def scaffold(book: Rulebook, rebuilt: set[str]) -> set[str]:
    """Return the rules to rebuild, with those whose findings they need to see again."""
    found = set(rebuilt)
    while more := {other for name in found for other in depends_on(book.rules[name])} - found:
        found |= more
    return found
