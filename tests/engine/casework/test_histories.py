"""Random histories: people, findings, days of standing still, restarts. Whatever comes, the laws of casework hold."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from dataclasses import replace as altered
from datetime import date
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.casework import GENESIS, NEEDS, ROWS, Calendars, Command, Entry, Task, fold, hash_of
from engine.casework.state import OWING
from engine.casework.table import BY_EVENT
from engine.casework.task import apply
from engine.watching.finding import Addressee
from tests.engine.casework.test_clock import counts
from tests.support.casework import CALENDAR, HELD, Desk, at, finding

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTE = 60_000_000
BEGIN = at("2026-03-02 08:00")
ACTORS = [*sorted({name for held in HELD.values() for names in held.values() for name in names}), "nobody"]
AREAS = ("TA-1", "TA-2", "TA-3")
#: The calendar of the year as it is known later: one more day off.
LATER = altered(CALENDAR, holidays={**CALENDAR.holidays, date(2026, 3, 30): "announced late"})
VERSION = Calendars(CALENDAR).current.version
#: Commands that take a task on its way are given more often than the others.
ENDING = {"CANCELLED", "MERGED"}
WEIGHTS = {"ack": 6, "submit_explanation": 8, "accept": 8, "reject": 4, "submit_remedy": 6, "withdraw": 2, "pause": 3, "resume": 2}


@dataclass
class Step:
    """One thing that happens, at a moment."""

    now: int
    what: str
    values: dict[str, Any] = field(default_factory=dict)


def script(seed: int, length: int) -> list[Step]:
    """Return a story at random: always the same for a seed."""
    rng, now, steps = random.Random(seed), BEGIN, []
    found: Counter[str] = Counter()
    for number in range(length):
        now += rng.choices((0, 1, 30, 90, 300, 1440, 4 * 1440, 20 * 1440, 95 * 1440), (3, 3, 4, 4, 4, 3, 2, 0.4, 0.3))[0] * MINUTE
        what = rng.choices(("find", "command", "wait", "calendar"), (3, 14, 2, 0.2))[0]
        steps.append(Step(now, what, values_of(what, rng, number, now, found)))
    return steps


def values_of(what: str, rng: random.Random, number: int, now: int, found: Counter[str]) -> dict[str, Any]:
    if what == "find":
        area = rng.choice(AREAS)
        change = rng.choices(("opened", "updated", "withdrawn", "ended"), (5, 3, 2, 1))[0]
        if change == "opened" or not found[area]:
            found[area] += 1
            change = "opened"
        severity = rng.choices(("minor", "major", "serious", "critical"), (5, 4, 2, 1))[0]
        return {"area": area, "id": f"f-{area}-{found[area]}", "change": change, "severity": severity, "evidence": [f"e{number}"]}
    if what == "command":
        name = rng.choices(list(NEEDS), [WEIGHTS.get(name, 1) for name in NEEDS])[0]
        return {
            "command": name,
            "actor": rng.choice(ACTORS),
            "pick": rng.random(),
            "stale": rng.random() < 0.05,
            "apt": rng.random(),
            "data": data_of(rng, now),
        }
    return {}


def data_of(rng: random.Random, now: int) -> dict[str, Any]:
    """Return what any command may ask for; commands for two are the same where the seed makes them so."""
    return {
        "unit": rng.choice(("chengguan", "hongling", "nowhere")),
        "until": now + rng.choice((-1, 60, 3000)) * MINUTE,
        "by": "2 working days",
        "code": rng.choice(("customer", "because")),
        "grounds": "not-ours",
        "fields": [{"field": "direct_cause", "code": "unclear"}],
        "remedy": rng.random() < 0.3,
        "into": rng.random(),
        "level": rng.choice((0, 1, 2)),
    }


def play(steps: list[Step], *, before_each: Callable[[Desk, Step], None] | None = None) -> Desk:
    """Return the desk after a story."""
    desk = Desk()
    for number, step in enumerate(steps):
        if before_each is not None:
            before_each(desk, step)
        run(desk, step, number)
        desk.take()
    return desk


def run(desk: Desk, step: Step, number: int) -> None:
    """One step of a story."""
    said, now = step.values, step.now
    match step.what:
        case "find":
            moment = msgspec.convert(now / 1_000_000, type=type(finding("2026-03-02 10:00").at), strict=False)
            desk.world.receive(
                finding(
                    "2026-03-02 10:00",
                    change=said["change"],
                    at=moment,
                    decided_at=moment,
                    task_id=said["id"],
                    key={"transformer_area": said["area"]},
                    severity=said["severity"],
                    evidence=said["evidence"],
                    to=Addressee("area-manager", "chengguan" if said["area"] != "TA-3" else "hongling", None),
                ),
                now,
            )
        case "command":
            desk.world.tick(now - 1)
            if desk.world.tasks:
                desk.world.command(asked(desk, step, number), now)
        case "calendar":
            desk.calendar = LATER
            desk.world.load(LATER, now)
        case "wait":
            desk.world.tick(now - 1)  # something else may still come at this very moment
        case _:
            pass


def asked(desk: Desk, step: Step, number: int) -> Command:
    """Return the command of a step, about one of the tasks there are: mostly one that fits it, by somebody who may."""
    said = step.values
    names = sorted(desk.world.tasks)
    task = desk.world.tasks[names[int(said["pick"] * len(names))]]
    name, actor = (said["command"], said["actor"]) if said["apt"] < 0.25 else fitting(task, said)
    two = any("two" in row.guard for row in ROWS if row.event == f"C.{name}")
    data = {**said["data"], "into": names[int(said["data"]["into"] * len(names))]}
    return Command(
        id=f"c{number}",
        command=name,
        task=task.id,
        actor=actor,
        reason="as agreed",
        seq=max(0, task.seq - 3) if said["stale"] else task.seq,
        data={"code": "agreed", "level": 0, "into": names[0]} if two else data,
        fields={"what_happened": "a tree"},
        evidence=(f"p{number}",),
    )


def fitting(task: Task, said: dict[str, Any]) -> tuple[str, str]:
    """Return a command that the table knows in a task's state, and somebody with a role for it."""
    rows = [row for (state, event), rows in BY_EVENT.items() if state == task.state and event.startswith("C.") for row in rows]
    weighed = [row for row in rows for _ in range(WEIGHTS.get(row.event.removeprefix("C."), 2) if row.target not in ENDING else 1)]
    if not weighed:
        return said["command"], said["actor"]
    row = weighed[int(said["apt"] * 97) % len(weighed)]
    if {"SUP", "SUP_HEAD"} & set(row.who):
        return row.event.removeprefix("C."), ("cao.ying", "guo.ping")[int(said["apt"] * 1000) % 2]
    return row.event.removeprefix("C."), "wu.gang" if task.unit == "hongling" else "sun.jie"


