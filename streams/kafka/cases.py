"""The casework of one partition: every task that is at home there, in memory, and as rows. It is told everything and waits for nothing.

The same world of the engine as in the embedded runtime, told the same in the same order. Time is what the log says: of a change when it
was decided, of a command when the brokers took it; in between, as far as every partition of the watching stage has told everything.

Longer than most modules: findings, commands, time and what was measured meet in one record, and in one transaction.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from engine.casework import (
    ERASE,
    Casework,
    Known,
    Moved,
    Refused,
    Row,
    Task,
    apply,
    is_warning,
    told_by_journal,
    told_by_state,
    unpack,
    warning,
)
from engine.events import micros
from streams.kafka.digests import Digests
from streams.kafka.effects import asked_of, effect_in, is_about, is_open, open_row
from streams.kafka.inbox import Areas
from streams.kafka.rows import META, behind
from streams.orders import Told, Unfit, orders_of, told
from streams.terms import CHANGE, NO_CASEWORK, explained_in, facts_in, is_for_casework, terms_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from engine.casework import Effect, Entry, Fact, Outcome, Publication
    from streams.effects import Measure
    from streams.kafka.inbox import Case, Measured, Request
    from streams.orders import Order
    from streams.rules import Rules

#: Kinds of rows beside what is noted of the partition itself: tasks, calendars, storms, changes of findings, explanations, effects.
TASKS, FINDINGS, PLANS, EFFECTS = b"t", b"f", b"p", b"e"
KINDS = {"task": TASKS, "calendar": b"c", "storm": b"s"}
NAMES = {prefix: kind for kind, prefix in KINDS.items()}
#: How often time is noted at least while nothing else happens (microseconds).
HEARTBEAT = 5_000_000
EXPLAINED = "task.explained"
#: Erasing asks for a journal that can be rewritten, and a log cannot.
NOT_IN_A_LOG = Refused(
    "log",
    "Kafka 日志中的内容不能改写，请在台账数据库中清除",
    "what stands in the log of Kafka cannot be rewritten",
)


class Noted(msgspec.Struct, array_like=True):
    """What a partition knows beside its tasks. Times are microseconds since 1970."""

    version: str
    #: the last record that these rows come of
    position: int = -1
    now: int = 0
    #: by partition of the watching stage, up to when it has told everything
    reached: dict[int, int] = {}
    #: by partition of the commands, the last one that was taken
    taken: dict[int, int] = {}
    counts: dict[str, int] = {}
    #: up to when people were reminded, None where they never were
    reminded: int | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """Which partition this is, of how many, and how its rows are read."""

    partition: int
    count: int
    fetch: Callable[[bytes], bytes | None]
    #: gives the rows between two keys
    scan: Callable[[bytes, bytes | None], Iterator[tuple[bytes, bytes]]]


@dataclass(slots=True)
class Handled:
    """What one record brings about."""

    rows: dict[bytes, bytes | None] = field(default_factory=dict)
    #: entries of the journal, each with the record that tells it
    entries: list[tuple[Entry, Publication]] = field(default_factory=list)
    #: tasks as they stand now, each with the record that tells it
    states: list[tuple[Task, Publication]] = field(default_factory=list)
    published: list[Publication] = field(default_factory=list)
    #: what came of each command, under the name that its answer goes by
    answers: list[tuple[str, Told]] = field(default_factory=list)
    #: up to when everything was told before this record, where it is time to say so
    mark: int | None = None
    #: what the watching stage is to measure
    asked: list[Measure] = field(default_factory=list)
    #: files that were handed in: task and hash of the content, and the content
    files: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing has to be written."""
        return not (self.rows or self.answers or self.published or self.mark)


