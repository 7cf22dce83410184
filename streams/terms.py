"""The terms of a rules folder: its profile, calendar and people, and a judge that asks whoever keeps the findings and the plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.casework import Calendars, Fact, FormJudge, Refused, Terms
from engine.events import micros
from engine.watching import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from engine.casework import Known
    from streams.rules import Rules

CHANGE = msgspec.json.Decoder(Change)
#: The answer to every command where there is no office.
NO_CASEWORK = Refused("no-casework", "规则目录没有日历，不办理任务", "this rules folder has no calendar, so there is no casework")


def terms_of(rules: Rules, known: Known) -> Terms:
    """Return the terms of rules that have a calendar; `known` is where the judge learns of a task."""
    book = rules.book
    assert book.calendar is not None, "without a calendar there is no office"
    calendars = Calendars(book.calendar)
    people = book.places.people if book.places is not None else Nobody()
    return Terms(rules.profile, calendars, people, FormJudge(rules.profile, calendars, people, book.zone, known))


def explained_in(rules: Rules) -> dict[str, str]:
    """Return the time that each rule gives for the explanation."""
    return {name: str(rule.ask.due) for name, rule in rules.book.rules.items()}


def supervises(rules: Rules) -> Callable[[str, int], str | None]:
    """Return what says which unit supervises another one, as the organisation of a rules folder has it."""
    places = rules.book.places
    if places is None:
        return lambda _, __: None
    return lambda unit, at: next(iter(places.people.supervisors(unit, at)), None)


def facts_in(lines: Iterable[bytes]) -> Iterator[Fact]:
    """Give what the findings of some published lines counted, and what they looked at and did not count."""
    for line in lines:
        because = CHANGE.decode(line).because
        for one in (*because.counted, *because.not_counted) if because is not None else ():
            yield Fact(one.id, one.event, micros(one.at), one.values, one.because)


def is_for_casework(change: Change) -> bool:
    """Return whether casework takes a change: what is no longer live may still be withdrawn, or end."""
    return change.status == "live" or change.change not in ("opened", "updated")


class Nobody:
    """An organisation without people: nobody may do anything."""

    def known(self, actor: str, at: int) -> bool:
        """Return that nobody is known."""
        return False

    def known_unit(self, unit: str, at: int) -> bool:
        """Return that no unit is known."""
        return False

    def roles(self, actor: str, unit: str, at: int) -> frozenset[str]:
        """Return no role."""
        return frozenset()

    def superior(self, unit: str, at: int) -> str | None:
        """Return that there is no unit above."""
        return None

    def holder(self, role: str, unit: str, at: int) -> str | None:
        """Return that nobody holds a role."""
        return None
