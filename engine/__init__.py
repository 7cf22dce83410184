"""说清楚 / explain clearly: rules over events, decided. Pure: no clock, no disk, no network.

For those who program, everything that is needed stands here:

    from engine import understand, read_events, backtest, explain

    rules = understand(files)                       # texts by path; raises Faulty with every mistake at once
    reading = read_events(rules, lines)             # JSON Lines, or another system's file through its mapping
    found = backtest(rules, reading.events)         # the tasks that the rules would have opened
    replies = explain(rules, reading.events, "long-outage", event="O-1")

`examples/history.py` does so with pandas and matplotlib. Each name is loaded when it is first used, so `import engine` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.events import Event, Rejected
    from engine.rehearsal import Outcome
    from engine.source import Place, Problem
    from engine.watching import Account, Change, Explanation, Reply, Summary
    from engine.workbench import Backtest, Faulty, Reading, Rules, backtest, check, explain, read_events, try_stories, understand

__all__ = [
    "Account",
    "Backtest",
    "Change",
    "Event",
    "Explanation",
    "Faulty",
    "Outcome",
    "Place",
    "Problem",
    "Reading",
    "Rejected",
    "Reply",
    "Rules",
    "Summary",
    "backtest",
    "check",
    "explain",
    "read_events",
    "try_stories",
    "understand",
]
#: Where each name that is not the workbench's own comes from.
ROOMS = {
    "events": {"Event", "Rejected"},
    "rehearsal": {"Outcome"},
    "source": {"Place", "Problem"},
    "watching": {"Account", "Change", "Explanation", "Reply", "Summary"},
}


def __getattr__(name: str) -> Any:
    """Return a public name, loaded now."""
    if name not in __all__:
        raise AttributeError(f"module 'engine' has no attribute '{name}'")
    room = next((room for room, names in ROOMS.items() if name in names), "workbench")
    value = getattr(import_module(f"engine.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return what there is to be had."""
    return sorted(__all__)
