"""Well-written rule files for tests, with what they stand on: tests break them, one word at a time."""

from __future__ import annotations

CATALOGUE = """\
time_zone: Asia/Shanghai
events:
  outage.started:
    time: at
    late_by: 2 hours
    id: outage_id
    fields:
      outage_id: text
      area: text
      at: time
      ended: time, may be missing
      customers: whole number
      duration: number (minutes), may be missing
      planned: yes/no
      cause: text, may be missing
      area_class: one of [urban, rural]
      feeder: text, from the grid
  outage.restored:
    time: at
    late_by: 4 hours
    id: outage_id
    fields: {outage_id: text, area: text, at: time}
  notice.sent:
    time: at
    late_by: 1 hour
    id: notice_id
    fields: {notice_id: text, area: text, at: time, coverage: number}
  meter.read:
    time: at
    late_by: none
    id: area
    fields: {area: whole number, at: milliseconds}
"""

CALENDAR = """\
calendar: china
time_zone: Asia/Shanghai
working_week: [mon, tue, wed, thu, fri]
opening_hours: [08:30-12:00, 14:00-17:30]
holidays: {2026-10-01: 国庆节 / National Day}
extra_working_days: {2026-10-10: worked for 1 October}
covers: 2026-01-01 to 2026-12-31
"""

LIMITS = """\
table: limits
key: area_class
fields: {area_class: "one of [urban, rural]", hours: whole number, note: "text, may be missing"}
rows:
  - {area_class: urban, hours: 3}
  - {area_class: rural, hours: 4, note: long roads}
"""

TASK = """\
task:
  severity: major
  to: area-manager
  due: 5 working days
  say: "{count} outages in {area}"
"""

HEAD = """\
rule: {name}
title: 规则 / A rule
owner: somebody
status: shadow
reason: because it is a test
"""

WHEN = {
    "count-rule": """\
when:
  event: outage.started
  if: not planned
  same: area
  count: at least 3
  within: 60 days
""",
    "dated-rule": """\
since: 2020-01-01
until: 2030-01-01
review_by: 2029-01-01
when:
  event: outage.started
  if:
    - not planned
    - customers >= 500
  same: [area, area_class]
  count: {2020-01-01: at least 3, 2026-01-01: at least 2}
  within: {2020-01-01: 60 days, 2026-01-01: 30 days}
  again: after 30 days
  decide: when settled
""",
    "absence-rule": """\
when:
  event: outage.started
  same: [area, outage_id]
  not_followed_by:
    any_of:
      - event: outage.restored
      - event: notice.sent
        if: coverage > 0.5
        same: area
    within: 2 working days
    calendar: china
""",
    "notice-rule": """\
when:
  event: outage.started
  if: limits[area_class].hours >= 3
  same: area
  not_preceded_by:
    event: notice.sent
    within: 7 days
  covered_by: count-rule
""",
    "sequence-rule": """\
when:
  event: outage.started
  same: area
  then:
    - event: outage.restored
    - event: outage.started
      if: customers > 10
  within: 1 day
  again: every time
""",
    "rate-rule": """\
when:
  event: [outage.started, outage.restored]
  same: area
  rate: at least 3 times usual
  per: 7 days
  usual_at_least: 3
  now_at_least: 10
""",
    "total-rule": """\
when:
  event: outage.started
  same: area
  count: sum of duration at least 1200
  within: fiscal year from april
  again: counting afresh
""",
    "sifted-rule": """\
when:
  event: outage.started
  same: area
  count:
    - at least 2 within 30 days
    - more than 4 within civil year
  lasting: at least 5 minutes
  ends_with: {event: outage.restored, same: outage_id}
  apart: at least 6 hours
""",
    "first-rule": """\
when:
  event: outage.started
  same: nothing
  first_time_in: 30 days
""",
    "single-rule": """\
when:
  event: finding.count-rule
  same: area
""",
    "yes-rule": """\
when:
  event: outage.started
  if: ended - at > 1 hour
  same: area
  followed_by:
    event: outage.restored
  within: 12 hours
""",
}

TEST = """\
rule: count-rule
usual:
  outage.started: {area: TA-7, customers: 120, planned: no, area_class: urban}
tests:
  - test: three outages open one task
    events:
      - {at: 2026-03-01 08:00, outage.started: {outage_id: O-1}}
      - {at: 2026-03-02 08:00, outage.started: {outage_id: O-2}}
      - {at: 2026-03-03 08:00, outage.started: {outage_id: O-3}}
    expect:
      - opened: 2026-03-03 08:00
        same: {area: TA-7}
        evidence: [O-1, O-2, O-3]
        say: 3 outages
        count: 3
        severity: 重要
  - test: two do not
    events:
      - {at: 2026-03-01 08:00, outage.started: {outage_id: O-1}}
      - {at: 2026-03-02 08:00, arrives: 2026-03-02 09:00, outage.started: {outage_id: O-2}}
    clock_runs_to: 2026-03-09 08:00
    expect: nothing
"""


def rule(name: str) -> str:
    """Return one of the rules as its file."""
    task = TASK if "same: nothing" not in WHEN[name] else TASK.replace(" in {area}", "")
    return HEAD.format(name=name) + WHEN[name] + task


RULES = {f"{name}.yaml": rule(name) for name in WHEN}
FILES = {
    "catalogue.yaml": CATALOGUE,
    "calendars/china.yaml": CALENDAR,
    "tables/limits.yaml": LIMITS,
    **RULES,
    "count-rule.test.yaml": TEST,
}
