"""Casework at the size of a large utility: so many open tasks, listed, commanded, let run out, and taken up again after a restart.

`python bench/casework.py [TASKS]` makes a store with that many open tasks of two thousand teams in a process of its own, and prints a
JSON object; seconds are of processor, and by the clock. What is measured goes the way that `clearly run` goes: commands as JSON, decided,
judged, kept with their journal in SQLite with every commit flushed to the disk.
"""

from __future__ import annotations

import gc
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console

from streams import tasktable
from streams.cli.desk import Desk
from streams.cli.tasklist import show_list
from streams.collecting import undisturbed
from streams.embedded.lag import Limits
from streams.embedded.office import Office
from streams.embedded.parcel import Parcel
from streams.embedded.runtime import Runtime
from streams.orders import orders_of, told
from streams.rules import Rules, load
from streams.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(__file__).resolve().parent.parent
TASKS, EXPIRING, COMMANDS = 100_000, 10_000, 20_000
#: Tasks made in one transaction; commands of one request, and of one transaction, as requests of several senders are kept together.
MADE, REQUEST, GROUP = 2_000, 50, 500
COUNTIES, TEAMS = 100, 20
#: The clock of the bench goes by leaps, between which nobody lets time move: that this lags is not what is measured.
PATIENT = Limits(behind=1 << 62)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONDAY = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
"""08:30 in China: a working day begins."""
CATALOGUE = """
time_zone: Asia/Shanghai
default_calendar: china
events:
  outage.started:
    time: started_at
    late_by: 1 hour
    id: outage_id
    fields: {outage_id: text, started_at: time, transformer_area: text, person: text, customers: whole number}
"""
RULE = """
rule: repeated-outage
title: 重复停电 / Repeated outage
owner: speed-test
status: live
reason: "rule of the speed test"
when: {event: outage.started, same: transformer_area, count: at least 3, within: 60 days}
task: {severity: major, to: area-manager, due: 3 working days, say: "{count} outages in {transformer_area}"}
"""
#: Every task of the bench comes at once; what a storm makes of that is another question.
ROUTES = """
catch_all: city
routes:
  area-manager:
    title: x
    ask:
      - person_in: person
"""
PROFILE = """
casework: speed-test
storm: {enter: 1000000000}
"""


def organisation() -> str:
    """Return a city with its counties and teams, each with a head and two people, and its supervisors."""
    units = ["  - {unit: city, title: city}", "  - {unit: city-supervision, in: city, department: supervision, title: supervision}"]
    people = [
        "  - {person: sup-head, title: head, unit: city-supervision, posts: head}",
        "  - {person: sup-1, title: sup, unit: city-supervision, posts: supervisor}",
    ]
    for county in range(COUNTIES):
        units.append(f"  - {{unit: c{county}, in: city, title: county {county}}}")
        people.append(f"  - {{person: c{county}-head, title: head, unit: c{county}, posts: head}}")
        for team in range(TEAMS):
            name = f"c{county}-t{team}"
            units.append(f"  - {{unit: {name}, in: c{county}, title: team {team}}}")
            people.append(f"  - {{person: {name}-head, title: head, unit: {name}, posts: head}}")
            people += [f"  - {{person: {name}-{number}, title: one, unit: {name}}}" for number in (1, 2)]
    return "\n".join(["units:", *units, "people:", *people, ""])


