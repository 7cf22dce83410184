"""Whether what a story expects of its tasks is so, each difference as a line at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.calendar import show_instant
from engine.rehearsal.stories.scene import label
from engine.source import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.casework import Entry, Publication, Task
    from engine.rehearsal.stories.scene import Scene
    from engine.rehearsal.stories.story import Point, Wanted

#: Of how many tasks a line names those that are otherwise.
SHOWN: Final = 3


class Look:
    """One look at a scene: what is so, and what was said since the step before."""

    def __init__(self, scene: Scene, now: int, entries: list[Entry], published: list[Publication]) -> None:
        self.scene = scene
        self.now = now
        self.entries = entries
        self.published = published

    def faults(self, wanted: Wanted) -> Iterator[Problem]:
        """Give what is not as it is expected."""
        if wanted.of:
            yield from self.several(wanted)
            return
        task = self.scene.named(wanted.task)
        if task is None:
            yield Problem(wanted.place, "story", nobody(self.scene, wanted.task))
            return
        for point in wanted.points:
            said = self.differs(task, point)
            if said:
                yield Problem(point.place, "story", f"{label(task)}: {said}")

    def several(self, wanted: Wanted) -> Iterator[Problem]:
        """Give whether another number of tasks is as expected."""
        mine = [task for task in self.scene.tasks.values() if wanted.of in {"all", task.rule}]
        fitting = [task for task in mine if not any(self.differs(task, point) for point in wanted.points)]
        if len(fitting) != wanted.count:
            others = [task for task in mine if task not in fitting]
            why = [f"{label(task)}: {next(filter(None, (self.differs(task, one) for one in wanted.points)))}" for task in others[:SHOWN]]
            more = f"; {'; '.join(why)}{' …' if len(others) > SHOWN else ''}" if why else ""
            yield Problem(wanted.place, "story", f"{len(fitting)} of {len(mine)} tasks are like this, wanted {wanted.count}{more}")

    def differs(self, task: Task, point: Point) -> str:
        """Return how something is and what was wanted, or nothing where they agree."""
        if point.name in GATHERED:
            return GATHERED[point.name](self, task, point.value)
        found = self.value(task, point.name)
        if found == point.value:
            return ""
        return f"{point.name} is {self.shown(point.name, found)}, wanted {self.shown(point.name, point.value)}"

    def value(self, task: Task, name: str) -> Any:
        """Return how one thing of a task is."""
        match name:
            case "rung":
                return task.level
            case "due":
                return task.due()
            case "clock":
                return "running" if task.is_running else "paused" if task.suspensions else "stopped"
            case "overdue":
                return "yes" if task.is_overdue(self.now) else "no"
            case "assessment":
                return task.assessment or None
            case _:
                return getattr(task, name)

    def shown(self, name: str, value: Any) -> str:
        """Return a value as people write it."""
        if value is None:
            return "none"
        return show_instant(value, self.scene.zone) if name == "due" else str(value)

    # What was said ----------------------------------------------------------------------------------------------------

    def topics(self, task: Task) -> list[str]:
        """Return where something was told of a task since the step before."""
        return list(dict.fromkeys(one.topic for one in self.published if one.subject == task.id))

    def is_published(self, task: Task, wanted: tuple[str, ...]) -> str:
        """Return which topics lack a word about a task; none at all must be told where none is wanted."""
        told = self.topics(task)
        lacking = [one for one in wanted if one not in told]
        if (wanted and not lacking) or (not wanted and not told):
            return ""
        return f"published is {', '.join(told) or 'none'}, wanted {', '.join(wanted) or 'none'}"

    def is_not_published(self, task: Task, unwanted: tuple[str, ...]) -> str:
        """Return which topics have a word about a task that should not."""
        told = [one for one in self.topics(task) if one in unwanted]
        return f"published on {', '.join(told)}, which was not wanted" if told else ""

    def is_noted(self, task: Task, wanted: tuple[str, ...]) -> str:
        """Return which entries the journal has not got since the step before."""
        kinds = list(dict.fromkeys(one.kind for one in self.entries if one.task_id == task.id))
        lacking = [one for one in wanted if one not in kinds]
        if (wanted and not lacking) or (not wanted and not kinds):
            return ""
        hint = suggest(lacking[0], kinds) if lacking else ""
        return f"the journal has {', '.join(kinds) or 'nothing new'}, wanted {', '.join(wanted) or 'nothing'}{hint}"

    def is_missed(self, task: Task, wanted: tuple[str, ...]) -> str:
        """Return which obligations of the cycle were missed, where they are not those that were wanted."""
        missed = sorted({one.obligation for one in task.breaches.values() if one.cycle == task.cycle})
        return "" if missed == sorted(set(wanted)) else f"missed is {', '.join(missed) or 'none'}, wanted {', '.join(wanted) or 'none'}"


GATHERED: Final[dict[str, Callable[[Look, Task, tuple[str, ...]], str]]] = {
    "published": Look.is_published,
    "not_published": Look.is_not_published,
    "entries": Look.is_noted,
    "missed": Look.is_missed,
}


def nobody(scene: Scene, reference: str) -> str:
    """Return that there is no such task, and what there is."""
    there = sorted({label(task) for task in scene.tasks.values()})
    known = "there is no task yet" if not there else "there " + ("is " if len(there) == 1 else "are ") + ", ".join(there[:6])
    return f"there is no task '{reference}'{suggest(reference, there)}; {known}{' …' if len(there) > 6 else ''}"
