"""The journal of a database against hands that know SQL: whatever they do is found, and told which record it was."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from engine.casework import (
    Entry,
    canonical,
    checkpoint,
    decode_entry,
    encode_checkpoint,
    encode_entry,
    link,
    pack,
    unpack,
    without_payload,
)
from streams import docket, tasktable
from streams.cli.desk import Desk
from streams.cli.program import answer
from streams.embedded.parcel import Parcel
from streams.orders import Asked, Told, orders_of
from streams.store import open_reader
from tests.streams.test_office import House, outage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PHOTO = b"a photo of the broken fuse"
CALL = b"the customer's call, recorded"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with two tasks, ten records and more, two files and five checkpoints; nobody has tampered with it yet."""
    house = House(tmp_path_factory.mktemp("house"))
    for area in (b"TA-7", b"TA-8"):
        lines = [outage(number, house.clock - timedelta(days=number)) for number in (3, 2, 1)]
        house.runtime.receive([Parcel([line.replace(b"TA-7", area).replace(b"O-", area + b"-") for line in lines], "scada")], house.now)
    house.pass_(minutes=10)
    names = sorted(task.id for task in tasktable.listed(house.store, tasktable.Filter()))
    assert len(names) == 2

    def say(name: str, command: str, actor: str, **more: Any) -> None:
        (task,) = tasktable.listed(house.store, tasktable.Filter(task=name))
        asked = {"command": command, "task": name, "actor": actor, "seq": task.seq, **more}
        house.runtime.order(orders_of(json.dumps(asked).encode(), house.now), house.now)

    for name in names:
        (task,) = tasktable.listed(house.store, tasktable.Filter(task=name))
        say(name, "ack", task.person or "")
        house.pass_(hours=1)
        for file, content, kind in (("fuse.jpg", PHOTO, "internal"), ("call.wav", CALL + name.encode(), "personal")):
            say(
                name,
                "attach",
                task.person or "",
                files=[{"name": file, "content": base64.b64encode(content).decode(), "classification": kind, "note": "客户李某"}],
            )
        house.pass_(hours=1)
    house.store.close()
    return house.folder / "db"


