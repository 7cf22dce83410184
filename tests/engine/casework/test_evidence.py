"""Evidence through its life: attached, replaced by something better, shown redacted, and one day erased without breaking the chain."""

from __future__ import annotations

from typing import Any

import pytest

from engine.casework import (
    LARGEST,
    Entry,
    Item,
    check_erasure,
    check_items,
    decode_entry,
    encode_entry,
    erasure,
    evidence_in,
    fits,
    forgotten,
    hash_of,
    hash_of_payload,
    link,
    of_file,
    recorded,
    refused_for_size,
    shown,
)

PHOTO = of_file(b"\xff\xd8 a burnt fuse", "C:\\photos\\fuse.JPG", by="wang.wu", arrived=5, note="C 相熔断器")
CALL = of_file(b"a recorded call", "call.wav", by="zhang-wei", arrived=6, classification="personal", note="客户李某，13800000000")
COPY = Item(id="f-copy", kind="document", sha256="0" * 64, size=9, redacts=CALL.id, name="call-redacted.txt")


def entry(previous: Entry | None, kind: str, data: dict[str, Any], payload: dict[str, Any] | None = None) -> Entry:
    """Return one more entry of a journal."""
    seq = 0 if previous is None else previous.seq
    made = Entry(
        task_id="long-outage-1",
        seq=seq + 1,
        kind=kind,
        at=seq * 1_000_000,
        event="C.attach",
        actor="wang.wu",
        role="UNIT_DUTY",
        reason="",
        data=data,
        state="ACKED",
        level=None,
        cycle=1,
        round=1,
        payload=payload or None,
    )
    return link(previous, made)


def journal(*batches: list[Item]) -> list[Entry]:
    """Return a journal in which evidence is attached, a batch at a time."""
    entries: list[Entry] = []
    for items in batches:
        data, payload = recorded(items)
        entries.append(entry(entries[-1] if entries else None, "evidence.added", data, payload))
    return entries


def codes(items: list[Item], *before: Item) -> list[tuple[str, str]]:
    """Return what is wrong with new evidence."""
    return [(one.where, one.code) for one in check_items(items, evidence_in(journal(list(before)) if before else []))]


def test_a_file_becomes_evidence_with_its_hash_and_without_its_folder() -> None:
    assert (PHOTO.kind, PHOTO.name, PHOTO.size, len(PHOTO.sha256)) == ("photo", "fuse.JPG", 15, 64)
    assert fits(PHOTO, b"\xff\xd8 a burnt fuse")
    assert not fits(PHOTO, b"\xff\xd8 a burnt fusE")
    assert check_items([PHOTO, CALL], {}) == ()


def test_the_journal_tells_the_evidence_again() -> None:
    entries = [decode_entry(encode_entry(one)) for one in journal([PHOTO], [CALL])]
    assert {name: held.item for name, held in evidence_in(entries).items()} == {PHOTO.id: PHOTO, CALL.id: CALL}
    assert b"13800000000" not in b"".join(encode_entry(one).partition(b'"payload":')[0] for one in entries)


def test_a_hundred_megabytes_are_refused_before_they_are_read() -> None:
    refused = refused_for_size("video.mp4", 100 * 1024 * 1024)
    assert refused is not None
    assert refused.say("en") == (
        "'video.mp4, 100.0 MB' is over the 20.0 MB that an attachment may have; make it smaller, "
        "or keep it in the archive and attach a note"
    )
    assert refused.say("zh").startswith("附件“video.mp4, 100.0 MB”超过 20.0 MB")
    assert refused_for_size("just.pdf", LARGEST) is None
    over = refused_for_size("over.pdf", LARGEST + 1)
    assert over is not None
    assert "20.1 MB" in over.say("en")
    assert refused_for_size("x.pdf", 0) is not None


