"""The rule language: conditions, rule files, lint, rule tests."""

from engine.language.basis import Basis
from engine.language.codes import CODES
from engine.language.condition import RUNTIME, Condition, Leaf, parse_condition, satisfying
from engine.language.edits import Edit, edited, edits_of
from engine.language.findings import FINDING, OVER
from engine.language.folder import Folder, read_rules, reads_of
from engine.language.lint import state_of
from engine.language.promotion import Promotion
from engine.language.revision import EFFECTS, Bounds, Effect, Revision, bounds_of, depends_on, followers, revisions, with_bounds
from engine.language.rulebook import (
    Again,
    Alternative,
    Ask,
    Chosen,
    Count,
    Dated,
    FirstTime,
    Follow,
    Moment,
    Pattern,
    Precede,
    Rate,
    Rule,
    Rulebook,
    Selection,
    Sequence,
    Severity,
    Sift,
    Single,
    Sliding,
    Status,
    Total,
    Year,
    lengths_in,
)
from engine.language.rulefile import read_rule
from engine.language.settings import SETTINGS
from engine.language.table import Table
from engine.language.testfile import Expectation, RuleTest, TestEvent

__all__ = [
    "CODES",
    "EFFECTS",
    "FINDING",
    "OVER",
    "RUNTIME",
    "SETTINGS",
    "Again",
    "Alternative",
    "Ask",
    "Basis",
    "Bounds",
    "Chosen",
    "Condition",
    "Count",
    "Dated",
    "Edit",
    "Effect",
    "Expectation",
    "FirstTime",
    "Folder",
    "Follow",
    "Leaf",
    "Moment",
    "Pattern",
    "Precede",
    "Promotion",
    "Rate",
    "Revision",
    "Rule",
    "RuleTest",
    "Rulebook",
    "Selection",
    "Sequence",
    "Severity",
    "Sift",
    "Single",
    "Sliding",
    "Status",
    "Table",
    "TestEvent",
    "Total",
    "Year",
    "bounds_of",
    "depends_on",
    "edited",
    "edits_of",
    "followers",
    "lengths_in",
    "parse_condition",
    "read_rule",
    "read_rules",
    "reads_of",
    "revisions",
    "satisfying",
    "state_of",
    "with_bounds",
]
