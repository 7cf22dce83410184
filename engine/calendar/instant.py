"""Instants: whole microseconds since 1970 (UTC) inside, ISO 8601 in files, local time on screens."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WRITTEN = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d\d:\d\d|[+-]\d{4}|[+-]\d\d)?)?",
    re.ASCII,
)


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo | None:
    """Return the time zone of that name, or None."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone(name: str) -> ZoneInfo:
    """Return a time zone that is known to exist."""
    found = zone_of(name)
    if found is None:
        raise ValueError(f"there is no time zone '{name}'")
    return found


def micros(moment: datetime) -> int:
    """Return an aware time as microseconds since 1970."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def at_zone(instant: int, name: str) -> datetime:
    """Return an instant as local time."""
    return (EPOCH + timedelta(microseconds=instant)).astimezone(zone(name))


def parse_instant(text: str, zone_name: str | None) -> int | None:
    """Return a date or date-time of ISO 8601 as an instant, or None where it is none.

    Without an offset the zone holds; without either it is None. A date alone is its midnight. `24:00` and leap seconds are refused.
    """
    found = WRITTEN.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    if offset is None and zone_name is None:
        return None
    numbers = [int(part or 0) for part in (year, month, day, hour, minute, second, (fraction or "0")[:6].ljust(6, "0"))]
    try:
        local = datetime(*numbers, tzinfo=zone(zone_name or "UTC") if offset is None else UTC)  # type: ignore[arg-type, misc] # seven numbers
        return micros(local) - (offset_micros(offset) if offset else 0)
    except (ValueError, OverflowError):
        return None


def offset_micros(offset: str) -> int:
    """Return an offset such as `+08:00` in microseconds; raises ValueError where it is impossible."""
    if offset in {"Z", "z"}:
        return 0
    digits = offset[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 23 or minutes > 59:
        raise ValueError(f"impossible offset {offset}")
    return (hours * 60 + minutes) * 60_000_000 * (-1 if offset[0] == "-" else 1)


def show_instant(instant: int, zone_name: str) -> str:
    """Return an instant as people of that zone write it: `2026-03-01 20:00`, seconds only where there are some."""
    local = at_zone(instant, zone_name)
    text = local.strftime("%Y-%m-%d %H:%M")
    if local.second or local.microsecond:
        text += f":{local.second:02}"
    return text + (f".{local.microsecond:06}".rstrip("0") if local.microsecond else "")


@lru_cache(maxsize=4096)
def _year(year: int, start_month: int, zone_name: str) -> int:
    return micros(datetime(year, start_month, 1, tzinfo=zone(zone_name)))


def year_bounds(at: int, start_month: int, zone_name: str) -> tuple[int, int]:
    """Return [first instant, first instant of the next) of the fixed year that holds `at`."""
    local = at_zone(at, zone_name)
    year = local.year if local.month >= start_month else local.year - 1
    return _year(year, start_month, zone_name), _year(year + 1, start_month, zone_name)


def day_of(instant: int, zone_name: str) -> date:
    """Return the local date of an instant."""
    return at_zone(instant, zone_name).date()
