"""Who may do what for a unit and who is told: posts, supervision, substitutes, and a reorganisation in the middle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import parse_instant
from engine.events import read_catalogue
from engine.places import ROLES, Answer, People, Places, Told, read_places
from engine.source import read

CATALOGUE = (
    "time_zone: Asia/Shanghai\nevents: {outage.started: {time: at, late_by: 1 hour, id: id, fields: {id: text, at: time, unit: text}}}"
)
ORGANISATION = """
units:
  - {unit: qinghe}
  - {unit: qinghe-supervision, in: qinghe, department: supervision}
  - {unit: linxi, in: qinghe}
  - {unit: linxi-watch, in: linxi, department: supervision}
  - {unit: chengguan, in: linxi}
  - {unit: hongling, in: linxi, until: 2026-07-01}
  - {unit: hongling-new, in: donghe, was: hongling, since: 2026-07-01}
  - {unit: donghe, in: qinghe}
  - {unit: donghe-town, in: donghe}
  - {unit: plant, in: qinghe, supervised_by: linxi-watch}
  - {unit: 33.06, in: qinghe}
people:
  - {person: gao-feng, unit: qinghe, posts: head}
  - {person: qin.hao, unit: qinghe, posts: leader-in-charge}
  - {person: cao-ying, unit: qinghe-supervision, posts: head}
  - {person: zhou.min, unit: qinghe-supervision}
  - {person: shi.lan, unit: qinghe-supervision, posts: auditor}
  - {person: xie.bin, unit: linxi, posts: administrator}
  - {person: ma-chao, unit: linxi, posts: head}
  - {person: tan.yi, unit: linxi-watch, posts: head}
  - {person: sun-jie, unit: chengguan, posts: head}
  - {person: wang.wu, unit: chengguan, posts: deputy}
  - {person: zhang-wei, unit: chengguan}
  - {person: wu-gang, unit: hongling, posts: head, until: 2026-07-01}
  - {person: wu-gang, unit: hongling-new, posts: head, since: 2026-07-01}
  - {person: he-min, unit: donghe-town, posts: duty-officer}
absences:
  - {person: sun-jie, substitute: wang.wu, since: 2026-08-03, until: 2026-08-10}
  - {person: wang.wu, substitute: zhang-wei, since: 2026-08-05, until: 2026-08-10}
  - {person: cao-ying, since: 2026-08-03, until: 2026-08-10}
  - {person: ma-chao, substitute: cao-ying, since: 2026-09-01, until: 2026-09-08}
