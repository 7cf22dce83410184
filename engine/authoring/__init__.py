"""Authoring: what helps people write rules. Drafts of rules and stories, schemas for editors, shadow rules on trial."""

from engine.authoring.record import Record, records
from engine.authoring.schema import RULE_SCHEMA, STORY_SCHEMA, rule_schema, story_schema
from engine.authoring.skeleton import draft_stories
from engine.authoring.trial import Criterion, Trial, trials
from engine.authoring.wish import Wish, rule_text

__all__ = [
    "RULE_SCHEMA",
    "STORY_SCHEMA",
    "Criterion",
    "Record",
    "Trial",
    "Wish",
    "draft_stories",
    "records",
    "rule_schema",
    "rule_text",
    "story_schema",
    "trials",
]
