"""Storms: when an area has more new tasks than anybody can answer one by one, one umbrella task answers for them, by name.

A storm begins when more tasks than `enter` were opened within a while, and ends when fewer than `leave` were: two numbers, so that it does
not flicker. While it lasts new tasks wait under the umbrella; the urgent ones go through, and what was late before stays late. When it
ends each child is either taken in, and the umbrella's explanation has to list it, or stands up by itself after a grace.
"""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from engine.casework.move import Occurrence
from engine.casework.publication import PREFIX, Publication, id_for
from engine.casework.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.casework.shelf import Shelf
    from engine.casework.terms import Terms

#: The rule of an umbrella; no rule file can be called so, for it is none.
STORM: Final = "storm"
#: Before an explanation is handed in a task can be held back, taken in, or let go.
HOLDABLE: Final = frozenset({"CANDIDATE", "ISSUED", "ACKED"})
#: So many names of each kind head a summary.
MOST: Final = 5


class Storm(msgspec.Struct):
    """How it stands in one area: what was opened lately, and the storm, if there is one."""

    recent: list[tuple[int, str]] = []
    since: int | None = None
    umbrella: str = ""
    #: tasks that were ever put under the umbrella, in order
    held: list[str] = []
    #: whether somebody will come back to look
    watched: bool = False


class World(Protocol):
    """What storms need of the world around them."""

    terms: Terms
    tasks: Shelf

    def begin(self, task: Task, occurrence: Occurrence, now: int) -> None:
        """Start a task of the engine's own."""

    def tell(self, name: str, occurrence: Occurrence, now: int) -> None:
        """Let something happen to a task."""

    def look_at(self, area: str, due: int) -> None:
        """Come back to an area at a moment."""

    def publish(self, publication: Publication) -> None:
        """Publish a record."""


