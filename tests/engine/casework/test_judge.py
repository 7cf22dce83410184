"""The form in the life of a task: what is missing keeps an explanation from being handed in, and a remedy from being done."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from msgspec.structs import replace

from engine.casework import Calendars, Effect, Fact, FormJudge, Known, Moved, Profile, Refused, is_met
from engine.casework.attendance import ranks
from engine.casework.ladder import DEFAULT
from tests.support.casework import CALENDAR, ZONE, Desk, Staff, at

FACTS = (
    Fact("o1", "outage.started", at("2026-01-10 08:00"), {}),
    Fact("o2", "outage.started", at("2026-02-10 08:00"), {}),
    Fact("o3", "outage.started", at("2026-03-01 20:00"), {}),
)
SIMPLE: dict[str, Any] = {
    "what_happened": {"text": "3 月 1 日 20:00 C 相熔断器烧毁，110 户停电 150 分钟。", "evidence": ["o3"]},
    "timeline": {
        "start": {"at": "2026-03-01 20:00", "evidence": ["o3"]},
        "restored": {"at": "2026-03-01 22:30", "evidence": ["o3"]},
        **{moment: {"none": "无记录，见调度日志"} for moment in ("reported", "dispatched", "arrived", "answered")},
    },
    "scope": {
        "customers": {"value": "110", "evidence": ["o3"]},
        "duration": {"value": "150", "evidence": ["o3"]},
        **{size: {"value": "0"} for size in ("important_customers", "complaints")},
    },
    "direct_cause": {"code": "equipment_fault", "text": "熔断器触头氧化发热烧毁", "evidence": ["photo-1"]},
    "responsibility": {"unit": "chengguan", "person": "zhang.wei", "share": "main", "evidence": ["photo-1"]},
    "history": {"text": "1 月 10 日、2 月 10 日各停电一次，同一支线", "evidence": ["o1", "o2"]},
    "correction": {"text": "22:10 更换三相熔断器", "evidence": ["photo-1"]},
    "actions": [{"what": "更换同批次熔断器 14 组", "owner": "sun.jie", "due": "2026-03-20", "criterion": "红外复测低于 50 度"}],
}


def desk(**more: Any) -> Desk:
    """Return an office that judges by the form."""
    profile = Profile()
    return Desk(judge=FormJudge(profile, Calendars(CALENDAR), Staff(), ZONE, Known(facts=lambda _: FACTS, **more)))


def signed(office: Desk) -> Desk:
    """Return the office with a task that is signed."""
    office.find("2026-03-02 10:00")
    office.say("2026-03-02 11:00", "zhang.wei", "ack")
    return office


def without(*names: str) -> dict[str, Any]:
    """Return the explanation without some of its fields."""
    return {name: value for name, value in deepcopy(SIMPLE).items() if name not in names}


def test_a_complete_explanation_is_taken() -> None:
    office = signed(desk())
    outcome = office.say("2026-03-03 16:00", "sun.jie", "submit_explanation", fields=SIMPLE, evidence=("photo-1",))
    assert isinstance(outcome, Moved), outcome
    assert office.task().state == "EXPLAINED"
    assert outcome.entries[0].payload == SIMPLE


def test_an_incomplete_one_is_refused_with_everything_that_is_wrong_and_the_refusal_is_kept() -> None:
    office = signed(desk())
    fields = {**without("scope"), "correction": {"text": "已处理", "evidence": ["photo-9"]}}
    outcome = office.say("2026-03-03 16:00", "sun.jie", "submit_explanation", fields=fields, evidence=("photo-1",))
    assert isinstance(outcome, Refused)
    for said in ("scope: “影响范围”必填", "correction.evidence[1]: 没有编号为“photo-9”的佐证", "correction.text: ", "vague (已处理)"):
        assert said in f"{outcome.zh} {outcome.en}", outcome
    assert office.task().state == "ACKED"
    assert office.entries[-1].kind == "command.refused"


def test_a_check_that_is_wrong_is_overruled_in_the_form() -> None:
    office = signed(desk())
    fields = {**without(), "correction": {"text": "已处理", "evidence": ["photo-1"]}, "overruled": {"vague-only": "涉密，详见附件"}}
    outcome = office.say("2026-03-03 16:00", "sun.jie", "submit_explanation", fields=fields, evidence=("photo-1",))
    assert isinstance(outcome, Moved), outcome


def test_withdrawn_evidence_supports_nothing() -> None:
    office = signed(desk())
    office.find("2026-03-02 12:00", change="updated", evidence=[], evidence_removed=["o3"])
    outcome = office.say("2026-03-03 16:00", "sun.jie", "submit_explanation", fields=SIMPLE, evidence=("photo-1",))
    assert isinstance(outcome, Refused)
    assert "there is no evidence 'o3'" in outcome.en


def test_an_owner_whom_nobody_knows_owns_nothing() -> None:
    office = signed(desk())
    fields = deepcopy(SIMPLE)
    fields["actions"][0]["owner"] = "zhao.liu"
    outcome = office.say("2026-03-03 16:00", "sun.jie", "submit_explanation", fields=fields, evidence=("photo-1",))
    assert isinstance(outcome, Refused)
    assert "actions[1].owner: 组织中没有“zhao.liu”" in outcome.en


@pytest.mark.parametrize(
    ("attendees", "level", "missing"),
    [
        (["sun.jie", "guo.ping"], 4, []),
        (["sun.jie", "guo.ping", "a guest of the town"], 5, []),
        ([], 4, ["systemic.attendees: 必填"]),
        (["zhang.wei", "cao.ying"], 4, ["whoever leads the unit: sun.jie", "the leader in charge: guo.ping"]),
        (["ma.chao", "guo.ping"], 4, []),  # who leads the unit above has a higher rank
        (["guo.ping"], 4, ["whoever leads the unit: sun.jie"]),
        (["zhang.wei"], 3, []),
    ],
)
def test_who_is_asked_for_face_to_face_has_to_be_of_rank(attendees: list[str], level: int, missing: list[str]) -> None:
    office = signed(desk())
    systemic = {"text": "备品定额不足 3 组", "minutes": ["photo-1"], "attendees": attendees}
    found = office.judge.explanation(replace(office.task(), level=level), {**SIMPLE, "systemic": systemic}, (*"123", "photo-1"))
    told = [one for one in found if one.path == ("systemic", "attendees")]
    said = [f"{one.say('en').partition(' was not there')[0]}: {one.values['value']}" for one in told if one.code == "rank-missing"]
    said += [f"{one.where}: 必填" for one in told if one.code == "missing"]
    assert said == missing
    assert all("应由“" in one.say("zh") for one in told if one.code == "rank-missing")


def test_a_rank_that_nobody_has_is_not_asked_for_and_a_ladder_may_ask_for_others() -> None:
    office = signed(desk())
    task, rungs = replace(office.task(), level=4), list(DEFAULT.rungs)
    rungs[4] = rungs[4].model_copy(update={"attend": ("person", "officer")})
    other = DEFAULT.model_copy(update={"rungs": tuple(rungs)})
    assert [(one.role, one.who) for one in ranks(task, (), other, Staff())] == [("person", "zhang.wei"), ("SUP", "cao.ying")]
    assert [one.there for one in ranks(task, ("zhang.wei", "liu.bo"), other, Staff())] == [{"zhang.wei"}, {"liu.bo"}]
    assert ranks(replace(task, unit="gone"), (), DEFAULT, Staff()) == ()


@pytest.mark.parametrize(
    ("results", "wrong"),
    [
        ([{"action": "1", "result": "14 组全部更换，复测 38 度", "done": "2026-03-16 17:00", "evidence": ["report-1"]}], ""),
        ([], "results: “整改结果”必填"),
        ([{"action": "1", "result": "14 组全部更换", "done": "2026-03-16"}], "results[1].evidence: “整改结果 · 1”没有佐证"),
        ([{"action": "1", "result": "已整改", "done": "2026-03-16", "evidence": ["report-1"]}], "vague (已整改)"),
        (
            [{"action": "2", "result": "14 组全部更换", "done": "2026-03-16", "evidence": ["report-1"]}],
            "nothing is said of action “1. 更换",
        ),
        (
            [{"action": "2", "result": "14 组全部更换", "done": "2026-03-16", "evidence": ["report-1"]}],
            "there is no action 2; the plan has 1–1",
        ),
        ("done", "results: “整改结果”应写成 - {action, result, done, evidence}"),
    ],
)
def test_a_remedy_is_done_when_every_action_has_a_result_with_evidence(results: Any, wrong: str) -> None:
    office = signed(desk(plan=lambda _: SIMPLE))
    office.say("2026-03-03 16:00", "sun.jie", "submit_explanation", fields=SIMPLE, evidence=("photo-1",), remedy=True)
    office.say("2026-03-04 09:00", "cao.ying", "accept")
    assert office.task().state == "REMEDYING"
    outcome = office.say("2026-03-17 09:00", "sun.jie", "submit_remedy", fields={"results": results}, evidence=("report-1",))
    assert isinstance(outcome, Refused if wrong else Moved), outcome
    assert wrong in str(getattr(outcome, "en", ""))


@pytest.mark.parametrize(("measured", "state"), [(0, "CLOSED"), (1, "ISSUED"), (None, "CLOSED")])
def test_what_was_measured_says_whether_the_remedy_worked(measured: int | None, state: str) -> None:
    plan = {**SIMPLE, "effectiveness": {"metric": "TA-7 停电次数", "baseline": "3", "target": "0", "window": "60 days"}}
    office = signed(desk(plan=lambda _: plan, measured=lambda *_: None if measured is None else Effect(measured)))
    office.say("2026-03-03 16:00", "sun.jie", "submit_explanation", fields=SIMPLE, evidence=("photo-1",))
    office.say("2026-03-04 09:00", "cao.ying", "accept")
    office.wait("2026-06-01 09:00")
    states = [entry.state for entry in office.entries if entry.event == "T.watch"]
    assert (states, office.task().cycle) == ([state], 2 if state == "ISSUED" else 1)


def test_more_may_be_better_too() -> None:
    assert is_met({"baseline": "80", "target": "95"}, 96)
    assert not is_met({"baseline": "80", "target": "95"}, 94)
    assert is_met({"baseline": "?", "target": "95"}, 1)
