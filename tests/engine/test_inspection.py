"""Draws for inspection: the same for everybody who has the same events, fair, and by county and city."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Gate
from engine.inspection import COLUMNS, Draw, Item, Quota, Span, difference, draw, items_of, sheet, tasks_of, types_of
from engine.language import read_rules
from engine.places import UNPLACED
from engine.watching import Change
from streams.folder import Folder, read_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.events import Event
    from engine.language import Rulebook

HOUSE = Path(__file__).resolve().parents[2]
ZONE = "Asia/Shanghai"
DAY = 86_400_000_000


@cache
def shipped() -> Rulebook:
    """Return the rules that ship."""
    files = read_folder(HOUSE / "rules")
    assert isinstance(files, Folder)
    book = read_rules(files.files).rulebook
    assert book is not None
    return book


def cases(count: int, county: str = "linxi") -> list[Item]:
    """Return cases of a county."""
    return [Item(f"W-{county}-{number}", number * DAY, "qinghe", county) for number in range(count)]


def events(*records: dict[str, Any]) -> list[Event]:
    """Return events of the catalogue that ships."""
    gate = Gate(shipped().catalogue)
    found = [event for record in records for event in gate.decode(msgspec.json.encode({"source": "sales", **record}))]
    assert all(not hasattr(event, "reason") or hasattr(event, "kind") for event in found), found
    return found  # type: ignore[return-value]  # nothing is rejected


def entered(case: str, node: str, at: str, **more: Any) -> dict[str, Any]:
    """Return a step that was entered."""
    return {"type": "node.entered", "case_id": case, "node": node, "entered_at": f"{at}+08:00", **more}


def ids(found: Draw) -> list[tuple[str, str, list[str]]]:
    """Return what was drawn: level, place and numbers."""
    return [(one.level, one.place, [each.id for each in one.drawn]) for one in found.strata]


@given(st.permutations(cases(12) + cases(9, "donghe")), st.text(min_size=1, max_size=8))
def test_the_order_in_which_things_are_known_decides_nothing(shuffled: Sequence[Item], seed: str) -> None:
    known = cases(12) + cases(9, "donghe")
    assert draw("connections", shuffled, seed, Quota(2, 3), ZONE) == draw("connections", known, seed, Quota(2, 3), ZONE)


def test_each_county_and_each_city_draws_by_itself_from_all_that_it_has() -> None:
    found = draw("complaints", cases(30) + cases(2, "donghe"), "2026-03", Quota(3, 4), ZONE)
    assert [(one.level, one.place, one.population, len(one.drawn)) for one in found.strata] == [
        ("county", "donghe", 2, 2),
        ("county", "linxi", 30, 3),
        ("city", "qinghe", 32, 4),
    ]
    alone = draw("complaints", cases(30), "2026-03", Quota(3, 4), ZONE)
    assert ids(alone)[0] == ids(found)[1], "what another county has changes nothing here"


def test_anybody_can_compute_the_number_that_decides() -> None:
    found = draw("connections", cases(5), "2026-03", Quota(1, 0), ZONE)
    (first,) = found.strata[0].drawn
    numbers = {one.id: blake2b(f"2026-03\ncounty\nlinxi\nconnections\n{one.id}\n".encode(), digest_size=8).hexdigest() for one in cases(5)}
    assert first.id == min(numbers, key=lambda name: numbers[name])
    assert first.number == numbers[first.id]


def test_over_many_seeds_each_is_drawn_about_equally_often() -> None:
    counts = Counter(draw("tasks", cases(10), str(seed), Quota(2, 0), ZONE).strata[0].drawn[0].id for seed in range(2_000))
    assert set(counts) == {one.id for one in cases(10)}
    assert max(counts.values()) - min(counts.values()) < 120, counts


def test_one_thing_more_takes_the_place_of_at_most_one() -> None:
    before = draw("connections", cases(40), "s", Quota(5, 5), ZONE)
    after = draw("connections", cases(41), "s", Quota(5, 5), ZONE)
    assert difference(before, before) == []
    for one in difference(before, after):
        assert one.population == (40, 41)
        assert len(one.missing) == len(one.added) <= 1


def test_a_case_is_drawn_once_however_many_steps_it_has() -> None:
    told = events(
        entered("W-1", "受理", "2026-03-02T08:00:00", transformer_area="TA-7"),
        entered("W-1", "收费", "2026-03-03T08:00:00", transformer_area="TA-7", unit="chengguan", person="li-na"),
        entered("W-2", "受理", "2026-03-02T09:00:00", transformer_area="TA-30"),
    )
    one, other = items_of("connections", told, shipped().places)
    assert (one.id, one.about, one.county, one.city, one.unit, one.person) == ("W-1", "受理、收费", "linxi", "qinghe", "chengguan", "li-na")
    assert (other.id, other.county, other.unit) == ("W-2", "donghe", "donghe-town")


def test_a_complaint_that_was_corrected_or_taken_back_counts_as_it_stands() -> None:
    first = {"type": "complaint.received", "complaint_id": "C-1", "customer": "K-1", "topic": "停电", "channel": "95598"}
    other = {**first, "complaint_id": "C-2", "received_at": "2026-03-04T08:00:00+08:00"}
    told = events(
        {**first, "received_at": "2026-03-02T08:00:00+08:00", "revision": 1},
        {**first, "received_at": "2026-03-02T08:00:00+08:00", "revision": 2, "topic": "电压低", "county": "donghe"},
        other,
        {"type": "complaint.retracted", "complaint_id": "C-2", "retracted_at": "2026-04-09T08:00:00+08:00"},
    )
    (found,) = items_of("complaints", told, shipped().places)
    assert (found.id, found.about, found.county) == ("C-1", "电压低", "donghe")
    assert types_of("complaints", shipped().catalogue) == {"complaint.received", "complaint.retracted"}


def test_the_end_of_a_time_does_not_belong_to_it() -> None:
    told = events(entered("W-1", "受理", "2026-03-01T00:00:00"), entered("W-2", "受理", "2026-04-01T00:00:00"))
    march = Span(instant("2026-02-28T16:00:00"), instant("2026-03-31T16:00:00"))
    assert [(one.id, one.county, one.unit) for one in items_of("connections", told, None, march)] == [("W-1", UNPLACED, None)]


def instant(text: str) -> int:
    """Return a time in UTC as microseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000_000)


