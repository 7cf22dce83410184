"""Dashboard and alert rules ask for metrics that there are, by labels that they have."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import import_module
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from tests.deploy.commands import DEPLOY

DOCUMENT = DEPLOY.parent / "docs" / "metrics.md"
ROW = re.compile(r"^\| `(clearly_\w+)` \|([^|]*)\|([^|]*)\|", re.MULTILINE)
#: What prometheus-client tells of any process, and what Prometheus itself knows.
OTHERS = {"process_cpu_seconds_total": set[str](), "process_resident_memory_bytes": set[str](), "up": set[str]()}
#: What Prometheus adds to every series.
GIVEN = {"job", "instance"}


@cache
def documented() -> dict[str, set[str]]:
    """Return every documented series with its labels; a histogram is three."""
    found: dict[str, set[str]] = {**OTHERS}
    for name, labels, text in ROW.findall(DOCUMENT.read_text("utf-8")):
        named = set(re.findall(r"\w+", labels))
        if text.strip().startswith("histogram"):
            found |= {name + "_bucket": named | {"le"}, name + "_sum": named, name + "_count": named}
        else:
            found[name] = named
    return found


def panels() -> list[dict[str, Any]]:
    """Return the panels of the dashboard."""
    read: list[dict[str, Any]] = json.loads((DEPLOY / "grafana" / "clearly.json").read_text("utf-8"))["panels"]
    return read


def alerts() -> list[dict[str, Any]]:
    """Return the alert rules."""
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> list[tuple[str, str]]:
    """Return every expression with who asks it."""
    asked = [(panel["title"], target["expr"]) for panel in panels() for target in panel.get("targets", [])]
    return asked + [(rule["alert"], rule["expr"]) for rule in alerts()]


def names_in(expression: str) -> set[str]:
    """Return the series that an expression asks for."""
    return set(re.findall(r"\b(?:clearly|process)_\w+|\bup\b", expression))


def test_every_expression_asks_for_what_there_is() -> None:
    for who, expression in expressions():
        names = names_in(expression)
        assert names, who
        assert names <= set(documented()), who
        known = set().union(*(documented()[name] for name in names)) | GIVEN
        assert labels_in(expression) <= known, who
        assert all(expression.count(left) == expression.count(right) for left, right in ("()", "{}", "[]")), who


def labels_in(expression: str) -> set[str]:
    """Return the labels that an expression groups or filters by."""
    groups = re.findall(r"\b(?:by|without) \(([^)]*)\)", expression)
    filters = re.findall(r"\{([^}]*)\}", expression)
    return {label for group in groups for label in re.findall(r"\w+", group)} | {
        label for group in filters for label in re.findall(r"(\w+)\s*(?:=|!)", group)
    }


def test_counters_are_asked_for_what_was_added() -> None:
    for who, expression in expressions():
        counters = [name for name in names_in(expression) if name.endswith(("_total", "_bucket"))]
        bare = [name for name in counters if not re.search(rf"(rate|increase)\({name}[{{\[]", expression)]
        assert bare == [], who


def test_every_documented_metric_is_shown() -> None:
    shown = set().union(*(names_in(target["expr"]) for panel in panels() for target in panel.get("targets", [])))
    wanted = {name for name in documented() if not name.endswith(("_sum", "_count"))} - {"up"}
    assert wanted - shown == set()


def test_labels_in_words_are_labels_that_there_are() -> None:
    for panel in panels():
        for target in panel.get("targets", []):
            known = set().union(*(documented()[name] for name in names_in(target["expr"]))) | GIVEN
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= known, panel["title"]


def test_an_alert_says_what_it_means_and_what_to_do() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert len(set(names)) == len(names) > 10
    for rule in alerts():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert re.search(r"[\u4e00-\u9fff]", rule["annotations"]["summary"])
        assert rule["annotations"]["description"]


def test_panels_stand_beside_each_other_and_not_on_top_of_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in panels()}) == len(panels())


def test_workers_serve_the_metrics_that_are_documented_for_them() -> None:
    pytest.importorskip("faust")
    for stage in ("intake", "watching", "casework", "stage", "recovery", "ledger"):
        import_module(f"streams.kafka.{stage}")
    served = {family.name for family in REGISTRY.collect() if family.name.startswith("clearly_")}
    text = DOCUMENT.read_text("utf-8").split("## Workers on Kafka")[1]
    told = {name.removesuffix("_total") for name, _, _ in ROW.findall(text)}
    assert told <= served, "named, and not there"
    assert {name for name in served if re.match("clearly_(intake|watching|casework|stage|ledger)_", name)} <= told, "there, and not named"
