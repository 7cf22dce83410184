"""Watching: rules over events. `Watching.receive` judges an event, `Watching.tick` wakes what is due."""

from engine.watching.backtest import Summary, in_order, replay
from engine.watching.comparing import SIDES, Comparison, Load, Pair, Row, Task, Tasks, Which, compare
from engine.watching.explaining import Explanation, Step, explained
from engine.watching.finding import Change, Counted, encode_change
from engine.watching.sharding import Group, Part, Sharding, Way
from engine.watching.words import LANGUAGES, WORDS, Language, say
from engine.watching.world import Watching

__all__ = [
    "LANGUAGES",
    "SIDES",
    "WORDS",
    "Change",
    "Comparison",
    "Counted",
    "Explanation",
    "Group",
    "Language",
    "Load",
    "Pair",
    "Part",
    "Row",
    "Sharding",
    "Step",
    "Summary",
    "Task",
    "Tasks",
    "Watching",
    "Way",
    "Which",
    "compare",
    "encode_change",
    "explained",
    "in_order",
    "replay",
    "say",
]