# The laws -----------------------------------------------------------------------------------------------------------------


def check(desk: Desk) -> None:
    """Every law at once."""
    journals: dict[str, list[Entry]] = defaultdict(list)
    for entry in desk.entries:
        journals[entry.task_id].append(entry)
    for name, entries in journals.items():
        check_chain(entries)
        check_rungs(entries)
        task = desk.world.tasks.get(name)
        if task is not None:
            assert fold(entries) == task
            check_timers(task)
            check_clock(entries)
    ids = [one.id for one in desk.published]
    assert len(set(ids)) == len(ids)


def check_chain(entries: list[Entry]) -> None:
    """Numbers without a gap, each hash right, each naming the one before it, and time that does not run back."""
    before = GENESIS
    for number, entry in enumerate(entries, start=1):
        assert (entry.seq, entry.prev, entry.hash) == (number, before, hash_of(entry))
        before = entry.hash
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)


def check_rungs(entries: list[Entry]) -> None:
    """In a cycle each rung is claimed once, and in order."""
    claimed: defaultdict[int, list[int]] = defaultdict(list)
    for entry in entries:
        claims = entry.data.get("change", {}).get("claims", {})
        claimed[entry.cycle] += sorted(int(rung) for rung, claim in claims.items() if claim is not None)
    for cycle, rungs in claimed.items():
        assert rungs == sorted(set(rungs)), (cycle, rungs)


def check_timers(task: Task) -> None:
    """An open obligation whose clock runs has its timer; one that stands has none."""
    for name in ("ack", "sign", "explain", "remedy"):
        clock, timer = task.clocks.get(name), task.timers.get(f"T.{name}")
        expected = {"ack": {"ISSUED"}, "sign": {"ACKED", "REMEDYING"}, "explain": {"ACKED"}, "remedy": {"REMEDYING"}}[name]
        armed = clock is not None and clock.is_running and clock.breached is None and task.state in expected
        assert (timer is not None) == armed, (task.state, name, clock, timer)
        assert timer is None or (clock is not None and timer.due == clock.due)
    for clock in task.clocks.values():
        if clock.owner == "unit" and clock.is_open and clock is not task.clocks.get("rung"):
            assert clock.is_running == (task.state in OWING and not task.suspensions)


