"""What a rule has to say of one event: each condition, what was looked for and found, what was nearest, and what would change it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from engine.watching.explaining import Explanation
from engine.watching.finding import InWords


class Line(msgspec.Struct, omit_defaults=True):
    """A condition as it went for one event; None where a missing value leaves it open. A long one has its parts as `tests`."""

    text: str
    holds: bool | None
    actual: dict[str, Any]
    tests: list[Line] = []


class Glimpse(msgspec.Struct, omit_defaults=True):
    """An event as the rule saw it, why it did or did not do, and by how many microseconds it missed."""

    id: str
    event: str
    at: datetime
    values: dict[str, Any] = {}
    #: a phrase of the words catalogue
    why: str | None = None
    by: int | None = None
    #: the condition that did not hold
    because: str | None = None
    #: until when it is in the window
    until: datetime | None = None


class Decisive(msgspec.Struct, omit_defaults=True):
    """Something that would turn the verdict: `number` of these events gone, or `number` more between two moments.

    `event` is their type where they have one; `fresh` says that each must bring a new value, `amount` what they must add up to, and
    `agreeing` which values they must have.
    """

    change: Literal["without", "more"]
    number: int
    ids: list[str] = []
    event: str | None = None
    first: datetime | None = None
    last: datetime | None = None
    fresh: str | None = None
    amount: float | None = None
    agreeing: dict[str, Any] = {}


class Clause(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What a rule asks of an anchor beside its conditions, and how that went. `holds` is None while it is not decided."""

    kind: str
    holds: bool | None
    #: the bounds of what was looked at
    first: datetime | None = None
    last: datetime | None = None
    needed: float | None = None
    value: float | None = None
    #: of a spike: how many there were in the period before
    usual: int | None = None
    counted: list[Glimpse] = []
    not_counted: list[Glimpse] = []
    found: list[Glimpse] = []
    #: the event types that were looked for
    looked_for: list[str] = []
    nearest: Glimpse | None = None
    #: phrases of the words catalogue, for what else decided
    notes: list[str] = []
    decisive: list[Decisive] = []


Verdict = Literal["opened", "counted", "covered", "nothing", "waiting"]


class Account(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One anchor under one rule: whether it opened a task or joined one, and why, or why not."""

    event: Glimpse
    key: dict[str, str]
    verdict: Verdict
    conditions: list[Line] = []
    clause: Clause
    #: the task that it opened or joined, as it stands
    task: Explanation | None = None
    provisional: bool = False


class Reply(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What a rule answers to one question. `now` and `settled` say how far it has come when it answers."""

    rule: str
    rule_version: str
    status: str
    zone: str
    title: dict[str, str]
    in_words: InWords
    now: datetime
    settled: datetime | None = None
    #: the source that time waits for
    held_by: str | None = None
    late_by: dict[str, int] = {}
    #: the event that was asked about, and what part it plays: that of the anchor, one beside it, or none
    asked: Glimpse | None = None
    part: Literal["anchor", "beside", "none"] = "anchor"
    #: what became of the event before any rule saw it, for example `repeated`
    fate: str | None = None
    conditions: list[Line] = []
    accounts: list[Account] = []
    #: further anchors of the key that are not shown
    more: int = 0
