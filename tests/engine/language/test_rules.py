"""Every row of the rule format can be written, and is understood as written; every rule reads into the data that the watching room runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.calendar import Length, parse_instant
from engine.language import (
    Again,
    Count,
    FirstTime,
    Follow,
    Precede,
    Rate,
    Rule,
    Selection,
    Sequence,
    Single,
    Sliding,
    Total,
    Year,
    read_rules,
    reads_of,
)
from engine.language.rulesheet import NEVER
from engine.rehearsal import rehearse
from tests.support.rulefiles import FILES, HEAD, TASK

HOUSE = Path(__file__).resolve().parents[3]


def read_one(when: str, head: str = "", task: str = TASK) -> Rule:
    """Return a rule whose `when` is the given lines."""
    lines = "".join(f"  {line}\n" for line in when.strip().splitlines())
    text = f"{HEAD.format(name='a-rule')}{head}when:\n{lines}{task}"
    folder = read_rules({**FILES, "a-rule.yaml": text})
    assert folder.rulebook is not None, [str(problem) for problem in folder.problems if problem.level == "error"]
    return folder.rulebook.rules["a-rule"]


def days(number: int) -> Any:
    """Return an undated length of days."""
    return ((NEVER, Length(number, "days")),)


def at(text: str) -> int:
    """Return a day's beginning in Shanghai."""
    found = parse_instant(text, "Asia/Shanghai")
    assert found is not None
    return found


ANCHOR = "event: outage.started\nsame: area\n"


def pattern(lines: str) -> Any:
    """Return what a rule with these lines beside its anchor looks for."""
    return read_one(ANCHOR + lines).pattern


def test_a_single_event() -> None:
    assert pattern("") == Single()


def test_counts() -> None:
    found = pattern("count: at least 3\nwithin: 60 days")
    assert isinstance(found, Count)
    assert (found.at_least.entries, found.different, found.within.length.entries) == (((NEVER, 3),), None, days(60))  # type: ignore[union-attr] # sliding
    assert pattern("count: at least 3 different cause\nwithin: 60 days").different == "cause"


def test_sums_and_averages() -> None:
    found = pattern("count: sum of duration at least 1200.5\nwithin: 60 days")
    assert isinstance(found, Total)
    assert (found.kind, found.field, found.at_least.entries) == ("sum", "duration", ((NEVER, 1200.5),))
    assert pattern("count: average of customers at least -3\nwithin: 60 days").kind == "average"


def test_fixed_years() -> None:
    assert pattern("count: at least 6\nwithin: civil year").within == Year(1, "Asia/Shanghai")
    assert pattern("count: at least 6\nwithin: fiscal year from April").within == Year(4, "Asia/Shanghai")


def test_dated_numbers() -> None:
    found = pattern("count: {2024-01-01: at least 4, 2026-01-01: at least 3}\nwithin: {2026-01-01: 60 days, 2024-01-01: 90 days}")
    assert isinstance(found.within, Sliding)
    assert found.at_least.entries == ((at("2024-01-01"), 4), (at("2026-01-01"), 3))
    assert [str(length) for _, length in found.within.length.entries] == ["90 days", "60 days"]
    assert found.at_least.at(at("2025-12-31")) == 4
    assert found.at_least.at(at("2026-01-01")) == 3


def test_absence_with_alternatives_and_a_narrower_key() -> None:
    rule = read_one(
        "event: outage.started\nsame: [outage_id, area]\nnot_followed_by:\n  any_of:\n    - event: outage.restored\n"
        "    - {event: notice.sent, same: area, if: coverage >= 1}\n  within: 3 working days\n  calendar: china"
    )
    assert isinstance(rule.pattern, Follow)
    assert rule.pattern.negated
    assert [(other.events, other.same, len(other.conditions)) for other in rule.others] == [
        (("outage.restored",), ("outage_id", "area"), 0),
        (("notice.sent",), ("area",), 1),
    ]
    assert (str(rule.pattern.within.entries[0][1]), rule.calendar_name, rule.decide) == ("3 working days", "china", "when settled")


@pytest.mark.parametrize(
    ("name", "kind", "negated"),
    [
        ("not_followed_by", Follow, True),
        ("followed_by", Follow, False),
        ("not_preceded_by", Precede, True),
        ("preceded_by", Precede, False),
    ],
)
@pytest.mark.parametrize("place", ["  within: 7 days", "within: 7 days"])
def test_relations_with_their_length_under_or_beside_them(name: str, kind: type, negated: bool, place: str) -> None:  # noqa: FBT001 - a row
    found = pattern(f"{name}:\n  event: outage.restored\n{place}")
    assert isinstance(found, kind)
    assert (found.negated, found.within.entries) == (negated, days(7))  # type: ignore[attr-defined] # as the type above says
    assert found.others == (Selection(("outage.restored",), (), ("area",)),)  # type: ignore[attr-defined] # the same


def test_sequences() -> None:
    found = pattern("then:\n  - event: outage.restored\n  - event: [outage.started, outage.restored]\nwithin: 1 day")
    assert isinstance(found, Sequence)
    assert [step.events for step in found.steps] == [("outage.restored",), ("outage.started", "outage.restored")]


