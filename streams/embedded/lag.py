"""Whether the running office keeps up: with the clock, with what its rules wait for, and with the checks of what moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.casework import LAG, Broken
from streams.embedded.state import BEGINNING
from streams.vigil import SECOND, over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.watching import Watching


class Limits(NamedTuple):
    """How far anything may lag before the heartbeat stops, in microseconds: behind the clock, and behind a source that is silent."""

    behind: int = 600 * SECOND
    undecided: int = 86_400 * SECOND


def lagging(world: Watching, began: int, now: int, limits: Limits) -> Iterator[Broken]:
    """Give what lags by more than its limit; `began` is when the program started, for a world whose time has not begun."""
    behind = now - (world.now if world.now > BEGINNING else began)
    if behind > limits.behind:
        yield Broken(LAG, "time", over(behind, limits.behind))
    for (kind, source), since in world.longest_held().items():
        if now - since > limits.undecided:
            yield Broken(LAG, "source", f"{source} ({kind}), {over(now - since, limits.undecided)}")
