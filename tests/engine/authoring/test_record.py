"""What each rule has told, out of the lines that were published."""

from __future__ import annotations

from engine.authoring import records
from engine.events import Gate, micros
from tests.support.books import at, book_of, event_of, run

RULES = {
    "one": "event: outage.started\nsame: outage_id",
    "two": "event: outage.started\nif: customers >= 500\nsame: area",
    "many": "event: outage.started\nsame: area\ncount: at least 2\nwithin: 5 hours",
}


def test_a_rule_that_only_repeats_another_is_found() -> None:
    book = book_of(RULES)
    gate = Gate(book.catalogue)
    hours = {0: 900, 10: 900, 12: 900, 30: 5}
    events = [
        (float(hour), event_of(gate, "outage.started", hour, outage_id=f"O-{hour}", area="A", planned=False, customers=customers))
        for hour, customers in hours.items()
    ]
    found = records(run(book, gate, events, until=40))
    assert {name: (one.opened, len(one.standing), one.always_with) for name, one in found.items()} == {
        "one": (4, 0, []),
        "two": (3, 0, ["one"]),
        "many": (1, 0, []),  # too few to say
    }
    assert found["two"].last == micros(at(12))


def test_a_task_stands_until_it_ends_and_a_withdrawn_one_never_was() -> None:
    book = book_of({"many": RULES["many"]})
    gate = Gate(book.catalogue)
    events = [(float(n), event_of(gate, "outage.started", n, outage_id=f"O-{n}", area="A", planned=False)) for n in (0, 1)]
    assert len(records(run(book, gate, events, until=2))["many"].standing) == 1
    events.append((2.0, event_of(gate, "outage.retracted", 2, outage_id="O-0")))
    record = records(run(book, gate, events, until=3))["many"]
    assert (record.opened, len(record.standing)) == (0, 0)