def check_clock(entries: list[Entry]) -> None:
    """What an explanation's clock has used is what counting every minute gives, as long as nobody granted anything."""
    task, minutes, last = Task(id=entries[0].task_id), 0, 0
    since: int | None = -1
    for entry in entries:
        before, task = task, apply(task, entry)
        clock = before.clocks.get("explain")
        if clock is not None and before.is_running and clock.is_open and since == before.issued_at:
            minutes += worked(entry.at) - worked(last)
        if task.issued_at != before.issued_at or entry.kind in {"clock.rebased", "task.rejected"} or clock_moved(before, task):
            since, minutes = (task.issued_at if task.issued_at != before.issued_at else -1), 0
        last = entry.at
        now = task.clocks.get("explain")
        if now is not None and since == task.issued_at and not now.is_running and now.breached is None:
            assert abs(now.used - minutes * MINUTE) < 60 * MINUTE or now.calendar != VERSION, (entry.seq, now.used / MINUTE, minutes)


@cache
def worked_minutes() -> list[int]:
    """Return how many minutes were worked up to each minute of the story."""
    return list(accumulate(counts(BEGIN + minute * MINUTE, CALENDAR) for minute in range(900 * 1440)))


def worked(now: int) -> int:
    """Return how many whole minutes were worked from the begin of the story up to a moment."""
    return worked_minutes()[(now - BEGIN) // MINUTE - 1] if now > BEGIN else 0


def clock_moved(before: Task, after: Task) -> bool:
    """Return whether the promise itself became another one."""
    old, new = before.clocks.get("explain"), after.clocks.get("explain")
    return old is not None and new is not None and (old.length, old.budget) != (new.length, new.budget)


# What must hold -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000_000))
@settings(max_examples=40)
def test_the_laws_hold_whatever_happens(seed: int) -> None:
    check(play(script(seed, 50)))


@given(st.integers(0, 10_000_000))
@settings(max_examples=30)
def test_a_restart_after_any_step_changes_nothing(seed: int) -> None:
    steps = script(seed, 40)
    rng = random.Random(seed)
    plain = play(steps)
    crashed = play(steps, before_each=lambda desk, _: desk.crash() if rng.random() < 0.5 else None)
    assert crashed.entries == plain.entries
    assert crashed.published == plain.published
    check(crashed)


@given(st.integers(0, 10_000_000))
@settings(max_examples=30)
def test_days_of_standing_still_change_only_when_things_are_noticed(seed: int) -> None:
    steps = script(seed, 40)
    awake = play(steps, before_each=look_around)
    asleep = play([Step(step.now, "nothing") if step.what == "wait" else step for step in steps])
    for desk in (awake, asleep):
        desk.world.tick(steps[-1].now + 200 * 1440 * MINUTE)
        desk.take()
    assert [entry.hash for entry in sorted(awake.entries, key=of_entry)] == [entry.hash for entry in sorted(asleep.entries, key=of_entry)]


def look_around(desk: Desk, step: Step) -> None:
    """The process is awake and looks every six hours."""
    for now in range(max(BEGIN, desk.world.now), step.now, 360 * MINUTE):
        desk.world.tick(now)


def of_entry(entry: Entry) -> tuple[str, int]:
    return (entry.task_id, entry.seq)


@given(st.integers(0, 10_000_000))
@settings(max_examples=30)
def test_what_is_delivered_twice_happens_once(seed: int) -> None:
    steps = script(seed, 40)
    desk = Desk()
    for number, step in enumerate(steps):
        run(desk, step, number)
        desk.take()
        said = list(desk.entries)
        if step.what == "find":
            run(desk, step, number)
        elif step.what == "command" and said and said[-1].event.startswith("C."):
            again = asked(desk, step, number)
            desk.world.command(msgspec.structs.replace(again, task=said[-1].task_id), step.now)
        desk.take()
        assert desk.entries == said
    check(desk)


def test_the_histories_use_every_row_of_the_table() -> None:
    """All but the rarest, which have stories of their own."""
    used: set[int] = set()
    for seed in range(150):
        used |= {entry.data["row"] for entry in play(script(seed, 60)).entries if "row" in entry.data}
    assert {row.number for row in ROWS} - used <= {4, 5, 6, 7, 12, 35, 37, 40, 41, 42, 47, 48, 49, 50, 51}
