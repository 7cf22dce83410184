"""docs/rules/: the pages are current, and each cell of cause and effect is watched by the rules that it names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from engine.rehearsal import rehearse
from scripts.rule_pages import CELLS, NODES, PAGES, book, pages, shipped

if TYPE_CHECKING:
    from engine.language import RuleTest

#: What an outage says of itself, by cause.
CAUSES = {
    "基建项目投产": {"planned": True, "outage_class": "planned", "cause_class": "commissioning"},
    "检修运行方式调整": {"planned": True, "outage_class": "planned", "cause_class": "mode_change"},
    "重大故障": {"planned": False, "outage_class": "fault", "cause_class": "weather", "incident": "I-1"},
    "重复性故障": {"planned": False, "outage_class": "fault", "cause_class": "equipment_fault"},
}
EACH = [(cause, effect, rule) for (cause, effect), rules in CELLS.items() for rule in rules]


def test_the_pages_are_those_that_the_rules_make() -> None:
    made = pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in PAGES.iterdir()}
    old = sorted(name for name in {*made, *there} if made.get(name) != there.get(name))
    assert old == [], "run `make rule-pages`"


def test_every_rule_has_a_page_with_both_languages_its_source_and_a_picture() -> None:
    for name, rule in book().rules.items():
        text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
        assert rule.title["zh"] in text
        assert rule.title["en"] in text
        assert rule.reason in text
        drawn = ET.fromstring((PAGES / f"{name}.svg").read_text(encoding="utf-8"))  # noqa: S314 - our own picture
        assert len(drawn.findall("{http://www.w3.org/2000/svg}line")) == 2, f"{name}: one story that fires, one that stays quiet"


def test_there_are_twelve_cells() -> None:
    assert len(CELLS) == 12
    assert {cause.split(" / ")[0] for cause, _ in CELLS} == set(CAUSES)


@pytest.mark.parametrize(("cause", "effect", "name"), EACH, ids=[f"{rule} {cause} {effect}" for cause, effect, rule in EACH])
def test_each_cell_has_a_story_that_fires_with_its_cause(cause: str, effect: str, name: str) -> None:
    fires = [test for test in shipped().tests if test.rule == name and any(one.kind == "opened" for one in test.expect)]
    told = [caused(test, CAUSES[cause.split(" / ", maxsplit=1)[0]], name) for test in fires]
    assert any(rehearse(book(), test, book().places).passed for test in told), f"{name} never fires of {cause}: {effect}"


def caused(test: RuleTest, cause: dict[str, object], name: str) -> RuleTest:
    """Return a story with another cause. What is temporary stays so: that is a class of planned work."""
    own = {**cause, "outage_class": "temporary"} if name == "unannounced-temporary-outage" else cause
    kept = {"outage_class"} if name in {"hours-without-supply", "many-hours-without-supply"} else set()
    events = []
    for event in test.events:
        fields = book().catalogue.types[event.record["type"]].fields
        more = {key: value for key, value in own.items() if key in fields and key not in kept}
        events.append(replace(event, record={**event.record, **more}))
    return replace(test, events=tuple(events))


def test_each_of_the_six_steps_has_a_limit_and_a_story_that_fires() -> None:
    for node in NODES:
        told = []
        for test in shipped().tests:
            if test.rule == "overdue-node" and test.name.startswith("not completed by the close"):
                events = tuple(replace(event, record={**event.record, "node": node}) for event in test.events)
                told.append(replace(test, events=events, expect=(), clock=(test.clock or 0) + 60 * 86_400_000_000))
        assert told
        assert not rehearse(book(), told[0], book().places).passed, f"nothing is asked of {node}"
