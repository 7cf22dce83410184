"""A remedy reported done: what came of every action of the plan, with evidence; and whether what the plan promised was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.casework.explanation import About, Parts, overruling
from engine.casework.fault import Fault, fault
from engine.casework.form import EVIDENCE, Field, Part
from engine.casework.reading import is_empty, number_of
from engine.casework.turns import VAGUE, says_little

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

RESULTS: Final = Field(
    "results",
    ("required", "required", "required"),
    (Part("action", "number"), Part("result", "text"), Part("done", "time"), EVIDENCE),
    many=True,
)


def check_remedy(fields: Mapping[str, Any], actions: Sequence[Mapping[str, Any]], about: About) -> tuple[Fault, ...]:
    """Return everything that is wrong with a remedy that is reported done: `actions` are those of the accepted explanation."""
    said = fields.get("overruled")
    reasons = said if isinstance(said, dict) else {}
    rows = fields.get("results")
    found = [fault((name,), "unknown-field", value=name) for name in fields if name not in {"results", "overruled"}]
    if is_empty(rows):
        return (*found, fault(("results",), "missing"), *overruling(reasons))
    found += Parts(RESULTS, about).rows(("results",), rows)
    listed = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    found += covered(listed, actions)
    found += [one for one in vague(listed) if is_empty(reasons.get(one.code))]
    return (*found, *overruling(reasons))


def covered(rows: Sequence[Mapping[str, Any]], actions: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    """Return actions of the plan of which nothing is said, and results of actions that are not in it."""
    named = [number_of(row.get("action", "")) for row in rows]
    for number, action in enumerate(actions, 1):
        if number not in named:
            yield fault(("results",), "action-without-result", value=f"{number}. {action.get('what', '')}")
    if actions:
        for place, one in enumerate(named):
            if one is not None and one not in range(1, len(actions) + 1):
                yield fault(("results", place, "action"), "no-such-action", value=f"{one:g}", wanted=f"1–{len(actions)}")


def vague(rows: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    """Return results that say nothing of what was done."""
    for place, row in enumerate(rows):
        text = str(row.get("result") or "")
        words = VAGUE.search(text)
        if words is not None and says_little(text):
            yield fault(("results", place, "result"), "vague-only", value=words[0])


def is_met(criterion: Mapping[str, Any], measured: float) -> bool:
    """Return whether a measured value is at least as good as the target; which way is better follows from the baseline."""
    baseline, target = number_of(criterion.get("baseline", "")), number_of(criterion.get("target", ""))
    if baseline is None or target is None:
        return True
    return measured <= target if target <= baseline else measured >= target
