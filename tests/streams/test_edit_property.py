"""Random edits of random rules during a random history, with crashes: what is found is what each version should have found from its change.

The run through the runtime and its store is compared with a plain reading of docs/rules.md: lists of facts, looked at again and again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.calendar import parse_instant
from streams.embedded.parcel import Parcel
from streams.embedded.runtime import Runtime
from streams.store import open_store
from tests.streams.county import CATALOGUE, LONG, REPEATED, folded, good_rules, line, micros, published, restored, started, write_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.rules import Rules

HOUR = 3_600_000_000
LENGTHS = (1, 2, 3, 4, 6)
#: Each outage by itself, and any restoration in the area answers: many anchors wait on one key.
WAITING = LONG.replace("same: outage_id\n", "same: transformer_area\n  again: every time\n")
OTHER = WAITING.replace("rule: long-outage", "rule: other").replace("within: 12 hours", "within: 5 hours")


@dataclass(frozen=True)
class Version:
    """What can be edited: the number and window of the rule that counts, its condition, the wait of the other one, a word."""

    number: int = 3
    window: int = 4
    only_unplanned: bool = True
    wait: int = 4
    word: int = 0

    def rules(self) -> Rules:
        """Return a rules folder that says so."""
        return made(self)


@cache
def made(version: Version) -> Rules:
    """Return the rules of a version, read once."""
    repeated = REPEATED.replace("at least 3", f"at least {version.number}").replace("within: 10 days", f"within: {version.window} hours")
    repeated = repeated.replace("if: not planned", "if: not planned" if version.only_unplanned else 'if: outage_id != ""')
    long = WAITING.replace("within: 12 hours", f"within: {version.wait} hours").replace("is not restored", f"is dark {version.word}")
    files = {"catalogue.yaml": CATALOGUE, "repeated-outage.yaml": repeated, "long-outage.yaml": long, "other.yaml": OTHER}
    with TemporaryDirectory() as folder:
        return good_rules(write_rules(Path(folder), files))


@dataclass
class Plain:
    """What docs/rules.md says, read slowly."""

    version: Version = field(default_factory=Version)
    now: int = micros(0)
    starts: dict[str, tuple[int, str, bool]] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    #: of the rule that counts: by edit, number, window, and the newest fact of each area
    counts: list[tuple[int, int, dict[str, int]]] = field(default_factory=list)
    #: of the rule that waits: by edit, the wait, how far it had decided, and the newest fact of each area
    waits: list[tuple[int, int, dict[str, int]]] = field(default_factory=list)

    def edit(self, new: Version) -> None:
        """From here on another version holds."""
        old = self.version
        if new.only_unplanned != old.only_unplanned or new.window > old.window:
            self.counts = []
        elif (new.number, new.window) != (old.number, old.window):
            self.counts.append((old.number, old.window * HOUR, {area: facts[-1][0] for area, facts in self.facts().items()}))
        if new.wait > old.wait:
            self.waits = []
        elif new.wait < old.wait:
            newest: dict[str, int] = {}
            for t, area in [
                *((t, area) for t, area, _ in self.starts.values()),
                *((t, self.starts[name][1]) for name, t in self.ends.items()),
            ]:
                newest[area] = max(t, newest.get(area, t))
            self.waits.append((old.wait * HOUR, self.now - 2 * HOUR, newest))
        self.version = new

    def facts(self) -> dict[str, list[tuple[int, str]]]:
        """Return what the rule that counts looks at, by area."""
        found: dict[str, list[tuple[int, str]]] = {}
        for name, (t, area, planned) in self.starts.items():
            if not (planned and self.version.only_unplanned):
                found.setdefault(area, []).append((t, name))
        return {area: sorted(facts) for area, facts in found.items()}

    def counted(self) -> set[tuple[Any, ...]]:
        """Return the tasks of the rule that counts: how it ended, and its evidence."""
        return {found for area, facts in self.facts().items() for found in self.episodes(area, facts)}

    def judged(self, area: str, t: int) -> tuple[int, int]:
        """Return number and window by which a fact is judged."""
        eras = ((number, window) for number, window, newest in self.counts if t <= newest.get(area, 0))
        return next(eras, (self.version.number, self.version.window * HOUR))

    def episodes(self, area: str, facts: list[tuple[int, str]]) -> list[tuple[Any, ...]]:
        """Return the episodes of one area."""

        found: list[tuple[int | None, list[str]]] = []
        standing: list[str] | None = None
        for here, (t, name) in enumerate(facts):
            number, window = self.judged(area, t)
            inside = [other for at, other in facts[: here + 1] if at >= t - window]
            if standing is not None:
                before = self.judged(area, facts[here - 1][0])
                held = facts[here - before[0]][0] + before[1]
                if held < t or len(inside) < number:
                    found.append((held if held < t else max(facts[here - 1][0], t - 1), standing))
                    standing = None
            if len(inside) >= number:
                standing = inside if standing is None else [*standing, name]
        if standing is not None:
            number, window = self.judged(area, facts[-1][0])
            held = facts[-number][0] + window
            found.append((held if held < self.now - HOUR // 2 else None, standing))
        return [("repeated-outage", ended, tuple(sorted(set(members)))) for ended, members in found]

    def waited(self, rule: str, wait: int, waits: list[tuple[int, int, dict[str, int]]]) -> set[tuple[Any, ...]]:
        """Return the tasks of a rule that waits for the end of an outage."""
        found = set()
        for name, (t, area, _) in self.starts.items():
            due = next((t + old for old, settled, _ in waits if t + old <= settled), t + wait)
            ends = [end for other, end in self.ends.items() if self.starts[other][1] == area and end >= t]
            held = [next((old for old, _, newest in waits if end <= newest.get(area, 0)), wait) for end in ends]
            if due <= self.now - 2 * HOUR and not any(end <= max(due, t + old) for end, old in zip(ends, held, strict=True)):
                found.add((rule, None, (name,)))
        return found

    def tasks(self) -> set[tuple[Any, ...]]:
        """Return every task that there should be."""
        long = self.waited("long-outage", self.version.wait * HOUR, self.waits)
        return self.counted() | long | self.waited("other", 5 * HOUR, [])


class Run:
    """The same through the runtime and its store, with edits that take effect some time after they were begun."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plain = Plain()
        self.coming: Version | None = None
        self.start()

    def start(self) -> None:
        """Start, or start again after a crash."""
        self.store = open_store(self.folder / "db", self.plain.now)
        self.runtime = Runtime(self.store, self.plain.version.rules(), self.plain.now)

    def tell(self, event: dict[str, Any]) -> None:
        """Hand in an event."""
        self.runtime.receive([Parcel([line(event)])], self.plain.now)

    def move(self, hours: float) -> None:
        """Let time move."""
        self.plain.now += int(hours * HOUR)
        self.runtime.tick(self.plain.now)

    def edit(self, new: Version) -> None:
        """Begin to go over to another version; what was under way is given up."""
        self.coming = new
        if self.runtime.begin(new.rules(), self.plain.now) is not None:
            self.changed()

    def go_on(self, steps: int) -> None:
        """Go on with an edit, perhaps to its end."""
        for _ in range(steps):
            if self.coming is not None and self.runtime.go_on(self.plain.now) is not None:
                self.changed()

    def changed(self) -> None:
        """An edit holds from here on."""
        assert self.coming is not None
        self.plain.edit(self.coming)
        self.coming = None

    def crash(self) -> None:
        """Lose everything in memory and start again, with the rules that ran or with the ones that were on their way."""
        self.store.close()
        if self.coming is not None:
            self.changed()
        self.start()

    def found(self) -> set[tuple[Any, ...]]:
        """Return the tasks that were published."""
        found = set()
        for task, (state, ended, evidence) in folded(published(self.store)).items():
            rule = task.rsplit("-", 1)[0]
            found.add((rule, instant(ended) if state == "ended" else None, tuple(evidence)))
        return found


