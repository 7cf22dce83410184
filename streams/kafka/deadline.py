"""A worker that was told to stop, or has failed, ends: in order if it can, and in any case after a while."""

from __future__ import annotations

import os
import threading

#: Exit code of a worker that did not end in order and may be started again.
FAILED = 75
#: Seconds that stopping in order may take: less than a supervisor waits before it ends a process itself.
PATIENCE = 25.0


def end_by(seconds: float = PATIENCE) -> None:
    """End this process after so many seconds, if it still runs then: clients wait long for brokers that do not answer."""
    timer = threading.Timer(seconds, os._exit, [FAILED])
    timer.daemon = True
    timer.start()
