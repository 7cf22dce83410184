"""Rows nobody would write on purpose: nothing raises, and every one is accounted for."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Event, Rejected
from engine.events.mapping import Skipped, draft
from tests.support.catalogues import shipped
from tests.support.feeds import HEADER, OUTAGES, gate, mapping_from, outcomes

ROWS = 2000
SIGNS = [
    '"',
    ",",
    ";",
    "\r",
    "\0",
    "\udcff",
    "\ud800",
    "台",
    "\u2028",
    "{",
    "}",
    "[",
    "\\",
    "\\u0000",
    "\\ud800",
    "1e999",
    "9" * 400,
    "\ufeff",
    " ",
    "-",
    "NaN",
]
GOOD = ["O-1", "台区 7", "2026-03-01 08:00", "2026-03-01 09:30", "640"]
NAMES = HEADER.strip().split(",")


def mangled(text: str, chance: random.Random) -> str:
    """Return a line with one to three pieces put in, taken out or doubled. It stays one line, so that lines can be counted."""
    for _ in range(chance.randint(1, 3)):
        at, to = sorted(chance.choices(range(len(text) + 1), k=2))
        piece = chance.choice([*SIGNS, text[at:to] * 2, ""])
        text = text[:at] + piece + text[min(to, at + 4) :]
    return text.replace("\n", " ") + "\n"


def accounted(text: str, lines: list[str]) -> tuple[int, dict[int, int]]:
    """Return how many records were judged, and how many outcomes each line had. Whatever is rejected can be written down."""
    reading = mapping_from(text).read(lines, "feed")
    had: dict[int, int] = {}
    for line, _, found in reading:
        had[line] = len(found)
        for one in found:
            made = gate().convert(one) if isinstance(one, dict) else one
            assert isinstance(made, Event | Rejected | Skipped)
            if isinstance(made, Rejected):
                assert str(made).encode()
                assert made.reason
    return reading.rows, had


@pytest.mark.parametrize("seed", range(2))
def test_two_thousand_mangled_rows_of_csv_are_all_accounted_for(seed: int) -> None:
    """A line is one record, part of a record over several lines (a quote may span them), or blank; each record has its outcomes."""
    chance = random.Random(seed)
    lines = [mangled(",".join(GOOD), chance) for _ in range(ROWS)]
    rows, had = accounted(OUTAGES, [HEADER, *lines])
    assert rows == len(had)
    assert all(count in (1, 2) for count in had.values())
    starts = sorted(had)
    for start, following in zip(starts, [*starts[1:], ROWS + 2], strict=True):
        inside = lines[start - 1 : following - 2]  # lines that belong to the record before them
        assert not [line for line in inside if line.strip()] or '"' in lines[start - 2]


@pytest.mark.parametrize("seed", range(2))
def test_two_thousand_mangled_lines_of_json_are_all_accounted_for(seed: int) -> None:
    chance = random.Random(seed)
    lines = [mangled(json.dumps(dict(zip(NAMES, GOOD, strict=True)), ensure_ascii=False), chance) for _ in range(ROWS)]
    rows, had = accounted("format: json lines" + OUTAGES, lines)
    assert rows == len(had) == sum(bool(line.strip(" \t\r\n")) for line in lines)
    assert all(count in (1, 2) for count in had.values())


@pytest.mark.parametrize("seed", range(20))
def test_a_mangled_document_tells_where_it_broke(seed: int) -> None:
    chance = random.Random(seed)
    text = json.dumps([dict(zip(NAMES, GOOD, strict=True))] * 20, ensure_ascii=False)
    found = outcomes("format: json" + OUTAGES, mangled(text, chance))
    assert found
    assert all(isinstance(one, Event | Rejected | Skipped) for one in found)


@given(st.text(st.characters(), max_size=300), st.sampled_from(["csv", "json lines", "json"]))
def test_no_text_whatever_raises(text: str, form: str) -> None:
    top = "" if form == "csv" else f"format: {form}"
    assert all(isinstance(one, Event | Rejected | Skipped) for one in outcomes(top + OUTAGES, text))


@given(st.text(st.characters(), max_size=300), st.sampled_from(["a.csv", "b.json", "c.jsonl", "\n.txt.gz"]))
def test_a_draft_of_any_text_whatever_is_a_file(text: str, file: str) -> None:
    assert draft(text, file, shipped()).startswith("#")
