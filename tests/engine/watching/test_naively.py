"""Every operator against the plainest possible reading of its sentence: no windows kept, no folds, just all events at once.

Most hours are even ones within two days and the keys are few, so that two events of one instant, and distances of exactly the
window, come up all the time.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Gate, id_of, instant_of
from tests.support.books import HOUR, book_of, event_of, instant, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.events import Event
    from engine.language import Rulebook

LONG_AFTER = 24 * 60
HISTORY_FROM = instant(-24 * 1000)


class Found(NamedTuple):
    """One finding: when it holds from, and its evidence."""

    at: int
    evidence: tuple[str, ...]


def order(event: Event) -> tuple[int, str, str]:
    """Return what stands before what: time, then type, then id."""
    return (instant_of(event), event.kind.name, id_of(event))


def each(events: Sequence[Event], kind: str) -> list[Event]:
    """Return the events of a kind in their order."""
    return sorted((event for event in events if event.kind.name == kind), key=order)


def between(events: Sequence[Event], first: float, last: float) -> list[Event]:
    """Return the events of a span, both ends included."""
    return [event for event in events if first <= instant_of(event) <= last]


def ids(events: Sequence[Event]) -> tuple[str, ...]:
    """Return the ids of events, sorted."""
    return tuple(sorted({id_of(event) for event in events}))


def counted(events: Sequence[Event]) -> list[Found]:
    """Return every anchor with three or more in the ten hours before it."""
    anchors = each(events, "outage.started")
    found = []
    for place, anchor in enumerate(anchors):
        window = between(anchors[: place + 1], instant_of(anchor) - 10 * HOUR, instant_of(anchor))
        if len(window) >= 3:
            found.append(Found(instant_of(anchor), ids(window)))
    return found


def counted_afresh(events: Sequence[Event]) -> list[Found]:
    """Return the same where every firing empties the count."""
    found: list[Found] = []
    held: list[Event] = []
    for anchor in each(events, "outage.started"):
        held = [*between(held, instant_of(anchor) - 10 * HOUR, instant_of(anchor)), anchor]
        if len(held) >= 3:
            found.append(Found(instant_of(anchor), ids(held)))
            held = []
    return found


def lasting(events: Sequence[Event], least: int) -> list[Event]:
    """Return every start that was not restored within so many hours."""
    restored = each(events, "outage.restored")
    return [
        anchor
        for anchor in each(events, "outage.started")
        if not any(
            event.outage_id == anchor.outage_id and instant_of(anchor) <= instant_of(event) < instant_of(anchor) + least * HOUR
            for event in restored
        )
    ]


def counted_where_lasting_and_apart(events: Sequence[Event]) -> list[Found]:
    """Return every start with two or more in twelve hours, of those that last three hours and are four hours apart."""
    kept: list[Event] = []
    found = []
    for anchor in lasting(events, 3):
        if kept and instant_of(anchor) - instant_of(kept[-1]) < 4 * HOUR:
            continue
        kept.append(anchor)
        window = between(kept, instant_of(anchor) - 12 * HOUR, instant_of(anchor))
        if len(window) >= 2:
            found.append(Found(instant_of(anchor), ids(window)))
    return found


def counted_either_way(events: Sequence[Event]) -> list[Found]:
    """Return every start with two or more in three hours or three or more in twelve: with the window that holds more."""
    anchors = each(events, "outage.started")
    found = []
    for place, anchor in enumerate(anchors):
        t, upto = instant_of(anchor), anchors[: place + 1]
        short, long = between(upto, t - 3 * HOUR, t), between(upto, t - 12 * HOUR, t)
        if len(short) >= 2 or len(long) >= 3:
            found.append(Found(t, ids(long if len(long) >= 3 else short)))
    return found


def out_at_one_moment(events: Sequence[Event]) -> list[Found]:
    """Return every moment from which two or more starts, each four hours after it, are not restored yet."""
    spans = []
    for anchor in lasting(events, 4):
        ends = [instant_of(event) for event in each(events, "outage.restored") if event.outage_id == anchor.outage_id]
        after = [end for end in ends if end >= instant_of(anchor)]
        spans.append((instant_of(anchor) + 4 * HOUR, min(after, default=1 << 62), anchor))
    spans = [span for span in spans if span[0] < span[1]]
    found = []
    for place, (begun, _, _) in enumerate(spans):
        out = [anchor for first, last, anchor in spans[: place + 1] if first <= begun < last]
        if len(out) >= 2:
            found.append(Found(begun, ids(out)))
    return found


def different(events: Sequence[Event]) -> list[Found]:
    """Return every complaint with two or more customers in the ten hours before it."""
    anchors = each(events, "complaint.received")
    found = []
    for place, anchor in enumerate(anchors):
        window = between(anchors[: place + 1], instant_of(anchor) - 10 * HOUR, instant_of(anchor))
        if len({event.customer for event in window}) >= 2:
            found.append(Found(instant_of(anchor), ids(window)))
    return found


def unanswered(events: Sequence[Event]) -> list[Found]:
    """Return every start without a restoration of its area within eight hours."""
    return [
        Found(instant_of(anchor) + 8 * HOUR, (id_of(anchor),))
        for anchor in each(events, "outage.started")
        if not between(each(events, "outage.restored"), instant_of(anchor), instant_of(anchor) + 8 * HOUR)
    ]


def answered(events: Sequence[Event]) -> list[Found]:
    """Return every start with the first complaint within eight hours."""
    found = []
    for anchor in each(events, "outage.started"):
        after = between(each(events, "complaint.received"), instant_of(anchor), instant_of(anchor) + 8 * HOUR)
        if after:
            found.append(Found(instant_of(after[0]), ids([anchor, after[0]])))
    return found


def unannounced(events: Sequence[Event]) -> list[Found]:
    """Return every start without a complaint in the eight hours before it."""
    return [
        Found(instant_of(anchor), (id_of(anchor),))
        for anchor in each(events, "outage.started")
        if not between(each(events, "complaint.received"), instant_of(anchor) - 8 * HOUR, instant_of(anchor))
    ]


def unannounced_well_before(events: Sequence[Event]) -> list[Found]:
    """Return every start without a complaint in the span from twelve to four hours before it."""
    return [
        Found(instant_of(anchor), (id_of(anchor),))
        for anchor in each(events, "outage.started")
        if not between(each(events, "complaint.received"), instant_of(anchor) - 12 * HOUR, instant_of(anchor) - 4 * HOUR)
    ]


def unrestored_itself(events: Sequence[Event]) -> list[Found]:
    """Return every start without the restoration of this very outage within eight hours."""
    found = []
    for anchor in each(events, "outage.started"):
        due = instant_of(anchor) + 8 * HOUR
        after = between(each(events, "outage.restored"), instant_of(anchor), due)
        if not [event for event in after if event.outage_id == anchor.outage_id]:
            found.append(Found(due, (id_of(anchor),)))
    return found


def unrestored_on_a_paused_clock(events: Sequence[Event]) -> list[Found]:
    """Return every start whose clock ran eight hours without its restoration: complaints of c1 stop it, those of c2 let it run."""
    marks = each(events, "complaint.received")
    stopped: int | None = None
    spans: list[tuple[int, int]] = []
    for t in sorted({instant_of(event) for event in marks}):
        who = {event.customer for event in marks if instant_of(event) == t}
        if "c2" in who:
            spans += [(stopped, t)] if stopped is not None else []
            stopped = None
        elif stopped is None:
            stopped = t
    spans += [(stopped, 1 << 62)] if stopped is not None else []
    found = []
    for anchor in each(events, "outage.started"):
        due = instant_of(anchor) + 8 * HOUR
        for first, last in spans:
            if last > instant_of(anchor) and first <= due:
                due += last - max(first, instant_of(anchor))
        after = between(each(events, "outage.restored"), instant_of(anchor), due)
        if due < 1 << 61 and not [event for event in after if event.outage_id == anchor.outage_id]:
            found.append(Found(due, (id_of(anchor),)))
    return found


def restored_before(events: Sequence[Event]) -> list[Found]:
    """Return every start with the last restoration of this very outage in the span from eighteen to two hours before it."""
    found = []
    for anchor in each(events, "outage.started"):
        before = between(each(events, "outage.restored"), instant_of(anchor) - 18 * HOUR, instant_of(anchor) - 2 * HOUR)
        if own := [event for event in before if event.outage_id == anchor.outage_id]:
            found.append(Found(instant_of(anchor), ids([own[-1], anchor])))
    return found


def spiking(events: Sequence[Event]) -> list[Found]:
    """Return every start whose last six hours hold twice as many as the six before."""
    anchors = each(events, "outage.started")
    found = []
    for place, anchor in enumerate(anchors):
        t, upto = instant_of(anchor), anchors[: place + 1]
        now, usual = between(upto, t - 6 * HOUR, t), between(upto, t - 12 * HOUR, t - 6 * HOUR - 1)
        if usual and len(now) >= 2 * len(usual):
            found.append(Found(t, ids(now)))
    return found


def first_times(events: Sequence[Event]) -> list[Found]:
    """Return every start whose area saw none in the twelve hours before it."""
    anchors = each(events, "outage.started")
    return [
        Found(instant_of(anchor), (id_of(anchor),))
        for place, anchor in enumerate(anchors)
        if not between(anchors[:place], instant_of(anchor) - 12 * HOUR, instant_of(anchor))
    ]


PAUSED = (
    "event: outage.started\nsame: area\nagain: every time\nnot_followed_by: {event: outage.restored, same: outage_id, within: 8 hours, "
    "paused_from: {event: complaint.received, if: customer == 'c1'}, paused_until: {event: complaint.received, if: customer == 'c2'}}"
)
SIFTED = "event: outage.started\nsame: area\ncount: at least 2\nagain: every time\nends_with: {event: outage.restored, same: outage_id}"
RULES: dict[str, tuple[str, Callable[[Sequence[Event]], list[Found]]]] = {
    "count": ("event: outage.started\nsame: area\ncount: at least 3\nwithin: 10 hours\nagain: every time", counted),
    "count afresh": ("event: outage.started\nsame: area\ncount: at least 3\nwithin: 10 hours\nagain: counting afresh", counted_afresh),
    "count when settled": (
        "event: outage.started\nsame: area\ncount: at least 3\nwithin: 10 hours\nagain: every time\ndecide: when settled",
        counted,
    ),
    "different": (
        "event: complaint.received\nsame: area\ncount: at least 2 different customer\nwithin: 10 hours\nagain: every time",
        different,
    ),
    "count, lasting and apart": (
        SIFTED + "\nwithin: 12 hours\nlasting: at least 3 hours\napart: at least 4 hours",
        counted_where_lasting_and_apart,
    ),
    "count, several bounds": (
        "event: outage.started\nsame: area\ncount: [at least 2 within 3 hours, more than 2 within 12 hours]\nagain: every time",
        counted_either_way,
    ),
    "one moment": (
        SIFTED + "\nwithin: one moment\nlasting: at least 4 hours",
        out_at_one_moment,
    ),
    "not followed by": (
        "event: outage.started\nsame: area\nnot_followed_by: {event: outage.restored, within: 8 hours}\nagain: every time",
        unanswered,
    ),
    "followed by": ("event: outage.started\nsame: area\nfollowed_by: {event: complaint.received, within: 8 hours}", answered),
    "not preceded by": ("event: outage.started\nsame: area\nnot_preceded_by: {event: complaint.received, within: 8 hours}", unannounced),
    "not preceded by, well before": (
        "event: outage.started\nsame: area\nnot_preceded_by: {event: complaint.received, at_least: 4 hours, within: 12 hours}",
        unannounced_well_before,
    ),
    "not followed by, paired": (
        "event: outage.started\nsame: area\nnot_followed_by: {event: outage.restored, same: outage_id, within: 8 hours}\nagain: every time",
        unrestored_itself,
    ),
    "not followed by, paused": (
        PAUSED,
        unrestored_on_a_paused_clock,
    ),
    "preceded by, paired": (
        "event: outage.started\nsame: area\npreceded_by: {event: outage.restored, same: outage_id, at_least: 2 hours, within: 18 hours}",
        restored_before,
    ),
    "rate": ("event: outage.started\nsame: area\nrate: at least 2 times usual\nper: 6 hours", spiking),
    "first time": ("event: outage.started\nsame: area\nfirst_time_in: 12 hours", first_times),
}


@cache
def stage(name: str) -> tuple[Rulebook, Gate]:
    """Return the rule of that name, read once."""
    book = book_of({"one": RULES[name][0]})
    return book, Gate(book.catalogue)


@st.composite
def histories(draw: st.DrawFn, gate: Gate) -> list[tuple[float, Event]]:
    """Return events of one area with the hours at which they arrive, late ones among them."""
    arrivals = []
    for number in range(draw(st.integers(1, 14))):
        hour = draw(st.integers(0, 16)) * 2 + draw(st.sampled_from([0, 0, 0, 0.5]))
        match draw(st.sampled_from(["start", "start", "restore", "complain"])):
            case "start":
                event = event_of(gate, "outage.started", hour, area="A", outage_id=f"O{number}", planned=False)
            case "restore":
                event = event_of(
                    gate, "outage.restored", hour, area="A", outage_id=f"O{draw(st.sampled_from([number, number - 1, number + 1]))}"
                )
            case _:
                customer = draw(st.sampled_from(["c1", "c2"]))
                event = event_of(gate, "complaint.received", hour, area="A", complaint_id=f"C{number}", customer=customer)
        arrivals.append((hour + draw(st.sampled_from([0, 0, 0, 1, 20])), event))
    told = {(event.kind.name, id_of(event)): (hour, event) for hour, event in arrivals}
    return sorted(told.values(), key=lambda pair: pair[0])


@pytest.mark.parametrize("name", RULES)
@given(data=st.data())
def test_the_engine_finds_what_a_plain_reading_finds(name: str, data: st.DataObject) -> None:
    book, gate = stage(name)
    arrivals = data.draw(histories(gate))
    wanted = sorted(RULES[name][1]([event for _, event in arrivals]))
    evidence: dict[str, set[str]] = {}
    opened: dict[str, int] = {}
    for change in run(book, gate, arrivals, LONG_AFTER):
        held = evidence.setdefault(change.task_id, set())
        if change.change in {"opened", "withdrawn"}:
            held.clear()
            opened.pop(change.task_id, None)
        if change.change != "withdrawn":
            held |= set(change.evidence)
            held -= set(change.evidence_removed)
            opened[change.task_id] = round(change.at.timestamp() * 1_000_000)
    found = sorted(Found(moment, tuple(sorted(evidence[task]))) for task, moment in opened.items())
    assert found == wanted
