"""Tasks on Kafka: the journal of each is the one that the embedded runtime writes of the same findings and commands, whatever dies."""

from __future__ import annotations

import json
import random
import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from engine.casework import NEEDS, Entry, Task, decode_entry, next_moment, verify
from engine.events import micros
from engine.watching import Change
from streams import docket, tasktable
from streams.embedded.parcel import Parcel
from streams.kafka.bulletin import CIRCULAR, SCORECARD
from streams.kafka.inbox import Areas, Case, Request, encode_case
from streams.kafka.records import publication_of
from streams.kafka.routing import Partitions
from streams.kafka.topics import TOLD
from streams.orders import orders_of
from streams.rules import Rules, load
from tests.kafka.installation import STOPPED, Installation
from tests.streams.test_office import House, outage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from engine.casework import Publication
    from streams.embedded.office import Office
    from streams.kafka.connection import Connection

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What needs all areas at once, and is told by the ledger.
BY_UNIT = {CIRCULAR, SCORECARD}
AREAS = ("TA-7", "TA-8", "TA-9", "TA-21", "TA-30", "Z-1", "TA-98", "TA-99")
ACTORS = ("zhang-wei", "sun-jie", "li-na", "wu-gang", "he-min", "zhu-ming", "zhou.min", "cao-ying", "qin.hao", "nobody")
CHANGE = msgspec.json.Decoder(Change)
PARTITIONS = 4


@dataclass
class Step:
    """What came at one moment: changes, as they were published, and commands."""

    now: int
    changes: list[bytes] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    #: the rules that hold
    version: str = ""
    #: how many changes there were afterwards
    seen: int = 0


