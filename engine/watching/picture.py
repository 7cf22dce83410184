"""What a window shows: how many facts, how many different values, their sum, their average.

A picture is kept up to date fact by fact. Sums are exact (decimal) so that the order of arrival cannot show in the last digit.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.events import Event


class Amount:
    """The number of facts."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: float = 0

    def add(self, event: Event) -> None:
        """Take a fact into the window."""
        self.value += 1

    def remove(self, event: Event) -> None:
        """Take a fact out of the window."""
        self.value -= 1

    def holds(self, least: float) -> bool:
        """Return whether the value is at least `least`."""
        return self.value >= least

    def save(self) -> Any:
        """Return the picture as plain values."""
        return self.value

    def load(self, saved: Any) -> None:
        """Take back what `save` returned."""
        self.value = saved


class Different(Amount):
    """The number of different values of one field; facts without a value do not count."""

    __slots__ = ("read", "seen")

    def __init__(self, read: Callable[[Event], Any]) -> None:
        super().__init__()
        self.read = read
        self.seen: dict[Any, int] = {}

    def add(self, event: Event) -> None:
        """Take a fact into the window."""
        value = self.read(event)
        if value is not None:
            self.seen[value] = self.seen.get(value, 0) + 1
            self.value = len(self.seen)

    def remove(self, event: Event) -> None:
        """Take a fact out of the window."""
        value = self.read(event)
        if value is None:
            return
        left = self.seen[value] - 1
        if left:
            self.seen[value] = left
        else:
            del self.seen[value]
            self.value = len(self.seen)

    def save(self) -> Any:
        """Return the values and how often each occurs."""
        return dict(self.seen)

    def load(self, saved: Any) -> None:
        """Take back what `save` returned."""
        self.seen = dict(saved)
        self.value = len(self.seen)


class Sum(Amount):
    """The sum of one field; facts without a value add nothing. `above` where the bound itself is not enough."""

    __slots__ = ("above", "number", "read", "total")

    def __init__(self, read: Callable[[Event], Any], above: bool = False) -> None:  # noqa: FBT001, FBT002 - one of two readings of a bound
        super().__init__()
        self.read = read
        self.above = above
        self.total = Decimal(0)
        self.number = 0

    def add(self, event: Event) -> None:
        """Take a fact into the window."""
        self._change(self.read(event), 1)

    def remove(self, event: Event) -> None:
        """Take a fact out of the window."""
        self._change(self.read(event), -1)

    def _change(self, value: float | None, sign: int) -> None:
        if value is None:
            return
        self.total += sign * Decimal(repr(value))
        self.number += sign
        self.value = self.shown()

    def shown(self) -> float:
        """Return the sum as people see it."""
        return float(self.total)

    def holds(self, least: float) -> bool:
        """Return whether the sum is at least `least`, exactly."""
        return self.number > 0 and self.passes(Decimal(repr(least)))

    def passes(self, bound: Decimal) -> bool:
        """Return whether the total is as large as it must be."""
        return self.total > bound if self.above else self.total >= bound

    def save(self) -> Any:
        """Return the sum, exactly, and how many values it has."""
        return (str(self.total), self.number)

    def load(self, saved: Any) -> None:
        """Take back what `save` returned."""
        self.total, self.number = Decimal(saved[0]), saved[1]
        self.value = self.shown()


class Average(Sum):
    """The average of one field over the facts that have it."""

    __slots__ = ()

    def shown(self) -> float:
        """Return the average as people see it."""
        return float(self.total / self.number) if self.number else 0.0

    def holds(self, least: float) -> bool:
        """Return whether the average is at least `least`, compared without dividing."""
        return self.number > 0 and self.passes(Decimal(repr(least)) * self.number)
