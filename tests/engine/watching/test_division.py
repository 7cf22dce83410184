"""A history judged in parts is told as one world tells it: the same lines in the same order, ties of deadlines included."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Gate
from engine.watching import Ordered, Watching, Whereabouts, divided, encode_change, history_of, in_order, ranks_of, replay
from tests.support.books import CATALOGUE, at, event_of, instant
from tests.support.books import book_of as rules_of

if TYPE_CHECKING:
    from engine.events import Event
    from engine.language import Rulebook

NOT_FOLLOWED = "not_followed_by: {event: outage.restored, within: 8 hours}"
WHENS = {
    "single": "event: outage.started\nif: customers >= 100\nsame: area",
    "count": "event: outage.started\nif: not planned\nsame: area\ncount: at least 3\nwithin: 10 hours",
    "afresh": "event: outage.started\nsame: area\ncount: at least 2\nwithin: 10 hours\nagain: counting afresh",
    "settled": "event: outage.started\nsame: area\ncount: at least 2\nwithin: 6 hours\ndecide: when settled",
    "customers": "event: complaint.received\nsame: [customer, area]\ncount: at least 2\nwithin: 20 hours",
    "different": "event: complaint.received\nsame: area\ncount: at least 2 different customer\nwithin: 10 hours",
    "year": "event: outage.started\nsame: area\ncount: at least 3\nwithin: civil year",
    "long": f"event: outage.started\nsame: outage_id\n{NOT_FOLLOWED}",
    "area-long": f"event: outage.started\nsame: area\n{NOT_FOLLOWED}",
    "every-long": f"event: outage.started\nsame: area\n{NOT_FOLLOWED}\nagain: every time",
    "before": "event: outage.started\nsame: area\npreceded_by: {event: complaint.received, within: 8 hours}",
    "not-before": "event: outage.started\nsame: area\nnot_preceded_by: {event: complaint.received, within: 8 hours}",
    "first": "event: outage.started\nsame: area\nfirst_time_in: 12 hours",
    "rate": "event: outage.started\nsame: area\nrate: at least 2 times usual\nper: 6 hours",
    "apart": "event: outage.started\nsame: area\ncount: at least 2\nwithin: 12 hours\napart: at least 3 hours",
    "anywhere": "event: outage.started\nif: planned\nsame: nothing\ncount: at least 2\nwithin: 6 hours",
    "weak": "event: finding.count\nsame: area\ncount: at least 1\nwithin: 20 hours",
    "covered": "event: outage.started\nsame: area\ncount: at least 2\nwithin: 4 hours\ncovered_by: count",
}
#: Who tells of complaints is expected to; a rule that waits for them is judged with all of its events.
DECLARED = CATALOGUE.replace("    id: complaint_id\n", "    id: complaint_id\n    sources: {calls: {idle_after: 6 hours}}\n")


@cache
def book_of(names: tuple[str, ...], catalogue: str) -> Rulebook:
    """Return the rules of these names, and what they rest on."""
    wanted = {*names, *(["count"] if {"weak", "covered"} & set(names) else [])}
    return rules_of({name: WHENS[name] for name in sorted(wanted)}, catalogue=catalogue)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, float, float, dict[str, Any]]]:
    """Return what happened: kind, hour, hours until it was told, and fields. Few areas and whole hours, so that ties are the rule."""
    happened: list[tuple[str, float, float, dict[str, Any]]] = []
    for number in range(draw(st.integers(1, 30))):
        kind = draw(st.sampled_from(["outage.started"] * 3 + ["outage.restored", "complaint.received"]))
        fields: dict[str, Any] = {"area": draw(st.sampled_from(["A", "B", "C"]))}
        if kind == "complaint.received":
            fields |= {"complaint_id": f"C{number}", "customer": draw(st.sampled_from(["c1", "c2"]))}
            fields |= {"source": draw(st.sampled_from(["calls", "calls", "letters"]))}
        else:
            fields["outage_id"] = f"O{number if kind == 'outage.started' else draw(st.integers(0, number)) * 100 + number}"
        if kind == "outage.started":
            fields |= {"planned": draw(st.booleans()), "customers": draw(st.sampled_from([None, 50, 200]))}
        happened.append((kind, float(draw(st.integers(0, 60))), draw(st.sampled_from([0, 0, 0, 1, 5, 30])), fields))
        if draw(st.integers(0, 9)) == 0:
            happened.append(happened[-1])  # told again, word for word
    return happened


def told_whole(book: Rulebook, gate: Gate, events: list[Event], until: int | None) -> list[bytes]:
    """Return what one world tells."""
    lines: list[bytes] = []
    world = Watching(book, gate)
    for _ in replay(world, events, lambda changes: lines.extend(map(encode_change, changes)), until=until):
        pass
    return lines


def told_in_parts(book: Rulebook, gate: Gate, events: list[Event], until: int | None) -> list[bytes] | None:
    """Return what the worlds of all parts tell, put in order; None where the history is not divided."""
    history = history_of(events, until=until, clock=1 << 62)
    portions = divided(book, gate, history, Whereabouts(None), least=1)
    if portions is None:
        return None
    lines: list[tuple[bytes, bytes]] = []
    for portion in portions:
        part = replace(book, rules={name: rule for name, rule in book.rules.items() if name in portion.rules})
        world = Ordered(part, gate, history, ranks_of(book), None)
        for _ in world.judge(portion):
            changes, order = world.take_ordered()
            lines += zip(order, map(encode_change, changes), strict=True)
    return [line for _, line in sorted(lines, key=lambda pair: pair[0])]


@given(
    st.lists(st.sampled_from(sorted(WHENS)), min_size=1, max_size=6, unique=True),
    st.sampled_from([CATALOGUE, CATALOGUE, DECLARED]),
    histories(),
    st.sampled_from([None, instant(400)]),
)
def test_parts_tell_what_one_world_tells(
    names: list[str], catalogue: str, happened: list[tuple[str, float, float, dict[str, Any]]], until: int | None
) -> None:
    book = book_of(tuple(names), catalogue)
    gate = Gate(book.catalogue)
    events = in_order([event_of(gate, kind, hour, arrived=at(hour + late), **fields) for kind, hour, late, fields in happened])
    assert told_in_parts(book, gate, events, until) == told_whole(book, gate, events, until)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(("outage.started", 3.0, {"outage_id": "O1", "area": "B", "planned": False}), id="something else of one outage"),
        pytest.param(("outage.retracted", 3.0, {"outage_id": "O1"}), id="an outage is taken back"),
        pytest.param(
            ("outage.started", 3.0, {"outage_id": "O2", "area": "B", "planned": False, "arrived": at(800)}), id="more than a month late"
        ),
    ],
)
def test_a_history_that_takes_something_back_is_judged_as_a_whole(more: tuple[str, float, dict[str, Any]]) -> None:
    book = book_of(("count", "long"), CATALOGUE)
    gate = Gate(book.catalogue)
    first = event_of(gate, "outage.started", 1, outage_id="O1", area="A", planned=False)
    kind, hour, fields = more
    assert told_in_parts(book, gate, [first], None) == []
    assert told_in_parts(book, gate, [first, event_of(gate, kind, hour, **fields)], None) is None


def test_rules_that_hang_together_stay_together_and_others_are_cut_by_their_key() -> None:
    book = book_of(("covered", "weak", "long", "customers"), CATALOGUE)
    gate = Gate(book.catalogue)
    events = [event_of(gate, "outage.started", hour, outage_id=f"O{hour}", area="A", planned=False) for hour in range(6)]
    events += [event_of(gate, "complaint.received", 9, complaint_id="C1", area="A", customer="c1")]
    portions = divided(book, gate, history_of(events, until=None, clock=1 << 62), Whereabouts(None), least=1)
    assert portions is not None
    found = [(sorted(portion.rules), portion.is_plain) for portion in portions]
    assert found[0] == (["count", "covered", "weak"], False)
    assert portions[0].places == [0, 1, 2, 3, 4, 5]
    assert (["customers"], True) in found
    assert sorted(place for rules, part in zip(found, portions, strict=True) if rules[0] == ["long"] for place in part.places) == list(
        range(6)
    )
