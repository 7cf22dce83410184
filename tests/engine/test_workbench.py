"""`from engine import …`: what those who program have, and that it costs nothing until it is used."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import engine
from engine import Faulty, backtest, check, explain, read_events, try_stories, understand

HOUSE = Path(__file__).resolve().parents[2]
TEMPLATE = HOUSE / "streams" / "template"


def files() -> dict[str, str]:
    """Return the files of a new rules folder, as `clearly init` makes it."""
    return {path.relative_to(TEMPLATE).as_posix(): path.read_text("utf-8") for path in TEMPLATE.rglob("*.yaml")}


def lines() -> list[str]:
    """Return the events that come with it."""
    return (TEMPLATE / "example-events.jsonl").read_text("utf-8").splitlines()


def test_rules_are_understood_tried_and_run_over_events() -> None:
    assert check(files()) == []
    rules = understand(files())
    assert {outcome.passed for outcome in try_stories(rules, "repeated-outage")} == {True}
    reading = read_events(rules, [*lines(), '{"type": "outage.startd"}'], file="events.jsonl")
    assert (len(reading.events), [one.path.split(".type")[0] for one in reading.rejected]) == (
        len(lines()),
        [f"events.jsonl:{len(lines()) + 1}"],
    )
    found = backtest(rules, reading.events)
    (row,) = found.rows()
    assert {name: row[name] for name in ("task_id", "rule", "state", "count", "unit", "key.transformer_area")} == {
        "task_id": "repeated-outage-b5dcf75cce4d",
        "rule": "repeated-outage",
        "state": "standing",
        "count": 4,
        "unit": "chengguan",
        "key.transformer_area": "TA-7",
    }
    assert (found.summary.events, found.summary.tasks) == (len(lines()), 1)


def test_a_rule_is_asked_why() -> None:
    rules = understand(files())
    events = read_events(rules, lines()).events
    by_task = explain(rules, events, "repeated-outage", task="repeated-outage-b5dcf75cce4d")
    by_key = explain(rules, events, "repeated-outage", key={"transformer_area": "TA-7"})
    (by_event,) = explain(rules, events, "repeated-outage", event="O-3")
    assert [one.accounts[0].event.id for one in (*by_task, *by_key, by_event)] == ["O-5", "O-5", "O-3"]
    assert [line.holds for line in by_event.accounts[0].conditions] == [False]
    with pytest.raises(KeyError, match="did you mean 'repeated-outage'"):
        explain(rules, events, "repeted-outage", event="O-3")
    with pytest.raises(ValueError, match="one thing"):
        explain(rules, events, "repeated-outage")


def test_mistakes_come_all_at_once() -> None:
    broken = files() | {"outage/repeated-outage.yaml": files()["outage/repeated-outage.yaml"].replace("outage.started", "outage.startd")}
    assert check(broken)
    with pytest.raises(Faulty, match=r"did you mean 'outage\.started'"):
        understand(broken)
    with pytest.raises(Faulty):
        read_events(understand(files()), [], mapping="feed: nothing")


def test_everything_public_says_what_it_does_and_what_comes_back() -> None:
    for name in engine.__all__:
        value = getattr(engine, name)
        assert inspect.getdoc(value), name
        if inspect.isfunction(value):
            assert "Return" in str(value.__doc__), name
    assert set(dir(engine)) == set(engine.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        engine.nothing  # noqa: B018 - asked for on purpose


def test_importing_the_engine_loads_none_of_its_rooms() -> None:
    code = "import sys, engine; print([name for name in sys.modules if name.startswith(('engine.', 'msgspec', 'pydantic'))])"
    done = subprocess.run([sys.executable, "-c", code], cwd=HOUSE, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
