"""One run of the embedded runtime: feeds and front door in, store out, until it is told to stop.

Rounds: look how far every feed reaches, read all of them to there, answer the requests that came meanwhile, and only then let time
move to where the clock stood at the beginning of the round. Long because feeds, requests, rules and messages meet in that round.
"""

from __future__ import annotations

import gc
import signal
import sys
from itertools import groupby, islice
from typing import TYPE_CHECKING

import structlog

from streams import clock
from streams.collecting import undisturbed
from streams.embedded import feeds
from streams.embedded.frontdoor import FrontDoor, Views
from streams.embedded.inbox import Inbox
from streams.embedded.lag import Limits
from streams.embedded.metrics import metrics_of
from streams.embedded.parcel import Parcel
from streams.embedded.rulewatch import RuleWatch
from streams.embedded.runtime import Runtime
from streams.embedded.state import status
from streams.lock import Unusable
from streams.log import configure
from streams.notify import Alerts, Delivery
from streams.rules import Rules, load
from streams.store import NotKept, open_reader, open_store

if TYPE_CHECKING:
    from types import FrameType

    from engine.casework import Outcome
    from streams.embedded.feeds import Source
    from streams.embedded.inbox import Letter
    from streams.embedded.options import Options
    from streams.embedded.state import Status
    from streams.orders import Order
    from streams.store import Store

SECOND = 1_000_000
#: Seconds to wait after a batch could not be written, doubled each time up to the longest.
PAUSE, LONGEST_PAUSE = 0.5, 30.0
#: Seconds that a change of rules may take from those who wait, each time.
SLICE = 0.02
#: A clock that is set by so little is not worth a word.
SMALL = SECOND
FINE, WRONG_RULES, UNUSABLE = 0, 1, 2
log = structlog.get_logger("clearly")


def run(options: Options) -> int:
    """Run until told to stop by SIGTERM or SIGINT, or as `options` say; return the exit code.

    0 stopped in order, 1 the rules folder has errors, 2 something else given cannot be used. What is wrong goes to standard error.
    """
    configure(options.settings.log)
    rules = load(options.rules, options.profile)
    if not isinstance(rules, Rules):
        return refused("\n".join(rules), WRONG_RULES)
    try:
        store = open_store(options.database, clock.now())
    except Unusable as error:
        return refused(str(error), UNUSABLE)
    try:
        Process(options, store, rules).run()
    except (Unusable, NotKept) as error:
        return refused(str(error), UNUSABLE)
    finally:
        store.close()
    return FINE


def refused(why: str, code: int) -> int:
    """Say why the program does not run, and return its exit code."""
    sys.stderr.write(why + "\n")
    return code


