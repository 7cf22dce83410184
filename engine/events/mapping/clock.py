"""Texts of another system's clock as moments in UTC: ISO 8601, written formats, seconds since 1970; and what a clock change does.

A local time that a clock change made double or left out is not guessed at: the mapping says `when_ambiguous`, or the row is rejected.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache

from engine.calendar import parse_instant
from engine.events.mapping.unfit import Unfit, shown
from engine.source import suggest

#: Returns the moment that a text means, in UTC; raises `Unfit`.
Clock = Callable[[str], datetime]
_Try = Callable[[str], datetime | None]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REMEMBERED = 256
#: The words for a format that are not a pattern.
WORDS = ("iso", "epoch seconds", "epoch milliseconds")

_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?", re.ASCII)
_COMMON = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")

_PARTS = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d\d)",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "H": r"(?P<H>\d{1,2})",
    "I": r"(?P<I>\d{1,2})",
    "M": r"(?P<M>\d{1,2})",
    "S": r"(?P<S>\d{1,2})",
    "f": r"(?P<f>\d{1,9})",
    "p": r"(?P<p>[AaPp]\.?[Mm]\.?|上午|下午)",
    "b": r"(?P<b>[A-Za-z]{3,9})",
    "B": r"(?P<b>[A-Za-z]{3,9})",
    "z": r"(?P<z>Z|[+-]\d\d:?\d\d)",
    "%": "%",
}


def zone_of(name: str) -> tzinfo | str:
    """Return the time zone that `name` means (`Asia/Shanghai`, `UTC`, `+08:00`), or what is wrong with it."""
    if fixed := _OFFSET.fullmatch(name):
        offset = timedelta(hours=int(fixed[2]), minutes=int(fixed[3]))
        if offset < timedelta(hours=24):
            return timezone(-offset if fixed[1] == "-" else offset)
    if name == "UTC":
        return UTC
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
    return f"there is no time zone '{name}'{suggest(name, known)}; write for example 'Asia/Shanghai', 'UTC' or '+08:00'"


def format_problem(form: str) -> str:
    """Return what is wrong with one time format, or ""."""
    if form in WORDS:
        return ""
    if "%" not in form:
        right = "write 'iso', 'epoch seconds', 'epoch milliseconds' or for example '%d/%m/%Y %H:%M'"
        return f"'{form}' is not a time format{suggest(form, WORDS)}; {right}"
    letters = re.findall(r"%(.?)", form)
    for letter in letters:
        if letter not in _PARTS:
            return f"'%{letter}' is not known here; a format is made of {', '.join('%' + one for one in _PARTS)}"
    letters = ["b" if one == "B" else one for one in letters if one != "%"]
    if twice := next((one for one in letters if letters.count(one) > 1), ""):
        return f"'%{twice}' stands twice in '{form}'"
    return _lacking(form, set(letters))


def _lacking(form: str, letters: set[str]) -> str:
    if not letters & {"Y", "y"} or not letters & {"m", "b"} or "d" not in letters:
        return f"'{form}' does not give a whole date; it needs %Y, %m and %d"
    if "I" in letters and "p" not in letters:
        return f"'{form}' has hours up to 12 (%I) without morning or afternoon (%p); hours up to 24 are %H"
    return ""


@lru_cache(maxsize=64)
def clock(forms: tuple[str, ...], zone: tzinfo, when_ambiguous: str) -> Clock:
    """Return a function from a text in one of these formats, tried in turn, to the moment it means.

    It remembers the last texts: a row that is looked at for several events, or tested before, holds the same times again.
    """
    settle = _settled(zone, when_ambiguous)
    tries = tuple(_reader(form, settle) for form in forms)
    right = "the time format here is " + " or ".join(f"'{form}'" for form in forms)
    first = tries[0]

    @lru_cache(maxsize=_REMEMBERED)
    def read(text: str) -> datetime:
        try:
            found = first(text)
            for other in tries[1:]:
                found = other(text) if found is None else found
        except (ValueError, OverflowError):
            raise Unfit(f"{shown(text)} is no date of the calendar", right, "no-such-time") from None
        if found is None:
            raise Unfit(f"{shown(text)} is not a time in the format of the mapping", right, "time-format")
        return found

    return read


def _reader(form: str, settle: Callable[[datetime], datetime]) -> _Try:
    if form == "iso":
        return _iso(settle)
    if form in ("epoch seconds", "epoch milliseconds"):
        return _epoch(1_000_000 if form == "epoch seconds" else 1_000)
    return _written(form, settle)


def _settled(zone: tzinfo, when_ambiguous: str) -> Callable[[datetime], datetime]:
    """Return a function from a time on the wall, or with an offset of its own, to the moment in UTC."""
    fold = 1 if when_ambiguous == "second" else 0

    def settle(wall: datetime) -> datetime:
        if wall.tzinfo is not None:
            return wall.astimezone(UTC)
        here = wall.replace(tzinfo=zone, fold=fold)
        before, after = here.utcoffset(), here.replace(fold=1 - fold).utcoffset()
        if before != after and when_ambiguous == "reject":
            raise _clock_change(wall, zone, twice=(before or timedelta()) > (after or timedelta()))
        return here.astimezone(UTC)

    if isinstance(zone, timezone):
        return lambda wall: (wall if wall.tzinfo is not None else wall.replace(tzinfo=zone)).astimezone(UTC)
    return settle


def _clock_change(wall: datetime, zone: tzinfo, *, twice: bool) -> Unfit:
    happened = "happened twice" if twice else "did not happen"
    found = f"{wall.isoformat(sep=' ')} {happened} in {zone}, because the clocks were changed"
    right = "'when_ambiguous: first' reads it with the offset before the change, 'second' with the one after"
    return Unfit(found, right, "clock-change")


def _iso(settle: Callable[[datetime], datetime]) -> _Try:
    """Read ISO 8601: the common shape at once, every other one (a date alone, a comma before the fraction …) as everywhere else."""

    def read(text: str) -> datetime | None:
        if _COMMON.fullmatch(text):
            return settle(datetime.fromisoformat(text))
        if (at := parse_instant(text, None)) is not None:
            return EPOCH + timedelta(microseconds=at)
        at = parse_instant(text, "UTC")
        return None if at is None else settle((EPOCH + timedelta(microseconds=at)).replace(tzinfo=None))

    return read


def _epoch(micros: int) -> _Try:
    def read(text: str) -> datetime | None:
        if not _NUMBER.fullmatch(text):
            return None
        return EPOCH + timedelta(microseconds=int(Decimal(text) * micros))

    return read


def _written(form: str, settle: Callable[[datetime], datetime]) -> _Try:
    """Read one written format. Month names are English and nothing depends on where the program runs, unlike `strptime`."""
    pieces = re.split(r"%(.)", form)
    pattern = "".join(_PARTS[piece] if place % 2 else re.escape(piece) for place, piece in enumerate(pieces))
    match = re.compile(pattern, re.ASCII).fullmatch

    def read(text: str) -> datetime | None:
        found = match(text)
        return None if found is None else settle(_assemble(found.groupdict()))

    return read


def _assemble(part: dict[str, str]) -> datetime:
    year = int(part["Y"]) if "Y" in part else _century(int(part["y"]))
    month = int(part["m"]) if "m" in part else _month(part["b"])
    hour = int(part.get("H", 0)) if "I" not in part else _afternoon(int(part["I"]), part["p"])
    micro = int(part["f"][:6].ljust(6, "0")) if "f" in part else 0
    wall = datetime(year, month, int(part["d"]), hour, int(part.get("M", 0)), int(part.get("S", 0)), micro)  # noqa: DTZ001  # the zone comes next
    return wall.replace(tzinfo=_offset(part["z"])) if "z" in part else wall


def _century(year: int) -> int:
    return year + (1900 if year >= 69 else 2000)


def _month(name: str) -> int:
    for number, whole in enumerate(_MONTHS, 1):
        if name.lower() in (whole, whole[:3]):
            return number
    raise ValueError(name)


def _afternoon(hour: int, half: str) -> int:
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half[0] in "Pp下" else 0)


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    away = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-away if text[0] == "-" else away)