def change(kind: str, task: str, key: dict[str, str], unit: str | None) -> Change:
    """Return a line of the task feed."""
    told = {"change": kind, "task_id": task, "rule": "long-outage", "rule_version": "1", "key": key, "evidence": [], "say": "停电"}
    times = {"at": "2026-03-02T08:00:00Z", "decided_at": "2026-03-02T08:00:00Z", "due": "2026-03-09T08:00:00Z"}
    return msgspec.convert({**told, **times, "severity": "major", "to": {"role": "area-manager", "unit": unit}}, Change)


def test_a_task_lies_where_its_key_does_or_else_its_unit() -> None:
    changes = [
        change("opened", "T-1", {"transformer_area": "TA-30"}, "donghe-town"),
        change("opened", "T-2", {"finding_id": "I-1"}, "hongling"),
        change("opened", "T-3", {"transformer_area": "TA-7"}, None),
        change("withdrawn", "T-3", {"transformer_area": "TA-7"}, None),
        change("opened", "T-4", {"finding_id": "I-2"}, "qinghe-service"),
    ]
    found = [(one.id, one.county, one.city) for one in tasks_of(changes, shipped().places)]
    assert found == [("T-1", "donghe", "qinghe"), ("T-2", "linxi", "qinghe"), ("T-4", UNPLACED, "qinghe")]


def test_the_sheet_has_a_row_for_each_thing_drawn() -> None:
    found = draw("connections", cases(3), "2026-03", Quota(2, 1), ZONE)
    rows = list(csv.reader(sheet(found, "Q1").splitlines()))
    assert rows[0] == list(COLUMNS)
    assert [row[:6] for row in rows[1:]] == [
        ["Q1", level, place, "linxi", "业扩", one]
        for level, place, those in [("县", *ids(found)[0][1:]), ("市", *ids(found)[1][1:])]
        for one in those
    ]
