"""A small office for stories: people, a calendar, findings, and a desk that hands everything to casework and keeps what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from engine.calendar import Calendar, parse_instant, show_instant
from engine.casework import Calendars, Casework, Command, PlainJudge, Profile, Terms, fold
from engine.watching import Change
from engine.watching.finding import Addressee

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.casework import Choice, Entry, Judge, Outcome, Publication, Task

ZONE = "Asia/Shanghai"
HOURS = ((time(8, 30), time(12)), (time(14), time(17, 30)))
#: Two days off in the middle of the week, paid for with a worked Saturday.
CALENDAR = Calendar(
    name="office",
    zone=ZONE,
    working_week=frozenset(range(5)),
    opening_hours=HOURS,
    covers=(date(2026, 1, 1), date(2026, 12, 31)),
    holidays={date(2026, 3, 18): "festival", date(2026, 3, 19): "festival"},
    extra_working_days={date(2026, 3, 21): "worked for the festival"},
)
ABOVE = {"chengguan": "linxi", "hongling": "linxi", "linxi": "qinghe", "qinghe": None}
#: unit -> role -> who; a role over a unit is one over all below it.
HELD: dict[str, dict[str, tuple[str, ...]]] = {
    "chengguan": {"UNIT_LEAD": ("sun.jie",), "UNIT_DUTY": ("zhang.wei", "sun.jie")},
    "hongling": {"UNIT_LEAD": ("wu.gang",), "UNIT_DUTY": ("wu.gang",)},
    "linxi": {"UNIT_LEAD": ("ma.chao",), "SUP": ("cao.ying", "liu.bo"), "SUP_HEAD": ("guo.ping",)},
    "qinghe": {"UNIT_LEAD": ("gao.feng",)},
}


class Staff:
    """The people of the story; supervisors supervise every unit below theirs."""

    def known(self, actor: str, at: int) -> bool:
        return any(actor in names for held in HELD.values() for names in held.values())

    def known_unit(self, unit: str, at: int) -> bool:
        return unit in HELD

    def roles(self, actor: str, unit: str, at: int) -> frozenset[str]:
        own = {role for role, names in HELD.get(unit, {}).items() if actor in names}
        over = {role for role in ("SUP", "SUP_HEAD") if any(actor in HELD[one].get(role, ()) for one in upwards(unit))}
        return frozenset(own | over)

    def superior(self, unit: str, at: int) -> str | None:
        return ABOVE.get(unit)

    def holder(self, role: str, unit: str, at: int) -> str | None:
        places = upwards(unit) if role in {"SUP", "SUP_HEAD"} else [unit] if unit in HELD else []
        return next((names[0] for one in places if (names := HELD[one].get(role, ()))), None)


def upwards(unit: str) -> list[str]:
    """Return a unit and those above it."""
    found = []
    while unit in HELD:
        found.append(unit)
        unit = ABOVE.get(unit) or ""
    return found


def at(text: str) -> int:
    """Return an instant of the office's zone."""
    instant = parse_instant(text, ZONE)
    assert instant is not None, text
    return instant


def shown(instant: int | None) -> str | None:
    """Return an instant as people of the office write it."""
    return None if instant is None else show_instant(instant, ZONE)


def moment(text: str) -> datetime:
    """Return an instant as changes carry it."""
    return datetime.fromtimestamp(at(text) / 1_000_000, UTC)


def finding(when: str, **changed: Any) -> Change:
    """Return a finding: three outages of one transformer area, unless said otherwise."""
    held: dict[str, Any] = {
        "change": "opened",
        "task_id": "repeated-outage-1",
        "rule": "repeated-outage",
        "rule_version": "v1",
        "key": {"transformer_area": "TA-7"},
        "at": moment(when),
        "decided_at": moment(when),
        "evidence": ["o1", "o2", "o3"],
        "severity": "minor",
        "to": Addressee("area-manager", "chengguan", "zhang.wei"),
        "due": moment(when),
        "say": "TA-7 60 天内停电 3 次 / 3 outages in TA-7",
    }
    return Change(**{**held, **changed})


@dataclass
class Desk:
    """Casework with everything it said so far."""

    profile: Profile = field(default_factory=Profile)
    calendar: Calendar = CALENDAR
    judge: Judge = field(default_factory=PlainJudge)
    explain_in: Mapping[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    published: list[Publication] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self.world = self.empty()

    def empty(self) -> Casework:
        """Return casework that knows no task yet."""
        terms = Terms(self.profile, Calendars(self.calendar), Staff(), self.judge)
        return Casework(terms, explain_in=self.explain_in)

    def find(self, when: str, **changed: Any) -> None:
        """A finding, or a change of one, comes in."""
        self.world.receive(finding(when, **changed), at(when))
        self.take()

    def say(self, when: str, actor: str, command: str, reason: str = "", **more: Any) -> Outcome:
        """Somebody gives a command to the only task, or the one named."""
        self.world.tick(at(when) - 1)
        task = self.task(more.pop("task", None))
        self.sent += 1
        asked = Command(
            id=more.pop("id", f"c{self.sent}"),
            command=command,
            task=task.id,
            actor=actor,
            role=more.pop("role", ""),
            reason=reason,
            seq=more.pop("seq", task.seq),
            fields={} if command == "reject" else more.pop("fields", {}),
            evidence=more.pop("evidence", ()),
            data=more,
        )
        outcome = self.world.command(asked, at(when))
        self.take()
        return outcome

    def wait(self, until: str) -> None:
        """Time passes."""
        self.world.tick(at(until))
        self.take()

    def take(self) -> None:
        """Keep what casework said."""
        self.entries += self.world.take_entries()
        self.published += self.world.take_published()

    def task(self, name: str | None = None) -> Task:
        """Return the task of that name, or the newest."""
        if name is not None:
            return self.world.tasks[name]
        return list(self.world.tasks.values())[-1]

    def crash(self) -> None:
        """The process dies and begins again from what was kept."""
        rows = [*self.world.take_rows()]
        self.kept = {**getattr(self, "kept", {}), **{(row.kind, row.id): row for row in rows}}
        self.world = self.empty()
        self.world.restore(self.kept.values())

    def journal(self, name: str) -> list[Entry]:
        """Return the journal of a task."""
        return [entry for entry in self.entries if entry.task_id == name]

    def story(self) -> list[str]:
        """Return everything that happened, one line each."""
        return [f"{shown(entry.at)} {entry.kind} {entry.state} L{entry.level} {entry.cycle}/{entry.round}" for entry in self.entries]

    def check(self) -> None:
        """The fold of every journal is the task as it stands."""
        for name, task in self.world.tasks.items():
            assert fold(self.journal(name)) == task

    def choices(self, actor: str, when: str) -> dict[str, Choice]:
        """Return what a person may do now, by command."""
        return {one.command: one for one in self.world.choices(self.task().id, actor, at(when))}
