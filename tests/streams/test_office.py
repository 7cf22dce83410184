"""Casework in the running program: findings become tasks with their batch, people's commands move them, a restart changes nothing."""

from __future__ import annotations

import base64
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from msgspec.structs import replace

from engine.casework import Dropped, Moved, Refused, Task, encode_entry, fold, verify
from engine.casework.journal import chained
from engine.casework.task import pack
from engine.events import Gate
from streams import docket, tasktable
from streams.cli.program import answer
from streams.embedded import status
from streams.embedded.lag import Limits, lagging
from streams.embedded.parcel import Parcel
from streams.embedded.runtime import Runtime
from streams.orders import Unfit, orders_of
from streams.rules import Rules, load
from streams.store import NotKept, Store, open_reader, open_store
from tests.streams.program import Program
from tests.support.books import CATALOGUE, book_of, event_of, instant, world_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.casework import Entry, Outcome

HOUSE = Path(__file__).resolve().parent.parent.parent
MONDAY = datetime(2026, 3, 2, 0, tzinfo=UTC)
"""08:00 in Qinghe."""
FOLDER = (
    "catalogue.yaml",
    "grid.yaml",
    "organisation.yaml",
    "routes.yaml",
    "customers.csv",
    "calendars/china.yaml",
    "outage/repeated-outage.yaml",
)


class Failing(sqlite3.Connection):
    """A disk that a test can make full."""

    def fill(self) -> None:
        """Leave no room for another page."""
        self.execute(f"PRAGMA max_page_count = {self.execute('PRAGMA page_count').fetchone()[0]}")

    def free(self) -> None:
        """Leave room again."""
        self.execute("PRAGMA max_page_count = 1000000")


def rules_in(root: Path, *, status: str = "live") -> Rules:
    """Return the shipped rule about repeated outages, live in the shipped organisation."""
    for name in FOLDER:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        text = (HOUSE / "rules" / name).read_text("utf-8").replace("status: shadow", f"status: {status}")
        (root / name).write_text(text, encoding="utf-8")
    rules = load(root)
    assert isinstance(rules, Rules), rules
    return rules


def outage(number: int, at: datetime) -> bytes:
    """Return an outage of area TA-7, as it comes over the wire."""
    told = {"outage_id": f"O-{number}", "transformer_area": "TA-7", "customers": 120, "planned": False, "started_at": at.isoformat()}
    return json.dumps({"type": "outage.started", **told}).encode()


