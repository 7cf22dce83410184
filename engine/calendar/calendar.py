"""Working calendars: which days are worked, in which hours, and until when that is known.

Chinese calendars move days: a holiday may fall on a Wednesday and be paid for with a worked Saturday (调休). Both are written down
day by day; nothing is guessed. Beyond `covers` the plain working week holds and everything is provisional.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from engine.calendar.instant import at_zone, day_of, micros, zone, zone_of
from engine.source import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.source import Document

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Where a calendar names no opening hours: the usual office day without its lunch break.
USUAL_HOURS = ((time(8, 30), time(17, 30)),)
HOURS = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9])\s*-\s*((?:[01][0-9]|2[0-3]):[0-5][0-9])")
SETTINGS = ("calendar", "time_zone", "working_week", "opening_hours", "holidays", "extra_working_days", "covers", "title", "source")


@dataclass(frozen=True)
class Calendar:
    """One named calendar. `covers` are the first and the last day for which it is published."""

    name: str
    zone: str
    working_week: frozenset[int]
    opening_hours: tuple[tuple[time, time], ...]
    covers: tuple[date, date]
    holidays: Mapping[date, str] = field(default_factory=dict)
    extra_working_days: Mapping[date, str] = field(default_factory=dict)

    @cached_property
    def worked_out(self) -> dict[tuple[date, int], tuple[int, bool]]:
        """Return the deadlines worked out so far, by day and number of working days: the same few are asked for again and again.

        It is no field: what a calendar says is the same before and after it was asked.
        """
        return {}

    def is_working(self, day: date) -> bool:
        """Return whether a day is worked."""
        if day in self.extra_working_days:
            return True
        return day.weekday() in self.working_week and day not in self.holidays

    def why(self, day: date) -> str:
        """Return why a day is, or is not, worked."""
        named = self.extra_working_days.get(day) or self.holidays.get(day)
        return named or ("working day" if self.is_working(day) else "day off")

    def is_known(self, day: date) -> bool:
        """Return whether the calendar is published for a day."""
        return self.covers[0] <= day <= self.covers[1]

    def intervals(self, day: date) -> list[tuple[int, int]]:
        """Return the opening hours of a day as instants [from, to); none on a day off."""
        if not self.is_working(day):
            return []
        here = zone(self.zone)
        return [(micros(datetime.combine(day, a, here)), micros(datetime.combine(day, b, here))) for a, b in self.opening_hours]

    def close_of_business(self, day: date) -> int:
        """Return the instant at which a day's work ends."""
        return micros(datetime.combine(day, self.opening_hours[-1][1], zone(self.zone)))

    def day_at(self, instant: int) -> date:
        """Return the calendar's date of an instant."""
        return day_of(instant, self.zone)


def read_calendar(document: Document) -> tuple[Calendar | None, list[Problem]]:
    """Return the calendar of a file, or every problem with it, each at its place."""
    reader = CalendarReader(document)
    calendar = reader.calendar()
    return (None if reader.problems else calendar), reader.problems


