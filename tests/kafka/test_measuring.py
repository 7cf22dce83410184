"""What a remedy achieved, measured on Kafka: the watching stage counts, casework decides by it, and the journal is the embedded one."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from streams.embedded.parcel import Parcel
from streams.embedded.runtime import Runtime
from streams.kafka.asking import ask
from streams.kafka.inbox import Areas, Case, decode_case, requests_of
from streams.kafka.packet import ASKED, Mark, Packet, Word, decode_packet, encode
from streams.kafka.routing import Came, Partitions, Router
from streams.kafka.rows import META, Meta
from streams.kafka.share import Place, Share
from streams.orders import Asked, orders_of
from tests.kafka.installation import Installation
from tests.kafka.test_cases import Partition
from tests.kafka.test_casework import PARTITIONS, plain, states
from tests.kafka.test_casework import journals as kafka_journals
from tests.streams.test_measuring import ended, explanation, receive, remedied
from tests.streams.test_office import House, outage, rules_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.casework import Entry
    from streams.embedded.parcel import Receipt
    from streams.kafka.connection import Connection
    from streams.kafka.share import Outcome
    from streams.rules import Rules

FEED, FINDINGS, COMMANDS = "feed", "findings", "commands"


class Told(Runtime):
    """A runtime that notes what it is told: events, and that time has come."""

    def __init__(self, *words: Any, **more: Any) -> None:
        self.heard: list[tuple[int, str, list[bytes]]] = []
        super().__init__(*words, **more)

    def receive(self, parcels: Sequence[Parcel], now: int) -> list[Receipt]:
        named = [
            json.dumps(json.loads(raw) | {"source": parcel.source}).encode()
            for parcel in parcels
            for raw in parcel.records
            if isinstance(raw, bytes)
        ]
        self.heard.append((now, FEED, named))
        return super().receive(parcels, now)

    def tick(self, now: int) -> None:
        self.heard.append((now, "", []))
        super().tick(now)


class Twin(House):
    """An embedded house; what came to it is noted, so that it can come to Kafka's stages too."""

    makes = Told

    def start(self) -> None:
        """Open the store; what was heard before stays."""
        before = self.heard if hasattr(self, "runtime") else []
        super().start()
        self.heard.extend(before)

    @property
    def heard(self) -> list[tuple[int, str, list[bytes]]]:
        """Return what came, in order."""
        assert isinstance(self.runtime, Told)
        return self.runtime.heard

    def say(self, command: str, actor: str, **more: Any) -> Any:
        """Give a command on the task as it stands."""
        task = self.task()
        self.command({"command": command, "task": task.id, "actor": actor, "seq": task.seq, **more})
        return super().say(command, actor, **more)

    def command(self, asked: dict[str, Any]) -> None:
        """Note a command."""
        self.heard.append((self.now, COMMANDS, [json.dumps(asked).encode()]))


@dataclass
class Stages:
    """Intake, watching and casework in one process, without brokers: their records in the order of their topics."""

    rules: Rules
    wakes: bool
    offset: int = 0
    history_from: int | None = None
    found: defaultdict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        """Begin."""
        partitions = self.partitions = Partitions(PARTITIONS)
        self.router = Router(self.rules, partitions, most=50, size=100_000)
        self.cases = [Partition(number, self.rules, wakes=self.wakes) for number in range(PARTITIONS)]
        self.rows: list[dict[bytes, bytes]] = [{} for _ in range(PARTITIONS)]
        self.shares = [self.share(number) for number in range(PARTITIONS)]

    def share(self, number: int) -> Share:
        """Return a share, read from its rows."""
        rows = self.rows[number]
        meta = msgspec.msgpack.decode(rows[META], type=Meta) if META in rows else None
        place = Place(
            number,
            self.partitions,
            FINDINGS,
            lambda start, end: iter(sorted((key, row) for key, row in rows.items() if key >= start and (end is None or key < end))),
        )
        return Share(place, self.rules, meta)

    def hear(self, now: int, topic: str, values: list[bytes]) -> None:
        """Let records come in, or time, where there is no topic."""
        self.offset += 1
        came = [Came(topic, 0, self.offset, now, value, {}) for value in values]
        if topic == COMMANDS:
            for home, value in requests_of(came, self.rules.version, Areas(self.rules), self.partitions):
                self.tell(home, decode_case(value))
        elif topic:
            batch = self.router.route(came, FINDINGS, self.history_from)
            self.history_from = batch.first if self.history_from is None else self.history_from
            for number, value in batch.packets:
                self.watch(number, decode_packet(value), now)
        else:
            for number in range(PARTITIONS):
                self.watch(number, Packet(self.rules.version, [], [Mark(FEED, 0, now)], {FEED: 1}), now)

    def watch(self, number: int, packet: Packet, now: int) -> None:
        """Have a share judge a packed record."""
        if self.wakes:
            self.shares[number] = self.share(number)
        self.offset += 1
        outcome = self.shares[number].receive(packet, self.offset, now)
        keep(self.rows[number], outcome)
        for home, case in outcome.cases.items():
            self.tell(home, case, now)

    def tell(self, home: int, case: Case, now: int = 0) -> None:
        """Tell a partition of casework, and have measured what it wants to know."""
        handled = self.cases[home].take(case)
        for entry, _ in handled.entries:
            self.found[entry.task_id].append(plain(entry))
        if handled.asked:
            self.hear(now, FINDINGS, [encode(Word(ASKED, msgspec.Raw(msgspec.msgpack.encode(one)))) for one in handled.asked])