@pytest.mark.parametrize(
    ("item", "wrong"),
    [
        (Item(id="e-1", kind="foto"), [("items[1].kind", "unknown-choice")]),
        (Item(id="e-1", kind="photo", classification="secret"), [("items[1].classification", "unknown-choice")]),
        (Item(id=" ", kind="statement"), [("items[1].id", "missing")]),
        (Item(id="e-1", kind="photo", sha256="abc", size=1), [("items[1].sha256", "not-a-hash")]),
        (Item(id="e-1", kind="photo", sha256="0" * 64), [("attach.e-1", "attachment-empty")]),
        (Item(id="e-1", kind="photo", sha256="0" * 64, size=10**9), [("attach.e-1", "attachment-too-large")]),
        (Item(id="e-1", kind="photo", supersedes="f-none"), [("items[1].supersedes", "unknown-evidence")]),
        (PHOTO, [("items[1]", "evidence-twice")]),
        (Item(id="o-17", kind="event", source="oms", ce_id="17", position="outages/3/1204", at=7), []),
    ],
)
def test_what_is_wrong_with_evidence_is_named(item: Item, wrong: list[tuple[str, str]]) -> None:
    assert codes([item], PHOTO) == wrong


def test_the_same_file_twice_is_noticed_even_at_once() -> None:
    assert codes([PHOTO, PHOTO]) == [("items[2]", "evidence-twice")]


def test_better_evidence_supersedes_and_the_earlier_stays() -> None:
    better = of_file(b"a sharper photo", "fuse-2.jpg", by="wang.wu", arrived=9)
    better = Item(**{**{name: getattr(better, name) for name in better.__struct_fields__}, "supersedes": PHOTO.id})
    held = evidence_in(journal([PHOTO], [better]))
    assert (held[PHOTO.id].standing, held[PHOTO.id].superseded_by, held[PHOTO.id].item) == ("superseded", better.id, PHOTO)
    third = Item(id="e-3", kind="photo", supersedes=PHOTO.id)
    assert [one.code for one in check_items([third], held)] == ["evidence-gone"]


def test_personal_data_is_shown_as_its_redacted_copy() -> None:
    held = evidence_in(journal([CALL], [COPY], [PHOTO]))
    assert shown(held, CALL.id, may_see_personal=True) == CALL
    assert shown(held, CALL.id, may_see_personal=False) == COPY
    assert shown(held, PHOTO.id, may_see_personal=False) == PHOTO
    assert shown(evidence_in(journal([CALL])), CALL.id, may_see_personal=False) is None
    assert shown(held, "f-none", may_see_personal=True) is None


def test_erasing_personal_data_removes_the_words_and_keeps_hash_reason_and_chain() -> None:
    entries = journal([PHOTO], [CALL])
    entries.append(erasure(entries[-1], [CALL.id], "客户要求删除", actor="cao-ying", role="SUP_HEAD", at=9_000_000))
    kept = forgotten(entries, [CALL.id])
    assert b"13800000000" not in b"".join(map(encode_entry, kept))
    held = evidence_in(kept)[CALL.id]
    assert (held.standing, held.erased_because) == ("erased", "客户要求删除")
    assert (held.item.sha256, held.item.size, held.item.name, held.item.note) == (CALL.sha256, CALL.size, "", "")
    assert shown(evidence_in(kept), CALL.id, may_see_personal=True) is None
    assert [one.hash for one in kept] == [hash_of(one) for one in kept]
    assert [one.prev for one in kept[1:]] == [one.hash for one in kept[:-1]]
    assert kept[0].payload is not None
    assert kept[1].payload is None
    assert kept[1].payload_hash == hash_of_payload(entries[1].payload)
    assert (kept[2].kind, kept[2].state, kept[2].seq) == ("evidence.erased", "ACKED", 3)


def test_only_personal_data_is_erased_once_and_with_a_reason() -> None:
    entries = journal([PHOTO], [CALL])
    held = evidence_in(entries)
    assert check_erasure([CALL.id], "客户要求删除", held) == ()
    assert [one.code for one in check_erasure([PHOTO.id, "f-none"], " ", held)] == [
        "erase-reason",
        "erase-not-personal",
        "unknown-evidence",
    ]
    gone = evidence_in([*entries, erasure(entries[-1], [CALL.id], "x", actor="a", role="SUP_HEAD", at=0)])
    assert [one.code for one in check_erasure([CALL.id], "x", gone)] == ["evidence-gone"]
