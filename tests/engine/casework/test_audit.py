"""Whoever tampers with a journal is found, and told which record it was: each kind of tampering, and an auditor with the export alone."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.casework import (
    Checkpoint,
    Entry,
    Tampering,
    checkpoint,
    decode_checkpoint,
    encode_checkpoint,
    erasure,
    export,
    forgotten,
    hash_of,
    is_due,
    link,
    of_file,
    read_export,
    recorded,
    verify,
    without_payload,
)
from engine.casework.audit import KINDS
from engine.casework.checkpoint import HOUR, hash_of_checkpoint
from engine.casework.formwords import PHRASES
from engine.casework.merkle import proof, proves, root

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CALL = of_file(b"a recorded call", "call.wav", by="zhang-wei", arrived=6, classification="personal", note="客户李某")


def entry(
    previous: Entry | None, task: str, reason: str = "", data: dict[str, Any] | None = None, payload: dict[str, Any] | None = None
) -> Entry:
    """Return one more entry of a task."""
    made = Entry(
        task_id=task,
        seq=0,
        kind="task.issued",
        at=HOUR,
        event="C.ack",
        actor="wang.wu",
        role="UNIT_DUTY",
        reason=reason,
        data=data or {},
        state="ISSUED",
        level=0,
        cycle=1,
        round=1,
        payload=payload,
    )
    return link(previous, made)


def journal() -> tuple[list[Entry], list[Checkpoint]]:
    """Return three tasks, written in turn, with a checkpoint after every six records."""
    entries: list[Entry] = []
    last: dict[str, Entry] = {}
    points: list[Checkpoint] = []
    data, payload = recorded([CALL])
    for number in range(18):
        task = f"T-{number % 3 + 1}"
        said = (data, payload) if number == 7 else ({}, {"text": "更换熔断器"} if number == 4 else None)
        last[task] = entry(last.get(task), task, f"{number}", *said)
        entries.append(last[task])
        if number % 6 == 5:
            points.append(checkpoint(entries[-6:], points[-1] if points else None, number * HOUR))
    return entries, points


ENTRIES, POINTS = journal()


def place(task: str, seq: int) -> int:
    """Return where a record stands."""
    return next(number for number, one in enumerate(ENTRIES) if (one.task_id, one.seq) == (task, seq))


def rehashed(one: Entry) -> Entry:
    """Return an entry whose hash was worked out anew, as somebody would who knows how."""
    return replace(one, hash=hash_of(one))


def rewritten(task: str, since: int, reason: str) -> list[Entry]:
    """Return the journal with a task written anew from a record on, every hash of it right."""
    made, last = [], None
    for one in ENTRIES:
        if one.task_id != task:
            made.append(one)
            continue
        last = link(last, replace(one, reason=reason) if one.seq == since else one)
        made.append(last)
    return made


def without(*gone: tuple[str, int]) -> list[Entry]:
    """Return the journal without some records."""
    return [one for one in ENTRIES if (one.task_id, one.seq) not in gone]


def changed(task: str, seq: int, **fields: Any) -> list[Entry]:
    """Return the journal with one record changed and its hash left as it was."""
    return [replace(one, **fields) if (one.task_id, one.seq) == (task, seq) else one for one in ENTRIES]


def swapped(first: tuple[str, int], second: tuple[str, int]) -> list[Entry]:
    """Return the journal with two records in each other's place."""
    made = list(ENTRIES)
    one, other = place(*first), place(*second)
    made[one], made[other] = made[other], made[one]
    return made


def with_forged_task() -> list[Entry]:
    """Return the journal with a whole new task in the middle."""
    forged = entry(None, "T-9", "made up later")
    return [*ENTRIES[:4], forged, *ENTRIES[4:]]


def with_appended_record() -> list[Entry]:
    """Return the journal with a record put in behind the last of a task, where a checkpoint has seen none."""
    where = place("T-2", 6) + 1
    return [*ENTRIES[:where], entry(ENTRIES[where - 1], "T-2", "an excuse"), *ENTRIES[where:]]


