"""Counted time: how much of it lies between two instants, and when an amount of it has passed, by the calendar or by the wall clock.

Calendars have versions: a clock keeps counting by the version under which it began until it is rebased, so that yesterday's verdicts stay.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import msgspec

from engine.calendar import Calendar, Deadline, Length, deadline, parse_length

#: The version of time that never stands still.
WALL: Final = ""
#: So many days without a working hour are no calendar.
BARREN: Final = 400
HOUR: Final = 3_600_000_000
QUARTER: Final = HOUR // 4
ONE_DAY = timedelta(days=1)


class NoWorkingTimeError(ValueError):
    """A calendar without working hours in reach: no deadline can be worked out, and none is made up."""


class Hours:
    """The counted time of one version of one calendar; without a calendar all time counts."""

    def __init__(self, calendar: Calendar | None) -> None:
        self.calendar = calendar
        self.version = WALL if calendar is None else version_of(calendar)
        self._days: dict[date, list[tuple[int, int]]] = {}
        self._dates: dict[int, date] = {}

    def day(self, day: date) -> list[tuple[int, int]]:
        """Return the counted intervals of a day as instants [from, to)."""
        found = self._days.get(day)
        if found is None:
            assert self.calendar is not None
            found = self._days[day] = self.calendar.intervals(day)
        return found

    def date_at(self, instant: int) -> date:
        """Return the calendar's date of an instant. Since 1972 dates change on a quarter of an hour everywhere."""
        quarter = instant // QUARTER
        found = self._dates.get(quarter)
        if found is None:
            assert self.calendar is not None
            found = self._dates[quarter] = self.calendar.day_at(instant)
        return found

    def between(self, start: int, end: int) -> int:
        """Return how much counted time lies in [start, end)."""
        if self.calendar is None or end <= start:
            return max(0, end - start)
        day, counted = self.date_at(start), 0
        last = self.date_at(end)
        while day <= last:
            for first, until in self.day(day):
                counted += max(0, min(until, end) - max(first, start))
            day += ONE_DAY
        return counted

    def reach(self, start: int, amount: int) -> int:
        """Return the earliest instant at which `amount` of counted time has passed since `start`."""
        if self.calendar is None or amount <= 0:
            return start + max(0, amount)
        day, left, barren = self.date_at(start), amount, 0
        while True:
            for first, until in self.day(day):
                begin = max(first, start)
                if until - begin >= left:
                    return begin + left
                left -= max(0, until - begin)
            barren = 0 if self.day(day) else barren + 1
            if barren > BARREN:
                raise NoWorkingTimeError(f"{self.calendar.name} has no working hours in the {BARREN} days before {day}")
            day += ONE_DAY

    def back(self, end: int, amount: int) -> int:
        """Return the latest instant from which `amount` of counted time passes until `end`."""
        if self.calendar is None or amount <= 0:
            return end - max(0, amount)
        day, left, barren = self.date_at(end), amount, 0
        while barren <= BARREN:
            for first, until in reversed(self.day(day)):
                finish = min(until, end)
                if finish - first >= left:
                    return finish - left
                left -= max(0, finish - first)
            barren = 0 if self.day(day) else barren + 1
            day -= ONE_DAY
        raise NoWorkingTimeError(f"{self.calendar.name} has no working hours in the {BARREN} days after {day}")

    @property
    def usual_day(self) -> int:
        """Return how much is counted on a working day."""
        if self.calendar is None:
            return 24 * HOUR
        spans = [(first.hour * 60 + first.minute, last.hour * 60 + last.minute) for first, last in self.calendar.opening_hours]
        return sum(last - first for first, last in spans) * HOUR // 60

    def closing(self, at: int) -> int:
        """Return the close of business of the day of an instant."""
        return at if self.calendar is None else self.calendar.close_of_business(self.date_at(at))

    def is_known(self, at: int) -> bool:
        """Return whether the calendar is published for the day of an instant."""
        return self.calendar is None or self.calendar.is_known(self.date_at(at))


class Calendars:
    """The calendar by which new clocks count, every older version by which some still do, and the wall."""

    def __init__(self, calendar: Calendar, *, older: tuple[Calendar, ...] = ()) -> None:
        self.current = Hours(calendar)
        self.zone = calendar.zone
        self.versions: dict[str, Hours] = {WALL: Hours(None), self.current.version: self.current}
        for one in older:
            hours = Hours(one)
            self.versions.setdefault(hours.version, hours)

    def hours(self, version: str) -> Hours:
        """Return the counted time of a version. An unknown one is refused (KeyError): nothing falls back to round the clock."""
        return self.versions[version]

    def load(self, calendar: Calendar) -> Hours:
        """Take a new version as the current one and return it."""
        hours = Hours(calendar)
        self.current = self.versions.setdefault(hours.version, hours)
        return self.current

    def remember(self, calendar: Calendar) -> None:
        """Take back an older version, by which some clock still counts."""
        hours = Hours(calendar)
        self.versions.setdefault(hours.version, hours)

    def counted_by(self, length: Length) -> Hours:
        """Return the time that a length is counted in."""
        return self.current if length.unit in {"working hours", "working days"} else self.versions[WALL]

    def deadline(self, start: int, length: Length) -> Deadline:
        """Return the last instant that lies within a length of `start`."""
        if length.unit == "working hours":
            at = self.current.reach(start, length.amount * HOUR)
            return Deadline(at, not self.current.is_known(at))
        if length.unit == "working days":
            self.current.reach(start, 1)  # a calendar without any working day is refused before days are counted
        return deadline(start, length, self.current.calendar, self.zone)


@lru_cache(maxsize=1024)
def length_of(text: str) -> Length:
    """Return the length that a text names; it has been checked where it was written (ValueError otherwise)."""
    length = parse_length(text)
    if isinstance(length, str):
        raise ValueError(length)  # noqa: TRY004 - the text is wrong, not its type
    return length


def pack_calendar(calendar: Calendar) -> bytes:
    """Return a calendar as bytes, for a store."""
    return msgspec.msgpack.encode(calendar)


def unpack_calendar(packed: bytes) -> Calendar:
    """Return the calendar of `pack_calendar`."""
    said = msgspec.msgpack.decode(packed)
    first, last = said["covers"]
    return Calendar(
        name=said["name"],
        zone=said["zone"],
        working_week=frozenset(said["working_week"]),
        opening_hours=tuple((time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in said["opening_hours"]),
        covers=(date.fromisoformat(first), date.fromisoformat(last)),
        holidays={date.fromisoformat(day): why for day, why in said["holidays"].items()},
        extra_working_days={date.fromisoformat(day): why for day, why in said["extra_working_days"].items()},
    )


def version_of(calendar: Calendar) -> str:
    """Return a name for what a calendar says: the same days and hours are the same version, wherever they were read."""
    said = [
        calendar.name,
        calendar.zone,
        sorted(calendar.working_week),
        [f"{first}-{last}" for first, last in calendar.opening_hours],
        [str(day) for day in calendar.covers],
        sorted(f"{day} {why}" for day, why in calendar.holidays.items()),
        sorted(f"{day} {why}" for day, why in calendar.extra_working_days.items()),
    ]
    return f"{calendar.name}-{blake2b(msgspec.json.encode(said), digest_size=4).hexdigest()}"
