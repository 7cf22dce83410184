"""Rehearsal: rule authors' stories, run three ways, and the changes of a rule that no story would notice."""

from engine.rehearsal.gates import Gates
from engine.rehearsal.rehearsal import Outcome, concerned, fold, rehearse
from engine.rehearsal.weakspots import Probe, Spot, Trial, idle_reasons, share, worst_first

__all__ = ["Gates", "Outcome", "Probe", "Spot", "Trial", "concerned", "fold", "idle_reasons", "rehearse", "share", "worst_first"]
