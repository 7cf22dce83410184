"""What an edit of a rule does to what it knows: each row of the documented table, and the table itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.language import EFFECTS, Rulebook, read_rules, revisions
from engine.watching import say
from tests.streams.county import CATALOGUE, LONG, REPEATED, RULES, WEAK

SPIKE = REPEATED.replace("repeated-outage", "spike").replace("{count} outages in ", "")
SPIKE = SPIKE.replace("  count: at least 3\n  within: 10 days\n", "  rate: at least 3 times usual\n  per: 1 day\n")


def book(**changed: str) -> Rulebook:
    """Return the county's rules with other texts in place of some."""
    files = {**RULES, "spike.yaml": SPIKE, **{f"{name.replace('_', '-')}.yaml": text for name, text in changed.items()}}
    found = read_rules({name: text for name, text in files.items() if text})
    assert found.rulebook is not None, found.problems
    return found.rulebook


def effects(new: Rulebook) -> dict[str, tuple[str, ...]]:
    """Return what becomes of each rule that is touched."""
    return {name: edit.effects for name, edit in revisions(book(), new).items()}


def test_the_documented_table_is_the_table() -> None:
    page = Path(__file__).parents[3] / "docs" / "rules.md"
    section = page.read_text(encoding="utf-8").split("## When a rule is edited")[1]
    rows = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in section.splitlines() if line.startswith("| ")]
    assert rows[2:] == [(say("en", f"edit.{part}"), say("en", f"effect.{effect}")) for part, effect in EFFECTS.items()]


def test_every_part_and_effect_has_words_in_both_languages() -> None:
    for language in ("zh", "en"):
        assert all(say(language, f"edit.{part}") and say(language, f"effect.{effect}") for part, effect in EFFECTS.items())


def test_the_same_rules_in_any_order_of_files_are_no_edit() -> None:
    assert effects(book()) == {}


@pytest.mark.parametrize(
    ("name", "old", "new", "effect"),
    [
        ("long_outage", "title: Long outage", "title: Too long", "kept"),
        ("long_outage", "severity: serious", "severity: critical", "kept"),
        ("long_outage", "owner: dispatch", "owner: somebody else", "kept"),
        ("long_outage", "due: 2 hours", "due: 3 hours", "kept"),
        ("repeated_outage", "at least 3", "at least 2", "judged"),
        ("repeated_outage", "at least 3", "at least 9", "judged"),
        ("spike", "at least 3 times", "at least 2 times", "judged"),
        ("long_outage", "within: 12 hours", "within: 6 hours", "earlier"),
        ("long_outage", "within: 12 hours", "within: 360 minutes", "earlier"),
        ("long_outage", "within: 12 hours", "within: 13 hours", "rebuilt"),
        ("long_outage", "within: 12 hours", "within: 1 calendar day", "rebuilt"),
        ("long_outage", "within: 12 hours", "within: {2024-01-01: 12 hours, 2026-01-01: 6 hours}", "rebuilt"),
        ("long_outage", "same: outage_id", "same: transformer_area", "rebuilt"),
        ("long_outage", "reason:", "since: 2026-01-01\nreason:", "rebuilt"),
        ("spike", "not planned", "planned", "rebuilt"),
        ("spike", "per: 1 day", "per: 12 hours", "earlier"),
        ("spike", "  per: 1 day\n", "  per: 1 day\n  usual_at_least: 4\n", "rebuilt"),
    ],
)
def test_an_edit_touches_the_edited_rule_alone(name: str, old: str, new: str, effect: str) -> None:
    text = {"long_outage": LONG, "repeated_outage": REPEATED, "spike": SPIKE}[name]
    assert effects(book(**{name: text.replace(old, new)})) == {name.replace("_", "-"): (effect,)}


def test_a_rule_that_counts_the_findings_of_one_that_is_built_anew_is_built_anew_too() -> None:
    assert effects(book(repeated_outage=REPEATED.replace("not planned", "planned"))) == {
        "repeated-outage": ("rebuilt",),
        "weak-area": ("rebuilt",),
    }


@pytest.mark.parametrize(("status", "found"), [("shadow", ("kept", "ended")), ("retired", ("dropped",)), ("draft", ("dropped",))])
def test_a_rule_that_is_no_longer_live_ends_its_tasks(status: str, found: tuple[str, ...]) -> None:
    expected = found if found != ("kept", "ended") else ("ended",)
    assert effects(book(long_outage=LONG.replace("status: live", f"status: {status}"))) == {"long-outage": expected}


def test_a_rule_that_is_built_anew_for_the_shadow_ends_its_tasks_besides() -> None:
    text = LONG.replace("status: live", "status: shadow").replace("12 hours", "20 hours")
    assert effects(book(long_outage=text)) == {"long-outage": ("rebuilt", "ended")}


def test_rules_come_and_go() -> None:
    assert effects(book(weak_area="")) == {"weak-area": ("dropped",)}
    assert {name: edit.effects for name, edit in revisions(book(weak_area=""), book()).items()} == {"weak-area": ("built",)}


def test_a_field_that_no_rule_reads_touches_nothing() -> None:
    more = CATALOGUE.replace("      planned: yes/no\n", "      planned: yes/no\n      cause: text, may be missing\n")
    assert effects(book(catalogue=more)) == {}
    assert WEAK in RULES.values()
