"""Rule files with something wrong: each gives a problem with its place and a sentence that helps, never a traceback, never a hang."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import parse_instant, parse_length, read_calendar
from engine.events import read_catalogue
from engine.language import read_rules
from engine.language.basis import Basis
from engine.language.codes import CODES
from engine.language.condition import Condition, parse_condition
from engine.language.rulefile import read_rule
from engine.language.testfile import read_tests
from engine.source import Place, Problem, read
from tests.support.rulefiles import CALENDAR, CATALOGUE, FILES, LIMITS, RULES, TEST

#: file, what stands there, what is written instead, the code that must be said, words of what is said
BROKEN: list[tuple[str, str, str, str, str]] = [
    # the head
    ("count-rule", "rule: count-rule\n", "", "missing", "'rule' is missing"),
    ("count-rule", "rule: count-rule\n", "rule: Count Rule\n", "name", "small letters"),
    ("count-rule", "rule: count-rule\n", "rule: 频繁停电\n", "name", "small letters"),
    ("count-rule", "rule: count-rule\n", "rule: other\n", "file-name", "give both one name"),
    ("count-rule", "rule: count-rule\n", "rule: [a]\n", "shape", "one text"),
    ("count-rule", "rule: count-rule\n", "rule:\n", "shape", "one text"),
    ("count-rule", "title: 规则 / A rule\n", "", "missing", "'title' is missing"),
    ("count-rule", "title: 规则 / A rule\n", "title: {zh: 规则}\n", "missing", "'en' is missing"),
    ("count-rule", "title: 规则 / A rule\n", "title: {zh: 规则, en: A rule, fr: Une règle}\n", "unknown-setting", "'fr'"),
    ("count-rule", "title: 规则 / A rule\n", "title: [a, b]\n", "shape", "one text"),
    ("count-rule", "owner: somebody\n", "", "missing", "'owner' is missing"),
    ("count-rule", "owner: somebody\n", 'owner: ""\n', "shape", "one text"),
    ("count-rule", "owner: somebody\n", "owner: {name: x}\n", "shape", "one text"),
    ("count-rule", "owner: somebody\n", "ownr: somebody\n", "unknown-setting", "did you mean 'owner'"),
    ("count-rule", "reason: because it is a test\n", "", "missing", "'reason' is missing"),
    ("count-rule", "status: shadow\n", "", "missing", "'status' is missing"),
    ("count-rule", "status: shadow\n", "status: shaddow\n", "word", "did you mean 'shadow'"),
    ("count-rule", "status: shadow\n", "status: [live]\n", "word", "choose from"),
    ("count-rule", "status: shadow\n", "staus: shadow\n", "unknown-setting", "did you mean 'status'"),
    ("count-rule", "status: shadow\n", "status: shadow\nstatus: live\n", "written-twice", "written twice"),
    ("count-rule", "status: shadow\n", "status: shadow\nnotes: []\n", "shape", "'notes'"),
    ("count-rule", "status: shadow\n", "status: shadow\nversion: 2\n", "unknown-setting", "'version'"),
    ("count-rule", "when:", "when: {}\nwhat:", "missing", "'event' is missing"),
    ("count-rule", "task:", "task: {}\nwhat:", "missing", "'severity' is missing"),
    ("count-rule", "when:", "wehn:", "unknown-setting", "did you mean 'when'"),
    ("count-rule", "when:", "when: nothing\nnotes:", "shape", "lines of"),
    ("dated-rule", "since: 2020-01-01\n", "since: 2020-02-30\n", "date", "no date"),
    ("dated-rule", "since: 2020-01-01\n", "since: yesterday\n", "date", "no date"),
    ("dated-rule", "since: 2020-01-01\n", "since: [2020-01-01]\n", "date", "no date"),
    ("dated-rule", "until: 2030-01-01\n", "until: 2019-01-01\n", "date", "not after"),
    ("dated-rule", "review_by: 2029-01-01\n", "review_by: next year\n", "date", "no date"),
    ("dated-rule", "review_by: 2029-01-01\n", "review_by: {a: b}\n", "date", "no date"),
    # events
    ("count-rule", "event: outage.started", "event: outage.startd", "unknown-event", "did you mean 'outage.started'"),
    ("count-rule", "event: outage.started", "event: []", "missing", "empty list"),
    ("count-rule", "event: outage.started", "event: {a: b}", "unknown-event", "there is no event"),
    ("count-rule", "event: outage.started", "event:", "unknown-event", "there is no event"),
    ("count-rule", "  event: outage.started\n", "", "missing", "'event' is missing"),
    ("count-rule", "event: outage.started", "evnt: outage.started", "unknown-setting", "did you mean 'event'"),
    ("count-rule", "event: outage.started", "event: [outage.started, outage.started]", "written-twice", "written twice"),
    ("count-rule", "event: outage.started", "event: [outage.started, [x]]", "unknown-event", "a list"),
    ("single-rule", "finding.count-rule", "finding.cuont-rule", "unknown-event", "did you mean 'finding.count-rule'"),
    ("single-rule", "finding.count-rule", "finding.single-rule", "circle", "single-rule → single-rule"),
    ("count-rule", "event: outage.started", "event: finding.single-rule", "circle", "in a circle"),
    # keys
    ("count-rule", "  same: area\n", "", "no-key", "same: nothing"),
    ("count-rule", "same: area", "same: []", "no-key", "empty list"),
    ("count-rule", "same: area", "same: aera", "unknown-field", "did you mean 'area'"),
    ("count-rule", "same: area", "same: cause", "optional-key", "never be counted together"),
    ("count-rule", "same: area", "same: [area, area]", "written-twice", "written twice"),
    ("count-rule", "same: area", "same: {area: yes}", "shape", "a field, or a list"),
    ("count-rule", "same: area", "same: [[area]]", "shape", "a field, or a list"),
    ("count-rule", "same: area", "some: area", "unknown-setting", "did you mean 'same'"),
    ("rate-rule", "same: area", "same: customers", "unknown-field", "outage.started has it, but not outage.restored"),
    ("absence-rule", "        same: area\n", "        same: notice_id\n", "unknown-field", "no field 'notice_id' on outage.started"),
    ("absence-rule", "event: outage.restored\n", "event: outage.restored\n        same: cause\n", "unknown-field", "on outage"),
    ("notice-rule", "    within: 7 days\n", "    same: coverage\n    within: 7 days\n", "unknown-field", "on outage.started"),
    ("notice-rule", "event: notice.sent", "event: outage.started\n    same: [area, cuase]", "unknown-field", "did you mean 'cause'"),
    ("sequence-rule", "    - event: outage.restored\n", "    - event: outage.restored\n      same: outage_id\n", "narrower-key", "own key"),
    ("absence-rule", "        same: area\n", "        same: aera\n", "unknown-field", "did you mean 'area'"),
    ("absence-rule", "        same: area\n", "", "unknown-field", "'outage_id' on notice.sent"),
    ("notice-rule", "event: notice.sent", "event: meter.read", "key-kind", "they never match"),
    # conditions
    ("count-rule", "if: not planned", "if: not planed", "unknown-field", "did you mean 'planned'"),
    ("count-rule", "if: not planned", "if: not", "condition", "did not expect the end"),
    ("count-rule", "if: not planned", "if: ", "condition", "did not expect the end"),
    ("count-rule", "if: not planned", "if: []", "missing", "empty list"),
    ("count-rule", "if: not planned", "if: {planned: no}", "shape", "one text"),
    ("count-rule", "if: not planned", "if: [[not planned]]", "shape", "one text"),
    ("count-rule", "if: not planned", "if: planned = no", "condition", "use == to compare"),
    ("count-rule", "if: not planned", "if: planned == true", "unknown-field", "write yes or no"),
    ("count-rule", "if: not planned", 'if: planned == "no"', "types", "can never be compared"),
    ("count-rule", "if: not planned", "if: customers", "types", "not a condition"),
    ("count-rule", "if: not planned", 'if: customers >= "500"', "types", "can never be compared with >="),
    ("count-rule", "if: not planned", "if: customers >= 500 days", "types", "a length of time"),
    ("count-rule", "if: not planned", "if: duration >= 5 minutes", "types", "this one counts minutes"),
    ("count-rule", "if: not planned", "if: customers >= 500x", "condition", "'500x' is no number"),
    ("count-rule", "if: not planned", "if: customers >= 1234567890123456", "condition", "at most 15 digits"),
    ("count-rule", "if: not planned", "if: customers >= ", "condition", "did not expect the end"),
    ("count-rule", "if: not planned", "if: 1 < customers < 5", "condition", "with 'and'"),
    ("count-rule", "if: not planned", "if: customers + 1 > 5", "condition", "did not expect '+'"),
    ("count-rule", "if: not planned", "if: customers - 1 > 5", "condition", "only two times have a difference"),
    ("count-rule", "if: not planned", "if: ended - 5 > 1 hour", "types", "only to another time"),
    ("count-rule", "if: not planned", "if: ended - at > 5", "types", "a length of time but 5 is a number"),
    ("count-rule", "if: not planned", "if: cause == storm", "unknown-field", "quotation marks"),
    ("count-rule", "if: not planned", "if: cause == 台风", "unknown-field", "quotation marks"),
    ("count-rule", "if: not planned", "if: cause == “storm”", "condition", 'write "'),
    ("count-rule", "if: not planned", 'if: cause > "a"', "types", "has no order"),
    ("count-rule", "if: not planned", 'if: cause == "storm', "condition", "no end"),
    ("count-rule", "if: not planned", "if: cause in storm", "condition", "did not expect 'storm'"),
    ("count-rule", "if: not planned", "if: cause in []", "condition", "empty list"),
    ("count-rule", "if: not planned", "if: cause in [5]", "types", "must be text"),
    ("count-rule", "if: not planned", "if: cause in [area]", "types", "written out"),
    ("count-rule", "if: not planned", "if: 'cause in [\"a\" \"b\"]'", "condition", "did not expect"),
    ("count-rule", "if: not planned", "if: cause is one of [x]", "condition", "only 'missing' can follow"),
    ("count-rule", "if: not planned", "if: lower(cause) is missing", "types", "only a field can be missing"),
    ("count-rule", "if: not planned", 'if: area_class == "urbn"', "choice", "did you mean 'urban'"),
    ("count-rule", "if: not planned", 'if: area_class in ["urban", "city"]', "choice", "it is one of urban, rural"),
    ("count-rule", "if: not planned", 'if: weekday_of(at) == "monday"', "choice", "did you mean 'mon'"),
    ("count-rule", "if: not planned", "if: upper(cause) == 5", "unknown-function", "no function 'upper'"),
    ("count-rule", "if: not planned", "if: hour_of(cause) == 5", "types", "hour_of wants a time"),
    ("count-rule", "if: not planned", "if: length() == 5", "types", "length wants text"),
    ("count-rule", "if: not planned", "if: (not planned", "condition", "did not expect the end"),
    ("count-rule", "if: not planned", "if: not planned)", "condition", "did not expect ')'"),
    ("count-rule", "if: not planned", "if: at >= 2026-02-30", "condition", "no moment"),
    ("count-rule", "if: not planned", "if: at >= 2026-2-3", "condition", "no date"),
    ("count-rule", "if: not planned", f"if: {'(' * 40}planned{')' * 40}", "condition", "nested more than 30"),
    ("count-rule", "if: not planned", f"if: {'not ' * 40}planned", "condition", "nested more than 30"),
    ("count-rule", "if: not planned", f"if: {'planned and ' * 300}planned", "condition", "at most 2000 characters"),
    ("count-rule", "if: not planned", "if: planned and not planned", "never-holds", "can never hold"),
    ("count-rule", "if: not planned", "if: customers > 5 and customers < 5", "never-holds", "can never hold"),
    ("count-rule", "if: not planned", "if: [customers > 5, customers < 5]", "never-holds", "never hold together"),
    ("count-rule", "if: not planned", "if: customers >= 5 or customers < 5", "always-holds", "always holds"),
    ("count-rule", "if: not planned", "if: area is missing", "never-holds", "can never hold"),
    ("count-rule", "if: not planned", "if: hour_of(at) >= 24", "never-holds", "can never hold"),
    ("count-rule", "if: not planned", "if: not planned && customers > 5", "words", "write 'and' for '&&'"),
    ("count-rule", "if: not planned", 'if: "!planned"', "words", "write 'not' for '!'"),
    ("notice-rule", "limits[area_class].hours", "limts[area_class].hours", "unknown-table", "did you mean 'limits'"),
    ("notice-rule", "limits[area_class].hours", "limits[area_class].hour", "unknown-field", "did you mean 'hours'"),
    ("notice-rule", "limits[area_class].hours", "limits[customers].hours", "types", "limits is looked up by area_class"),
    ("notice-rule", "limits[area_class].hours", "limits[].hours", "types", "limits is looked up by area_class"),
    ("notice-rule", "limits[area_class].hours", "limits[area_class]", "condition", "did not expect"),
    ("notice-rule", "limits[area_class].hours", 'limits["suburb"].hours', "no-row", "no row for suburb"),
    ("notice-rule", "limits[area_class].hours >= 3", "limits[area_class].note >= 3", "types", "can never be compared"),
    # what is not counted
    ("sifted-rule", "at least 5 minutes", "5 minutes", "length", "at least 5 minutes"),
    ("sifted-rule", "at least 5 minutes", "at least 5 working days", "exact-length", "exact length"),
    ("sifted-rule", "apart: at least 6 hours", "appart: at least 6 hours", "unknown-setting", "did you mean 'apart'"),
    ("sifted-rule", "  ends_with: {event: outage.restored, same: outage_id}\n", "", "missing", "nothing says how long it lasts"),
    ("sifted-rule", "  lasting: at least 5 minutes\n", "", "useless", "belongs to 'lasting'"),
    ("sifted-rule", "{event: outage.restored, same: outage_id}", "outage.restord", "unknown-event", "did you mean 'outage.restored'"),
    ("sifted-rule", "{event: outage.restored, same: outage_id}", "[outage.restored]", "shape", "lines of"),
    ("sifted-rule", "same: outage_id}", "same: cause}", "unknown-field", "on outage.restored"),
    ("sifted-rule", "    - at least 2 within 30 days\n", "    - at least 2\n", "count", "'at least 3 within 60 days'"),
    ("sifted-rule", "    - at least 2 within 30 days\n", "    - at least 2 within 30 dys\n", "length", "not a length"),
    ("sifted-rule", "    - at least 2 within 30 days\n", "    - {at least 2: 30 days}\n", "count", "'at least 3 within 60 days'"),
    ("sifted-rule", "  lasting: at least", "  within: 60 days\n  lasting: at least", "useless", "each line ends in its own"),
    ("total-rule", "fiscal year from april", "one moment", "missing", "nothing says until when"),
    ("rate-rule", "  per: 7 days\n", "  per: 7 days\n  apart: at least 1 day\n", "useless", "belongs to count"),
    # patterns
    ("count-rule", "count: at least 3", "count: 3", "count", "'at least 3'"),
    ("count-rule", "count: at least 3", "count: 3 times", "count", "'at least 3'"),
    ("count-rule", "count: at least 3", "count: over 3", "count", "'at least 3'"),
    ("count-rule", "count: at least 3", "count: at least 0", "number", "above zero"),
    ("count-rule", "count: at least 3", "count: at least three", "count", "at least 3"),
    ("count-rule", "count: at least 3", "count: []", "count", "at least 3"),
    ("count-rule", "count: at least 3", "count: at least 3 different aera", "unknown-field", "did you mean 'area'"),
    ("count-rule", "count: at least 3", "count: sum of cause at least 3", "count", "cannot be added up"),
    ("count-rule", "count: at least 3", "count: sum of customrs at least 3", "unknown-field", "did you mean 'customers'"),
    ("count-rule", "count: at least 3", "count: average of planned at least 3", "count", "cannot be added up"),
    ("count-rule", "count: at least 3", "cuont: at least 3", "unknown-setting", "did you mean 'count'"),
    ("count-rule", "count: at least 3", "count: {}", "date", "at least one date"),
    ("count-rule", "count: at least 3", "count: {soon: at least 3}", "date", "'soon' is no date"),
    ("dated-rule", "2026-01-01: at least 2}", "2026-01-01: at least 2 different cause}", "count", "cannot change by date"),
    ("dated-rule", "2026-01-01: at least 2}", "2026-01-01 00:00: at least 2, 2026-01-01: at least 4}", "date", "written twice"),
    ("dated-rule", "2026-01-01: at least 2}", "2026-01-01: {2027-01-01: at least 4}}", "count", "at least"),
    ("dated-rule", "2026-01-01: 30 days}", "2026-01-01: 30 das}", "length", "not a length of time"),
    ("count-rule", "within: 60 days", "within: 60d", "length", "60 days"),
    ("count-rule", "within: 60 days", "within: 0 days", "length", "too short"),
    ("count-rule", "within: 60 days", "within: 99999 days", "length", "too long"),
    ("count-rule", "within: 60 days", "within: 3 working days", "exact-length", "exact length"),
    ("count-rule", "within: 60 days", "within: 2 months", "length", "not a length"),
    ("count-rule", "within: 60 days", "within: []", "length", "one text"),
    ("count-rule", "within: 60 days", "within:", "length", "not a length"),
    ("count-rule", "  within: 60 days\n", "", "missing", "'within' is missing"),
    ("count-rule", "within: 60 days", "witin: 60 days", "unknown-setting", "did you mean 'within'"),
    ("count-rule", "within: 60 days", "within: 60 days\n  within: 30 days", "written-twice", "written twice"),
    ("count-rule", "within: 60 days", "within: 60 days\n  per: 1 day", "useless", "belongs to rate"),
    ("count-rule", "within: 60 days", "within: 60 days\n  rate: at least 3 times usual", "two-patterns", "make two rules"),
    ("count-rule", "within: 60 days", "within: 1 hour", "short-within", "shorter than outage.started may be late"),
    ("total-rule", "fiscal year from april", "fiscal year from aprl", "month", "did you mean 'april'"),
    ("total-rule", "fiscal year from april", "fiscal year from 4", "month", "no month '4'"),
    ("total-rule", "fiscal year from april", "fiscal year", "length", "not a length"),
    ("sequence-rule", "within: 1 day", "within: civil year", "length", "not a length"),
    ("sequence-rule", "  within: 1 day\n", "", "missing", "'within' is missing"),
    ("sequence-rule", "    - event: outage.restored\n", "    - evnt: outage.restored\n", "unknown-setting", "did you mean 'event'"),
    ("sequence-rule", "    - event: outage.restored\n", "    - outage.restored\n", "shape", "lines of"),
    ("sequence-rule", "customers > 10", "custmers > 10", "unknown-field", "did you mean 'customers'"),
    ("sequence-rule", "then:\n", "then: []\n  steps:\n", "shape", "a list"),
    ("sequence-rule", "again: every time", "again: evry time", "again", "did you mean 'every time'"),
    ("sequence-rule", "again: every time", "again: counting afresh", "again", "only a count"),
    ("sequence-rule", "again: every time", "again: after a while", "length", "not a length"),
    ("sequence-rule", "again: every time", "again: after 3 working days", "exact-length", "exact length"),
    ("sequence-rule", "again: every time", "again: [every time]", "again", "not known"),
    ("sequence-rule", "again: every time", "decide: sometimes", "word", "choose from when settled, at once"),
    ("sequence-rule", "again: every time", "decide: {a: b}", "word", "choose from"),
    ("rate-rule", "at least 3 times usual", "at least 3", "rate", "at least 3 times usual"),
    ("rate-rule", "at least 3 times usual", "3 times usual", "rate", "at least 3 times usual"),
    ("rate-rule", "at least 3 times usual", "at least 0 times usual", "rate", "at least 3 times usual"),
    ("rate-rule", "  per: 7 days\n", "", "missing", "'per' is missing"),
    ("rate-rule", "per: 7 days", "per: 7 working days", "exact-length", "exact length"),
    ("rate-rule", "per: 7 days", "per: 7 days\n  within: 7 days", "useless", "'within' does nothing here"),
    ("rate-rule", "usual_at_least: 3", "usual_at_least: -3", "number", "above zero"),
    ("rate-rule", "usual_at_least: 3", "usual_at_least: 3.5", "number", "above zero"),
    ("rate-rule", "now_at_least: 10", "now_at_least: ten", "number", "above zero"),
    ("rate-rule", "now_at_least: 10", "now_at_lest: 10", "unknown-setting", "did you mean 'now_at_least'"),
    ("first-rule", "first_time_in: 30 days", "first_time_in: 30", "length", "not a length"),
    ("first-rule", "first_time_in: 30 days", "first_time_in: 30 days\n  within: 5 days", "useless", "does nothing here"),
    ("first-rule", "first_time_in: 30 days", "within: 5 days", "useless", "belongs to count"),
    ("absence-rule", "within: 2 working days", "within: 2 workdays", "length", "not a length"),
    ("absence-rule", "    within: 2 working days\n", "", "missing", "'within' is missing under not_followed_by"),
    ("absence-rule", "calendar: china", "calendar: chna", "unknown-calendar", "did you mean 'china'"),
    ("absence-rule", "calendar: china", "calendar: [china]", "unknown-calendar", "there is no calendar"),
    ("absence-rule", "calendar: china", "calendar: china\n  calendar: china", "written-twice", "keep one"),
    ("absence-rule", "calendar: china", "calendar: china\n  within: 1 day", "written-twice", "keep one"),
    ("absence-rule", "calendar: china", "calendar: china\n    event: outage.restored", "useless", "beside any_of"),
    ("absence-rule", "    any_of:\n", "    any_off:\n", "unknown-setting", "did you mean 'any_of'"),
    ("absence-rule", "      - event: outage.restored\n", "      - event: outage.restord\n", "unknown-event", "did you mean"),
    ("absence-rule", "      - event: outage.restored\n", "      - []\n", "shape", "lines of"),
    ("absence-rule", "calendar: china", "paused_from: notice.sent", "missing", "'paused_until' is missing"),
    ("absence-rule", "calendar: china", "paused_from: notice.snt\n    paused_until: notice.sent", "unknown-event", "did you mean"),
    ("yes-rule", "event: outage.restored", "event: outage.restored\n    paused_from: outage.started", "unknown-setting", "followed_by"),
    ("absence-rule", "coverage > 0.5", "coverage > 50%", "condition", "did not expect '%'"),
    ("notice-rule", "within: 7 days", "within: 7 working days", "exact-length", "looking back needs an exact length"),
    ("notice-rule", "covered_by: count-rule", "covered_by: cuont-rule", "covered-by", "did you mean 'count-rule'"),
    ("notice-rule", "covered_by: count-rule", "covered_by: notice-rule", "covered-by", "covers itself"),
    ("notice-rule", "covered_by: count-rule", "covered_by: absence-rule", "covered-by", "different keys"),
    ("notice-rule", "covered_by: count-rule", "covered_by: [[count-rule]]", "shape", "a list of rules"),
    ("notice-rule", "covered_by: count-rule", "covered_by: [count-rule, cuont-rule]", "covered-by", "did you mean 'count-rule'"),
    ("notice-rule", "covered_by: count-rule", "covered_by: [count-rule, notice-rule]", "covered-by", "covers itself"),
    ("notice-rule", "covered_by: count-rule", "covered_by: [count-rule, count-rule]", "written-twice", "written twice"),
    ("notice-rule", "    within: 7 days\n", "    at_least: 7 days\n    within: 5 days\n", "length", "within a shorter time"),
    ("notice-rule", "    within: 7 days\n", "    at_least: 7 working days\n    within: 9 days\n", "exact-length", "exact length"),
    ("yes-rule", "  within: 12 hours", "  within: {by: area_clas, otherwise: 1 day}", "unknown-field", "did you mean 'area_class'"),
    ("yes-rule", "  within: 12 hours", "  within: {by: customers, otherwise: 1 day}", "unknown-field", "'customers' is whole number"),
    ("yes-rule", "  within: 12 hours", "  within: {by: area_class, urbn: 12 hours, otherwise: 1 day}", "choice", "did you mean 'urban'"),
    ("yes-rule", "  within: 12 hours", "  within: {by: area_class, urban: 12 hours}", "no-row", "nothing is said of rural"),
    ("yes-rule", "  within: 12 hours", "  within: {by: area_class, urban: 12, otherwise: 1 day}", "length", "not a length"),
    ("yes-rule", "  within: 12 hours", "  within: {by: area_class, urban: 1 hour, otherwise: 1 day}", "short-within", "1 hour is shorter"),
    ("yes-rule", "restored\n  within: 12 hours", "restored\n    until: 1 hour befor ended", "unknown-field", "no field"),
    ("yes-rule", "restored\n  within: 12 hours", "restored\n    until: 1 hr before ended", "length", "not a length"),
    ("yes-rule", "followed_by:\n    event: outage.restored\n", "followed_by: outage.restored\n", "shape", "lines of"),
    ("yes-rule", "  within: 12 hours", "  within: 3 hours", "short-within", "3 hours is shorter than outage.restored may be late"),
    # the task
    ("count-rule", "severity: major", "severity: majro", "word", "did you mean 'major'"),
    ("count-rule", "severity: major", "severity: 严重", "word", "choose from"),
    ("count-rule", "severity: major", "severity: [major]", "word", "there is no severity"),
    ("count-rule", "  severity: major\n", "", "missing", "'severity' is missing"),
    ("count-rule", "  to: area-manager\n", "", "missing", "'to' is missing"),
    ("count-rule", "to: area-manager", "to: []", "shape", "one text"),
    ("count-rule", "due: 5 working days", "due: soon", "length", "not a length"),
    ("count-rule", "due: 5 working days", "due: {2026-01-01: 5 days}", "length", "one text"),
    ("count-rule", "  due: 5 working days\n", "", "missing", "'due' is missing"),
    ("count-rule", "{count} outages in {area}", "{cuont} outages in {area}", "say", "did you mean 'count'"),
    ("count-rule", "{count} outages in {area}", "{count outages", "say", "no partner"),
    ("count-rule", "{count} outages in {area}", "{count:>5} outages", "say", "without ':'"),
    ("count-rule", "{count} outages in {area}", "{area!r}", "say", "without ':' and '!'"),
    ("count-rule", "{count} outages in {area}", "{area.name}", "say", "nothing fills"),
    ("count-rule", "{count} outages in {area}", "{} outages", "say", "nothing fills"),
    ("count-rule", "{count} outages in {area}", "due {deadline}", "say", "only what must follow"),
    ("count-rule", "{count} outages in {area}", "x" * 2001, "shape", "2,000 is the most"),
    ("count-rule", "  due: 5 working days\n", "  due: 5 working days\n  escalate: [{after: 1 day, to: x}]\n", "escalate", "ladder"),
    ("count-rule", "task:", "tsk:", "unknown-setting", "did you mean 'task'"),
    ("count-rule", "task:", "task: [x]\nnotes:", "shape", "lines of"),
    # YAML
    ("count-rule", "  same: area\n", "  same: &key area\n", "no-anchors", "anchors"),
    ("count-rule", "  same: area\n", "  same: *key\n", "no-anchors", "anchors"),
    ("count-rule", "  same: area\n", "  same: !!str area\n", "no-tags", "tags"),
    ("count-rule", "  same: area\n", "  same: !!python/object:os.system area\n", "no-tags", "tags"),
    ("count-rule", "  same: area\n", "\tsame: area\n", "yaml", "not YAML"),
    ("count-rule", "  same: area\n", "   same: area\n", "yaml", "not YAML"),
    ("count-rule", "  same: area\n", "  same: area: b\n", "yaml", "not YAML"),
    ("count-rule", "  same: area\n", '  same: "area\n', "yaml", "not YAML"),
    ("count-rule", "  same: area\n", "  same: [area\n", "yaml", "not YAML"),
    ("count-rule", "  same: area\n", "  ? [a, b]\n  : c\n", "key", "a word"),
    ("count-rule", "  same: area\n", "  same: area\x00\n", "yaml", "character"),
    ("count-rule", "  same: area\n", f"  same: {'[' * 50}{']' * 50}\n", "too-deep", "nested more than 30"),
    ("count-rule", "task:", "---\ntask:", "one-document", "second document"),
    ("count-rule", "same: area", "same: area # lint-ok: words", "lint-ok", "without a reason"),
    ("count-rule", "same: area", "same: area # lint-ok: wrods because", "lint-ok", "did you mean 'words'"),
]  # fmt: skip


#: Rules that others name.
NAMED = ("count-rule.yaml", "absence-rule.yaml", "single-rule.yaml")


def with_one(file: str, text: str) -> dict[str, str]:
    """Return a folder with one file written otherwise, and of the rules only those that others name."""
    kept = {name: FILES[name] for name in FILES if (name not in RULES and not name.endswith(".test.yaml")) or name in NAMED}
    return {**kept, file: text}


def problems_of(files: dict[str, str]) -> list[Problem]:
    """Return what is said of a folder, without the reminders to write tests."""
    return [problem for problem in read_rules(files).problems if not problem.code.startswith("no-test")]


def test_the_files_that_are_broken_here_are_well_written() -> None:
    assert problems_of(FILES) == []
    assert read_rules(FILES).rulebook is not None


@pytest.mark.parametrize(
    ("name", "right", "wrong", "code", "words"), BROKEN, ids=[f"{row[0]}-{number}" for number, row in enumerate(BROKEN)]
)
def test_a_broken_rule_is_told_with_its_place_and_what_would_be_right(name: str, right: str, wrong: str, code: str, words: str) -> None:
    file = f"{name}.yaml"
    assert right in FILES[file], "the table is out of date"
    broken = FILES[file].replace(right, wrong, 1)
    found = problems_of(with_one(file, broken))
    fitting = [problem for problem in found if problem.code == code and words in problem.say]
    assert fitting, [f"{problem} [{problem.code}]" for problem in found]
    one = fitting[0]
    lines = broken.splitlines()
    assert one.place.file.endswith(".yaml")
    assert 1 <= one.place.line <= len(lines) + 1
    assert one.place.column >= 1
    assert str(one).startswith(f"{one.place.file}:{one.place.line}:{one.place.column}: ")


def test_all_problems_of_a_file_are_told_at_once() -> None:
    broken = (
        FILES["count-rule.yaml"]
        .replace("owner: somebody\n", "")
        .replace("not planned", "not planed")
        .replace("60 days", "60d")
        .replace("{count}", "{cuont}")
        .replace("severity: major", "severity: majro")
    )
    found = [str(problem).partition(" ")[0] for problem in problems_of(with_one("count-rule.yaml", broken))]
    assert found == [f"count-rule.yaml:{place}:" for place in ("1:1", "7:11", "10:11", "12:13", "15:8")]


WORD = re.compile(r"[A-Za-z_]{3,}|[0-9]+")


def mutants(seed: int) -> list[dict[str, str]]:
    """Return folders with one file broken by chance: a letter changed inside a word that the rules know, a line lost or moved in."""
    chance = random.Random(seed)
    found = []
    for name, text in sorted(RULES.items()):
        for _ in range(12):
            lines = text.splitlines(keepends=True)
            place = chance.randrange(len(lines))
            match chance.randrange(4):
                case 0:
                    key = lines[place].partition(":")[0]
                    lines[place] = lines[place].replace(key, f"{key}x", 1)
                case 1:
                    lines[place] = f" {lines[place]}"
                case 2:
                    lines[place] = lines[place].rstrip("\n") + ': "\n'
                case _:
                    lines.insert(place, lines[place])
            found.append(with_one(name, "".join(lines)))
    return found


@pytest.mark.parametrize("files", mutants(2026), ids=[str(number) for number in range(len(mutants(2026)))])
def test_a_rule_broken_by_chance_is_told_too(files: dict[str, str]) -> None:
    found = problems_of(files)
    assert found
    assert all(problem.place.line > 0 and problem.place.column > 0 and len(problem.say) > 10 for problem in found)
    assert {problem.code for problem in found} <= set(CODES)


def test_there_are_more_than_two_hundred_broken_rules() -> None:
    assert len(BROKEN) > 200
    assert len(mutants(2026)) == 132


def basis() -> Basis:
    """Return what the test rules stand on."""
    catalogue = read_catalogue(read(CATALOGUE, "catalogue.yaml")[0])[0]  # type: ignore[arg-type] # well written
    assert catalogue is not None
    return Basis(catalogue.types, {}, catalogue.zone)


BASIS = basis()
SCRAPS = st.sampled_from(
    [*WORD.findall("".join(RULES.values())), ": ", "- ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", '"', "'", "|", ">", "#"]
)
TEXTS = st.text() | st.binary().map(lambda raw: raw.decode("latin-1")) | st.lists(SCRAPS, max_size=40).map("".join)


@given(TEXTS)
def test_whatever_stands_in_a_file_there_is_an_answer(text: str) -> None:
    document, problems = read(text, "x.yaml")
    assert document is not None or problems
    if document is None:
        return
    for rule, told in (read_rule(document, BASIS), read_calendar(document), read_tests(document, ["x"], BASIS)):
        assert told or rule
        assert all(problem.place.line > 0 and problem.code in CODES for problem in told)
    assert read_rules(
        {"catalogue.yaml": text, "x.yaml": text, "calendars/x.yaml": text, "tables/x.yaml": text, "tables/x.csv": text}
    ).problems


WORDS = [
    "not",
    "and",
    "or",
    "in",
    "is",
    "missing",
    "yes",
    "no",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "-",
    "==",
    "<",
    "!",
    "5",
    "days",
    "lower(",
    "hour_of(",
    "limits[",
    "customers",
    "planned",
    "cause",
    "area",
    "at",
    "&&",
    "||",
    "ended",
]
SYMBOLS = st.sampled_from([*WORDS, '"a"', "2026-01-01", "\\", '"\\u12', "'", "\u3000"])


@given(st.text() | st.lists(SYMBOLS, max_size=20).map(" ".join))
def test_whatever_stands_in_a_condition_there_is_an_answer(text: str) -> None:
    fields = BASIS.types["outage.started"].fields
    found = parse_condition(text, Place("x", 1, 1), fields)
    assert isinstance(found, Condition) or (found and found[0].place.column > 0)
    assert isinstance(parse_length(text), str) or parse_length(text)
    assert parse_instant(text, "UTC") is None or text


@pytest.mark.parametrize("file", ["calendars/china.yaml", "tables/limits.yaml", "count-rule.test.yaml", "catalogue.yaml"])
def test_a_line_lost_or_doubled_in_any_other_file_breaks_nothing_else(file: str) -> None:
    lines = FILES[file].splitlines(keepends=True)
    for place in range(0, len(lines), 2):
        for broken in ([*lines[:place], *lines[place + 1 :]], [*lines[:place], lines[place], *lines[place:]]):
            folder = read_rules(with_one(file, "".join(broken)))
            assert folder.rulebook is not None or folder.problems


CALENDARS = [
    ("covers: 2026-01-01 to 2026-12-31", "covers: 2026", "'2026' is not a span of days"),
    ("covers: 2026-01-01 to 2026-12-31", "covers: 2026-12-31 to 2026-01-01", "lies before"),
    ("covers: 2026-01-01 to 2026-12-31\n", "", "'covers' is missing"),
    ("covers: 2026-01-01 to 2026-12-31", "covers: 2026-01-01 to 2026-09-30", "lies outside"),
    ("time_zone: Asia/Shanghai", "time_zone: Beijing", "there is no time zone"),
    ("time_zone: Asia/Shanghai", "time_zone: Asia", "there is no time zone"),
    ("time_zone: Asia/Shanghai", "time_zone: ../../etc/passwd", "there is no time zone"),
    ("[mon, tue, wed, thu, fri]", "[]", "no day of the week is worked"),
    ("[mon, tue, wed, thu, fri]", "[monday]", "did you mean 'mon'"),
    ("[mon, tue, wed, thu, fri]", "{mon: yes}", "there is no weekday"),
    ("[08:30-12:00, 14:00-17:30]", "[]", "no opening hours"),
    ("[08:30-12:00, 14:00-17:30]", "[12:00-08:30]", "must end after it begins"),
    ("[08:30-12:00, 14:00-17:30]", "[08:30-12:00, 11:00-17:30]", "begin after the one before"),
    ("[08:30-12:00, 14:00-17:30]", "[8-12]", "write 08:30-12:00"),
    ("[08:30-12:00, 14:00-17:30]", "[[08:30-12:00]]", "write 08:30-12:00"),
    ("{2026-10-01: 国庆节 / National Day}", "{2026-02-30: x}", "there is no day '2026-02-30'"),
    ("{2026-10-01: 国庆节 / National Day}", "{2026-W01-1: x}", "there is no day"),
    ("{2026-10-01: 国庆节 / National Day}", "[2026-10-01]", "a list of 'date: why'"),
    ("{2026-10-01: 国庆节 / National Day}", "{2026-10-10: x}", "a holiday and an extra working day"),
    ("{2026-10-10: worked for 1 October}", "{2026-10-12: x}", "a working day anyway"),
    ("{2026-10-10: worked for 1 October}", "{2026-10-10: [x]}", "one text"),
    ("holidays:", "holydays:", "did you mean 'holidays'"),
    ("calendar: china", "calendar: []", "'calendar' is missing"),
]


@pytest.mark.parametrize(("right", "wrong", "words"), CALENDARS)
def test_a_broken_calendar_is_told(right: str, wrong: str, words: str) -> None:
    assert right in CALENDAR
    found = problems_of(with_one("calendars/china.yaml", CALENDAR.replace(right, wrong, 1)))
    assert any(problem.code == "calendar" and words in problem.say for problem in found), [str(problem) for problem in found]


TABLES = [
    ("table: limits", "table: Limits", "table", "no name for a table"),
    ("table: limits", "table: limit", "file-name", "give both one name"),
    ("key: area_class", "key: aera_class", "table", "did you mean 'area_class'"),
    ("key: area_class", "key: note", "table", "may be missing"),
    ("hours: whole number", "hours: hole number", "catalogue-field", "did you mean"),
    ("hours: 3}", "hours: three}", "table", "'three' is no whole number"),
    ("hours: 3}", "hours: [3]}", "table", "one text"),
    ("hours: 3}", "huors: 3}", "table", "did you mean 'hours'"),
    ("urban, hours", "urbn, hours", "table", "did you mean 'urban'"),
    ("area_class: rural, hours", "area_class: urban, hours", "table", "a row for urban already"),
    ("{area_class: urban, hours: 3}", "urban", "catalogue-shape", "a row"),
    (", hours: 3}", "}", "table", "'hours' is missing in this row"),
    ("rows:\n", "rows: none\nraws:\n", "table", "'rows' is a list"),
]


@pytest.mark.parametrize(("right", "wrong", "code", "words"), TABLES)
def test_a_broken_table_is_told(right: str, wrong: str, code: str, words: str) -> None:
    assert right in LIMITS
    found = problems_of(with_one("tables/limits.yaml", LIMITS.replace(right, wrong, 1)))
    assert any(problem.code == code and words in problem.say for problem in found), [f"{problem} {problem.code}" for problem in found]


TESTS = [
    ("rule: count-rule", "rule: cuont-rule", "did you mean 'count-rule'"),
    ("rule: count-rule\n", "", "'rule' is missing"),
    ("usual:", "usal:", "did you mean 'usual'"),
    ("  outage.started: {area: TA-7", "  outage.startd: {area: TA-7", "did you mean 'outage.started'"),
    ("customers: 120", "custmers: 120", "did you mean 'customers'"),
    ("customers: 120", "customers: many", "'many' is no whole number"),
    ("customers: 120", "customers: [120]", "one text"),
    ("planned: no", "planned: nope", "'nope' is no yes/no"),
    ("area_class: urban", "area_class: urbn", "did you mean 'urban'"),
    ("{at: 2026-03-01 08:00, outage.started: {outage_id: O-1}}", "{at: soon, outage.started: {outage_id: O-1}}", "no time"),
    ("{at: 2026-03-01 08:00, outage.started: {outage_id: O-1}}", "{outage.started: {outage_id: O-1}}", "'at' is missing"),
    ("{at: 2026-03-01 08:00, outage.started: {outage_id: O-1}}", "{at: 2026-03-01 08:00}", "an event is written as"),
    ("{at: 2026-03-01 08:00, outage.started: {outage_id: O-1}}", "{at: 2026-03-01 08:00, outage.started: O-1}", "lines of"),
    ("{at: 2026-03-01 08:00, outage.started: {outage_id: O-1}}", "outage.started", "lines of"),
    ("outage_id: O-1}", "outge_id: O-1}", "did you mean 'outage_id'"),
    ("opened: 2026-03-03 08:00", "opend: 2026-03-03 08:00", "did you mean 'opened'"),
    ("opened: 2026-03-03 08:00", "opened: 2026-13-03 08:00", "no time"),
    ("evidence: [O-1, O-2, O-3]", "evidence: O-1", "a list"),
    ("evidence: [O-1, O-2, O-3]", "evidence: [[O-1]]", "one text"),
    ("count: 3\n", "count: three\n", "no whole number"),
    ("severity: 重要", "severity: 严重", "there is no severity"),
    ("say: 3 outages", "say: [3]", "one text"),
    ("same: {area: TA-7}", "same: TA-7", "lines of"),
    ("expect: nothing", "expect: []", "expect: nothing"),
    ("expect: nothing", "expect: something", "a list"),
    ("    expect: nothing\n", "", "'expect' is missing"),
    ("clock_runs_to: 2026-03-09 08:00", "clock_runs_to: 2026-03-01 08:00", "run back"),
    ("test: two do not", "test: three outages open one task", "a test 'three outages open one task' already"),
    ("tests:\n", "tests: []\ntest:\n", "no test yet"),
]


@pytest.mark.parametrize(("right", "wrong", "words"), TESTS)
def test_a_broken_rule_test_is_told(right: str, wrong: str, words: str) -> None:
    assert right in TEST
    found = problems_of(with_one("count-rule.test.yaml", TEST.replace(right, wrong, 1)))
    assert any(problem.code in {"rule-test", "unknown-rule"} and words in problem.say for problem in found), [
        str(problem) for problem in found
    ]
