"""The only reader of the clock in the project. Everybody else is told the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> int:
    """Return the time in microseconds since 1970-01-01T00:00:00Z, as the machine's clock has it."""
    return time.time_ns() // 1000


def steady() -> float:
    """Return seconds that only ever grow, whoever sets the clock: for waiting and for measuring, never for deciding."""
    return time.monotonic()


def moment(micros: int) -> datetime:
    """Return the instant `micros` after 1970 as an aware UTC datetime."""
    return EPOCH + timedelta(microseconds=micros)


def pause(seconds: float) -> None:
    """Wait, where there is nothing that could be waited for instead."""
    time.sleep(seconds)
