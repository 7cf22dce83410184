"""Feed mappings: other systems' CSV, JSON and JSON Lines as events of the catalogue, described by one file per feed."""

from engine.events.mapping.draft import draft
from engine.events.mapping.lint import read_mapping
from engine.events.mapping.mapping import Becomes, Mapping, feed, through
from engine.events.mapping.reading import Judged, Outcome, Reading, Start
from engine.events.mapping.record import raw_of
from engine.events.mapping.report import FeedReport, LeftOut, Refusal, check
from engine.events.mapping.skip import Skipped

__all__ = [
    "Becomes",
    "FeedReport",
    "Judged",
    "LeftOut",
    "Mapping",
    "Outcome",
    "Reading",
    "Refusal",
    "Skipped",
    "Start",
    "check",
    "draft",
    "feed",
    "raw_of",
    "read_mapping",
    "through",
]
