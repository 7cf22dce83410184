"""What a watch has found: a `Finding` while it lives in the engine, a `Change` when it is told to the world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from engine.events import Event, id_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1024)
def moment(micros: int) -> datetime:
    """Return the instant `micros` after 1970 as an aware UTC datetime, the way changes show it; most are shown several times."""
    return EPOCH + timedelta(0, 0, micros)


class Finding:
    """One episode that a rule found on one key.

    `anchor` is the event that opened it and, with rule and key, its identity. `members` is the evidence in event-time order
    (the union over the episode); `value` the largest count or total of it. `ended` is the last instant at which it held.
    """

    __slots__ = ("anchor", "at", "ended", "last", "lasts", "members", "notice", "value")

    def __init__(self, anchor: Event, at: int, members: list[Event], value: float | None) -> None:
        self.anchor = anchor
        self.at = at
        self.members = members
        self.value = value
        self.ended: int | None = None
        #: event time of the newest evidence; an `updated` change is dated with it
        self.last = at
        #: whether it stands until something ends it, or is over the moment it is found
        self.lasts = False
        #: who was told what when it opened; kept so that every later line repeats it
        self.notice: Notice | None = None

    def copy(self) -> Finding:
        """Return a finding that can grow without this one growing."""
        twin = Finding(self.anchor, self.at, list(self.members), self.value)
        twin.ended, twin.last, twin.lasts, twin.notice = self.ended, self.last, self.lasts, self.notice
        return twin

    def is_over(self, moment: int) -> bool:
        """Return whether it had ended before `moment`, so that nothing later can add to it."""
        over_at = self.ended if self.lasts else self.last
        return over_at is not None and over_at < moment

    def stands_at(self, moment: int) -> bool:
        """Return whether the episode holds at `moment`."""
        if moment < self.at:
            return False
        return moment <= self.last if not self.lasts else self.ended is None or moment <= self.ended

    @property
    def identity(self) -> tuple[str, str, str]:
        """Return what the opening anchor is known by: type, source, id."""
        return identity(self.anchor)


def identity(event: Event) -> tuple[str, str, str]:
    """Return what an event is known by for ever: its type, its source and its catalogue id."""
    return (event.kind.name, event.source, id_of(event))


def task_id(rule: str, key: tuple[str, ...], anchor: Event) -> str:
    """Return the id of the task that `anchor` opens: the same in every run, restart and runtime.

    The rule's name stands in front so that people can read it; the rest is a hash of rule, key and the anchor's identity.
    """
    parts = (rule, *key, "", *identity(anchor))
    text = "\x1f".join(parts)
    if "\\" in text or text.count("\x1f") >= len(parts):
        text = "\x1f".join([part.replace("\\", "\\\\").replace("\x1f", "\\u") for part in parts])
    return f"{rule}-{blake2b(text.encode(), digest_size=6).hexdigest()}"


class Addressee(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Who owes the explanation."""

    role: str
    unit: str | None = None
    person: str | None = None


class Counted(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One event as the verdict saw it: the values that the rule reads, at the time it happened."""

    id: str
    event: str
    at: datetime
    values: dict[str, Any]
    #: for an event that was looked at and not counted: the condition that did not hold
    because: str | None = None


class InWords(msgspec.Struct, frozen=True, gc=False):
    """What a rule looked for when it decided, in both languages, and the time zone that it is at home in."""

    zh: str
    en: str
    zone: str
    #: whether its findings stand until something ends them; else each is over the moment it is found
    lasts: bool = True


class Because(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Why a change came about, kept by the verdict itself so that nothing is worked out again later."""

    #: the rule as one sentence; said when a task opens
    rule: InWords | None = None
    counted: list[Counted] = []
    not_counted: list[Counted] = []
    #: everything up to here was in when an absence was decided
    settled: datetime | None = None
    #: the end of the calendar was passed: the deadline may move when the next year is published
    provisional: bool = False
    #: sources that were silent for too long to be waited for
    without: list[str] = []
    #: the late event that changed an earlier verdict
    late: str | None = None
    #: the rule whose task takes this one in, or whose finding was taken in here
    covered: str | None = None
    #: what an edit of the rule has to do with it: "rule changed", "rule no longer live"
    edit: str | None = None


class Notice(msgspec.Struct, frozen=True, gc=False):
    """The part of a task that is fixed when it opens."""

    task_id: str
    key: dict[str, str]
    to: Addressee
    due: datetime


class Change(msgspec.Struct, omit_defaults=True, gc=False):
    """One line of the task feed. Lines are deltas: folding the lines of a `task_id` gives the task.

    `opened` and `updated` mean that the episode stands (also after an `ended`), `ended` that it is over at `at`, `withdrawn`
    that it never should have been. `evidence` holds the ids that this change adds, `evidence_removed` those it takes away.
    """

    change: Literal["opened", "updated", "withdrawn", "ended"]
    task_id: str
    rule: str
    rule_version: str
    key: dict[str, str]
    at: datetime
    decided_at: datetime
    evidence: list[str]
    severity: str
    to: Addressee
    due: datetime
    say: str
    evidence_removed: list[str] = []
    count: int | None = None
    value: float | None = None
    status: str = "live"
    replaces: str | None = None
    because: Because | None = None


ENCODER = msgspec.json.Encoder()


def encode_changes(changes: list[Change]) -> bytes:
    """Return changes as lines of JSON, each with its end."""
    return ENCODER.encode_lines(changes)


def encode_change(change: Change) -> bytes:
    """Return the change as one line of JSON, without the line's end."""
    return ENCODER.encode(change)
