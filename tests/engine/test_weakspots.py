"""Weak spots: what could be changed in a rule without any story noticing, and the story that would."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.language import Folder, edits_of, read_rules
from engine.rehearsal import Probe, Spot, idle_reasons, rehearse, share, worst_first
from streams.folder import read_folder

HOUSE = Path(__file__).resolve().parent.parent.parent
RULE = "outage/repeated-outage.yaml"
STORIES = "outage/repeated-outage.test.yaml"


def template() -> dict[str, str]:
    """Return the files of a new rules folder."""
    found = read_folder(HOUSE / "streams" / "template")
    assert not isinstance(found, list)
    return dict(found.files)


def spots_of(files: dict[str, str], name: str = "repeated-outage") -> list[Spot]:
    """Return how each edit of a rule ended."""
    probe = Probe(read(files), name)
    return list(probe.spots(probe.trials))


def read(files: dict[str, str]) -> Folder:
    """Return a folder without errors."""
    folder = read_rules(files)
    assert folder.rulebook is not None, folder.problems
    return folder


def changed(files: dict[str, str], file: str, old: str, new: str) -> dict[str, str]:
    """Return files of which one says something else."""
    assert old in files[file]
    return {**files, file: files[file].replace(old, new)}


def in_words(spots: list[Spot]) -> list[str]:
    """Return edits as a person would say them."""
    return [f"{spot.was} → {spot.now or 'left out'}" for spot in spots]


def test_one_number_word_operator_unit_or_field_is_changed_at_a_time() -> None:
    spots = spots_of(template())
    assert in_words(spots) == [
        "if: not planned → left out",
        "not → left out",
        "transformer_area → outage_id",
        "at least → more than",
        "3 → 4",
        "3 → 2",
        "3 → 6",
        "3 → 1",
        "60 days → 61 days",
        "60 days → 59 days",
        "60 days → 120 days",
        "60 days → 30 days",
        "60 days → 60 hours",
        "重要 → 一般",
        "重要 → 重大",
        "5 working days → 6 working days",
        "5 working days → 4 working days",
        "5 working days → 10 working days",
        "5 working days → 2 working days",
        "5 working days → 5 days",
        "5 working days → 5 calendar days",
        "{transformer_area} → …",
        "{count} → …",
    ]


def test_conditions_are_changed_word_by_word() -> None:
    written = 'not planned and (customers >= 500 or cause in ["storm", "ice"]) and cause is not missing'
    files = changed(template(), RULE, "if: not planned", f"if: {written}")
    folder = read(files)
    assert folder.basis is not None
    edits = [edit for edit in edits_of(folder.documents[RULE], folder.basis) if edit.path == ("when", "if") and not edit.group]
    assert [(edit.was, edit.now) for edit in edits] == [
        (f"if: {written}", ""),
        ("not", ""),
        ("and", "or"),
        (">=", ">"),
        (">=", "<"),
        ("500", "501"),
        ("500", "499"),
        ("500", "1000"),
        ("500", "250"),
        ("or", "and"),
        ("in", "not in"),
        ('"storm"', ""),
        ('"ice"', ""),
        ("and", "or"),
        ("not", ""),
    ]
    assert edits[3].place.column == len("  if: not planned and (customers ") + 1


@pytest.mark.parametrize("name", ["standing-case", "outage-then-complaint"])
def test_a_drafted_story_passes_with_the_rule_and_notices_the_change(name: str) -> None:
    shipped = read_folder(HOUSE / "rules")
    assert not isinstance(shipped, list)
    files = {
        path: text for path, text in shipped.files.items() if path.split("/")[0] in {"outage", "connection", "complaint"} or "/" not in path
    }
    files |= {path: text for path, text in shipped.files.items() if path.startswith(("calendars/", "tables/", "promise/"))}
    stories = next(path for path in files if path.endswith(f"/{name}.test.yaml"))
    folder = read(files)
    kept = next(test for test in folder.tests if test.rule == name and test.expect)
    few = {**files, stories: shortened(files[stories], kept.name)}
    holes = worst_first(spots_of(few, name))
    drafted = list(dict.fromkeys(spot.story for spot in holes if spot.story))
    assert len(drafted) >= 3
    numbered = [f"  - test: drafted {number}\n{story.partition(chr(10))[2]}\n" for number, story in enumerate(drafted)]
    more = {**few, stories: few[stories] + "".join(numbered)}
    folder = read(more)
    book = folder.rulebook
    assert book is not None
    told = [test for test in folder.tests if test.rule == name]
    assert [test.name for test in told if not rehearse(book, test, book.places).passed] == []
    left = {(spot.line, spot.was, spot.now) for spot in spots_of(more, name) if spot.verdict == "unnoticed"}
    assert left == {(spot.line, spot.was, spot.now) for spot in holes if not spot.story}


def shortened(text: str, name: str) -> str:
    """Return a test file with one of its stories alone."""
    head, *stories = text.split("\n  - test: ")
    return head + "".join(f"\n  - test: {story}" for story in stories if story.startswith(name)).rstrip() + "\n"


def test_what_means_the_same_is_no_hole() -> None:
    files = changed(template(), RULE, "if: not planned", "if: not planned and (customers < 10 or customers >= 10)")
    spots = {(spot.was, spot.now): spot for spot in spots_of(files)}
    assert (spots["<", "<="].verdict, spots["<", "<="].reason) == ("equal", "no event can tell the two apart")
    assert spots["and", "or"].verdict != "equal"


def test_a_reason_accepts_a_hole_and_is_told_once_it_accepts_nothing() -> None:
    files = changed(template(), RULE, "severity: 重要", "severity: 重要  # weak-ok: the profile decides")
    files = changed(files, RULE, "  same: transformer_area", "  # weak-ok: never needed\n  same: transformer_area")
    files = changed(files, RULE, "  due: 5 working days", "  due: 5 working days  # weak-ok")
    spots = spots_of(files)
    assert {(spot.was, spot.reason) for spot in spots if spot.verdict == "accepted"} == {("重要", "the profile decides")}
    assert idle_reasons(files[RULE], spots) == [
        (11, "accepts nothing: every change there is noticed, or means the same; take it away"),
        (19, "has no reason, so it accepts nothing; write '# weak-ok: why no story need notice'"),
    ]
    assert share(spots) < 1


def test_nothing_is_tried_while_a_story_fails() -> None:
    files = changed(template(), RULE, "at least 3", "at least 9")
    with pytest.raises(ValueError, match=r"outage/repeated-outage\.yaml: '.+' fails already; mend the story or the rule first"):
        Probe(read(files), "repeated-outage")


def test_a_rule_about_what_is_told_late_is_searched_too() -> None:
    files = changed(template(), RULE, "if: not planned", "if: arrived - started_at > 1 hour")
    files[STORIES] = """\
rule: repeated-outage
usual:
  outage.started: {transformer_area: TA-7, customers: 12, planned: no}
tests:
  - test: three that are told late
    events:
      - {at: 2026-03-02 08:00, arrives: 2026-03-02 10:00, outage.started: {outage_id: O-1}}
      - {at: 2026-03-03 08:00, arrives: 2026-03-03 10:00, outage.started: {outage_id: O-2}}
      - {at: 2026-03-04 08:00, arrives: 2026-03-04 10:00, outage.started: {outage_id: O-3}}
    expect:
      - {opened: 2026-03-04 08:00, same: {transformer_area: TA-7}}
"""
    spots = spots_of(files)
    longer = next(spot for spot in spots if spot.was == "60 days" and spot.now == "61 days")
    assert "arrives: 2026-03-" in longer.story
    assert "arrived" not in longer.story
    assert [str(one) for one in read({**files, STORIES: f"{files[STORIES]}\n{longer.story}\n"}).problems] == []