def keep(rows: dict[bytes, bytes], outcome: Outcome) -> None:
    """Keep the rows of an outcome."""
    for key, row in outcome.rows.items():
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row


def journals(house: House) -> dict[str, list[Entry]]:
    """Return the journal of each task."""
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in house.journal():
        found[entry.task_id].append(plain(entry))
    return dict(found)


@pytest.mark.parametrize("wakes", [False, True])
@pytest.mark.parametrize(("target", "outages", "state"), [("0", 1, "ISSUED"), ("1", 1, "CLOSED"), ("0", 0, "CLOSED"), ("1", 2, "ISSUED")])
def test_what_happened_since_decides_as_in_the_embedded_runtime(
    tmp_path: Path, target: str, outages: int, state: str, *, wakes: bool
) -> None:
    house = remedied(Twin(tmp_path), target)
    receive(house, *(outage(10 + number, house.clock - timedelta(days=number)) for number in range(outages)))
    assert ended(house)[0] == state
    stages = Stages(house.rules, wakes)
    for now, topic, values in house.heard:
        stages.hear(now, topic, values)
    assert dict(stages.found) == journals(house)
    house.store.close()


def test_retracted_corrected_or_elsewhere_is_not_measured_and_somebody_elses_command_ends_no_watch(tmp_path: Path) -> None:
    house = remedied(Twin(tmp_path), "0")
    planned = json.loads(outage(11, house.clock)) | {"planned": True}
    elsewhere = json.loads(outage(12, house.clock)) | {"transformer_area": "TA-8"}
    receive(house, outage(10, house.clock), json.dumps(planned).encode(), json.dumps(elsewhere).encode())
    house.pass_(hours=1)
    receive(house, json.dumps({"type": "outage.retracted", "outage_id": "O-10", "retracted_at": house.clock.isoformat()}).encode())
    due = house.task().timers["T.watch"].due
    early = timedelta(microseconds=due - house.now + 200_000)
    house.clock += early
    house.command({"command": "ack", "task": "of-nobody@linxi", "actor": "zhang-wei", "seq": 1})
    house.clock -= early
    assert ended(house)[3]["value"] == 0
    stages = Stages(house.rules, wakes=False)
    for now, topic, values in house.heard:
        stages.hear(now, topic, values)
    assert dict(stages.found) == journals(house)
    house.store.close()


#: The tasks of this rule are issued at once, and watched for a short time.
SHORT = "casework: test\nurgent_rules: [repeated-outage]\nseverities:\n  major: {watch: 20 seconds}\n"
REMEDY = {"results": [{"action": "1", "result": "更换电缆头 2 只，绝缘 180 MΩ", "done": "2026-03-02 08:10", "evidence": ["O-1"]}]}
#: Command, person, and what goes with it: until the remedy is accepted.
COMMANDS_GIVEN: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("ack", "zhang-wei", {}),
    ("submit_explanation", "sun-jie", {"fields": explanation("0")}),
    ("accept", "zhou.min", {}),
    ("submit_remedy", "sun-jie", {"fields": REMEDY, "evidence": ["O-1"]}),
    ("accept", "zhou.min", {}),
)


def test_on_real_brokers_the_watch_ends_by_what_came_since_and_the_journal_is_the_embedded_one(
    connection: Connection, tmp_path: Path
) -> None:
    (tmp_path / "house" / "rules").mkdir(parents=True)
    (tmp_path / "house" / "rules" / "casework.yaml").write_text(SHORT, "utf-8")
    rules_in(tmp_path / "house" / "rules")
    long_ago = datetime.now(UTC) - timedelta(days=60)  # so long that no rule finds anything in another one
    first = [outage(number, long_ago - timedelta(hours=number)) for number in (3, 2, 1)]
    given: list[bytes] = []
    with Installation(connection, tmp_path, 2) as kafka:
        kafka.publish(tmp_path / "house" / "rules")
        for stage in ("intake", "watching", "casework"):
            kafka.start(stage)
        kafka.send(first)
        (task,) = kafka.until(lambda: states(kafka), "waiting for the task")
        kafka.until(lambda: states(kafka)[task].state == "ISSUED", "waiting until it is issued")
        seq = states(kafka)[task].seq
        for command, actor, more in COMMANDS_GIVEN:
            given.append(json.dumps({"command": command, "task": task, "actor": actor, "seq": seq, **more}).encode())
            (told,) = ask(connection, [msgspec.json.decode(given[-1], type=Asked)])
            assert told.outcome == "done", told
            seq = told.seq or 0
        again = outage(10, datetime.now(UTC))
        kafka.send([again])
        kafka.until(lambda: any(one.event == "T.watch" for one in kafka_journals(kafka)[task]), "waiting for the end of the watch")
        found = kafka_journals(kafka)[task]
    (end,) = [one for one in found if one.event == "T.watch"]
    assert (end.state, end.cycle, end.data["measured"]["value"], end.data["measured"]["before"]) == ("ISSUED", 2, 1, 0)

    house = House(tmp_path / "house")
    house.runtime.receive([Parcel([*first], "")], found[0].at)
    for entry in found[1 : end.seq - 1]:
        if entry.event.startswith("C."):
            house.runtime.order(orders_of(given.pop(0), entry.at), entry.at)
        else:
            house.runtime.tick(entry.at)
    house.runtime.receive([Parcel([again], "")], end.at - 1)
    house.runtime.tick(end.at)
    assert found[: end.seq] == journals(house)[task][: end.seq]
    house.store.close()
