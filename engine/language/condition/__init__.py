"""The condition language: words to tree to Python, three-valued and typed against the catalogue."""

from engine.language.condition.code import RUNTIME
from engine.language.condition.condition import Condition, Leaf, parse_condition
from engine.language.condition.reach import reach
from engine.language.condition.samples import satisfying
from engine.language.condition.tree import Join, Lookup, Node

__all__ = ["RUNTIME", "Condition", "Join", "Leaf", "Lookup", "Node", "parse_condition", "reach", "satisfying"]
