"""A worker that was told to stop, has failed, or does not go on, ends: in order if it can, and in any case after a while."""

from __future__ import annotations

import os
import threading

#: Exit code of a worker that did not end in order and may be started again.
FAILED = 75
#: Seconds that stopping in order may take: less than a supervisor waits before it ends a process itself.
PATIENCE = 25.0
#: Seconds that one step may take, longer than brokers hang who come back; and how long a worker in recovery may be without partitions.
STEP, WITHOUT = 60.0, 180.0


class Stuck(Exception):  # noqa: N818 - what the worker is, as an operator reads it
    """A worker does not go on. It ends, and whoever watches over it starts it again."""


class Steps:
    """The step that a worker is at, of something that it has to come to the end of."""

    def __init__(self) -> None:
        self._name, self._until = "", 0.0

    def begin(self, name: str, now: float, limit: float = STEP) -> None:
        """Note that a step begins, and so that the one before it is over."""
        self._name, self._until = name, now + limit

    def end(self) -> None:
        """Note that the end is reached."""
        self._name = ""

    def check(self, now: float) -> None:
        """Raise `Stuck` where a step has taken too long."""
        if self._name and now > self._until:
            raise Stuck(f"{self._name} does not come to an end")


def end_by(seconds: float = PATIENCE) -> None:
    """End this process after so many seconds, if it still runs then: clients wait long for brokers that do not answer."""
    timer = threading.Timer(seconds, os._exit, [FAILED])
    timer.daemon = True
    timer.start()
