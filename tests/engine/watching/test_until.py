"""`until: FIELD`: the deadline stands in the event itself."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Gate, id_of, instant_of, micros
from engine.language import read_rules, reads_of
from tests.support.books import HOUR, at, book_of, event_of, instant, rule_text, run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.events import Event
    from engine.language import Rulebook
    from engine.watching import Change

CATALOGUE = """
time_zone: UTC
events:
  complaint.received:
    time: at
    late_by: 1 hour
    id: complaint_id
    revision: revision
    fields:
      complaint_id: text
      area: text
      at: time
      answer_by: time, may be missing
      words: text, may be missing
      revision: whole number, may be missing
  complaint.answered:
    time: at
    late_by: 2 hours
    id: complaint_id
    fields: {complaint_id: text, area: text, at: time}
"""
UNANSWERED = """
event: complaint.received
same: complaint_id
not_followed_by:
  event: complaint.answered
  until: answer_by
"""
#: Several complaints of one area wait for answers at once.
IN_AN_AREA = UNANSWERED.replace("same: complaint_id", "same: area\nagain: every time")
#: To be answered two hours before the time that the complaint names.
SOON = IN_AN_AREA.replace("until: answer_by", "until: 2 hours before answer_by")
ANSWERED = IN_AN_AREA.replace("not_followed_by", "followed_by").replace("\nagain: every time", "")
MUCH_LATER = 24 * 365 * 12


@cache
def stage() -> tuple[Rulebook, Gate]:
    """Return the rules, and a gate that decodes only what they read."""
    book = book_of({"unanswered": UNANSWERED, "in-an-area": IN_AN_AREA, "soon": SOON, "answered": ANSWERED}, catalogue=CATALOGUE)
    return book, Gate(book.catalogue, reads_of(book))


def changes(rule: str, arrivals: Iterable[tuple[float, Event]]) -> list[Change]:
    """Return what one rule tells of events that arrive at these hours."""
    return [change for change in run(*stage(), arrivals, MUCH_LATER) if change.rule == rule]


def received(hour: float, answer_by: float | None, name: str = "C1", revision: int = 0) -> Event:
    """Return a complaint with the hour by which an answer is due."""
    due = None if answer_by is None else at(answer_by)
    return event_of(stage()[1], "complaint.received", hour, complaint_id=name, area="A", answer_by=due, revision=revision)


def answered(hour: float, name: str = "C1") -> Event:
    """Return the answer to a complaint."""
    return event_of(stage()[1], "complaint.answered", hour, complaint_id=name, area="A")


def told(*arrivals: tuple[float, Event]) -> list[tuple[str, float]]:
    """Return what is told of complaints that nobody answers: the change and the hour of its verdict."""
    return [(change.change, hours(change)) for change in changes("unanswered", arrivals)]


def hours(change: Change) -> float:
    """Return at which hour of the story a change stands."""
    return (round(change.at.timestamp() * 1_000_000) - instant(0)) / HOUR


# Stories --------------------------------------------------------------------------------------------------------------


def test_a_complaint_that_nobody_answers_is_found_at_its_own_deadline() -> None:
    assert told((0, received(0, 5))) == [("opened", 5)]


def test_an_answer_at_the_very_deadline_is_in_time() -> None:
    assert told((0, received(0, 5)), (5, answered(5))) == []


def test_an_answer_a_second_too_late_ends_what_was_found() -> None:
    late = 5 + 1 / 3600
    assert told((0, received(0, 5)), (late, answered(late))) == [("opened", 5), ("ended", late)]


def test_a_deadline_before_the_complaint_is_over_at_once() -> None:
    assert told((3, received(3, 1))) == [("opened", 3)]


def test_a_complaint_without_a_deadline_is_never_overdue() -> None:
    assert told((0, received(0, None))) == []


def test_a_deadline_two_years_away_still_fires() -> None:
    assert told((0, received(0, 24 * 730))) == [("opened", 24 * 730)]


def test_a_deadline_more_than_ten_years_away_is_none() -> None:
    assert told((0, received(0, 24 * 365 * 11))) == []


def test_a_deadline_before_or_after_the_time_that_is_named_moves_with_it() -> None:
    complaint = (0, received(0, 5))
    assert [(change.change, hours(change)) for change in changes("soon", [complaint])] == [("opened", 3)]
    assert changes("soon", [complaint, (3, answered(3))]) == []


def test_an_answer_that_is_told_late_withdraws_what_was_found() -> None:
    assert told((0, received(0, 5)), (30, answered(4))) == [("opened", 5), ("withdrawn", 5)]


def test_a_deadline_that_is_put_off_withdraws_what_was_found_and_holds_from_then_on() -> None:
    found = told((0, received(0, 5)), (10, received(0, 20, revision=1)))
    assert found == [("opened", 5), ("withdrawn", 5), ("opened", 20)]


def test_the_sentence_names_the_deadline_and_explain_says_it_in_both_languages() -> None:
    text = rule_text("one", UNANSWERED).replace('say: "one"', 'say: "due {deadline}"')
    book = read_rules({"catalogue.yaml": CATALOGUE, "one.yaml": text}).rulebook
    assert book is not None
    gate = Gate(book.catalogue, reads_of(book))
    complaint = event_of(gate, "complaint.received", 0, complaint_id="C1", area="A", answer_by=at(5))
    (change,) = run(book, gate, [(0, complaint)], MUCH_LATER)
    assert change.say == "due 2026-01-01 05:00"
    assert change.because is not None
    assert change.because.rule is not None
    assert change.because.rule.en == (
        "“complaint received”, not followed by “complaint answered” by the “answer by” that it names, for the same complaint id"
    )
    assert change.because.rule.zh == "同一complaint id，“complaint received”之后，到其“answer by”仍没有“complaint answered”"


# Against a plain reading ----------------------------------------------------------------------------------------------


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[float, Event]]:
    """Return complaints and answers of one area with the hours at which they arrive, late ones among them."""
    arrivals = []
    for number in range(draw(st.integers(1, 12))):
        hour = draw(st.integers(0, 60)) / 2
        if draw(st.booleans()):
            event = answered(hour, f"A{number}")
        else:
            event = received(hour, draw(st.sampled_from([None, hour - 2, hour, hour + 3, hour + 8, 20])), f"C{number}")
        arrivals.append((hour + draw(st.sampled_from([0, 0, 1, 15])), event))
    return sorted(arrivals, key=lambda pair: pair[0])


def plainly(events: list[Event], *, negated: bool, shift: int = 0) -> list[tuple[int, str]]:
    """Return when and for which complaint the rule fires, as its sentence says."""
    answers = sorted(instant_of(event) for event in events if event.kind.name == "complaint.answered")
    found = []
    for event in events:
        if event.kind.name != "complaint.received" or event.answer_by is None:
            continue
        t = instant_of(event)
        due = max(t, micros(event.answer_by) + shift)
        first = next((answer for answer in answers if t <= answer <= due), None)
        if (first is None) == negated:
            found.append((due if first is None else first, id_of(event)))
    return sorted(found)


@pytest.mark.parametrize(("rule", "negated"), [("in-an-area", True), ("soon", True), ("answered", False)])
@given(arrivals=histories())
def test_the_engine_finds_what_a_plain_reading_finds(rule: str, negated: bool, arrivals: list[tuple[float, Event]]) -> None:  # noqa: FBT001 - a parameter
    standing: dict[str, tuple[int, str]] = {}
    for change in changes(rule, arrivals):
        if change.change == "withdrawn":
            del standing[change.task_id]
        elif change.change == "opened":
            anchor = next(name for name in change.evidence if name.startswith("C"))
            standing[change.task_id] = (round(change.at.timestamp() * 1_000_000), anchor)
        elif change.change == "updated" and change.task_id in standing:
            standing[change.task_id] = (round(change.at.timestamp() * 1_000_000), standing[change.task_id][1])
    assert sorted(standing.values()) == plainly([event for _, event in arrivals], negated=negated, shift=-2 * HOUR * (rule == "soon"))


# Written wrongly ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("until: answer_bye", "one.yaml:12:12: there is no field 'answer_bye' on this event; did you mean 'answer_by'?"),
        ("until: words", "one.yaml:12:12: 'words' is text; a deadline is a time"),
        ("until: [answer_by]", "one.yaml:12:12: there is no field 'a list' on this event; its times are at, answer_by"),
        ("until: answer_by\n  within: 2 days", "one.yaml:13:5: 'within' and 'until' both say when it is too late; keep one"),
    ],
)
def test_a_deadline_that_cannot_be_read_is_told_with_its_place(wrong: str, problem: str) -> None:
    text = rule_text("one", UNANSWERED.replace("until: answer_by", wrong))
    found = read_rules({"catalogue.yaml": CATALOGUE, "one.yaml": text})
    assert [str(one) for one in found.problems if one.level == "error"] == [problem]


def test_looking_back_has_no_deadline() -> None:
    text = rule_text("one", UNANSWERED.replace("not_followed_by", "not_preceded_by") + "  within: 2 days")
    found = read_rules({"catalogue.yaml": CATALOGUE, "one.yaml": text})
    assert [str(one) for one in found.problems if one.level == "error"] == [
        "one.yaml:12:5: there is no setting 'until' under not_preceded_by"
    ]
