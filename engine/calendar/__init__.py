"""Working time: lengths, instants, calendars with exchanged days, deadlines and their proof."""

from engine.calendar.calendar import Calendar, read_calendar
from engine.calendar.deadline import Deadline, deadline, proof
from engine.calendar.instant import parse_instant, show_instant, year_bounds, zone_of
from engine.calendar.length import Length, Unit, length_of, parse_length
from engine.calendar.paused import paused_deadline

__all__ = [
    "Calendar",
    "Deadline",
    "Length",
    "Unit",
    "deadline",
    "length_of",
    "parse_instant",
    "parse_length",
    "paused_deadline",
    "proof",
    "read_calendar",
    "show_instant",
    "year_bounds",
    "zone_of",
]
