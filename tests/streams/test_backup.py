"""A backup is whole and stands for one moment, or there is none."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from engine.casework import Subscription
from streams.backup import Backup, back_up
from streams.lock import Unusable
from streams.notify import Mailroom, mailroom_of
from streams.store import Batch, Store, open_reader, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store that is in use."""
    store = open_store(tmp_path / "clearly.db", 0)
    store.keep(Batch(1, changes=[(f"task-{number}", b"{}") for number in range(1_000)]))
    yield store
    store.close()


def test_a_backup_in_a_folder_is_named_after_the_moment_and_is_one_file(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    made = back_up(store.path, folder, NOW)
    assert made == Backup(folder / "clearly-20260302T040506Z.db", made.path.stat().st_size, 1_000)
    assert list(folder.iterdir()) == [made.path]
    reader = open_reader(made.path)
    assert len(reader.changes(0)) == 1_000
    reader.close()


def test_a_backup_stands_for_one_moment_however_much_is_written_meanwhile(store: Store, tmp_path: Path) -> None:
    """Each batch adds one change and sets the clock to its number: in a backup the two agree."""
    is_over = threading.Event()

    def write() -> None:
        number = 1_000
        while not is_over.is_set():
            number += 1
            store.keep(Batch(number, changes=[("task", b"x" * 5_000)]))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [back_up(store.path, tmp_path / f"copy-{number}.db", NOW) for number in range(5)]
    finally:
        is_over.set()
        writer.join()
    for one in made:
        reader = open_reader(one.path)
        assert reader.end("changes") == one.changes
        assert reader.meta("now") in {one.changes, 1}
        reader.close()
    assert [one.changes for one in made] == sorted(one.changes for one in made)


def test_a_backup_can_be_used_in_place_of_the_database(store: Store, tmp_path: Path) -> None:
    made = back_up(store.path, tmp_path / "copy.db", NOW)
    again = open_store(made.path, 2)
    again.keep(Batch(2, changes=[("task", b"{}")]))
    assert again.end("changes") == 1_001
    again.close()


def test_saved_subscriptions_are_copied_beside_it_and_for_their_owner_only(store: Store, tmp_path: Path) -> None:
    room = Mailroom(mailroom_of(store.path))
    room.add(Subscription(name="mine", to="https://example.org"), 7, 0)
    folder = tmp_path / "backups"
    folder.mkdir()
    made = back_up(store.path, folder, NOW)
    assert made.mailroom == mailroom_of(made.path)
    assert sorted(path.name for path in folder.iterdir()) == ["clearly-20260302T040506Z.db", "clearly-20260302T040506Z.db.mailroom"]
    assert made.mailroom.stat().st_mode & 0o077 == 0
    copy = Mailroom(made.mailroom)
    assert copy.subscriptions() == room.subscriptions()
    copy.close()
    room.close()
    made.path.unlink()
    with pytest.raises(Unusable, match=r"mailroom: is there already, and a backup is never written over"):
        back_up(store.path, folder, NOW)


def test_nothing_is_written_over(store: Store, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("dear", encoding="utf-8")
    with pytest.raises(Unusable, match="never written over"):
        back_up(store.path, tmp_path / "copy.db", NOW)
    assert (tmp_path / "copy.db").read_text("utf-8") == "dear"


def test_of_a_damaged_database_there_is_no_backup(store: Store, tmp_path: Path) -> None:
    """A page in the middle is overwritten: the start would not notice, the backup does."""
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    size = store.path.stat().st_size
    with store.path.open("r+b") as file:
        for place in range(8_192 * 2, size, 8_192):
            file.seek(place)
            file.write(b"\xff" * 2_000)
    with pytest.raises(Unusable, match=r"damaged|restore a backup"):
        back_up(store.path, tmp_path / "copy.db", NOW)
    assert not list(tmp_path.glob("copy*"))


def test_what_cannot_be_is_said_in_one_line(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="no such database"):
        back_up(tmp_path / "none.db", tmp_path / "copy.db", NOW)
    with pytest.raises(Unusable, match="no such file or directory"):
        back_up(store.path, tmp_path / "nowhere" / "copy.db", NOW)
    sqlite3.connect(tmp_path / "other.db").executescript("CREATE TABLE own (a)").connection.close()
    with pytest.raises(Unusable, match="another program"):
        back_up(tmp_path / "other.db", tmp_path / "copy.db", NOW)
    assert not list(tmp_path.glob("copy*"))
