"""The cases of a partition, without brokers: read back from their rows at any moment they go on as if nothing had been."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec
import pytest

from streams.kafka.cases import HEARTBEAT, Cases, Home, Noted
from streams.kafka.inbox import Case, Request
from streams.kafka.rows import META
from tests.kafka.test_casework import PARTITIONS, Months, in_order, plain, records

if TYPE_CHECKING:
    from pathlib import Path

    from engine.casework import Entry, Publication
    from streams.kafka.cases import Handled
    from streams.rules import Rules


class Partition:
    """One partition with its rows; `wakes` has it read back from them before every record."""

    def __init__(self, number: int, rules: Rules, *, wakes: bool) -> None:
        self.rules, self.wakes, self.offset = rules, wakes, 0
        self.rows: dict[bytes, bytes] = {}
        self.home = Home(number, PARTITIONS, self.rows.get, lambda start, end: iter(self.between(start, end)))
        self.cases = Cases(self.home, rules)

    def between(self, start: bytes, end: bytes | None) -> list[tuple[bytes, bytes]]:
        """Return the rows between two keys."""
        return sorted((key, row) for key, row in self.rows.items() if key >= start and (end is None or key < end))

    def take(self, case: Case, newer: Rules | None = None) -> Handled:
        """Handle a record and keep its rows; in between the brokers' clock goes on so far that it is always noted how far time has come."""
        if self.wakes and META in self.rows:
            self.cases = Cases(self.home, self.rules, msgspec.msgpack.decode(self.rows[META], type=Noted))
        handled = self.cases.receive(case, self.offset, self.offset * HEARTBEAT, newer)
        self.rules = self.cases.rules
        self.offset += 1
        for key, row in handled.rows.items():
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row
        return handled


@pytest.mark.parametrize("wakes", [False, True])
def test_all_that_is_told_is_as_embedded_whether_or_not_rows_are_read_back(tmp_path: Path, *, wakes: bool) -> None:
    house = Months(tmp_path / "house", 8, 120, anew=70)
    first, then = house.rules_before, house.rules
    partitions = [Partition(number, first, wakes=wakes) for number in range(PARTITIONS)]
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    told: list[Publication] = []
    for number, case in records(house, house.steps, 0):
        newer = then if case.version != partitions[number].rules.version else None
        handled = partitions[number].take(case, newer)
        told += handled.published
        for entry, _ in handled.entries:
            found[entry.task_id].append(plain(entry))
    assert dict(found) == house.journals()
    assert in_order(told) == house.told()
    assert {"clearly.digest.reminder.v1", "clearly.digest.calendar.v1"} <= {one.type for one in told}
    held = {name: task for one in partitions if one.cases.casework is not None for name, task in one.cases.casework.tasks.items()}
    assert held == house.tasks()
    house.store.close()


def test_a_command_that_intake_delivers_twice_is_answered_once(tmp_path: Path) -> None:
    house = Months(tmp_path / "house", 8, 0)
    (partition,) = [Partition(0, house.rules, wakes=False)]
    case = Case(house.rules.version, [], [Request(b"{}", 1, 0, 7, "mine")])
    answers = [partition.take(case).answers for _ in range(2)]
    assert [[(name, answer.outcome, answer.code) for name, answer in told] for told in answers] == [[("mine", "refused", "unfit")], []]
    house.store.close()
