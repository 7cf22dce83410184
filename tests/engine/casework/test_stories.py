"""Whole lives of tasks, the way a supervisor would tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.casework import Moved, PlainJudge, Refused
from tests.support.casework import Desk, at, finding, moment, shown

if TYPE_CHECKING:
    from engine.casework import Outcome, Task


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


class Measured(PlainJudge):
    """A remedy that is measured, and did not help."""

    def is_effective(self, task: Task, at: int) -> bool:
        return task.cycle > 1


def watched(desk: Desk, *, severity: str = "minor") -> None:
    """A task whose explanation was accepted and that is watched from 2026-03-06 09:00 on."""
    desk.find("2026-03-02 10:00", severity=severity)
    desk.say("2026-03-02 11:00", "zhang.wei", "ack")
    desk.say("2026-03-05 16:00", "sun.jie", "submit_explanation", fields={"cause": "树障"})
    desk.say("2026-03-06 09:00", "cao.ying", "accept")


def rows(desk: Desk) -> list[int]:
    return [entry.data["row"] for entry in desk.entries if "row" in entry.data]


def said(outcome: Outcome) -> str:
    assert isinstance(outcome, Refused), outcome
    return outcome.en


def test_an_explanation_rejected_twice_and_once_more_calls_for_supervision() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-02 11:00", "zhang.wei", "ack")
    due = []
    for day in (3, 5, 9):
        desk.say(f"2026-03-0{day} 10:00", "sun.jie", "submit_explanation", fields={"cause": "?"})
        desk.say(f"2026-03-0{day} 15:00", "cao.ying", "reject", "too thin", fields={"direct_cause": "unclear"})
        due.append(shown(desk.task().timers["T.explain"].due))
    assert due == ["2026-03-10 17:30", "2026-03-10 17:30", "2026-03-11 17:30"]
    assert (desk.task().round, desk.task().level) == (4, 3)
    assert [one.topic for one in desk.published] == ["alert.l3"]
    assert {rung: claim.how for rung, claim in desk.task().claims.items()} == {"1": "implied", "2": "implied", "3": "rounds"}
    desk.check()


def test_who_wrote_it_does_not_judge_it_and_is_told_who_can() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-02 11:00", "zhang.wei", "ack")
    desk.say("2026-03-03 10:00", "sun.jie", "submit_explanation", fields={"cause": "树障"})
    assert said(desk.say("2026-03-03 11:00", "sun.jie", "accept")) == "cannot accept: it takes SUP; cao.ying can"
    assert said(desk.say("2026-03-03 11:00", "nobody", "accept")) == "cannot accept: nobody is called 'nobody' in the organisation"
    assert desk.choices("cao.ying", "2026-03-03 12:00")["accept"].refused is None


def test_a_stale_command_is_refused_and_so_is_one_from_the_future() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-02 11:00", "zhang.wei", "ack")
    desk.say("2026-03-03 10:00", "sun.jie", "submit_explanation", fields={"cause": "树障"})
    assert said(desk.say("2026-03-03 11:00", "cao.ying", "accept", seq=3)) == (
        "cannot accept: you saw entry 3; entry 4 came since and changed it: look again"
    )
    assert said(desk.say("2026-03-03 11:00", "cao.ying", "accept", seq=99)) == "cannot accept: you name entry 99, but the task has only 5"
    accepted = desk.say("2026-03-03 11:00", "cao.ying", "accept", seq=4)
    assert isinstance(accepted, Moved), "refusals in between make nothing stale"


def test_two_people_at_once_one_of_them_is_too_late() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-02 11:00", "zhang.wei", "ack")
    desk.say("2026-03-03 10:00", "sun.jie", "submit_explanation", fields={"cause": "树障"})
    assert isinstance(desk.say("2026-03-03 11:00", "cao.ying", "accept", seq=4), Moved)
    assert "the task is WATCHING" in said(desk.say("2026-03-03 11:00", "liu.bo", "reject", "no", seq=4, fields={"direct_cause": "unclear"}))


def test_a_form_with_many_faults_is_refused_with_all_of_them() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.wait("2026-03-02 10:10")
    far = at("2099-01-01 00:00")
    assert said(desk.say("2026-03-02 11:00", "cao.ying", "pause", until=far)) == (
        "cannot pause: give a reason; name a code; 'until' is no date near enough to be meant"
    )
    assert said(desk.say("2026-03-02 11:00", "cao.ying", "frobnicate")) == "there is no command 'frobnicate'"


def test_an_appeal_upheld_by_two_people_cancels_and_clears_what_was_told() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00", severity="major")
    desk.wait("2026-03-02 10:05")
    desk.say("2026-03-02 11:00", "sun.jie", "appeal", "the line is not ours", grounds="not-ours")
    assert desk.task().timers.keys() == {"T.appeal", "T.appeal_max"}
    desk.say("2026-03-02 14:30", "cao.ying", "uphold", "true")
    desk.say("2026-03-02 15:00", "guo.ping", "uphold", "true")
    assert (desk.task().state, desk.task().suspensions) == ("CANCELLED", {})
    assert [(one.topic, one.type) for one in desk.published] == [
        ("alert.l1", "clearly.rung.claimed.v1"),
        ("supervision", "clearly.task.appealed.v1"),
        ("alert.l1", "clearly.alert.cleared.v1"),
    ]
    for actor in ("cao.ying", "guo.ping"):
        desk.say("2026-03-03 09:00", actor, "reinstate", "it is theirs after all")
    assert (desk.task().state, desk.task().timers["T.ack"].due) == ("ISSUED", at("2026-03-03 15:00"))
    desk.check()


def test_a_denied_appeal_gives_back_what_was_left_and_cannot_be_repeated() -> None:
    desk = Desk()
    desk.find("2026-03-02 08:25")
    desk.say("2026-03-02 09:30", "zhang.wei", "ack")
    desk.say("2026-03-03 08:30", "sun.jie", "appeal", "exempt", grounds="exempt")
    desk.say("2026-03-04 08:30", "cao.ying", "deny", "not exempt")
    assert shown(desk.task().timers["T.explain"].due) == "2026-03-10 17:30"
    assert said(desk.say("2026-03-04 09:00", "sun.jie", "appeal", "again", grounds="exempt")) == (
        "cannot appeal: an appeal was already decided in this cycle"
    )


def test_a_supervisor_who_is_late_is_told_of_in_two_steps_while_the_units_clock_stands() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-02 11:00", "zhang.wei", "ack")
    desk.say("2026-03-03 10:00", "sun.jie", "submit_explanation", fields={"cause": "树障"})
    desk.wait("2026-03-20 10:00")
    late = [one for one in desk.published if one.topic == "supervision"]
    assert [(shown(one.time), one.body["step"], one.body["supervisor"]["person"]) for one in late] == [
        ("2026-03-05 17:30", 1, "cao.ying"),
        ("2026-03-06 17:30", 2, "guo.ping"),
    ]
    assert (desk.task().level, desk.task().is_late) == (None, False)
    desk.say("2026-03-20 11:00", "cao.ying", "reject", "thin", fields={"direct_cause": "unclear"})
    assert shown(desk.task().timers["T.explain"].due) == "2026-03-26 17:30"


def test_a_serious_complaint_before_a_festival_is_signed_at_night_and_explained_after_it() -> None:
    desk = Desk()
    desk.find("2026-03-17 23:50", severity="serious", rule="serious-complaint")
    task = desk.task()
    assert (task.state, task.level, sorted(task.claims)) == ("ISSUED", 3, ["1", "2", "3"])
    assert {name: shown(clock.due) for name, clock in task.clocks.items()} == {
        "ack": "2026-03-18 01:50",
        "explain": "2026-03-25 17:30",
        "interim": "2026-03-18 23:50",
    }


def test_a_remedy_that_did_not_work_begins_another_cycle_one_rung_higher() -> None:
    desk = Desk(judge=Measured())
    watched(desk)
    desk.wait("2026-06-01 09:00")
    assert (desk.task().state, desk.task().cycle, desk.task().claims["1"].how) == ("ISSUED", 2, "floor")
    assert 35 in rows(desk)
    desk.check()


def test_what_comes_back_under_watch_reopens_and_old_news_does_not() -> None:
    desk = Desk()
    watched(desk)
    desk.find("2026-03-20 10:00", change="updated", at=moment("2026-03-01 10:00"), evidence=["old"])
    assert (desk.task().state, rows(desk)[-1]) == ("WATCHING", 37)
    desk.find("2026-03-21 10:00", task_id="repeated-outage-2", evidence=["o9"])
    assert (desk.task().state, desk.task().cycle, desk.task().level) == ("ISSUED", 2, 1)
    assert len(desk.world.tasks) == 1


def test_what_comes_back_after_closing_is_a_new_task_that_names_the_old_one() -> None:
    desk = Desk()
    watched(desk)
    desk.wait("2026-05-06 09:00")
    desk.find("2026-05-10 10:00", change="updated", at=moment("2026-03-01 10:00"), evidence=["old"])
    assert rows(desk)[-1] == 41
    desk.find("2026-06-10 10:00", task_id="repeated-outage-2", evidence=["o9"])
    desk.wait("2026-06-10 10:05")
    assert (desk.task().recurrence_of, desk.task().level) == ("repeated-outage-1@chengguan", 1)
    assert 40 in rows(desk)
    desk.check()


def test_a_finding_withdrawn_in_time_never_reaches_the_unit_and_later_it_is_for_people_to_decide() -> None:
    early, late = Desk(), Desk()
    early.find("2026-03-02 10:00")
    early.find("2026-03-02 10:03", change="withdrawn", evidence=[], evidence_removed=["o1", "o2", "o3"])
    assert (early.task().state, early.published) == ("CANCELLED", [])
    late.find("2026-03-02 10:00")
    late.find("2026-03-02 11:00", change="withdrawn", evidence=[], evidence_removed=["o1", "o2", "o3"])
    assert (late.task().state, late.task().basis_withdrawn, late.published[-1].topic) == ("ISSUED", True, "supervision")
    late.find("2026-03-02 11:00", task_id="repeated-outage-2", replaces="repeated-outage-1", evidence=["o2", "o3", "o4"])
    assert (late.task().basis_withdrawn, len(late.world.tasks)) == (False, 1)


def test_a_major_case_owes_a_remedy_and_closes_only_after_it() -> None:
    desk = Desk()
    watched(desk, severity="major")
    assert (desk.task().state, shown(desk.task().timers["T.remedy"].due)) == ("REMEDYING", "2026-04-01 23:59:59.999999")
    assert "the remedy is not done: results.evidence" in said(desk.say("2026-03-16 10:00", "sun.jie", "submit_remedy"))
    desk.say("2026-03-16 10:00", "sun.jie", "submit_remedy", evidence=("report",))
    desk.say("2026-03-16 15:00", "cao.ying", "reject", "photo missing", fields={"actions": "evidence-missing"})
    desk.say("2026-03-17 10:00", "sun.jie", "submit_remedy", evidence=("photo",))
    desk.say("2026-03-17 15:00", "cao.ying", "accept")
    desk.wait("2026-07-01 10:00")
    assert (desk.task().state, desk.task().remedy_accepted) == ("CLOSED", True)
    desk.say("2026-07-02 10:00", "cao.ying", "reopen", "it was not so")
    assert said(desk.say("2026-07-02 10:00", "cao.ying", "reopen", "it was not so", task=desk.task().id)).startswith("cannot reopen")
    assert (desk.task().state, desk.task().cycle, desk.task().level) == ("ISSUED", 2, 1)


def test_a_task_reassigned_in_the_middle_is_owed_by_the_other_unit_from_then_on() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.wait("2026-03-04 10:00")
    assert desk.task().is_late
    desk.say("2026-03-04 10:00", "cao.ying", "reassign", "their line", unit="hongling")
    task = desk.task()
    assert (task.unit, task.home, task.person, shown(task.timers["T.ack"].due)) == ("hongling", "chengguan", "wu.gang", "2026-03-05 17:30")
    assert [(breach.unit, breach.obligation) for breach in task.breaches.values()] == [("chengguan", "ack")]
    assert said(desk.say("2026-03-04 11:00", "sun.jie", "ack")) == "cannot sign: it takes UNIT_DUTY; wu.gang can"


def test_the_third_task_on_one_object_is_explained_face_to_face() -> None:
    desk = Desk()
    for number in (1, 2, 3):
        desk.find(f"2026-03-0{number + 1} 10:00", rule=f"rule-{number}", task_id=f"r{number}")
    desk.wait("2026-03-04 10:05")
    assert desk.task().claims["4"].how == "floor"


def test_under_supervision_the_unit_and_the_named_person_both_sign_by_the_same_deadline() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00", severity="serious")
    first = desk.say("2026-03-02 10:30", "sun.jie", "ack")
    assert isinstance(first, Moved)
    assert (first.entries[0].kind, first.task.state, first.task.signed) == ("task.signed", "ISSUED", {"unit": "sun.jie"})
    assert (first.task.timers["T.ack"].due, shown(first.task.due())) == (first.task.clocks["ack"].due, "2026-03-02 12:00")
    again = desk.say("2026-03-02 10:35", "sun.jie", "ack")
    assert str(again) == "cannot sign: you have signed; zhang.wei still has to"
    second = desk.say("2026-03-02 10:40", "zhang.wei", "ack")
    assert isinstance(second, Moved)
    assert (second.entries[0].kind, second.task.state) == ("task.acknowledged", "ACKED")
    assert second.task.signed == {"unit": "sun.jie", "person": "zhang.wei"}
    assert second.task.breaches == {}
    desk.check()


def test_the_lead_who_is_the_one_named_signs_for_both_and_another_name_needs_another_signature() -> None:
    alone = Desk()
    alone.find("2026-03-02 10:00", severity="serious")
    assert said(alone.say("2026-03-02 10:10", "zhang.wei", "ack", person="li.si")) == (
        "cannot sign: nobody is called 'li.si' in the organisation"
    )
    alone.say("2026-03-02 10:30", "sun.jie", "ack", person="sun.jie")
    assert (alone.task().state, alone.task().signed) == ("ACKED", {"unit": "sun.jie", "person": "sun.jie"})

    renamed = Desk()
    renamed.find("2026-03-02 10:00", severity="serious")
    renamed.say("2026-03-02 10:30", "zhang.wei", "ack")
    renamed.say("2026-03-02 10:40", "zhang.wei", "ack", person="sun.jie")
    assert (renamed.task().state, renamed.task().person, renamed.task().signed) == ("ISSUED", "sun.jie", {"unit": "zhang.wei"})
    renamed.say("2026-03-02 10:50", "sun.jie", "ack")
    assert renamed.task().state == "ACKED"
    renamed.check()


def test_a_second_signature_that_is_missed_climbs_and_one_that_is_no_longer_asked_for_is_owed_no_more() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-02 11:00", "zhang.wei", "ack")
    desk.say("2026-03-02 14:00", "cao.ying", "escalate", "look at it")
    desk.say("2026-03-02 14:01", "cao.ying", "escalate", "look at it")
    raised = desk.say("2026-03-02 14:02", "cao.ying", "escalate", "look at it")
    assert isinstance(raised, Moved)
    assert (raised.task.level, raised.entries[0].data["to_sign"]) == (3, ["sun.jie"])
    assert shown(raised.task.timers["T.sign"].due) == "2026-03-03 17:30"
    early = desk.say("2026-03-03 09:00", "sun.jie", "submit_explanation", fields={"cause": "树障"})
    assert said(early) == "cannot submit the explanation: under 督办 the unit and the named person both sign first; sun.jie can"
    desk.wait("2026-03-05 17:30")
    assert [(one.obligation, shown(one.due)) for one in desk.task().breaches.values()] == [("sign", "2026-03-03 17:30")]
    assert desk.task().level == 4
    desk.check()

    lowered = Desk()
    lowered.find("2026-03-02 10:00")
    lowered.say("2026-03-02 11:00", "zhang.wei", "ack")
    for minute in range(3):
        lowered.say(f"2026-03-02 14:0{minute}", "cao.ying", "escalate", "look at it")
    lowered.say("2026-03-02 15:00", "cao.ying", "deescalate", "not that bad", level=1)
    lowered.say("2026-03-02 15:01", "guo.ping", "deescalate", "not that bad", level=1)
    assert (lowered.task().level, "T.sign" in lowered.task().timers, "sign" in lowered.task().clocks) == (1, False, False)
    lowered.check()


def test_the_date_of_the_second_rung_is_told_and_moved_once_by_a_supervisor() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.wait("2026-03-04 18:00")
    (claim,) = [entry for entry in desk.entries if entry.data.get("rung") == 2]
    assert shown(claim.data["rectify_by"]) == "2026-03-09 17:30"
    assert isinstance(desk.say("2026-03-05 09:00", "zhang.wei", "extend", "busy", by="1 working day", obligation="rung"), Refused)
    moved = desk.say("2026-03-05 09:00", "cao.ying", "extend", "parts", by="2 working days", obligation="rung")
    assert isinstance(moved, Moved)
    assert (shown(moved.entries[0].data["from"]), shown(moved.entries[0].data["to"])) == ("2026-03-09 17:30", "2026-03-11 17:30")
    assert isinstance(desk.say("2026-03-05 09:10", "cao.ying", "extend", "more", by="1 working day", obligation="rung"), Refused)
    desk.wait("2026-03-11 17:29")
    assert desk.task().level == 2
    desk.wait("2026-03-11 17:30")
    assert desk.task().level == 3
    late = desk.say("2026-03-12 09:00", "cao.ying", "extend", "more", by="1 working day", obligation="rung")
    assert isinstance(late, Refused), "no other rung sets a date"
    desk.check()


def test_how_late_a_matter_became_known_is_on_record_and_nothing_is_born_overdue() -> None:
    desk = Desk()
    desk.world.receive(finding("2026-02-27 10:00"), at("2026-03-02 10:00"))
    desk.wait("2026-03-02 10:05")
    assert desk.entries[0].data["source_delay"] == 3 * 86_400_000_000
    assert shown(desk.task().timers["T.ack"].due) == "2026-03-03 17:30"
    assert not desk.task().is_overdue(at("2026-03-02 10:06"))
