"""The events that everything here is measured on: a year of outages, complaints and workflow steps, the same for the same seed.

`python bench/stream.py OUT N [SEED]` writes N events as JSON Lines, in the order of their time. Transformers are skewed as real
ones are: the number of one is a cube of an even random number, so a few have thousands of events and most have a handful.
"""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: 2025-01-01, in milliseconds since 1970.
BEGIN = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp() * 1000)
DAY = 86_400_000
CAUSES = ["fault", "maintenance", "commissioning", "mode_change"]
CATEGORIES = ["frequent_outage", "long_outage", "billing", "attitude", "voltage"]
SEVERITIES = ["general", "general", "general", "important", "major"]
NODES = ["accept", "plan", "fee", "install", "inspect", "energize"]


def write(path: Path, count: int, seed: int = 7) -> None:
    """Write a year of `count` events."""
    chance = random.Random(seed)
    step = 365 * DAY / count
    transformers = max(1000, count // 10)
    at = BEGIN
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            at += int(chance.expovariate(1.0) * step)
            place = int(transformers * chance.random() ** 3)
            out.write(line({**base(number, at, place), **what(chance, number, place)}))


def base(number: int, at: int, place: int) -> dict[str, Any]:
    """Return what every event has."""
    time = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": f"e{number:09d}", "time": time, "ts": at, "transformer": f"T{place:07d}", "feeder": f"F{place // 40:06d}"}


def what(chance: random.Random, number: int, place: int) -> dict[str, Any]:
    """Return the type of an event and what events of that type have."""
    kind = chance.random()
    if kind < 0.45:
        planned = chance.random() < 0.3
        customers = int(10 * chance.paretovariate(1.2))
        return {"type": "outage.started", "planned": planned, "customers": customers, "cause": chance.choice(CAUSES)}
    if kind < 0.75:
        customer = f"C{place * 60 + chance.randrange(60):09d}"
        category = chance.choice(CATEGORIES)
        return {"type": "complaint.filed", "customer": customer, "category": category, "severity": chance.choice(SEVERITIES)}
    node = chance.choice(NODES)
    return {"type": "workflow.node", "case": f"W{number // 7:08d}", "node": node, "status": chance.choice(["entered", "done"])}


def write_even(path: Path, count: int, keys: int, seed: int = 7) -> None:
    """Write `count` unplanned outages within 60 days: each of `keys` transformers once, in any order, then each once more, and so on."""
    chance = random.Random(seed)
    places = list(range(keys))
    step = 60 * DAY / count
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            if number % keys == 0:
                chance.shuffle(places)
            event = base(number, BEGIN + int(number * step), places[number % keys])
            out.write(line({**event, "type": "outage.started", "planned": False, "customers": 10, "cause": "fault"}))


def line(event: dict[str, Any]) -> str:
    """Return an event as one line of JSON."""
    return json.dumps(event, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 7)
