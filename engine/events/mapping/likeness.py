"""How alike the names of two things are: a column of another system and a field of the catalogue, in English or Chinese."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Words that other systems use, and ours for the same.
SAME = {
    "activity": "node",
    "area": "area",
    "asset": "transformer",
    "begin": "started",
    "begun": "started",
    "clients": "customers",
    "close": "closed",
    "code": "id",
    "complete": "completed",
    "cust": "customer",
    "date": "at",
    "datetime": "at",
    "dt": "at",
    "end": "restored",
    "ended": "restored",
    "enquiry": "complaint",
    "finish": "completed",
    "key": "id",
    "no": "id",
    "num": "id",
    "number": "id",
    "on": "at",
    "open": "opened",
    "operator": "person",
    "receive": "opened",
    "received": "opened",
    "request": "complaint",
    "resource": "person",
    "resolved": "closed",
    "restore": "restored",
    "start": "started",
    "state": "result",
    "step": "node",
    "task": "node",
    "ticket": "complaint",
    "time": "at",
    "timestamp": "at",
    "ts": "at",
    "user": "customer",
    "users": "customers",
}
#: Words that say little: many columns have them.
WEAK = {"at": 0.4, "id": 0.5, "of": 0.1, "the": 0.1, "affected": 0.3, "first": 0.1, "last": 0.1}

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")


@lru_cache(maxsize=4096)
def tokens(name: str) -> frozenset[str]:
    """Return the words of a name as we would say them: `OpenDT` is opened, at."""
    return frozenset(SAME.get(word.lower(), word.lower()) for word in _WORD.findall(name))


def likeness(column: str, name: str, title: Mapping[str, str]) -> float:
    """Return how alike a column and something of the catalogue are, from 0 to 1."""
    chinese = "".join(_CHINESE.findall(column))
    if chinese:
        return SequenceMatcher(None, chinese, "".join(_CHINESE.findall(title.get("zh", "")))).ratio()
    return max(_shared(tokens(column), tokens(name)), _shared(tokens(column), tokens(title.get("en", ""))))


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    both = _weight(one) + _weight(other)
    return 2 * _weight(one & other) / both if both else 0.0


def _weight(words: frozenset[str]) -> float:
    return sum(WEAK.get(word, 1.0) for word in words)
