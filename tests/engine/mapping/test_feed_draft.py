"""A first mapping for a file that nobody has described: what its columns are called and look like says most of it."""

from __future__ import annotations

import pytest

from engine.events import Rejected
from engine.events.mapping import draft
from tests.support.catalogues import shipped
from tests.support.feeds import outcomes

CHINESE = """停电编号,台区,停电时间,复电时间,影响户数,预安排,备注
T1,城关 1 号,2024年3月1日 8时05分,2024年3月1日 9时30分,120,是,
T2,城关 2 号,2024年3月2日 8时05分,,12,否,树障
"""


def test_a_chinese_file_is_understood_without_a_question_but_the_zone() -> None:
    text = draft(CHINESE, "停电.csv", shipped())
    assert text.count('"?"') == 2  # the zone, and the sentence at the top that says what it means
    started, restored, second, not_yet = outcomes(text.replace('zone: "?"', "zone: Asia/Shanghai"), CHINESE)
    assert (started.outage_id, started.transformer_area, started.customers, started.planned) == ("T1", "城关 1 号", 120, True)
    assert started.started_at.isoformat() == "2024-03-01T00:05:00+00:00"
    assert (restored.kind.name, second.outage_id, not_yet.event) == ("outage.restored", "T2", "outage.restored")


@pytest.mark.parametrize(
    ("file", "text", "wanted"),
    [
        ("a.csv", "id;at\n1;2026-03-01", "delimiter: semicolon"),
        ("a.tsv", "id\tat\n1\t2026-03-01", "delimiter: tab"),
        ("a.jsonl", '{"outage_id": "1"}', "format: json lines"),
        ("a.txt", '{"outage_id": "1"}\n{"outage_id": "2"}\n', "format: json lines"),
        ("a.json", '[{"outage_id": "1"}]', "format: json"),
        ("a.json", '{"of": {"x": 1}, "data": {"rows": [{"outage_id": "1"}]}}', "records: data.rows"),
        ("a.csv", b"\xcd\xa3\xb5\xe7\xb1\xe0\xba\xc5,x\n1,2\n".decode("utf-8", "surrogateescape"), "encoding: gb18030"),
        ("Outages 2026 (final).csv.gz", "a,b\n1,2\n", "feed: outages-2026-final"),
    ],
)
def test_how_the_file_is_written_is_found_out(file: str, text: str, wanted: str) -> None:
    assert [line for line in draft(text, file, shipped()).splitlines() if line.startswith(wanted)]


def test_day_and_month_that_cannot_be_told_apart_are_asked_for() -> None:
    text = draft("outage_id,started_at\n1,02/03/2026 08:00\n", "a.csv", shipped())
    assert 'time: "?"  # %d/%m/%Y %H:%M or %m/%d/%Y %H:%M' in text
    assert 'time: "%d/%m/%Y %H:%M"' in draft("outage_id,started_at\n1,22/03/2026 08:00\n", "a.csv", shipped())


def test_words_that_are_none_of_the_catalogue_are_asked_for_one_by_one() -> None:
    text = draft("outage_id,started_at,customers,planned\n1,2026-03-01T00:00Z,5,P\n2,2026-03-01T00:00Z,NULL,U\n", "outages.csv", shipped())
    assert '          P: "?"\n          U: "?"\n' in text
    assert 'missing: ["NULL"]' in text


def test_columns_that_nothing_looks_at_are_listed_with_what_they_hold() -> None:
    assert "#   wind: 7, 9" in draft("outage_id,started_at,wind\n1,2026-03-01T00:00Z,7\n2,2026-03-01T00:00Z,9\n", "a.csv", shipped())


def test_a_file_that_says_nothing_asks_for_the_event() -> None:
    text = draft("", "empty.csv", shipped())
    assert '- event: "?"' in text
    assert not [one for one in outcomes(CHECKED, "") if isinstance(one, Rejected)]


CHECKED = """
feed: empty
events:
  - event: clock.tick
    fields: {at: at}
"""
