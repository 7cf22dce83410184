"""Subscriptions: what is wanted, at which hour it may be told, and how long a message is tried."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.casework import Publication, Subscription, again_at, faults, message
from tests.support.casework import ZONE, at, shown

ALERT = Publication(
    topic="alert.l3",
    key="chengguan",
    id="1",
    type="clearly.rung.claimed.v1",
    subject="repeated-outage-1@chengguan",
    time=0,
    unit="chengguan",
    level=3,
    state="ISSUED",
    severity="major",
    due=at("2026-03-04 17:30"),
    cycle=1,
    seq=7,
    parent=None,
    dedupkey="repeated-outage/TA-7",
    reason="",
    body={"say": "TA-7 停电 3 次 / 3 outages in TA-7", "person": "zhang.wei", "rung": 3},
)
MINE = Subscription(name="mine", to="https://example.com/hook", owner="cao.ying")


def within(unit: str, subtree: str) -> bool:
    """Return whether a unit of the story lies in another."""
    return unit == subtree or (unit, subtree) == ("chengguan", "linxi")


def category(rule: str) -> str:
    """Return the folder of a rule of the story."""
    return {"repeated-outage": "outage"}.get(rule, "")


@pytest.mark.parametrize(
    ("asked", "is_wanted"),
    [
        ({}, True),
        ({"level": 3}, True),
        ({"level": 4}, False),
        ({"units": ("linxi",)}, True),
        ({"units": ("donghu",)}, False),
        ({"units": ("donghu", "linxi")}, True),
        ({"severity": "major"}, True),
        ({"severity": "serious"}, False),
        ({"categories": ("outage",)}, True),
        ({"categories": ("repeated-outage",)}, True),
        ({"categories": ("complaint", "long-outage")}, False),
        ({"topics": ("digest",)}, False),
        ({"topics": ("digest", "alert"), "level": 2}, True),
    ],
)
def test_a_subscriber_is_told_what_was_asked_for(asked: dict[str, object], *, is_wanted: bool) -> None:
    assert replace(MINE, **asked).wants(ALERT, within, category) is is_wanted


def test_a_category_holds_for_what_is_about_a_rule_and_keeps_no_digest_away() -> None:
    complaints = replace(MINE, topics=("alert", "supervision", "digest"), categories=("complaint",))
    assert complaints.wants(replace(ALERT, topic="digest", dedupkey="linxi"), within, category)
    assert not complaints.wants(replace(ALERT, topic="supervision"), within, category)
    assert replace(complaints, categories=("storm",)).wants(replace(ALERT, dedupkey="storm/linxi"), within, category)
    assert "类别 complaint" in message(ALERT, complaints, ZONE).text
    assert "what rules about complaint found" in message(ALERT, complaints, ZONE).text


def test_a_level_does_not_keep_digests_away() -> None:
    both = replace(MINE, topics=("alert", "digest"), level=3)
    assert both.wants(replace(ALERT, topic="digest", level=None, severity=""), within, category)
    assert not both.wants(replace(ALERT, topic="alert.l2"), within, category)


@pytest.mark.parametrize(
    ("quiet", "now", "told"),
    [
        ("22:00-07:00", "2026-03-03 21:59", "2026-03-03 21:59"),
        ("22:00-07:00", "2026-03-03 22:00", "2026-03-04 07:00"),
        ("22:00-07:00", "2026-03-04 06:59", "2026-03-04 07:00"),
        ("22:00-07:00", "2026-03-04 07:00", "2026-03-04 07:00"),
        ("12:00-14:00", "2026-03-04 13:00", "2026-03-04 14:00"),
        ("12:00-14:00", "2026-03-04 14:30", "2026-03-04 14:30"),
        ("", "2026-03-04 03:00", "2026-03-04 03:00"),
    ],
)
def test_quiet_hours_put_a_message_off_and_what_is_urgent_passes(quiet: str, now: str, told: str) -> None:
    one = replace(MINE, quiet=quiet)
    assert shown(one.may_be_told_at(at(now), "major", ZONE)) == told
    assert shown(one.may_be_told_at(at(now), "serious", ZONE)) == now


def test_a_message_is_tried_for_some_hours_with_longer_and_longer_pauses() -> None:
    now, pauses = 0, []
    for attempts in range(1, 10):
        again = again_at(now, attempts)
        if again is None:
            break
        pauses.append((again - now) // 1_000_000)
        now = again
    assert pauses == sorted(set(pauses))
    assert (len(pauses), now // 3_600_000_000) == (6, 8)


def test_a_subscription_holds_to_the_end_of_its_last_day_and_its_owner_is_told_a_week_before() -> None:
    one = replace(MINE, expires="2026-03-31")
    assert not one.is_over(at("2026-03-31 23:59"), ZONE)
    assert one.is_over(at("2026-04-01 00:00"), ZONE)
    assert [one.ends_soon(at(f"{day} 12:00"), ZONE) for day in ("2026-03-24", "2026-03-25", "2026-03-31", "2026-04-01")] == [
        False,
        True,
        True,
        False,
    ]
    assert not MINE.is_over(at("2036-01-01 00:00"), ZONE)


def test_a_message_says_what_happened_why_it_comes_and_how_to_stop_it_in_both_languages() -> None:
    said = message(ALERT, replace(MINE, level=3, units=("linxi",)), ZONE)
    assert said.title == "[L3 升级] TA-7 停电 3 次 / 3 outages in TA-7" or said.title.startswith("[L3 ")
    chinese, english = said.text.split("\n\n")
    assert english.splitlines() == [
        "rung reached",
        "TA-7 停电 3 次 / 3 outages in TA-7",
        "unit: chengguan · zhang.wei",
        "state: waiting for a signature",
        "due: 2026-03-04 17:30",
        "to look at it: clearly task show repeated-outage-1@chengguan",
        "Why you got this: the subscription 'mine' of cao.ying asks for rung 3 and above; units linxi and below.",
        "How to stop: clearly subscription remove mine (it ends on —).",
    ]
    assert "如何停止" in chinese
    assert "为何收到" in chinese


def test_what_cannot_be_asked_for_is_said_all_at_once() -> None:
    wrong = replace(MINE, quiet="late", severity="bad", topics=("alert.l3",), expires="soon")
    assert [one.partition(":")[0] for one in faults(wrong)] == ["--quiet late", "--severity bad", "--topic alert.l3", "--expires soon"]
    assert faults(replace(MINE, quiet="22:00-07:00", severity="major", topics=("digest",), expires="2026-12-31")) == []
