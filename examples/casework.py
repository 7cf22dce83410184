"""What becomes of some of the demo's findings: real outages, in a made-up organisation, with the clock of November 2019.

The real runtime takes a few transformer areas' outages as they became known, with one rule live. One unit explains, another is sent
back, and the others say nothing: for them time alone leads up the ladder. All of it lies in demo-out/clearly.db afterwards.
"""

from __future__ import annotations

import csv
import gzip
import io
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from engine.calendar import show_instant
from engine.casework import FormJudge, Moved, prefilled
from engine.events import instant_of, micros
from streams import docket, tasktable
from streams.backtest import Harvest, Input, reap
from streams.embedded.parcel import Parcel
from streams.embedded.runtime import Runtime
from streams.folder import Folder, version_of
from streams.orders import orders_of
from streams.rules import Rules, made
from streams.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from engine.casework import Entry, Task
    from engine.events import Event
    from engine.events.mapping import Mapping as FeedMapping
    from engine.watching import Change

RULE = "repeated-outage"
ZONE = ZoneInfo("Asia/Shanghai")
#: A task that opened on each of these days, and where the clock stops.
DAYS = ("2019-11-05", "2019-11-12", "2019-11-18", "2019-11-20", "2019-11-22", "2019-11-26", "2019-11-28", "2019-11-29")
END = "2019-11-29 17:30"
#: Which feeder of the made-up city each place is taken to hang on, and who looks after it.
FEEDERS = (("F-3", "hongling", "wu-gang"), ("F-1", "chengguan", "zhang-wei"), ("F-4", "donghe-town", "he-min"))
FOLDER = ("catalogue.yaml", "grid.yaml", "organisation.yaml", "routes.yaml", "customers.csv", "calendars/china.yaml")
HOUR = 3_600_000_000


class Case(NamedTuple):
    """A place with the moment at which its task opens."""

    area: str
    opened: int


class Desk(NamedTuple):
    """The tasks as they stand at the end, what each place is called, the ladder's words, and the journal of the one that was explained."""

    tasks: list[Task]
    towns: Mapping[str, str]
    rungs: tuple[str, ...]
    explained: Task
    journal: list[Entry]


def at(text: str) -> int:
    """Return a moment of the made-up city."""
    return micros(datetime.fromisoformat(text).replace(tzinfo=ZONE))


def cases(changes: Iterable[Change]) -> list[Case]:
    """Return, for each of the days, the first place that repeated outages were found in then, and only then."""
    opened: dict[str, list[int]] = {}
    for change in changes:
        if change.rule == RULE and change.change in ("opened", "withdrawn"):
            opened.setdefault(change.key["transformer_area"], []).append(micros(change.decided_at))
    once = sorted((moments[0], area) for area, moments in opened.items() if len(moments) == 1)
    found = []
    for day in DAYS:
        fitting = [Case(area, moment) for moment, area in once if at(f"{day} 00:00") <= moment < at(f"{day} 17:00")]
        found += fitting[:1]
    return found


def play(house: Path, out: Path, mapping: FeedMapping, chosen: list[Case]) -> Desk:
    """Let November pass for some places, and return how it ends."""
    rows = rows_of(house / "examples" / "data" / "pge-outages.csv.gz", {case.area for case in chosen})
    rules = rules_of(house / "rules", chosen, rows)
    database = out / "clearly.db"
    for old in out.glob("clearly.db*"):
        old.unlink()
    outages = events_of(rows, out / "outages.csv", mapping, rules)
    begin = min(arrival for arrival, _ in outages)
    with closing(open_store(database, begin)) as store:
        month = Month(Runtime(store, rules, begin), rows)
        month.pass_by(outages, chosen)
        tasks = list(tasktable.listed(store, tasktable.Filter(over=None)))
        assert month.runtime.office is not None, "the folder has a calendar"
        ladder = month.runtime.office.casework.terms.profile.ladder
        explained = next(task for task in tasks if task.key["transformer_area"] == chosen[0].area)
        journal = docket.journal_of(store, explained.id)
    towns = {area_of(row): row["place"] for row in rows}
    return Desk(tasks, towns, tuple(rung.title for rung in ladder.rungs), explained, journal)


