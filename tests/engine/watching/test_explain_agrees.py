"""Explaining against production: 10,000 pairs of an event and a rule, and what was said to be decisive, changed.

Production is `Watching` itself, over all keys at once. A pair fires where the engine tells something because of the event. Then each
pair is changed in the way that its account calls decisive, as a history of its own, and all of these run again.
"""

from __future__ import annotations

from functools import cache
from itertools import count as numbers
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.events import Gate, id_of, instant_of
from engine.watching import Inquiry, Past, Watching
from tests.support.books import book_of, event_of, instant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.events import Event
    from engine.language import Rulebook
    from engine.watching import Account

RULES = {
    "single": "event: outage.started\nif: [not planned, customers >= 100]\nsame: area",
    "count": "event: outage.started\nif: [not planned, customers >= 100]\nsame: area\ncount: at least 3\nwithin: 10 hours",
    "count-afresh": "event: outage.started\nif: not planned\nsame: area\ncount: at least 2\nwithin: 12 hours\nagain: counting afresh",
    "count-again": "event: outage.started\nsame: area\ncount: at least 2\nwithin: 6 hours\nagain: after 12 hours",
    "count-every": "event: outage.started\nif: customers >= 100\nsame: area\ncount: at least 2\nwithin: 12 hours\nagain: every time",
    "different": "event: complaint.received\nsame: area\ncount: at least 3 different customer\nwithin: 15 hours",
    "sum": "event: outage.started\nif: not planned\nsame: area\ncount: sum of customers at least 300\nwithin: 12 hours",
    "average": "event: outage.started\nif: not planned\nsame: area\ncount: average of customers at least 120\nwithin: 12 hours",
    "not-followed": "event: outage.started\nif: not planned\nsame: area\nnot_followed_by: {event: outage.restored, within: 5 hours}",
    "followed": "event: outage.started\nif: customers >= 100\nsame: area\nfollowed_by: {event: complaint.received, within: 5 hours}",
    "not-preceded": "event: outage.started\nif: not planned\nsame: area\nnot_preceded_by: {event: complaint.received, within: 5 hours}",
    "preceded": "event: outage.started\nif: not planned\nsame: area\npreceded_by: {event: complaint.received, within: 5 hours}",
    "ahead": "event: outage.started\nsame: area\nnot_preceded_by: {event: complaint.received, within: 12 hours, at_least: 3 hours}",
    "paired": "event: outage.started\nsame: area\nnot_followed_by: {event: outage.restored, same: [area, outage_id], within: 9 hours}",
    "more-than": "event: outage.started\nsame: area\ncount: sum of customers more than 300\nwithin: 12 hours",
    "then": "event: outage.started\nsame: area\nthen: [event: outage.restored, event: complaint.received]\nwithin: 12 hours",
    "rate": "event: outage.started\nsame: area\nrate: at least 2 times usual\nper: 6 hours",
    "first": "event: outage.started\nif: not planned\nsame: area\nfirst_time_in: 8 hours",
}
#: Rules that look back from each anchor: the last event of what they tell is the anchor that fired.
WINDOWS = {"single", "count", "count-afresh", "count-again", "count-every", "different", "sum", "more-than", "average", "rate", "first"}
PAIRS = 10_000
UNTIL = 48.0


class Record(NamedTuple):
    """An event before it is one: what can be changed."""

    kind: str
    hours: float
    id: str
    customers: int | None = None
    planned: bool = False
    customer: str = ""


class Pair(NamedTuple):
    """One history of one area, changed, and what should become of one of its events."""

    records: list[Record]
    anchor: str
    fires: bool
    why: str


@cache
def world_for(rule: str) -> tuple[Rulebook, Gate]:
    """Return the rulebook of one rule, and its gate."""
    book = book_of({rule: RULES[rule]})
    return book, Gate(book.catalogue)


def random_history(random: Random, ids: Iterable[int], *, paired: bool) -> list[Record]:
    """Return what happens in one area in a day; times are often the same, or exactly a window apart."""
    kinds = random.choices(["outage.started", "outage.restored", "complaint.received"], [6, 2, 2], k=random.randint(5, 14))
    records = [
        Record(
            kind,
            random.randint(0, 48) / 2,
            f"E{next(iter(ids)):06}",
            random.choice([20, 99, 100, 150, 400, None]),
            random.random() < 0.2,
            random.choice("abcd"),
        )
        for kind in kinds
    ]
    if not paired:
        return records
    outages = [one.id for one in records if one.kind == "outage.started"] or ["none"]
    ends = {one.id: random.choice(outages) for one in records if one.kind == "outage.restored"}
    used: set[str] = set()
    told = []
    for one in records:  # a restoration mostly is that of an outage, and each outage is restored once
        name = ends.get(one.id, one.id)
        told.append(one._replace(id=one.id if name in used else name) if one.kind == "outage.restored" else one)
        used |= {name} if one.kind == "outage.restored" else set()
    return told


def event(gate: Gate, one: Record, area: str) -> Event:
    """Return the event of a record in an area."""
    name = "complaint_id" if one.kind == "complaint.received" else "outage_id"
    fields: dict[str, Any] = {name: one.id, "area": area}
    if one.kind == "outage.started":
        fields |= {"planned": one.planned} | ({} if one.customers is None else {"customers": one.customers})
    if one.kind == "complaint.received":
        fields["customer"] = one.customer
    return event_of(gate, one.kind, one.hours, **fields)


