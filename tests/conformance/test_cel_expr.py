"""Random conditions over random events: Google's CEL engine, asked by way of `Condition.cel()`, gives the same three-valued answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

from cel_expr_python import cel
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Field
from engine.language.condition import Condition, parse_condition
from engine.language.table import Table
from engine.source import Place

ZONE = "Asia/Shanghai"
FIELDS = {
    one.name: one
    for one in (
        Field("node", "text"),
        Field("cause", "text", optional=True),
        Field("area", "one of", choices=("urban", "rural")),
        Field("kind", "one of", optional=True, choices=("planned", "fault")),
        Field("customers", "whole number"),
        Field("missed", "whole number", optional=True),
        Field("load", "number"),
        Field("share", "number", optional=True),
        Field("planned", "yes/no"),
        Field("important", "yes/no", optional=True),
        Field("at", "time"),
        Field("ended", "time", optional=True),
    )
}
LIMITS = Table(
    "limits",
    ("node", "area"),
    {"node": Field("node", "text"), "area": FIELDS["area"], "days": Field("days", "whole number", optional=True)},
    (
        {"node": "survey", "area": "urban", "days": 3},
        {"node": "survey", "area": "rural", "days": 5},
        {"node": "停电", "area": "urban"},
        {"node": "a", "area": "rural", "days": 1},
    ),
    "",
)
TEXTS = ["", "a", "survey", "停电", 'quo"te\\', "a\nb", "Ab"]
NAMES: dict[str, list[str]] = {
    "text": ["node", "cause", "lower(node)", "lower(cause)"],
    "number": ["customers", "missed", "load", "share", "length(node)", "length(cause)", "hour_of(at)", "limits[node, area].days"],
    "yes/no": ["planned", "important", "contains(cause, node)", 'starts_with(node, "a")'],
    "time": ["at", "ended"],
    "length": ["ended - at", "at - 2026-03-01 08:00", "at - ended"],
}
LITERALS = {
    "text": st.sampled_from(['""', '"a"', '"survey"', '"停电"', '"quo\\"te\\\\"', '"a\\nb"', '"ab"']),
    "number": st.sampled_from(["0", "1", "3", "-2", "5.5", "8", "23", "100"]),
    "yes/no": st.sampled_from(["yes", "no"]),
    "time": st.sampled_from(["2026-03-01", "2026-03-01 08:00", "2026-03-01T00:00:00Z"]),
    "length": st.sampled_from(["1 hour", "90 minutes", "3 days", "1 second"]),
}
SIGNS = st.sampled_from(["==", "!=", ">=", "<=", ">", "<"])
EQUAL = st.sampled_from(["==", "!="])


def leaves() -> st.SearchStrategy[str]:
    """Return single tests, as an author writes them."""
    found: list[st.SearchStrategy[str]] = []
    for kind, names in NAMES.items():
        name, literal = st.sampled_from(names), LITERALS[kind]
        signs = SIGNS if kind in {"number", "time", "length"} else EQUAL
        found.append(st.builds("{} {} {}".format, name, signs, name | literal))
        found.append(st.builds("{} {} {}".format, literal, signs, name))
        if kind != "length":
            listed = st.lists(literal, min_size=1, max_size=8).map(lambda options: f"[{', '.join(options)}]")
            found.append(st.builds("{} {} {}".format, name, st.sampled_from(["in", "not in"]), listed))
    found.append(st.sampled_from(NAMES["yes/no"]))
    missing = st.sampled_from(["cause", "kind", "missed", "ended", "important", "limits[node, area].days"])
    found.append(st.builds("{} is {}missing".format, missing, st.sampled_from(["", "not "])))
    found.append(st.sampled_from(['kind == "planned"', 'kind != "fault"', 'area in ["rural"]', 'weekday_of(at) in ["sat", "sun"]']))
    return st.one_of(found)


CONDITIONS = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("{} or {}".format, inner, inner),
        st.builds("not ({})".format, inner),
        st.builds("({}) == ({})".format, inner, inner),
    ),
    max_leaves=6,
)
MOMENTS = st.integers(0, 4 * 86_400).map(lambda seconds: datetime(2026, 2, 27, tzinfo=UTC) + timedelta(seconds=seconds))
EVENTS = st.fixed_dictionaries(
    {
        "node": st.sampled_from(TEXTS),
        "cause": st.none() | st.sampled_from(TEXTS),
        "area": st.sampled_from(["urban", "rural"]),
        "kind": st.sampled_from([None, "planned", "fault"]),
        "customers": st.integers(-3, 101),
        "missed": st.none() | st.integers(-3, 101),
        "load": st.sampled_from([0.0, 1.0, 5.5, 99.9]),
        "share": st.none() | st.sampled_from([0.0, 1.0, 5.5, 99.9]),
        "planned": st.booleans(),
        "important": st.sampled_from([None, True, False]),
        "at": MOMENTS | st.just(datetime(2026, 3, 1, tzinfo=UTC)),
        "ended": st.none() | MOMENTS | st.just(datetime(2026, 3, 1, 1, tzinfo=UTC)),
    }
)


@cache
def environment() -> Any:
    """Return Google's CEL with its functions of text."""
    config = cel.NewEnvConfigFromYaml("name: judge\nextensions:\n- name: strings\nvariables:\n- name: event\n  type_name: dyn\n")
    return cel.NewEnv(config=config)


def judged(text: str, event: dict[str, Any]) -> Any:
    """Return what CEL says. It takes times in a map only as text, so they are made times where they are read."""
    text = re.sub(r"(?<!has\()event\.(at|ended)\b", r"timestamp(event.\1)", text)
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in event.items() if value is not None}
    return environment().compile(text).eval(data={"event": plain}).value()


@given(CONDITIONS, EVENTS)
def test_cel_says_true_where_we_do_and_nowhere_else(text: str, event: dict[str, Any]) -> None:
    condition = parse_condition(text, Place("x", 1, 1), FIELDS, ZONE, {"limits": LIMITS})
    opposite = parse_condition(f"not ({text})", Place("x", 1, 1), FIELDS, ZONE, {"limits": LIMITS})
    if isinstance(condition, list) or isinstance(opposite, list):
        # the only reason to refuse one of these: conditions compared with each other more than four times over
        assert "joined" in str(condition) + str(opposite)
        return
    verdict = condition.verdict(SimpleNamespace(**event))
    assert judged(condition.cel(), event) is (verdict is True), condition.cel()
    assert judged(opposite.cel(), event) is (verdict is False), opposite.cel()


def test_a_missing_value_is_neither_true_nor_false() -> None:
    condition = parse_condition('cause == "storm"', Place("x", 1, 1), FIELDS, ZONE)
    assert isinstance(condition, Condition)
    assert condition.verdict(SimpleNamespace(cause=None)) is None
    assert judged(condition.cel(), {}) is False


def test_working_out_the_judges_zone_is_ours() -> None:
    """Hours and weekdays are local ones: half past midnight in Shanghai is the evening before in London."""
    event = {"at": datetime(2026, 3, 1, tzinfo=UTC) - timedelta(hours=7, minutes=30)}
    for text in ("hour_of(at) == 0", 'weekday_of(at) == "sun"'):
        condition = parse_condition(text, Place("x", 1, 1), FIELDS, ZONE)
        assert isinstance(condition, Condition)
        assert condition.verdict(SimpleNamespace(**event)) is True
        assert judged(condition.cel(), event) is True