class Cases:
    """The tasks of one partition."""

    def __init__(self, home: Home, rules: Rules, noted: Noted | None = None) -> None:
        self.home = home
        self.noted = Noted(rules.version) if noted is None else noted
        #: the last record that was looked at, and the last one that rows come of
        self.position = self.written = self.noted.position
        self.counts = Counter(self.noted.counts)
        self._noted_at = 0
        #: how far time has come in the last record, and how far others were told that it has
        self._time = self._marked = 0
        self._handled = Handled()
        #: tasks as they stood after the last of their entries that was told with this record
        self._stood: dict[str, Task] = {}
        self._open(rules)

    def _open(self, rules: Rules) -> None:
        """Make the world of a rulebook, filled from the rows that there are. Without a calendar there is none."""
        self.rules, self.noted.version = rules, rules.version
        self.casework: Casework | None = None
        if rules.book.calendar is None:
            return
        areas, known = Areas(rules), Known(facts=self._facts, plan=self._plan, measured=self._measured)
        self.casework = Casework(
            terms_of(rules, known), explain_in=explained_in(rules), area_of=lambda unit, _: areas.of(unit), awaits=self._awaits
        )
        self.casework.restore(self._kept())
        self.digests = Digests(self.casework, areas, self.noted.reminded)

    def _kept(self) -> Iterator[Row]:
        for prefix, kind in NAMES.items():
            for key, row in self.home.scan(prefix, behind(prefix)):
                yield Row(kind, key[1:].decode(), row)

    # What the judge asks ----------------------------------------------------------------------------------------------

    def _facts(self, task: Task) -> list[Fact]:
        lines: list[bytes] = []
        for finding in task.findings:
            start = finding_key(finding)
            found = dict(self.home.scan(start, start + b"\xff"))
            found |= {key: row for key, row in self._handled.rows.items() if key.startswith(start) and row is not None}
            lines += [found[key] for key in sorted(found)]
        return list(facts_in(lines))

    def _plan(self, task: Task) -> Mapping[str, Any]:
        row = self._row(PLANS + task.id.encode())
        plan: dict[str, Any] = {} if row is None else msgspec.msgpack.decode(row)
        return plan

    def _row(self, key: bytes) -> bytes | None:
        return self._handled.rows[key] if key in self._handled.rows else self.home.fetch(key)

    def _measured(self, task: Task, criterion: Mapping[str, Any], at: int) -> Effect | None:
        return effect_in(self._row(EFFECTS + task.id.encode()), criterion, at)

    def _awaits(self, name: str) -> bool:
        return is_open(self._row(EFFECTS + name.encode()))

    # What comes -------------------------------------------------------------------------------------------------------

    def receive(self, case: Case, offset: int, arrived: int, newer: Rules | None = None) -> Handled:
        """Return what a record brings about. `arrived` is when the brokers took it, `newer` a rulebook to go by from here on."""
        handled, self._stood = Handled(mark=self._mark()), {}
        self._handled, self.position = handled, offset
        if newer is not None:
            self._take_up(newer, case)
        for one in case.measured:
            self._learn(one)
        for number, line in enumerate(case.changes):
            self._change(line, offset, number)
        for request in case.requests:
            self._request(request)
        if case.reached is not None:
            self._reach(*case.reached)
        self._collect()
        if case.changes or case.requests or not handled.is_empty or self._is_time(arrived):
            self._noted_at = arrived
            self.noted.position = self.written = offset
            self.noted.counts = dict(self.counts)
            if self.casework is not None:
                self.noted.reminded = self.digests.mornings.until
            handled.rows[META] = msgspec.msgpack.encode(self.noted)
        return handled

    def _mark(self) -> int | None:
        """Return up to when everything was told before this record, where it is time to say so."""
        if self._time - self._marked < HEARTBEAT:
            return None
        self._marked = self._time
        return self._marked

    def _is_time(self, arrived: int) -> bool:
        """Return whether it is time to note how far time has come."""
        is_morning = self.casework is not None and self.digests.mornings.until != self.noted.reminded
        return is_morning or arrived - self._noted_at >= HEARTBEAT

    def _take_up(self, rules: Rules, case: Case) -> None:
        """Go on under another rulebook: every clock counts by its calendar from now on."""
        self._open(rules)
        if self.casework is not None:
            times = [request.at for request in case.requests] or [0 if case.reached is None else case.reached[1]]
            now = self._now(min([*times, *(micros(CHANGE.decode(line).decided_at) for line in case.changes)]))
            self.casework.rebase(self.casework.terms.calendars.current.version, max(now, self.casework.now))

    def _now(self, at: int) -> int:
        """Return what time it is: never earlier than it was."""
        self.noted.now = max(self.noted.now, at)
        return self.noted.now

    def _change(self, line: bytes, offset: int, number: int) -> None:
        change = CHANGE.decode(line)
        now = self._now(micros(change.decided_at))
        if self.casework is None or not is_for_casework(change):
            return
        if is_warning(change):
            self._handled.published += [one for one in [warning(change)] if one is not None]
            return
        self._handled.rows[finding_key(change.task_id) + offset.to_bytes(8, "big") + number.to_bytes(4, "big")] = line
        self.casework.receive(change, now)
        self.counts["changes"] += 1

    def _learn(self, measured: Measured) -> None:
        """Note what was measured, where that is still wanted."""
        key = EFFECTS + measured.task.encode()
        if is_about(self._row(key), measured.at):
            self._handled.rows[key] = msgspec.msgpack.encode(measured)

    def _request(self, request: Request) -> None:
        """Take a command, once: intake may deliver it again after a crash."""
        if request.offset <= self.noted.taken.get(request.partition, -1):
            return
        self.noted.taken[request.partition] = request.offset
        now = self._now(request.at)
        try:
            (order,) = orders_of(request.body, now)
        except ValueError as error:
            why = str(error) if isinstance(error, Unfit) else "one record holds one command, an object"
            answer = Told(request.correlation, "", "refused", code="unfit", zh=f"不是命令：{why}", en=why)
        else:
            answer = told(order, self._order(order, now))
        self.counts[f"commands {answer.outcome}"] += 1
        self._handled.answers.append((request.correlation, answer))

    def _order(self, order: Order, now: int) -> Outcome:
        if self.casework is None:
            return NO_CASEWORK
        if order.command.command == ERASE:
            return NOT_IN_A_LOG
        outcome = self.casework.command(order.command, now)
        if isinstance(outcome, Moved):
            self._handled.files += [(f"{order.command.task}/{name}", content) for name, content in order.files.items()]
        self._tell(self.casework.take_entries())
        return outcome

    def _reach(self, partition: int, time: int) -> None:
        """A partition of the watching stage has told everything by a time: once all have, time has come so far."""
        reached = self.noted.reached
        reached[partition] = max(time, reached.get(partition, time))
        if len(reached) < self.home.count:
            return
        if self.casework is None:
            return
        time = min(reached.values())
        if time >= self.noted.now:
            self.casework.tick(self._now(time))
        self.digests.tick(time)
        self._time = time

    # Out --------------------------------------------------------------------------------------------------------------

    def _collect(self) -> None:
        casework, handled = self.casework, self._handled
        if casework is None:
            return
        self._tell(casework.take_entries())
        handled.published += [*casework.take_published(), *self.digests.taken(entry for entry, _ in handled.entries)]
        gone: list[str] = []
        for kind, name, row in casework.take_rows():
            key = KINDS[kind] + name.encode()
            handled.rows[key] = row
            if kind == "task" and row is None:
                gone.append(name)
            if kind == "task" and row is not None:
                self._measure(casework.tasks[name])
                handled.states.append((casework.tasks[name], told_by_state(casework.tasks[name])))
        if gone:
            self._forget(casework, gone)

    def _measure(self, task: Task) -> None:
        """Have the effect of a remedy measured when its watch ends."""
        asked = asked_of(task, self._plan(task), self.home.partition)
        key = EFFECTS + task.id.encode()
        if asked is not None and not is_about(self._row(key), asked.at):
            self._handled.rows[key] = open_row(asked)
            self._handled.asked.append(asked)

    def _tell(self, entries: Sequence[Entry]) -> None:
        """Have entries told, each with its task as it stood then."""
        for entry in entries:
            name = entry.task_id
            task = self._stood[name] = apply(self._stood.get(name) or self._stored(name), entry)
            self._handled.entries.append((entry, told_by_journal(entry, task)))
            if entry.kind == EXPLAINED and entry.payload:
                self._handled.rows[PLANS + name.encode()] = msgspec.msgpack.encode(entry.payload)

    def _stored(self, name: str) -> Task:
        row = self.home.fetch(TASKS + name.encode())
        return Task(id=name) if row is None else unpack(row)

    def _forget(self, casework: Casework, names: Sequence[str]) -> None:
        """Let go of what was kept for the judge of tasks that are over for good, unless another task looks at it too."""
        shared = {finding for task in casework.tasks.values() for finding in task.findings}
        for name in names:
            self._handled.rows |= dict.fromkeys((PLANS + name.encode(), EFFECTS + name.encode()))
            for finding in self._stored(name).findings.keys() - shared:
                start = finding_key(finding)
                self._handled.rows |= dict.fromkeys(key for key, _ in self.home.scan(start, start + b"\xff"))


def finding_key(finding: str) -> bytes:
    """Return what the keys of all changes of a finding begin with."""
    return FINDINGS + finding.encode() + b"\0"
