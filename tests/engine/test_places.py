"""Where something happened and who answers for it: a small city, its reorganisation, and the files that describe it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import parse_instant
from engine.events import Gate, Rejected, read_catalogue
from engine.language import read_rules, reads_of
from engine.language.codes import CODES
from engine.places import UNPLACED, Answer, Places, read_places
from engine.source import read
from engine.watching import Watching
from streams.folder import Folder, read_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.source import Problem

HOUSE = Path(__file__).resolve().parents[2]
PAGE = (HOUSE / "docs" / "places.md").read_text("utf-8")
ZONE = "Asia/Shanghai"

CATALOGUE = """
time_zone: Asia/Shanghai
events:
  outage.started:
    time: at
    late_by: 1 hour
    id: outage_id
    fields:
      outage_id: text
      at: time
      transformer_area: text
      customer: text, may be missing
      unit: text, may be missing
      person: text, may be missing
      feeder: text, from the grid
      substation: text, from the grid
      county: text, from the grid
      city: text, from the grid
"""
RULE = """
rule: {name}
title: {name}
owner: tests
status: live
reason: a test
when: {{event: outage.started, same: {same}}}
task: {{severity: major, to: {to}, due: 1 day, say: outage}}
"""
GRID = """
elements:
  - {city: qinghe, unit: qinghe}
  - {county: linxi, city: qinghe, unit: linxi}
  - {county: donghe, city: qinghe, unit: donghe}
  - {substation: S-1, county: linxi}
  - {feeder: F-1, substation: S-1}
  - {feeder: F-2, substation: S-1, unit: hongling, manager: wu-gang}
  - {transformer_area: TA-7, feeder: F-1, unit: chengguan, manager: zhang-wei, title: 城关 7 号 / Chengguan no. 7}
  - {transformer_area: TA-8, feeder: F-1, unit: chengguan}
  - {transformer_area: TA-9, feeder: F-1, unit: chengguan, manager: zhang-wei}
  - {transformer_area: TA-9, feeder: F-2, manager: wu-gang, since: 2026-07-01}
  - {transformer_area: TA-30, substation: S-1, county: donghe}
"""
CUSTOMERS = """customer,transformer_area,account_manager,since,until
C-1,TA-7,fang-lei,2026-02-01,2026-09-01
C-2,TA-9,,,
"""
ORGANISATION = """
units:
  - {unit: qinghe}
  - {unit: qinghe-dispatch, in: qinghe, department: dispatch}
  - {unit: linxi, in: qinghe}
  - {unit: linxi-dispatch, in: linxi, department: dispatch, since: 2026-04-01}
  - {unit: chengguan, in: linxi}
  - {unit: hongling, in: linxi}
  - {unit: donghe, in: qinghe}
people:
  - {person: gao-feng, unit: qinghe, posts: head, title: 高峰 / Gao Feng}
  - {person: fang-lei, unit: qinghe, posts: account-manager}
  - {person: lin-tao, unit: qinghe-dispatch, posts: [head, duty-officer]}
  - {person: deng-kai, unit: linxi-dispatch, posts: duty-officer, since: 2026-04-01, until: 2026-10-01}
  - {person: ma-chao, unit: linxi, posts: head}
  - {person: zhang-wei, unit: chengguan}
  - {person: wu-gang, unit: hongling, posts: head}
"""
ROUTES = """
catch_all: qinghe
routes:
  area-manager:
    title: 区域经理 / area manager
    ask:
      - manager_of: customer
      - manager_of: transformer_area
      - unit_of: transformer_area
  dispatch-duty-officer:
    ask: {unit_of: county, department: dispatch, post: duty-officer}
  step-owner:
    ask:
      - person_in: person
      - unit_in: unit
  county-head:
    ask: {unit_of: county}
  supervisor:
    ask: {person: gao-feng}
