"""A typhoon: five hundred tasks in an evening, one explanation for all of them, and nothing lost under the umbrella."""

from __future__ import annotations

from collections import Counter

from engine.casework import Moved, Task
from engine.watching.finding import Addressee
from tests.support.casework import Desk, at, finding, moment, shown

MINUTE = 60_000_000
RUNG_3 = ("alert.l3", "clearly.rung.claimed.v1")


def outage(desk: Desk, number: int, now: int, severity: str = "minor") -> None:
    """One more transformer area is found."""
    desk.world.receive(
        finding(
            "2026-03-02 10:00",
            task_id=f"repeated-outage-{number}",
            key={"transformer_area": f"TA-{number}"},
            evidence=[f"o{number}"],
            severity=severity,
            at=moment("2026-03-02 18:00"),
            decided_at=moment("2026-03-02 18:00"),
            to=Addressee("area-manager", ("chengguan", "hongling")[number % 2], None),
        ),
        now,
    )
    desk.take()


def typhoon(count: int = 500) -> Desk:
    """The tasks of an evening, one every twenty seconds; every fiftieth is a serious one that is never held back."""
    desk = Desk()
    for number in range(count):
        outage(desk, number, at("2026-03-02 18:00") + number * MINUTE // 3, "serious" if number % 50 == 49 else "minor")
    return desk


def umbrella(desk: Desk) -> Task:
    return next(task for task in desk.world.tasks.values() if task.rule == "storm")


def states(desk: Desk) -> Counter[str]:
    return Counter(task.state for task in desk.world.tasks.values() if task.rule != "storm")


def test_five_hundred_tasks_make_one_umbrella_and_the_serious_ones_go_through() -> None:
    desk = typhoon()
    assert states(desk) == {"CANDIDATE": 490, "ISSUED": 10}
    assert umbrella(desk).state == "ISSUED"
    assert (umbrella(desk).unit, umbrella(desk).person) == ("linxi", "ma.chao")
    assert [one.subject for one in desk.published if (one.topic, one.type) == RUNG_3].count(umbrella(desk).id) == 1
    held = [task for task in desk.world.tasks.values() if task.parents]
    assert len(held) == 490
    assert all(task.parents == (umbrella(desk).id,) and not task.urgent for task in held)


def test_when_the_storm_is_over_its_children_are_taken_in_by_name() -> None:
    desk = typhoon()
    desk.wait("2026-03-02 21:30")
    assert states(desk) == {"MERGED": 490, "ISSUED": 10}
    assert len(umbrella(desk).children) == 490
    assert {"o0", "o498"} <= umbrella(desk).evidence.keys()
    [told] = [one for one in desk.published if one.topic == "digest"]
    assert (told.body["suppressed_count"], told.body["absorbed"], told.body["released"]) == (490, 490, 0)
    assert told.body["top"]["units"] == {"chengguan": 250, "hongling": 240}
    assert shown(told.time) == "2026-03-02 20:55"
    desk.check()


def test_alerts_of_the_umbrella_say_how_many_wait_under_it() -> None:
    desk = typhoon(60)
    desk.wait("2026-03-02 18:20")
    outage(desk, 1000, at("2026-03-02 18:21"))
    assert desk.say("2026-03-02 18:22", "cao.ying", "escalate", "it grows", task=umbrella(desk).id)
    last = [one for one in desk.published if one.subject == umbrella(desk).id][-1]
    assert (last.topic, last.body["suppressed_count"], last.body["top"]["rules"]) == ("alert.l4", 60, {"repeated-outage": 60})


def test_below_the_number_nothing_is_held() -> None:
    desk = typhoon(10)
    assert not [task for task in desk.world.tasks.values() if task.rule == "storm" or task.parents]


def test_what_is_late_before_the_storm_stays_late() -> None:
    desk = Desk()
    outage(desk, 900, at("2026-02-20 10:00"))
    desk.wait("2026-03-02 17:00")
    late = desk.task()
    assert late.is_late
    for number in range(20):
        outage(desk, number, at("2026-03-02 18:00") + number * MINUTE // 3)
    assert desk.task(late.id).parents == ()


def test_a_cancelled_umbrella_lets_its_children_go_and_they_stand_up_again() -> None:
    desk = typhoon(30)
    desk.wait("2026-03-02 21:00")
    assert states(desk) == {"MERGED": 30}
    name = umbrella(desk).id
    for actor, when in (("cao.ying", "2026-03-03 09:00"), ("guo.ping", "2026-03-03 09:01")):
        outcome = desk.say(when, actor, "cancel", "not one storm but many faults", task=name, code="wrong-group")
        assert isinstance(outcome, Moved)
    assert states(desk) == {"ISSUED": 30}
    assert {entry.data["row"] for entry in desk.entries if entry.event == "R.orphan"} == {50}
    desk.check()


def test_an_umbrella_that_is_cancelled_in_the_storm_releases_who_waits() -> None:
    desk = typhoon(30)
    name = umbrella(desk).id
    for actor, when in (("cao.ying", "2026-03-02 18:11"), ("guo.ping", "2026-03-02 18:12")):
        desk.say(when, actor, "cancel", "no storm", task=name, code="wrong-group")
    desk.wait("2026-03-02 18:42")
    assert states(desk) == {"ISSUED": 30}


def test_a_storm_survives_a_restart() -> None:
    plain, crashed = Desk(), Desk()
    for number in range(60):
        for desk in (plain, crashed):
            outage(desk, number, at("2026-03-02 18:00") + number * MINUTE // 3)
        crashed.crash()
    for desk in (plain, crashed):
        desk.wait("2026-03-03 12:00")
    assert crashed.entries == plain.entries
    assert crashed.published == plain.published


def test_at_every_instant_each_task_is_issued_cancelled_merged_or_waiting() -> None:
    desk = Desk()
    for number in range(120):
        outage(desk, number, at("2026-03-02 18:00") + number * 20 * MINUTE // 60, "major" if number % 7 == 0 else "minor")
        made = {entry.task_id for entry in desk.entries if entry.seq == 1}
        counted = states(desk)
        assert sum(counted.values()) + len([one for one in desk.world.tasks.values() if one.rule == "storm"]) == len(made)
        storming = {storm.umbrella for storm in desk.world.storms.areas.values()}
        assert all(set(task.parents) <= storming for task in desk.world.tasks.values())
    desk.wait("2026-03-04 12:00")
    assert not [task for task in desk.world.tasks.values() if task.parents]
    desk.check()
