"""What `GET /metrics` answers: figures for Prometheus, read from the store by its last commit. docs/metrics.md describes each.

Counters are the store's own, so they go on over restarts. Moments are told as such, in seconds since 1970: how late something is, is for
whoever asks to work out, and it goes on growing where this process stands still.
"""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder

from streams.embedded.state import BEGINNING, RuleFigures
from streams.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from prometheus_client.core import Metric

    from streams.store import Reader

SECOND = 1_000_000
#: Senders choose the names of sources: so many get series of their own, the rest is told as one.
MOST_SOURCES = 200
OTHERS = "…"
#: What is counted by source: kind of the counter, metric, what it says.
BY_SOURCE = (
    ("accepted", "clearly_events_accepted", "events accepted"),
    ("rejected", "clearly_events_rejected", "records rejected, each kept with its reason"),
    ("late", "clearly_events_late", "events that came later than their type allows for; they are used all the same"),
    ("too old", "clearly_events_too_old", "events from before kept history: counted, not used"),
    ("ahead", "clearly_events_ahead", "events further in the future than their type allows for"),
    ("repeated", "clearly_events_repeated", "events that were known already"),
)
#: What is counted by rule.
BY_RULE = (
    ("published", "clearly_changes", "changes of tasks published"),
    ("late facts", "clearly_late_facts", "facts that came too late for the rule to use"),
    ("no key", "clearly_no_key", "events without a value for a key field of the rule"),
)


def metrics_of(database: Path, accept: str) -> tuple[bytes, str]:
    """Return the metrics of a database and of this process, and their content type: the one that is asked for where it is known."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(StoreCollector(database))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class StoreCollector:
    """Collects from a store, each time as it is then."""

    def __init__(self, database: Path) -> None:
        self.database = database

    def describe(self) -> Iterable[Metric]:
        """Return nothing: names are known once they are collected."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Give everything that is measured."""
        reader = open_reader(self.database)
        try:
            yield from of_events(reader)
            yield from of_rules(reader)
            yield from of_time(reader)
            yield from of_casework(reader)
            yield from of_disk(self.database)
        finally:
            reader.close()


def of_events(reader: Reader) -> Iterator[Metric]:
    """Give what each source sent, and the dead letters that wait."""
    kinds = {kind: reader.counters(kind) for kind, _, _ in BY_SOURCE}
    totals: Counter[str] = Counter()
    for counts in kinds.values():
        totals.update(counts)
    named = {source for source, _ in totals.most_common(MOST_SOURCES)}
    for kind, name, text in BY_SOURCE:
        sums: Counter[str] = Counter()
        for source, count in kinds[kind].items():
            sums[source if source in named else OTHERS] += count
        yield counter(name, text, "source", sums)
    waiting = reader.one("SELECT count(*) FROM rejected WHERE replayed IS NULL")
    yield GaugeMetricFamily("clearly_rejected_waiting", "rejected records that were not accepted later", waiting)


def of_rules(reader: Reader) -> Iterator[Metric]:
    """Give how each rule stands, and whether the rules in the folder are good."""
    for kind, name, text in BY_RULE:
        yield counter(name, text, "rule", reader.counters(kind))
    saved = reader.meta("figures")
    figures = msgspec.json.decode(saved, type=dict[str, RuleFigures]) if saved else {}
    waiting = {(rule,): one.waiting for rule, one in figures.items()}
    yield gauge("clearly_deadlines_waiting", "keys of a rule with a deadline that was not decided", ("rule",), waiting)
    marks = {(rule,): one.watermark / SECOND for rule, one in figures.items() if one.watermark is not None}
    yield gauge("clearly_rule_watermark_timestamp_seconds", "up to when the events of a rule are in", ("rule",), marks)
    keys = {(rule,): count for rule, count in reader.ask("SELECT rule, count(*) FROM watches GROUP BY rule")}
    yield gauge("clearly_watches", "keys that a rule knows something about", ("rule",), keys)
    refused = reader.counters("rules refused").get("times", 0)
    yield CounterMetricFamily("clearly_rules_refused", "times that a rules folder with errors was not taken up", refused)
    stands = 1 if reader.meta("refused") else 0
    yield GaugeMetricFamily("clearly_rules_broken", "1 while rules with errors stand in the folder and the old ones go on", stands)


def of_time(reader: Reader) -> Iterator[Metric]:
    """Give the moments of the last commit and of what rules go by, and when each source was heard last."""
    now = reader.meta("now")
    if now is not None:
        yield GaugeMetricFamily("clearly_committed_timestamp_seconds", "the clock at the last commit", now / SECOND)
    saved = reader.meta("progress")
    reached, _, heard = msgspec.msgpack.decode(saved) if saved else (None, None, [])
    if reached is not None and reached > BEGINNING:
        yield GaugeMetricFamily("clearly_reached_timestamp_seconds", "the time that rules go by", reached / SECOND)
    moments = {(kind, source): at / SECOND for kind, source, at in heard if at > BEGINNING}
    labels = ("event", "source")
    yield gauge("clearly_source_heard_timestamp_seconds", "up to when a declared source has told everything", labels, moments)


def of_casework(reader: Reader) -> Iterator[Metric]:
    """Give the tasks as they stand, what happened to tasks, and the heartbeat of the invariants."""
    states: Counter[tuple[str, ...]] = Counter()
    levels: Counter[tuple[str, ...]] = Counter()
    missed = 0
    for state, level, is_missed, count in reader.ask("SELECT state, level, missed, count(*) FROM tasks WHERE over = 0 GROUP BY 1, 2, 3"):
        states[(state,)] += count
        levels[("none" if level is None else str(level),)] += count
        missed += count if is_missed else 0
    yield gauge("clearly_tasks", "tasks under way, by state", ("state",), states)
    yield gauge("clearly_tasks_by_level", "tasks under way, by the rung that they have come to", ("level",), levels)
    yield GaugeMetricFamily("clearly_tasks_missed", "tasks under way with a deadline of the unit's that has passed", missed)
    over = reader.one("SELECT count(*) FROM tasks WHERE over = 1")
    yield GaugeMetricFamily("clearly_tasks_over", "tasks that are closed, cancelled or merged", over)
    yield counter("clearly_journal_entries", "entries of journals, by kind", "kind", reader.counters("entry"))
    yield counter("clearly_rungs", "rungs claimed", "rung", reader.counters("rung"))
    if (beat := reader.meta("heartbeat")) is not None:
        text = "when all invariants of casework held last"
        yield GaugeMetricFamily("clearly_invariants_held_timestamp_seconds", text, beat / SECOND)


def of_disk(database: Path) -> Iterator[Metric]:
    """Give the size of the database, its log beside it, and what is free where it lies."""
    log = database.with_name(database.name + "-wal")
    sizes = {("database",): size_of(database), ("log",): size_of(log)}
    yield gauge("clearly_database_bytes", "size of the database file, and of the log beside it", ("file",), sizes)
    free = shutil.disk_usage(database.parent).free
    yield GaugeMetricFamily("clearly_disk_free_bytes", "what is free on the disk of the database", free)


def size_of(path: Path) -> int:
    """Return the size of a file, 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def counter(name: str, text: str, label: str, counts: dict[str, int]) -> Metric:
    """Return a counter with a value for each name."""
    made = CounterMetricFamily(name, text, labels=(label,))
    for value, count in counts.items():
        made.add_metric((value,), count)
    return made


def gauge(name: str, text: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> Metric:
    """Return a gauge with a value for each combination of labels."""
    made = GaugeMetricFamily(name, text, labels=labels)
    for named, value in values.items():
        made.add_metric(named, value)
    return made