class Months(House):
    """Some months of an embedded house, at random: outages, commands of people who may and who may not, days on which nothing happens.

    Before step number `anew` the offices begin to close earlier: another calendar holds.
    """

    def __init__(self, folder: Path, seed: int, length: int, anew: int | None = None) -> None:
        (folder / "rules").mkdir(parents=True)
        (folder / "rules" / "casework.yaml").write_text("casework: test\nstorm: {enter: 2, leave: 1, within: 20 days}\n", "utf-8")
        super().__init__(folder)
        self.store.connection.execute("PRAGMA synchronous = OFF")  # no power cut is tested here
        self.chance, self.areas = random.Random(seed), Areas(self.rules)
        self.steps: list[Step] = []
        self.rules_before = self.rules
        shutil.copytree(folder / "rules", folder / "rules-before")
        for number in range(length):
            if number == anew:
                self.steps.append(self.close_earlier())
            for step in self.mornings(timedelta(minutes=self.chance.choice((1, 7, 40, 300, 1440, 4000)))):
                self.steps.append(step)
            self.steps.append(self.step(number))

    def mornings(self, time: timedelta) -> Iterator[Step]:
        """Let time pass, and give each morning in between."""
        end = self.clock + time
        calendar = self.rules.book.calendar
        assert calendar is not None
        while (moment := next_moment(calendar, self.now)) is not None and moment < micros(end):
            self.clock = EPOCH + timedelta(microseconds=moment)
            yield self.came([])
        self.clock = end

    def came(self, commands: list[bytes]) -> Step:
        """Return what came, after time has come to now."""
        seen = self.steps[-1].seen if self.steps else 0
        self.runtime.tick(self.now)
        return Step(self.now, [line for _, line in self.store.changes(seen)], commands, self.rules.version, self.store.end("changes"))

    def close_earlier(self) -> Step:
        """Take up rules with another calendar."""
        china = self.folder / "rules" / "calendars" / "china.yaml"
        china.write_text(china.read_text("utf-8").replace("14:00-17:30", "14:00-17:00"), "utf-8")
        rules = load(self.folder / "rules")
        assert isinstance(rules, Rules)
        self.rules = rules
        self.runtime.take_up(rules, self.now)
        return self.came([])

    @property
    def office(self) -> Office:
        """Return the office."""
        assert self.runtime.office is not None
        return self.runtime.office

    def step(self, number: int) -> Step:
        """Return what came, after having it come."""
        commands = []
        if self.chance.random() < 0.5:
            where = self.chance.choice(AREAS)
            told = json.loads(outage(number, self.clock - timedelta(minutes=5))) | {"transformer_area": where}
            self.runtime.receive([Parcel([json.dumps(told).encode()], "scada")], self.now)
        else:
            commands = [body for body in [self.command()] if body]
            self.runtime.order([one for body in commands for one in orders_of(body, self.now)], self.now)
        return self.came(commands)

    def command(self) -> bytes:
        """Return a command on some task, nothing where there is none."""
        tasks = list(tasktable.listed(self.store, tasktable.Filter(over=None)))
        if not tasks:
            return b""
        task, now, actor = self.chance.choice(tasks), self.now, self.chance.choice(ACTORS)
        allowed = [one.command for one in self.office.casework.choices(task.id, actor, now) if one.refused is None]
        command = self.chance.choice(allowed if allowed and self.chance.random() < 0.8 else list(NEEDS))
        data = {
            "unit": "hongling",
            "until": now + 3_000 * 60_000_000,
            "by": "2 working days",
            "code": "customer",
            "grounds": "not-ours",
            "into": self.chance.choice([one.id for one in tasks if self.areas.of_task(one.id) == self.areas.of_task(task.id)]),
            "fields": [{"field": "direct_cause", "code": "unclear"}],
        }
        asked = {
            "command": command,
            "task": task.id,
            "actor": self.chance.choice(ACTORS),
            "seq": task.seq,
            "reason": "a test",
            "data": data,
        }
        fields = {"fields": {"what_happened": "a tree fell on the line"}} if command.startswith("submit") else {}
        files = {"files": [{"name": "fuse.jpg", "content": "aGVsbG8="}]} if command == "attach" else {}
        return json.dumps({**asked, **fields, **files}).encode()

    def tasks(self) -> dict[str, Task]:
        """Return every task that is kept."""
        return {task.id: task for task in tasktable.listed(self.store, tasktable.Filter(over=None, most=1_000))}

    def journals(self) -> dict[str, list[Entry]]:
        """Return the journal of each task."""
        found = defaultdict(list)
        for entry in self.journal():
            found[entry.task_id].append(plain(entry))
        return dict(found)

    def told(self) -> list[Publication]:
        """Return what was told beside the journal, but for what goes by unit over all areas."""
        found = [one for _, one in docket.published(self.store)]
        return in_order(one for one in found if one.type not in BY_UNIT)


def in_order(told: Iterable[Publication]) -> list[Publication]:
    """Return publications in an order that does not depend on who told them."""
    return sorted(told, key=lambda one: (one.topic, one.id))


def plain(entry: Entry) -> Entry:
    """Return an entry without when it was noticed, which stands outside of its hash."""
    return msgspec.structs.replace(entry, noticed=None)


def records(house: Months, steps: list[Step], first: int) -> Iterator[tuple[int, Case]]:
    """Give what watching stage and intake tell the casework stage of some steps, by partition: commands, changes, how far time has come."""
    areas, partitions = house.areas, Partitions(PARTITIONS)
    for number, step in enumerate(steps, first):
        version = step.version
        for body in step.commands:
            home = partitions.of(areas.of_task(json.loads(body)["task"]))
            yield home, Case(version, [], [Request(body, step.now, 0, number, f"c{number}")])
        for line in step.changes:
            yield partitions.of(areas.of(CHANGE.decode(line).to.unit or "")), Case(version, [line])
        for home in range(PARTITIONS):
            yield from ((home, Case(version, reached=(one, step.now))) for one in range(PARTITIONS))


def tell(kafka: Installation, house: Months, steps: list[Step], first: int = 0) -> None:
    """Have the casework stage told."""
    for home, case in records(house, steps, first):
        kafka.post(kafka.names.inbox, home, encode_case(case))


def journals(kafka: Installation) -> dict[str, list[Entry]]:
    """Return the journal of each task as Kafka has it, in the order of its log."""
    found = defaultdict(list)
    for record in kafka.read(kafka.names.told("task.events")):
        found[record.key.decode()].append(plain(decode_entry(record.value)))
    return dict(found)


