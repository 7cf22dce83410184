"""Rehearsal: rule authors' stories, run three ways."""

from engine.rehearsal.rehearsal import Outcome, fold, rehearse

__all__ = ["Outcome", "fold", "rehearse"]
