"""Lengths of time as people write them: `12 hours`, `60 days`, `3 working days`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Unit = Literal["seconds", "minutes", "hours", "days", "working hours", "working days", "calendar days"]

SECOND = 1_000_000
EXACT: dict[str, int] = {"seconds": SECOND, "minutes": 60 * SECOND, "hours": 3600 * SECOND, "days": 86_400 * SECOND}
CHINESE: dict[str, Unit] = {
    "秒": "seconds",
    "分钟": "minutes",
    "小时": "hours",
    "天": "days",
    "工作小时": "working hours",
    "工作日": "working days",
    "个工作日": "working days",
    "自然日": "calendar days",
}
WRITTEN = re.compile(r"([0-9]{1,9})\s*([a-z ]+|[\u4e00-\u9fff]+)")
ISO = re.compile("P(?:(N)W|(?:(N)D)?(?:T(?=N)(?:(N)H)?(?:(N)M)?(?:(N)S)?)?)".replace("N", "[0-9]{1,9}"))
#: Ten years: a longer length is a slip of the pen.
LONGEST = 3660 * 86_400 * SECOND


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time. Exact units are lengths on the clock (a day is 24 hours); the others need a calendar."""

    amount: int
    unit: Unit

    @property
    def exact(self) -> bool:
        """Return whether the length is the same everywhere and always."""
        return self.unit in EXACT

    @property
    def micros(self) -> int:
        """Return an exact length in microseconds; only exact lengths have one."""
        return self.amount * EXACT[self.unit]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit if self.amount != 1 else self.unit[:-1]}"


def parse_length(text: str) -> Length | str:
    """Return the length, or a sentence that says what would be right."""
    text = " ".join(text.split())
    said = text if len(text) <= 60 else f"{text[:57]}…"
    right = f"'{said}' is not a length of time; write for example '12 hours', '60 days' or '3 working days'"
    if text.startswith("P"):
        return parse_iso(text) or right
    found = WRITTEN.fullmatch(text)
    if found is None:
        return right
    word = found[2].strip()
    plural = word if word.endswith("s") else f"{word}s"
    unit = CHINESE.get(word) or (plural if plural in get_args(Unit) else None)
    if unit is None:
        return right
    length = Length(int(found[1]), unit)  # type: ignore[arg-type] # one of the words above
    if length.amount == 0 or length.amount * EXACT.get(unit, EXACT["days"]) > LONGEST:
        return f"'{text}' is too {'short' if length.amount == 0 else 'long'}; a length is more than nothing and at most ten years"
    return length


def parse_iso(text: str) -> Length | None:
    """Return an ISO 8601 duration that is an exact length (`PT12H`, `P3D`), or None. Months and years are not exact."""
    found = ISO.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds
    for unit in ("days", "hours", "minutes", "seconds"):
        size = EXACT[unit] // SECOND
        if total and total % size == 0 and total * SECOND <= LONGEST:
            return Length(total // size, unit)
    return None


def length_of(span: int) -> Length:
    """Return microseconds as the longest exact unit that fits."""
    units: tuple[Unit, ...] = ("days", "hours", "minutes")
    for unit in units:
        if span % EXACT[unit] == 0:
            return Length(span // EXACT[unit], unit)
    return Length(span // SECOND, "seconds")
