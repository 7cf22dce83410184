"""Whole lives of tasks, the way a supervisor would tell them."""

from __future__ import annotations

from engine.casework import Moved
from tests.support.casework import Desk, shown


def test_silence_climbs_the_whole_ladder_and_ends_with_a_proposal_that_two_people_decide() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.wait("2026-03-26 08:00")
    assert desk.story() == [
        "2026-03-02 10:00 task.candidate CANDIDATE LNone 1/1",
        "2026-03-02 10:05 task.issued ISSUED LNone 1/1",
        "2026-03-03 15:01 rung.claimed ISSUED L0 1/1",
        "2026-03-03 17:30 clock.breached ISSUED L0 1/1",
        "2026-03-03 17:30 rung.claimed ISSUED L1 1/1",
        "2026-03-04 17:30 rung.claimed ISSUED L2 1/1",
        "2026-03-09 08:30 rung.claimed ISSUED L2 1/1",
        "2026-03-09 17:30 rung.claimed ISSUED L3 1/1",
        "2026-03-11 17:30 rung.claimed ISSUED L4 1/1",
        "2026-03-20 17:30 rung.claimed ISSUED L5 1/1",
    ]
    assert [one.topic for one in desk.published] == [f"alert.l{k}" for k in (0, 1, 2, 0, 3, 4, 5)]
    first = desk.say("2026-03-26 09:00", "cao.ying", "confirm_assessment", "silent for three weeks")
    assert isinstance(first, Moved)
    assert first.entries[0].kind == "command.proposed"
    again = desk.say("2026-03-26 09:01", "cao.ying", "confirm_assessment", "silent for three weeks")
    assert str(again) == "cannot confirm the assessment: a second person must say the same; guo.ping can"
    second = desk.say("2026-03-26 09:05", "guo.ping", "confirm_assessment", "agreed")
    assert isinstance(second, Moved)
    assert (second.task.assessment, second.entries[0].data["with"]["actor"]) == ("confirmed", "cao.ying")
    desk.check()


def test_a_task_is_signed_explained_accepted_watched_and_closed() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-02 11:00", "zhang.wei", "ack")
    desk.say("2026-03-05 16:00", "sun.jie", "submit_explanation", fields={"cause": "树障"}, evidence=("photo-1",))
    assert desk.task().timers.keys() == {"T.review"}
    desk.say("2026-03-06 09:00", "cao.ying", "accept")
    desk.wait("2026-05-05 08:59")
    assert desk.task().state == "WATCHING"
    desk.wait("2026-05-05 09:00")
    assert (desk.task().state, shown(desk.task().over_at)) == ("CLOSED", "2026-05-05 09:00")
    assert [one.topic for one in desk.published] == ["kpi"]
    assert [entry.data["row"] for entry in desk.entries] == [1, 8, 9, 21, 24, 34]
    desk.check()
