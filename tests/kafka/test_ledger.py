"""The ledger: its database has what that of an embedded office with the same history has, and is proved the same way."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from msgspec.structs import replace

from engine.casework import pack
from streams import docket, tasktable
from streams.cli.program import answer
from streams.clock import now
from streams.kafka.ledger import Ledger
from streams.store import open_reader
from tests.kafka.installation import Installation
from tests.kafka.test_casework import PARTITIONS, Months, check, tell

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from streams.docket import Standing
    from streams.kafka.connection import Connection

HOUR = 3_600_000_000


def stands(database: Path) -> Standing:
    """Return how casework stands in a database."""
    with closing(open_reader(database)) as reader:
        found = docket.standing(reader)
        assert found is not None
        return found


def test_the_ledger_has_roots_over_all_of_the_journal_and_a_heartbeat(
    connection: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = Months(tmp_path / "house", 3, 90)
    database = tmp_path / "ledger.db"
    with Installation(connection, tmp_path, PARTITIONS) as kafka:
        kafka.publish(house.folder / "rules")
        kafka.start("casework")
        tell(kafka, house, house.steps)
        check(kafka, house)
        Ledger(connection, database).read_up()
    with closing((ledger := Ledger(connection, database)).store):
        for hour in range(1, 4):
            ledger.keep([], now() + hour * HOUR)

    embedded, found = stands(house.folder / "db"), stands(database)
    assert (found.broken, found.entries, found.files, found.open) == ([], embedded.entries, embedded.files, embedded.open)
    assert found.heartbeat is not None
    assert found.heartbeat > now() + 2 * HOUR
    with closing(open_reader(database)) as reader:
        roots = docket.checkpoints(reader)
    heads = {name: (journal[-1].seq, journal[-1].hash) for name, journal in house.journals().items()}
    assert sum(one.count for one in roots) == embedded.entries
    assert {name: (head.seq, head.hash) for one in roots for name, head in one.heads.items()} == heads
    assert answer(["audit", "verify", "--db", str(database), "--anchor", roots[-1].hash]) == 0, capsys.readouterr().out
    house.store.close()
    spoil_a_task(database, connection)


def spoil_a_task(database: Path, connection: Connection) -> None:
    """Put a task back to where it was before its last entry: the heartbeat stops once it cannot be merely on its way any more."""
    with closing((ledger := Ledger(connection, database)).store) as store:
        (task,) = tasktable.listed(store, tasktable.Filter(over=None, most=1))
        store.connection.execute("UPDATE tasks SET row = ? WHERE task = ?", (pack(replace(task, seq=task.seq - 1)), task.id))
        later = now() + 5 * HOUR
        ledger.vigil.again(task.id, later)
        ledger.keep([], later)
        assert docket.not_holding(store) == []
        ledger.keep([], later + HOUR)
        assert [(one.number, one.task, one.detail) for one in docket.not_holding(store)] == [(6, task.id, "seq")]
        assert store.meta("heartbeat") == later
