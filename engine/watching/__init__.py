"""Watching: rules over events. `Watching.receive` judges an event, `Watching.tick` wakes what is due."""

from engine.watching.account import Account, Clause, Decisive, Glimpse, Line, Reply
from engine.watching.backtest import Summary, in_order, replay
from engine.watching.case import Past, reads
from engine.watching.comparing import SIDES, Comparison, Load, Pair, Row, Task, Tasks, Which, compare
from engine.watching.explaining import Explanation, Step, explained
from engine.watching.finding import Because, Change, Counted, encode_change
from engine.watching.inquiry import Inquiry
from engine.watching.meaning import meanings
from engine.watching.occurrence import occurrences
from engine.watching.sharding import Group, Part, Sharding, Way
from engine.watching.whereabouts import Whereabouts
from engine.watching.wording import in_words
from engine.watching.words import LANGUAGES, WORDS, Language, say
from engine.watching.world import Watching

__all__ = [
    "LANGUAGES",
    "SIDES",
    "WORDS",
    "Account",
    "Because",
    "Change",
    "Clause",
    "Comparison",
    "Counted",
    "Decisive",
    "Explanation",
    "Glimpse",
    "Group",
    "Inquiry",
    "Language",
    "Line",
    "Load",
    "Pair",
    "Part",
    "Past",
    "Reply",
    "Row",
    "Sharding",
    "Step",
    "Summary",
    "Task",
    "Tasks",
    "Watching",
    "Way",
    "Whereabouts",
    "Which",
    "compare",
    "encode_change",
    "explained",
    "in_order",
    "in_words",
    "meanings",
    "occurrences",
    "reads",
    "replay",
    "say",
]
