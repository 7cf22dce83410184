"""Rehearsal: rule authors' stories, run three ways."""

from engine.rehearsal.gates import Gates
from engine.rehearsal.rehearsal import Outcome, fold, rehearse

__all__ = ["Gates", "Outcome", "fold", "rehearse"]
