"""Write rules/calendars/ anew: China's days off and exchanged working days (调休), and public holidays where profiles are at home.

China's days come from the package chinesecalendar; the package holidays is the witness. Where the two do not agree, the script stops and
names the day, unless SETTLED says who is right and why. Run it (`make calendars`) when the next year has been published, usually
in November.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import chinese_calendar
import holidays

HOUSE = Path(__file__).resolve().parent.parent
FIRST = date(2004, 1, 1)
#: Abroad, holidays follow rules, and nobody waits for them to be published; they are written as far as China's are known.
LAST = date(2026, 12, 31)
NAMES = {holiday.value: f"{holiday.chinese} / {holiday.value}" for holiday in chinese_calendar.Holiday} | {
    "Anti-Fascist 70th Day": "抗战胜利日 / 70th Victory Day"
}
#: Days on which the two packages differ: whether the day is worked, its holiday, and why.
#: Both packages have 2006-01-03 as a day off; it was exchanged for this Saturday, which only one of them knows as worked.
SETTLED = {date(2005, 12, 31): (True, "New Year's Day")}
HEAD = """\
# China's days off and exchanged working days (调休), {first} to {last}. Made by scripts/calendars.py; run `make calendars` for a new one.
# Days from the package chinesecalendar, compared day by day with the package holidays. Beyond `covers` the plain week holds and
# every deadline is marked provisional.
calendar: china
title: 中国工作日历 / China
source: State Council notices on public holidays, by way of the packages chinesecalendar and holidays
time_zone: Asia/Shanghai
working_week: [mon, tue, wed, thu, fri]
opening_hours: [08:30-12:00, 14:00-17:30]
covers: {first} to {last}
"""


HEAD_ABROAD = """\
# Public holidays, {first} to {last}. Made by scripts/calendars.py from the package holidays; run `make calendars` for a new one.
# Beyond `covers` the plain week holds and every deadline is marked provisional.
calendar: {name}
title: {title}
source: the package holidays
time_zone: {zone}
working_week: [mon, tue, wed, thu, fri]
opening_hours: [{hours}]
covers: {first} to {last}
"""


def days(last: date) -> list[date]:
    """Return every day from the first one known to `last`."""
    return [FIRST + timedelta(days=number) for number in range((last - FIRST).days + 1)]


def disagreements(last: date) -> list[date]:
    """Return the days on which the two packages do not agree about who works."""
    witness = holidays.country_holidays("CN", years=range(FIRST.year, last.year + 1))
    return [day for day in days(last) if chinese_calendar.is_workday(day) != witness.is_working_day(day)]


def special_days() -> tuple[dict[date, str], dict[date, str]]:
    """Return the days off and the worked days of rest, each with its reason."""
    off = {day: NAMES[name] for day, name in chinese_calendar.constants.holidays.items() if day >= FIRST}
    worked = {
        day: f"{NAMES[name]} 调休上班 / worked in exchange" for day, name in chinese_calendar.constants.workdays.items() if day >= FIRST
    }
    for day, (works, name) in SETTLED.items():
        (off if works else worked).pop(day, None)
        (worked if works else off)[day] = f"{NAMES[name]} 调休上班 / worked in exchange" if works else NAMES[name]
    for day in chinese_calendar.constants.in_lieu_days:
        if day in off:
            off[day] += ", 调休 / exchanged"
    return off, worked


def written(name: str, listed: dict[date, str]) -> str:
    """Return one list of the file, a line a day, years apart."""
    lines = [f"{name}:"]
    for year, members in groupby(sorted(listed), key=lambda day: day.year):
        lines += [f"  # {year}", *(f"  {day}: {listed[day]}" for day in members)]
    return "\n".join(lines) + "\n"


def calendar() -> str:
    """Return the calendar file, or leave with the days that nobody has settled."""
    off, worked = special_days()
    last = date(max(off).year, 12, 31)
    unsettled = [day for day in disagreements(last) if day not in SETTLED]
    if unsettled:
        sys.exit(f"chinesecalendar and holidays do not agree on {', '.join(map(str, unsettled))}; settle it in {Path(__file__).name}")
    return "\n".join([HEAD.format(first=FIRST, last=last), written("holidays", off), written("extra_working_days", worked)])


class Abroad(NamedTuple):
    """A place whose holidays the package holidays knows: country and subdivision as it calls them."""

    title: str
    country: str
    subdivision: str | None
    zone: str
    hours: str


#: Where the profiles of other countries are at home. Office hours are judgment.
ABROAD = {
    "great-britain": Abroad("英国工作日历 / Great Britain", "GB", "ENG", "Europe/London", "09:00-17:00"),
    "victoria": Abroad("维多利亚州工作日历 / Victoria", "AU", "VIC", "Australia/Melbourne", "09:00-17:00"),
    "united-states": Abroad("美国工作日历 / United States", "US", None, "America/New_York", "08:00-17:00"),
}


def holidays_of(abroad: Abroad) -> dict[date, str]:
    """Return the public holidays of a place, with their names in English."""
    years = range(FIRST.year, LAST.year + 1)
    language = "en_GB" if abroad.country == "GB" else "en_AU" if abroad.country == "AU" else "en_US"
    found = holidays.country_holidays(abroad.country, abroad.subdivision, years, language=language)
    return {day: quoted(name) for day, name in found.items()}


def quoted(name: str) -> str:
    """Return a name as YAML takes it for one text."""
    return f'"{name}"' if any(sign in name for sign in ":#;") else name


def calendar_abroad(name: str, abroad: Abroad) -> str:
    """Return the calendar file of a place."""
    head = HEAD_ABROAD.format(name=name, first=FIRST, last=LAST, **abroad._asdict())
    return "\n".join([head, written("holidays", holidays_of(abroad))])


def main() -> None:
    """Write the calendars."""
    write("china", calendar())
    for name, abroad in ABROAD.items():
        write(name, calendar_abroad(name, abroad))


def write(name: str, text: str) -> None:
    """Write one calendar, and say whether it is another one now."""
    path = HOUSE / "rules" / "calendars" / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    changed = not path.exists() or path.read_text(encoding="utf-8") != text
    path.write_text(text, encoding="utf-8")
    print(f"{path.relative_to(HOUSE)}: {text.count(chr(10))} lines, {'written' if changed else 'unchanged'}")


if __name__ == "__main__":
    main()