class Process:
    """Everything of one run that lives in memory."""

    def __init__(self, options: Options, store: Store, rules: Rules) -> None:
        self.options, self.store = options, store
        self.settings = options.settings
        self.inbox = Inbox(self.settings.inbox_limit)
        self.is_stopping = False
        self._latest: int = store.meta("now") or 0
        self._was_set_back = False
        self._grace_until = 0
        now = self.now()
        is_new = store.meta("progress") is None
        limits = Limits(*(int(seconds * SECOND) for seconds in (self.settings.lag_seconds, self.settings.undecided_seconds)))
        with undisturbed():
            self.runtime = Runtime(store, rules, now, keep_days=self.settings.keep_days, limits=limits)
            gc.freeze()  # what came from the store stays: nobody has to look through it for garbage, not even once
        self.sources: list[Source] = feeds.opened(options, rules.book.catalogue, store, self.inbox.bell)
        self.rule_watch = RuleWatch(options.rules, rules.version, options.profile)
        self.door = FrontDoor(options.http, self.inbox, self.settings, self.views()) if options.http else None
        self.delivery = Delivery(options.database)
        self._pause = PAUSE
        self._had_round = 0.0
        if not is_new:
            self.allow_grace(now)

    # Time -------------------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """Return the clock, which never goes back here, and stops at `until`."""
        now = clock.now()
        if self.options.until is not None:
            now = min(now, self.options.until)
        if now < self._latest - SMALL and not self._was_set_back:
            log.warning(
                "the clock was set back; deadlines wait until it has caught up, events are taken meanwhile",
                seconds=(self._latest - now) // SECOND,
                clock=clock.moment(now).isoformat(),
                latest=clock.moment(self._latest).isoformat(),
            )
        self._was_set_back = now < self._latest - SMALL
        self._latest = max(now, self._latest)
        return self._latest

    def allow_grace(self, now: int) -> None:
        """After a standstill, give senders over HTTP time to deliver what they could not before anything is decided."""
        if self.door is not None:
            self._grace_until = now + int(self.settings.grace_seconds * SECOND)

    # The run ----------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Go round until told to stop."""
        before = {name: signal.signal(name, self.stop) for name in (signal.SIGTERM, signal.SIGINT)}
        if self.door is not None:
            self.door.open()
            self.runtime.note(self.now(), door=self.door.url)
        self.delivery.start()
        # What came from the store stays; and a judged event leaves nothing in circles, so looking for them can wait.
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        log.info("running", **self.described())
        try:
            while not self.is_stopping:
                self.turn()
        finally:
            self.close()
            for name, handler in before.items():
                signal.signal(name, handler)
        log.info("stopped", reached=clock.moment(self.runtime.world.now).isoformat())

    def described(self) -> dict[str, object]:
        """Return what the first line of the log says."""
        told: dict[str, object] = {"rules": len(self.runtime.world.plans), "database": str(self.options.database)}
        return told | ({"http": self.door.url} if self.door is not None else {}) | ({"feeds": len(self.sources)} if self.sources else {})

    def stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop in order: finish the batch, answer who waits, take no more."""
        self.is_stopping = True
        self.inbox.bell.set()

    def turn(self) -> None:
        """Answer who waits; once in a while go round the feeds; else wait for something to happen."""
        poll = self.settings.poll_seconds
        try:
            self.serve()
            self.change_rules()
            if clock.steady() - self._had_round >= poll:
                self.go_round()
                self._had_round = clock.steady()
            self._pause = PAUSE
        except NotKept as error:
            # foreseen: the message says it all
            log.error("not kept; it is tried again", why=str(error), seconds=self._pause)  # noqa: TRY400
            self.inbox.bell.clear()
            self.inbox.bell.wait(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            return
        if not self.is_stopping and self.runtime.coming is None:
            self.inbox.bell.wait(max(0.0, self._had_round + poll - clock.steady()))
            self.inbox.bell.clear()

    def go_round(self) -> None:
        """Read every feed to where it reaches now, then let time move."""
        latest, now = self._latest, self.now()
        if self._had_round and now - latest > max(self.settings.grace_seconds, 10 * self.settings.poll_seconds) * SECOND:
            log.warning("everything stood still for a while", seconds=(now - latest) // SECOND)
            self.allow_grace(now)
        self.take_up_rules(now)
        for source in self.sources:
            source.look()
        for source in self.sources:
            self.read_out(source)
        self.serve()
        if self.is_stopping:
            return
        if now < self._grace_until or not self.are_caught_up():
            self.runtime.stand(now)
            return
        self.runtime.tick(now)
        if self.options.once or now == self.options.until:
            self.is_stopping = True
            for path in [path for source in self.sources for path in source.cut]:
                log.warning("a file ends in the middle of a record, and that record was not read", path=str(path))

    def are_caught_up(self) -> bool:
        """Return whether every feed was read as far as it may be waited for; a run `once` waits for the end of standard input."""
        return all(source.is_over if self.options.once else source.is_caught_up for source in self.sources)

    def read_out(self, source: Source) -> None:
        """Read one feed to where it reached when it was looked at."""
        read = 0
        told = clock.steady()
        while not self.is_stopping and (parcel := source.read(self.settings.batch)) is not None:
            self.serve()
            self.change_rules()
            self.runtime.receive([parcel], self.now())
            source.advance(parcel)
            read += len(parcel.records)
            if clock.steady() - told > 10:
                told = clock.steady()
                log.info("reading", records=read, place=parcel.place(0))
        if read > self.settings.batch:
            log.info("read", records=read)

    def serve(self) -> None:
        """Keep what waits in the inbox, a group at a time, and answer each sender."""
        while letters := self.inbox.take(self.settings.group):
            self.answer(letters)

    def answer(self, letters: list[Letter]) -> None:
        """Keep some requests, events in one transaction and commands in one, and answer each sender."""
        left = iter(letters)
        try:
            for _, group in groupby(letters, key=lambda letter: isinstance(letter.brought, list)):
                brought = [letter.brought for letter in group]
                parcels = [one for one in brought if isinstance(one, Parcel)]
                orders = [one for one in brought if isinstance(one, list)]
                answers = self.obey(orders) if orders else self.runtime.receive(parcels, self.now())
                for answer in answers:
                    next(left).answer.set_result(answer)
        except NotKept as error:
            for letter in left:
                letter.answer.set_exception(error)
            raise

    def obey(self, requests: list[list[Order]]) -> list[list[Outcome]]:
        """Have the commands of some requests carried out in one transaction, and return what came of those of each."""
        outcomes = iter(self.runtime.order([order for request in requests for order in request], self.now()))
        return [list(islice(outcomes, len(request))) for request in requests]

    def take_up_rules(self, now: int) -> None:
        """Begin to go over to the rules that stand in the folder now, if they are good; else tell what is wrong with them."""
        found = self.rule_watch.look()
        if isinstance(found, Rules):
            self.rule_watch.coming = found.version
            rebuilt = self.runtime.begin(found, now)
            if rebuilt is not None:
                self.taken_up(rebuilt)
        elif found is not None:
            if self.rule_watch.coming is not None and not found:
                self.runtime.give_up()
                self.rule_watch.coming = None
            self.runtime.refuse(found, now) if found else self.runtime.accept(now)

    def change_rules(self) -> None:
        """Go on for a moment with a change of rules that was begun."""
        began = clock.steady()
        while self.runtime.coming is not None and clock.steady() - began < SLICE:
            rebuilt = self.runtime.go_on(self.now())
            if rebuilt is not None:
                self.taken_up(rebuilt)

    def taken_up(self, rebuilt: set[str]) -> None:
        """Note that other rules run now."""
        rules = self.runtime.rules
        self.rule_watch.version, self.rule_watch.coming = rules.version, None
        log.info("rules taken up", version=rules.version, rules=len(rules.book.rules), rebuilt=sorted(rebuilt))

    def close(self) -> None:
        """Answer who still waits and let go of everything."""
        self.inbox.close()
        if self.door is not None:
            self.door.close()
        try:
            self.serve()
            self.runtime.note(self.now())
        except NotKept as error:
            log.error("not kept", why=str(error))  # noqa: TRY400 - foreseen: the message says it all
        self.delivery.stop()
        if self.door is not None:
            self.door.join()
        for source in self.sources:
            source.close()

    def views(self) -> Views:
        """Return what can be looked at by the front door."""
        alerts = Alerts(self.options.database)
        return Views(self.look, self.measure, lambda wanted: alerts.feed(wanted, clock.now()))

    def look(self) -> Status:
        """Return what `clearly status` shows."""
        reader = open_reader(self.options.database)
        try:
            return status(reader)
        finally:
            reader.close()

    def measure(self, accept: str) -> tuple[bytes, str]:
        """Return what Prometheus reads, and its content type."""
        return metrics_of(self.options.database, accept)