"""
CITY = {"grid.yaml": GRID, "customers.csv": CUSTOMERS, "organisation.yaml": ORGANISATION, "routes.yaml": ROUTES}


def read_all(files: Mapping[str, str]) -> tuple[Places | None, list[Problem]]:
    """Return the places of some files, and the problems with them; those with YAML itself are not repeated."""
    documents = {name: document for name, text in files.items() if name.endswith(".yaml") and (document := read(text, name)[0]) is not None}
    catalogue, wrong = read_catalogue(read(CATALOGUE, "catalogue.yaml")[0])  # type: ignore[arg-type] # it can be read
    assert catalogue is not None, wrong
    return read_places(files, documents, catalogue)


def read_city(files: Mapping[str, str]) -> tuple[Places | None, list[str]]:
    """Return the places of some files, and the problems as text."""
    places, problems = read_all(files)
    return places, [str(problem) for problem in sorted(problems)]


def city(**files: str) -> Places:
    """Return the city, with some of its files written anew: `routes="…"` for routes.yaml, `grid_csv="…"` for grid.csv."""
    given_files = {name.replace("_csv", ".csv") if name.endswith("_csv") else f"{name}.yaml": text for name, text in files.items()}
    places, problems = read_city({**CITY, **given_files})
    assert places is not None, problems
    return places


def on(day: str) -> int:
    """Return a local date as an instant."""
    found = parse_instant(day, ZONE)
    assert found is not None
    return found


# Where it happened ----------------------------------------------------------------------------------------------------------


def test_an_area_leads_to_its_feeder_substation_county_and_city() -> None:
    places = city()
    found = places.place({"transformer_area": "TA-7"}, on("2026-03-01"))
    assert found == {"feeder": "F-1", "substation": "S-1", "county": "linxi", "city": "qinghe"}
    assert not places.counts


def test_a_reorganisation_changes_the_answers_from_its_first_moment_on() -> None:
    places = city()
    area = {"transformer_area": "TA-9"}
    before, after = on("2026-07-01") - 1, on("2026-07-01")
    assert (places.place(area, before)["feeder"], places.resolve("area-manager", area, before)) == ("F-1", Answer("chengguan", "zhang-wei"))
    assert (places.place(area, after)["feeder"], places.resolve("area-manager", area, after)) == ("F-2", Answer("hongling", "wu-gang"))


def test_what_the_event_says_itself_holds() -> None:
    found = city().place({"transformer_area": "TA-7", "feeder": "F-2", "county": "donghe"}, on("2026-03-01"))
    assert found == {"substation": "S-1", "city": "qinghe"}


def test_the_row_of_the_lowest_element_decides() -> None:
    assert city().place({"transformer_area": "TA-30"}, on("2026-03-01"))["county"] == "donghe"


def test_a_customer_is_where_its_transformer_area_is() -> None:
    found = city().place({"customer": "C-2"}, on("2026-08-01"))
    assert found == {"transformer_area": "TA-9", "feeder": "F-2", "substation": "S-1", "county": "linxi", "city": "qinghe"}


def test_an_unknown_area_goes_to_the_catch_all_and_is_counted() -> None:
    places = city()
    found, *others = [places.place({"transformer_area": "TA-99"}, on("2026-03-01")) for _ in range(3)]
    assert others == [found, found]
    assert found == dict.fromkeys(("feeder", "substation", "county", "city"), UNPLACED)
    assert places.resolve("area-manager", {"transformer_area": "TA-99", **found}, on("2026-03-01")) == Answer("qinghe", "gao-feng")
    assert places.counts == {("unplaced", "transformer_area: TA-99"): 3, ("nobody", "area-manager"): 1}


def test_an_unknown_area_in_a_known_county_is_answered_for_by_the_county() -> None:
    places = city()
    found = places.resolve("area-manager", {"transformer_area": "TA-99", "county": "linxi"}, on("2026-03-01"))
    assert found == Answer("linxi", "ma-chao")


def test_an_event_without_any_place_is_counted_too() -> None:
    places = city()
    assert set(places.place({}, on("2026-03-01")).values()) == {UNPLACED}
    assert set(places.place({"customer": "C-77"}, on("2026-03-01")).values()) == {UNPLACED}
    assert places.counts == {("unplaced", "event: without a place"): 1, ("unplaced", "customer: C-77"): 1}


def test_an_ordinary_customer_of_a_known_area_is_not_counted_as_unknown() -> None:
    places = city()
    places.place({"customer": "C-77", "transformer_area": "TA-7"}, on("2026-03-01"))
    assert not places.counts


def test_however_many_names_events_make_up_the_counter_stays_small() -> None:
    places = city()
    for number in range(3000):
        places.place({"transformer_area": f"X-{number}"}, on("2026-03-01"))
    assert sum(places.counts.values()) == 3000
    assert len(places.counts) < 1100


# Who answers ----------------------------------------------------------------------------------------------------------------


def test_a_key_customer_goes_to_the_account_manager_while_there_is_one() -> None:
    places = city()
    customer = {"customer": "C-1", "transformer_area": "TA-7"}
    answers = [places.resolve("area-manager", customer, on(day)) for day in ("2026-01-31", "2026-02-01", "2026-09-01")]
    assert answers == [Answer("chengguan", "zhang-wei"), Answer("qinghe", "fang-lei"), Answer("chengguan", "zhang-wei")]


def test_a_unit_without_a_head_hands_on_to_the_unit_above() -> None:
    assert city().resolve("area-manager", {"transformer_area": "TA-8"}, on("2026-03-01")) == Answer("linxi", "ma-chao")


def test_the_city_dispatches_as_long_as_the_county_has_no_dispatch_of_its_own() -> None:
    places = city()
    area = {"transformer_area": "TA-7"}
    answers = [places.resolve("dispatch-duty-officer", area, on(day)) for day in ("2026-03-31", "2026-04-01", "2026-10-01")]
    assert answers == [Answer("qinghe-dispatch", "lin-tao"), Answer("linxi-dispatch", "deng-kai"), Answer("qinghe-dispatch", "lin-tao")]


def test_another_countys_dispatch_never_answers() -> None:
    assert city().resolve("dispatch-duty-officer", {"county": "donghe"}, on("2026-05-01")) == Answer("qinghe-dispatch", "lin-tao")


def test_the_person_or_unit_that_an_event_names_is_asked_first() -> None:
    places = city()
    at = on("2026-03-01")
    assert places.resolve("step-owner", {"person": "zhang-wei", "unit": "hongling"}, at) == Answer("chengguan", "zhang-wei")
    assert places.resolve("step-owner", {"person": "somebody", "unit": "hongling"}, at) == Answer("hongling", "wu-gang")
    assert places.resolve("step-owner", {"unit": "nowhere"}, at) == Answer("qinghe", "gao-feng")
    assert places.counts == {("unknown person", "somebody"): 1, ("unknown unit", "nowhere"): 1, ("nobody", "step-owner"): 1}


def test_a_unit_answers_without_a_name_where_nobody_upwards_has_one() -> None:
    places = city(
        organisation=re.sub(r"  - \{person: (?!fang|zhang|wu|gao).*\n", "", ORGANISATION).replace("posts: head", "posts: deputy"),
        routes=ROUTES.replace(", post: duty-officer", ""),
    )
    assert places.resolve("county-head", {"county": "linxi"}, on("2026-03-01")) == Answer("linxi", None)
    assert places.counts == {("nobody", "county-head"): 1}


def test_without_routes_there_is_a_grid_and_nobody_to_ask() -> None:
    places, problems = read_city({"grid.yaml": GRID})
    assert (places and places.roles, problems) == (None, [])
    assert places is not None
    assert places.resolve("anybody", {"transformer_area": "TA-7"}, on("2026-03-01")) == Answer(None, None)
    assert places.place({"transformer_area": "TA-7"}, on("2026-03-01"))["city"] == "qinghe"


def test_a_folder_without_these_files_has_no_places() -> None:
    assert read_city({"catalogue.yaml": CATALOGUE}) == (None, [])


def test_elements_units_people_and_roles_have_names_for_people() -> None:
    places = city()
    at = on("2026-03-01")
    asked = [("transformer_area", "TA-7"), ("person", "gao-feng"), ("role", "area-manager"), ("unit", "linxi"), ("feeder", "F-9")]
    assert [places.title(what, name, at) for what, name in asked] == [
        "城关 7 号 / Chengguan no. 7",
        "高峰 / Gao Feng",
        "区域经理 / area manager",
        "linxi",
        "F-9",
    ]


# As they are written --------------------------------------------------------------------------------------------------------


def test_rows_may_stand_in_yaml_in_csv_or_in_both() -> None:
    top, areas = GRID.split("  - {transformer_area: TA-7", 1)
    assert areas
    lines = [
        "\ufefftransformer_area,feeder,substation,county,unit,manager,title,since",
        'TA-7,F-1,,,chengguan,zhang-wei,"城关 7 号 / Chengguan no. 7",',
        "TA-8,F-1,,,chengguan",
        "",
        "TA-9,F-1,,,chengguan,zhang-wei,,",
        "TA-9,F-2,,,,wu-gang,,2026-07-01",
        "TA-30,,S-1,donghe,,,,",
    ]
    both = city(grid=top, grid_csv="\r\n".join(lines))
    assert both.grid == city().grid


def test_an_organisation_in_csv_is_the_same_as_in_yaml() -> None:
    rows = ["unit,in,department,person,posts,title,since,until"]
    for line in ORGANISATION.replace("[head, duty-officer]", "head; duty-officer").splitlines():
        held = dict(re.findall(r"(\w+): ([^,}]+)", line)) if "{" in line else {}
        rows += [",".join(held.get(name, "") for name in rows[0].split(","))] if held else []
    files = {**CITY, "organisation.csv": "\n".join(rows)}
    del files["organisation.yaml"]
    places, problems = read_city(files)
    assert (places and places.organisation, problems) == (city().organisation, [])


def test_a_flat_export_that_names_every_level_needs_no_rows_for_the_upper_ones() -> None:
    places, problems = read_city({"grid.csv": "transformer_area,feeder,substation,county,city\nTA-1,F-1,S-1,linxi,qinghe\n"})
    assert places is not None, problems
    assert places.place({"transformer_area": "TA-1"}, 0) == {"feeder": "F-1", "substation": "S-1", "county": "linxi", "city": "qinghe"}
    assert places.place({"feeder": "F-1"}, 0)["county"] == UNPLACED
    assert places.counts == {("unplaced", "feeder: F-1"): 1}


def test_levels_may_be_others() -> None:
    places, problems = read_city({"grid.yaml": "levels: [meter, street]\nelements:\n  - {meter: M-1, street: Elm}\n"})
    assert (places and places.place({"meter": "M-1"}, 0), problems) == ({"street": "Elm"}, [])


#: file, what to replace, by what, and what is said about it
BROKEN = [
    (
        "grid.yaml",
        "feeder: F-1, substation: S-1}",
        "feeder: F-1, substation: S-11}",
        "7:31: there is no substation 'S-11'; did you mean 'S-1'?",
    ),
    ("grid.yaml", "TA-8, feeder: F-1", "TA-8, feder: F-1", "10:30: there is no 'feder' in this row; did you mean 'feeder'?"),
    (
        "grid.yaml",
        "TA-8, feeder: F-1",
        "TA-8, feeder: unplaced",
        "10:38: 'unplaced' is what unknown elements are called; leave it out, or give",
    ),
    ("grid.yaml", "TA-8, feeder: F-1", "TA-8, feeder: [F-1]", "10:38: 'feeder' is one text; leave it out where there is nothing to say"),
    (
        "grid.yaml",
        "TA-8, feeder",
        "TA-7, feeder",
        "10:5: transformer area 'TA-7' has a row for the same time in grid.yaml:9; give the later one",
    ),
    (
        "grid.yaml",
        "TA-9, feeder: F-1,",
        "TA-9, until: 2026-08-01, feeder: F-1,",
        "12:68: transformer area 'TA-9' holds until 2026-08-01 in grid.yaml:11",
    ),
    ("grid.yaml", "since: 2026-07-01", "since: 2026-13-01", "12:68: '2026-13-01' is no date; write 2026-07-01"),
    (
        "grid.yaml",
        "since: 2026-07-01",
        "since: 2026-07-01, until: 2026-07-01",
        "12:87: 'until' (2026-07-01) is not after 'since' (2026-07-01)",
    ),
    ("grid.yaml", "unit: chengguan}", "unit: chenguan}", "10:49: there is no unit 'chenguan'; did you mean 'chengguan'?"),
    ("grid.yaml", "F-2, manager: wu-gang", "F-2, manager: wu-gan", "12:52: there is no person 'wu-gan'; did you mean 'wu-gang'?"),
    ("grid.yaml", "- {substation: S-1, county: linxi}", "- S-1", "6:5: a row is written as '- {name: value}'"),
    (
        "grid.yaml",
        "- {substation: S-1, county: linxi}",
        "- {title: S-1}",
        "6:5: this row names no element; one of transformer_area, feeder",
    ),
    ("grid.yaml", "elements:", "element:", "2:1: there is no setting 'element' in the grid; did you mean 'elements'?"),
    ("grid.yaml", GRID, "- a\n- b\n", "1:1: the grid is written as 'name: value', with levels, elements at the left edge"),
    ("grid.yaml", GRID, "elements: many\n", "1:11: 'elements' is a list, each row written as '- {name: value}'"),
    ("grid.yaml", "elements:", "levels: [feeder, unit]\nelements:", "2:18: a level is called like the field of the events"),
    ("grid.yaml", "elements:", "levels: feeder\nelements:", "2:9: 'levels' is a list of different names, the lowest first"),
    ("customers.csv", "C-1,TA-7", "C-1,TA-77", "2:5: there is no transformer area 'TA-77'; did you mean 'TA-7'?"),
    ("customers.csv", "C-1,TA-7,fang-lei", '"C-1","TA-7",fang-li', "2:14: there is no person 'fang-li'; did you mean 'fang-lei'?"),
    (
        "customers.csv",
        "account_manager,",
        "acount_manager,",
        "1:27: 'acount_manager' is no column of this file; did you mean 'account_manager'?",
    ),
    ("customers.csv", "since,until", "since,since", "1:49: 'since' is named twice"),
    ("customers.csv", "C-2,", ",", "3:1: this row names no element; one of customer must stand in it"),
    ("customers.csv", "TA-9,,,", "TA-9,,,,", "3:1: this line has 6 values, the line of names 5"),
    ("customers.csv", "C-2,", '"C-2,', "3:1: this line is not CSV"),
    ("customers.csv", CUSTOMERS, "", "1:1: the file is empty; its first line names the columns: customer, transformer_area"),
    (
        "organisation.yaml",
        "unit: hongling, in: linxi",
        "unit: hongling, in: linxy",
        "8:26: there is no unit 'linxy'; did you mean 'linxi'?",
    ),
    (
        "organisation.yaml",
        "{unit: qinghe}",
        "{unit: qinghe, in: chengguan}",
        "3:24: these units lie in each other in a circle: qinghe → chengguan → linxi",
    ),
    (
        "organisation.yaml",
        "{unit: qinghe}",
        "{unit: qinghe, department: top}",
        "3:32: a department is one of a unit; say with 'in' of which",
    ),
    ("organisation.yaml", "{unit: qinghe}", "{in: qinghe}", "3:5: 'unit' is missing in this row"),
    (
        "organisation.yaml",
        "person: zhang-wei, unit: chengguan",
        "person: zhang-wei, unit: chenguan",
        "16:31: there is no unit 'chenguan'; did you mean",
    ),
    ("organisation.yaml", "person: zhang-wei, unit: chengguan", "person: zhang-wei", "16:5: 'unit' is missing in this row"),
    (
        "organisation.yaml",
        "person: zhang-wei",
        "person: ma-chao",
        "16:5: person 'ma-chao' has a row for the same time in organisation.yaml:15",
    ),
    ("routes.yaml", "catch_all: qinghe", "catch_all: qinhe", "2:12: there is no unit 'qinhe' in the organisation; did you mean 'qinghe'?"),
    ("routes.yaml", "catch_all: qinghe\n", "", "2:1: 'catch_all' is missing; it names the unit that answers where"),
    ("routes.yaml", "routes:", "route:", "3:1: there is no setting 'route' in the routes; did you mean 'routes'?"),
    (
        "routes.yaml",
        "manager_of: transformer_area",
        "manager_of: transformer_aera",
        "8:21: there is no level 'transformer_aera' in the grid; did you",
    ),
    (
        "routes.yaml",
        "manager_of: transformer_area",
        "manger_of: transformer_area",
        "8:9: there is no setting 'manger_of' here; did you mean",
    ),
    ("routes.yaml", "{person: gao-feng}", "{person: gao-fen}", "19:19: there is no person 'gao-fen' in the organisation; did you mean"),
    (
        "routes.yaml",
        "{person: gao-feng}",
        "{person: gao-feng, post: head}",
        "19:29: 'post' goes with unit_of, unit_in, unit; 'person' is one person",
    ),
    (
        "routes.yaml",
        "{person: gao-feng}",
        "{person: gao-feng, unit: qinghe}",
        "19:10: each way is exactly one of manager_of, person_in, person",
    ),
    ("routes.yaml", "{person: gao-feng}", "{unit: [qinghe]}", "19:17: 'unit' is one text"),
    ("routes.yaml", "{person: gao-feng}", "gao-feng", "19:10: this is written as 'name: value'"),
    ("routes.yaml", "{person: gao-feng}", "[]", "18:3: the role 'supervisor' leads to nobody: the list is empty"),
    (
        "routes.yaml",
        "{person: gao-feng}",
        "{manager_of: substation}",
        "18:3: the role 'supervisor' leads to nobody: no substation has a manager",
    ),
    ("routes.yaml", "    ask: {person: gao-feng}", "    title: 监督", "18:3: 'ask' is missing: who is asked as supervisor"),
    (
        "routes.yaml",
        "post: duty-officer",
        "post: duty-oficer",
        "11:56: there is no post 'duty-oficer' in the organisation; did you mean 'duty-officer'?",
    ),
    (
        "routes.yaml",
        "department: dispatch",
        "department: dispatches",
        "11:40: there is no department 'dispatches' in the organisation; did you",
    ),
    ("routes.yaml", "person_in: person", "person_in: persn", "14:20: there is no field 'persn' on any event; did you mean 'person'?"),
    ("routes.yaml", "  supervisor:", "  Super Visor:", "18:3: 'Super Visor' is no name for a role; write small letters"),
    (
        "organisation.yaml",
        "{unit: donghe, in: qinghe}",
        "{unit: donghe, in: qinghe, supervised_by: donghe}",
        "9:47: 'donghe' cannot supervise itself",
    ),
    (
        "organisation.yaml",
        "{unit: donghe, in: qinghe}",
        "{unit: donghe, in: qinghe, was: linxi}",
        "9:37: unit 'linxi' is still there when 'donghe' begins; give it the 'until' at which it became 'donghe'",
    ),
    (
        "organisation.yaml",
        "{unit: donghe, in: qinghe}",
        "{unit: donghe, in: qinghe, was: lin-xi}",
        "9:37: there is no unit 'lin-xi'; did you mean 'linxi'?; keep the row of the unit that became this one",
    ),
    (
        "organisation.yaml",
        "people:",
        "absences: [{person: wu-gang, since: 2026-08-01}]\npeople:",
        "10:12: 'until' is missing in this absence; write from when until when",
    ),
    (
        "organisation.yaml",
        "people:",
        "absences: [{person: wu-gang, substitute: wu-gan, since: 2026-08-01, until: 2026-08-09}]\npeople:",
        "10:42: there is no person 'wu-gan'; did you mean 'wu-gang'?",
    ),
    (
        "organisation.yaml",
        "people:",
        "absences: [{person: wu-gang, substitute: wu-gang, since: 2026-08-01, until: 2026-08-09}]\npeople:",
        "10:42: 'wu-gang' cannot stand in for 'wu-gang'",
    ),
]


@pytest.mark.parametrize(("file", "right", "wrong", "said"), BROKEN, ids=[f"{file}-{said[:40]}" for file, _, _, said in BROKEN])
def test_a_broken_file_is_told_with_its_place(file: str, right: str, wrong: str, said: str) -> None:
    assert right in CITY[file]
    places, problems = read_city({**CITY, file: CITY[file].replace(right, wrong, 1)})
    assert places is None
    assert [problem for problem in problems if problem.startswith(f"{file}:{said}")], "\n".join(problems)


def test_all_problems_come_at_once() -> None:
    files = dict(CITY)
    wanted = (
        ("grid.yaml", 0),
        ("grid.yaml", 8),
        ("customers.csv", 17),
        ("organisation.yaml", 25),
        ("organisation.yaml", 29),
        ("routes.yaml", 35),
    )
    for file, number in wanted:
        name, right, wrong, _ = BROKEN[number]
        assert name == file
        files[file] = files[file].replace(right, wrong, 1)
    assert [problem.partition(": ")[0] for problem in read_city(files)[1]] == [
        "customers.csv:2:5",
        "grid.yaml:7:31",
        "grid.yaml:10:49",
        "organisation.yaml:8:26",
        "organisation.yaml:16:31",
        "routes.yaml:8:21",
    ]


def test_routes_without_an_organisation_say_what_is_missing() -> None:
    places, problems = read_city({"routes.yaml": ROUTES})
    assert places is None
    assert problems == [
        "routes.yaml:1:1: routes lead to units and people, and there are none; describe them in organisation.yaml or organisation.csv"
    ]


def test_a_name_that_is_gone_while_a_row_still_uses_it_is_a_warning() -> None:
    places, problems = read_city(
        {**CITY, "organisation.yaml": ORGANISATION.replace("unit: hongling, in: linxi", "unit: hongling, in: linxi, until: 2026-12-01")}
    )
    assert places is not None
    assert problems == [
        "grid.yaml:8:42: unit 'hongling' is not there from 2026-12-01 00:00, and this row still names it",
        "organisation.yaml:17:29: unit 'hongling' is not there from 2026-12-01 00:00, and this row still names it",
    ]


def test_an_export_that_is_wrong_in_every_line_gives_a_few_messages_and_their_number() -> None:
    rows = "\n".join(f"TA-{number},F-{number}" for number in range(20_000))
    places, problems = read_city({"grid.csv": f"transformer_area,feeder\n,F-x\n{rows}"})
    assert places is None
    assert len(problems) == 51
    assert "grid.csv:52:7: and 19,950 more of this kind in this file" in problems


def test_every_kind_of_problem_is_listed_with_those_of_the_rules() -> None:
    said = {
        problem.code for file, right, wrong, _ in BROKEN for problem in read_all({**CITY, file: CITY[file].replace(right, wrong, 1)})[1]
    }
    assert {code for code in said if not code.startswith("places-")} == set()
    assert said | {"places-gap", "places-import"} == {code for code in CODES if code.startswith("places-")}


@given(st.sampled_from(sorted(CITY)), st.data())
def test_whatever_is_done_to_a_file_nothing_raises(file: str, data: st.DataObject) -> None:
    text = CITY[file]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    put = data.draw(st.sampled_from(["", ",", '"', ":", "- ", "{", "}", "\n", "unit", "\x00", "、", "since: 1", "[a]", "|"]))
    places, problems = read_city({**CITY, file: text[:start] + put + text[end:]})
    if places is not None:
        at = on("2026-03-01")
        names = places.place({"transformer_area": "TA-7"}, at)
        assert all(names.values())
        for role in places.roles or ():
            assert places.resolve(role, {"transformer_area": "TA-7", **names}, at).unit
    else:
        assert problems or file.endswith(".yaml")


# As of any moment -----------------------------------------------------------------------------------------------------------

DAYS = st.integers(1, 28)
ROW = st.tuples(st.sampled_from(["F-1", "F-2", "F-3"]), DAYS, st.none() | DAYS)
WRITTEN = st.dictionaries(st.sampled_from(["TA-1", "TA-2", "TA-3"]), st.lists(ROW, min_size=1, max_size=4, unique_by=lambda row: row[1]))


def scan(rows: list[tuple[str, int, int | None]], day: int) -> str:
    """Return the feeder of an area on a day: of the rows that have begun, the youngest, unless it has ended."""
    begun = [row for row in rows if row[1] <= day]
    if not begun:
        return UNPLACED
    feeder, _, until = max(begun, key=lambda row: row[1])
    return feeder if until is None or day < until else UNPLACED


@given(WRITTEN, st.randoms(use_true_random=False))
def test_any_moment_is_answered_as_by_looking_at_every_row(areas: dict[str, list[tuple[str, int, int | None]]], mixer: object) -> None:
    rows = [(area, *row) for area, held in areas.items() for row in held]
    rows = [(area, feeder, since, until if until is not None and until > since else None) for area, feeder, since, until in rows]
    kept: dict[str, list[tuple[str, int, int | None]]] = {}
    for area, feeder, since, until in rows:  # an `until` beyond the next row is refused, and tested elsewhere
        later = [other[2] for other in rows if other[0] == area and other[2] > since]
        kept.setdefault(area, []).append((feeder, since, None if until is None or any(until > one for one in later) else until))
    lines = [
        f"{area},{feeder},2026-03-{since:02},{f'2026-03-{until:02}' if until else ''}"
        for area, held in kept.items()
        for feeder, since, until in held
    ]
    mixer.shuffle(lines)  # type: ignore[attr-defined] # hypothesis hands out a Random
    places, problems = read_city({"grid.csv": "\n".join(["transformer_area,feeder,since,until", *lines])})
    assert places is not None, problems
    for area in ("TA-1", "TA-2", "TA-3"):
        for day in range(1, 29):
            before = sum(places.counts.values())
            found = places.place({"transformer_area": area}, on(f"2026-03-{day:02}"))
            assert found["feeder"] == scan(kept.get(area, []), day)
            assert found["county"] == UNPLACED
            assert sum(places.counts.values()) == before + 1, "an element that ends in the catch-all is counted once"


@given(
    st.dictionaries(
        st.sampled_from(["customer", "transformer_area", "feeder", "substation", "county", "city"]),
        st.sampled_from(["C-1", "TA-7", "TA-9", "F-1", "S-1", "linxi", "x", UNPLACED]),
    ),
    st.sampled_from(["2026-01-01", "2026-08-01"]),
)
def test_every_level_has_an_answer_and_what_is_not_known_is_counted(values: dict[str, str], day: str) -> None:
    places = city()
    found = places.place(values, on(day))
    said = {level for level, name in values.items() if name != UNPLACED}
    assert set(found) == set(places.grid.levels) - said
    assert all(found.values())
    # without the area itself, the levels above it can still be complete
    lost = [level for level, name in found.items() if name == UNPLACED and level != "transformer_area"]
    assert not lost or sum(places.counts.values()) > 0
    for role in places.roles or ():
        assert places.resolve(role, {**values, **found}, on(day)).unit is not None


# With rules -----------------------------------------------------------------------------------------------------------------


def test_a_task_is_addressed_as_of_its_own_time() -> None:
    """Two outages of one area, before and after the reorganisation; the rule about the feeder sees two feeders."""
    rules = {
        "by-area.yaml": RULE.format(name="by-area", same="[outage_id, transformer_area]", to="area-manager"),
        "by-feeder.yaml": RULE.format(name="by-feeder", same="[outage_id, feeder]", to="county-head"),
    }
    folder = read_rules({"catalogue.yaml": CATALOGUE, **CITY, **rules})
    book = folder.rulebook
    assert book is not None, [str(problem) for problem in folder.problems]
    gate = Gate(book.catalogue, reads_of(book))
    world = Watching(book, gate, places=book.places, history_from=on("2026-01-01"))
    for number, (day, more) in enumerate([("2026-06-30", ""), ("2026-07-01", ""), ("2026-07-02", ', "customer": "C-1"')]):
        raw = f'{{"type": "outage.started", "outage_id": "O-{number}", "transformer_area": "TA-9", "at": "{day}T08:00:00+08:00"{more}}}'
        (event,) = gate.decode(raw.encode())
        assert not isinstance(event, Rejected)
        world.receive(event, on(f"{day} 08:00"))
    told = [(change.key.get("feeder"), change.to.role, change.to.unit, change.to.person) for change in world.take_changes()]
    assert sorted(told, key=str) == sorted(
        [
            (None, "area-manager", "chengguan", "zhang-wei"),
            (None, "area-manager", "hongling", "wu-gang"),
            (None, "area-manager", "qinghe", "fang-lei"),
            ("F-1", "county-head", "linxi", "ma-chao"),
            ("F-2", "county-head", "linxi", "ma-chao"),
            ("F-2", "county-head", "linxi", "ma-chao"),
        ],
        key=str,
    )


def test_a_rule_for_a_role_that_is_not_in_the_routes_is_told() -> None:
    rule = RULE.format(name="by-area", same="outage_id", to="area-manger")
    problems = [str(problem) for problem in read_rules({"catalogue.yaml": CATALOGUE, **CITY, "by-area.yaml": rule}).problems]
    assert "by-area.yaml:8:29: there is no role 'area-manger' in routes.yaml; did you mean 'area-manager'?" in problems
    without = {name: text for name, text in CITY.items() if name != "routes.yaml"}
    assert read_rules({"catalogue.yaml": CATALOGUE, **without, "by-area.yaml": rule}).rulebook is not None


def shipped() -> Places:
    """Return the places of our own rules folder."""
    folder = read_folder(HOUSE / "rules")
    assert isinstance(folder, Folder)
    found = read_rules(folder.files)
    assert found.rulebook is not None, [str(problem) for problem in found.problems]
    assert found.rulebook.places is not None
    return found.rulebook.places


def test_every_role_of_the_city_that_ships_leads_to_a_person_for_every_area() -> None:
    places = shipped()
    for area in places.grid.elements["transformer_area"]:
        for role in sorted(places.roles or ()):
            answer = places.resolve(role, {"transformer_area": area}, on("2026-08-01"))
            assert answer.person is not None, (area, role, answer)
            for what, name in (("unit", answer.unit), ("person", answer.person)):
                assert " / " in places.title(what, name or "", on("2026-08-01")), name


def test_the_example_of_the_places_page_answers_as_its_table_says() -> None:
    files = dict(re.findall(r"^`([\w.]+)`.*?\n\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
    assert sorted(files) == ["customers.csv", "grid.csv", "grid.yaml", "organisation.yaml", "routes.yaml"]
    places, problems = read_city(files)
    assert (places is not None, problems) == (True, [])
    assert places is not None
    rows = re.findall(r"^\| (2026-\S+) \| (\w+) `(\S+)` \| (\S+) \| (\S+) \| (\S+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 5
    for day, what, name, role, unit, person in rows:
        values = {"transformer_area" if what == "area" else what: name}
        assert places.resolve(role, values, on(day)) == Answer(unit, person)


def test_every_column_and_every_way_is_described() -> None:
    words = (
        "transformer_area feeder substation county city unit manager account_manager title since until levels in department person posts"
        " supervised_by was absences substitute"
    )
    ways = "catch_all ask manager_of unit_of unit_in person_in unit person department post"
    assert [word for word in f"{words} {ways}".split() if f"`{word}`" not in PAGE and f"`{word}:" not in PAGE] == []
