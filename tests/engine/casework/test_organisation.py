"""Tasks in a real organisation: who is away, who stands in, and a reorganisation in the middle of a task."""

from __future__ import annotations

from engine.casework import Calendars, Casework, Moved, PlainJudge, Profile, Refused, Terms
from engine.events import read_catalogue
from engine.places import read_places
from engine.source import read
from engine.watching.finding import Addressee
from tests.support.casework import CALENDAR, Desk

CATALOGUE = "time_zone: Asia/Shanghai\nevents: {outage.started: {time: at, late_by: 1 hour, id: id, fields: {id: text, at: time}}}"
ORGANISATION = """
units:
  - {unit: qinghe}
  - {unit: qinghe-supervision, in: qinghe, department: supervision}
  - {unit: linxi, in: qinghe}
  - {unit: chengguan, in: linxi, until: 2026-03-04}
  - {unit: chengguan-new, in: linxi, was: chengguan, since: 2026-03-04}
people:
  - {person: ma.chao, unit: linxi, posts: head}
  - {person: cao.ying, unit: qinghe-supervision, posts: head}
  - {person: zhou.min, unit: qinghe-supervision}
  - {person: shi.lan, unit: qinghe, posts: auditor}
  - {person: sun.jie, unit: chengguan, posts: head}
  - {person: sun.jie, unit: chengguan-new, posts: head, since: 2026-03-04}
  - {person: zhang.wei, unit: chengguan}
  - {person: zhang.wei, unit: chengguan-new, since: 2026-03-04}
absences:
  - {person: sun.jie, substitute: zhang.wei, since: 2026-03-02, until: 2026-03-03}
  - {person: ma.chao, substitute: cao.ying, since: 2026-03-01, until: 2026-04-01}
"""


def office() -> Desk:
    """Return an office with the people of the organisation."""
    catalogue, _ = read_catalogue(read(CATALOGUE, "catalogue.yaml")[0])  # type: ignore[arg-type] # it can be read
    document = read(ORGANISATION, "organisation.yaml")[0]
    assert catalogue is not None
    assert document is not None
    places, problems = read_places({"organisation.yaml": ORGANISATION}, {"organisation.yaml": document}, catalogue)
    assert places is not None, problems
    desk = Desk()
    desk.world = Casework(Terms(Profile(), Calendars(CALENDAR), places.people, PlainJudge()))
    return desk


def test_who_stands_in_explains_as_long_as_the_head_is_away() -> None:
    desk = office()
    desk.find("2026-03-02 10:00")
    assert isinstance(desk.say("2026-03-02 11:00", "zhang.wei", "ack"), Moved)
    explained = desk.say("2026-03-02 16:00", "zhang.wei", "submit_explanation", fields={"cause": "树障"}, evidence=("photo-1",))
    assert isinstance(explained, Moved)
    withdrawn = desk.say("2026-03-03 09:00", "zhang.wei", "withdraw")
    assert isinstance(withdrawn, Refused)
    assert "sun.jie" in withdrawn.who


def test_a_unit_that_gets_another_code_goes_on_answering_for_its_task() -> None:
    desk = office()
    desk.find("2026-03-02 10:00")
    desk.say("2026-03-03 11:00", "zhang.wei", "ack")
    explained = desk.say("2026-03-05 16:00", "sun.jie", "submit_explanation", fields={"cause": "树障"}, evidence=("photo-1",))
    assert isinstance(explained, Moved)
    assert isinstance(desk.say("2026-03-06 09:00", "zhou.min", "accept"), Moved)
    desk.check()


def test_an_auditor_and_a_stranger_change_nothing() -> None:
    desk = office()
    desk.find("2026-03-02 10:00")
    for actor in ("shi.lan", "nobody"):
        assert isinstance(desk.say("2026-03-02 11:00", actor, "ack"), Refused)
    assert desk.task().state == "ISSUED"


def test_a_supervisor_who_stands_in_for_a_head_does_not_judge_that_units_task() -> None:
    desk = office()
    desk.find("2026-03-02 10:00", to=Addressee("area-manager", "linxi", "ma.chao"))
    assert isinstance(desk.say("2026-03-02 11:00", "cao.ying", "ack"), Moved)
    desk.say("2026-03-02 12:00", "cao.ying", "submit_explanation", fields={"cause": "树障"}, evidence=("photo-1",))
    refused = desk.say("2026-03-02 15:00", "cao.ying", "accept")
    assert isinstance(refused, Refused)
    assert isinstance(desk.say("2026-03-02 15:01", "zhou.min", "accept"), Moved)