def folder(root: Path) -> Path:
    """Write the rules folder of the bench, and return it."""
    files = {
        "catalogue.yaml": CATALOGUE,
        "repeated-outage.yaml": RULE,
        "casework.yaml": PROFILE,
        "organisation.yaml": organisation(),
        "routes.yaml": ROUTES,
        "calendars/china.yaml": (HOUSE / "rules" / "calendars" / "china.yaml").read_text(encoding="utf-8"),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def micros(moment: datetime) -> int:
    """Return a moment in microseconds."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def outages(number: int, at: datetime) -> Iterator[bytes]:
    """Give the three outages of one transformer area, the last of them at a moment."""
    team = f"c{number % COUNTIES}-t{number // COUNTIES % TEAMS}"
    for one in (1, 2, 3):
        told = {
            "type": "outage.started",
            "outage_id": f"O-{number}-{one}",
            "started_at": (at - timedelta(days=3 - one)).isoformat(),
            "transformer_area": f"TA-{number}",
            "person": f"{team}-1",
            "customers": 100 + number % 50,
        }
        yield json.dumps(told).encode()


class Clocked:
    """What something took: seconds of processor and by the clock."""

    def __init__(self) -> None:
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def took(self) -> dict[str, float]:
        """Return what it took up to now."""
        return {"cpu": time.process_time() - self.cpu, "seconds": time.perf_counter() - self.wall}


class Bench:
    """A store with its rules and its clock."""

    def __init__(self, root: Path, tasks: int) -> None:
        rules = load(folder(root / "rules"))
        if not isinstance(rules, Rules):
            sys.exit("\n".join(rules))
        self.rules, self.tasks = rules, tasks
        self.path = root / "clearly.db"
        self.clock = MONDAY
        self.store = open_store(self.path, self.now)
        self.runtime = Runtime(self.store, rules, self.now, limits=PATIENT)

    @property
    def now(self) -> int:
        """Return the clock."""
        return micros(self.clock)

    def measured(self) -> dict[str, Any]:
        """Measure everything, in the order of a life."""
        told = {"opening": self.opened()}
        gc.collect()
        gc.freeze()  # as `clearly run` does: what is there stays
        gc.set_threshold(50_000, 20, 50)
        told["commands"] = self.commanded()
        told["expiry"] = self.expired()
        self.store.close()
        told["restart"] = self.restarted()
        told["listing"] = self.listed()
        return told | {"tasks": self.tasks, "database_mb": self.path.stat().st_size / 1e6}

    def opened(self) -> dict[str, Any]:
        """Open every task and let each be issued: the first ones all in one instant, so that their deadlines are one, the rest behind."""
        clocked = Clocked()
        for begin in range(0, self.tasks, MADE):
            if begin >= EXPIRING:
                self.clock += timedelta(seconds=30)
            records = [one for number in range(begin, min(begin + MADE, self.tasks)) for one in outages(number, self.clock)]
            self.runtime.receive([Parcel(records, "scada")], self.now)
        self.clock += timedelta(minutes=10)
        self.runtime.tick(self.now)
        return clocked.took()

    def commanded(self) -> dict[str, Any]:
        """Have tasks signed, evidence named, explained, and a judgment tried by somebody who may not: a quarter of the commands each."""
        self.clock += timedelta(minutes=20)
        bodies, outcomes = list(self.requests()), Counter[str]()
        clocked = Clocked()
        for body in bodies:
            self.clock += timedelta(milliseconds=200)
            orders = [one for request in body for one in orders_of(request, self.now)]
            for order, outcome in zip(orders, self.runtime.order(orders, self.now), strict=True):
                outcomes[told(order, outcome).outcome] += 1
        took = clocked.took()
        count = outcomes.total()
        return {
            **took,
            "commands": count,
            "outcomes": dict(outcomes),
            "per_second": count / took["seconds"],
            "cpu_us": took["cpu"] / count * 1e6,
        }

    def requests(self) -> Iterator[list[bytes]]:
        """Give the bodies of the requests that are kept in one transaction."""
        held = [task for task in tasktable.listed(self.store, tasktable.Filter(most=self.tasks)) if task.opened_at > micros(MONDAY)]
        names = [(task.id, min(task.evidence)[:-2]) for task in held[: COMMANDS // 4]]
        batches = [names[begin : begin + REQUEST] for begin in range(0, len(names), REQUEST)]
        bodies = [json.dumps([asked(*name, step) for name in batch], ensure_ascii=False).encode() for batch in batches for step in range(4)]
        for begin in range(0, len(bodies), GROUP // REQUEST):
            yield bodies[begin : begin + GROUP // REQUEST]

    def expired(self) -> dict[str, Any]:
        """Let the deadlines of many tasks pass in one instant, and see that each is told once."""
        assert self.runtime.office is not None
        held = self.runtime.office.casework.tasks.values()
        at, count = Counter(task.timers["T.ack"].due for task in held if "T.ack" in task.timers).most_common(1)[0]
        self.clock = EPOCH + timedelta(microseconds=at - 1)
        self.runtime.tick(self.now)
        before = self.store.end("publications"), self.store.end("journal")
        self.clock += timedelta(microseconds=2)
        clocked = Clocked()
        self.runtime.tick(self.now)
        took = clocked.took()
        kinds = self.store.ask(
            "SELECT kind, count(*), count(DISTINCT task) FROM journal WHERE position > ? GROUP BY kind", before[1]
        ).fetchall()
        return {**took, "deadlines": count, "entries": kinds, "published": self.store.end("publications") - before[0]}

    def restarted(self) -> dict[str, Any]:
        """Start again: read the rules, open the store, take up every task, watch and kept event; then casework alone."""
        del self.runtime
        gc.collect()
        clocked = Clocked()
        rules = load(self.path.parent / "rules")
        assert isinstance(rules, Rules)
        store = open_store(self.path, self.now)
        with undisturbed():
            runtime = Runtime(store, rules, self.now, limits=PATIENT)
            gc.freeze()  # as `clearly run` does
        whole = clocked.took()
        assert runtime.office is not None
        count = sum(not task.is_over for task in runtime.office.casework.tasks.values())
        watches = sum(len(lane.watches) for lane in runtime.world.lanes.values())
        events = sum(len(kind.seen) for kind in runtime.world.kinds.values())
        del runtime
        clocked = Clocked()
        office = Office(store, self.rules, self.now)
        took = clocked.took()
        assert len(office.casework.tasks) >= count
        store.close()
        return {"casework_alone": took, "open": count, "whole_program": whole, "watches": watches, "events": events}

    def listed(self) -> dict[str, Any]:
        """List what is due first, as people type it: the process as a whole, and what it does once Python has read the program."""
        command = [sys.executable, "-m", "streams", "task", "list", "--db", str(self.path)]
        # A program that is installed was compiled when it was installed.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(self.path.parent / "compiled")}
        subprocess.run(command, cwd=HOUSE, env=environment, capture_output=True, check=False)
        before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, cwd=HOUSE, env=environment, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - wall
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            sys.exit(done.stderr)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        with closing(Desk(self.path)) as desk:
            clocked = Clocked()
            show_list(
                Console(file=io.StringIO()),
                desk,
                list(tasktable.listed(desk.reader, tasktable.Filter())),
                tasktable.counted(desk.reader, tasktable.Filter()),
            )
            itself = clocked.took()
        return {**itself, "lines": done.stdout.count("\n"), "process": {"cpu": cpu, "seconds": seconds}}


def asked(name: str, outage: str, step: int) -> dict[str, Any]:
    """Return the command of a step in the life of a task."""
    team = name.rpartition("@")[2]
    asked = {"task": name, "actor": f"{team}-head", "seq": 2 + step}
    match step:
        case 0:
            return {**asked, "command": "ack", "data": {"person": f"{team}-1"}}
        case 1:
            return {**asked, "command": "attach", "evidence": ["photo-1"]}
        case 2:
            return {**asked, "command": "submit_explanation", "fields": explanation(team, outage), "evidence": ["photo-1"]}
        case _:
            return {**asked, "command": "accept", "actor": f"{team}-2"}


def explanation(team: str, outage: str) -> dict[str, Any]:
    """Return an explanation as a form brings it."""
    text = f"3 月 1 日 20:00 {outage} C 相熔断器烧毁，110 户停电 150 分钟。"
    seen = {"evidence": [f"{outage}-3"]}
    return {
        "what_happened": {"text": text, **seen},
        "timeline": {
            "start": {"at": "2026-03-01 20:00", **seen},
            "restored": {"at": "2026-03-01 22:30", **seen},
            **{moment: {"none": "无记录，见调度日志"} for moment in ("reported", "dispatched", "arrived", "answered")},
        },
        "scope": {
            "customers": {"value": "110", **seen},
            "duration": {"value": "150", **seen},
            **{size: {"value": "0"} for size in ("important_customers", "complaints")},
        },
        "direct_cause": {"code": "equipment_fault", "text": "熔断器触头氧化发热烧毁", "evidence": ["photo-1"]},
        "root_cause": {
            "text": "测温周期为 12 个月，缺陷发展快于周期。",
            "method": "5-why",
            "escape": "红外测温未覆盖该杆",
            "evidence": ["photo-1"],
        },
        "responsibility": {"unit": team, "person": f"{team}-1", "share": "main", "evidence": ["photo-1"]},
        "history": {"text": "1 月 10 日、2 月 10 日各停电一次，同一支线", "evidence": [f"{outage}-1", f"{outage}-2"]},
        "correction": {"text": "22:10 更换三相熔断器", "evidence": ["photo-1"]},
        "actions": [{"what": "更换同批次熔断器 14 组", "owner": f"{team}-head", "due": "2026-03-20", "criterion": "红外复测低于 50 度"}],
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as where:
        print(json.dumps(Bench(Path(where), int(sys.argv[1]) if len(sys.argv) > 1 else TASKS).measured()))
