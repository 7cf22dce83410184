"""The words of the condition language: its types, its functions, and how each is called when something is wrong."""

from __future__ import annotations

COMPARISONS = frozenset({"==", "!=", ">=", "<=", ">", "<"})
ORDERED = frozenset({"number", "time", "length"})
#: What the catalogue calls a type, and what conditions call it.
TYPES = {
    "text": "text",
    "one of": "text",
    "whole number": "number",
    "number": "number",
    "yes/no": "yes/no",
    "time": "time",
    "milliseconds": "time",
}
#: Each function with the types that it wants and the one that it gives.
FUNCTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "starts_with": (("text", "text"), "yes/no"),
    "contains": (("text", "text"), "yes/no"),
    "lower": (("text",), "text"),
    "length": (("text",), "number"),
    "hour_of": (("time",), "number"),
    "weekday_of": (("time",), "text"),
}
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "missing", "yes", "no"})
#: Signs that people who know CEL write, and our words for them.
CEL_SIGNS = {"&&": "and", "||": "or", "!": "not"}
SHOWN = {"number": "a number", "text": "text", "yes/no": "yes or no", "time": "a time", "length": "a length of time"}
#: Where a field has one of these units, a length of time is written as its number.
TIME_UNITS = ("seconds", "minutes", "hours", "days")