class CalendarReader:
    """One pass over one calendar file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.data = document.data if isinstance(document.data, dict) else {}
        self.problems: list[Problem] = []

    def say(self, path: tuple[str | int, ...], text: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(self.document.key_place(path), "calendar", text))

    def text(self, name: str) -> str:
        """Return a setting that must be there."""
        value = self.data.get(name, "")
        if not isinstance(value, str) or not value:
            self.say((name,) if name in self.data else (), f"'{name}' is missing")
            return ""
        return value

    def calendar(self) -> Calendar | None:
        """Return the calendar, complete only where no problem was noted."""
        for key in self.data:
            if key not in SETTINGS:
                self.say((key,), f"there is no calendar setting '{key}'{suggest(key, SETTINGS)}")
        name, zone_name = self.text("calendar"), self.text("time_zone")
        if zone_name and zone_of(zone_name) is None:
            self.say(("time_zone",), f"there is no time zone '{zone_name}'; write for example Asia/Shanghai")
        covers = self.covers()
        holidays, extra = self.days("holidays"), self.days("extra_working_days")
        week = self.week()
        if covers is None:
            return None
        calendar = Calendar(name, zone_name, week, self.hours(), covers, holidays, extra)
        self.check(calendar)
        return calendar

    def covers(self) -> tuple[date, date] | None:
        """Return the first and last day that the calendar is published for."""
        text = self.text("covers")
        if not text:
            return None
        match [day_in(part.strip()) for part in text.split(" to ")]:
            case [date() as first, date() as last] if first <= last:
                return first, last
            case [date() as first, date() as last]:
                self.say(("covers",), f"{last} lies before {first}; write the first day, then the last")
            case _:
                self.say(("covers",), f"'{text}' is not a span of days; write '2026-01-01 to 2026-12-31'")
        return None

    def week(self) -> frozenset[int]:
        """Return the days of the week that are worked."""
        listed = self.data.get("working_week", ["mon", "tue", "wed", "thu", "fri"])
        days = set()
        for number, word in enumerate(listed if isinstance(listed, list) else [listed]):
            if word in DAYS:
                days.add(DAYS.index(word))
            else:
                self.say(
                    ("working_week", number), f"there is no weekday '{word}'{suggest(str(word), DAYS) or '; write mon, tue and so on'}"
                )
        if listed == []:
            self.say(("working_week",), "no day of the week is worked; name at least one")
        return frozenset(days)

    def days(self, name: str) -> dict[date, str]:
        """Return a mapping of dates to why."""
        found: dict[date, str] = {}
        listed = self.data.get(name) or {}
        if not isinstance(listed, dict):
            self.say((name,), f"'{name}' is a list of 'date: why'")
            return found
        for text, why in listed.items():
            day = day_in(text)
            if day is None:
                self.say((name, text), f"there is no day '{text}'; write 2026-10-01")
            elif not isinstance(why, str):
                self.say((name, text), "why a day is free, or worked, is one text")
            else:
                found[day] = why
        return found

    def hours(self) -> tuple[tuple[time, time], ...]:
        """Return the opening hours of a working day, in order."""
        listed = self.data.get("opening_hours")
        if listed is None:
            return USUAL_HOURS
        hours: list[tuple[time, time]] = []
        if listed == []:
            self.say(("opening_hours",), "there are no opening hours; leave the setting out, or write [08:30-12:00, 14:00-17:30]")
        for number, text in enumerate(listed if isinstance(listed, list) else [listed]):
            written = HOURS.fullmatch(text) if isinstance(text, str) else None
            if written is None:
                self.say(("opening_hours", number), f"'{text}' are no opening hours; write 08:30-12:00")
                continue
            first, last = (time.fromisoformat(part) for part in written.groups())
            if first >= last or (hours and first < hours[-1][1]):
                self.say(("opening_hours", number), f"'{text}' must end after it begins, and begin after the one before it")
            hours.append((first, last))
        return tuple(hours) or USUAL_HOURS

    def check(self, calendar: Calendar) -> None:
        """Note what does not go together."""
        for day in calendar.holidays:
            if day in calendar.extra_working_days:
                self.say(("holidays", day.isoformat()), f"{day} is a holiday and an extra working day at once")
            if not calendar.is_known(day):
                self.say(("holidays", day.isoformat()), f"{day} lies outside of what the calendar covers")
        for day in calendar.extra_working_days:
            if not calendar.is_known(day):
                self.say(("extra_working_days", day.isoformat()), f"{day} lies outside of what the calendar covers")
            if day.weekday() in calendar.working_week and day not in calendar.holidays:
                self.say(("extra_working_days", day.isoformat()), f"{day} is a working day anyway")


def day_in(text: str) -> date | None:
    """Return the day that a text such as `2026-10-01` names, or None."""
    try:
        return date.fromisoformat(text) if len(text) == len("2026-10-01") and "W" not in text else None
    except ValueError:
        return None


def following(day: date) -> date:
    """Return the next day."""
    return day + timedelta(days=1)


def local_day_end(instant: int, days: int, zone_name: str) -> int:
    """Return the end of the N-th date after the one of `instant`."""
    day = at_zone(instant, zone_name).date() + timedelta(days=days + 1)
    return micros(datetime.combine(day, time(0), zone(zone_name))) - 1
