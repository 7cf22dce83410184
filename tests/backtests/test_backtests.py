"""The standard rules on real records: what docs/backtests.md says of them is what they come to. Skipped where the records are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.backtests import FEEDS, PAGE, Found, run
from streams.mappings import load_mapping
from streams.rules import Rules, load

HOUSE = Path(__file__).resolve().parent.parent.parent


def rules() -> Rules:
    """Return the standard rules."""
    found = load(HOUSE / "rules")
    assert isinstance(found, Rules)
    return found


@pytest.mark.parametrize("name", sorted(FEEDS))
def test_every_mapping_is_sound(name: str) -> None:
    assert not isinstance(load_mapping(FEEDS[name][0] / f"{name}.yaml", rules().book.catalogue), list)


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("name", ["permits", "chennai-notices", "hospital-billing"])
def test_the_page_tells_what_the_rules_find(name: str) -> None:
    found = run(name, rules())
    assert isinstance(found, Found)
    told = PAGE.read_text(encoding="utf-8").split(f"## {name}\n")[1].split("\n## ")[0]
    rows = [f"| `{rule}` | {counted.total():,} |" for rule, counted in found.weeks().items()]
    assert rows
    assert [row for row in rows if row not in told] == []
