"""Questions to one rule: why this event, why this key, why this task. The verdict is that of the engine itself, run again.

The events that concern a key go through a `Watching` of their own, with the same rule and whatever stands over or under it; what it
tells is the verdict. Why it came so is then asked of the settled facts, condition by condition.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.events import id_of, instant_of
from engine.watching.account import Account, Reply
from engine.watching.case import FINDING, Case, needed, reads
from engine.watching.facts import concerns, glimpse, lines
from engine.watching.finding import InWords, identity, moment, task_id
from engine.watching.wording import in_words
from engine.watching.world import Watching

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events import Event, Gate
    from engine.language import Rulebook
    from engine.watching.case import Past

    Key = tuple[Any, ...]
    Name = tuple[str, str, str]

#: So many of a key's newest anchors are looked at for the one that came nearest.
NEWEST = 50


class Inquiry:
    """One rule and the past that it is asked about."""

    def __init__(self, book: Rulebook, gate: Gate, name: str, past: Past) -> None:
        self.book = replace(book, rules=needed(book, name))
        self.gate = gate
        self.rule = book.rules[name]
        self.past = past
        self.wanted = reads(book, gate, name)
        placing = Watching(self.book, gate, places=book.places, drafts=True)
        for event, _ in past.events:
            if placing.kinds[event.__class__].is_placed:
                placing.whereabouts.place(event.kind, event, instant_of(event))

    @cached_property
    def known(self) -> list[Event]:
        """Return every event that the rule may look at, the findings of other rules among them."""
        events = [event for event, _ in self.past.events]
        if not any(name.startswith(FINDING) for name in self.wanted):
            return events
        return [*events, *Case(self, (None,) * len(self.rule.anchor.same)).findings()]

    # Questions --------------------------------------------------------------------------------------------------------

    def event(self, name: str) -> list[Reply]:
        """Return what the rule says of every event of this id: none where there is no such event."""
        replies = [self._about(event) for event in self._named(name)]
        told = {(one.event.event, one.event.id) for reply in replies if reply.part == "anchor" for one in reply.accounts}
        # an outage and its restoration often have one id: what was said of the outage says it all
        return [
            one
            for one in replies
            if one.part != "beside" or not one.accounts or not told.issuperset((a.event.event, a.event.id) for a in one.accounts)
        ]

    def keys(self, wanted: Mapping[str, str]) -> list[Key]:
        """Return the keys that anchors have, as far as they agree with the values given."""
        same = self.rule.anchor.same
        keys = {self._key(event) for event in self.known if event.kind.name in self.rule.anchor.events}
        agree = [key for key in keys if all(str(value) == wanted.get(name, str(value)) for name, value in zip(same, key, strict=True))]
        return sorted((key for key in agree if None not in key), key=str)

    def key(self, key: Key, most: int = 3) -> Reply:
        """Return what the rule says of a key: the anchors that opened tasks, or that came nearest, newest first."""
        case = Case(self, key)
        reply = self._reply(case)
        anchors = case.facts.anchors()
        opened = [event for event in anchors if case.task_of(event) in case.tasks]
        looked_at = {identity(event): event for event in [*opened[-most:], *anchors[-NEWEST:]]}
        accounts = [case.account(event) for event in looked_at.values()]
        accounts.sort(key=lambda one: (rank(one), one.event.at), reverse=True)
        reply.accounts, reply.more = accounts[:most], max(len(anchors) - most, 0)
        return reply

    def task(self, task: str, key: Key | None = None) -> Reply | None:
        """Return what the rule says of the anchor that opened a task. Where its key is given, other keys are not looked at."""
        for one in [key] if key is not None else self._keys_of(task):
            case = Case(self, one)
            for event in case.facts.anchors():
                if case.task_of(event) == task:
                    reply = self._reply(case)
                    reply.accounts = [case.account(event)]
                    return reply
        return None

    def _keys_of(self, task: str) -> list[Key]:
        """Return the key of the anchor that opens a task of this id, if there is one."""
        for event in self.known:
            if event.kind.name not in self.rule.anchor.events or None in (key := self._key(event)):
                continue
            if task_id(self.rule.name, tuple(map(str, key)), event) == task:
                return [key]
        return []

    # Parts ------------------------------------------------------------------------------------------------------------

    def _named(self, name: str) -> list[Event]:
        found = {identity(event): event for event in self.known if id_of(event) == name}
        read = set(self.rule.anchor.events).union(*(part.events for part in self.rule.others))
        mine = [event for event in found.values() if event.kind.name in read]
        return mine or list(found.values())

    def _key(self, event: Event) -> Key:
        return tuple(getattr(event, name) for name in self.rule.anchor.same)

    def _about(self, event: Event) -> Reply:
        """Return what the rule says of an event, whichever part it plays."""
        rule, kind = self.rule, event.kind.name
        if kind in rule.anchor.events:
            return self._about_anchor(event)
        beside = [part for part in rule.others if kind in part.events]
        if not beside:
            return Reply(**self._head(None), asked=glimpse(event, rule), part="none")
        part = beside[0]
        keys = [key for key in self.keys({}) if concerns(part, event, dict(zip(rule.anchor.same, key, strict=True)))]
        if not keys:
            return Reply(**self._head(None), asked=glimpse(event, rule), part="beside", conditions=lines(part.conditions, event))
        case = Case(self, keys[0])
        reply = self._reply(case)
        reply.asked, reply.part, reply.conditions = glimpse(event, rule), "beside", lines(part.conditions, event)
        t = instant_of(event)
        near = sorted(case.facts.anchors(), key=lambda one: abs(instant_of(one) - t))
        reply.accounts, reply.more = [case.account(one) for one in near[:3]], max(len(near) - 3, 0)
        reply.fate = case.fates.get(identity(event))
        return reply

    def _about_anchor(self, event: Event) -> Reply:
        key = self._key(event)
        if None in key:
            asked = glimpse(event, self.rule)
            return Reply(**self._head(None), asked=asked, fate="no key", conditions=lines(self.rule.anchor.conditions, event))
        case = Case(self, key)
        reply = self._reply(case)
        standing = case.standing.get(identity(event))
        reply.asked, reply.fate = glimpse(standing or event, self.rule), case.fates.get(identity(event))
        if standing is not None:
            reply.accounts = [case.account(standing)]
        else:
            reply.conditions = lines(self.rule.anchor.conditions, event)
        return reply

    def _reply(self, case: Case) -> Reply:
        return Reply(**self._head(case))

    def _head(self, case: Case | None) -> dict[str, Any]:
        """Return what every reply begins with."""
        rule, types = self.rule, {name: struct.kind for name, struct in self.gate.structs.items()}
        lasts = case.world.plans[rule.name].lasts if case is not None else True
        words = InWords(**in_words(rule, types, self.book.zone), zone=self.book.zone, lasts=lasts)
        read = {name for part in rule.others or (rule.anchor,) for name in part.events}
        return {
            "rule": rule.name,
            "rule_version": rule.version,
            "status": rule.status,
            "zone": self.book.zone,
            "title": dict(rule.title),
            "in_words": words,
            "now": moment(self.past.now),
            "settled": moment(case.settled) if case is not None and case.settled > -(1 << 60) else None,
            "held_by": case.held_by if case is not None else None,
            "late_by": {name: types[name].late_by for name in sorted(read) if name in types and types[name].late_by},
        }


def rank(account: Account) -> tuple[int, float]:
    """Return how much there is to tell of an anchor: that it fired, that it waits, or how near it came."""
    verdicts = {"opened": 3, "covered": 3, "counted": 2, "waiting": 1, "nothing": 0}
    clause = account.clause
    return (verdicts[account.verdict], (clause.value or 0) / (clause.needed or 1) if clause.needed else 0.0)
