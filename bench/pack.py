"""Ten days of a province through every standard rule: events a second, memory, tasks, and whether the order of arrival matters.

`make bench-pack`, or `python -m bench.pack [--events N] [--areas N] [--seed N]`. The province is made up from a seed: outages per
transformer area with restorations, crews and notices, complaints with answers, connections step by step; two storms; one event in fifty is
told twice, one in fifty hours late, one line in a thousand is garbage. Each line says when it arrived. The same events arrive a second
time with other delays, and must come to the same tasks. What is measured is the command, as a rule author runs it, on every core.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bench.machine import machine
from engine.calendar import parse_instant
from engine.rehearsal import fold
from engine.watching import Change
from streams.rules import Rules, load

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(__file__).resolve().parent.parent
DAYS, SECOND, HOUR = 10, 1_000_000, 3_600_000_000
DAY = 24 * HOUR
START = parse_instant("2026-03-02 00:00", "Asia/Shanghai") or 0
#: Days of storm, and how much likelier an outage then is.
STORMS, GUST = {3, 7}, 8
#: Areas for each event: the shape of 27 million customers in some 300,000 areas, kept for smaller runs.
AREAS_PER_EVENT = 0.1
#: What every event may carry, whatever its type.
ENVELOPE = {"type", "source", "arrived"}
NODES = ("受理", "供电方案答复", "收费", "委托施工", "竣工检验", "装表接电")
TOPICS = ("频繁停电", "电压低", "服务态度", "抄表差错", "业扩超时")


class Province:
    """Ten days, made up from a seed. Events come as (when they arrive, line); `order` is the seed of their delays."""

    def __init__(self, events: int, seed: int, areas: int, order: int = 0) -> None:
        self.chance = random.Random(seed)
        self.delays = random.Random(order)
        self.events = events
        self.areas = areas
        self.number = 0

    def lines(self) -> list[str]:
        """Return every line in the order in which it arrives."""
        return [line for _, line in sorted(self.told(), key=lambda pair: pair[0])]

    def told(self) -> Iterator[tuple[int, str]]:
        """Give each line with the instant at which it arrives: late ones later, some twice, some broken."""
        chance = self.delays.random
        made = 0
        while made < self.events:
            for kind, at, fields in self.story():
                made += 1
                arrives = at + (self.delays.randrange(1, 6) * HOUR if chance() < 0.02 else self.delays.randrange(60) * SECOND)
                line = json.dumps({"type": kind, "source": "province", "arrived": iso(arrives), **fields}, ensure_ascii=False)
                yield arrives, line
                if chance() < 0.02:
                    yield arrives + 30 * SECOND, line
                if chance() < 0.001:
                    yield arrives, line[: len(line) // 2]

    def story(self) -> list[tuple[str, int, dict[str, Any]]]:
        """Return the events of one outage, complaint or connection."""
        self.number += 1
        area = self.chance.randrange(self.areas)
        grid = {
            "transformer_area": f"TA-{area}",
            "feeder": f"F-{area // 50}",
            "substation": f"S-{area // 2000}",
            "county": f"C-{area // 5000}",
        }
        kind = self.chance.random()
        if kind < 0.6:
            return self.outage(grid)
        return self.complaint(grid) if kind < 0.8 else self.connection(grid)

    def moment(self) -> int:
        """Return an instant of the ten days; more of them lie in storms."""
        weights = [GUST if day in STORMS else 1 for day in range(DAYS)]
        day = self.chance.choices(range(DAYS), weights)[0]
        return START + day * DAY + self.chance.randrange(24 * 3600) * SECOND

    def outage(self, grid: dict[str, str]) -> list[tuple[str, int, dict[str, Any]]]:
        """Return an outage with its report, crew and restoration; one in five is planned and told before."""
        at, chance = self.moment(), self.chance
        lasted = int(chance.lognormvariate(4.3, 1.2)) + 1
        planned = chance.random() < 0.2
        own = {"outage_id": f"O-{self.number}", **grid}
        size: dict[str, Any] = {
            "customers": chance.choice((1, 40, 90, 120, 250, 600)),
            "important_customers": int(chance.random() < 0.05),
            "planned": planned,
        }
        found: list[tuple[str, int, dict[str, Any]]] = []
        if planned:
            size |= {"outage_class": "planned", "plan_id": f"P-{self.number}"}
            sent = at - chance.choice((1, 5, 8, 9)) * DAY
            notice = {"notice_id": f"N-{self.number}", "sent_at": iso(sent), "notice_class": "planned", "audience": "everyone"}
            found.append(("notice.sent", sent, {**notice, "plan_id": f"P-{self.number}", **grid}))
        found.append(("outage.started", at, {**own, **size, "started_at": iso(at)}))
        if not planned:
            came = at + chance.randrange(20, 150) * 60 * SECOND
            found.append(("crew.arrived", came, {**own, "arrived_at": iso(came), "area_class": chance.choice(("urban", "rural"))}))
        back = at + lasted * 60 * SECOND
        found.append(("outage.restored", back, {**own, "restored_at": iso(back), "duration": lasted, "planned": planned}))
        return found

    def complaint(self, grid: dict[str, str]) -> list[tuple[str, int, dict[str, Any]]]:
        """Return a complaint, most of them called back and answered."""
        at, chance = self.moment(), self.chance
        own = {"complaint_id": f"K-{self.number}"}
        said = {"topic": chance.choice(TOPICS), "channel": "95598", "complaint_class": chance.choice(("outage", "quality", "service"))}
        found = [
            (
                "complaint.received",
                at,
                {**own, **said, **grid, "customer": f"U-{chance.randrange(self.areas * 20)}", "received_at": iso(at)},
            )
        ]
        called, answered = at + chance.randrange(1, 30) * HOUR, at + chance.randrange(30, 200) * HOUR
        found.append(("complaint.contacted", called, {**own, "contacted_at": iso(called)}))
        if chance.random() < 0.9:
            found.append(("complaint.answered", answered, {**own, "answered_at": iso(answered)}))
        return found

    def connection(self, grid: dict[str, str]) -> list[tuple[str, int, dict[str, Any]]]:
        """Return a connection: a few steps, each entered and completed."""
        at, chance = self.moment(), self.chance
        kind = chance.choice(("resident", "lv_nonresident", "hv_single"))
        own = {"case_id": f"W-{self.number}", "process": "业扩"}
        found: list[tuple[str, int, dict[str, Any]]] = [("case.opened", at, {**own, "opened_at": iso(at), "customer_class": kind, **grid})]
        for node in NODES[: chance.randrange(1, 7)]:
            found.append(("node.entered", at, {**own, "node": node, "entered_at": iso(at), "customer_class": kind, **grid}))
            at += chance.randrange(2, 120) * HOUR
            found.append(("node.completed", at, {**own, "node": node, "completed_at": iso(at), **grid}))
        return found


def iso(at: int) -> str:
    """Return an instant as the catalogue's events carry it."""
    return datetime.fromtimestamp(at // SECOND, UTC).isoformat()


def known(rules: Rules, line: str) -> str:
    """Return a line with the fields alone that its event type has; broken lines stay broken."""
    try:
        record = json.loads(line)
    except ValueError:
        return line
    fields = rules.book.catalogue.types[record["type"]].fields
    return json.dumps({name: value for name, value in record.items() if name in fields or name in ENVELOPE}, ensure_ascii=False)


def judged(events: Path, tasks: Path) -> dict[str, Any]:
    """Return what one backtest takes and finds; `megabytes` is the most that one process held."""
    command = [sys.executable, "-m", "streams", "rules", "backtest", "--rules", str(HOUSE / "rules"), "--json"]
    wall, before = time.perf_counter(), spent()
    said = subprocess.run([*command, str(events)], capture_output=True, cwd=HOUSE, check=True)
    wall, cpu = time.perf_counter() - wall, spent() - before
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    again = time.perf_counter()
    subprocess.run([*command, "--out", str(tasks), str(events)], capture_output=True, cwd=HOUSE, check=True)
    report = json.loads(said.stdout)
    return {
        "events": report["events"],
        "rejected": sum(one["count"] for one in report["rejected"]),
        "seconds": round(wall, 1),
        "events_per_second": round(report["events"] / wall),
        "processor_seconds": round(cpu, 1),
        "with_every_change_seconds": round(time.perf_counter() - again, 1),
        "megabytes": megabytes,
        "tasks": report["tasks"],
        "per_rule": report["per_rule"],
        "standing": standing(tasks),
    }


def spent() -> float:
    """Return the seconds of processor that the processes begun here have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def standing(tasks: Path) -> str:
    """Return a hash of the tasks that stand after all lines of a file."""
    with tasks.open("rb") as lines:
        held = fold(map(msgspec.json.Decoder(Change).decode, lines))
    return blake2b(repr(sorted(held.items())).encode(), digest_size=8).hexdigest()


def good_rules() -> Rules:
    """Return the standard rules."""
    rules = load(HOUSE / "rules")
    if not isinstance(rules, Rules):
        sys.exit("\n".join(rules))
    return rules


def measure(events: int, areas: int, seed: int, folder: Path) -> dict[str, Any]:
    """Return the figures of a province, and whether the same events with other delays come to the same tasks."""
    rules = good_rules()
    areas = areas or max(100, int(events * AREAS_PER_EVENT))
    told, tasks = folder / "told.jsonl", folder / "tasks.jsonl"
    found: list[dict[str, Any]] = []
    for province in (Province(events, seed, areas, order) for order in (1, 2)):
        told.write_text("".join(f"{known(rules, line)}\n" for line in province.lines()), encoding="utf-8")
        found.append(judged(told, tasks))
    return {"areas": areas, **found[0], "same_in_another_order": found[0]["standing"] == found[1]["standing"]}


def main() -> int:
    """Print the figures; exit code 1 where the order mattered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--areas", type=int, default=0, help="transformer areas; a tenth of the events where nothing is said")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(asked.events, asked.areas, asked.seed, Path(folder))
    print(json.dumps({"machine": machine(), **found}, ensure_ascii=False, indent=2))
    return 0 if found["same_in_another_order"] else 1


if __name__ == "__main__":
    sys.exit(main())
