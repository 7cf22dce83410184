"""Watching: rules over events. `Watching.receive` judges an event, `Watching.tick` wakes what is due."""

from engine.watching.backtest import Summary, in_order, replay
from engine.watching.explaining import Explanation, Step, explained
from engine.watching.finding import Change, Counted, encode_change
from engine.watching.words import LANGUAGES, WORDS, Language, say
from engine.watching.world import Watching

__all__ = [
    "LANGUAGES",
    "WORDS",
    "Change",
    "Counted",
    "Explanation",
    "Language",
    "Step",
    "Summary",
    "Watching",
    "encode_change",
    "explained",
    "in_order",
    "replay",
    "say",
]