def instant(text: str) -> int:
    """Return an instant as it stands in a line."""
    at = parse_instant(text, "UTC")
    assert at is not None
    return at


def drawn(chance: Random) -> list[tuple[Any, ...]]:
    """Return a history with edits and crashes."""
    kinds = [*["start"] * 8, *["end"] * 3, *["move"] * 4, *["number"] * 2, *["wait"] * 2, "window", "word", "crash", "go on", "go on"]
    rare = ["only_unplanned"] if chance.random() < 0.3 else []
    steps = [drawn_step(chance, chance.choice(kinds + rare)) for _ in range(chance.randrange(15, 40))]
    return [*steps, ("move", chance.choice([0, 2, 12]))]


def drawn_step(chance: Random, kind: str) -> tuple[Any, ...]:
    """Return one step of a kind."""
    match kind:
        case "start":
            return (kind, int(chance.random() < 0.2), chance.randrange(240), chance.random() < 0.1)
        case "end":
            return (kind, chance.randrange(6), chance.randrange(240))
        case "move":
            return (kind, chance.choice([0.25, 0.5, 1, 2]))
        case "number":
            return (kind, chance.randrange(1, 5))
        case "window" | "wait":
            return (kind, chance.choice(LENGTHS))
        case "only_unplanned":
            return (kind, chance.random() < 0.5)
        case "word" | "go on":
            return (kind, chance.randrange(1, 9))
        case _:
            return (kind,)


def play(run: Run, steps: list[Any]) -> None:
    """Do one thing after another."""
    names = count()
    for step in steps:
        match step:
            case ("start" | "end", *_):
                happen(run, step, names)
            case ("move", hours):
                run.move(hours)
            case ("crash",):
                run.crash()
            case ("go on", slices):
                run.go_on(slices)
            case (name, value):
                run.edit(replace(run.coming or run.plain.version, **{name: value}))
            case _:
                raise AssertionError(step)
    run.go_on(10_000)
    run.move(0)


def happen(run: Run, step: Any, names: Iterator[int]) -> None:
    """Have an outage start, or one of the last eight end."""
    plain = run.plain
    t = plain.now - step[2] * 60_000_000
    if step[0] == "start":
        name, area = f"O-{next(names)}", f"TA-{step[1]}"
        plain.starts[name] = (t, area, step[3])
        run.tell(started(name, (t - micros(0)) / HOUR, area, planned=step[3]))
    elif step[1] < len(plain.starts) and (name := list(plain.starts)[-1 - step[1]]) not in plain.ends:
        plain.ends[name] = t
        run.tell(restored(name, (t - micros(0)) / HOUR, plain.starts[name][1]))


def ran(folder: str, seed: int) -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]:
    """Return the tasks that were published in one history, and those that should have been."""
    run = Run(Path(folder))
    try:
        play(run, drawn(Random(seed)))
        return run.found(), run.plain.tasks()
    finally:
        run.store.close()


@settings(max_examples=60)
@given(seed=st.integers(0, 1 << 32))
@example(seed=574)  # a late fact of before an edit, in an episode that later facts reach by higher numbers
def test_edits_hold_from_their_change_on_whatever_crashes_and_no_other_rule_loses_a_deadline(seed: int) -> None:
    with TemporaryDirectory() as folder:
        found, should = ran(folder, seed)
        assert found == should
