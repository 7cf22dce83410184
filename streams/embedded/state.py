"""What `clearly status` shows: how far everything is, read from the store while the process runs, or after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from streams.docket import Standing, standing
from streams.embedded.refusal import Refusal
from streams.notify import Unread, unread

if TYPE_CHECKING:
    from engine.watching import Watching
    from streams.store import Reader

    Counts = dict[str, int]


#: Before any event that the gate lets in. Until feeds have been read for the first time, it is this late.
BEGINNING = -2_208_988_800_000_000
#: Before anything at all: nothing of kept history was let go.
NEVER = -(1 << 62)


class RuleFigures(msgspec.Struct):
    """One rule: up to when its events are in (microseconds), what it keeps, and what it waits for."""

    status: str
    watermark: int | None
    watches: int = 0
    bytes: int = 0
    #: keys with a deadline that has not been decided
    waiting: int = 0
    #: the earliest of these deadlines, in microseconds
    next_deadline: int | None = None
    published: int = 0
    #: facts that came too late to be used
    late_facts: int = 0
    no_key: int = 0


class SourceFigures(msgspec.Struct):
    """One source of events, by what it sent."""

    accepted: int = 0
    rejected: int = 0
    late: int = 0
    too_old: int = 0
    ahead: int = 0
    repeated: int = 0


class FeedFigures(msgspec.Struct):
    """One file: how far it has been read."""

    path: str
    offset: int
    line: int


class Status(msgspec.Struct):
    """Everything that `clearly status` shows. Times are microseconds since 1970."""

    #: the clock at the last commit, and the time that rules go by: behind it while feeds are caught up
    #: (None until feeds have been read to their end for the first time)
    now: int | None
    reached: int | None
    rulebook: str | None
    events: int
    changes: int
    #: rejected records that were not accepted later
    rejected: int
    rules: dict[str, RuleFigures]
    sources: dict[str, SourceFigures]
    #: event type to source to when it was last heard, for sources that the catalogue declares
    heard: dict[str, dict[str, int]]
    unknown_fields: Counts
    skipped: Counts
    #: elements that the grid does not know, as `level: name`; units and people that the organisation does not know; and roles that
    #: led to nobody
    unplaced: Counts
    unknown_names: Counts
    nobody: Counts
    world: Counts
    feeds: list[FeedFigures]
    #: how often rules with errors were not taken up, and the ones that stand in the folder now
    rules_refused: int = 0
    refused: Refusal | None = None
    #: None where there never was a task
    casework: Standing | None = None
    #: how often each rule accused wrongly: an appeal was upheld; and how many tasks each person cancelled
    wrongly_asked: Counts = {}
    cancelled_by: Counts = {}
    #: topics that nobody has subscribed to and nobody has read for a week, though something stands there
    unread: list[Unread] = []


def gauges(world: Watching) -> dict[str, dict[str, Any]]:
    """Return what only the running process knows of each rule."""
    return {name: rule_gauges(world, name) for name in world.plans}


def rule_gauges(world: Watching, name: str) -> dict[str, Any]:
    """Return status, watermark and waiting deadlines of one rule."""
    plan = world.plans[name]
    deadlines = [watch.armed for watch in world.lanes[name].watches.values() if watch.armed is not None]
    reached, _ = world.progress.slowest(plan, world.now)
    return {
        "status": plan.rule.status,
        "watermark": None if world.now <= BEGINNING else reached,
        "waiting": len(deadlines),
        "next_deadline": min(deadlines, default=None),
    }


def status(reader: Reader) -> Status:
    """Return where everything stands by the last commit. The deadlines that wait are counted every few seconds only."""
    saved = reader.meta("progress")
    reached, _, heard = msgspec.msgpack.decode(saved) if saved else (None, None, [])
    by_type: dict[str, dict[str, int]] = {}
    for kind, source, at in heard:
        by_type.setdefault(kind, {})[source] = at
    rulebook = reader.rulebook()
    return Status(
        now=reader.meta("now"),
        reached=None if reached is None or reached <= BEGINNING else reached,
        rulebook=None if rulebook is None else rulebook[0],
        events=reader.one("SELECT count(*) FROM events"),
        changes=reader.end("changes"),
        rejected=reader.one("SELECT count(*) FROM rejected WHERE replayed IS NULL"),
        rules=rules_of(reader),
        sources=sources_of(reader),
        heard=by_type,
        unknown_fields=reader.counters("unknown"),
        skipped=reader.counters("skipped"),
        unplaced=reader.counters("unplaced"),
        unknown_names=reader.counters("unknown unit") | reader.counters("unknown person"),
        nobody=reader.counters("nobody"),
        world=reader.counters("world"),
        feeds=[FeedFigures(*row) for row in reader.ask("SELECT path, offset, line FROM feeds ORDER BY path")],
        rules_refused=reader.counters("rules refused").get("times", 0),
        refused=refused(reader),
        casework=standing(reader),
        wrongly_asked=reader.counters("wrongly asked"),
        cancelled_by=reader.counters("cancelled by"),
        unread=unread(reader, reader.meta("now") or 0),
    )


def refused(reader: Reader) -> Refusal | None:
    """Return the rules with errors that stand in the folder, if they do."""
    saved = reader.meta("refused")
    return msgspec.json.decode(saved, type=Refusal) if saved else None


def rules_of(reader: Reader) -> dict[str, RuleFigures]:
    """Return the figures of each awake rule."""
    saved = reader.meta("figures")
    figures = msgspec.json.decode(saved, type=dict[str, RuleFigures]) if saved else {}
    for rule, count, size in reader.ask("SELECT rule, count(*), sum(length(row)) FROM watches GROUP BY rule"):
        if rule in figures:
            figures[rule].watches, figures[rule].bytes = count, size
    for kind, name in (("published", "published"), ("late facts", "late_facts"), ("no key", "no_key")):
        for rule, count in reader.counters(kind).items():
            if rule in figures:
                setattr(figures[rule], name, count)
    return figures


def sources_of(reader: Reader) -> dict[str, SourceFigures]:
    """Return what each source sent; the source of events that do not name theirs is ''."""
    found: dict[str, SourceFigures] = {}
    for field in SourceFigures.__struct_fields__:
        for source, count in reader.counters(field.replace("_", " ")).items():
            setattr(found.setdefault(source, SourceFigures()), field, count)
    return found
