"""Python that is made of rules, compiled once for as many worlds as ask for it: rule tests make thousands of them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from types import CodeType


@lru_cache(maxsize=2048)
def code_of(text: str, mode: Literal["exec", "eval"], name: str = "<rules>") -> CodeType:
    """Return the code of a text that was made from checked trees and names."""
    return compile(text, name, mode)
