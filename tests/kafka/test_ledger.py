"""The ledger: its database has what that of an embedded office with the same history has, and is proved the same way."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from msgspec.structs import replace

from engine.casework import LAG, pack
from streams import docket, tasktable
from streams.cli.program import answer
from streams.clock import now
from streams.kafka.bulletin import CIRCULAR
from streams.kafka.inbox import Case, encode_case
from streams.kafka.ledger import Ledger
from streams.store import open_reader
from tests.kafka.installation import Installation
from tests.kafka.test_casework import BY_UNIT, PARTITIONS, Months, check, in_order, published, tell

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from engine.casework import Publication
    from streams.docket import Standing
    from streams.kafka.connection import Connection

HOUR = 3_600_000_000
#: So many steps have fewer mornings than a standing ledger makes up one by one.
FEW = 8


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
            look(ledger, now() + hour * HOUR)

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


def look(ledger: Ledger, at: int, behind: int = 0) -> None:
    """Let a ledger look at a moment; casework has told everything up to then, or is behind."""
    ledger.herald.partitions, ledger.herald.reached = 1, {0: at - behind}
    ledger.keep([], at)


def spoil_a_task(database: Path, connection: Connection) -> None:
    """Put a task back to where it was before its last entry: the heartbeat stops once it cannot be merely on its way any more."""
    with closing((ledger := Ledger(connection, database)).store) as store:
        (task,) = tasktable.listed(store, tasktable.Filter(over=None, most=1))
        store.connection.execute("UPDATE tasks SET row = ? WHERE task = ?", (pack(replace(task, seq=task.seq - 1)), task.id))
        later = now() + 5 * HOUR
        ledger.heartbeat.vigil.again(task.id, later)
        look(ledger, later)
        assert docket.not_holding(store) == []
        look(ledger, later + HOUR, HOUR)  # and casework has told nothing for an hour
        assert [(one.number, one.task, one.detail) for one in docket.not_holding(store)] == [
            (6, task.id, "seq"),
            (LAG, "time", "3,600 s > 600 s"),
        ]
        assert store.meta("heartbeat") == later


def marks(kafka: Installation, house: Months, at: int) -> None:
    """Have every partition of casework say that it has come to a moment: it does so with the next record."""
    for home in range(PARTITIONS):
        kafka.post(kafka.names.inbox, home, encode_case(Case(house.rules.version, reached=(0, at))))


def told_in(database: Path) -> list[Publication]:
    """Return everything that stands in a database beside the journal."""
    with closing(open_reader(database)) as reader:
        return in_order(one for _, one in docket.published(reader))


def test_each_unit_has_its_circulars_and_its_scorecard_as_in_the_embedded_runtime_and_once(connection: Connection, tmp_path: Path) -> None:
    house = Months(tmp_path / "house", 4, 70)
    database = tmp_path / "ledger.db"
    wanted = told_in(house.folder / "db")
    assert {one.type for one in wanted} >= BY_UNIT
    with Installation(connection, tmp_path, PARTITIONS) as kafka:
        kafka.publish(house.folder / "rules")
        kafka.start("casework")
        ledger = kafka.start("ledger", "ledger", "--db", str(database))
        for first in range(0, len(house.steps), FEW):
            steps = house.steps[first : first + FEW]
            tell(kafka, house, steps, first)
            marks(kafka, house, steps[-1].now)
            circulars = {one.id for one in wanted if one.type == CIRCULAR and one.time <= steps[-1].now}
            kafka.until(lambda: database.exists() and circulars <= {one.id for one in told_in(database)}, "waiting for circulars")  # noqa: B023 - asked at once
        kafka.until(lambda: told_in(database) == wanted, "waiting for scorecards")
        ledger.kill()
        another = tmp_path / "another.db"
        kafka.start("ledger", "again", "--db", str(another))
        kafka.until(lambda: another.exists() and told_in(another) == wanted, "waiting for another ledger")
        marks(kafka, house, house.steps[-1].now + 60_000_000)
        assert published(kafka) == wanted
    house.store.close()