TAMPERED: dict[str, tuple[Callable[[], Sequence[Entry]], list[Tampering]]] = {
    "a reason changed": (lambda: changed("T-2", 3, reason="x"), [Tampering("changed", "T-2", 3)]),
    "a deadline changed": (lambda: changed("T-1", 1, at=2 * HOUR), [Tampering("changed", "T-1", 1)]),
    "a record put into another task": (
        lambda: changed("T-1", 6, task_id="T-3"),
        [Tampering("changed", "T-3", 6), Tampering("inserted", "T-3", 6), Tampering("cut", "T-1", 6, 6)],
    ),
    "what people wrote changed": (lambda: changed("T-2", 2, payload={"text": "已处理"}), [Tampering("payload-changed", "T-2", 2)]),
    "what people wrote taken away without a word": (lambda: changed("T-2", 2, payload=None), [Tampering("payload-gone", "T-2", 2)]),
    "a record replaced by one with a right hash": (
        lambda: [rehashed(replace(one, reason="x")) if (one.task_id, one.seq) == ("T-2", 3) else one for one in ENTRIES],
        [Tampering("replaced", "T-2", 3)],
    ),
    "a record taken out": (lambda: without(("T-1", 3)), [Tampering("missing", "T-1", 3, 3)]),
    "several records taken out": (lambda: without(("T-1", 3), ("T-1", 4)), [Tampering("missing", "T-1", 3, 4)]),
    "the first record taken out": (lambda: without(("T-3", 1)), [Tampering("missing", "T-3", 1, 1)]),
    "a record there twice": (lambda: [*ENTRIES[:9], ENTRIES[5], *ENTRIES[9:]], [Tampering("duplicated", "T-3", 2)]),
    "a second record of one number": (
        lambda: [*ENTRIES[:9], rehashed(replace(ENTRIES[5], reason="x")), *ENTRIES[9:]],
        [Tampering("inserted", "T-3", 2)],
    ),
    "two records swapped": (lambda: swapped(("T-1", 2), ("T-1", 4)), [Tampering("reordered", "T-1", 3), Tampering("reordered", "T-1", 2)]),
    "records of two tasks swapped": (lambda: swapped(("T-1", 2), ("T-2", 2)), [Tampering("reordered", "T-1", 1)]),
    "the last records cut off": (lambda: ENTRIES[:16], [Tampering("cut", "T-2", 6, 6), Tampering("cut", "T-3", 6, 6)]),
    "a whole task taken out": (lambda: [one for one in ENTRIES if one.task_id != "T-2"], [Tampering("cut", "T-2", 1, 6)]),
    "a task written anew": (lambda: rewritten("T-3", 2, "x"), [Tampering("rewritten", "T-3", 6)]),
    "a task made up later": (with_forged_task, [Tampering("added", "T-9", 1)]),
    "a record added behind the last": (with_appended_record, [Tampering("added", "T-2", 7)]),
    "everything taken out": (list, [Tampering("cut", f"T-{task}", 1, 6) for task in (1, 2, 3)]),
}


def test_a_journal_as_it_was_written_verifies() -> None:
    assert verify(ENTRIES) == verify(ENTRIES, POINTS) == verify(ENTRIES, POINTS, POINTS[-1].hash) == verify([]) == ()


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_found_and_the_record_named(what: str) -> None:
    made, wanted = TAMPERED[what]
    found = verify(made(), POINTS)
    assert list(found) == wanted
    assert all(one.task in one.say("zh") and one.task in str(one) for one in found)


def test_most_tampering_is_found_without_checkpoints_too() -> None:
    unseen = {what for what, (made, _) in TAMPERED.items() if not verify(made())}
    assert unseen == {
        "records of two tasks swapped",
        "the last records cut off",
        "a whole task taken out",
        "a task written anew",
        "a task made up later",
        "a record added behind the last",
        "everything taken out",
    }


CHECKPOINTS: dict[str, tuple[Callable[[], Sequence[Checkpoint]], list[Tampering]]] = {
    "one changed": (lambda: [POINTS[0], replace(POINTS[1], at=0), POINTS[2]], [Tampering("checkpoint-changed", "journal", 2)]),
    "one taken out": (lambda: [POINTS[0], POINTS[2]], [Tampering("checkpoint-missing", "journal", 2, 2)]),
    "the last taken out": (lambda: POINTS[:2], [Tampering("checkpoint-missing", "journal", 3)]),
    "one replaced by one with a right hash": (
        lambda: [POINTS[0], right(replace(POINTS[1], at=0)), POINTS[2]],
        [Tampering("checkpoint-changed", "journal", 3)],
    ),
}


