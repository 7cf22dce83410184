"""The runtime as its users meet it: what is acknowledged is kept, time moves when everything is in, rules change while it runs."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from engine.events import Rejected
from streams.embedded import status
from streams.embedded.parcel import Mapped, Parcel
from streams.embedded.runtime import Runtime
from streams.store import NotKept, Store, open_store
from tests.streams.county import (
    CATALOGUE,
    LONG,
    REPEATED,
    RULES,
    WEAK,
    at,
    folded,
    good_rules,
    line,
    micros,
    published,
    restored,
    started,
    write_rules,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from streams.embedded.parcel import Receipt


class Small(sqlite3.Connection):
    """A disk whose room a test can take away."""

    def limit(self, more: int) -> None:
        """Leave room for so many more pages."""
        pages = self.execute("PRAGMA page_count").fetchone()[0]
        self.execute(f"PRAGMA max_page_count = {pages + more}")


class County:
    """A runtime that can be stopped and started again, with its clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = micros(0)
        self.rules = good_rules(write_rules(folder / "rules"))
        self.start()

    def start(self) -> None:
        """Open the store and take up the world."""
        self.store: Store = open_store(self.folder / "db", self.now, factory=Small)
        self.runtime = Runtime(self.store, self.rules, self.now)

    def restart(self) -> None:
        """Stop and start again."""
        self.store.close()
        self.start()

    def change_rules(self, rules: Mapping[str, str]) -> set[str]:
        """Have the folder hold these rules, take them up, and return which were rebuilt."""
        for path in (self.folder / "rules").iterdir():
            path.unlink()
        self.rules = good_rules(write_rules(self.folder / "rules", rules))
        return self.runtime.take_up(self.rules, self.now)

    def tell(self, *events: Mapping[str, Any] | bytes, **named: Any) -> Receipt:
        """Hand in events."""
        records = [event if isinstance(event, bytes) else line(event) for event in events]
        return self.runtime.receive([Parcel(records, **named)], self.now)[0]

    def move(self, hours: float) -> None:
        """Let time move to so many hours after the beginning."""
        self.now = micros(hours)
        self.runtime.tick(self.now)

    def told(self, after: int = 0) -> list[tuple[str, str, list[str]]]:
        """Return what was published behind a position: change, task without its hash, evidence."""
        return [
            (change["change"], change["rule"], change["evidence"]) for _, text in self.store.changes(after) for change in [json.loads(text)]
        ]


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    """Return a county at its beginning."""
    county = County(tmp_path)
    county.move(0)
    yield county
    county.store.close()


#: What a rule may look for that fewer events can only make look worse.
NEVER_ANSWERED = (
    "same: outage_id\n  not_followed_by: {event: outage.restored, within: 12 hours}\n",
    "same: transformer_area\n  not_preceded_by: {event: outage.restored, within: 20 days}\n",
    "same: outage_id\n  first_time_in: 89 days\n",
)
COUNTED = "if: not planned\n  same: transformer_area\n  count: at least 3\n  within: 10 days\n"
THREE = [started("O-1", 0), started("O-2", 1), started("O-3", 2)]


def test_three_outages_open_a_task_and_the_lines_are_kept(county: County) -> None:
    county.now = micros(2)
    assert county.tell(*THREE).accepted == 3
    assert county.told() == [
        ("opened", "repeated-outage", ["O-1", "O-2", "O-3"]),
        ("opened", "weak-area", [json.loads(published(county.store)[0])["task_id"]]),
    ]
    assert {json.loads(text)["decided_at"] for text in published(county.store)} == {"2026-03-01T02:00:00Z"}


def test_a_deadline_fires_when_time_has_moved_and_not_before(county: County) -> None:
    county.tell(started("O-1", 0))
    county.move(13.999)  # 12 hours, and 2 that a restoration may be late
    assert county.told() == []
    county.move(14)
    assert county.told() == [("opened", "long-outage", ["O-1"])]


