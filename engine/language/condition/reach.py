"""Whether a condition can hold at all, and whether it can fail: found by trying every value that makes a difference.

A number compared with 5 and 7 behaves alike everywhere between them, so a few values stand for all. What cannot be tried (a text
function, two fields compared) counts as open either way; so `never` and `always` are certain, and silence means nothing.
"""

from __future__ import annotations

import operator
from itertools import product
from math import ceil, floor, prod
from typing import TYPE_CHECKING, Any, Literal

from engine.language.condition.code import Coder
from engine.language.condition.tree import (
    Among,
    Call,
    Compare,
    Field,
    Join,
    Leaf,
    Lookup,
    Missing,
    Node,
    Not,
    Truth,
    Value,
    leaves_of,
    parts_of,
)
from engine.language.condition.tree import Literal as Plain

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNS = {"==": operator.eq, "!=": operator.ne, ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
#: Sides of a comparison changed over.
TURNED = {"==": "==", "!=": "!=", ">=": "<=", "<=": ">=", ">": "<", "<": ">"}
#: More combinations than this are not tried.
MOST = 5000
OTHER_TEXT = "\x00another text"


def reach(node: Node) -> Literal["never", "always"] | None:
    """Return `never` where the condition cannot definitely hold, `always` where it cannot but hold, None where neither is certain."""
    tried = {subject: sorted_values(values) for subject, values in subjects(node).items()}
    if prod(len(values) for values in tried.values()) > MOST:
        return None
    verdicts = set()
    for values in product(*tried.values()):
        verdicts.add(verdict(node, dict(zip(tried, values, strict=True))))
        if True in verdicts and len(verdicts) > 1:
            return None
    return "always" if verdicts == {True} else None if True in verdicts else "never"


def sorted_values(values: set[Any]) -> list[Any]:
    """Return values in an order that is the same every time."""
    return sorted(values, key=repr)


def spelled(value: Value) -> str:
    """Return one spelling for the same value wherever it stands."""
    if isinstance(value, Lookup):
        return f"{value.table.name}[{', '.join(spelled(key) for key in value.keys)}].{value.field}"
    if isinstance(value, Call):
        return f"{value.name}({', '.join(spelled(argument) for argument in value.arguments)})"
    return Coder("UTC").value(value, {}) if isinstance(value, Field | Plain) else repr(value)


def split(leaf: Leaf) -> tuple[Value, list[Any]] | None:
    """Return what a leaf asks about and the literals that it is compared with, or None where it cannot be tried."""
    match leaf:
        case Compare(left=Plain() as left, right=Plain()):
            return left, []
        case Compare(left=value, right=Plain(value=plain)) | Compare(left=Plain(value=plain), right=value):
            return value, [plain]
        case Among(value, options):
            return value, list(options)
        case Truth(value) | Missing(value):
            return value, []
        case _:
            return None


def subjects(node: Node) -> dict[str, set[Any]]:
    """Return everything that a condition asks about, with the values that make a difference."""
    found: dict[str, set[Any]] = {}
    literals: dict[str, list[Any]] = {}
    asked: dict[str, Value] = {}
    for leaf in leaves_of(node):
        parts = split(leaf)
        if parts is None:
            found[f"open {leaf!r}"] = {True, False, None}
        elif not isinstance(parts[0], Plain):
            name = spelled(parts[0])
            asked[name] = parts[0]
            literals.setdefault(name, []).extend(parts[1])
    for name, value in asked.items():
        found[name] = values(value, literals[name]) | ({None} if may_miss(value) else set())
    return found


def may_miss(value: Value) -> bool:
    """Return whether a value, or a part of it, may be missing."""
    own = value.optional if isinstance(value, Field) else isinstance(value, Lookup)
    return own or any(may_miss(part) for part in parts_of(value))


def values(value: Value, literals: list[Any]) -> set[Any]:
    """Return the values of one subject that make a difference."""
    if value.type == "yes/no":
        return {True, False}
    choices = getattr(value, "choices", ())
    if choices:
        return {*choices, *(literals if not isinstance(value, Call) else ())}
    if value.type == "text":
        return {*literals, OTHER_TEXT}
    step = 1 if getattr(value, "kind", "") != "number" else 0.5
    found = {side for literal in literals for side in (floor(literal) - step, literal, floor(literal), ceil(literal), ceil(literal) + step)}
    between = {(a + b) / 2 for a, b in zip(sorted(found), sorted(found)[1:], strict=False)} if step != 1 else set()
    whole = getattr(value, "kind", "") == "whole number"
    least = 0 if isinstance(value, Call) else min(found, default=0)
    return {one for one in found | between if one >= least and not (whole and one != int(one))} or {0}


def verdict(node: Node, given: Mapping[str, Any]) -> bool | None:
    """Return the three-valued verdict of a condition for the given values."""
    match node:
        case Not(inner):
            found = verdict(inner, given)
            return None if found is None else not found
        case Join(word, parts):
            decisive = word == "or"
            verdicts = [verdict(part, given) for part in parts]
            return decisive if decisive in verdicts else None if None in verdicts else not decisive
        case _:
            return leaf_verdict(node, given)


def leaf_verdict(leaf: Leaf, given: Mapping[str, Any]) -> bool | None:
    """Return the three-valued verdict of one test."""
    parts = split(leaf)
    if parts is None:
        found: bool | None = given[f"open {leaf!r}"]
        return found
    value = parts[0].value if isinstance(parts[0], Plain) else given[spelled(parts[0])]
    if isinstance(leaf, Missing) or value is None:
        return value is None if isinstance(leaf, Missing) else None
    if isinstance(leaf, Among):
        return value in leaf.options
    if isinstance(leaf, Truth):
        return bool(value)
    turned = not isinstance(leaf.right, Plain)
    plain = leaf.left if turned else leaf.right
    assert isinstance(plain, Plain), "split has seen a literal on one side"
    return bool(SIGNS[TURNED[leaf.sign] if turned else leaf.sign](value, plain.value))