def production(rule: str, histories: list[tuple[str, list[Record]]]) -> set[tuple[str, str]]:
    """Return (area, id) of every anchor that fires, as the engine tells it."""
    book, gate = world_for(rule)
    events = [event(gate, one, area) for area, records in histories for one in records]
    events.sort(key=lambda one: (instant_of(one), one.kind.name, id_of(one)))
    world = Watching(book, gate, history_from=instant(-1000))
    for one in events:
        world.receive(one, instant_of(one))
    world.tick(instant(UNTIL))
    told = [change for change in world.take_changes() if change.change in {"opened", "updated"}]
    return {(change.key["area"], name) for change in told for name in (change.evidence[-1:] if rule in WINDOWS else change.evidence)}


def accounts(rule: str, area: str, records: list[Record], random: Random) -> list[Account]:
    """Return what is said of every anchor of an area, whose events came in another order than they happened."""
    book, gate = world_for(rule)
    arrivals = [(event(gate, one, area), instant(one.hours + random.choice([0, 0, 0.5, 1]))) for one in records]
    arrivals.sort(key=lambda pair: pair[1])
    inquiry = Inquiry(book, gate, rule, Past(arrivals, instant(UNTIL), history_from=instant(-1000)))
    return inquiry.key((area,), most=len(records)).accounts


def changed(rule: str, records: list[Record], account: Account, random: Random) -> Pair | None:
    """Return the history with something changed that is said to be decisive, and whether the anchor must fire then."""
    here = next(one for one in records if (one.kind, one.id) == (account.event.event, account.event.id))
    failed = [line.text for line in account.conditions if not line.holds]
    holds = bool(account.clause.holds)
    if failed:
        better = here._replace(**dict(fixed(text, here) for text in failed))
        return Pair(swapped(records, better), here.id, holds, f"{failed} made true")
    if holds and account.conditions and random.random() < 0.4:
        text = random.choice(account.conditions).text
        return Pair(swapped(records, here._replace(**broken(text))), here.id, fires=False, why=f"{text} made untrue")
    if not account.clause.decisive:
        return None
    one = random.choice(account.clause.decisive)
    if one.change == "without":
        gone = set(random.sample(one.ids, one.number)) if rule not in {"different", "sum", "more-than"} else set(one.ids)
        left = [record for record in records if record.id not in gone or record.kind != (one.event or record.kind)]
        return Pair(left, here.id, not holds, f"without {sorted(gone)}")
    assert one.first is not None
    assert one.last is not None
    low, high = (instant_hours(moment) for moment in (one.first, one.last))
    fresh = [
        Record(
            one.event or "",
            random.choice([low, high, random.uniform(low, high)]),
            one.agreeing.get("outage_id", f"A{number:06}"),
            here.customers if one.amount is None else -int(-one.amount // 1),
            planned=False,
            customer=f"new{number}" if one.fresh else here.customer,
        )
        for number in range(one.number)
    ]
    names = {(new.kind, new.id) for new in fresh}
    return Pair([*(record for record in records if (record.kind, record.id) not in names), *fresh], here.id, not holds, f"with {fresh}")


def instant_hours(moment: Any) -> float:
    """Return a moment in hours after the start of all test histories."""
    return float((moment.timestamp() * 1_000_000 - instant(0)) / 3_600_000_000)


def fixed(text: str, here: Record) -> tuple[str, Any]:
    """Return the field that makes a condition true."""
    return ("planned", False) if text == "not planned" else ("customers", max(100, here.customers or 0))


def broken(text: str) -> dict[str, Any]:
    """Return the field that makes a condition untrue."""
    return {"planned": True} if text == "not planned" else {"customers": 99}


def swapped(records: list[Record], one: Record) -> list[Record]:
    """Return the records with one of them replaced."""
    return [one if (record.kind, record.id) == (one.kind, one.id) else record for record in records]


def test_explaining_agrees_with_production_and_what_it_calls_decisive_decides() -> None:
    random, ids, pairs = Random(20_260_301), numbers(), 0
    wrong: list[str] = []
    per_rule = PAIRS // len(RULES) + 1
    for rule in RULES:
        histories: list[tuple[str, list[Record]]] = []
        told: dict[tuple[str, str], Account] = {}
        while len(told) < per_rule:
            area, records = f"area-{len(histories)}", random_history(random, ids, paired=rule == "paired")
            histories.append((area, records))
            told |= {(area, one.event.id): one for one in accounts(rule, area, records, random)}
        fired = production(rule, histories)
        variants: list[tuple[str, Pair]] = []
        for (area, name), account in told.items():
            says = all(line.holds for line in account.conditions) and account.clause.holds is True
            if says != ((area, name) in fired) or (says and account.verdict not in {"opened", "counted"}):
                wrong.append(f"{rule} {area} {name}: says {says} ({account.verdict}), production {(area, name) in fired}")
            pair = changed(rule, dict(histories)[area], account, random)
            if pair is not None:
                variants.append((f"variant-{len(variants)}", pair))
        after = production(rule, [(area, [one._replace(id=f"{one.id}.{area}") for one in pair.records]) for area, pair in variants])
        wrong += [
            f"{rule}: {pair.anchor} should {'' if pair.fires else 'not '}fire {pair.why} in {sorted(pair.records, key=lambda r: r.hours)}"
            for area, pair in variants
            if ((area, f"{pair.anchor}.{area}") in after) != pair.fires
        ]
        assert len(variants) > per_rule / 3, rule
        pairs += len(told)
    assert pairs >= PAIRS
    assert not wrong, f"{len(wrong)} of {pairs}:\n" + "\n".join(line[:1000] for line in random.sample(wrong, min(8, len(wrong))))