def test_after_a_standstill_nothing_is_decided_before_what_came_meanwhile_was_read(county: County) -> None:
    county.tell(started("O-1", 0))
    county.restart()
    county.now = micros(100)
    county.tell(restored("O-1", 1))
    county.move(100)
    assert county.told() == []


def test_what_was_judged_before_a_restart_is_known_after_it(county: County) -> None:
    county.tell(*THREE)
    before = published(county.store)
    county.restart()
    assert county.tell(*THREE).accepted == 3
    assert published(county.store) == before
    assert len(list(county.store.events())) == 3
    assert county.store.counters("repeated") == {"": 3}


def test_a_finding_of_before_the_restart_can_be_taken_back_from_the_rule_that_counted_it(county: County) -> None:
    county.tell(*THREE)
    county.restart()
    county.tell({"type": "outage.retracted", "outage_id": "O-2", "retracted_at": at(3)})
    assert [told[:2] for told in county.told(2)] == [("withdrawn", "repeated-outage"), ("withdrawn", "weak-area")]
    assert folded(published(county.store)) == {}


def test_what_does_not_fit_is_kept_with_its_reason_and_place(county: County) -> None:
    receipt = county.tell(b"{broken", started("O-1", 0), {"type": "outage.startd"}, source="scada", place=lambda index: f"f:{index}")
    assert receipt.accepted == 1
    assert [index for index, _ in receipt.rejected] == [0, 2]
    kept = [(row.place, row.source, row.code, row.raw) for _, row, _ in county.store.rejected()]
    assert kept == [("f:0", "scada", "not-json", b"{broken"), ("f:2", "scada", "unknown-type", b'{"type": "outage.startd"}')]


def test_a_list_in_a_line_counts_as_its_parts(county: County) -> None:
    receipt = county.tell(b"[" + line(started("O-1", 0)) + b", 7, " + line(started("O-2", 0)) + b"]")
    assert receipt.accepted == 2
    assert [(index, why.path) for index, why in receipt.rejected] == [(0, "$[1]")]
    assert [row.id for _, row in county.store.events()] == ["O-1", "O-2"]


def test_a_cloudevent_is_known_again_after_a_restart(county: County) -> None:
    told = {"specversion": "1.0", "id": "1", "source": "scada", "type": "outage.started", "data": started("O-1", 0)}
    binary = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "scada", "ce-type": "outage.started", "content-type": "application/json"}
    county.tell(told)
    county.tell(started("O-2", 0), headers=binary)
    county.restart()
    county.tell(told)
    county.tell(started("O-2", 0), headers=binary)
    assert county.store.counters("repeated") == {"scada": 2}
    assert len(list(county.store.events())) == 2


def test_mapped_records_keep_the_event_and_rejected_ones_the_record(county: County) -> None:
    county.tell()
    good, bad = Mapped(started("O-1", 0), b"O-1;0"), Mapped({"type": "outage.started"}, b";;")
    found = Rejected(code="row", reason="too short", raw=b";")
    receipt = county.runtime.receive([Parcel([good, bad, found], "map", skipped={"a test outage": 2})], county.now)[0]
    assert (receipt.accepted, [index for index, _ in receipt.rejected]) == (1, [1, 2])
    assert [json.loads(row.raw) for _, row in county.store.events()] == [started("O-1", 0)]
    assert [row.raw for _, row, _ in county.store.rejected()] == [b";;", b";"]
    assert county.store.counters("skipped") == {"a test outage": 2}


def test_fields_that_the_catalogue_does_not_know_are_counted_by_name(county: County) -> None:
    county.tell(started("O-1", 0, colour="red"), started("O-2", 0), started("O-3", 0, colour="blue", weight=3))
    assert county.store.counters("unknown") == {"outage.started.colour": 2, "outage.started.weight": 1}