class House:
    """A runtime with casework, its clock, and the people who come to it."""

    makes: type[Runtime] = Runtime

    def __init__(self, folder: Path, *, status: str = "live") -> None:
        self.folder = folder
        self.clock = MONDAY
        self.rules = rules_in(folder / "rules", status=status)
        self.start()

    @property
    def now(self) -> int:
        """Return the clock in microseconds."""
        return (self.clock - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    def start(self) -> None:
        """Open the store and take everything up."""
        self.store: Store = open_store(self.folder / "db", self.now, factory=Failing)
        self.runtime = self.makes(self.store, self.rules, self.now)

    def restart(self) -> None:
        """Stop and start again."""
        self.store.close()
        self.start()

    def pass_(self, **time: float) -> None:
        """Let time pass, and what is due with it."""
        self.clock += timedelta(**time)
        self.runtime.tick(self.now)

    def receive_outages(self) -> None:
        """Have three outages come in."""
        self.runtime.receive([Parcel([outage(number, self.clock - timedelta(days=number)) for number in (3, 2, 1)], "scada")], self.now)

    def find(self) -> Task:
        """Have three outages come in, wait until the task is issued, and return it."""
        self.receive_outages()
        self.pass_(minutes=10)
        return self.task()

    def task(self) -> Task:
        """Return the one task as the store has it."""
        (task,) = tasktable.listed(self.store, tasktable.Filter(over=None))
        return task

    def journal(self) -> list[Entry]:
        """Return the journal as the store has it."""
        return [entry for _, entry in docket.journal(self.store)]

    def say(self, command: str, actor: str, **more: Any) -> Outcome:
        """Give a command on the task as it stands, and return what came of it."""
        task = self.task()
        asked = {"command": command, "task": task.id, "actor": actor, "seq": task.seq, **more}
        (outcome,) = self.runtime.order(orders_of(json.dumps(asked).encode(), self.now), self.now)
        return outcome


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Return a house in which nothing has happened yet."""
    house = House(tmp_path)
    yield house
    house.store.close()


def kinds(entries: list[Entry]) -> list[str]:
    """Return what happened, in order."""
    return [entry.kind for entry in entries]


def test_a_finding_becomes_a_task_that_somebody_signs(house: House) -> None:
    task = house.find()
    assert (task.state, task.unit, task.person, task.level) == ("ISSUED", "chengguan", "zhang-wei", 1)
    signed = house.say("ack", "zhang-wei")
    assert isinstance(signed, Moved)
    assert house.task().state == "ACKED"
    assert kinds(house.journal()) == ["task.candidate", "task.issued", "task.acknowledged"]
    assert [one.topic for _, one in docket.published(house.store)] == ["alert.l1"]
    assert house.task() == fold(house.journal())
    assert verify(house.journal()) == ()


def test_a_shadow_rule_opens_no_task(tmp_path: Path) -> None:
    house = House(tmp_path, status="shadow")
    house.runtime.receive([Parcel([outage(number, MONDAY - timedelta(days=number)) for number in (3, 2, 1)], "scada")], house.now)
    house.pass_(hours=1)
    assert house.store.end("changes") > 0
    assert tasktable.counted(house.store, tasktable.Filter(over=None)) == 0
    house.store.close()


def test_a_refusal_says_why_and_who_could_and_is_recorded(house: House) -> None:
    house.find()
    refused = house.say("accept", "zhang-wei")
    assert isinstance(refused, Refused)
    assert refused.code == "state"
    unknown = house.say("ack", "nobody-at-all")
    assert isinstance(unknown, Refused)
    assert (unknown.code, unknown.en) == ("actor", "cannot sign: nobody is called 'nobody-at-all' in the organisation")
    assert kinds(house.journal())[-2:] == ["command.refused", "command.refused"]


def test_the_same_command_sent_again_does_nothing(house: House) -> None:
    task = house.find()
    body = json.dumps({"command": "ack", "task": task.id, "actor": "zhang-wei", "seq": task.seq}).encode()
    first, again = (house.runtime.order(orders_of(body, house.now), house.now)[0] for _ in range(2))
    assert isinstance(first, Moved)
    assert again == Dropped("repeated")


def test_a_restart_after_every_step_gives_the_same_journal(tmp_path: Path) -> None:
    journals = []
    for restarting in (False, True):
        house = House(tmp_path / str(restarting))
        steps: list[Any] = [
            house.find,
            lambda house=house: house.say("ack", "zhang-wei"),
            lambda house=house: house.pass_(days=9),
            lambda house=house: house.say(
                "pause", "zhou.min", reason="storm", data={"code": "weather", "until": "2026-03-16T09:00:00+08:00"}
            ),
            lambda house=house: house.pass_(days=30),
        ]
        for step in steps:
            step()
            if restarting:
                house.restart()
        journals.append([entry.hash for entry in house.journal()])
        assert house.task() == fold(house.journal())
        house.store.close()
    assert journals[0] == journals[1]
    assert len(journals[0]) > 6


def test_rungs_that_passed_while_nobody_ran_are_claimed_in_order_with_how_late(house: House) -> None:
    house.find()
    house.store.close()
    house.clock += timedelta(days=40)
    house.start()
    house.runtime.tick(house.now)
    rungs = [entry.data["rung"] for entry in house.journal() if entry.kind == "rung.claimed" and entry.data["rung"]]
    assert rungs == [2, 3, 4, 5]
    alerts = [one for _, one in docket.published(house.store) if one.type == "clearly.rung.claimed.v1" and one.late_by]
    assert alerts
    assert len({one.id for _, one in docket.published(house.store)}) == len(list(docket.published(house.store)))


def test_nothing_of_a_command_is_left_where_the_disk_is_full(house: House) -> None:
    house.find()
    before = house.journal()
    connection = house.store.connection
    assert isinstance(connection, Failing)
    connection.fill()
    large = {"name": "report.pdf", "content": base64.b64encode(bytes(900_000)).decode()}
    with pytest.raises(NotKept):
        house.say("attach", "zhang-wei", files=[large])
    connection.free()
    assert house.journal() == before
    assert isinstance(house.say("ack", "zhang-wei"), Moved)


def test_a_file_is_kept_beside_the_entry_that_names_its_hash(house: House) -> None:
    house.find()
    content = b"a photo of the broken fuse"
    file = {"name": "fuse.jpg", "content": base64.b64encode(content).decode()}
    assert isinstance(house.say("attach", "zhang-wei", files=[file]), Moved)
    (item,) = house.journal()[-1].data["items"]
    assert house.store.one("SELECT content FROM attachments WHERE hash = ?", item["sha256"]) == content


def test_roots_cover_the_journal_hour_by_hour(house: House) -> None:
    house.find()
    house.pass_(hours=2)
    house.say("ack", "zhang-wei")
    house.pass_(hours=2)
    roots = docket.checkpoints(house.store)
    assert [root.count for root in roots][-1] >= 1
    assert verify(house.journal(), roots) == ()
    assert verify([*house.journal()[:-2], house.journal()[-1]], roots) != ()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"command": "akc"}, "there is no command 'akc'; did you mean 'ack'?"),
        ({"seq": "two"}, "Expected `int`, got `str`"),
        ({"sq": 1}, "contains unknown field `sq`"),
        ({"command": "pause", "data": {"code": "weather", "until": "tomorrow"}}, "'tomorrow' is no moment"),
        ({"command": "attach", "files": [{"name": "a.pdf", "content": "%%%%"}]}, "is not base64"),
        ({"command": "attach", "files": [{"name": "film.mp4", "content": "A" * (28 * 1024 * 1024)}]}, "film.mp4"),
    ],
)
def test_what_is_no_command_is_told_so(changed: dict[str, Any], told: str) -> None:
    asked = {"command": "ack", "task": "t", "actor": "a", "seq": 1, **changed}
    with pytest.raises(Unfit, match="(?s)" + told.replace("?", r"\?")):
        orders_of(json.dumps(asked).encode(), 0)


def test_a_date_in_the_year_20260_is_refused(house: House) -> None:
    house.find()
    house.say("ack", "zhang-wei")
    far = 577_000_000_000_000_000
    refused = house.say("pause", "zhou.min", reason="x", data={"code": "weather", "until": far})
    assert isinstance(refused, Refused)
    assert "'until' is no date near enough to be meant" in refused.en


def test_commands_come_in_by_the_front_door(tmp_path: Path) -> None:
    rules_in(tmp_path / "rules")
    (tmp_path / "feed.jsonl").write_bytes(
        b"".join(outage(number, datetime.now(UTC) - timedelta(days=number)) + b"\n" for number in (3, 2, 1))
    )
    with Program(tmp_path / "rules", tmp_path / "db", [(str(tmp_path / "feed.jsonl"), None, "")], {}, http="127.0.0.1:0") as program:
        address = program.url()
        program.until(lambda: len(tasks_in(tmp_path / "db")) == 1)
        (task,) = tasks_in(tmp_path / "db")
        order = {"command": "attach", "task": task.id, "actor": "zhang-wei", "seq": task.seq, "evidence": ["O-3"]}
        answer = httpx.post(f"{address}/commands", json=[order, {**order, "task": "no-such-task"}], timeout=30)
        assert [one["outcome"] for one in answer.json()["results"]] == ["done", "refused"]
        assert answer.json()["results"][1]["code"] == "no-task"
        wrong = httpx.post(f"{address}/commands", json={**order, "command": "akc"}, timeout=30)
        assert (wrong.status_code, wrong.json()["right"]) == (400, "correct it; nothing of this request was carried out")
        assert program.stop() == 0


def tasks_in(path: Path) -> list[Task]:
    """Return the tasks of a database."""
    reader = open_reader(path)
    try:
        return list(tasktable.listed(reader, tasktable.Filter(over=None)))
    finally:
        reader.close()


def test_status_shows_how_casework_stands(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(house.store).casework is None
    house.find()
    house.pass_(minutes=1)
    told = status(house.store).casework
    assert told is not None
    assert (told.states, told.open, told.late, told.entries, told.broken, told.heartbeat) == ({"ISSUED": 1}, 1, 0, 2, [], house.now)
    assert told.root_hash == docket.checkpoints(house.store)[-1].hash
    house.pass_(days=3)
    told = status(house.store).casework
    assert told is not None
    assert told.late == 1
    assert answer(["status", "--db", str(house.folder / "db")]) == 0
    seen = capsys.readouterr().out
    for said in (
        "未结 open",
        "超期 late",
        "待签收 waiting for a signature",
        "不变量成立 invariants held at",
        told.root_hash or "",
    ):
        assert said in seen, seen


def test_there_is_no_heartbeat_while_an_invariant_is_broken_also_after_a_restart(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    task = house.find()
    house.pass_(minutes=1)
    held_at = house.now
    (line,) = house.store.ask("SELECT line FROM journal WHERE seq = 2").fetchone()
    house.store.connection.execute("UPDATE journal SET line = ? WHERE seq = 2", (line.replace(b"chengguan", b"hongling", 1),))
    house.say("ack", "zhang-wei")
    for _ in range(3):
        house.pass_(minutes=1)
        house.restart()
        told = status(house.store).casework
        assert told is not None
        assert told.heartbeat == held_at
        assert any(task.id in one for one in told.broken)
    answer(["status", "--db", str(house.folder / "db")])
    assert "不成立 does not hold" in capsys.readouterr().out
    house.store.connection.execute("UPDATE journal SET line = ? WHERE seq = 2", (line,))
    house.pass_(minutes=1)
    told = status(house.store).casework
    assert told is not None
    assert (told.heartbeat, told.broken) == (house.now, [])


def heart(house: House) -> tuple[int | None, list[str]]:
    """Return when everything held last, and what does not hold."""
    told = status(house.store).casework
    assert told is not None
    return told.heartbeat, told.broken


def test_the_heartbeat_stops_while_time_stands_still_and_says_why(house: House) -> None:
    house.find()
    house.pass_(minutes=1)
    held_at = house.now
    house.clock += timedelta(minutes=9)
    house.runtime.stand(house.now)
    house.runtime.receive([Parcel([outage(9, house.clock)], "scada")], house.now)
    assert heart(house) == (held_at, [])
    house.clock += timedelta(minutes=2)
    house.runtime.stand(house.now)
    behind = "the time by which everything is decided is behind the clock: 660 s > 600 s"
    assert heart(house) == (held_at, [behind])
    house.restart()
    house.runtime.receive([Parcel([outage(10, house.clock)], "scada")], house.now)
    assert heart(house) == (held_at, [behind])
    house.pass_(seconds=1)
    assert heart(house) == (house.now, [])


def test_a_program_that_begins_has_its_time_to_read_years_of_feeds(house: House) -> None:
    house.clock += timedelta(minutes=9)
    house.receive_outages()
    assert house.store.meta("broken") is None
    house.clock += timedelta(minutes=2)
    house.runtime.receive([Parcel([outage(9, house.clock)], "scada")], house.now)
    assert heart(house) == (None, ["the time by which everything is decided is behind the clock: 660 s > 600 s"])


def test_a_decision_that_waits_too_long_for_a_source_stops_the_heartbeat() -> None:
    declared = CATALOGUE.replace(
        "  outage.restored:\n    time: at\n", "  outage.restored:\n    time: at\n    sources: {west: {idle_after: 9 days}}\n"
    )
    absence = "event: outage.started\nsame: outage_id\nnot_followed_by: {event: outage.restored, within: 8 hours}"
    book = book_of({"one": absence}, catalogue=declared)
    gate = Gate(book.catalogue)
    world = world_of(book, gate)
    world.receive(event_of(gate, "outage.started", 0, outage_id="O1", area="A", planned=False), instant(0))
    for hour, told in ((36, []), (37, ["decisions wait for a source that is behind: west (outage.restored), 90,000 s > 86,400 s"])):
        world.tick(instant(hour))
        assert list(map(str, lagging(world, 0, instant(hour), Limits()))) == told


def test_what_waits_too_long_to_be_checked_stops_the_heartbeat(house: House) -> None:
    house.find()
    office, later = house.runtime.office, house.now + 601_000_000
    assert office is not None
    told = office.vigil.behind(later, Limits().behind)
    assert list(map(str, told)) == ["what moved has waited to be checked: 1, 601 s > 600 s"]
    house.pass_(seconds=601)
    assert heart(house) == (house.now, [])


def test_what_nobody_had_checked_before_a_restart_is_checked_after_it(house: House) -> None:
    house.find()  # the tick that issues it has looked before it moved
    house.store.connection.execute("UPDATE tasks SET row = ?", (pack(replace(house.task(), unit="hongling")),))
    house.restart()
    house.pass_(minutes=1)
    assert [one.partition(" is not ")[2] for one in heart(house)[1] if "journal" in one] == ["what its journal says: unit"]


def test_somebody_who_may_not_act_stops_the_heartbeat(house: House) -> None:
    task = house.find()
    house.pass_(minutes=1)
    held_at = house.now
    house.say("ack", "zhang-wei")
    entry = house.journal()[-1]
    forged = chained(task.seq, task.hash, replace(entry, actor="cao-ying", hash=""))
    house.store.connection.execute("UPDATE journal SET line = ? WHERE seq = ?", (encode_entry(forged), entry.seq))
    house.pass_(minutes=1)
    beat, told = heart(house)
    assert beat == held_at
    assert any(f"record {entry.seq}: cao-ying is not UNIT_DUTY of" in one for one in told), told


def test_appeals_upheld_are_counted_for_the_rule_and_cancelled_tasks_for_both_who_cancelled(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.find()
    house.say("appeal", "sun-jie", reason="not ours", data={"grounds": "not-ours"})
    house.say("uphold", "zhou.min", reason="right")
    assert status(house.store).wrongly_asked == {}
    house.say("uphold", "cao-ying", reason="right")
    assert (status(house.store).wrongly_asked, status(house.store).cancelled_by) == ({"repeated-outage": 1}, {})
    house.say("reinstate", "zhou.min", reason="no")
    house.say("reinstate", "cao-ying", reason="no")
    for actor in ("zhou.min", "cao-ying"):
        house.say("cancel", actor, reason="a test", data={"code": "mistake"})
    house.restart()
    assert status(house.store).cancelled_by == {"zhou.min": 1, "cao-ying": 1}
    house.store.close()
