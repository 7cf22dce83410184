"""A rule asked why: what it says of an event, of a key and of a task, in the order in which a person asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import Gate, instant_of
from engine.watching import Inquiry, Past, Watching
from tests.support.books import book_of, event_of, instant

if TYPE_CHECKING:
    from engine.events import Event
    from engine.watching import Account, Glimpse, Reply

DAY = 24
RULES = {
    "long-outage": "event: outage.started\nif: not planned\nsame: outage_id\nnot_followed_by: {event: outage.restored, within: 12 hours}",
    "repeated": "event: outage.started\nif:\n  - not planned\n  - customers >= 100\nsame: area\ncount: at least 3\nwithin: 60 days",
    "unannounced": "event: outage.started\nsame: area\nnot_preceded_by: {event: complaint.received, within: 2 hours}",
    "then": "event: outage.started\nsame: area\nthen: [event: outage.restored, event: complaint.received]\nwithin: 1 days",
    "spike": "event: outage.started\nsame: area\nrate: at least 3 times usual\nper: 1 days",
    "first": "event: outage.started\nsame: area\nfirst_time_in: 10 days",
    "sum": "event: outage.started\nsame: area\ncount: sum of customers at least 500\nwithin: 1 days",
}
BOOK = book_of(RULES)
GATE = Gate(BOOK.catalogue)


def started(hours: float, name: str, area: str = "A", *, planned: bool = False, customers: int | None = 100, revision: int = 1) -> Event:
    more = {} if customers is None else {"customers": customers}
    return event_of(GATE, "outage.started", hours, outage_id=name, area=area, planned=planned, revision=revision, **more)


def restored(hours: float, name: str, area: str = "A") -> Event:
    return event_of(GATE, "outage.restored", hours, outage_id=name, area=area)


def complaint(hours: float, name: str, area: str = "A") -> Event:
    return event_of(GATE, "complaint.received", hours, complaint_id=name, area=area, customer="C")


def asked(rule: str, events: list[Event], until: float = 100 * DAY) -> Inquiry:
    past = Past([(event, instant_of(event)) for event in events], instant(until), history_from=instant(-1000 * DAY))
    return Inquiry(BOOK, GATE, rule, past)


def about(rule: str, name: str, events: list[Event], until: float = 100 * DAY) -> Reply:
    (reply,) = [one for one in asked(rule, events, until).event(name) if one.part == "anchor"]
    return reply


def account(rule: str, name: str, events: list[Event], until: float = 100 * DAY) -> Account:
    (found,) = about(rule, name, events, until).accounts
    return found


def miss(one: Glimpse | None) -> tuple[str, str | None, float] | None:
    return None if one is None else (one.id, one.why, (one.by or 0) / 60_000_000)


def test_restored_five_minutes_too_late_is_the_nearest() -> None:
    told = account("long-outage", "O-1", [started(0, "O-1"), restored(12 + 5 / 60, "O-1"), restored(3, "O-2")])
    assert (told.verdict, told.clause.holds, told.clause.found) == ("opened", True, [])
    assert miss(told.clause.nearest) == ("O-1", "too late", 5)
    assert told.task is not None
    assert told.task.state == "ended"


def test_restored_in_time_says_by_how_much() -> None:
    told = account("long-outage", "O-1", [started(0, "O-1"), restored(11.5, "O-1")])
    assert (told.verdict, told.clause.holds) == ("nothing", False)
    assert [miss(one) for one in told.clause.found] == [("O-1", "in time", 30)]
    assert [(one.change, one.ids) for one in told.clause.decisive] == [("without", ["O-1"])]


def test_before_the_deadline_has_settled_it_is_not_decided() -> None:
    told = about("long-outage", "O-1", [started(0, "O-1")], until=15)
    assert (told.accounts[0].verdict, told.accounts[0].clause.holds) == ("waiting", None)
    assert told.settled is not None
    assert told.settled.hour == 11  # restorations may be 4 hours late
    assert told.late_by == {"outage.restored": 4 * 3_600_000_000}


def test_the_condition_that_failed_stands_with_its_value() -> None:
    told = account("long-outage", "O-1", [started(0, "O-1", planned=True)])
    assert told.verdict == "nothing"
    assert [(line.text, line.holds, line.actual) for line in told.conditions] == [("not planned", False, {"planned": True})]


def test_a_missing_value_leaves_a_condition_open() -> None:
    told = account("repeated", "O-1", [started(0, "O-1", customers=None)])
    assert [(line.text, line.holds) for line in told.conditions] == [("not planned", True), ("customers >= 100", None)]


def test_two_of_three_the_third_left_the_window() -> None:
    events = [started(0, "O-1"), started(30 * DAY, "O-2"), started(61 * DAY, "O-3"), started(50 * DAY, "O-4", customers=99)]
    told = account("repeated", "O-3", events)
    assert (told.clause.value, told.clause.needed, told.verdict) == (2, 3, "nothing")
    assert [one.id for one in told.clause.counted] == ["O-2", "O-3"]
    assert [(one.id, one.because) for one in told.clause.not_counted] == [("O-4", "customers >= 100")]
    assert miss(told.clause.nearest) == ("O-1", "left the window", DAY * 60)
    assert told.clause.nearest is not None
    assert told.clause.nearest.until is not None
    assert told.clause.nearest.until.date().isoformat() == "2026-03-02"


def test_an_event_counted_later_knows_its_task() -> None:
    events = [started(0, "O-1"), started(1 * DAY, "O-2"), started(2 * DAY, "O-3")]
    verdicts = {name: account("repeated", name, events).verdict for name in ("O-1", "O-2", "O-3")}
    assert verdicts == {"O-1": "counted", "O-2": "counted", "O-3": "opened"}


def test_what_never_reached_the_rule_says_why() -> None:
    retracted = event_of(GATE, "outage.retracted", 5, outage_id="O-2")
    again = [started(0, "O-1"), started(0, "O-1"), started(1, "O-2"), retracted]
    assert about("repeated", "O-1", again).fate == "repeated"
    gone = about("repeated", "O-2", again)
    assert (gone.fate, gone.accounts) == ("withdrawn", [])
    corrected = [started(0, "O-1", customers=5), started(0, "O-1", customers=500, revision=2)]
    told = about("repeated", "O-1", corrected)
    assert (told.fate, told.accounts[0].event.values["customers"]) == ("corrected", 500)
    other = asked("repeated", [restored(1, "O-1")]).event("O-1")
    assert [one.part for one in other] == ["none"]


def test_an_event_beside_the_anchor_leads_to_the_anchor() -> None:
    (told,) = asked("unannounced", [complaint(1, "K-1"), started(2, "O-1")]).event("K-1")
    assert (told.part, [(one.event.id, one.verdict) for one in told.accounts]) == ("beside", [("O-1", "nothing")])


def test_an_outage_and_its_restoration_of_the_same_id_are_answered_once() -> None:
    (told,) = asked("long-outage", [started(0, "O-1"), restored(13, "O-1")]).event("O-1")
    assert (told.part, [one.event.event for one in told.accounts]) == ("anchor", ["outage.started"])


def test_a_complaint_before_the_outage_keeps_it_quiet() -> None:
    events = [complaint(1, "K-1"), started(2, "O-1"), started(10, "O-2")]
    assert account("unannounced", "O-1", events).verdict == "nothing"
    loud = account("unannounced", "O-2", events)
    assert (loud.verdict, miss(loud.clause.nearest)) == ("opened", ("K-1", "too early", 7 * 60))


def test_a_sequence_says_which_step_is_missing() -> None:
    told = account("then", "O-1", [complaint(1, "K-0"), started(0, "O-1"), restored(2, "O-1"), complaint(26, "K-1")])
    assert (told.verdict, told.clause.value, told.clause.needed) == ("nothing", 1, 2)
    assert (told.clause.looked_for, miss(told.clause.nearest)) == (["complaint.received"], ("K-0", "too early", 60))


def test_a_spike_shows_both_periods() -> None:
    events = [started(0, "O-0"), started(30, "O-1"), started(31, "O-2")]
    told = account("spike", "O-2", events)
    assert (told.verdict, told.clause.value, told.clause.usual, told.clause.needed) == ("nothing", 2, 1, 3)


def test_a_first_time_shows_the_time_before() -> None:
    events = [started(0, "O-1"), started(9 * DAY, "O-2"), started(20 * DAY, "O-3")]
    assert [one.id for one in account("first", "O-2", events).clause.found] == ["O-1"]
    assert miss(account("first", "O-3", events).clause.nearest) == ("O-2", "too early", DAY * 60)


def test_a_sum_says_how_much_is_missing() -> None:
    told = account("sum", "O-2", [started(0, "O-1", customers=100), started(1, "O-2", customers=150)])
    assert [(one.change, one.amount) for one in told.clause.decisive] == [("more", 250)]


def test_a_key_is_answered_by_the_anchor_that_came_nearest() -> None:
    inquiry = asked("repeated", [started(0, "O-1"), started(DAY, "O-2"), started(99 * DAY, "O-3"), started(0, "X-1", "B")])
    assert inquiry.keys({"area": "A"}) == [("A",)]
    told = inquiry.key(("A",), most=1)
    assert ([one.event.id for one in told.accounts], told.more) == (["O-2"], 2)


def test_a_task_leads_back_to_the_event_that_opened_it() -> None:
    events = [started(0, "O-1"), started(1, "O-2", "B")]
    world = Watching(BOOK, GATE, history_from=instant(-1000 * DAY))
    for event in events:
        world.receive(event, instant_of(event))
    world.tick(instant(50))
    tasks = {change.key["outage_id"]: change.task_id for change in world.take_changes() if change.rule == "long-outage"}
    inquiry = asked("long-outage", events)
    told = inquiry.task(tasks["O-2"])
    assert told is not None
    assert [(one.event.id, one.verdict) for one in told.accounts] == [("O-2", "opened")]
    assert inquiry.task("long-outage-000000000000") is None


def test_a_task_of_the_covering_rule_is_named() -> None:
    wide = "event: outage.started\nsame: area\ncount: at least 2\nwithin: 10 hours"
    book = book_of({"wide": wide, "narrow": "event: outage.started\nif: customers >= 500\nsame: area\ncovered_by: wide"})
    events = [started(0, "O-1"), started(1, "O-2"), started(2, "O-3", customers=900), started(20, "O-4", customers=900)]
    past = Past([(event, instant_of(event)) for event in events], instant(40), history_from=instant(-1000 * DAY))
    inquiry = Inquiry(book, GATE, "narrow", past)
    told = {name: inquiry.event(name)[0].accounts[0] for name in ("O-3", "O-4")}
    assert {name: (one.verdict, one.task.rule if one.task else "") for name, one in told.items()} == {
        "O-3": ("covered", "wide"),
        "O-4": ("opened", "narrow"),
    }


def test_a_rule_that_counts_findings_sees_those_of_the_other_rule() -> None:
    rules = {"long": RULES["long-outage"].replace("same: outage_id", "same: area")}
    book = book_of(rules | {"twice": "event: finding.long\nsame: area\ncount: at least 2\nwithin: 10 days"})
    gate = Gate(book.catalogue)
    events = [event_of(gate, "outage.started", hours, outage_id=f"O-{hours}", area="A", planned=False) for hours in (0, 48)]
    events.insert(1, event_of(gate, "outage.restored", 30, outage_id="R", area="A"))
    past = Past([(event, instant_of(event)) for event in events], instant(100), history_from=instant(-1000 * DAY))
    inquiry = Inquiry(book, gate, "twice", past)
    assert inquiry.keys({}) == [("A",)]
    told = inquiry.key(("A",))
    assert told.accounts[0].task is not None
    assert inquiry.task(told.accounts[0].task.task_id) is not None
    assert [(one.verdict, one.clause.value) for one in told.accounts] == [("opened", 2), ("counted", 1)]
