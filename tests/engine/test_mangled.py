"""Ten thousand mangled events: each is accepted or rejected with its reason; nothing raises, nothing is lost."""

# ruff: noqa: E501 - one case of a table is one line
from __future__ import annotations

import base64
import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from engine.events import Event, Gate, Rejected, id_of, instant_of
from tests.support.catalogues import shipped, small

if TYPE_CHECKING:
    from collections.abc import Callable

HOW_MANY = 10_000

#: Values that somewhere, some day, stand where another should.
STRANGE: list[Any] = [
    None, True, False, 0, -1, 1.5, 2**53, 2**63, 2**64, 10**30, -(10**400), 1e308, -0.0, float("nan"), float("-inf"), "", " ", "0", "null", "NaN", "\x00", "\ufeff", "\ud800",
    "💡", "x" * 20_000, "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "10000-01-01T00:00:00Z",
    "2026-03-01", "2026-03-01T24:00:00Z", "2026-03-01T00:00:60Z", "01.03.2026 08:00", "1772323200", "-PT5M", [], {}, [None], {"a": 1},
    [[[[[[[[1]]]]]]]], {"type": "outage.started"}, "outage.started", "$.x", "`", "'; drop table", "../../etc", "<b>", "%s%n", "\u202e", "a\nb",
]  # fmt: skip

#: Pieces of text that break JSON or stretch it.
PIECES = [b"", b",", b"}", b"{", b"[", b"]", b'"', b"\\", b":", b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\n", b"\t", b"\\u0000", b"\\ud83d",
          b"NaN", b"Infinity", b"-", b"1e999", b"0x1", b"01", b"tru", b"'", b"/*", b"\xef\xbb\xbf", b"9" * 5000, b"[" * 2000, b'{"a":' * 2000]  # fmt: skip


def valid(dice: random.Random) -> dict[str, Any]:
    """Return a valid event of any type of the shipped catalogue."""
    kind = dice.choice(list(shipped().types.values()))
    values: dict[str, Any] = {"type": kind.name}
    for field in kind.fields.values():
        if field.required or dice.random() < 0.3:
            values[field.name] = {
                "text": f"绍兴-{dice.randrange(1000)}",
                "whole number": dice.randrange(1000),
                "number": dice.random() * 1000,
                "yes/no": dice.random() < 0.5,
                "time": f"2026-03-{dice.randrange(1, 29):02}T{dice.randrange(24):02}:15:00+08:00",
                "milliseconds": 1_772_323_200_000 + dice.randrange(10**9),
                "one of": dice.choice(field.choices or ("",)),
            }[field.kind]
    return values


