"""The cases of a partition, without brokers: read back from their rows at any moment they go on as if nothing had been."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec
import pytest

from streams.kafka.cases import Cases, Home, Noted
from streams.kafka.inbox import Case, Request
from streams.kafka.rows import META
from tests.kafka.test_casework import PARTITIONS, Months, plain, records

if TYPE_CHECKING:
    from pathlib import Path

    from engine.casework import Entry
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

    def take(self, case: Case) -> Handled:
        """Handle a record and keep its rows."""
        if self.wakes and META in self.rows:
            self.cases = Cases(self.home, self.rules, msgspec.msgpack.decode(self.rows[META], type=Noted))
        handled = self.cases.receive(case, self.offset, 0)
        self.offset += 1
        for key, row in handled.rows.items():
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row
        return handled


@pytest.mark.parametrize("wakes", [False, True])
def test_the_journal_is_the_embedded_one_whether_or_not_rows_are_read_back(tmp_path: Path, *, wakes: bool) -> None:
    house = Months(tmp_path / "house", 8, 120)
    partitions = [Partition(number, house.rules, wakes=wakes) for number in range(PARTITIONS)]
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for number, case in records(house, house.steps, 0):
        for entry, _ in partitions[number].take(case).entries:
            found[entry.task_id].append(plain(entry))
    assert dict(found) == house.journals()
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
