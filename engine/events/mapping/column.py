"""A column of a sample: what its values look like, for whoever drafts a mapping."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property

from engine.events.mapping.clock import clock
from engine.events.mapping.unfit import Unfit
from engine.events.mapping.values import YES_NO, Spelling

#: What systems write where they have nothing to say.
NOTHING = frozenset({"null", "none", "n/a", "na", "nan", "nil", "-", "--", "\\n", "无", "空", "unknown"})
#: A column with more different texts than this, or a longer one, is no list of words.
MOST_WORDS, LONGEST_WORD = 12, 100
#: Formats that are tried, in this order.
FORMS = (
    "iso",
    "epoch seconds",
    "epoch milliseconds",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H:%M:%S",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日 %H时%M分%S秒",
    "%Y年%m月%d日 %H时%M分",
    "%Y年%m月%d日%H时%M分",
    "%Y年%m月%d日",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%d/%m/%Y %I:%M %p",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d-%b-%Y %H:%M:%S",
    "%d-%b-%Y %H:%M",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y %H:%M",
)


@dataclass(frozen=True)
class Column:
    """One column and the values that a sample has of it, empty ones as ""."""

    name: str
    values: tuple[str, ...]

    @cached_property
    def filled(self) -> tuple[str, ...]:
        """Return the values that say something."""
        return tuple(value for value in self.values if value and value.lower() not in NOTHING)

    @cached_property
    def nothings(self) -> tuple[str, ...]:
        """Return the words that stand for "nothing" here, which is certain only where everything else is a time or a number."""
        if self.kind == "text":
            return ()
        return tuple(dict.fromkeys(value for value in self.values if value and value.lower() in NOTHING))

    @cached_property
    def has_gaps(self) -> bool:
        """Return whether some rows say nothing."""
        return len(self.filled) < len(self.values)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Return the different values in the order of their frequency; none where there are too many to be a list of words."""
        counted = Counter(self.filled)
        is_list = len(counted) <= MOST_WORDS and all(len(word) <= LONGEST_WORD for word in counted)
        return tuple(word for word, _ in counted.most_common()) if is_list else ()

    @cached_property
    def is_unique(self) -> bool:
        """Return whether every row has a value of its own."""
        return len(self.filled) > 1 and len(set(self.filled)) == len(self.values)

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """Return the time formats that fit every value."""
        return tuple(form for form in FORMS if self.filled and all(_reads(form, value) for value in self.filled))

    @cached_property
    def has_offset(self) -> bool:
        """Return whether every time says by itself which moment it is."""
        if self.forms[:1] != ("iso",):
            return self.forms[:1] in (("epoch seconds",), ("epoch milliseconds",))
        return all(value[-1:] in "Zz" or "+" in value[10:] or "-" in value[10:] for value in self.filled)

    @cached_property
    def kind(self) -> str:
        """Return `time`, `yes/no`, `whole number`, `whole text` (a number such as `157.0`), `number` or `text`."""
        if self.forms:
            return "time"
        if self.filled and all(value.lower() in YES_NO for value in self.filled):
            return "yes/no"
        numbers = [Spelling().exactly(value) for value in self.filled]
        if not numbers or None in numbers:
            return "text"
        if all(number is not None and number == number.to_integral_value() for number in numbers):
            return "whole text" if any("." in value for value in self.filled) else "whole number"
        return "number"


def _reads(form: str, value: str) -> bool:
    if form.startswith("epoch") and not _is_epoch(form, value):
        return False
    try:
        at = clock((form,), UTC, "first")(value)
    except Unfit:
        return False
    return 1900 <= at.year <= 2199


def _is_epoch(form: str, value: str) -> bool:
    """Return whether a number can be a moment since 2000: shorter ones are counts or ids."""
    whole = value.partition(".")[0]
    return whole.isdecimal() and len(whole) == (10 if form == "epoch seconds" else 13)
