"""An explanation on its way from an empty form to one that may be handed in: what is asked, what is found, what is told."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import parse_instant
from engine.casework import (
    CHECKS,
    FIELDS,
    About,
    Fact,
    Fault,
    Heading,
    Return,
    check,
    check_returns,
    codes_for,
    done_by,
    kept_both,
    markdown_of,
    prefilled,
    read_form,
    read_return,
    template,
)
from engine.casework.form import Field, need
from engine.casework.formwords import PHRASES
from engine.casework.rejection import ANY, ONLY
from engine.casework.turns import RESOLVED, VAGUE, says_little
from engine.watching import LANGUAGES

HOUSE = Path(__file__).resolve().parents[3]
PAGE = (HOUSE / "docs" / "explanations.md").read_text("utf-8")
ZONE = "Asia/Shanghai"


def on(text: str) -> int:
    """Return a local time as an instant."""
    found = parse_instant(text, ZONE)
    assert found is not None
    return found


FACTS = (
    Fact("o-1", "outage.started", on("2026-01-10 08:00"), {"customers": 90}),
    Fact("o-2", "outage.started", on("2026-02-10 08:00"), {"customers": 120, "important_customers": 2}),
    Fact("o-2r", "outage.restored", on("2026-02-10 10:00"), {}),
    Fact("o-3", "outage.started", on("2026-03-01 20:00"), {"customers": 110, "important_customers": 1}),
    Fact("c-9", "complaint.received", on("2026-03-01 20:12"), {}),
    Fact("d-3", "crew.dispatched", on("2026-03-01 20:20"), {}),
    Fact("a-3", "crew.arrived", on("2026-03-01 20:50"), {}),
    Fact("o-3r", "outage.restored", on("2026-03-01 22:30"), {}),
    Fact("o-x", "outage.started", on("2026-03-01 23:01"), {"customers": 1}, because="customers > 1"),
)
ABOUT = About(
    zone=ZONE,
    now=on("2026-03-05 12:00"),
    has_complaint=True,
    owes_remedy=True,
    is_outage=True,
    occurrences=3,
    latest_due=on("2026-04-01"),
    evidence=frozenset(one.id for one in FACTS) | {"photo-1", "report-1"},
    people=frozenset({"sun-jie", "wang.wu"}),
    units=frozenset({"chengguan"}),
)
HEADING = Heading(task="repeated-outage-ab12", seq=7, say="城关 7 号台区 60 天停电 3 次", level=3)
KNOWN = prefilled(FACTS, ZONE)
GOOD: dict[str, Any] = {
    "what_happened": {"text": "3 月 1 日 20:00 城关 7 号台区 C 相跌落熔断器烧毁，110 户停电 150 分钟。", "evidence": ["o-3", "o-3r"]},
    "timeline": {**KNOWN["timeline"], "answered": {"at": "2026-03-02 09:10", "evidence": ["report-1"]}},
    "scope": KNOWN["scope"],
    "direct_cause": {"code": "equipment_fault", "text": "熔断器触头氧化发热烧毁。", "evidence": ["photo-1"]},
    "root_cause": {
        "text": "测温周期为 12 个月，缺陷发展快于周期。",
        "method": "5-why",
        "escape": "红外测温未覆盖该杆",
        "evidence": ["report-1"],
    },
    "responsibility": {"unit": "chengguan", "person": "wang.wu", "share": "main", "evidence": ["report-1"]},
    "history": KNOWN["history"],
    "correction": {"text": "当晚 22:10 更换三相熔断器，22:30 送电。", "evidence": ["photo-1"]},
    "contact": {"contacted": "yes", "at": "2026-03-02 09:10", "opinion": "要求 1 个月内不再停电", "evidence": ["report-1"]},
    "lookalikes": {"objects": ["TA-8", "TA-9"], "text": "同批次熔断器 14 组，2 组发热超过 70 度，列入更换。", "evidence": ["report-1"]},
    "actions": [{"what": "更换同批次熔断器 14 组", "owner": "wang.wu", "due": "2026-03-31", "criterion": "红外复测低于 50 度"}],
    "effectiveness": {"metric": "TA-7 停电次数", "baseline": "3", "target": "0", "window": "60 days"},
    "four_boxes": {
        box: {"text": "见调查报告第 2 页", "evidence": ["report-1"]} for box in ("cause", "responsible", "measures", "education")
    },
}


def told(faults: tuple[Fault, ...]) -> list[tuple[str, str]]:
    """Return where each fault is, and its code."""
    return [(one.where, one.code) for one in faults]


def changed(**fields: Any) -> dict[str, Any]:
    """Return the good explanation with some parts changed: `contact__at=…`; None takes a part away."""
    made = deepcopy(GOOD)
    for name, value in fields.items():
        *path, last = name.split("__")
        inner = made
        for step in path:
            inner = inner[step]
        inner[last] = value
    return made


# What is asked --------------------------------------------------------------------------------------------------------------


def cells(field: Field) -> list[str]:
    """Return the marks of a field as the document writes them."""
    marks = {"required": "●", "prefilled": "● prefilled", "with complaint": "● when a complaint exists", "if owed": "● if owed"}
    return [{**marks, "optional": "○", "none": "-"}[one] for one in field.needs]


def test_the_documented_table_is_the_table_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` [^|]*\| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*)\|$", PAGE, re.MULTILINE)
    documented = [(name, *map(str.strip, marks)) for name, *marks, _, _ in rows]
    assert documented == [(field.name, *cells(field)) for field in FIELDS]
    for (name, *_, holds, none), field in zip(rows, FIELDS, strict=True):
        words = set(re.findall(r"`(\w+)`", holds))
        assert words == {part.name for part in field.parts if part.name != "was"} | set(field.boxes), name
        assert (none.strip() == "yes") == field.may_be_none


def test_the_table_of_the_design_asks_for_the_same(shared: Path) -> None:
    text = (shared / "design" / "casework.md").read_text("utf-8").partition("### 1.8")[2].partition("### 1.9")[0]
    rows = re.findall(r"^\| (.+?) \| (●.*?|○|-) \| (●|○) \| (●|○) \|", text, re.MULTILINE)
    assert [tuple(marks) for _, *marks in rows] == [tuple(cells(field)) for field in FIELDS]


def test_checks_and_reasons_of_a_return_are_documented() -> None:
    listed = re.findall(r"^\| `([\w-]+)` \| ", PAGE.partition("## Checks of the text")[2].partition("## A return")[0], re.MULTILINE)
    assert listed == list(CHECKS)
    returns = PAGE.partition("## A return")[2]
    for code in ANY:
        assert f"`{code}`" in returns
    assert dict(re.findall(r"^\| `([\w-]+)` \S+ \| (`.*`) \|$", returns, re.MULTILINE)) == {
        code: ", ".join(f"`{field}`" for field in fields) for code, fields in ONLY.items()
    }


def test_the_fifth_level_asks_for_what_the_fourth_does_and_none_for_what_the_first_does() -> None:
    for field in FIELDS:
        assert [need(field, level) for level in (None, 0, 1, 2, 3, 4, 5)] == [*[field.needs[0]] * 4, field.needs[1], *[field.needs[2]] * 2]


def test_a_good_explanation_may_be_handed_in() -> None:
    assert told(check(GOOD, 3, ABOUT)) == []


@pytest.mark.parametrize(
    ("level", "missing"),
    [(None, []), (2, []), (3, ["root_cause", "contact", "lookalikes", "actions", "effectiveness", "four_boxes"])],
)
def test_a_low_level_asks_for_less(level: int | None, missing: list[str]) -> None:
    small = {name: GOOD[name] for name in ("what_happened", "timeline", "scope", "direct_cause", "responsibility", "history", "correction")}
    about = About(zone=ZONE, is_outage=True)
    assert told(check(small, level, about, {"no-follow-up": "停电由用户申请，无后续"})) == [(name, "missing") for name in missing]


def test_a_complaint_asks_for_contact_and_a_remedy_for_actions() -> None:
    small = {name: value for name, value in GOOD.items() if name not in {"contact", "actions"}}
    assert told(check(small, 1, ABOUT)) == [("contact", "missing"), ("actions", "missing")]


def test_the_face_to_face_level_asks_for_the_systemic_cause() -> None:
    assert told(check(GOOD, 4, ABOUT)) == [("systemic", "missing")]
    with_minutes = {**GOOD, "systemic": {"text": "备品定额不足 3 组", "minutes": ["report-1"], "attendees": ["sun-jie"]}}
    assert told(check(with_minutes, 4, ABOUT)) == []


# What is found --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"what_happened__evidence": []}, [("what_happened.evidence", "no-evidence")]),
        ({"what_happened__evidence": ["o-3", "o-33"]}, [("what_happened.evidence[2]", "unknown-evidence")]),
        ({"what_happened": "停电了"}, [("what_happened", "shape")]),
        ({"direct_cause__code": "equipment-fault"}, [("direct_cause.code", "unknown-choice")]),
        ({"responsibility__person": "zhao.liu"}, [("responsibility.person", "unknown-person")]),
        ({"responsibility__unit": "chenguan"}, [("responsibility.unit", "unknown-unit")]),
        ({"timeline__arrived": {"at": "20260-03-01 20:50", "evidence": ["a-3"]}}, [("timeline.arrived.at", "not-a-time")]),
        ({"timeline__answered__at": "2027-03-02 09:10"}, [("timeline.answered.at", "in-the-future")]),
        ({"timeline__answered": {"none": "客户未要求答复，见工单 17"}}, []),
        ({"timeline__answred": {"at": "x"}}, [("timeline.answred", "unknown-field")]),
        ({"scope__customers__value": "about 100"}, [("scope.customers.value", "not-a-number")]),
        ({"scope__complaints": {"value": "0", "evidence": []}}, []),
        ({"effectiveness__window": "two months"}, [("effectiveness.window", "not-a-length")]),
        ({"contact__contacted": "maybe"}, [("contact.contacted", "not-yes-or-no")]),
        ({"contact": {"contacted": True, "at": "2026-03-02", "evidence": ["c-9"]}}, [("contact.opinion", "missing")]),
        ({"contact": {"contacted": "no"}}, [("contact.why_not", "missing")]),
        ({"actions": "更换"}, [("actions", "shape")]),
        ({"actions": [{"what": "更换 14 组", "owner": "sun-jie"}]}, [("actions[1].due", "missing"), ("actions[1].criterion", "missing")]),
        ({"lookalikes__objects": "TA-8"}, [("lookalikes.objects", "shape")]),
        ({"what_happened__text": "3 月 1 日停电" * 2000}, [("what_happened.text", "too-long")]),
        ({"remark": "x"}, [("remark", "unknown-field")]),
    ],
)
def test_a_value_that_is_wrong_is_named(fields: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert told(check(changed(**fields), 3, ABOUT)) == found


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"correction__text": "22:10 已联系客户，客户无人接听，无法联系。"}, "contact-contradiction"),
        ({"contact": {"contacted": "no", "why_not": "已与客户取得联系，不愿多谈"}}, "contact-contradiction"),
        ({"what_happened__text": "We could not reach the customer at 20:15."}, "contact-contradiction"),
        ({"correction__text": "已处理。"}, "vague-only"),
        ({"correction__text": "我所高度重视，已及时处理，下一步加强管理。"}, "vague-only"),
        ({"direct_cause__text": "线路故障，现场处理"}, "vague-only"),
        ({"correction__text": "The matter has been dealt with promptly by our crew on site."}, "vague-only"),
        ({"actions": [{"what": "加强巡视", "owner": "sun-jie", "due": "2026-03-20", "criterion": "巡视记录"}]}, "vague-only"),
        ({"timeline__restored": {}}, "restored-missing"),
        ({"timeline__arrived__at": "2026-03-01 20:10"}, "date-before-cause"),
        ({"contact__at": "2026-02-28 10:00"}, "date-before-cause"),
        ({"actions": [{"what": "更换 14 组", "owner": "sun-jie", "due": "2026-02-20", "criterion": "复测"}]}, "date-before-cause"),
        ({"actions": [{"what": "更换 14 组", "owner": "", "due": "2026-03-20", "criterion": "复测"}]}, "action-without-owner"),
        ({"actions": [{"what": "更换 14 组", "owner": "sun-jie", "due": "2026-04-02", "criterion": "复测"}]}, "due-too-late"),
        ({"history": {"none": "没有"}, "what_happened__evidence": ["o-3"]}, "one-outage-only"),
    ],
)
def test_a_check_of_the_text_finds_what_reviewers_return_and_may_be_overruled(fields: dict[str, Any], code: str) -> None:
    explanation = changed(**fields)
    assert [one.code for one in check(explanation, 3, ABOUT)] == [code]
    assert check(explanation, 3, ABOUT, {code: "审核会已确认，见纪要"}) == ()
    assert [one.code for one in check(explanation, 3, ABOUT, {code: " "})] == [code, "overrule-reason"]


def test_solved_needs_a_fact() -> None:
    about = About(zone=ZONE)
    solved = changed(correction={"text": "客户诉求已解决，客户表示认可。", "evidence": ["c-9"]})
    assert told(check(solved, 1, about)) == [("correction.text", "resolved-without-fact")]
    solved["correction"]["text"] = "3 月 2 日 9 点退费 35 元，诉求已解决。"
    assert told(check(solved, 1, about)) == []


def test_an_explanation_after_which_nothing_is_different_is_noticed() -> None:
    about = About(zone=ZONE, is_outage=True)
    assert told(check(changed(actions=[]), 1, about)) == [("actions", "no-follow-up")]


@pytest.mark.parametrize(
    "text",
    [
        "已更换 C 相跌落熔断器并紧固接头",
        "The crew replaced two insulators and tightened the clamp",
        "经现场处理，剪除树障 40 米",
        "加强巡视：每周二测温，超过 70 度即更换",
    ],
)
def test_a_text_that_says_what_was_done_is_not_vague(text: str) -> None:
    assert not (VAGUE.search(text) and says_little(text))


def test_not_yet_solved_is_not_solved() -> None:
    assert [RESOLVED.search(text) for text in ("尚未解决", "it is not resolved", "it could not be fixed")] == [None] * 3


def test_only_a_check_of_the_text_can_be_overruled() -> None:
    found = check(changed(what_happened__evidence=[]), 3, ABOUT, {"no-evidence": "没有", "vague-onyl": "x"})
    assert told(found) == [
        ("what_happened.evidence", "no-evidence"),
        ("overruled.no-evidence", "unknown-check"),
        ("overruled.vague-onyl", "unknown-check"),
    ]
    assert found[2].say("en") == "there is no check 'vague-onyl'; did you mean 'vague-only'?"


# Filled in before -----------------------------------------------------------------------------------------------------------


def test_events_fill_in_timeline_scope_and_history() -> None:
    assert KNOWN["timeline"] == {
        "start": {"at": "2026-03-01 20:00", "evidence": ["o-3"]},
        "reported": {"at": "2026-03-01 20:12", "evidence": ["c-9"]},
        "dispatched": {"at": "2026-03-01 20:20", "evidence": ["d-3"]},
        "arrived": {"at": "2026-03-01 20:50", "evidence": ["a-3"]},
        "restored": {"at": "2026-03-01 22:30", "evidence": ["o-3r"]},
        "answered": {"at": "", "evidence": []},
    }
    assert KNOWN["scope"] == {
        "customers": {"value": "120", "evidence": ["o-2"], "not_counted": "o-x: customers > 1"},
        "important_customers": {"value": "2", "evidence": ["o-2"]},
        "complaints": {"value": "1", "evidence": ["c-9"]},
        "duration": {"value": "150", "evidence": ["o-3", "o-3r"]},
    }
    assert KNOWN["history"]["evidence"] == ["o-1", "o-2"]


def test_what_is_no_outage_has_no_restoration() -> None:
    known = prefilled([Fact("n-1", "node.entered", on("2026-03-01 09:00"), {})], ZONE)
    assert [name for name, box in known["timeline"].items() if "none" in box] == ["dispatched", "arrived", "restored", "answered"]
    assert known["history"] == {"none": "系统中同一对象近 12 个月没有其他记录 / no other record of the same object in 12 months"}
    assert prefilled([], ZONE)["scope"]["complaints"] == {"value": "0", "evidence": []}


def test_a_corrected_value_keeps_the_one_before() -> None:
    corrected = changed(timeline__arrived__at="2026-03-01 20:45", scope__customers__value="118")
    kept = kept_both(corrected, KNOWN, ZONE)
    assert kept["timeline"]["arrived"] == {"at": "2026-03-01 20:45", "evidence": ["a-3"], "was": "2026-03-01 20:50"}
    assert (kept["scope"]["customers"]["value"], kept["scope"]["customers"]["was"]) == ("118", "120")
    assert "was" not in kept["timeline"]["start"]
    assert told(check(kept, 3, ABOUT)) == []


def test_the_remedy_is_done_when_the_last_action_is_and_a_day_lasts_until_it_is_over() -> None:
    assert done_by(GOOD, ZONE) == on("2026-04-01")
    assert done_by({"actions": [{"due": "2026-03-10 17:00"}, {"due": "soon"}, "x"]}, ZONE) == on("2026-03-10 17:00")
    assert done_by({}, ZONE) is None


# As a file ------------------------------------------------------------------------------------------------------------------


def yaml_of(value: Any) -> str:
    """Return a value as YAML; JSON is YAML."""
    return json.dumps(value, ensure_ascii=False)


def file_of(fields: dict[str, Any], **top: Any) -> str:
    """Return a filled-in form as somebody might write it."""
    return "".join(f"{name}: {yaml_of(value)}\n" for name, value in {"task": HEADING.task, "seq": "7", **top, **fields}.items())


def test_a_new_form_names_exactly_what_is_still_to_be_filled_in() -> None:
    text = template(HEADING, KNOWN, ABOUT)
    form, problems = read_form(text, "form.yaml", 3, ABOUT, HEADING.task)
    lines = text.splitlines()
    assert form is None
    assert [(lines[one.place.line - 1].split(":")[0].strip(), one.code) for one in problems] == [
        ("text", "missing"),
        ("answered", "missing"),
        ("code", "missing"),
        ("text", "missing"),
        ("unit", "missing"),
        ("text", "missing"),
        ("contacted", "missing"),
        ("objects", "missing"),
        ("- {what", "missing"),
        ("metric", "missing"),
        ("cause", "missing"),
    ]


def test_a_form_filled_in_is_read_as_it_was_meant() -> None:
    form, problems = read_form(file_of(GOOD, overruled={"vague-only": "见附件"}), "form.yaml", 3, ABOUT, HEADING.task)
    assert problems == []
    assert form is not None
    assert (form.task, form.seq, form.overruled) == (HEADING.task, 7, {"vague-only": "见附件"})
    assert form.fields == GOOD


@pytest.mark.parametrize("language", ["zh", "en", None])
def test_what_was_known_comes_back_from_the_form_unchanged(language: Any) -> None:
    text = template(HEADING, GOOD, ABOUT, language)
    text = text.replace('  - {what: "", owner: "", due: "", criterion: ""}', "  - " + yaml_of(GOOD["actions"][0]))
    form, problems = read_form(text, "form.yaml", 3, ABOUT)
    assert problems == []
    assert form is not None
    assert form.fields == GOOD


def test_the_form_is_written_and_read_as_markdown_too() -> None:
    page = markdown_of(template(HEADING, GOOD, ABOUT))
    page = page.replace('  - {what: "", owner: "", due: "", criterion: ""}', "  - " + yaml_of(GOOD["actions"][0]))
    assert page.startswith("# 说清楚说明表 / explanation · repeated-outage-ab12")
    assert "\n## ● 时间线 / timeline\n" in page
    assert page.count("```yaml") * 2 == page.count("```") == 2 * (len(FIELDS) + 2)
    form, problems = read_form(page, "form.md", 3, ABOUT)
    assert problems == []
    assert form is not None
    assert form.fields == GOOD
    wrong = page.replace("code: equipment_fault", "code: equipmentfault")
    line = wrong.splitlines().index("  code: equipmentfault # 原因代码 / cause code") + 1
    assert [one.place for one in read_form(wrong, "form.md", 3, ABOUT)[1]] == [("form.md", line, 9)]


def test_a_form_with_ten_faults_shows_ten() -> None:
    fields = changed(
        what_happened__evidence=["o-99"],
        timeline__arrived__at="2026-03-01 20:10",
        timeline__answered__at="20260-03-02",
        scope__customers__value="many",
        direct_cause__code="equipment-fault",
        responsibility__person="zhao.liu",
        correction__text="已处理",
        contact__opinion="",
        actions=[{"what": "更换 14 组", "due": "2026-03-20", "criterion": "复测"}],
        effectiveness__window="soon",
    )
    form, problems = read_form(file_of(fields), "form.yaml", 3, ABOUT)
    assert form is None
    assert len(problems) == 10
    assert sorted(one.code for one in problems) == [
        "action-without-owner",
        "date-before-cause",
        "missing",
        "not-a-length",
        "not-a-number",
        "not-a-time",
        "unknown-choice",
        "unknown-evidence",
        "unknown-person",
        "vague-only",
    ]
    assert str(problems[0]).partition(": ")[0] == "form.yaml:3:91"
    assert str(problems[0]).partition(": ")[2] == (
        "没有编号为“o-99”的佐证；先用 attach 添加 / there is no evidence 'o-99'; attach it first"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "form.yaml:1:1: the file is empty"),
        ("- a", "form.yaml:1:1: “form”应写成 name: value / “form” is written as name: value"),
        ("task: other\nseq: 1\n", "form.yaml:1:7: 这张表属于任务 other，不是 repeated-outage-ab12"),
        ("task: repeated-outage-ab12\nseq: x\n", "form.yaml:2:6: seq 应是数字"),
        ("seq: 1\n", "form.yaml:1:1: 缺“task”"),
        ("task: [a\n", "form.yaml:2:1: this is not YAML"),
        (
            "task: repeated-outage-ab12\nseq: 1\nwhat_hapened: {}\n",
            "form.yaml:3:1: 没有“what_hapened”这一项（是否指“what_happened”？） / there is no",
        ),
        ("task: repeated-outage-ab12\nseq: 1\noverruled: x\n", "form.yaml:3:12: “overruled”应写成 {vague-only: …}"),
    ],
)
def test_a_form_that_is_none_says_where(text: str, said: str) -> None:
    form, problems = read_form(text, "form.yaml", 1, ABOUT, HEADING.task)
    assert form is None
    assert [str(one) for one in problems if str(one).startswith(said)], [str(one) for one in problems]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["2026-03-01", "yes", "已解决", "o-3"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "evidence", "at", "none", "start", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([field.name for field in FIELDS] + ["x"]), JUNK), st.integers(0, 5), JUNK)
def test_whatever_is_handed_in_is_answered_in_both_languages(fields: dict[str, Any], level: int, overruled: Any) -> None:
    reasons = overruled if isinstance(overruled, dict) else {}
    for one in check(kept_both(fields, KNOWN, ZONE), level, ABOUT, reasons):
        assert all(one.say(language) for language in LANGUAGES)
    done_by(fields, ZONE)


# A return -------------------------------------------------------------------------------------------------------------------


def test_a_return_names_fields_and_reasons() -> None:
    given_back = [read_return("root_cause:cause-shallow"), read_return("actions:other:期限与停电计划冲突")]
    assert check_returns(given_back) == ()
    assert [one.say("zh") for one in given_back] == ["根本原因: 原因分析不深", "整改措施: 其他（须写明） — 期限与停电计划冲突"]
    assert given_back[0].say("en") == "root cause: the cause is shallow"


def test_a_return_without_reasons_returns_nothing() -> None:
    assert told(check_returns([])) == [("", "return-empty")]
    wrong = [Return("rootcause", "unclear"), Return("contact", "cause-shallow"), Return("scope", "other"), Return("scope", "other", "x")]
    assert told(check_returns(wrong)) == [
        ("fields[1].field", "unknown-field"),
        ("fields[2].code", "return-code"),
        ("fields[3].text", "return-text"),
        ("fields[4]", "return-twice"),
    ]
    assert check_returns(wrong)[0].say("en") == "there is no 'rootcause' here; did you mean 'root_cause'?"


def test_every_reason_has_words_in_both_languages() -> None:
    for field in FIELDS:
        for code in codes_for(field.name):
            assert all(Return(field.name, code).say(language) for language in LANGUAGES)


# Words ----------------------------------------------------------------------------------------------------------------------


def test_both_languages_fill_in_the_same() -> None:
    for key, phrases in PHRASES.items():
        filled = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in phrases]
        assert filled[0] == filled[1] or not filled[1], key
        assert all(phrases), key


def test_everything_in_a_form_has_a_name_for_people() -> None:
    for field in FIELDS:
        assert f"field.{field.name}" in PHRASES
        for name in (*field.boxes, *(part.name for part in field.parts)):
            assert f"part.{name}" in PHRASES, name
        for part in field.parts:
            assert all(f"choice.{option}" in PHRASES for option in part.options)