def encoded(event: Any, dice: random.Random) -> bytes:
    return json.dumps(event, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")


def put_strange_value(event: dict[str, Any], dice: random.Random) -> bytes:
    event[dice.choice(list(event))] = dice.choice(STRANGE)
    return encoded(event, dice)


def leave_out(event: dict[str, Any], dice: random.Random) -> bytes:
    del event[dice.choice(list(event))]
    return encoded(event, dice)


def misspell(event: dict[str, Any], dice: random.Random) -> bytes:
    name = dice.choice(list(event))
    event[name[:-1] if dice.random() < 0.5 else name.upper()] = event.pop(name)
    return encoded(event, dice)


def say_twice(event: dict[str, Any], dice: random.Random) -> bytes:
    again = {dice.choice(list(event)): dice.choice(STRANGE)}
    return encoded(event, dice)[:-1] + b"," + encoded(again, dice)[1:]


def swap_values(event: dict[str, Any], dice: random.Random) -> bytes:
    one, other = dice.choice(list(event)), dice.choice(list(event))
    event[one], event[other] = event[other], event[one]
    return encoded(event, dice)


def cut(event: dict[str, Any], dice: random.Random) -> bytes:
    text = encoded(event, dice)
    return text[: dice.randrange(len(text))] if dice.random() < 0.5 else text[dice.randrange(1, len(text)) :]


def flip_bits(event: dict[str, Any], dice: random.Random) -> bytes:
    text = bytearray(encoded(event, dice))
    for _ in range(dice.choice([1, 1, 2, 20])):
        text[dice.randrange(len(text))] ^= 1 << dice.randrange(8)
    return bytes(text)


def put_piece(event: dict[str, Any], dice: random.Random) -> bytes:
    text = encoded(event, dice)
    at = dice.randrange(len(text))
    return text[:at] + dice.choice(PIECES) + text[at + dice.choice([0, 1, 5]) :]


def nest(event: dict[str, Any], dice: random.Random) -> bytes:
    depth = dice.choice([1, 10, 500, 50_000])
    opening, closing = dice.choice([(b"[", b"]"), (b'{"a":', b"}")])
    inner = encoded(event, dice)
    if dice.random() < 0.5:
        return opening * depth + inner + closing * (depth if dice.random() < 0.7 else 0)
    return inner[:-1] + b',"deep":' + opening * depth + b"1" + closing * depth + b"}"


def splice(event: dict[str, Any], dice: random.Random) -> bytes:
    one, other = encoded(event, dice), encoded(valid(dice), dice)
    return one[: dice.randrange(len(one))] + other[dice.randrange(len(other)) :]


def put_in_an_envelope(event: dict[str, Any], dice: random.Random) -> bytes:
    cloud: dict[str, Any] = {
        "specversion": "1.0",
        "id": "1",
        "source": "oms",
        "type": event.pop("type"),
        "time": "2026-03-01T00:00:00Z",
        "data": event,
    }
    match dice.randrange(5):
        case 0:
            cloud[dice.choice(list(cloud))] = dice.choice(STRANGE)
        case 1:
            del cloud[dice.choice(list(cloud))]
        case 2:
            event[dice.choice(list(event))] = dice.choice(STRANGE)
        case 3:
            cloud["data_base64"] = base64.b64encode(encoded(cloud.pop("data"), dice)).decode()[dice.choice([0, 0, 1]) :]
        case _:
            cloud["datacontenttype"] = dice.choice(["text/plain", "application/json;charset=gbk", "", "application/x+json", 7])
    return encoded(cloud, dice)


def other_encoding(event: dict[str, Any], dice: random.Random) -> bytes:
    text = json.dumps(event, ensure_ascii=False)
    return text.encode(dice.choice(["gbk", "utf-16", "utf-16-le", "utf-8-sig", "gb18030", "utf-32"]), "replace")


def noise(event: dict[str, Any], dice: random.Random) -> bytes:
    return dice.randbytes(dice.randrange(200)) + (b"" if event else b"{")


MANGLINGS: list[Callable[[dict[str, Any], random.Random], bytes]] = [
    put_strange_value, leave_out, misspell, say_twice, swap_values, cut, flip_bits, put_piece, nest, splice, put_in_an_envelope, other_encoding, noise,
]  # fmt: skip


def mangled(number: int) -> tuple[str, bytes]:
    """Return the same mangled event for the same number, on every machine."""
    dice = random.Random(number)
    how = MANGLINGS[number % len(MANGLINGS)]
    return how.__name__, how(valid(dice), dice)


@pytest.fixture(scope="module")
def heap() -> list[tuple[str, bytes]]:
    return [mangled(number) for number in range(HOW_MANY)]


def check(one: Event | Rejected, text: bytes) -> None:
    """An event can be used; a rejection says where and why, and keeps all of what came."""
    if isinstance(one, Event):
        assert id_of(one)
        assert isinstance(instant_of(one), int)
        return
    assert one.reason
    assert one.code
    assert one.path.startswith("$")
    assert "Traceback" not in str(one)
    assert "Expected `" not in one.reason
    str(one).encode()
    assert one.raw in text


def test_ten_thousand_mangled_events_are_accepted_or_rejected_and_none_is_lost(heap: list[tuple[str, bytes]]) -> None:
    gate = Gate(shipped())
    accepted: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    lists = 0
    for how, text in heap:
        found = gate.decode(text)
        if text.lstrip()[:1] == b"[" and len(found) != 1:
            lists += 1
        else:
            assert len(found) == 1, (how, text)
        for one in found:
            check(one, text)
            (accepted if isinstance(one, Event) else rejected)[how] += 1

    assert accepted.total() + rejected.total() >= HOW_MANY - lists
    assert set(rejected) == {how.__name__ for how in MANGLINGS}
    assert accepted.total() > 500
    assert rejected.total() > 5000


def test_every_kind_of_fault_is_told_apart(heap: list[tuple[str, bytes]]) -> None:
    gate = Gate(shipped())
    codes = Counter(one.code for _, text in heap for one in gate.decode(text) if isinstance(one, Rejected))

    expected = [
        "empty",
        "not-utf8",
        "byte-order-mark",
        "too-deep",
        "truncated",
        "trailing",
        "not-json",
        "not-a-number",
        "lone-surrogate",
        "nul",
        "too-long",
        "out-of-range",
        "missing",
        "no-type",
        "type-twice",
        "unknown-type",
        "wrong-kind",
        "wrong-choice",
        "empty-id",
        "bad-time",
        "no-offset",
        "not-an-object",
        "ce-missing",
        "ce-version",
        "ce-attribute",
        "ce-data",
        "ce-time",
    ]
    assert [code for code in expected if not codes[code]] == []
    assert codes["not-an-event"] == 0
    assert codes["accepted"] == 0


def test_mangled_events_in_one_batch_are_each_accepted_or_rejected_as_if_alone(heap: list[tuple[str, bytes]]) -> None:
    """Those that are JSON go into one list and into one file, with the same outcome as one by one."""
    gate = Gate(shipped())
    whole = [text for _, text in heap if b"\n" not in text and is_one_value(text)]
    alone = [one for text in whole for one in gate.decode(text)]
    assert len(alone) >= len(whole) > 5000

    for found in (
        gate.decode_lines(whole),
        [one for at in range(0, len(whole), 300) for one in gate.decode_lines(whole[at : at + 300])],
    ):
        assert [told(one) for one in found] == [told(one) for one in alone]
    listed = [text for text in whole if text[:1] == b"{"]
    found = gate.decode(b"[" + b",".join(listed) + b"]")
    assert [isinstance(one, Event) for one in found] == [isinstance(one, Event) for text in listed for one in gate.decode(text)]


def told(one: Event | Rejected) -> object:
    return (one.code, one.reason, one.path, one.raw) if isinstance(one, Rejected) else one


def is_one_value(text: bytes) -> bool:
    try:
        json.loads(text.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return False
    return True


def test_mangled_events_in_binary_envelopes_never_raise(heap: list[tuple[str, bytes]]) -> None:
    gate = Gate(shipped())
    for number, (_, text) in enumerate(heap[::5]):
        dice = random.Random(number)
        headers = {
            "ce_specversion": "1.0",
            "ce_id": "1",
            "ce_source": "oms",
            "ce_type": dice.choice(list(shipped().types)),
            "content-type": "application/json",
        }
        name = dice.choice(list(headers))
        headers[name] = dice.choice(["", "\x00", "\ud800", "1.0", "x" * 20_000, "%FF", headers[name]])
        (one,) = gate.decode(text, headers)
        if isinstance(one, Event):
            assert id_of(one)
        else:
            assert one.reason
            assert json.loads(one.raw) is not None


def test_records_of_mangled_values_never_raise() -> None:
    gate = Gate(small())
    record = {
        "type": "outage.started",
        "outage_id": "O-1",
        "started_at": "2026-03-01T08:00:00+08:00",
        "transformer_area": "T",
        "customers": 1,
        "planned": True,
    }
    for name in [*record, "load", "cause", "seen_at", "area_class", "planned_end", "arrived", "source"]:
        for value in [*STRANGE, b"\xff", object(), (1, 2), {1: 2}, 10**5000, 1 + 2j, print]:
            one = gate.convert({**record, name: value})
            assert isinstance(one, Event) or (one.reason and json.loads(one.raw)), (name, value)


def test_counting_what_mangled_events_carry_never_raises(heap: list[tuple[str, bytes]]) -> None:
    gate = Gate(shipped(), {})
    for _, text in heap:
        gate.audit(text)