def test_spikes() -> None:
    found = pattern("rate: at least 2.5 times usual\nper: 7 days\nusual_at_least: 3\nnow_at_least: 15")
    assert isinstance(found, Rate)
    assert (found.times.entries, found.per, found.usual_at_least, found.now_at_least) == (((NEVER, 2.5),), Length(7, "days"), 3, 15)


def test_first_times() -> None:
    assert isinstance(pattern("first_time_in: 30 days"), FirstTime)


AGAIN = [
    ("", Again("once while it lasts")),
    ("again: once while it lasts", Again("once while it lasts")),
    ("again: after 30 days", Again("after", Length(30, "days"))),
    ("again: every time", Again("every time")),
    ("again: counting afresh", Again("counting afresh")),
]


@pytest.mark.parametrize(("line", "wanted"), AGAIN)
def test_a_further_match_is_treated_in_four_ways(line: str, wanted: Again) -> None:
    assert read_one(f"{ANCHOR}count: at least 3\nwithin: 60 days\n{line}").again == wanted


DECIDED = [
    ("", "at once"),
    ("count: at least 3\nwithin: 9 days", "at once"),
    ("count: sum of duration at least 3\nwithin: 9 days", "at once"),
    ("followed_by:\n  event: outage.restored\n  within: 9 days", "at once"),
    # what ordinary late events can disprove waits for them
    ("count: average of duration at least 3\nwithin: 9 days", "when settled"),
    ("not_followed_by:\n  event: outage.restored\n  within: 9 days", "when settled"),
    ("not_preceded_by:\n  event: outage.restored\n  within: 9 days", "when settled"),
    ("rate: at least 3 times usual\nper: 9 days", "when settled"),
    ("first_time_in: 9 days", "when settled"),
]


@pytest.mark.parametrize(("lines", "wanted"), DECIDED)
def test_a_verdict_waits_where_late_events_could_take_it_back(lines: str, wanted: str) -> None:
    assert read_one(ANCHOR + lines).decide == wanted
    assert read_one(f"{ANCHOR}{lines}\ndecide: at once").decide == "at once"


def test_what_a_rule_says_of_itself() -> None:
    rule = read_one(ANCHOR, "since: 2024-01-01\nuntil: 2027-01-01\nreview_by: 2026-12-01\nnotes: 备注 / a note\n")
    assert (rule.since, rule.until, rule.review_by) == (at("2024-01-01"), at("2027-01-01"), "2026-12-01")
    assert (rule.title, rule.owner, rule.status) == ({"zh": "规则", "en": "A rule"}, "somebody", "shadow")


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("规则 / A rule", {"zh": "规则", "en": "A rule"}),
        ("Just one", {"zh": "Just one", "en": "Just one"}),
        ("{zh: 规则, en: A rule}", {"zh": "规则", "en": "A rule"}),
    ],
)
def test_a_title_stands_in_two_languages(written: str, wanted: dict[str, str]) -> None:
    text = FILES["count-rule.yaml"].replace("title: 规则 / A rule", f"title: {written}")
    book = read_rules({**FILES, "count-rule.yaml": text}).rulebook
    assert book is not None
    assert book.rules["count-rule"].title == wanted


SEVERITIES = [("提示", "info"), ("一般", "minor"), ("重要", "major"), ("重大", "serious"), ("特殊", "critical"), ("serious", "serious")]


@pytest.mark.parametrize(("written", "wanted"), SEVERITIES)
def test_severity_is_written_in_either_language(written: str, wanted: str) -> None:
    assert read_one(ANCHOR, task=TASK.replace("severity: major", f"severity: {written}")).ask.severity == wanted


@pytest.mark.parametrize("status", ["draft", "shadow", "live", "retired"])
def test_every_status_can_be_written(status: str) -> None:
    text = FILES["total-rule.yaml"].replace("status: shadow", f"status: {status}")
    book = read_rules({**FILES, "total-rule.yaml": text}).rulebook
    assert book is not None
    assert book.rules["total-rule"].status == status


def test_findings_of_findings_can_be_counted() -> None:
    """A chain of three; only a circle is refused."""
    rule = read_one("event: finding.single-rule\nsame: area\ncount: at least 2\nwithin: 9 days")
    assert rule.anchor.events == ("finding.single-rule",)


def test_findings_can_be_asked_for_their_severity() -> None:
    assert read_one('event: finding.count-rule\nif: severity in ["major", "serious"]\nsame: area').anchor.conditions[0].fields == {
        "severity"
    }


def test_the_gate_is_told_what_the_rules_read() -> None:
    book = read_rules(FILES).rulebook
    assert book is not None
    assert reads_of(book)["outage.started"] == {"area", "area_class", "outage_id", "planned", "customers", "duration", "at", "ended"}
    assert reads_of(book)["notice.sent"] == {"area", "coverage"}


