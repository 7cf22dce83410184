"""Inspection draws (抽样督查): what there is to be inspected, by city and county, and which of it a seed picks."""

from engine.inspection.draw import LEVELS, Difference, Draw, Drawn, Quota, Stratum, difference, draw
from engine.inspection.item import KINDS, Item, Kind, Span, items_of, tasks_of, types_of
from engine.inspection.sheet import COLUMNS, sheet

__all__ = [
    "COLUMNS",
    "KINDS",
    "LEVELS",
    "Difference",
    "Draw",
    "Drawn",
    "Item",
    "Kind",
    "Quota",
    "Span",
    "Stratum",
    "difference",
    "draw",
    "items_of",
    "sheet",
    "tasks_of",
    "types_of",
]
