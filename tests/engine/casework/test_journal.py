"""The chain of entries: equal histories are equal bytes, and nothing that was decided can be changed unseen."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.casework import GENESIS, Entry, canonical, decode_entry, encode_entry, hash_of, link, without_payload
from engine.casework.journal import OUTSIDE, Chained

CHANGED: dict[str, Any] = {
    "task_id": "other",
    "seq": 9,
    "kind": "task.closed",
    "at": 2,
    "event": "C.accept",
    "actor": "li.si",
    "role": "SUP",
    "reason": "because",
    "data": {"person": "somebody else"},
    "state": "CLOSED",
    "level": 4,
    "cycle": 2,
    "round": 2,
    "payload_hash": "f" * 64,
    "prev": "f" * 64,
}


def entry(**changed: Any) -> Entry:
    held: dict[str, Any] = {
        "task_id": "repeated-outage-1",
        "seq": 0,
        "kind": "task.acknowledged",
        "at": 1,
        "event": "C.ack",
        "actor": "wang.wu",
        "role": "UNIT_DUTY",
        "reason": "",
        "data": {"person": "wang.wu", "β": [1, 2.5, None, True]},
        "state": "ACKED",
        "level": None,
        "cycle": 1,
        "round": 1,
        "payload": {"text": "树障,线路跳闸"},
    }
    return Entry(**{**held, **changed})


def test_a_chain_counts_from_one_and_each_entry_names_the_hash_before_it() -> None:
    first = link(None, entry())
    second = link(first, entry())
    assert (first.seq, first.prev, first.hash) == (1, GENESIS, hash_of(first))
    assert (second.seq, second.prev, second.hash) == (2, first.hash, hash_of(second))


def test_the_hash_covers_every_field_but_the_readings_and_the_payload() -> None:
    assert set(Chained.__struct_fields__) == set(Entry.__struct_fields__) - OUTSIDE


@pytest.mark.parametrize("field", Chained.__struct_fields__)
def test_whatever_was_decided_cannot_be_changed_unseen(field: str) -> None:
    honest = link(None, entry())
    assert hash_of(msgspec.structs.replace(honest, **{field: CHANGED[field]})) != honest.hash


def test_two_runs_that_noticed_at_other_moments_agree() -> None:
    noticed = link(None, entry(noticed=5, position="commands/0/17"))
    assert noticed.hash == link(None, entry(noticed=6, position="commands/3/1")).hash


def test_the_way_through_json_changes_nothing() -> None:
    linked = link(None, entry())
    again = decode_entry(encode_entry(linked))
    assert (again, canonical(again), hash_of(again)) == (linked, canonical(linked), linked.hash)


def test_the_order_in_which_data_was_put_together_does_not_matter() -> None:
    assert link(None, entry(data={"a": 1, "b": 2})).hash == link(None, entry(data={"b": 2, "a": 1})).hash


def test_an_erased_payload_leaves_a_chain_that_verifies() -> None:
    linked = link(None, entry())
    erased = without_payload(linked)
    assert erased.payload is None
    assert hash_of(erased) == linked.hash


def test_an_exchanged_payload_is_seen() -> None:
    linked = link(None, entry())
    assert link(None, entry(payload={"text": "nothing happened"})).payload_hash != linked.payload_hash
