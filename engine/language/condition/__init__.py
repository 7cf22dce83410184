"""The condition language: words to tree to Python, three-valued and typed against the catalogue."""

from engine.language.condition.code import RUNTIME
from engine.language.condition.condition import Condition, Leaf, parse_condition
from engine.language.condition.reach import reach
from engine.language.condition.samples import satisfying
from engine.language.condition.tokens import Fault, Token, tokens
from engine.language.condition.tree import Join, Lookup, Node
from engine.language.condition.turning import Turning, turning

__all__ = [
    "RUNTIME",
    "Condition",
    "Fault",
    "Join",
    "Leaf",
    "Lookup",
    "Node",
    "Token",
    "Turning",
    "parse_condition",
    "reach",
    "satisfying",
    "tokens",
    "turning",
]
