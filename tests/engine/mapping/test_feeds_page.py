"""docs/feeds.md: its examples are run, its tables are complete and say nothing twice."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

import engine.events.mapping
from engine.events import Rejected
from engine.events.mapping import Skipped, feed
from engine.events.mapping.clock import WORDS
from engine.events.mapping.mappingfile import CLOCK_CHANGES, DELIMITERS, ENCODINGS, FORMATS, EventWords, FeedWords, SkipWords, ValueWords
from tests.support.feeds import gate, mapping_from

HOUSE = Path(__file__).resolve().parents[3]
PAGE = (HOUSE / "docs" / "feeds.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```.*?^```(csv|json)\n(.*?)^```.*?^```jsonl\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def shown(outcome: Any) -> object:
    """Return an outcome as the page shows it."""
    if isinstance(outcome, Rejected):
        return f"rejected {outcome}"
    if isinstance(outcome, Skipped):
        return f"skipped {outcome.file}:{outcome.line} {outcome.event}: {outcome.reason}"
    return json.loads(msgspec.json.encode(outcome))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example[0].splitlines()[0])
def test_an_example_gives_what_the_page_says(example: tuple[str, str, str, str]) -> None:
    text, form, sample, comes_out = example
    mapping = mapping_from(text)
    found = [shown(one) for one in feed(mapping, gate(), sample, f"{mapping.name}.{form}")]
    assert found == [json.loads(line) for line in comes_out.splitlines()]


def test_both_examples_were_found() -> None:
    assert len(EXAMPLES) == 2


@pytest.mark.parametrize(
    ("heading", "words"),
    [("The top of the file", FeedWords), ("One event", EventWords), ("One field", ValueWords), ("Rows that are left out", SkipWords)],
)
def test_each_setting_is_described_once_where_it_belongs(heading: str, words: type[FeedWords]) -> None:
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    described = [name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]
    assert sorted(described) == sorted(field.alias or name for name, field in words.model_fields.items())


def test_every_word_that_a_setting_may_hold_is_named() -> None:
    assert [word for word in (*FORMATS, *ENCODINGS, *CLOCK_CHANGES, *DELIMITERS, *WORDS) if f"`{word}`" not in PAGE] == []


def test_every_code_of_a_rejection_is_described() -> None:
    folder = Path(engine.events.mapping.__file__).parent
    files = [*folder.glob("*.py"), HOUSE / "streams" / "embedded" / "linefile.py"]
    source = "\n".join(path.read_text("utf-8") for path in files if "lint" not in path.name and path.name != "sheet.py")
    codes = set(re.findall(r'"((?:not|no|un|time|clock|too)-[a-z-]+|unreadable-row|unknown-value|unusable-text|empty|damaged)"', source))
    assert len(codes) > 12
    assert [code for code in sorted(codes) if f"| `{code}`" not in PAGE and f"`, `{code}`" not in PAGE and f", `{code}`" not in PAGE] == []
