"""Ten days of a province through every standard rule: events a second, memory, tasks, and whether the order of arrival matters.

`make bench-pack`, or `python -m bench.pack [--events N] [--areas N] [--seed N]`. The province is made up from a seed: outages per
transformer area with restorations, crews and notices, complaints with answers, connections step by step; two storms; one event in fifty is
told twice, one in fifty hours late, one line in a thousand is garbage. Processor time is told, since other work may be going on, and the
memory of a process that does nothing but read and judge.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.machine import machine
from engine.calendar import parse_instant
from engine.rehearsal import fold
from streams.backtest import Input, backtest
from streams.rules import Rules, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.watching import Change

HOUSE = Path(__file__).resolve().parent.parent
DAYS, SECOND, HOUR = 10, 1_000_000, 3_600_000_000
DAY = 24 * HOUR
START = parse_instant("2026-03-02 00:00", "Asia/Shanghai") or 0
#: Days of storm, and how much likelier an outage then is.
STORMS, GUST = {3, 7}, 8
#: Areas for each event: the shape of 27 million customers in some 300,000 areas, kept for smaller runs.
AREAS_PER_EVENT = 0.1
NODES = ("受理", "供电方案答复", "收费", "委托施工", "竣工检验", "装表接电")
TOPICS = ("频繁停电", "电压低", "服务态度", "抄表差错", "业扩超时")


class Province:
    """Ten days, made up from a seed. Events come as (when they are told, line)."""

    def __init__(self, events: int, seed: int, areas: int = 0) -> None:
        self.chance = random.Random(seed)
        self.events = events
        self.areas = areas or max(100, int(events * AREAS_PER_EVENT))
        self.number = 0

    def lines(self) -> list[str]:
        """Return every line in the order in which it is told."""
        return [line for _, line in sorted(self.told(), key=lambda pair: pair[0])]

    def told(self) -> Iterator[tuple[int, str]]:
        """Give each line with the instant at which it is told: late ones later, some twice, some broken."""
        chance = self.chance.random
        made = 0
        while made < self.events:
            for kind, at, fields in self.story():
                made += 1
                line = json.dumps({"type": kind, "source": "province", **fields}, ensure_ascii=False)
                arrives = at + (self.chance.randrange(1, 6) * HOUR if chance() < 0.02 else self.chance.randrange(60) * SECOND)
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
    return json.dumps({name: value for name, value in record.items() if name in fields or name in {"type", "source"}}, ensure_ascii=False)


def judged(path: Path) -> dict[str, Any]:
    """Return what one backtest takes and finds; `standing` is a hash of the tasks that stand, `megabytes` the most that was held."""
    rules = good_rules()
    changes: list[Change] = []
    before = time.process_time()
    report = backtest(rules, [Input(path)], changes.extend)
    seconds = time.process_time() - before
    standing = fold(changes)
    return {
        "events": report.summary.events,
        "rejected": report.harvest.rejected,
        "seconds": round(seconds, 1),
        "events_per_second": round(report.summary.events / seconds),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "tasks": len(standing),
        "per_rule": dict(Counter(str(one[0]) for one in standing.values()).most_common()),
        "standing": blake2b(repr(sorted(standing.items())).encode(), digest_size=8).hexdigest(),
    }


def good_rules() -> Rules:
    """Return the standard rules."""
    rules = load(HOUSE / "rules")
    if not isinstance(rules, Rules):
        sys.exit("\n".join(rules))
    return rules


def measure(province: Province, seed: int, folder: Path) -> dict[str, Any]:
    """Return the figures of a province, and whether another order of arrival comes to the same tasks."""
    rules = good_rules()
    lines = [known(rules, line) for line in province.lines()]
    told = folder / "told.jsonl"
    found: list[dict[str, Any]] = []
    for again in (False, True):
        if again:
            random.Random(seed + 1).shuffle(lines)
        told.write_text("\n".join(lines) + "\n", encoding="utf-8")
        # each in a process of its own, whose memory holds nothing else
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            found.append(pool.submit(judged, told).result())
    return {"areas": province.areas, **found[0], "same_in_another_order": found[0]["standing"] == found[1]["standing"]}


def main() -> int:
    """Print the figures; exit code 1 where the order mattered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--areas", type=int, default=0, help="transformer areas; a tenth of the events where nothing is said")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Province(asked.events, asked.seed, asked.areas), asked.seed, Path(folder))
    print(json.dumps({"machine": machine(), **found}, ensure_ascii=False, indent=2))
    return 0 if found["same_in_another_order"] else 1


if __name__ == "__main__":
    sys.exit(main())
