"""Rules of the standard pack that stand on others, or watch tasks, in the embedded runtime from the first event to the last rung."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from engine.casework import Moved, prefilled
from streams import clock, docket, tasktable
from streams.embedded import Feed, Options, run
from streams.embedded.office import facts
from streams.embedded.parcel import Parcel
from streams.orders import orders_of
from streams.rules import Rules, load
from streams.store import open_reader
from tests.streams.county import published
from tests.streams.test_office import House
from tests.support.standing import FOUND, found, outage, records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.casework import Task

HOUSE = Path(__file__).resolve().parent.parent.parent
STORY = yaml.safe_load((HOUSE / "rules" / "stories" / "remedy-did-not-work.story.yaml").read_text("utf-8"))


def test_frequent_areas_make_a_frequent_feeder_and_a_warning_before_a_complaint_a_task(tmp_path: Path) -> None:
    now = datetime.fromtimestamp(clock.now() / 1_000_000, UTC)
    (tmp_path / "events.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in records(now)), "utf-8")
    assert run(Options(HOUSE / "rules", tmp_path / "db", (Feed(tmp_path / "events.jsonl"),), once=True)) == 0
    reader = open_reader(tmp_path / "db")
    assert found(published(reader)) == FOUND
    reader.close()


class Pack(House):
    """The same house with every standard rule, those in shadow made live."""

    def __init__(self, folder: Path) -> None:
        for path in (HOUSE / "rules").rglob("*"):
            name = path.relative_to(HOUSE / "rules")
            if path.is_file() and not {"stories", "feeds", "profiles"} & set(name.parts) and not name.name.endswith(".test.yaml"):
                (folder / "rules" / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / "rules" / name).write_text(path.read_text("utf-8").replace("status: shadow", "status: live"), "utf-8")
        rules = load(folder / "rules")
        assert isinstance(rules, Rules), rules
        self.folder, self.rules, self.clock = folder, rules, datetime(2026, 3, 1, tzinfo=UTC)
        self.start()

    def until(self, when: str) -> None:
        """Let time pass until a moment in Qinghe."""
        self.clock = max(self.clock, datetime.fromisoformat(f"{when}+08:00").astimezone(UTC))
        self.runtime.tick(self.now)

    def happen(self, number: str, when: str) -> None:
        """Have an outage of area TA-7 come in as it happens, and again its end."""
        for record in outage(number, "TA-7", datetime.fromisoformat(f"{when}+08:00")):
            self.until(str(datetime.fromisoformat(record.get("started_at") or record["restored_at"]).replace(tzinfo=None)))
            self.runtime.receive([Parcel([json.dumps(record).encode()], "scada")], self.now)

    def frequent(self) -> list[Task]:
        """Return the tasks about frequent outages, oldest first."""
        tasks = tasktable.listed(self.store, tasktable.Filter(over=None, rule="frequent-outages"))
        return sorted(tasks, key=lambda task: task.opened_at)

    def do(self, when: str, command: str, actor: str, **more: Any) -> None:
        """Have somebody do something with the newest of them."""
        self.until(when)
        task = self.frequent()[-1]
        asked = {"command": command, "task": task.id, "actor": actor, "seq": task.seq, **more}
        (outcome,) = self.runtime.order(orders_of(json.dumps(asked, default=str).encode(), self.now), self.now)
        assert isinstance(outcome, Moved), getattr(outcome, "en", outcome)


@pytest.fixture
def pack(tmp_path: Path) -> Iterator[Pack]:
    """Return a house in which area TA-7 was hit for the fourth time within 60 days."""
    house = Pack(tmp_path)
    for number, when in (
        ("O-0", "2026-03-01 09:00"),
        ("O-1", "2026-03-02 08:00"),
        ("O-2", "2026-03-20 19:20"),
        ("O-3", "2026-04-13 08:00"),
    ):
        house.happen(number, when)
    for when in ("2026-04-13 12:00", "2026-04-14 09:00"):
        house.until(when)
    yield house
    house.store.close()


def explanation(house: Pack) -> dict[str, Any]:
    """Return the explanation of the story, with what `task explain --template` fills in, and the evidence that it names."""
    known = prefilled([*facts(house.store, house.frequent()[-1])], house.rules.book.zone)
    fields = {**known, **STORY["forms"]["usual"]}
    fields = {name: {**known.get(name, {}), **value} if isinstance(value, dict) else value for name, value in fields.items()}
    return {"fields": fields, "evidence": ["worksheet-113", "photo-cable-head", "patrol-log", "measurement-7"]}


def alerts(house: Pack, task: Task) -> list[str]:
    """Return the alerts about a task."""
    told = (one for _, one in docket.published(house.store))
    return [one.topic for one in told if task.id in one.subject and one.topic.startswith("alert.")]


def test_an_explanation_that_does_not_come_climbs_rung_by_rung(pack: Pack) -> None:
    (task,) = pack.frequent()
    assert (task.state, task.level) == ("ISSUED", 1)
    pack.do("2026-04-14 10:00", "ack", "zhang-wei")
    assert [(name, one.breached) for name, one in pack.frequent()[0].clocks.items() if name == "explain"] == [("explain", None)]
    pack.until("2026-04-20 17:29")
    assert pack.frequent()[0].level == 1
    pack.until("2026-06-30 08:00")
    (late,) = pack.frequent()
    assert late.clocks["explain"].breached is not None
    assert late.level == 5
    told = alerts(pack, late)
    assert [one for one in dict.fromkeys(told) if one != "alert.l0"] == ["alert.l1", "alert.l2", "alert.l3", "alert.l4", "alert.l5"]


def test_what_comes_again_after_closing_is_a_task_one_rung_higher(pack: Pack) -> None:
    pack.do("2026-04-14 10:00", "ack", "zhang-wei")
    pack.do("2026-04-15 10:00", "submit_explanation", "sun-jie", **explanation(pack))
    pack.do("2026-04-15 16:00", "accept", "zhou.min")
    results = [{"action": 1, "result": "更换电缆头 2 只，绝缘 180 MΩ", "done": "2026-04-24 09:00", "evidence": ["measurement-8"]}]
    pack.do("2026-04-24 10:00", "submit_remedy", "sun-jie", fields={"results": results}, evidence=["measurement-8"])
    pack.do("2026-04-24 15:00", "accept", "zhou.min")
    pack.until("2026-08-01 08:00")
    (closed,) = pack.frequent()
    assert (closed.state, closed.level) == ("CLOSED", 1)
    for number, day in enumerate((2, 4, 6, 8)):
        pack.happen(f"N-{number}", f"2026-08-0{day} 08:00")
    for when in ("2026-08-08 12:00", "2026-08-10 09:30"):
        pack.until(when)
    _, again = pack.frequent()
    assert (again.recurrence_of, again.state, again.level) == (closed.id, "ISSUED", 2)