@pytest.fixture
def db(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the database, for one hand to tamper with."""
    monkeypatch.setenv("COLUMNS", "200")
    copy = tmp_path / "my.db"
    with closing(sqlite3.connect(written)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def journal(path: Path) -> list[Entry]:
    """Return the journal of a database."""
    with closing(open_reader(path)) as reader:
        return [entry for _, entry in docket.journal(reader)]


def by_hand(path: Path, *statements: tuple[str, tuple[Any, ...]]) -> None:
    """Write into the database past the program."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement, values in statements:
            assert connection.execute(statement, values).rowcount, statement


def verified(path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, set[tuple[str, int | None]], set[str]]:
    """Return exit code, what was found with the record's number, and the invariants that do not hold."""
    capsys.readouterr()
    code = answer(["audit", "verify", "--db", str(path), "--json", *more])
    told = json.loads(capsys.readouterr().out)
    assert told["whole"] == (code == 0)
    return code, {(one["kind"], one.get("seq")) for one in told["findings"]}, {one["kind"] for one in told["broken"]}


def test_a_journal_that_nobody_touched_is_whole(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(db, capsys) == (0, set(), set())
    answer(["audit", "roots", "--db", str(db), "--json", "--most", "1"])
    (root,) = json.loads(capsys.readouterr().out)
    assert verified(db, capsys, "--anchor", root["hash"]) == (0, set(), set())
    assert answer(["audit", "verify", "--db", str(db)]) == 0
    seen = capsys.readouterr().out
    assert "没有改动、删除、插入、调换或截尾" in seen
    assert "without --anchor nobody can tell" in seen


def edit(path: Path) -> None:
    """Have somebody else sign."""
    record = journal(path)[4]
    by_hand(path, ("UPDATE journal SET line = ? WHERE position = 5", (encode_entry(replace(record, actor="somebody")),)))


def spoil(path: Path) -> None:
    """Write over a record."""
    by_hand(path, ("UPDATE journal SET line = ? WHERE position = 5", (b"\xff\x00 nothing",)))


def spoil_the_last(path: Path) -> None:
    """Write over the last record."""
    by_hand(path, ("UPDATE journal SET line = ? WHERE position = ?", (b"{}", len(journal(path)))))


def spoil_a_root(path: Path) -> None:
    """Write over a checkpoint."""
    by_hand(path, ("UPDATE checkpoints SET line = ? WHERE position = 2", (b"[]",)))


def spoil_a_row(path: Path) -> None:
    """Write over how a task stands."""
    by_hand(path, ("UPDATE tasks SET row = ? WHERE task = ?", (b"\xc1", journal(path)[0].task_id)))


def take_out(path: Path) -> None:
    """Take a record out of the middle."""
    by_hand(path, ("DELETE FROM journal WHERE position = 5", ()))


def cut(path: Path) -> None:
    """Cut off the last records."""
    by_hand(path, ("DELETE FROM journal WHERE position > ?", (len(journal(path)) - 2,)))


def cut_with_care(path: Path) -> None:
    """Cut off the last record, and put the task and the count of rows back to where they were before."""
    entries = journal(path)
    last = entries[-1]
    with closing(open_reader(path)) as reader:
        (task,) = tasktable.listed(reader, tasktable.Filter(task=last.task_id))
    (before,) = [entry for entry in entries if entry.task_id == last.task_id and entry.seq == last.seq - 1]
    shorter = replace(task, seq=before.seq, hash=before.hash, at=before.at)
    by_hand(
        path,
        ("DELETE FROM journal WHERE position = ?", (len(entries),)),
        ("UPDATE sqlite_sequence SET seq = ? WHERE name = 'journal'", (len(entries) - 1,)),
        ("UPDATE tasks SET row = ? WHERE task = ?", (pack(shorter), task.id)),
    )


def swap(path: Path) -> None:
    """Let two records of a task change places."""
    by_hand(
        path,
        ("UPDATE journal SET position = 1000 WHERE position = 5", ()),
        ("UPDATE journal SET position = 5 WHERE position = 6", ()),
        ("UPDATE journal SET position = 6 WHERE position = 1000", ()),
        ("UPDATE sqlite_sequence SET seq = ? WHERE name = 'journal'", (len(journal(path)),)),
    )


def move(path: Path) -> None:
    """File a record under the other task."""
    first, other = sorted({entry.task_id for entry in journal(path)})
    by_hand(path, ("UPDATE journal SET task = ?, seq = 99 WHERE task = ? AND seq = 3", (other, first)))


def put_in(path: Path) -> None:
    """Append a record to a task, with right hashes, before the last checkpoint."""
    last = [entry for entry in journal(path) if entry.task_id == journal(path)[0].task_id][-1]
    made = link(last, replace(last, kind="command.refused", reason="said later", payload=None, data={}))
    values = (made.task_id, made.seq, made.at, made.kind, encode_entry(made))
    by_hand(path, ("INSERT INTO journal (task, seq, at, kind, line) VALUES (?, ?, ?, ?, ?)", values))


def lose_a_file(path: Path) -> None:
    """Take a file away."""
    by_hand(path, ("DELETE FROM attachments WHERE content = ?", (PHOTO,)))


def change_a_file(path: Path) -> None:
    """Put another file in its place."""
    by_hand(path, ("UPDATE attachments SET content = ? WHERE content = ?", (b"another photo", PHOTO)))


def promote(path: Path) -> None:
    """Write into a task's row what no record says."""
    with closing(open_reader(path)) as reader:
        task = next(tasktable.listed(reader, tasktable.Filter()))
    by_hand(path, ("UPDATE tasks SET row = ? WHERE task = ?", (pack(replace(task, person="nobody")), task.id)))


def silence(path: Path) -> None:
    """Take the alert of a rung away."""
    by_hand(path, ("DELETE FROM publications WHERE topic = 'alert.l1'", ()))


@pytest.mark.parametrize(
    ("hand", "found", "broken"),
    [
        (edit, {("changed", 3)}, set()),
        (spoil, {("unreadable", 3)}, set()),
        (spoil_the_last, {("unreadable", 5)}, set()),
        (spoil_a_root, {("checkpoint-unreadable", 2), ("checkpoint-missing", 2)}, set()),
        (spoil_a_row, {("row-unreadable", None)}, set()),
        (take_out, {("rows-gone", 5), ("missing", 3)}, set()),
        (cut, {("rows-gone", None), ("cut", None)}, set()),
        (cut_with_care, {("cut", 5)}, {"invariant-6"}),
        (swap, {("reordered", 3)}, set()),
        (move, {("misfiled", 3)}, set()),
        (lose_a_file, {("file-gone", None)}, set()),
        (change_a_file, {("file-changed", None)}, set()),
        (promote, set(), {"invariant-5", "invariant-6"}),
        (silence, set(), {"invariant-3"}),
    ],
)
def test_what_a_hand_does_to_the_file_is_found_and_named(
    db: Path, capsys: pytest.CaptureFixture[str], hand: Callable[[Path], None], found: set[tuple[str, int | None]], broken: set[str]
) -> None:
    hand(db)
    code, told, invariants = verified(db, capsys)
    kinds = {(kind, seq if (kind, seq) in found else None) for kind, seq in told}
    assert (code, kinds, invariants) == (1, found, broken)
    assert answer(["audit", "verify", "--db", str(db)]) == 1


def test_whoever_writes_everything_anew_is_found_by_the_hash_that_lies_elsewhere(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(["audit", "roots", "--db", str(db), "--json", "--most", "1"])
    (root,) = json.loads(capsys.readouterr().out)
    last: dict[str, Entry] = {}
    anew = []
    for entry in journal(db):
        changed = replace(entry, reason="as it pleases") if entry.kind == "task.issued" else entry
        last[entry.task_id] = link(last.get(entry.task_id), changed)
        anew.append(last[entry.task_id])
    by_hand(db, *(("UPDATE journal SET line = ? WHERE position = ?", (encode_entry(one), at)) for at, one in enumerate(anew, 1)))
    with closing(sqlite3.connect(db)) as connection:
        rows = [(unpack(row), name) for name, row in connection.execute("SELECT task, row FROM tasks")]
    heads = {task.id: last[task.id] for task, _ in rows}
    by_hand(db, *(("UPDATE tasks SET row = ? WHERE task = ?", (pack(replace(task, hash=heads[name].hash)), name)) for task, name in rows))
    code, told, _ = verified(db, capsys)
    assert (code, {kind for kind, _ in told}) == (1, {"rewritten"})
    with closing(open_reader(db)) as reader:
        points = docket.checkpoints(reader)
    before = None
    for number, one in enumerate(points, 1):
        before = checkpoint(anew[one.first : one.first + one.count], before, one.at)
        by_hand(db, ("UPDATE checkpoints SET line = ? WHERE position = ?", (encode_checkpoint(before), number)))
    assert verified(db, capsys) == (0, set(), set()), "all by itself it looks whole"
    code, told, _ = verified(db, capsys, "--anchor", root["hash"])
    assert (code, {kind for kind, _ in told}) == (1, {"checkpoint-missing"})


def test_a_record_that_is_put_in_is_found(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_in(db)
    code, told, invariants = verified(db, capsys)
    assert (code, told, invariants) == (1, set(), {"invariant-6"}), "the task itself knows nothing of it"


def test_what_is_erased_is_gone_from_the_file_and_the_journal_still_proves_the_rest(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = journal(db)[0].task_id
    item = next(item["id"] for entry in journal(db) for item in entry.data.get("items", ()) if item["classification"] == "personal")
    asked = ["task", "erase", name, item, "--db", str(db), "--reason", "asked by the customer", "--json"]
    for actor, why in (("zhang-wei", "it takes SUP_HEAD or ADMIN"), ("nobody", "nobody is called 'nobody' in the organisation")):
        capsys.readouterr()
        assert answer([*asked, "--as", actor]) == 1
        assert why in capsys.readouterr().out
    assert answer(["task", "erase", name, "f-000000000000", "--db", str(db), "--reason", "x", "--as", "xie.bin"]) == 1
    assert "there is no evidence 'f-000000000000'" in capsys.readouterr().out
    call = CALL + name.encode()
    assert call in db.read_bytes()
    assert answer([*asked, "--as", "xie.bin"]) == 0
    assert (journal(db)[-1].kind, journal(db)[-1].role) == ("evidence.erased", "ADMIN")
    assert verified(db, capsys) == (0, set(), set())
    assert call not in b"".join(path.read_bytes() for path in db.parent.iterdir()), "overwritten, not only let go"
    payloads = [entry.payload for entry in journal(db) if entry.payload is not None]
    assert [set(one["items"]) for one in payloads if item in one["items"]] == [], "what was written beside it is gone too"
    assert len(payloads) == 3, "and nothing else"
    assert answer([*asked, "--as", "qin.hao"]) == 1
    assert f"evidence '{item}' is no longer current: erased" in capsys.readouterr().out
    assert answer(["task", "history", name, "--db", str(db)]) == 0
    assert f"内容已清除 content erased {item}" in capsys.readouterr().out
    other = next(item["id"] for entry in journal(db) for item in entry.data.get("items", ()) if item["classification"] == "internal")
    assert answer(["task", "erase", name, other, "--db", str(db), "--reason", "x", "--as", "qin.hao"]) == 1
    assert f"evidence '{other}' is internal, not personal data" in capsys.readouterr().out


WROTE = "李某 13800000000"


def test_what_was_written_into_a_form_that_was_refused_can_be_erased(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = journal(db)[0].task_id
    form = {"what_happened": {"text": f"已处理 {WROTE}"}, WROTE: "x", "responsibility": {"person": WROTE}, "overruled": {WROTE: "y"}}
    handed_in(db, name, {"command": "ack", "actor": "sun-jie"})
    (told,) = handed_in(db, name, {"command": "submit_explanation", "actor": "sun-jie", "fields": form})
    assert told.outcome == "refused"
    assert WROTE in (told.zh or "")
    refused = journal(db)[-1]
    assert (refused.kind, refused.data["code"]) == ("command.refused", "valid")
    assert WROTE.encode() not in canonical(refused), "under the hash there is not a word of it"
    assert {("direct_cause", "missing"), ("", "unknown-field")} <= {(one["field"], one["code"]) for one in refused.data["faults"]}
    assert answer(["task", "history", name, "--db", str(db)]) == 0
    assert WROTE in capsys.readouterr().out
    assert WROTE.encode() in b"".join(path.read_bytes() for path in db.parent.iterdir())

    asked = ["task", "erase", name, f"#{refused.seq}", "--db", str(db), "--reason", "asked by the customer"]
    assert answer([*asked, "--as", "zhang-wei"]) == 1
    assert answer([*asked, "--as", "xie.bin"]) == 0
    assert journal(db)[-1].data["erased"] == {f"#{refused.seq}": "asked by the customer"}
    assert WROTE.encode() not in b"".join(path.read_bytes() for path in db.parent.iterdir()), "overwritten, not only let go"
    assert verified(db, capsys) == (0, set(), set())
    assert answer(["task", "history", name, "--db", str(db)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "说明不完整" in shown
    assert answer([*asked, "--as", "xie.bin"]) == 1
    assert f"the text of record '#{refused.seq}' is erased already" in capsys.readouterr().out


def test_a_text_that_was_taken_stays_while_the_task_is_open_and_a_text_that_is_gone_without_a_word_is_found(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = journal(db)[0].task_id
    attached = next(entry for entry in journal(db) if entry.task_id == name and entry.payload is not None)
    asked = ["task", "erase", name, "--db", str(db), "--reason", "x", "--as", "qin.hao"]
    assert answer([*asked, f"#{attached.seq}", "#1"]) == 1
    said = capsys.readouterr().out
    assert f"what record '#{attached.seq}' says is what people judge by" in said
    assert "record '#1' has no text" in said
    handed_in(db, name, {"command": "submit_explanation", "actor": "sun-jie", "fields": {"what_happened": {"text": WROTE}}})
    refused = journal(db)[-1]
    by_hand(db, ("UPDATE journal SET line = ? WHERE task = ? AND seq = ?", (encode_entry(without_payload(refused)), name, refused.seq)))
    assert verified(db, capsys)[:2] == (1, {("payload-gone", refused.seq)})


def handed_in(path: Path, name: str, asked: dict[str, Any]) -> list[Told]:
    """Give a command at the desk, and return what came of it."""
    with closing(Desk(path)) as desk:
        return desk.give([Asked(task=name, seq=desk.task(name).seq, **asked)])


def test_an_auditor_gets_a_file_that_verifies_by_itself(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "audit.jsonl"
    name = journal(db)[0].task_id
    assert answer(["audit", "export", "--db", str(db), "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["entries"], told["tasks"]) == (len(journal(db)), 2)
    assert answer(["audit", "verify", "--file", str(out), "--anchor", told["last"]]) == 0
    assert answer(["audit", "export", "--db", str(db), "--out", str(out), "--task", name[:28]]) == 0
    held = out.read_bytes()
    assert {decode_entry(json.dumps(json.loads(line)["entry"]).encode()).task_id for line in held.splitlines() if b'{"entry"' in line} == {
        name
    }
    assert answer(["audit", "verify", "--file", str(out)]) == 0
    out.write_bytes(held.replace(b'"actor":"zhang-wei"', b'"actor":"zhang-wai"', 1))
    capsys.readouterr()
    assert answer(["audit", "verify", "--file", str(out)]) == 1
    seen = capsys.readouterr().out
    assert "the seal does not fit" in seen
    assert f"record 3 of {name} was changed" in seen


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["verify"], "say what: --db FILE, or --file FILE for an export"),
        (["verify", "--db", "no.db"], "no.db: there is no such database"),
        (["verify", "--file", "no.jsonl"], "no.jsonl: no such file or directory"),
        (["export", "--db", "DB", "--out", "x", "--task", "nothing-like-it"], "the journal tells of no task 'nothing-like-it'"),
        (["export", "--db", "DB", "--out", "x", "--task", "repeated"], "several tasks have 'repeated' in their id"),
    ],
)
def test_what_cannot_be_audited_is_told_in_a_line(db: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    assert answer(["audit", *[str(db) if word == "DB" else word for word in words]]) in {1, 2}
    assert told in capsys.readouterr().err
