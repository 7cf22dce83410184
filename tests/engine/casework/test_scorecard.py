"""The scorecard of a unit and of its supervisors, from stories that were lived: on time or late, right at once, lasting, and fair."""

from __future__ import annotations

from typing import Any

from engine.casework import Command, Middle, Period, Rate, Score, Size, Tally, ranking, tallies, together
from tests.support.casework import Desk, at, finding

MARCH, APRIL = Period(at("2026-03-01"), at("2026-04-01")), Period(at("2026-04-01"), at("2026-05-01"))
WHOLE = Period(at("2026-01-01"), at("2027-01-01"))
OVER = {"chengguan": "linxi", "hongling": "linxi", "linxi": "qinghe"}


def supervises(unit: str, _: int) -> str | None:
    """Return the unit that supervises another one."""
    return OVER.get(unit)


def scores(desk: Desk, period: Period = WHOLE, enough: int = 1) -> dict[str, Score]:
    """Return the scores of every unit."""
    return {unit: tally.score(enough=enough) for unit, tally in tallies(desk.entries, period, supervises).items()}


def rates(desk: Desk, unit: str = "chengguan", period: Period = WHOLE) -> dict[str, tuple[int, int]]:
    """Return the rates of a unit: how many of how many."""
    found = scores(desk, period).get(unit)
    return {} if found is None else {name: (rate.met, rate.of) for name, rate in found.rates.items()}


def explained(desk: Desk) -> None:
    """Tell the story of a task that is signed and explained in time."""
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-02 11:00", "zhang.wei", "ack")
    desk.say("2026-03-05 16:00", "sun.jie", "submit_explanation", fields={"cause": "树障"}, evidence=("photo-1",))


def test_a_task_done_as_it_should_be_counts_for_everybody() -> None:
    desk = Desk()
    explained(desk)
    desk.say("2026-03-06 09:00", "cao.ying", "accept")
    desk.wait("2026-05-06 09:00")
    found = scores(desk)
    assert rates(desk) == {"ack": (1, 1), "explain": (1, 1), "accepted at once": (1, 1), "recurred": (0, 1)}
    assert rates(desk, "linxi") == {"review": (1, 1)}
    assert found["chengguan"].counts == {"issued": 1, "closed": 1, "cancelled": 0, "breaches": 0}
    assert found["chengguan"].hours == {
        "ACKED": Middle(77.0, 1, True),
        "CANDIDATE": Middle(5 / 60, 1, True),
        "EXPLAINED": Middle(17.0, 1, True),
        "ISSUED": Middle(55 / 60, 1, True),
        "WATCHING": Middle(60 * 24.0, 1, True),
    }
    assert found["chengguan"].rungs == {}


def test_what_happened_in_another_month_counts_there() -> None:
    desk = Desk()
    explained(desk)
    desk.say("2026-04-03 09:00", "cao.ying", "accept")
    assert rates(desk, period=MARCH) == {"ack": (1, 1), "explain": (1, 1)}
    assert rates(desk, period=APRIL) == {"accepted at once": (1, 1)}


def test_a_late_supervisor_is_late_and_not_the_unit() -> None:
    desk = Desk()
    explained(desk)
    desk.say("2026-03-25 09:00", "cao.ying", "accept")
    assert rates(desk) == {"ack": (1, 1), "explain": (1, 1), "accepted at once": (1, 1)}
    assert rates(desk, "linxi") == {"review": (0, 1)}


def test_silence_is_late_once_for_each_obligation_and_stays_late() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-17 09:00", "zhang.wei", "ack")
    assert rates(desk) == {"ack": (0, 1)}
    desk.say("2026-03-17 09:10", "sun.jie", "ack")
    desk.say("2026-03-17 16:00", "sun.jie", "submit_explanation", fields={"cause": "树障"}, evidence=("photo-1",))
    assert rates(desk) == {"ack": (0, 1), "explain": (0, 1)}
    assert scores(desk)["chengguan"].counts["breaches"] == 2
    assert scores(desk)["chengguan"].rungs == {4: 1}


def test_an_explanation_that_came_back_was_not_right_at_once() -> None:
    desk = Desk()
    explained(desk)
    given_back = {"fields": {"root_cause": "cause-shallow"}}
    asked = Command(
        id="r1", command="reject", task=desk.task().id, actor="cao.ying", reason="shallow", seq=desk.task().seq, data=given_back
    )
    desk.world.command(asked, at("2026-03-06 09:00"))
    desk.take()
    desk.say("2026-03-06 16:00", "sun.jie", "submit_explanation", fields={"cause": "树障"}, evidence=("photo-1",))
    desk.say("2026-03-09 09:00", "cao.ying", "accept")
    assert rates(desk) == {"ack": (1, 1), "explain": (1, 1), "accepted at once": (0, 1)}
    assert rates(desk, "linxi") == {"review": (2, 2)}