def test_a_field_that_one_of_two_events_may_lack_is_guarded() -> None:
    """`ended` may be missing on one event and is always there on the other: the rule must not fall over the first."""
    catalogue = FILES["catalogue.yaml"].replace(
        "{outage_id: text, area: text, at: time}", "{outage_id: text, area: text, at: time, ended: time}"
    )
    text = FILES["rate-rule.yaml"].replace("  same: area\n", "  if: ended > 2026-01-01\n  same: area\n")
    book = read_rules({**FILES, "catalogue.yaml": catalogue, "rate-rule.yaml": text}).rulebook
    assert book is not None
    assert "is not None" in book.rules["rate-rule"].anchor.conditions[0].python()


def test_a_changed_row_of_a_table_is_a_changed_rule() -> None:
    def version(row: str) -> tuple[str, str]:
        book = read_rules({**FILES, "tables/limits.yaml": FILES["tables/limits.yaml"].replace("hours: 4", row)}).rulebook
        assert book is not None
        return book.rules["notice-rule"].version, book.rules["notice-rule"].collects

    assert version("hours: 4") == version("hours: 4")
    assert version("hours: 4")[0] != version("hours: 5")[0]
    assert version("hours: 4")[1] != version("hours: 5")[1]


CSV = "area_class,hours,note\nurban,3,\nrural,4,long roads\n"


def test_the_rows_of_a_table_may_stand_in_a_csv_file() -> None:
    schema = FILES["tables/limits.yaml"].partition("rows:")[0]
    there = read_rules({**FILES, "tables/limits.yaml": schema, "tables/limits.csv": CSV})
    assert there.rulebook is not None, [str(problem) for problem in there.problems]
    assert there.rulebook.rules["notice-rule"].version == read_rules(FILES).rulebook.rules["notice-rule"].version  # type: ignore[union-attr] # well written


@pytest.mark.parametrize(
    ("rows", "place", "words"),
    [
        ("area_class,hours\nurban,three\n", "tables/limits.csv:2:1:", "'three' is no whole number"),
        ("area_class,hours\nurban,3,4\n", "tables/limits.csv:2:1:", "3 values, the header 2"),
        ("area_class,hors\nurban,3\n", "tables/limits.csv:2:1:", "did you mean 'hours'"),
        ("area_class,hours\nurban,3\nurban,4\n", "tables/limits.csv:3:1:", "a row for urban already"),
    ],
)
def test_a_wrong_row_of_a_csv_file_is_told_at_its_line(rows: str, place: str, words: str) -> None:
    schema = FILES["tables/limits.yaml"].partition("rows:")[0]
    found = [str(problem) for problem in read_rules({**FILES, "tables/limits.yaml": schema, "tables/limits.csv": rows}).problems]
    assert any(one.startswith(place) and words in one for one in found), found


def test_rows_without_a_schema_and_rows_twice_are_told() -> None:
    found = [
        str(problem)
        for problem in read_rules({**FILES, "tables/limits.csv": CSV, "tables/lost.csv": CSV}).problems
        if problem.code == "table"
    ]
    assert [one.partition(": ")[0] for one in found] == ["tables/limits.yaml:1:1", "tables/lost.csv:1:1"]


TABLE_TEST = """
rule: notice-rule
usual:
  outage.started: {area: TA-7, customers: 120, planned: no, outage_id: O-1}
tests:
  - test: a kind of area whose limit is 3 hours or more is asked about
    events:
      - {at: 2026-03-01 08:00, outage.started: {area_class: urban}}
    clock_runs_to: 2026-03-02 08:00
    expect:
      - {opened: 2026-03-01 08:00, same: {area: TA-7}}
  - test: another is not
    events:
      - {at: 2026-03-01 08:00, outage.started: {area_class: rural}}
    clock_runs_to: 2026-03-02 08:00
    expect: nothing
"""


def test_a_rule_that_looks_things_up_runs() -> None:
    rows = FILES["tables/limits.yaml"].replace("hours: 4", "hours: 2")
    folder = read_rules({**FILES, "tables/limits.yaml": rows, "notice-rule.test.yaml": TABLE_TEST})
    assert folder.rulebook is not None, [str(problem) for problem in folder.problems]
    faults = {test.name: rehearse(folder.rulebook, test).faults for test in folder.tests if test.rule == "notice-rule"}
    assert faults == {"a kind of area whose limit is 3 hours or more is asked about": (), "another is not": ()}


def test_the_story_of_the_count_rule_comes_out_as_written() -> None:
    folder = read_rules(FILES)
    assert folder.rulebook is not None
    assert [rehearse(folder.rulebook, test).faults for test in folder.tests] == [(), ()]


def test_a_severity_that_is_not_the_rules_own_fails_its_story() -> None:
    folder = read_rules({**FILES, "count-rule.test.yaml": FILES["count-rule.test.yaml"].replace("重要", "minor")})
    assert folder.rulebook is not None
    assert [bool(rehearse(folder.rulebook, test).faults) for test in folder.tests] == [True, False]


def test_the_rules_that_are_shipped_have_nothing_wrong_with_them() -> None:
    root = HOUSE / "rules"
    files = {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in root.rglob("*") if path.suffix in {".yaml", ".csv"}}
    assert [str(problem) for problem in read_rules(files).problems] == []
