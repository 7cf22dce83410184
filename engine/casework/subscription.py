"""A subscription: what somebody wants to be told of, when not, until when; and when a message that did not get through is tried again."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.casework.publication import Publication

    #: unit, subtree -> whether the unit lies in it
    Within = Callable[[str, str], bool]
    #: rule -> the folder that it lies in, nothing where it lies in none
    Category = Callable[[str], str]

SEVERITIES: Final = ("info", "minor", "major", "serious", "critical")
#: What is told at any hour.
URGENT: Final = frozenset({"serious", "critical"})
#: What a subscription is to where it names no topic.
ALERTS: Final = "alert"
KINDS: Final = (ALERTS, "supervision", "digest", "kpi")
#: What is told there is about what some rule found; a digest is about many.
ABOUT_RULES: Final = frozenset({ALERTS, "supervision"})
QUIET: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\s*-\s*([01][0-9]|2[0-3]):([0-5][0-9])")
SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND
#: How long after each failure a message is tried again; after the last one it is given up.
PAUSES: Final = tuple(seconds * SECOND for seconds in (10, 60, 300, 1_800, 7_200, 21_600))
#: So long before it ends its owner is told.
REMINDED: Final = 7 * DAY


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants to be told what. Empty asks for nothing; `to` may hold a password, and `secret` signs what a webhook gets."""

    name: str
    to: str
    owner: str = ""
    level: int | None = None
    units: tuple[str, ...] = ()
    severity: str = ""
    #: folders of rules, or single rules
    categories: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    quiet: str = ""
    #: the last day on which it holds
    expires: str = ""
    secret: str = ""

    def wants(self, one: Publication, within: Within, category: Category) -> bool:
        """Return whether a record is wanted."""
        return (
            self.has_topic(one.topic)
            and self.is_about(one, category)
            and (not self.units or any(within(one.unit, unit) for unit in self.units))
            and (not self.severity or not one.severity or SEVERITIES.index(one.severity) >= SEVERITIES.index(self.severity))
        )

    def is_about(self, one: Publication, category: Category) -> bool:
        """Return whether a record is about what rules of a wanted category found, as far as it is about one at all."""
        if not self.categories or one.topic.partition(".")[0] not in ABOUT_RULES:
            return True
        return bool({one.rule, category(one.rule)}.intersection(self.categories))

    def has_topic(self, topic: str) -> bool:
        """Return whether a topic is wanted: an alert from the level on, anything else by its name."""
        kind, _, level = topic.partition(".l")
        if kind not in (self.topics or (ALERTS,)):
            return False
        return kind != ALERTS or self.level is None or int(level) >= self.level

    def ends_at(self, zone: str) -> int | None:
        """Return the first moment at which it no longer holds, or None where it has no end."""
        if not self.expires:
            return None
        after = date.fromisoformat(self.expires) + timedelta(days=1)
        return instant(datetime.combine(after, time(), ZoneInfo(zone)))

    def is_over(self, now: int, zone: str) -> bool:
        """Return whether it has ended."""
        end = self.ends_at(zone)
        return end is not None and now >= end

    def ends_soon(self, now: int, zone: str) -> bool:
        """Return whether its owner should be told that it ends."""
        end = self.ends_at(zone)
        return end is not None and end - REMINDED <= now < end

    def may_be_told_at(self, now: int, severity: str, zone: str) -> int:
        """Return from when on a message may be sent: now, or when the quiet hours are over. What is urgent is told at any hour."""
        found = QUIET.fullmatch(self.quiet)
        if found is None or severity in URGENT:
            return now
        first, last = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        here = datetime.fromtimestamp(now / SECOND, ZoneInfo(zone))
        clock = here.time()
        is_quiet = first <= clock < last if first <= last else clock >= first or clock < last
        if not is_quiet:
            return now
        day = here.date() if clock < last else here.date() + timedelta(days=1)
        return instant(datetime.combine(day, last, ZoneInfo(zone)))


def instant(moment: datetime) -> int:
    """Return an aware time as microseconds since 1970."""
    return int(moment.timestamp()) * SECOND


def again_at(now: int, attempts: int) -> int | None:
    """Return when a message is tried again after so many attempts, or None where it is given up."""
    return now + PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def faults(one: Subscription) -> list[str]:
    """Return what is wrong with a subscription, each as an option of the command and what would be right."""
    found = []
    if one.quiet and QUIET.fullmatch(one.quiet) is None:
        found.append(f"--quiet {one.quiet}: not a span of hours; write for example 22:00-07:00")
    if one.severity and one.severity not in SEVERITIES:
        found.append(f"--severity {one.severity}: there is no such severity; one of {', '.join(SEVERITIES)}")
    found += [f"--topic {topic}: nobody can subscribe to that; one of {', '.join(KINDS)}" for topic in one.topics if topic not in KINDS]
    if one.expires:
        try:
            date.fromisoformat(one.expires)
        except ValueError:
            found.append(f"--expires {one.expires}: not a date; write for example 2026-12-31")
    return found
