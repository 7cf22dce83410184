"""Watching: rules over events. `Watching.receive` judges an event, `Watching.tick` wakes what is due."""

from typing import TYPE_CHECKING

from engine.door import open_late

if TYPE_CHECKING:
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

open_late(
    __name__,
    {
        "account": ("Account", "Clause", "Decisive", "Glimpse", "Line", "Reply"),
        "backtest": ("BY", "Summary", "counted_of", "in_order", "replay"),
        "case": ("Past", "reads"),
        "comparing": ("SIDES", "Comparison", "Load", "Pair", "Row", "Task", "Tasks", "Which", "compare"),
        "division": ("History", "Portion", "divided", "history_of"),
        "explaining": ("Explanation", "Step", "explained"),
        "finding": ("Because", "Change", "Counted", "encode_change", "encode_changes"),
        "inquiry": ("Inquiry",),
        "meaning": ("meanings",),
        "occurrence": ("occurrences",),
        "ordered": ("LONGEST", "Ordered", "ranks_of"),
        "sharding": ("Group", "Part", "Sharding", "Way"),
        "whereabouts": ("Whereabouts",),
        "wording": ("in_words",),
        "words": ("LANGUAGES", "WORDS", "Language", "say"),
        "world": ("Watching",),
    },
)

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
