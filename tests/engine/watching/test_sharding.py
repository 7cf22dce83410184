"""Rules judged in many places find what they find in one: whatever is late, corrected, taken back, or counted from other rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from engine.events import Gate
from engine.language import read_rules, reads_of
from engine.watching import Part, Sharding, Watching, encode_change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.events import Event
    from engine.language import Rulebook
    from engine.watching import Group

START = datetime(2026, 1, 1, tzinfo=UTC)
CATALOGUE = """
time_zone: UTC
events:
  outage.started:
    time: at
    late_by: 2 hours
    id: outage_id
    revision: revision
    fields: {outage_id: text, area: text, district: text, at: time, planned: yes/no, revision: "whole number, may be missing"}
  outage.restored:
    time: at
    late_by: 2 hours
    id: outage_id
    fields: {outage_id: text, at: time}
  outage.retracted:
    time: at
    late_by: 1 day
    id: outage_id
    retracts: outage.started
    fields: {outage_id: text, at: time}
  notice.given:
    time: at
    late_by: 2 hours
    id: notice_id
    fields: {notice_id: text, district: text, at: time}
"""
TASK = 'task: {severity: minor, to: area-manager, due: 5 days, say: "x"}'
RULE = "rule: {name}\ntitle: t\nowner: o\nstatus: live\nreason: r\nwhen:\n{when}\n" + TASK.replace("{", "{{").replace("}", "}}")
RULES = {
    "catalogue.yaml": CATALOGUE,
    "repeated.yaml": RULE.format(
        name="repeated",
        when="  event: outage.started\n  if: not planned\n  same: [area, district]\n  count: at least 2\n  within: 3 days",
    ),
    "often.yaml": RULE.format(
        name="often",
        when="  event: outage.started\n  same: [area, district]\n  count: at least 3\n  within: 3 days\n  covered_by: repeated",
    ),
    "long.yaml": RULE.format(
        name="long",
        when="  event: outage.started\n  same: outage_id\n  not_followed_by: {event: outage.restored, within: 12 hours}",
    ),
    "weak.yaml": RULE.format(name="weak", when="  event: finding.repeated\n  same: district\n  count: at least 2\n  within: 5 days"),
    "unannounced.yaml": RULE.format(
        name="unannounced",
        when="  event: outage.started\n  if: planned\n  same: [area, district]\n"
        "  not_preceded_by: {event: notice.given, same: district, within: 2 days}",
    ),
}


def rules() -> tuple[Rulebook, Gate]:
    """Return the rules of these tests."""
    found = read_rules(RULES)
    assert found.rulebook, [str(problem) for problem in found.problems]
    return found.rulebook, Gate(found.rulebook.catalogue, reads_of(found.rulebook))


BOOK, GATE = rules()
#: Time stands still here until everything is in, as it does in both runtimes.
BEGINNING = -2_208_988_800_000_000


def begun(book: Rulebook, part: Part | None = None) -> Watching:
    """Return an empty world."""
    world = Watching(book, GATE, part=part)
    world.progress.load([BEGINNING, BEGINNING, []])
    return world


class Many:
    """As many worlds as there are places and groups; findings go from one to the other as events do."""

    def __init__(self, places: int) -> None:
        self.sharding = Sharding(BOOK, GATE)
        self.places = places
        self.worlds = {
            (place, number): begun(self.sharding.book(group), self.part(place, group))
            for place in range(places)
            for number, group in enumerate(self.sharding.groups)
        }

    def part(self, place: int, group: Group) -> Part:
        """Return what the world of one place and group knows of the others."""
        return Part(lambda event: self.place(self.sharding.key(group, event)) == place, group.tells)

    def place(self, key: str | None) -> int:
        """Return where a key is judged."""
        return sum(key.encode()) % self.places if key is not None else -1

    def send(self, event: Event, *, stands: bool | None = None) -> None:
        """Take an event, or a finding, wherever it has to go."""
        for number, key in self.sharding.ways(event):
            for place in range(self.places) if key is None else [self.place(key)]:
                world = self.worlds[place, number]
                if stands is None:
                    world.receive(event, world.now)
                else:
                    world.count(event, stands=stands)
                self.pass_on(world)

    def pass_on(self, world: Watching) -> None:
        """Hand findings to those who wait for them."""
        for event, stands in world.take_findings():
            self.send(event, stands=stands)

    def tick(self, now: int) -> None:
        """Let time move everywhere."""
        for world in self.worlds.values():
            world.tick(now)
            self.pass_on(world)

    def changes(self) -> Iterable[Any]:
        """Return everything that was told."""
        return [change for world in self.worlds.values() for change in world.take_changes()]


def folded(changes: Iterable[Any]) -> dict[str, Any]:
    """Return the tasks that changes come to."""
    tasks: dict[str, Any] = {}
    for change in [json.loads(encode_change(change)) for change in changes]:
        held = set(tasks.get(change["task_id"], {}).get("evidence", ())) - set(change.get("evidence_removed", ()))
        tasks[change["task_id"]] = {
            "evidence": sorted(held | set(change["evidence"])),
            "state": "ended" if change["change"] == "ended" else "stands",
            "key": change["key"],
        }
        if change["change"] == "withdrawn":
            del tasks[change["task_id"]]
    return tasks


def written(kind: str, hours: int, number: int, area: int, more: dict[str, Any]) -> dict[str, Any]:
    """Return one event as it comes over the wire."""
    at = (START + timedelta(hours=hours)).isoformat()
    name = "notice_id" if kind == "notice.given" else "outage_id"
    found = {"type": kind, name: f"{kind[0]}{number}", "at": at, **more}
    if kind == "outage.started":
        found |= {"area": f"a{area}", "district": f"d{area % 2}"}
    if kind == "notice.given":
        found["district"] = f"d{area % 2}"
    return found


STARTED = st.builds(
    written,
    st.just("outage.started"),
    st.integers(0, 200),
    st.integers(0, 12),
    st.integers(0, 3),
    st.fixed_dictionaries({"planned": st.booleans()}, optional={"revision": st.integers(1, 3)}),
)
OTHERS = st.builds(
    written,
    st.sampled_from(["outage.restored", "outage.retracted", "notice.given"]),
    st.integers(0, 200),
    st.integers(0, 12),
    st.integers(0, 3),
    st.just({}),
)


def same_key_without_a_revision(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the history without tellings that differ from an earlier one of the same event and do not say their revision."""
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    kept = []
    for event in history:
        name = (event["type"], event.get("outage_id") or event.get("notice_id", ""))
        if name in seen and "revision" not in event and event != seen[name]:
            continue
        seen.setdefault(name, event)
        kept.append(event)
    return kept


