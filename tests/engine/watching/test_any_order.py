"""The property that this engine has and its peers do not: the tasks that stand at the end do not depend on how events arrived.

Every rule below runs over random histories (few keys, few hours, so that ties and edges are the rule and not the exception), once
as it happened and once with lateness, repetition, correction, withdrawal and restarts thrown in. The whole outcome is compared.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Gate, id_of
from tests.support.books import CATALOGUE, book_of, event_of, instant, standing, world_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.events import Event
    from engine.language import Rulebook
    from engine.watching import Watching

    Arrival = tuple[float, Event]

COUNTING = "event: outage.started\nif: not planned\nsame: area\ncount: at least 3\nwithin: 10 hours"
SIFTED = "event: outage.started\nif: not planned\nsame: area\ncount: at least 2\nwithin: 12 hours\n{}"
PAUSED = "paused_from: {event: complaint.received, if: customer == 'c1'}, paused_until: {event: complaint.received, if: customer != 'c1'}}"
ENDING = "ends_with: {event: outage.restored, same: outage_id}"
RULES = {
    "single": {"one": "event: outage.started\nif: customers >= 100\nsame: area"},
    "count": {"one": COUNTING},
    "count every time": {"one": COUNTING + "\nagain: every time"},
    "count afresh": {"one": COUNTING + "\nagain: counting afresh"},
    "count after a pause": {"one": COUNTING + "\nagain: after 12 hours"},
    "count when settled": {"one": COUNTING + "\ndecide: when settled"},
    "different": {"one": "event: complaint.received\nsame: area\ncount: at least 2 different customer\nwithin: 10 hours"},
    "sum": {"one": "event: outage.started\nsame: area\ncount: sum of customers at least 300\nwithin: 10 hours"},
    "average": {"one": "event: outage.started\nsame: area\ncount: average of customers at least 150\nwithin: 10 hours"},
    "year": {"one": "event: outage.started\nsame: area\ncount: at least 3\nwithin: civil year"},
    "dated": {
        "one": "event: outage.started\nsame: area\ncount: {2020-01-01: at least 2, 2026-01-02: at least 3}\n"
        "within: {2020-01-01: 10 hours, 2026-01-02: 4 hours, 2026-01-03: 20 hours}"
    },
    "not followed by": {"one": "event: outage.started\nsame: outage_id\nnot_followed_by: {event: outage.restored, within: 8 hours}"},
    "not followed by on an area": {"one": "event: outage.started\nsame: area\nnot_followed_by: {event: outage.restored, within: 8 hours}"},
    "not followed by, every time": {
        "one": "event: outage.started\nsame: area\nnot_followed_by: {event: outage.restored, within: 8 hours}\nagain: every time"
    },
    "not followed by, at once": {
        "one": "event: outage.started\nsame: area\nnot_followed_by: {event: outage.restored, within: 8 hours}\ndecide: at once"
    },
    "not followed by the same type": {
        "one": "event: outage.started\nsame: area\nnot_followed_by: {event: outage.started, within: 8 hours}"
    },
    "followed by": {"one": "event: outage.started\nsame: area\nfollowed_by: {event: complaint.received, within: 8 hours}"},
    "not preceded by": {"one": "event: outage.started\nsame: area\nnot_preceded_by: {event: complaint.received, within: 8 hours}"},
    "preceded by": {"one": "event: outage.started\nsame: area\npreceded_by: {event: complaint.received, within: 8 hours}"},
    "not preceded by, well before": {
        "one": "event: outage.started\nsame: area\nnot_preceded_by: {event: complaint.received, at_least: 4 hours, within: 12 hours}"
    },
    "not preceded by, paired": {
        "one": "event: outage.started\nsame: area\nnot_preceded_by: {event: outage.restored, same: outage_id, within: 20 hours}"
    },
    "preceded by, paired and well before": {
        "one": "event: outage.started\nsame: area\n"
        "preceded_by: {event: outage.restored, same: [area, outage_id], at_least: 2 hours, within: 20 hours}"
    },
    "not followed by, paired": {
        "one": "event: outage.started\nsame: area\nnot_followed_by: {event: outage.restored, same: outage_id, within: 8 hours}"
    },
    "followed by, paired": {
        "one": "event: outage.started\nsame: area\nfollowed_by: {event: outage.restored, same: outage_id, within: 8 hours}"
    },
    "not followed by, by class": {
        "one": "event: outage.started\nsame: outage_id\n"
        "not_followed_by: {event: outage.restored, within: {by: area, A: 8 hours, otherwise: 3 hours}}"
    },
    "not followed by, paused": {
        "one": "event: outage.started\nsame: area\nnot_followed_by: {event: outage.restored, same: outage_id, within: 8 hours, " + PAUSED
    },
    "not followed by, paused in days": {
        "one": "event: outage.started\nsame: area\nnot_followed_by: {event: outage.restored, within: 1 calendar day, " + PAUSED
    },
    "sum of more than": {"one": "event: outage.started\nsame: area\ncount: sum of customers more than 300\nwithin: 10 hours"},
    "sequence": {
        "one": "event: outage.started\nsame: area\nthen:\n  - event: complaint.received\n  - event: outage.restored\nwithin: 20 hours"
    },
    "rate": {"one": "event: outage.started\nsame: area\nrate: at least 2 times usual\nper: 6 hours"},
    "first time": {"one": "event: outage.started\nsame: area\nfirst_time_in: 12 hours"},
    "count, lasting": {"one": SIFTED.format("lasting: at least 4 hours\nends_with: {event: outage.restored, same: outage_id}")},
    "count, lasting, of the area": {"one": SIFTED.format("lasting: at least 2 hours\nends_with: outage.restored")},
    "count, apart": {"one": SIFTED.format("apart: at least 6 hours")},
    "count, lasting and apart, every time": {
        "one": SIFTED.format(
            "lasting: at least 3 hours\napart: at least 4 hours\nends_with: {event: outage.restored, same: outage_id}\nagain: every time"
        )
    },
    "count, lasting, at once": {
        "one": SIFTED.format("lasting: at least 4 hours\nends_with: {event: outage.restored, same: outage_id}\ndecide: at once")
    },
    "count, apart, at once": {"one": SIFTED.format("apart: at least 6 hours\ndecide: at once")},
    "count, several bounds": {
        "one": "event: outage.started\nsame: area\n"
        "count: [at least 2 within 3 hours, at least 3 within 12 hours, more than 4 within civil year]\napart: at least 1 hour"
    },
    "count, several bounds, afresh": {
        "one": "event: outage.started\nsame: area\ncount: [at least 2 within 3 hours, at least 3 within 12 hours]\nagain: counting afresh"
    },
    "sum, apart, dated": {
        "one": "event: outage.started\nsame: area\ncount: sum of customers at least 200\napart: at least 2 hours\n"
        "within: {2020-01-01: 10 hours, 2026-01-02: 4 hours, 2026-01-03: 20 hours}"
    },
    "one moment": {"one": "event: outage.started\nsame: area\ncount: sum of customers at least 200\nwithin: one moment\n" + ENDING},
    "one moment, lasting": {
        "one": "event: outage.started\nsame: area\ncount: at least 2\nwithin: one moment\nlasting: at least 4 hours\n" + ENDING
    },
    "one moment, at once": {"one": "event: outage.started\nsame: area\ncount: at least 2\nwithin: one moment\ndecide: at once\n" + ENDING},
    "findings that stand at one moment": {
        "one": COUNTING.replace("at least 3", "at least 2"),
        "two": "event: outage.started\nsame: area\nnot_followed_by: {event: outage.restored, within: 6 hours}",
        "three": "event: [finding.one, finding.two]\nsame: nothing\ncount: at least 2 different area\nwithin: one moment",
    },
    "findings of another rule": {
        "one": COUNTING,
        "two": "event: finding.one\nsame: area",
        "three": "event: finding.one\nsame: area\ncount: at least 2\nwithin: 40 hours",
    },
    "covered": {
        "one": COUNTING,
        "two": "event: outage.started\nif: customers >= 100\nsame: area\ncovered_by: one",
    },
    "covered by two": {
        "one": COUNTING,
        "two": "event: outage.started\nsame: area\nnot_followed_by: {event: outage.restored, within: 4 hours}",
        "three": "event: outage.started\nif: customers >= 100\nsame: area\ncount: at least 2\nwithin: 6 hours\ncovered_by: [one, two]",
    },
    "covered count": {
        "one": "event: outage.started\nsame: area\nnot_followed_by: {event: outage.restored, within: 4 hours}",
        "two": "event: outage.started\nsame: area\ncount: at least 2\nwithin: 10 hours\ncovered_by: one",
    },
}
TWO_SOURCES = CATALOGUE.replace(
    "  outage.restored:\n    time: at\n",
    "  outage.restored:\n    time: at\n    sources: {east: {idle_after: 2 days}, west: {idle_after: 2 days}}\n",
)
LONG_AFTER = 24 * 60
#: Mostly outages, so that counts are reached.
KINDS = ["outage.started", "outage.started", "outage.started", "outage.started", "outage.restored", "complaint.received"]


@cache
def stage(name: str) -> tuple[Rulebook, Gate]:
    """Return the rules of that name, read once."""
    book = book_of(RULES[name])
    return book, Gate(book.catalogue)


@cache
def merged_stage(name: str) -> tuple[Rulebook, Gate]:
    """Return the same rules where two sources are expected to tell of restorations."""
    book = book_of(RULES[name], catalogue=TWO_SOURCES)
    return book, Gate(book.catalogue)


@st.composite
def histories(draw: st.DrawFn, most: int = 12) -> list[tuple[str, float, dict[str, Any]]]:
    """Return what happened: kind, hour and fields, in no order; ids never repeat within a kind."""
    happened = []
    for number in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from(KINDS))
        hour = draw(st.integers(0, 12)) * 2 + draw(st.sampled_from([0, 0, 0, 0.5]))
        fields: dict[str, Any] = {"area": draw(st.sampled_from(["A", "A", "A", "B"]))}
        match kind:
            case "outage.started":
                fields |= {"outage_id": f"O{number}", "planned": draw(st.sampled_from([False, False, False, True]))}
                fields["customers"] = draw(st.sampled_from([None, 50, 100, 200]))
            case "outage.restored":
                fields |= {"outage_id": f"O{draw(st.integers(0, max(0, number - 1)))}x{number}"}
                fields["outage_id"] = fields["outage_id"].split("x")[0]
            case _:
                fields |= {"complaint_id": f"C{number}", "customer": draw(st.sampled_from(["c1", "c2", "c3"]))}
        happened.append((kind, float(hour), fields))
    return list(
        {
            (kind, str(fields.get("outage_id") or fields.get("complaint_id"))): (kind, hour, fields) for kind, hour, fields in happened
        }.values()
    )


def in_order(gate: Gate, happened: Sequence[tuple[str, float, dict[str, Any]]]) -> list[Arrival]:
    """Return the events as they would have come if everything came at once."""
    events = [(hour, event_of(gate, kind, hour, **fields)) for kind, hour, fields in happened]
    return sorted(events, key=lambda pair: (pair[0], pair[1].kind.name, id_of(pair[1])))


def outcome(book: Rulebook, gate: Gate, arrivals: Sequence[Arrival], *, restarts: bool = False) -> dict[str, tuple[object, ...]]:
    """Return the tasks that stand once everything has arrived and time has gone on for months."""
    world: Watching = world_of(book, gate)
    changes, seen = [], []
    for hour, event in sorted(arrivals, key=lambda pair: pair[0]):
        world.receive(event, instant(hour))
        seen.append(event)
        if restarts:
            changes += world.take_changes()
            world = world.restarted(world_of(book, gate), seen)
    world.tick(instant(LONG_AFTER))
    return standing([*changes, *world.take_changes()])


@pytest.mark.parametrize("name", RULES)
@given(data=st.data())
def test_late_events_lead_to_the_same_tasks(name: str, data: st.DataObject) -> None:
    book, gate = stage(name)
    happened = in_order(gate, data.draw(histories()))
    late = [(hour + data.draw(st.sampled_from([0, 0, 0.25, 3, 9, 30, 100])), event) for hour, event in happened]
    assert outcome(book, gate, late) == outcome(book, gate, happened)


@pytest.mark.parametrize("name", RULES)
@given(data=st.data())
def test_a_restart_after_every_event_leads_to_the_same_tasks(name: str, data: st.DataObject) -> None:
    book, gate = stage(name)
    happened = in_order(gate, data.draw(histories()))
    late = [(hour + data.draw(st.sampled_from([0, 0, 3, 30])), event) for hour, event in happened]
    assert outcome(book, gate, late, restarts=True) == outcome(book, gate, happened)


@pytest.mark.parametrize("name", RULES)
@given(data=st.data())
def test_an_event_told_again_changes_nothing(name: str, data: st.DataObject) -> None:
    book, gate = stage(name)
    happened = in_order(gate, data.draw(histories()))
    again = [(hour + data.draw(st.sampled_from([0, 1, 30])), event) for hour, event in happened if data.draw(st.booleans())]
    assert outcome(book, gate, [*happened, *again]) == outcome(book, gate, happened)


@pytest.mark.parametrize("name", RULES)
@given(data=st.data())
def test_a_corrected_event_counts_as_if_it_had_been_told_right(name: str, data: st.DataObject) -> None:
    """The first telling had another hour and another area; the second one has a higher revision."""
    book, gate = stage(name)
    happened = data.draw(histories())
    arrivals: list[Arrival] = []
    for kind, hour, fields in happened:
        right = event_of(gate, kind, hour, **fields, revision=2)
        when = hour + data.draw(st.sampled_from([0, 2, 30]))
        arrivals.append((when, right))
        if data.draw(st.booleans()):
            wrong = {**fields, "area": data.draw(st.sampled_from(["A", "B"]))}
            first = event_of(gate, kind, data.draw(st.integers(0, 48)), **wrong, revision=1)
            arrivals.append((data.draw(st.sampled_from([when, when + 20, 0.0])), first))
    told_right = in_order(gate, [(kind, hour, {**fields, "revision": 2}) for kind, hour, fields in happened])
    assert outcome(book, gate, arrivals) == outcome(book, gate, told_right)


@pytest.mark.parametrize("name", [name for name in RULES if "complaint.received\nsame" not in RULES[name]["one"]])
@given(data=st.data())
def test_a_withdrawn_outage_never_was(name: str, data: st.DataObject) -> None:
    """Whether the withdrawal comes long after the outage or before it."""
    book, gate = stage(name)
    happened = in_order(gate, data.draw(histories()))
    gone = [pair for pair in happened if pair[1].kind.name == "outage.started" and data.draw(st.booleans())]
    words = [
        (hour + data.draw(st.sampled_from([0, 5, 40])) - 0.1, event_of(gate, "outage.retracted", hour, outage_id=event.outage_id))
        for hour, event in gone
    ]
    left = [pair for pair in happened if pair not in gone]
    assert outcome(book, gate, [*happened, *words]) == outcome(book, gate, left)


@pytest.mark.parametrize("name", RULES)
@given(data=st.data())
def test_two_sources_merge_into_one_history(name: str, data: st.DataObject) -> None:
    """Each source tells its own in order, often under the same ids. The west's link is down for a while, and both are waited for."""
    book, gate = merged_stage(name)
    told = [(source, *one) for source in ("east", "west") for one in data.draw(histories(7))]
    happened = in_order(gate, [(kind, hour, {**fields, "source": source}) for source, kind, hour, fields in told])
    back = data.draw(st.sampled_from([6.0, 30.0, 100.0]))
    merged = [(max(hour, back) if event.source == "west" else hour, event) for hour, event in happened]
    assert outcome(book, gate, merged) == outcome(book, gate, happened)