class Storms:
    """The storms of every area."""

    def __init__(self, world: World, area_of: Callable[[str, int], str]) -> None:
        self.world = world
        self.area_of = area_of
        self.areas: dict[str, Storm] = {}
        self.dirty: set[str] = set()

    # Begin ------------------------------------------------------------------------------------------------------------

    def opened(self, task: Task, now: int) -> None:
        """A task was opened: count it, begin a storm if it is one too many, and put it under the umbrella of the one that there is."""
        area, limits = self.area_of(task.home, now), self.world.terms.profile.storm
        storm = self.areas.setdefault(area, Storm())
        self.dirty.add(area)
        storm.recent = [*self.lately(storm, now), (now, task.id)]
        if storm.since is None and len(storm.recent) > limits.enter:
            self.enter(area, storm, now)
        elif storm.since is not None:
            self.hold(storm, task.id, now)
        self.come_back(area, storm)

    def come_back(self, area: str, storm: Storm) -> None:
        """See to it that somebody looks when too few will have been opened lately."""
        if storm.since is not None and not storm.watched:
            storm.watched = True
            self.world.look_at(area, self.over_at(storm))

    def lately(self, storm: Storm, now: int) -> list[tuple[int, str]]:
        """Return what was opened within the while that counts."""
        within = self.world.terms.profile.storm.within.micros
        return [(at, name) for at, name in storm.recent if at > now - within]

    def over_at(self, storm: Storm) -> int:
        """Return when too few will have been opened lately, if nothing more comes."""
        limits = self.world.terms.profile.storm
        newest = storm.recent[-limits.leave :] if len(storm.recent) >= limits.leave else storm.recent
        return newest[0][0] + limits.within.micros if newest else 0

    def enter(self, area: str, storm: Storm, now: int) -> None:
        """Begin a storm: one umbrella task, and what was opened lately under it."""
        severity = self.world.terms.profile.storm.severity
        name = f"{STORM}-{blake2b(f'{area}/{now}'.encode(), digest_size=6).hexdigest()}@{area}"
        umbrella = Task(
            id=name,
            finding=name.partition("@")[0],
            rule=STORM,
            key={"area": area},
            severity=severity,
            say=f"{area} 短时间内任务过多，合并说明 / too many tasks at once in {area}: one explanation for all of them",
            urgent=True,
            versions={"profile": self.world.terms.profile.name, "calendar": self.world.terms.calendars.current.version},
            home=area,
            unit=area,
            person=self.world.terms.people.holder("UNIT_LEAD", area, now),
            opened_at=now,
        )
        storm.since, storm.umbrella, storm.held = now, name, []
        self.world.begin(umbrella, Occurrence("R.match", now, id=name), now)
        for _, child in storm.recent:
            self.hold(storm, child, now)

    def hold(self, storm: Storm, name: str, now: int) -> None:
        """Put a task under the umbrella, where it may be."""
        task = self.world.tasks.get(name)
        if task is not None and task.state in HOLDABLE and not task.urgent and not task.is_late:
            self.world.tell(name, Occurrence("R.inhibit", now, parent=storm.umbrella), now)
            storm.held.append(name)

    # End --------------------------------------------------------------------------------------------------------------

    def look(self, area: str, now: int) -> None:
        """Look whether a storm is over; if not, come back."""
        storm = self.areas.get(area)
        if storm is None:
            return
        self.dirty.add(area)
        storm.watched = False
        storm.recent = self.lately(storm, now)
        if storm.since is not None and len(storm.recent) < self.world.terms.profile.storm.leave:
            self.leave(area, storm, now)
        self.come_back(area, storm)

    def leave(self, area: str, storm: Storm, now: int) -> None:
        """End a storm: every child is taken in or let go, and the storm is summed up."""
        umbrella, children = storm.umbrella, list(self.held(storm))
        storm.since, storm.umbrella, storm.held = None, "", []
        graver = self.world.terms.profile.storm.let_go
        absorbed = [child for child in children if child.severity not in graver]
        for child in absorbed:
            self.world.tell(child.id, Occurrence("R.absorb", now, parent=umbrella), now)
        taken = [child for child in absorbed if self.world.tasks[child.id].state == "MERGED"]
        if taken:
            self.world.tell(umbrella, answering(taken, now), now)
        for child in children:
            if self.world.tasks[child.id].state != "MERGED":
                self.world.tell(child.id, Occurrence("R.release", now, parent=umbrella), now)
        self.world.publish(summary(self.world.tasks[umbrella], area, children, taken, now))

    def held(self, storm: Storm) -> Iterator[Task]:
        """Return the tasks that are under an umbrella now."""
        for name in storm.held:
            task = self.world.tasks.get(name)
            if task is not None and storm.umbrella in task.parents and task.state in HOLDABLE:
                yield task

    def cancelled(self, umbrella: Task, now: int) -> None:
        """An umbrella was cancelled: its storm is none any more, and who waited under it is let go."""
        for area, storm in self.areas.items():
            if storm.umbrella == umbrella.id:
                children = list(self.held(storm))
                storm.since, storm.umbrella, storm.held, storm.recent = None, "", [], []
                self.dirty.add(area)
                for child in children:
                    self.world.tell(child.id, Occurrence("R.release", now, parent=umbrella.id), now)

    def suppressed(self, umbrella: str) -> dict[str, Any] | None:
        """Return how many wait under an umbrella, and which units, objects and rules most of them are about; None where it is none."""
        for storm in self.areas.values():
            if storm.umbrella == umbrella:
                return counted(list(self.held(storm)))
        return None

    # Restart ----------------------------------------------------------------------------------------------------------

    def take_rows(self) -> list[tuple[str, bytes]]:
        """Return the areas that changed since the last call, packed."""
        rows = [(area, msgspec.msgpack.encode(self.areas[area])) for area in sorted(self.dirty)]
        self.dirty = set()
        return rows

    def restore(self, area: str, packed: bytes) -> None:
        """Take an area back."""
        storm = self.areas[area] = msgspec.msgpack.decode(packed, type=Storm)
        storm.watched = False
        self.come_back(area, storm)


def answering(children: list[Task], now: int) -> Occurrence:
    """Return what an umbrella is told when it takes children in: what they are called, and their evidence."""
    evidence = {name: kind for child in children for name, kind in child.evidence.items() if kind != "withdrawn"}
    named = {child.id: child.say for child in children}
    first = children[0]
    return Occurrence("R.match", now, id=f"children/{first.id}/{first.seq}/{len(children)}", evidence=evidence, children=named)


def counted(children: list[Task]) -> dict[str, Any]:
    """Return how many there are, and the most frequent units, objects and rules among them."""
    units = Counter(child.unit for child in children)
    objects = Counter(value for child in children for value in child.key.values())
    rules = Counter(child.rule for child in children)
    top = {name: dict(found.most_common(MOST)) for name, found in (("units", units), ("objects", objects), ("rules", rules))}
    return {"suppressed_count": len(children), "top": top}


def summary(umbrella: Task, area: str, children: list[Task], taken: list[Task], now: int) -> Publication:
    """Return the summary of a storm that is over."""
    body = {**counted(children), "absorbed": len(taken), "released": len(children) - len(taken), "say": umbrella.say}
    return Publication(
        topic="digest",
        key=area,
        id=id_for(umbrella.id, umbrella.seq, "digest/storm.summary"),
        type=f"{PREFIX}storm.summary.v1",
        subject=umbrella.id,
        time=now,
        unit=umbrella.unit,
        level=umbrella.level,
        state=umbrella.state,
        severity=umbrella.severity,
        due=umbrella.due(),
        cycle=umbrella.cycle,
        seq=umbrella.seq,
        parent=None,
        dedupkey=f"{STORM}/{area}",
        reason="",
        body=body,
    )