def test_what_comes_back_after_the_remedy_recurred() -> None:
    desk = Desk()
    explained(desk)
    desk.say("2026-03-06 09:00", "cao.ying", "accept")
    desk.find("2026-03-20 10:00", task_id="repeated-outage-2", evidence=["o9"])
    assert desk.task().cycle == 2
    assert rates(desk)["recurred"] == (1, 1)
    assert scores(desk)["chengguan"].counts["issued"] == 2


def test_a_unit_that_was_wrongly_asked_is_not_counted() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.wait("2026-03-04 09:00")
    assert rates(desk) == {"ack": (0, 1)}
    desk.say("2026-03-04 10:00", "sun.jie", "appeal", "用户设备", grounds="not-ours")
    desk.say("2026-03-05 09:00", "cao.ying", "uphold", "查实为用户设备")
    desk.say("2026-03-05 09:30", "guo.ping", "uphold", "同意")
    assert desk.task().state == "CANCELLED"
    assert rates(desk) == {"upheld": (1, 1)}
    assert rates(desk, "linxi") == {"appeal": (1, 1)}
    assert scores(desk)["chengguan"].counts == {"issued": 0, "closed": 0, "cancelled": 0, "breaches": 0}


def test_after_an_appeal_the_other_unit_answers_and_an_appeal_denied_pardons_nothing() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.wait("2026-03-04 09:00")
    desk.say("2026-03-04 10:00", "sun.jie", "appeal", "红岭线路", grounds="not-ours")
    desk.say("2026-03-04 15:00", "cao.ying", "reassign", "红岭供电所", unit="hongling")
    desk.say("2026-03-04 16:00", "wu.gang", "ack")
    assert rates(desk) == {"upheld": (1, 1)}
    assert rates(desk, "hongling") == {"ack": (1, 1)}
    denied = Desk()
    denied.find("2026-03-02 10:00")
    denied.wait("2026-03-04 09:00")
    denied.say("2026-03-04 10:00", "sun.jie", "appeal", "用户设备", grounds="not-ours")
    denied.say("2026-03-04 15:00", "cao.ying", "deny", "产权在我方")
    assert rates(denied) == {"ack": (0, 1), "upheld": (0, 1)}


def test_what_was_refused_counts_for_nothing() -> None:
    desk = Desk()
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-02 11:00", "cao.ying", "ack")
    desk.say("2026-03-02 11:00", "nobody", "accept")
    assert rates(desk) == {}


def test_large_and_small_units_can_be_compared() -> None:
    desk = Desk()
    explained(desk)
    tally = tallies(desk.entries, WHOLE, supervises)["chengguan"]
    score = tally.score(Size(customers=5_000, complaints=4))
    assert (score.issued_per_10_000_customers, score.issued_per_complaint) == (2.0, 0.25)
    assert (tally.score().issued_per_10_000_customers, tally.score(Size(0, 0)).issued_per_complaint) == (None, None)


def test_a_unit_adds_up_to_those_above_it() -> None:
    desk = Desk()
    explained(desk)
    desk.find("2026-03-03 10:00", task_id="repeated-outage-7", key={"transformer_area": "TA-8"}, to=finding("2026-03-03").to)
    desk.say("2026-03-04 09:00", "cao.ying", "reassign", "红岭", unit="hongling")
    desk.say("2026-03-04 09:30", "wu.gang", "ack")
    found = tallies(desk.entries, WHOLE, supervises)
    whole = together(found, {"chengguan", "hongling"}.__contains__).score(enough=1)
    assert {name: rate.of for name, rate in whole.rates.items()} == {"ack": 2, "explain": 1}
    assert whole.hours["ISSUED"].of == sum(found[unit].score().hours["ISSUED"].of for unit in ("chengguan", "hongling"))


def test_too_few_to_rank_are_shown_apart() -> None:
    def scored(met: int, of: int) -> Score:
        tally = Tally()
        tally.of["ack"], tally.met["ack"] = of, met
        return tally.score()

    found: dict[str, Any] = {"a": scored(9, 12), "b": scored(1, 1), "c": scored(12, 12), "d": scored(0, 9), "e": Tally().score()}
    assert ranking(found, "ack") == (
        [("c", Rate(12, 12, True)), ("a", Rate(9, 12, True))],
        [("b", Rate(1, 1, False)), ("d", Rate(0, 9, False))],
    )
    assert [unit for unit, _ in ranking(found, "ack", best_first=False)[0]] == ["a", "c"]
    assert found["a"].rates["ack"].share == 0.75
