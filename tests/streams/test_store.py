"""The store keeps a batch whole or not at all, and touches no database that is not its own."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from streams.lock import Unusable
from streams.store import Batch, EventRow, FeedRow, NotKept, RejectedRow, WatchRow, open_reader, open_store

if TYPE_CHECKING:
    from pathlib import Path


class Small(sqlite3.Connection):
    """A disk with little room."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type] # handed on as they came
        self.execute("PRAGMA max_page_count = 40")


def batch(number: int, size: int = 10) -> Batch:
    """Return a batch that touches every table."""
    return Batch(
        now=number,
        events=[EventRow("outage.started", "", "O-1", number, number, None, b"x" * size)],
        rejected=[RejectedRow("", "a:1", "no-type", "no type", "$", "", number, None, b"{}")],
        watches=[WatchRow("repeated", b"k", "c", b"row %d" % number)],
        changes=[("repeated-1", b'{"n": %d}' % number)],
        feeds=[FeedRow("a", "i", number, number)],
        counts={("accepted", ""): 1},
        meta={"progress": number},
    )


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables."""
    connection = sqlite3.connect(path)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}  # noqa: S608 - our own tables
    connection.close()
    return rows


def test_a_batch_is_there_after_it_was_kept_and_a_reader_sees_it(tmp_path: Path) -> None:
    store = open_store(tmp_path / "db", 1)
    store.keep(batch(7))
    reader = open_reader(tmp_path / "db")
    assert reader.meta("now") == 7
    assert [row for _, row in reader.events()] == batch(7).events
    assert list(reader.watches()) == batch(7).watches
    assert reader.changes(0) == [(1, b'{"n": 7}')]
    assert reader.changes_of("repeated-1") == [(1, b'{"n": 7}')]
    assert reader.feed("a") == FeedRow("a", "i", 7, 7)
    assert reader.counters("accepted") == {"": 1}
    assert [(position, row, replayed) for position, row, replayed in reader.rejected()] == [(1, batch(7).rejected[0], None)]
    reader.close()
    store.close()


def test_when_the_disk_is_full_nothing_of_the_batch_is_kept_and_with_room_it_goes_on(tmp_path: Path) -> None:
    store = open_store(tmp_path / "db", 1, factory=Small)
    store.keep(batch(1))
    before = everything(tmp_path / "db")
    with pytest.raises(NotKept, match=r"the disk is full.*make room; nothing of this batch was kept"):
        store.keep(batch(2, size=1_000_000))
    assert everything(tmp_path / "db") == before
    store.connection.execute("PRAGMA max_page_count = 100000")
    store.keep(batch(2, size=1_000_000))
    assert store.meta("now") == 2
    store.close()


def test_a_watch_that_is_gone_leaves_no_row(tmp_path: Path) -> None:
    store = open_store(tmp_path / "db", 1)
    store.keep(batch(1))
    store.keep(Batch(2, watches=[WatchRow("repeated", b"k", "c", None)]))
    assert list(store.watches()) == []
    store.close()


def test_history_is_let_go_type_by_type(tmp_path: Path) -> None:
    store = open_store(tmp_path / "db", 1)
    for number in (1, 2, 3):
        store.keep(batch(number))
    store.keep(Batch(4, horizons={"outage.started": 3, "outage.restored": 9}))
    assert [row.at for _, row in store.events()] == [3]
    assert store.end("events") == 3
    store.close()


def test_a_second_process_is_refused_and_told_who_has_the_database(tmp_path: Path) -> None:
    store = open_store(tmp_path / "db", 1)
    with pytest.raises(Unusable, match=r"db: in use by process \d+ on .*; one process a database"):
        open_store(tmp_path / "db", 1)
    store.close()
    open_store(tmp_path / "db", 1).close()


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "db")
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    before = (tmp_path / "db").read_bytes()
    with pytest.raises(Unusable, match="another program's database"):
        open_store(tmp_path / "db", 1)
    assert everything(tmp_path / "db") == {"theirs": []}
    assert len((tmp_path / "db").read_bytes()) == len(before)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "db").write_bytes(b"a letter to the supervisor " * 100)
    with pytest.raises(Unusable, match="damaged or not a database"):
        open_store(tmp_path / "db", 1)
    assert (tmp_path / "db").read_bytes() == b"a letter to the supervisor " * 100


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    store = open_store(tmp_path / "db", 1)
    store.connection.execute("INSERT INTO migrations (number, applied) VALUES (9999, 1)")
    store.close()
    with pytest.raises(Unusable, match=r"written by a newer version \(layout 9999"):
        open_store(tmp_path / "db", 1)
    with pytest.raises(Unusable, match="layout is number 9999"):
        open_reader(tmp_path / "db")


class Stumbling(sqlite3.Connection):
    """A connection that breaks off before a migration is noted."""

    def execute(self, *given: object) -> sqlite3.Cursor:
        """Run a statement, unless it notes a migration."""
        if str(given[0]).startswith("INSERT INTO migrations"):
            raise sqlite3.OperationalError("made to fail")
        return super().execute(*given)  # type: ignore[arg-type] # handed on as they came


def test_a_migration_that_breaks_off_leaves_nothing_and_is_done_at_the_next_start(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="could not be written"):
        open_store(tmp_path / "db", 1, factory=Stumbling)
    assert everything(tmp_path / "db") == {}
    store = open_store(tmp_path / "db", 1)
    store.keep(batch(1))
    store.close()


def test_a_reader_says_what_to_do_where_there_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"there is no such database; `clearly run --db .*` makes it"):
        open_reader(tmp_path / "db")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="there is no folder"):
        open_store(tmp_path / "none" / "db", 1)
