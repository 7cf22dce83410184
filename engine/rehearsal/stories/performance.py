"""Stories, played: straight, and a second time with a restart after every step. Both journals must be the same, hash by hash."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.casework import Dropped, Moved, Refused, broken
from engine.events import Rejected
from engine.rehearsal.stories.check import Look, nobody
from engine.rehearsal.stories.scene import Scene
from engine.source import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.casework import Entry, Outcome, Publication, Task
    from engine.rehearsal.stories.setting import Setting
    from engine.rehearsal.stories.story import Asked, Step, Story


@dataclass(slots=True)
class Performance:
    """How a story went: what is not as expected, the journal, what was published, and how the tasks stand at the end."""

    story: Story
    faults: list[Problem] = field(default_factory=list)
    entries: Sequence[Entry] = ()
    published: Sequence[Publication] = ()
    tasks: Mapping[str, Task] = field(default_factory=dict)
    #: how many steps were played
    played: int = 0

    @property
    def passed(self) -> bool:
        """Return whether everything came out as written, to the last step."""
        return not self.faults and self.played == len(self.story.steps)


def perform(story: Story, setting: Setting) -> Performance:
    """Return how a story goes in its setting."""
    straight = Play(story, setting)
    faults = list(straight.faults())
    scene = straight.scene
    wrong = broken(scene.tasks, scene.entries, people=scene.casework.terms.people)
    faults += [Problem(story.place, "story", f"an invariant does not hold: {one}") for one in wrong]
    again = Play(story, setting, restarted=True)
    for _ in again.faults():
        pass
    told = differing(scene, again.scene)
    if told:
        faults.append(Problem(story.place, "story", f"with a restart after every step {told}"))
    return Performance(story, faults, scene.entries, scene.published, scene.tasks, straight.played)


class Play:
    """One way of playing a story."""

    def __init__(self, story: Story, setting: Setting, *, restarted: bool = False) -> None:
        self.story = story
        self.scene = Scene(setting, story)
        self.restarted = restarted
        self.played = 0

    def faults(self) -> Iterator[Problem]:
        """Play to the end, and give what is not as expected on the way."""
        scene = self.scene
        for number, step in enumerate(self.story.steps, 1):
            entries, published = len(scene.entries), len(scene.published)
            yield from self.happens(step, f"step-{number}")
            look = Look(scene, step.now, scene.entries[entries:], scene.published[published:])
            for wanted in step.wanted:
                yield from look.faults(wanted)
            self.played += 1
            if self.restarted:
                scene.restart()

    def happens(self, step: Step, name: str) -> Iterator[Problem]:
        """Let the time before a step pass, and then the step happen."""
        scene = self.scene
        if step.events:
            yield from self.arrive(step)
            return
        scene.wait(step.now if step.asked is None and step.calendar is None else step.now - 1)
        if step.calendar is not None:
            scene.load(step.calendar, step.now)
        if step.asked is not None:
            task = scene.named(step.asked.task)
            if task is None:
                yield Problem(step.asked.place, "story", nobody(scene, step.asked.task))
                return
            told = unlike(step.asked, scene.order(step.asked, task, name, step.now))
            if told:
                yield Problem(step.asked.place, "story", told)

    def arrive(self, step: Step) -> Iterator[Problem]:
        """Let the events of a step arrive."""
        for number, told in enumerate(step.events):
            self.scene.wait(told.arrives - 1)
            event = self.scene.gate.convert(told.record)
            if isinstance(event, Rejected):
                yield Problem(step.place, "story", f"this event is rejected: {event}")
                return
            self.scene.receive(event, told.arrives)
            if self.restarted and number in {0, len(step.events) // 2}:
                self.scene.restart()


def unlike(asked: Asked, outcome: Outcome) -> str:
    """Return what came of a command instead of what was expected, or nothing."""
    match outcome:
        case Refused(code=code, zh=zh, en=en):
            if not asked.refused:
                return f"refused [{code}]: {zh} / {en}"
            fits = asked.refused == code or asked.refused in zh or asked.refused in en
            return "" if fits else f"refused [{code}]: {zh} / {en}; wanted '{asked.refused}'"
        case Moved(entries=entries):
            waits = entries[-1].kind == "command.proposed"
            if asked.refused:
                return f"carried out; it was to be refused ('{asked.refused}')"
            if waits != asked.proposed:
                return "it waits for a second person; write 'proposed: yes'" if waits else "carried out; it was to wait for a second person"
            return ""
        case Dropped(why):
            return f"nothing happened: {why}"


def differing(one: Scene, other: Scene) -> str:
    """Return what is different in another way of playing the same story, or nothing."""
    ours, theirs = hashes(one), hashes(other)
    for task in {**ours, **theirs}:
        mine, its = ours.get(task, []), theirs.get(task, [])
        if mine != its:
            at = next(
                (number for number, pair in enumerate(zip(mine, its, strict=False), 1) if pair[0] != pair[1]), min(len(mine), len(its)) + 1
            )
            return f"the journal of {task} is another one from entry {at} on"
    if [told.id for told in one.published] != [told.id for told in other.published]:
        return "something else is published"
    return ""


def hashes(scene: Scene) -> dict[str, list[str]]:
    """Return the hashes of every journal."""
    found: dict[str, list[str]] = {}
    for entry in scene.entries:
        found.setdefault(entry.task_id, []).append(entry.hash)
    return found