@given(st.lists(STARTED | STARTED | OTHERS, max_size=40), st.integers(1, 5))
def test_many_places_find_what_one_place_finds(history: list[dict[str, Any]], places: int) -> None:
    events = [GATE.decode(json.dumps(event).encode())[0] for event in same_key_without_a_revision(history)]
    end = int((START + timedelta(hours=300)).timestamp() * 1_000_000)
    one, many = begun(BOOK), Many(places)
    for event in events:
        one.receive(event, one.now)  # type: ignore[arg-type] # none is rejected
        many.send(event)  # type: ignore[arg-type] # as above
    one.tick(end)
    many.tick(end)
    assert folded(many.changes()) == folded(one.take_changes())


def test_rules_stand_in_groups_by_what_all_their_parts_share() -> None:
    groups = Sharding(BOOK, GATE).groups
    assert [(group.fields, group.rules, sorted(group.tells), group.level) for group in groups] == [
        (("area", "district"), ("often", "repeated"), ["finding.repeated"], 0),
        (("district",), ("unannounced", "weak"), [], 1),
        (("outage_id",), ("long",), [], 0),
    ]


def test_groups_never_wait_for_each_other() -> None:
    """Where two keys count each other's findings, rules of one key stand in a group for each level."""
    more = {
        "weak-areas.yaml": RULE.format(
            name="weak-areas", when="  event: finding.by-district\n  same: area\n  count: at least 2\n  within: 5 days"
        ),
        "by-district.yaml": RULE.format(
            name="by-district", when="  event: finding.by-area\n  same: [district, area]\n  count: at least 2\n  within: 5 days"
        ),
        "by-area.yaml": RULE.format(
            name="by-area", when="  event: outage.started\n  same: [area, district]\n  count: at least 2\n  within: 5 days"
        ),
        "areas.yaml": RULE.format(name="areas", when="  event: finding.weak-areas\n  same: area\n  count: at least 1\n  within: 1 day"),
        "back.yaml": RULE.format(
            name="back", when="  event: finding.narrow\n  same: [area, district]\n  count: at least 1\n  within: 1 day"
        ),
        "narrow.yaml": RULE.format(
            name="narrow", when="  event: finding.by-area\n  same: [district, area]\n  count: at least 1\n  within: 1 day"
        ),
    }
    found = read_rules({**RULES, **more})
    assert found.rulebook, [str(problem) for problem in found.problems]
    groups = Sharding(found.rulebook, Gate(found.rulebook.catalogue, reads_of(found.rulebook))).groups
    for group in groups:
        lower = {name for other in groups if other.level < group.level for name in other.tells}
        foreign = {name for other in groups if other is not group for name in other.tells}
        read = {event for name in group.rules for event in found.rulebook.rules[name].anchor.events}
        assert read & foreign <= lower


def test_an_event_goes_where_its_values_say_and_what_takes_back_goes_everywhere() -> None:
    sharding = Sharding(BOOK, GATE)
    started = written("outage.started", 1, 1, 3, {"planned": False})
    (event,) = GATE.decode(json.dumps(started).encode())
    (again,) = GATE.decode(json.dumps(started | {"revision": 2}).encode())
    (gone,) = GATE.decode(json.dumps(written("outage.retracted", 1, 1, 0, {})).encode())
    assert sharding.ways(event) == [(0, "a3\x1fd1"), (1, "d1"), (2, "o1")]  # type: ignore[arg-type] # none is rejected
    assert sharding.ways(again) == [(0, None), (1, None), (2, None)]  # type: ignore[arg-type] # as above
    assert sharding.ways(gone) == [(0, None), (1, None), (2, None)]  # type: ignore[arg-type] # as above
