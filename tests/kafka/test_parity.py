"""The same files through the embedded runtime and through Kafka come to the same tasks, however many workers there are."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from streams import clock
from streams.embedded import Feed, Options, run
from streams.store import open_reader
from tests.kafka.installation import STOPPED, Installation
from tests.streams.county import folded, hours_now, lines, published, restored, retracted, started, write_rules

if TYPE_CHECKING:
    from pathlib import Path

    from streams.kafka.connection import Connection


def history(seed: int, count: int) -> list[dict[str, Any]]:
    """Return outages of three weeks as they came: late, twice, corrected, taken back, restored or not.

    Lengths in the rules are whole half hours, and no outage began about a whole number of half hours ago: nothing becomes due while a
    test looks, whichever runtime it looks at first.
    """
    chance, now = random.Random(seed), hours_now()
    found: list[tuple[float, dict[str, Any]]] = []
    for number in range(count):
        begins, area = now - chance.randrange(10, 2 * 20 * 24) / 2 - chance.uniform(0.15, 0.3), f"TA-{chance.randrange(count // 12)}"
        outage = started(f"o{number}", begins, area, planned=chance.random() < 0.2, revision=0)
        comes = begins + chance.expovariate(1 / 2)
        found.append((comes, outage))
        if chance.random() < 0.7:
            found.append((comes + chance.uniform(0, 30), restored(f"o{number}", begins + chance.uniform(1, 20), area)))
        if chance.random() < 0.1:
            found.append((comes + chance.uniform(0, 60), outage))
        if chance.random() < 0.08:
            moved = {**outage, "transformer_area": f"TA-{chance.randrange(count // 12)}", "revision": 1}
            found.append((comes + chance.uniform(-3, 60), moved))
        if chance.random() < 0.08:
            found.append((comes + chance.uniform(-3, 60), retracted(f"o{number}", begins + 2)))
    return [event for _, event in sorted(found, key=lambda pair: pair[0])]


def embedded(rules: Path, feed: Path, folder: Path) -> dict[str, Any]:
    """Return the tasks that the embedded runtime comes to."""
    assert run(Options(rules, folder / "clearly.db", (Feed(feed),), once=True)) == 0
    reader = open_reader(folder / "clearly.db")
    try:
        return folded(published(reader))
    finally:
        reader.close()


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_generated_history_comes_to_the_same_tasks(connection: Connection, tmp_path: Path, workers: int) -> None:
    rules = write_rules(tmp_path / "rules")
    events = history(7, 600)
    (tmp_path / "feed.jsonl").write_bytes(lines(events))
    expected = embedded(rules, tmp_path / "feed.jsonl", tmp_path)
    assert len(expected) > 50
    with Installation(connection, tmp_path) as kafka:
        kafka.publish(rules)
        for number in range(workers):
            kafka.start("watching", f"watching-{number}")
        kafka.send(events[:400], key="outage_id", headers={"clearly-history": "1"})
        kafka.start("intake")
        kafka.send(events[400:], key="outage_id")
        kafka.send([{}] * 8)  # what is no event is no history either
        kafka.settle(clock.now())
        assert folded(kafka.lines()) == expected
        assert {worker.stop() for worker in kafka.workers} <= STOPPED
