"""`clearly kafka run`: a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.source import suggest
from streams.cli.kafkasetup import reach
from streams.cli.outcome import Refused
from streams.kafka.running import STAGES, Worker, run

if TYPE_CHECKING:
    from streams.cli.kafka import Machine


def run_stage(stage: str, bootstrap: str, here: Machine) -> int:
    """Run one stage, and return the exit code."""
    if stage not in STAGES:
        raise Refused(f"clearly kafka run: there is no stage '{stage}'{suggest(stage, STAGES)}; there are {', '.join(STAGES)}")
    return run(Worker(reach(bootstrap), stage, *here))