def states(kafka: Installation) -> dict[str, Task]:
    """Return every task as it was told last."""
    return {record.key.decode(): msgspec.json.decode(record.value, type=Task) for record in kafka.read(kafka.names.told("task.state"))}


def published(kafka: Installation) -> list[Publication]:
    """Return what was told beside the journal."""
    found = [(topic, one) for topic in TOLD for one in kafka.read(kafka.names.told(topic))]
    return in_order(publication_of(topic, one.key, one.value, {name: told.decode() for name, told in one.headers}) for topic, one in found)


def check(kafka: Installation, house: Months) -> None:
    """Wait until everything was handled, and compare all of it."""
    expected = house.journals()
    count = sum(map(len, expected.values()))
    kafka.until(lambda: len(kafka.read(kafka.names.told("task.events"))) >= count, "waiting for the journal")
    found = journals(kafka)
    assert found == expected
    assert all(verify(entries) == () for entries in found.values())
    told = states(kafka)
    assert {name: told[name] for name in house.tasks()} == house.tasks()
    assert published(kafka) == house.told()
    answers = [msgspec.json.decode(record.value) for record in kafka.read(kafka.names.results)]
    assert len(answers) == sum(len(step.commands) for step in house.steps)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_generated_history_comes_to_the_same_journals(connection: Connection, tmp_path: Path, workers: int) -> None:
    house = Months(tmp_path / "house", workers, 120, anew=80)
    assert len(house.tasks()) > 5
    with Installation(connection, tmp_path, PARTITIONS) as kafka:
        kafka.publish(house.folder / "rules-before")
        kafka.publish(house.folder / "rules")
        for number in range(workers):
            kafka.start("casework", f"casework-{number}")
        tell(kafka, house, house.steps)
        check(kafka, house)
        assert {"clearly.digest.reminder.v1", "clearly.digest.calendar.v1"} <= {one.type for one in published(kafka)}
        assert all(worker.stop() == 0 for worker in kafka.workers)
    house.store.close()


def test_a_casework_worker_that_is_killed_loses_nothing_and_says_nothing_twice(connection: Connection, tmp_path: Path) -> None:
    house = Months(tmp_path / "house", 5, 160)
    with Installation(connection, tmp_path, PARTITIONS) as kafka:
        kafka.publish(tmp_path / "house" / "rules")
        first = kafka.start("casework", "first")
        tell(kafka, house, house.steps[:80])
        kafka.until(lambda: kafka.read(kafka.names.told("task.events")), "waiting for the first entry")
        first.kill()
        kafka.start("casework", "second")
        tell(kafka, house, house.steps[80:], 80)
        check(kafka, house)
    house.store.close()


def test_casework_workers_come_are_told_to_go_and_die_in_turn(connection: Connection, tmp_path: Path) -> None:
    """A second one comes, the first is told to stop, a third comes, the second is killed: no row stands behind a newer one either."""
    house = Months(tmp_path / "house", 7, 120)
    quarter = len(house.steps) // 4
    with Installation(connection, tmp_path, PARTITIONS) as kafka:
        kafka.publish(tmp_path / "house" / "rules")
        one = kafka.start("casework", "one")
        tell(kafka, house, house.steps[:quarter])
        kafka.until(lambda: kafka.read(kafka.names.told("task.events")), "waiting for the first entry")
        two = kafka.start("casework", "two")
        kafka.until(lambda: two.has_share, "waiting for a second worker")
        tell(kafka, house, house.steps[quarter : 2 * quarter], quarter)
        assert one.stop() in STOPPED
        three = kafka.start("casework", "three")
        tell(kafka, house, house.steps[2 * quarter : 3 * quarter], 2 * quarter)
        kafka.until(lambda: three.has_share, "waiting for a third worker")
        two.kill()
        tell(kafka, house, house.steps[3 * quarter :], 3 * quarter)
        check(kafka, house)
        assert kafka.aged("casework") == []
    house.store.close()