# What stands at the beginning ------------------------------------------------------------------------------------------------


def area_of(row: Mapping[str, str]) -> str:
    """Return the place of an outage, as the mapping names it."""
    return f"{row['lat']},{row['lon']}"


def rows_of(path: Path, areas: set[str]) -> list[dict[str, str]]:
    """Return the rows of the feed that are about some places."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if area_of(row) in areas]


def rules_of(root: Path, chosen: list[Case], rows: list[dict[str, str]]) -> Rules:
    """Return the one rule, live, with the chosen places in the grid of the made-up city."""
    files = {name: (root / name).read_text("utf-8") for name in FOLDER}
    rule = (root / "outage" / f"{RULE}.yaml").read_text("utf-8")
    files[f"outage/{RULE}.yaml"] = rule.replace("status: shadow", "status: live")
    towns = {area_of(row): row["place"] for row in rows}
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("transformer_area", "feeder", "title", "unit", "manager"))
    for number, case in enumerate(chosen):
        feeder, unit, manager = FEEDERS[number % len(FEEDERS)]
        table.writerow((case.area, feeder, towns[case.area], unit, manager))
    files["grid.csv"] = text.getvalue()
    rules = made(Folder(files, version_of(files)), root)
    if not isinstance(rules, Rules):
        raise SystemExit("\n".join(rules))
    return rules


def events_of(rows: list[dict[str, str]], path: Path, mapping: FeedMapping, rules: Rules) -> list[tuple[int, Event]]:
    """Return the events of some rows as they became known, read as the feed itself is."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    harvest = Harvest()
    for _ in reap(Input(path, mapping), rules.gate, harvest):
        pass
    found = [(micros(event.arrived) if event.arrived is not None else instant_of(event), event) for event in harvest.events]
    return sorted(found, key=lambda pair: pair[0])


# What happens ----------------------------------------------------------------------------------------------------------------