"""
ROUTES = "catch_all: qinghe\nroutes: {unit-head: {ask: {unit_in: unit}}, boss: {ask: {person: sun-jie}}}\n"


def places() -> Places:
    """Return the city of these stories."""
    files = {"organisation.yaml": ORGANISATION, "routes.yaml": ROUTES}
    documents = {name: document for name, text in files.items() if (document := read(text, name)[0]) is not None}
    catalogue, _ = read_catalogue(read(CATALOGUE, "catalogue.yaml")[0])  # type: ignore[arg-type] # it can be read
    assert catalogue is not None
    found, problems = read_places(files, documents, catalogue)
    assert found is not None, problems
    return found


PEOPLE: People = places().people


def on(day: str) -> int:
    """Return a local date as an instant."""
    found = parse_instant(day, "Asia/Shanghai")
    assert found is not None
    return found


MARCH, JULY, AWAY, LATER_AWAY = on("2026-03-02"), on("2026-07-01"), on("2026-08-04"), on("2026-08-06")


def test_everybody_in_a_unit_may_sign_and_those_who_lead_it_may_explain() -> None:
    held = {person: sorted(PEOPLE.roles(person, "chengguan", MARCH)) for person in ("sun-jie", "wang.wu", "zhang-wei", "he-min")}
    assert held == {
        "sun-jie": ["UNIT_DUTY", "UNIT_LEAD"],
        "wang.wu": ["UNIT_DUTY", "UNIT_LEAD"],
        "zhang-wei": ["UNIT_DUTY"],
        "he-min": [],
    }


def test_county_and_city_both_watch_the_nearest_first() -> None:
    assert PEOPLE.supervisors("chengguan", MARCH) == ("linxi-watch", "qinghe-supervision")
    assert PEOPLE.roles("tan.yi", "chengguan", MARCH) == PEOPLE.roles("cao-ying", "chengguan", MARCH) == {"SUP", "SUP_HEAD"}
    assert PEOPLE.roles("zhou.min", "chengguan", MARCH) == {"SUP"}
    assert PEOPLE.roles("tan.yi", "donghe-town", MARCH) == frozenset()


def test_a_unit_may_name_another_supervisor() -> None:
    assert PEOPLE.supervisors("plant", MARCH) == ("linxi-watch", "qinghe-supervision")
    assert PEOPLE.holder("SUP_HEAD", "plant", MARCH) == "tan.yi"


def test_nobody_supervises_the_own_unit() -> None:
    assert PEOPLE.supervisors("qinghe-supervision", MARCH) == ()
    assert PEOPLE.roles("cao-ying", "qinghe-supervision", MARCH) == {"UNIT_DUTY", "UNIT_LEAD"}
    assert PEOPLE.roles("qin.hao", "qinghe", MARCH) == {"UNIT_DUTY"}
    assert PEOPLE.holder("SUP_HEAD", "qinghe-supervision", MARCH) == "qin.hao"


def test_an_auditor_and_an_administrator_have_no_power_over_a_task() -> None:
    assert PEOPLE.roles("shi.lan", "chengguan", MARCH) == {"AUDITOR"}
    assert PEOPLE.roles("shi.lan", "qinghe-supervision", MARCH) == {"AUDITOR"}
    assert PEOPLE.roles("xie.bin", "chengguan", MARCH) == {"ADMIN"}
    assert PEOPLE.roles("xie.bin", "donghe", MARCH) == frozenset()
    assert PEOPLE.holder("AUDITOR", "chengguan", MARCH) == "shi.lan"


def test_who_stands_in_answers_and_has_both_roles() -> None:
    assert [PEOPLE.holder("UNIT_LEAD", "chengguan", at) for at in (MARCH, AWAY, LATER_AWAY)] == ["sun-jie", "wang.wu", "zhang-wei"]
    assert PEOPLE.roles("zhang-wei", "chengguan", LATER_AWAY) == {"UNIT_DUTY", "UNIT_LEAD"}
    assert PEOPLE.roles("zhang-wei", "chengguan", AWAY) == {"UNIT_DUTY"}


def test_routes_lead_to_who_stands_in() -> None:
    found = [places().resolve(role, {"unit": "chengguan"}, AWAY) for role in ("unit-head", "boss")]
    assert found == [Answer("chengguan", "wang.wu")] * 2


def test_an_absence_without_a_substitute_goes_to_the_next() -> None:
    assert PEOPLE.holder("SUP_HEAD", "donghe-town", MARCH) == "cao-ying"
    assert PEOPLE.holder("SUP_HEAD", "donghe-town", AWAY) == "qin.hao"


def test_a_supervisor_who_stands_in_for_a_head_does_not_judge_that_unit() -> None:
    at = on("2026-09-02")
    assert PEOPLE.roles("cao-ying", "linxi", at) == {"UNIT_DUTY", "UNIT_LEAD"}
    assert PEOPLE.roles("cao-ying", "chengguan", at) == {"SUP", "SUP_HEAD"}


def test_a_role_that_a_unit_does_not_have_goes_up_and_the_hole_is_named() -> None:
    assert PEOPLE.told("UNIT_LEAD", "donghe-town", MARCH) == Told("qinghe", "gao-feng", ("donghe-town", "donghe"))
    assert PEOPLE.roles("gao-feng", "donghe-town", MARCH) == {"UNIT_DUTY", "UNIT_LEAD"}
    assert PEOPLE.roles("gao-feng", "chengguan", MARCH) == frozenset()
    assert PEOPLE.told("UNIT_LEAD", "nowhere", MARCH) == Told(None, None, ("nowhere",))
    assert PEOPLE.holder("UNIT_DUTY", "donghe-town", MARCH) == "he-min"


def test_a_unit_with_a_new_code_answers_for_what_was_addressed_to_the_old_one() -> None:
    before = JULY - 1
    assert (PEOPLE.superior("hongling", before), PEOPLE.superior("hongling", JULY)) == ("linxi", "donghe")
    assert PEOPLE.path("hongling", before) == "qinghe.linxi.hongling"
    assert PEOPLE.path("hongling", JULY) == "qinghe.donghe.hongling-new"
    assert PEOPLE.roles("wu-gang", "hongling", JULY) == {"UNIT_DUTY", "UNIT_LEAD"}
    assert PEOPLE.supervisors("hongling", JULY) == ("qinghe-supervision",)
    assert not PEOPLE.known_unit("hongling-new", before)


def test_a_subtree_is_named_by_its_path_or_by_its_unit() -> None:
    inside = [PEOPLE.within("chengguan", subtree, MARCH) for subtree in ("qinghe", "qinghe.linxi", "linxi", "chengguan", "qinghe.linxi.")]
    outside = [PEOPLE.within("chengguan", subtree, MARCH) for subtree in ("donghe", "qinghe.lin", "linxi.chengguan", "cheng")]
    assert (inside, outside) == ([True] * 5, [False] * 4)
    assert PEOPLE.path("33.06", MARCH) == "qinghe.33-06"


def test_whom_nobody_knows_may_do_nothing() -> None:
    assert (PEOPLE.known("nobody", MARCH), PEOPLE.known("sun-jie", MARCH)) == (False, True)
    assert PEOPLE.roles("nobody", "chengguan", MARCH) == PEOPLE.roles("sun-jie", "nowhere", MARCH) == frozenset()
    assert (PEOPLE.superior("nowhere", MARCH), PEOPLE.holder("SUP", "nowhere", MARCH), PEOPLE.path("nowhere", MARCH)) == (
        None,
        None,
        "nowhere",
    )


NAMES = [
    "gao-feng",
    "qin.hao",
    "cao-ying",
    "zhou.min",
    "shi.lan",
    "xie.bin",
    "ma-chao",
    "tan.yi",
    "sun-jie",
    "wang.wu",
    "zhang-wei",
    "wu-gang",
]
UNITS = ["qinghe", "qinghe-supervision", "linxi", "linxi-watch", "chengguan", "hongling", "hongling-new", "donghe", "plant", "nowhere"]


@given(st.sampled_from(NAMES), st.sampled_from(UNITS), st.sampled_from([MARCH, JULY - 1, JULY, AWAY, LATER_AWAY, on("2026-09-02")]))
def test_whoever_holds_a_role_may_use_it_and_nobody_judges_what_he_answers_for(person: str, unit: str, at: int) -> None:
    held = PEOPLE.roles(person, unit, at)
    assert held <= set(ROLES)
    assert not (held & {"SUP", "SUP_HEAD"} and held & {"UNIT_DUTY", "UNIT_LEAD"})
    assert not held & {"AUDITOR", "ADMIN"} or not held - {"AUDITOR", "ADMIN"}
    for role in ("UNIT_LEAD", "UNIT_DUTY", "SUP"):
        holder = PEOPLE.holder(role, unit, at)
        assert holder is None or role in PEOPLE.roles(holder, unit, at) or role == "SUP"
