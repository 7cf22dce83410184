"""The same fact told again: duplicates, corrections and withdrawals are told apart by identity and content alone."""

from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.events import Event, Gate, content_of, identity_of, retracted_by, revision_of, same_content, wins
from tests.support.catalogues import small
from tests.support.strategies import events_of

GATE = Gate(small())
STARTED = {
    "type": "outage.started",
    "outage_id": "O-1",
    "started_at": "2026-03-01T08:00:00+08:00",
    "transformer_area": "TA-7",
    "customers": 120,
    "planned": False,
    "source": "oms",
}


def told(**changes: Any) -> Event:
    """Return one telling of the outage."""
    event = GATE.convert({**STARTED, **changes})
    assert isinstance(event, Event), str(event)
    return event


def test_type_source_and_id_tell_one_fact_from_another() -> None:
    assert identity_of(told()) == ("outage.started", "oms", "O-1")
    assert identity_of(told(customers=7)) == identity_of(told())
    assert identity_of(told(source="scada")) != identity_of(told())
    assert identity_of(told(outage_id="O-2")) != identity_of(told())


def test_a_fact_told_again_is_the_same_whenever_it_comes_and_in_whatever_offset() -> None:
    again = told(started_at="2026-03-01T00:00:00Z", arrived="2026-03-02T00:00:00Z")

    assert same_content(told(), again)
    assert content_of(told()) == content_of(again)
    assert not wins(again, told())
    assert not wins(told(), again)


def test_content_has_the_same_hash_on_every_machine() -> None:
    """State that was saved by one process is read by another."""
    assert content_of(told()).hex() == "7eb2b74e7b8f42012564812191d616ac"


def test_the_higher_revision_holds_and_any_holds_over_none() -> None:
    none, first, second = told(customers=1), told(customers=2, revision=1), told(customers=3, revision=2)

    assert [revision_of(one) for one in (none, first, second)] == [None, 1, 2]
    assert wins(first, none)
    assert wins(second, first)
    assert wins(second, none)
    assert not wins(none, first)
    assert not wins(first, second)
    assert wins(told(revision=-1), none)


def test_without_a_revision_one_of_two_contents_holds_whichever_came_first() -> None:
    one, other = told(customers=1), told(customers=2)

    assert wins(one, other) != wins(other, one)


def test_a_withdrawal_names_the_fact_it_withdraws_whether_or_not_that_has_come() -> None:
    withdrawal = GATE.convert({"type": "outage.retracted", "outage_id": "O-1", "retracted_at": "2026-03-01T09:00:00Z", "source": "oms"})

    assert isinstance(withdrawal, Event)
    assert retracted_by(withdrawal) == (identity_of(told()),)
    assert retracted_by(told()) == ()


tellings = st.lists(events_of(small(), "outage.started"), min_size=2, max_size=5)


@given(tellings)
def test_of_any_tellings_of_a_fact_the_same_one_holds_in_every_order(records: list[dict[str, Any]]) -> None:
    events = [GATE.convert({**record, "outage_id": "O-1", "source": "oms"}) for record in records]
    kept = set()
    for order in itertools.permutations(events):
        held = order[0]
        for event in order[1:]:
            assert isinstance(held, Event)
            assert isinstance(event, Event)
            held = event if wins(event, held) else held
        assert isinstance(held, Event)
        kept.add(content_of(held))
    assert len(kept) == 1


@given(events_of(small(), "outage.started"), events_of(small(), "outage.started"))
def test_content_and_its_hash_agree(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = GATE.convert(one), GATE.convert({**other, "outage_id": one["outage_id"]})
    assert isinstance(first, Event)
    assert isinstance(second, Event)

    assert same_content(first, second) == (content_of(first) == content_of(second))
    (decoded,) = GATE.decode(json.dumps(one).encode())
    assert isinstance(decoded, Event)
    assert content_of(decoded) == content_of(first)