class Month:
    """The running program, with the clock in our hands."""

    def __init__(self, runtime: Runtime, rows: list[dict[str, str]]) -> None:
        self.runtime = runtime
        self.rows = rows

    def pass_by(self, outages: list[tuple[int, Event]], chosen: list[Case]) -> None:
        """Let outages and commands come, each at its time."""
        steps: list[tuple[int, Any]] = sorted([*outages, *self.answers(chosen[0]), *self.attempt(chosen[2])], key=lambda pair: pair[0])
        for moment, what in steps:
            if moment > at(END):
                break
            self.runtime.tick(moment - 1)
            if isinstance(what, dict):
                self.order(what, moment)
            else:
                record = {"type": what.kind.name, **{name: getattr(what, name, None) for name in what.kind.fields}}
                said = msgspec.json.encode({name: value for name, value in record.items() if value is not None})
                self.runtime.receive([Parcel([said], "pge-outages")], moment)
        self.runtime.tick(at(END))

    def order(self, asked: dict[str, Any], now: int) -> None:
        """Give a command, and see to it that it is carried out."""
        task = self.task(asked.pop("area"))
        if asked["command"] == "submit_explanation":
            asked["fields"] = self.explanation(task)
            asked["evidence"] = [*task.evidence, "worksheet-1", "photo-1"]
        body = msgspec.json.encode({"task": task.id, "seq": task.seq, **asked})
        (outcome,) = self.runtime.order(orders_of(body, now), now)
        assert isinstance(outcome, Moved), str(outcome)

    def task(self, area: str) -> Task:
        """Return the task about a place."""
        found = tasktable.listed(self.runtime.store, tasktable.Filter(over=None))
        return next(task for task in found if task.key["transformer_area"] == area)

    def answers(self, case: Case) -> list[tuple[int, dict[str, Any]]]:
        """Return what is said about a place whose unit explains, is believed, and does what it promised."""
        done = {"action": "1", "result": "6 只绝缘子更换，绝缘 500 MΩ", "done": "2019-11-25 15:00", "evidence": ["acceptance-1"]}
        said: list[tuple[int, dict[str, Any]]] = [
            (case.opened + HOUR, {"command": "ack", "actor": "wu-gang"}),
            (at("2019-11-07 10:00"), {"command": "submit_explanation", "actor": "wu-gang"}),
            (at("2019-11-07 16:00"), {"command": "accept", "actor": "zhou.min"}),
            (
                at("2019-11-26 09:00"),
                {"command": "submit_remedy", "actor": "wu-gang", "fields": {"results": [done]}, "evidence": ["acceptance-1"]},
            ),
            (at("2019-11-26 15:00"), {"command": "accept", "actor": "zhou.min"}),
        ]
        return [(moment, {"area": case.area, **one}) for moment, one in said]

    def attempt(self, case: Case) -> list[tuple[int, dict[str, Any]]]:
        """Return what is said about a place whose unit explains, and does not convince."""
        returned = {"data": {"fields": {"direct_cause": "cause-shallow"}}, "reason": "只说了现象，没有说原因"}
        said: list[tuple[int, dict[str, Any]]] = [
            (case.opened + HOUR, {"command": "ack", "actor": "he-min"}),
            (at("2019-11-20 14:30"), {"command": "submit_explanation", "actor": "zhu-ming"}),
            (at("2019-11-21 09:30"), {"command": "reject", "actor": "zhou.min", **returned}),
        ]
        return [(moment, {"area": case.area, **one}) for moment, one in said]

    def explanation(self, task: Task) -> dict[str, Any]:
        """Return an explanation: what the events say is filled in, the rest is made up."""
        office = self.runtime.office
        assert office is not None, "the folder has a calendar"
        judge = office.casework.terms.judge
        assert isinstance(judge, FormJudge), "an office judges by the form"
        known = prefilled(judge.known.facts(task), judge.zone)
        mine = [row for row in self.rows if row["outage_id"] in task.evidence]
        last = max(mine, key=lambda row: row["started_at"])
        start, end = datetime.fromisoformat(last["started_at"]), datetime.fromisoformat(last["gone_by"])
        ids, paper = [row["outage_id"] for row in mine], ["worksheet-1"]
        moments = {
            name: {"at": show_instant(micros(moment) // 1_000_000 * 1_000_000, judge.zone), "evidence": paper}
            for name, moment in zip(("reported", "dispatched", "arrived", "restored"), between(start, end), strict=True)
        }
        minutes = (end - start) // timedelta(minutes=1)
        return {
            **known,
            "what_happened": {"text": f"{last['place']} 60 天内停电 {len(mine)} 次，最近一次 {minutes} 分钟", "evidence": ids},
            "timeline": {**known["timeline"], **moments},
            "scope": {
                **known["scope"],
                "customers": {"value": last["max_customers"], "evidence": ids[-1:]},
                "important_customers": {"value": "0"},
                "duration": {"value": str(minutes), "evidence": paper},
            },
            "direct_cause": {"code": "equipment_fault", "text": "10 kV 支线 6 只绝缘子老化闪络", "evidence": ["photo-1"]},
            "responsibility": {"unit": task.unit, "person": task.person, "share": "main", "evidence": paper},
            "correction": {"text": "更换闪络绝缘子 1 只", "evidence": ["photo-1"]},
            "actions": [{"what": "更换其余 6 只绝缘子", "owner": task.person, "due": "2019-11-29", "criterion": "绝缘不低于 300 MΩ"}],
        }


def between(start: datetime, end: datetime) -> tuple[datetime, ...]:
    """Return four moments of an outage in order, the last one its end."""
    step = (end - start) / 10
    return (start + step, start + 2 * step, start + 4 * step, end)
