"""One key of a rule, run again: its past through a world of its own, what that told, and the facts that came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.events import id_of, instant_of
from engine.watching.account import Account
from engine.watching.clause import clause_of
from engine.watching.explaining import explained
from engine.watching.facts import Facts, concerns, glimpse, lines
from engine.watching.finding import identity, moment, task_id
from engine.watching.progress import NEVER
from engine.watching.world import ASLEEP, Watching

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.events import Event, Gate
    from engine.language import Rule, Rulebook
    from engine.watching.account import Verdict
    from engine.watching.explaining import Explanation
    from engine.watching.finding import Change
    from engine.watching.inquiry import Inquiry

    Key = tuple[Any, ...]
    Name = tuple[str, str, str]

FINDING = "finding."


@dataclass(slots=True)
class Past:
    """What happened: each event with the moment at which it arrived, in that order, and how far time has come.

    `heard` and `began` are those of the process that this is about; `known_from` says from when on everything is kept.
    """

    events: Sequence[tuple[Event, int]]
    now: int
    history_from: int | None = None
    began: int = NEVER
    heard: Mapping[tuple[str, str], int] = field(default_factory=dict)
    known_from: int = NEVER


def needed(book: Rulebook, name: str) -> dict[str, Rule]:
    """Return a rule with those that it rests on: the one that covers it, and those whose findings it counts."""
    found, waiting = {}, [name]
    while waiting:
        rule = book.rules.get(waiting.pop())
        if rule is None or rule.name in found or (rule.name != name and rule.status in ASLEEP):
            continue
        found[rule.name] = rule
        read = [event for part in (rule.anchor, *rule.others) for event in part.events]
        waiting += [event.removeprefix(FINDING) for event in read if event.startswith(FINDING)]
        waiting += rule.covered_by
    return found


def reads(book: Rulebook, gate: Gate, name: str) -> set[str]:
    """Return the event types that a rule rests on, and those that take events of these back."""
    rules = needed(book, name).values()
    read = {event for rule in rules for part in (rule.anchor, *rule.others) for event in part.events}
    return read | {kind for kind, struct in gate.structs.items() if set(struct.kind.retracts) & read}


class Case:
    """One key of a rule: its past run through the engine, and the facts that came of it."""

    def __init__(self, inquiry: Inquiry, key: Key) -> None:
        self.inquiry = inquiry
        self.rule = inquiry.rule
        self.key = key
        past = inquiry.past
        self.world = Watching(inquiry.book, inquiry.gate, places=inquiry.book.places, history_from=past.history_from, drafts=True)
        if past.heard or past.began != NEVER:
            self.world.progress.load([NEVER, past.began, [[*source, at] for source, at in past.heard.items()]])
        for plan in self.world.plans.values():
            plan.known_from = max(plan.known_from, past.known_from)
        #: events as their sources last told them, and what became of those that no rule sees, by identity
        self.standing: dict[Name, Event] = {}
        self.fates: dict[Name, str] = {}
        self._run(self._chosen())
        self.tasks = self._tasks(self.world.take_changes())
        self.evidence = {task: {(one.event, one.id) for one in told.counted} for task, told in self.tasks.items()}
        plan = self.world.plans[self.rule.name]
        self.settled, held = self.world.progress.slowest(plan, past.now)
        self.held_by = held[1] if held is not None else None
        history = past.history_from if past.history_from is not None else NEVER
        self.facts = Facts(plan, key, [*self.standing.values(), *self.findings()], settled=self.settled, history_from=history)

    # The engine, run again --------------------------------------------------------------------------------------------

    def _chosen(self) -> list[tuple[Event, int]]:
        """Return the events that concern the key, with every version and retraction of each."""
        past, rules = self.inquiry.past, self.inquiry.book.rules.values()
        wanted = self.inquiry.wanted
        if any(name.startswith(FINDING) for name in wanted):
            return [pair for pair in past.events if pair[0].kind.name in wanted]
        parts = [(part, dict(zip(rule.anchor.same, self.key, strict=False))) for rule in rules for part in (rule.anchor, *rule.others)]
        mine = {identity(event) for event, _ in past.events if any(concerns(part, event, key) for part, key in parts)}
        return [(event, at) for event, at in past.events if identities(event) & mine]

    def _run(self, events: list[tuple[Event, int]]) -> None:
        world, counts = self.world, Counter(self.world.counts)
        for event, arrived in events:
            world.receive(event, arrived)
            self._note(event, [name for name, count in world.counts.items() if count != counts[name]])
            counts = Counter(world.counts)
        world.tick(self.inquiry.past.now)

    def _note(self, event: Event, changed: list[str]) -> None:
        """Note what became of an event: by what the engine counted when it came."""
        name = identity(event)
        for target in event.kind.retracts:
            taken = (target, *name[1:])
            self.standing.pop(taken, None)
            self.fates[taken] = "withdrawn"
        fate = next((one for one in changed if one != "withdrawn"), None)
        if fate in {None, "corrected"}:
            self.standing[name] = event
        if fate is not None:
            self.fates[name] = fate

    def findings(self) -> list[Event]:
        """Return the findings of other rules that this one counts, as events."""
        plan = self.world.plans[self.rule.name]
        kinds = [self.world.by_name[name] for name in plan.types if name.startswith(FINDING)]
        return [event for kind in kinds for event in kind.seen.values()]

    def _tasks(self, changes: list[Change]) -> dict[str, Explanation]:
        """Return the tasks of this rule, and of the one that covers it, as they stand."""
        by_task: dict[str, list[Change]] = {}
        values = tuple(map(str, self.key))
        for change in changes:
            if change.rule in {self.rule.name, *self.rule.covered_by} and tuple(change.key.values()) == values:
                by_task.setdefault(change.task_id, []).append(change)
        told = {task: explained(lines) for task, lines in by_task.items()}
        return {task: one for task, one in told.items() if one is not None and one.state != "withdrawn"}

    # Accounts ---------------------------------------------------------------------------------------------------------

    def task_of(self, event: Event) -> str:
        """Return the id of the task that an event opens, if it opens one."""
        return task_id(self.rule.name, tuple(map(str, self.key)), event)

    def account(self, event: Event) -> Account:
        """Return one anchor's verdict, and why."""
        conditions = lines(self.rule.anchor.conditions, event)
        verdict, task = self._verdict(event)
        self.facts.used = self._used(event)
        clause = clause_of(self.facts, event)
        holds = all(line.holds for line in conditions)
        if verdict == "nothing" and holds and clause.holds is None:
            verdict = "waiting"
        if verdict == "nothing" and holds and clause.holds and not self._is_valid(event):
            clause.notes.append("not valid then")
        plan = self.world.plans[self.rule.name]
        key = {name: str(value) for name, value in zip(self.rule.anchor.same, self.key, strict=True)}
        return Account(
            event=glimpse(event, self.rule),
            key=key,
            verdict=verdict,
            conditions=conditions,
            clause=clause,
            task=task,
            provisional=plan.is_provisional(instant_of(event), event),
        )

    def _verdict(self, event: Event) -> tuple[Verdict, Explanation | None]:
        opened = self.tasks.get(self.task_of(event))
        if opened is not None:
            return "opened", opened
        name = (event.kind.name, id_of(event))
        for task in self.tasks.values():
            if name in self.evidence[task.task_id] or name[1] in task.unseen:
                return ("counted" if task.rule == self.rule.name else "covered"), task
        return "nothing", None

    def _used(self, event: Event) -> set[tuple[str, str]]:
        """Return the evidence of tasks that had opened before, for rules that count afresh."""
        if not self.world.plans[self.rule.name].afresh:
            return set()
        here = (moment(instant_of(event)), event.kind.name, id_of(event))
        earlier = [task for task in self.tasks.values() if task.rule == self.rule.name and task.counted]
        earlier = [task for task in earlier if max((one.at, one.event, one.id) for one in task.counted) < here]
        return {one for task in earlier for one in self.evidence[task.task_id]}

    def _is_valid(self, event: Event) -> bool:
        plan = self.world.plans[self.rule.name]
        t = instant_of(event)
        due = plan.deadline(t, event) if plan.negated and plan.rule.others else t
        return plan.since <= (t if due is None else due) < plan.until


def identities(event: Event) -> set[Name]:
    """Return whom an event concerns: itself, and the events that it takes back."""
    own = identity(event)
    return {own, *((target, *own[1:]) for target in event.kind.retracts)}
