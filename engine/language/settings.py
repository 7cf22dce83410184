"""Every setting that rule files and test files know, by where it stands. Editors' schemas are made from it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.language.askfile import TASK
from engine.language.relationfile import ABSENCE, FOLLOW, PRECEDE, SELECTION
from engine.language.rulefile import RULE, WHEN
from engine.language.testfile import EXPECTED, TEST, TOP

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "rule": RULE,
        "when": WHEN,
        "task": TASK,
        "followed_by": FOLLOW,
        "not_followed_by": ABSENCE,
        "preceded_by": PRECEDE,
        "selection": SELECTION,
        "tests": TOP,
        "test": TEST,
        "expect": EXPECTED,
    }
)
