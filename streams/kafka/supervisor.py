"""`clearly kafka run all`: every stage in a process of its own on one machine, kept running, and stopped in the order of the path."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from streams.clock import pause, steady
from streams.log import configure
from streams.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

log = structlog.get_logger("clearly")
#: Seconds to wait before a process that ended is started again: at first, at most, and how long it has to run to begin anew.
FIRST, LONGEST, GOOD = 0.5, 30.0, 60.0
#: Seconds that a process may take to stop before it is ended; what it had begun is judged again.
PATIENCE = 30.0
#: Exit code of a process that cannot be used as asked: starting it again would not help.
UNUSABLE = 2


@dataclass(slots=True)
class Child:
    """One process that is kept running."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = FIRST
    due: float = 0.0

    def start(self) -> None:
        """Start it."""
        self.process, self.started = subprocess.Popen(self.command), steady()  # noqa: S603 - our own program
        log.info("started", stage=self.name, process=self.process.pid)

    def look(self) -> int | None:
        """Start it again if it ended and it is time to; return the exit code of one that may not be started again."""
        if self.process is None:
            if steady() >= self.due:
                self.start()
            return None
        code = self.process.poll()
        if code is None:
            return None
        if code == UNUSABLE:
            return code
        self.wait = FIRST if steady() - self.started > GOOD else min(2 * self.wait, LONGEST)
        log.warning("ended; it is started again", stage=self.name, code=code, seconds=self.wait)
        self.process, self.due = None, steady() + self.wait
        return None

    def stop(self) -> None:
        """Have it finish what it has begun, and end it if it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            log.warning("did not stop in time; what it had begun is judged again", stage=self.name)
            self.process.kill()
            self.process.wait()
        log.info("stopped", stage=self.name)


@dataclass(slots=True)
class Supervisor:
    """All stages of one machine, in the order of the path."""

    children: list[Child]
    is_stopping: bool = False
    code: int = field(default=0)

    def run(self) -> int:
        """Keep everything running until told to stop; return the exit code."""
        configure(Settings().log)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        try:
            while not self.is_stopping:
                for child in self.children:
                    code = child.look()
                    if code is not None:
                        log.error("cannot be run as asked", stage=child.name)
                        self.is_stopping, self.code = True, code
                pause(0.2)
        finally:
            for child in self.children:
                child.stop()
        return self.code

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Stop the stages one after the other: intake first, so that nothing new comes."""
        self.is_stopping = True


def children_of(stages: Sequence[tuple[str, Sequence[str]]], arguments: Sequence[str]) -> list[Child]:
    """Return a process for each stage with what it is told beside what all are told."""
    command = [sys.executable, "-m", "streams", "kafka", "run"]
    return [Child(stage, [*command, stage, *arguments, *more]) for stage, more in stages]
