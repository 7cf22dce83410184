"""What must hold of tasks: it holds through whole stories, and each check notices when it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from engine.casework import Broken, broken
from engine.casework.formwords import PHRASES
from engine.casework.invariants import LAGGING, WORDS
from tests.support.casework import Desk, Staff, at, finding

if TYPE_CHECKING:
    from engine.casework import Entry, Publication, Task


class Nobody(Staff):
    """An organisation that knows nobody."""

    def known(self, actor: str, at: int) -> bool:
        return False

    def known_unit(self, unit: str, at: int) -> bool:
        return False


def silent() -> Desk:
    """Return an office in which nobody answered for three weeks."""
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.wait("2026-03-26 08:00")
    return desk


def busy() -> Desk:
    """Return an office in which much happened."""
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-04 11:00", "zhang.wei", "ack")
    desk.say("2026-03-05 16:00", "sun.jie", "submit_explanation", fields={"cause": "树障"}, evidence=("photo-1",))
    desk.say("2026-03-06 09:00", "cao.ying", "accept")
    desk.find("2026-03-20 10:00", task_id="repeated-outage-2", evidence=["o9"])
    desk.find("2026-03-20 11:00", task_id="other-1", key={"transformer_area": "TA-8"}, severity="serious")
    desk.say("2026-03-20 12:00", "cao.ying", "pause", "等待停电许可", code="permit", until=at("2026-03-24 09:00"))
    desk.find("2026-03-23 11:00", task_id="other-2", key={"transformer_area": "TA-9"}, to=finding("2026-03-23").to)
    desk.say("2026-03-23 12:00", "sun.jie", "appeal", "用户设备", grounds="not-ours")
    desk.wait("2026-04-20 09:00")
    return desk


def found(desk: Desk, **changed: Any) -> list[Broken]:
    """Return what does not hold in an office, with some of it changed."""
    tasks: dict[str, Task] = changed.get("tasks", desk.world.tasks)
    entries: list[Entry] = changed.get("entries", desk.entries)
    published: list[Publication] = changed.get("published", desk.published)
    return list(broken(tasks, entries, published=published, people=changed.get("people", Staff())))


@pytest.mark.parametrize("story", [silent, busy])
def test_everything_holds_through_a_story(story: Any) -> None:
    assert found(story()) == []


def test_everything_holds_after_every_step_of_a_story() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    for day in range(3, 27):
        desk.wait(f"2026-03-{day:02} 08:45")
        assert found(desk) == []


def test_a_timer_that_is_gone_or_strange_is_noticed() -> None:
    desk = silent()
    desk.find("2026-03-26 09:00", task_id="other-1", key={"transformer_area": "TA-8"})
    desk.wait("2026-03-26 10:00")
    name = desk.task().id
    task = desk.world.tasks[name]
    assert [one.number for one in found(desk, tasks={**desk.world.tasks, name: replace(task, timers={})})] == [1, 6]
    late = replace(task.timers["T.ack"], due=task.timers["T.ack"].due + 1)
    told = found(desk, tasks={**desk.world.tasks, name: replace(task, timers={**task.timers, "T.ack": late})})
    assert [one.number for one in told] == [1, 6]
    assert "T.ack is armed for" in str(told[0])
    strange = found(desk, tasks={**desk.world.tasks, name: replace(task, timers={**task.timers, "T.review": late})})
    assert strange[0].detail == "T.review is armed in ISSUED"
    owing_nothing = found(desk, tasks={**desk.world.tasks, name: replace(task, timers={}, clocks={})})
    assert "ISSUED and nothing is owed" in {one.detail for one in owing_nothing}


def test_a_broken_chain_is_noticed() -> None:
    desk = silent()
    entries = [replace(one, reason="x") if one.seq == 2 else one for one in desk.entries]
    assert found(desk, entries=entries) == [Broken(2, desk.task().id, f"record 2 of {desk.task().id} was changed")]


def test_a_rung_without_its_alert_with_two_or_claimed_twice_is_noticed() -> None:
    desk = silent()
    third = next(one for one in desk.published if one.topic == "alert.l3")
    lost = [one for one in desk.published if one is not third]
    name = desk.task().id
    assert found(desk, published=lost) == [Broken(3, name, f"rung 3, claimed by record {third.seq}, has 0 alerts")]
    assert found(desk, published=[*desk.published, third]) == [Broken(3, name, f"rung 3, claimed by record {third.seq}, has 2 alerts")]
    strange = replace(third, seq=2)
    assert found(desk, published=[*desk.published, strange]) == [
        Broken(3, name, "record 2 has an alert of rung 3, which it does not claim")
    ]
    again = next(one for one in desk.entries if one.data.get("rung") == 3)
    told = found(desk, entries=[*desk.entries, again])
    assert Broken(3, name, "rung 3 of cycle 1 was claimed 2 times") in told


def test_a_task_that_is_gone_or_came_from_nowhere_is_noticed() -> None:
    desk = silent()
    name = desk.task().id
    assert found(desk, tasks={}) == [Broken(4, name, "its journal says ISSUED, and it is gone")]
    stranger = replace(desk.task(), id="stranger")
    assert found(desk, tasks={**desk.world.tasks, "stranger": stranger}) == [Broken(4, "stranger", "no journal tells of it")]


def test_a_unit_or_person_whom_nobody_knows_is_noticed() -> None:
    desk = silent()
    name = desk.task().id
    assert found(desk, people=Nobody()) == [Broken(5, name, "unit 'chengguan'"), Broken(5, name, "person 'zhang.wei'")]
    assert broken(desk.world.tasks, desk.entries) == ()


def explained() -> Desk:
    """Return an office in which an explanation was handed in and accepted."""
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-02 11:00", "zhang.wei", "ack")
    desk.say("2026-03-02 16:00", "sun.jie", "submit_explanation", fields={"cause": "树障"}, evidence=("photo-1",))
    desk.say("2026-03-03 09:00", "cao.ying", "accept")
    return desk


def acting(desk: Desk, seq: int, **changed: Any) -> list[str]:
    """Return what is found of people where an entry says something else about who acted."""
    entries = [replace(one, **changed) if one.seq == seq else one for one in desk.entries]
    return [one.detail for one in found(desk, entries=entries) if one.number == 5]


def test_whoever_acted_must_have_been_somebody_who_may() -> None:
    desk = explained()
    assert [(one.seq, one.event, one.actor) for one in desk.entries[-3:]] == [
        (3, "C.ack", "zhang.wei"),
        (4, "C.submit_explanation", "sun.jie"),
        (5, "C.accept", "cao.ying"),
    ]
    assert found(desk) == []
    assert acting(desk, 3, actor="zhao.si") == ["record 3: nobody is called 'zhao.si'"]
    assert acting(desk, 3, actor="wu.gang") == ["record 3: wu.gang is not UNIT_DUTY of chengguan"]
    assert acting(desk, 4, actor="zhang.wei", role="UNIT_DUTY") == ["record 4: zhang.wei acted as UNIT_DUTY"]
    assert acting(desk, 5, actor="sun.jie", role="UNIT_LEAD") == [
        "record 5: sun.jie acted as UNIT_LEAD",
        "record 5: sun.jie judged what sun.jie wrote",
    ]


def test_what_takes_two_was_said_by_two() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-02 11:00", "zhang.wei", "ack")
    for actor in ("cao.ying", "guo.ping"):
        desk.say("2026-03-03 09:00", actor, "cancel", "误报", code="false-alarm")
    last = desk.entries[-1]
    assert (last.kind, last.data["with"]["actor"], found(desk)) == ("task.cancelled", "cao.ying", [])
    alone = {**last.data, "with": {**last.data["with"], "actor": "guo.ping"}}
    assert acting(desk, last.seq, data=alone) == [f"record {last.seq}: it takes two people"]


def test_who_acted_is_judged_as_of_then_and_once() -> None:
    desk = explained()
    name = desk.task().id
    entries = [replace(one, actor="zhao.si") if one.seq == 3 else one for one in desk.entries]
    told = broken(desk.world.tasks, entries, people=Staff(), judged={name: 3})
    assert [one.number for one in told] == [2]  # the chain says so anyhow
    assert [one.number for one in broken(desk.world.tasks, entries, people=Staff(), judged={name: 2})] == [2, 5]


def test_a_task_that_is_not_what_its_journal_says_is_noticed() -> None:
    desk = silent()
    name = desk.task().id
    assert found(desk, tasks={name: replace(desk.task(), level=1, say="x")}) == [Broken(6, name, "say, level")]


def test_every_invariant_has_words_in_both_languages() -> None:
    assert all(key in PHRASES for key in (*WORDS.values(), *LAGGING.values()))
    assert Broken(7, "checks", "3").say("zh") == "有变动迟迟未经核验：3"
    assert Broken(6, "T-1", "level").say("zh") == "任务 T-1 与其日志不符：level"
