"""Every kind of rule as one sentence in each language."""

from __future__ import annotations

import pytest

from engine.language import read_rules
from engine.watching.wording import in_words

CATALOGUE = """\
time_zone: Asia/Shanghai
titles: {area: 台区 / area, minutes: 时长 / duration}
events:
  out:
    {title: 停电 / outage, time: at, id: number, late_by: 1 hour,
     fields: {number: text, at: time, area: text, minutes: number, planned: yes/no}}
  back:
    {title: 复电 / restoration, time: at, id: number, late_by: 1 hour, fields: {number: text, at: time, area: text}}
"""
CALENDAR = """\
calendar: office
time_zone: Asia/Shanghai
working_week: [mon, tue, wed, thu, fri]
opening_hours: [09:00-17:00]
covers: 2026-01-01 to 2026-12-31
"""
RULE = """\
rule: one
title: 规则 / rule
owner: me
status: live
reason: none
when: {{event: out, same: area, {when}}}
task: {{severity: minor, to: somebody, due: 1 day, say: "x"}}
"""


@pytest.mark.parametrize(
    ("when", "zh", "en"),
    [
        ("if: not planned", "每次“停电”（not planned）", "every “outage” where not planned"),
        (
            "if: [not planned, minutes > 9 or minutes < 2]",
            "每次“停电”（not planned 且 (minutes > 9 or minutes < 2)）",
            "every “outage” where not planned and (minutes > 9 or minutes < 2)",
        ),
        (
            "count: at least 3, within: 60 days",
            "同一台区，60 天内“停电”至少 3 次",
            "at least 3 times “outage”, for the same area, within 60 days",
        ),
        (
            "count: [at least 2 within 30 days, more than 4 within civil year]",
            "同一台区，“停电”，满足其一：30 天内至少 2 次或以 1 月为首的一个年度内至少 5 次",
            "“outage”, for the same area: at least 2 times within 30 days or at least 5 times within a year that begins in month 1",
        ),
        (
            (
                "count: more than 3, within: 60 days, lasting: at least 5 minutes, apart: at least 6 hours, "
                "ends_with: {event: back, same: number}"
            ),
            "同一台区，60 天内“停电”至少 4 次；持续不足 5 分钟（到同一number的“复电”为止）的不计；距上次计入不足 6 小时的不计",
            (
                "at least 4 times “outage”, for the same area, within 60 days; not counted if less than 5 minutes until “restoration” of "
                "the same number; not counted less than 6 hours after the last one counted"
            ),
        ),
        (
            "count: sum of minutes more than 90, within: one moment, ends_with: back",
            "同一台区，同一时刻（各自到“复电”为止）“停电”的时长合计超过 90",
            "duration of “outage” adds up to more than 90, for the same area, at one moment, each until “restoration”",
        ),
        (
            "not_followed_by: {event: back, within: {by: number, a: 1 hour, otherwise: 2 hours}}",
            "同一台区，“停电”之后 number为“a”时 1 小时、其他 2 小时内没有“复电”",
            "“outage”, not followed by “restoration” within 1 hour where number is “a”, 2 hours otherwise, for the same area",
        ),
        (
            "not_preceded_by: {event: back, same: number, at_least: 1 day, within: 7 days}",
            "同一台区，“停电”之前 1 天至 7 天内没有同一number的“复电”",
            "“outage”, with no “restoration” of the same number in the 1 day to 7 days before, for the same area",
        ),
        (
            "count: at least 2 different number, within: civil year",
            "同一台区，以 1 月为首的一个年度内“停电”涉及至少 2 个不同的number",
            "“outage” with at least 2 different values of number, for the same area, within a year that begins in month 1",
        ),
        (
            "count: sum of minutes at least 90, within: 1 hour",
            "同一台区，1 小时内“停电”的时长合计至少 90",
            "duration of “outage” adds up to at least 90, for the same area, within 1 hour",
        ),
        (
            "count: average of minutes at least 30.5, within: 7 days",
            "同一台区，7 天内“停电”的时长平均至少 30.5",
            "duration of “outage” is at least 30.5 on average, for the same area, within 7 days",
        ),
        (
            "not_followed_by: {event: back, within: 2 working days, calendar: office}",
            "同一台区，“停电”之后 2 个工作日（日历“office”）内没有“复电”",
            "“outage”, not followed by “restoration” within 2 working days by the calendar “office”, for the same area",
        ),
        (
            "followed_by: {event: back, within: {2026-01-01: 12 hours, 2026-07-01: 6 hours}}",
            "同一台区，“停电”之后 12 小时、2026-07-01 起 6 小时内出现“复电”",
            "“outage”, followed by “restoration” within 12 hours, 6 hours from 2026-07-01 on, for the same area",
        ),
        (
            "not_preceded_by: {any_of: [{event: back}, {event: out, if: planned}], within: 7 days}",
            "同一台区，“停电”之前 7 天内没有“复电”或“停电”（planned）",
            "“outage”, with no “restoration” or “outage” where planned in the 7 days before, for the same area",
        ),
        (
            "then: [{event: back}, {event: out}], within: 30 days",
            "同一台区，30 天内依次发生：“停电”，然后“复电”，然后“停电”",
            "“outage”, then “restoration”, then “outage”, all within 30 days, for the same area",
        ),
        (
            "rate: at least 3 times usual, per: 7 days",
            "同一台区，7 天内“停电”达到前 7 天的 3 倍以上",
            "“outage” in 7 days at least 3 times as often as in the 7 days before, for the same area",
        ),
        (
            "rate: at least 3 times usual, per: 7 days, usual_at_least: 2, now_at_least: 9",
            "同一台区，7 天内“停电”达到前 7 天的 3 倍以上（本期至少 9，前期至少 2）",
            "“outage” in 7 days at least 3 times as often as in the 7 days before, for the same area (at least 9 now and 2 before)",
        ),
        ("first_time_in: 365 days", "同一台区，365 天内首次“停电”", "the first “outage” in 365 days, for the same area"),
    ],
)
def test_a_rule_is_one_sentence_in_each_language(when: str, zh: str, en: str) -> None:
    files = {"catalogue.yaml": CATALOGUE, "calendars/office.yaml": CALENDAR, "one.yaml": RULE.format(when=when)}
    folder = read_rules(files)
    assert folder.rulebook is not None, "\n".join(map(str, folder.problems))
    book = folder.rulebook
    assert in_words(book.rules["one"], book.catalogue.types, book.zone) == {"zh": zh, "en": en}