def right(one: Checkpoint) -> Checkpoint:
    """Return a checkpoint with its hash worked out anew."""
    return replace(one, hash=hash_of_checkpoint(one))


@pytest.mark.parametrize("what", CHECKPOINTS)
def test_tampering_with_checkpoints_is_found_by_the_copy_kept_elsewhere(what: str) -> None:
    made, wanted = CHECKPOINTS[what]
    assert list(verify(ENTRIES, made(), POINTS[-1].hash)) == wanted


def test_all_written_anew_with_new_checkpoints_is_found_by_the_copy_kept_elsewhere() -> None:
    forged = rewritten("T-3", 2, "x")
    points: list[Checkpoint] = []
    for start in range(0, 18, 6):
        points.append(checkpoint(forged[start : start + 6], points[-1] if points else None, POINTS[start // 6].at))
    assert verify(forged, points) == ()
    assert verify(forged, points, POINTS[-1].hash) == (Tampering("checkpoint-missing", "journal", 4),)


def test_erased_personal_data_is_no_tampering() -> None:
    last = [one for one in ENTRIES if one.task_id == "T-2"][-1]
    entries = [*ENTRIES, erasure(last, [CALL.id], "客户要求删除", actor="cao-ying", role="SUP_HEAD", at=0)]
    assert verify(forgotten(entries, [CALL.id]), POINTS) == ()
    bare = [without_payload(one) if one.payload else one for one in entries]
    assert verify(bare, POINTS) == (Tampering("payload-gone", "T-2", 2),)
    told = [*entries, erasure(entries[-1], ["#2"], "客户要求删除", actor="cao-ying", role="SUP_HEAD", at=0)]
    assert verify([without_payload(one) if one.payload else one for one in told], POINTS) == ()


@given(st.integers(0, 17), st.sampled_from(["drop", "swap", "twice", "reason", "actor", "level", "prev"]))
def test_whatever_is_done_to_one_record_is_found(number: int, how: str) -> None:
    made = list(ENTRIES)
    one = made[number]
    match how:
        case "drop":
            del made[number]
        case "swap":
            made[number], made[number - 1] = made[number - 1], made[number]
        case "twice":
            made.insert(number, one)
        case "reason" | "actor" | "prev":
            made[number] = replace(one, **{how: "x"})
        case _:
            made[number] = replace(one, level=5)
    found = verify(made, POINTS)
    assert found
    assert how == "swap" or one.task_id in {finding.task for finding in found}


def test_every_finding_has_words_in_both_languages() -> None:
    assert [kind for kind in KINDS if f"audit.{kind}" not in PHRASES] == []
    assert Tampering("missing", "T-1", 3, 5).say("zh") == "任务 T-1 缺第 3–5 条记录"
    assert str(Tampering("missing", "T-1", 3, 3)) == "record 3 of T-1 is missing"


# Checkpoints ----------------------------------------------------------------------------------------------------------------


def test_a_checkpoint_is_due_once_an_hour() -> None:
    first = checkpoint(ENTRIES[:2], None, 10 * HOUR + 5)
    assert [is_due(first, at) for at in (10 * HOUR + 6, 11 * HOUR - 1, 11 * HOUR)] == [False, False, True]
    assert is_due(None, 0)


def test_an_hour_without_a_record_has_a_checkpoint_too() -> None:
    quiet = checkpoint([], POINTS[-1], 99 * HOUR)
    assert (quiet.number, quiet.first, quiet.count, quiet.heads) == (4, 18, 0, {})
    assert verify(ENTRIES, [*POINTS, quiet], quiet.hash) == ()
    assert decode_checkpoint(encode_checkpoint(quiet)) == quiet


@given(st.integers(1, 40), st.data())
def test_every_record_is_proved_and_no_other_one(count: int, data: st.DataObject) -> None:
    hashes = [sha256(str(number).encode()).hexdigest() for number in range(count)]
    index = data.draw(st.integers(0, count - 1))
    steps = proof(hashes, index)
    assert proves(hashes[index], steps, root(hashes))
    assert not proves(sha256(b"x").hexdigest(), steps, root(hashes))
    assert not proves(hashes[index], [*steps, "L" + "0" * 64], root(hashes))
    assert not proves(hashes[index], [*steps, "?"], root(hashes))


def test_the_tree_is_the_one_of_certificate_transparency() -> None:
    def plain(leaves: list[bytes]) -> bytes:
        """Return the root as RFC 6962 defines it."""
        if len(leaves) == 1:
            return sha256(b"\x00" + leaves[0]).digest()
        split = 1
        while split * 2 < len(leaves):
            split *= 2
        return sha256(b"\x01" + plain(leaves[:split]) + plain(leaves[split:])).digest()

    for count in range(1, 34):
        hashes = [str(number) for number in range(count)]
        assert root(hashes) == plain([one.encode() for one in hashes]).hex()
    assert root([]) == sha256(b"").hexdigest()


# The export -----------------------------------------------------------------------------------------------------------------


def test_an_export_comes_back_whole() -> None:
    found = read_export(list(export(ENTRIES, POINTS)), POINTS[-1].hash)
    assert found == (ENTRIES, POINTS, [], ())


def test_an_export_of_one_task_proves_each_of_its_records() -> None:
    lines = list(export(ENTRIES, POINTS, {"T-2"}))
    found = read_export(lines)
    assert ({one.task_id for one in found.entries}, found.problems, found.tampered) == ({"T-2"}, [], ())
    assert sum(b'"proof"' in line[:10] for line in lines) == 6


def test_an_export_that_was_changed_says_so() -> None:
    lines = list(export(ENTRIES, POINTS, {"T-2"}))
    reason = [line.replace(b'"reason":"4"', b'"reason":"x"') for line in lines]
    assert read_export(reason).problems == ["line 17: the seal does not fit; lines were changed, taken out or put in"]
    assert read_export(reason).tampered == (Tampering("changed", "T-2", 2),)
    assert read_export(lines[:-1]).problems == ["the last line, which seals the file, is missing: the file was cut off"]
    assert read_export([b"{", *lines[1:]]).problems[0].startswith("line 1: ")
    assert read_export([lines[0], b"[]\n", b'{"entry": {}}\n', b'{"x": 1}\n']).problems[:3] == [
        "line 2: expected an object",
        "line 3: Object missing required field `task_id`",
        "line 4: no record, checkpoint, proof or end",
    ]
    other = [line.replace(b'"seq":2,', b'"seq":3,') if b'"proof"' in line[:10] else line for line in lines]
    assert "record 3 of T-2 is not under checkpoint 1" in read_export(other).problems


def test_an_auditor_verifies_the_export_with_nothing_but_what_it_says() -> None:
    """As the file itself explains, in Python's own words and without this program."""

    def plain(value: object) -> bytes:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    lines = list(export(ENTRIES, POINTS))
    *said, end = [json.loads(line) for line in lines]
    assert end["end"]["sha256"] == sha256(b"".join(lines[:-1])).hexdigest()
    last: dict[str, str] = {}
    hashes: dict[tuple[str, int], str] = {}
    for one in (line["entry"] for line in said if "entry" in line):
        outside = {name: one.pop(name) for name in ("hash", "noticed", "position", "payload")}
        assert sha256(plain(one)).hexdigest() == outside["hash"]
        assert outside["payload"] is None or sha256(plain(outside["payload"])).hexdigest() == one["payload_hash"]
        assert one["prev"] == last.get(one["task_id"], "0" * 64)
        last[one["task_id"]] = hashes[one["task_id"], one["seq"]] = outside["hash"]
    points = {}
    for one in (line["checkpoint"] for line in said if "checkpoint" in line):
        assert sha256(plain({**one, "hash": ""})).hexdigest() == one["hash"]
        points[one["number"]] = one["root"]
    proved = [line["proof"] for line in said if "proof" in line]
    for one in proved:
        found = sha256(b"\x00" + hashes[one["task_id"], one["seq"]].encode()).digest()
        for step in one["path"]:
            other = bytes.fromhex(step[1:])
            found = sha256(b"\x01" + (other + found if step[0] == "L" else found + other)).digest()
        assert found.hex() == points[one["checkpoint"]]
    assert len(proved) == len(ENTRIES)
