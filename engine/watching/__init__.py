"""Watching: rules over events. `Watching.receive` judges an event, `Watching.tick` wakes what is due."""

from engine.watching.account import Account, Clause, Decisive, Glimpse, Line, Reply
from engine.watching.backtest import BY, Summary, counted_of, in_order, replay
from engine.watching.case import Past, reads
from engine.watching.comparing import SIDES, Comparison, Load, Pair, Row, Task, Tasks, Which, compare
from engine.watching.division import History, Portion, divided, history_of
from engine.watching.explaining import Explanation, Step, explained
from engine.watching.finding import Because, Change, Counted, encode_change, encode_changes
from engine.watching.inquiry import Inquiry
from engine.watching.meaning import meanings
from engine.watching.occurrence import occurrences
from engine.watching.ordered import LONGEST, Ordered, ranks_of
from engine.watching.sharding import Group, Part, Sharding, Way
from engine.watching.whereabouts import Whereabouts
from engine.watching.wording import in_words
from engine.watching.words import LANGUAGES, WORDS, Language, say
from engine.watching.world import Watching

__all__ = [
    "BY",
    "LANGUAGES",
    "LONGEST",
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
    "History",
    "Inquiry",
    "Language",
    "Line",
    "Load",
    "Ordered",
    "Pair",
    "Part",
    "Past",
    "Portion",
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
    "counted_of",
    "divided",
    "encode_change",
    "encode_changes",
    "explained",
    "history_of",
    "in_order",
    "in_words",
    "meanings",
    "occurrences",
    "ranks_of",
    "reads",
    "replay",
    "say",
]