def test_late_events_are_used_and_counted_by_source(county: County) -> None:
    county.move(100)
    county.tell(started("O-1", 99.9), started("O-2", 90), source="scada")
    county.tell(started("O-3", -10_000), source="archive")
    assert [row.id for _, row in county.store.events()] == ["O-1", "O-2"]
    figures = status(county.store).sources
    assert (figures["scada"].accepted, figures["scada"].late, figures["scada"].too_old) == (2, 1, 0)
    assert (figures["archive"].accepted, figures["archive"].late, figures["archive"].too_old) == (1, 0, 1)


def test_a_rejected_record_is_accepted_once_the_catalogue_allows_it(county: County) -> None:
    county.tell({"type": "meter.read", "meter": "M-1", "read_at": at(0)})
    ((position, _, _),) = county.store.rejected(open_only=True)
    assert county.runtime.replay(position, county.now).accepted == 0
    kind = "  meter.read: {time: read_at, late_by: none, id: meter, fields: {meter: text, read_at: time}}\n"
    county.change_rules({**RULES, "catalogue.yaml": RULES["catalogue.yaml"] + kind})
    assert county.runtime.replay(position, county.now).accepted == 1
    assert list(county.store.rejected(open_only=True)) == []
    assert [row.type for _, row in county.store.events()] == ["meter.read"]


def test_on_a_full_disk_nothing_is_acknowledged_and_nothing_is_lost(county: County) -> None:
    county.tell(*THREE[:2])
    connection = county.store.connection
    assert isinstance(connection, Small)
    connection.limit(5)
    big = [started(f"P-{number}", 3, f"TA-{number}", cause="x" * 500) for number in range(2_000)]
    with pytest.raises(NotKept, match="the disk is full"):
        county.tell(THREE[2], *big)
    assert county.told() == []
    assert len(list(county.store.events())) == 2
    connection.limit(100_000)
    county.tell(THREE[2], *big)
    assert county.told()[0] == ("opened", "repeated-outage", ["O-1", "O-2", "O-3"])
    assert len(list(county.store.events())) == 2_003


def test_time_that_went_on_over_a_tick_that_was_not_kept_is_decided_later(county: County) -> None:
    county.tell(*[started(f"P-{number}", 0, f"TA-{number}") for number in range(2_000)])
    connection = county.store.connection
    assert isinstance(connection, Small)
    connection.limit(1)
    with pytest.raises(NotKept):
        county.move(20)
    assert county.told() == []
    connection.limit(100_000)
    county.move(20)
    assert len(published(county.store)) == 2_000


def test_another_sentence_keeps_what_the_rule_knows(county: County) -> None:
    county.tell(*THREE[:2])
    assert county.change_rules({**RULES, "repeated-outage.yaml": REPEATED.replace("outages in", "times dark in")}) == set()
    county.tell(THREE[2])
    assert json.loads(published(county.store)[0])["say"] == "3 times dark in TA-1"
    assert county.store.rulebook() == (county.rules.version, county.rules.packed)


def test_a_rule_test_or_a_mapping_that_changes_touches_nothing_that_runs(county: County) -> None:
    county.tell(*THREE[:2])
    world = county.runtime.world
    assert county.change_rules({**RULES, "feeds/scada.yaml": "feed: scada\n"}) == set()
    assert county.runtime.world is world
    assert county.store.rulebook() == (county.rules.version, county.rules.packed)


def test_a_source_that_has_nothing_to_tell_is_waited_for_no_longer(county: County) -> None:
    declared = "    late_by: 2 hours\n    sources: {scada: {idle_after: 3 days}}\n"
    county.change_rules({**RULES, "catalogue.yaml": RULES["catalogue.yaml"].replace("    late_by: 2 hours\n", declared)})
    county.tell(started("O-1", 0))
    county.tell({**restored("O-9", 0), "source": "scada"})
    county.move(20)
    assert county.told() == []
    county.tell(source="scada")
    county.move(20)
    assert county.told() == [("opened", "long-outage", ["O-1"])]


