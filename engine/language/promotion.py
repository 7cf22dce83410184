"""When a rule has been in shadow for long enough: `goes_live: after 30 days in shadow, at most 5 tasks a week`."""

from __future__ import annotations

import re
from dataclasses import dataclass

WRITTEN = re.compile(r"after (\d{1,4}) days? in shadow(?:, at most (\d{1,6}) tasks? a week)?(?:, at most (\d{1,3})% withdrawn)?")


@dataclass(frozen=True, slots=True)
class Promotion:
    """What must hold before a rule goes live: days in shadow, tasks a week (None: any number), and the share of its tasks withdrawn again.

    The defaults are judgment: a month shows every day of the week four times, and one task in ten taken back is a nuisance.
    """

    days: int = 30
    tasks_a_week: int | None = None
    withdrawn: int = 10


def read_promotion(text: str) -> Promotion | None:
    """Return what is written, or None where it cannot be read."""
    found = WRITTEN.fullmatch(" ".join(text.split()))
    if found is None or int(found[3] or 0) > 100:
        return None
    usual = Promotion()
    return Promotion(int(found[1]), int(found[2]) if found[2] else None, int(found[3]) if found[3] else usual.withdrawn)
