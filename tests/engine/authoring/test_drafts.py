"""Drafted rules pass lint, their drafted stories come out as written, and both sides of every edge are among them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.authoring import Wish, draft_stories, rule_text
from engine.language import Rulebook, RuleTest, read_rules
from engine.rehearsal import rehearse
from engine.source import read, scalar

HOUSE = Path(__file__).resolve().parents[3]
FILES = {
    path.relative_to(HOUSE / "streams" / "template").as_posix(): path.read_text("utf-8")
    for path in (HOUSE / "streams" / "template").rglob("*")
    if path.name in ("catalogue.yaml", "china.yaml")
}

CONDITIONS = st.lists(
    st.sampled_from(
        [
            "not planned",
            "customers >= 500",
            'cause is missing or cause != "storm"',
            "customers < 10000",
        ]
    ),
    unique=True,
    max_size=4,
).map(tuple)
LENGTHS = st.sampled_from(["45 minutes", "12 hours", "7 days", "60 days"])
WISHES = st.builds(
    Wish,
    rule=st.just("drafted"),
    title=st.just("起草 / Drafted"),
    event=st.just("outage.started"),
    same=st.sampled_from([("transformer_area",), ()]),
    to=st.just("area-manager"),
    owner=st.text(min_size=1, max_size=20).filter(str.strip),
    reason=st.just("judgment: nobody has counted"),
    conditions=CONDITIONS,
    look=st.just("count"),
    least=st.integers(1, 6),
    different=st.sampled_from([None, "county"]),
    within=st.one_of(LENGTHS, st.just("civil year"), st.just("fiscal year from april")),
)
ABSENCES = st.builds(
    Wish,
    rule=st.just("drafted"),
    title=st.just("起草 / Drafted"),
    event=st.just("outage.started"),
    same=st.sampled_from([("outage_id",), ("transformer_area",)]),
    to=st.just("area-manager"),
    owner=st.just("me"),
    reason=st.just("judgment"),
    conditions=CONDITIONS,
    look=st.just("absence"),
    other=st.just("outage.restored"),
    within=st.one_of(LENGTHS, st.sampled_from(["3 working days", "8 working hours", "2 calendar days"])),
)


def drafted(wish: Wish) -> tuple[Rulebook, list[RuleTest]]:
    """Return a folder in which the wish was written down, and its stories."""
    files = {**FILES, "outage/drafted.yaml": rule_text(wish)}
    book = read_rules(files).rulebook
    assert book is not None, [str(one) for one in read_rules(files).problems]
    files["outage/drafted.test.yaml"] = draft_stories(book.rules["drafted"], book, ("zh", "en"))
    found = read_rules(files)
    assert found.rulebook is not None, [str(one) for one in found.problems]
    return found.rulebook, list(found.tests)


def faults(wish: Wish) -> list[str]:
    """Return how the stories of a wish differ from what happens."""
    book, stories = drafted(wish)
    assert any(story.expect for story in stories), "a story fires"
    return [f"{story.name}: {fault}" for story in stories for fault in rehearse(book, story).faults]


@settings(max_examples=15)
@given(st.one_of(WISHES, ABSENCES))
def test_whatever_is_wished_for_the_drafted_stories_come_out_as_written(wish: Wish) -> None:
    assert faults(wish) == []


def test_the_stories_of_a_count_hold_both_sides_of_its_edge_and_every_condition() -> None:
    wish = Wish(
        "drafted", "起草 / Drafted", "outage.started", ("transformer_area",), "area-manager", "me", "judgment",
        conditions=("not planned",), look="count", least=3, within="60 days",
    )  # fmt: skip
    _, stories = drafted(wish)
    assert [(story.name.split(" / ")[1], len(story.events), bool(story.expect)) for story in stories] == [
        ("number 3 opens a task", 3, True),
        ("only 2 stay quiet", 2, False),
        ("the first and the last exactly 60 days apart count together", 3, True),
        ("one second more than 60 days apart and they do not", 3, False),
        ("another “transformer area” does not count", 3, False),
        ("quiet where this does not hold: not planned", 3, False),
    ]


@pytest.mark.parametrize(
    ("before", "after"), [("at least 3", "at least 4"), ("at least 3", "at least 2"), ("60 days", "61 days"), ("60 days", "59 days")]
)
def test_a_drafted_story_notices_any_other_number(before: str, after: str) -> None:
    wish = Wish(
        "drafted", "起草 / Drafted", "outage.started", ("transformer_area",), "area-manager", "me", "judgment",
        look="count", least=3, within="60 days",
    )  # fmt: skip
    book, stories = drafted(wish)
    changed = read_rules({**FILES, "outage/drafted.yaml": rule_text(wish).replace(before, after)}).rulebook
    assert changed is not None
    assert book.rules["drafted"].version != changed.rules["drafted"].version
    assert any(rehearse(changed, story).faults for story in stories)


def test_a_rule_without_drafts_says_so() -> None:
    text = rule_text(
        Wish("drafted", "起草", "outage.started", ("transformer_area",), "a", "me", "r", look="count", least=3, within="2 days")
    )
    book = read_rules(
        {**FILES, "outage/drafted.yaml": text.replace("count: at least 3", "rate: at least 3 times usual").replace("within:", "per:")}
    ).rulebook
    assert book is not None
    with pytest.raises(ValueError, match="for plain counts, absences and single events"):
        draft_stories(book.rules["drafted"], book, ("en",))


@given(st.text(max_size=40))
def test_a_scalar_is_read_back_as_it_was(text: str) -> None:
    document, problems = read(f"text: {scalar(text)}\n", "a.yaml")
    assert document is not None, problems
    assert document.data["text"] == text