def test_a_rule_with_another_condition_is_rebuilt_from_kept_history_and_tells_the_difference(county: County) -> None:
    county.tell(*THREE, started("O-4", 3, planned=True), restored("O-1", 1))
    before = published(county.store)
    rebuilt = county.change_rules({**RULES, "repeated-outage.yaml": REPEATED.replace("  if: not planned\n", "")})
    assert rebuilt == {"repeated-outage", "weak-area"}
    assert county.told(len(before)) == [("updated", "repeated-outage", ["O-4"])]
    county.tell(started("O-5", 4))
    assert county.told(len(before) + 1) == [("updated", "repeated-outage", ["O-5"])]


def test_a_task_that_the_changed_rule_does_not_find_is_withdrawn(county: County) -> None:
    county.tell(*THREE)
    county.change_rules({**RULES, "repeated-outage.yaml": REPEATED.replace("if: not planned", "if: customers >= 500")})
    assert sorted(told[:2] for told in county.told(2)) == [("withdrawn", "repeated-outage"), ("withdrawn", "weak-area")]


def test_a_new_rule_finds_what_kept_history_holds(county: County) -> None:
    county.change_rules({name: text for name, text in RULES.items() if name != "long-outage.yaml"})
    county.tell(started("O-1", 0))
    county.move(50)
    assert county.told() == []
    assert county.change_rules({**RULES, "long-outage.yaml": LONG}) == {"long-outage"}
    assert county.told() == [("opened", "long-outage", ["O-1"])]


@pytest.mark.parametrize("when", NEVER_ANSWERED)
def test_a_new_rule_finds_no_absence_where_what_answered_is_no_longer_kept(county: County, when: str) -> None:
    """Starts are kept for 100 days, as a rule of 60 days reads them; restorations, which no rule reads, for 30."""
    rules = {"catalogue.yaml": CATALOGUE, "repeated-outage.yaml": REPEATED.replace("10 days", "60 days")}
    county.change_rules(rules)
    for day in range(0, 120, 5):
        county.move(day * 24)
        county.tell(started(f"O-{day}", day * 24), restored(f"O-{day}", day * 24 + 1))
    county.move(120 * 24)
    before = len(county.told())
    new = REPEATED.replace("repeated-outage", "new").replace("{count} outages in ", "").replace(COUNTED, when)
    assert county.change_rules({**rules, "new.yaml": new}) == {"new"}
    assert county.told(before) == []
    county.restart()
    county.tell(started("O-50", 50 * 24, revision=2, customers=9))
    assert [told for told in county.told(before) if told[1] == "new"] == []


def test_a_rule_that_is_gone_leaves_nothing_behind(county: County) -> None:
    county.tell(*THREE)
    county.change_rules({name: text for name, text in RULES.items() if text not in (LONG, WEAK)})
    assert {row.rule for row in county.store.watches()} == {"repeated-outage"}


def test_rows_that_another_version_wrote_are_rebuilt_at_the_start_and_nothing_is_told_twice(county: County) -> None:
    county.tell(*THREE)
    county.move(20)
    before = published(county.store)
    county.store.connection.execute("UPDATE watches SET row = x'91cd270f' WHERE rule = 'repeated-outage'")
    county.restart()
    assert published(county.store) == before
    county.tell(started("O-4", 19))
    assert county.told(len(before)) == [("updated", "repeated-outage", ["O-4"])]


def test_history_is_let_go_when_nothing_can_ask_for_it_any_more(county: County) -> None:
    county.tell(started("O-1", 0), started("O-2", 24 * 60))
    county.move(24 * 61)
    assert [row.id for _, row in county.store.events()] == ["O-2"]


def test_the_status_says_how_far_everything_is(county: County) -> None:
    county.tell(*THREE, {"type": "nonsense"}, source="scada")
    county.move(10)
    found = status(county.store)
    assert (found.reached, found.events, found.rejected, found.changes) == (micros(10), 3, 1, 2)
    assert found.rules["long-outage"].watermark == micros(8)
    assert (found.rules["long-outage"].waiting, found.rules["long-outage"].next_deadline) == (3, micros(12))
    assert found.rules["repeated-outage"].published == 1
    assert (found.sources["scada"].accepted, found.sources["scada"].rejected) == (3, 1)
