"""A restart changes nothing: whatever comes, in whatever order, and wherever it was interrupted."""

from __future__ import annotations

import random
import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Rejected
from engine.watching import Watching, encode_change
from streams.embedded.parcel import Parcel
from streams.embedded.runtime import Runtime
from streams.store import NotKept, open_store
from tests.streams.county import folded, good_rules, line, micros, published, restored, retracted, started, write_rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streams.rules import Rules

END = micros(300)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """Return the rules of the county."""
    return good_rules(write_rules(tmp_path_factory.mktemp("county") / "rules"))


def in_memory(rules: Rules, events: list[bytes]) -> dict[str, Any]:
    """Return the tasks that the engine finds when it meets every event in one go."""
    world = Watching(rules.book, rules.gate, history_from=0)
    world.progress.now = micros(0)
    for event in rules.gate.decode_lines(events):
        assert not isinstance(event, Rejected)
        world.receive(event, micros(0))
    world.tick(END)
    return folded(encode_change(change) for change in world.take_changes())


@st.composite
def histories(draw: st.DrawFn) -> list[bytes]:
    """Return outages of two areas, with ends, corrections, retractions and repetitions, in any order."""
    events = []
    for number in range(draw(st.integers(1, 8))):
        outage, area = f"O-{number}", draw(st.sampled_from(["TA-1", "TA-2"]))
        hour = draw(st.integers(0, 200))
        events.append(started(outage, hour, area, planned=draw(st.booleans()), revision=1))
        if draw(st.booleans()):
            events.append(restored(outage, hour + draw(st.integers(0, 20)), area))
        if draw(st.booleans()):
            events.append(started(outage, draw(st.integers(0, 200)), area, planned=draw(st.booleans()), revision=2))
        if draw(st.integers(0, 4)) == 0:
            events.append(retracted(outage, hour + 1))
    repeated = draw(st.lists(st.sampled_from(events), max_size=3))
    return [line(event) for event in draw(st.permutations([*events, *repeated]))]


@given(history=histories(), cuts=st.lists(st.integers(1, 5), min_size=8, max_size=8), hours=st.integers(0, 8))
def test_a_restart_after_every_batch_and_any_order_of_arrival_find_the_same_tasks(
    rules: Rules, tmp_path_factory: pytest.TempPathFactory, history: list[bytes], cuts: list[int], hours: int
) -> None:
    path = tmp_path_factory.mktemp("restart") / "db"
    now, rest = micros(0), history
    for cut in cuts:
        store = open_store(path, now)
        runtime = Runtime(store, rules, now)
        if rest:
            runtime.receive([Parcel(rest[:cut])], now)
        now += hours * 3_600_000_000
        runtime.tick(now)
        store.close()
        rest = rest[cut:]
    store = open_store(path, now)
    runtime = Runtime(store, rules, now)
    runtime.receive([Parcel(rest)], now)
    runtime.tick(END)
    found = folded(published(store))
    store.close()
    assert found == in_memory(rules, history)


class Failing(sqlite3.Connection):
    """A connection whose n-th statement fails."""

    left: ClassVar[float] = float("inf")
    error: ClassVar[type[BaseException]] = sqlite3.OperationalError

    def _count(self) -> None:
        Failing.left -= 1
        if Failing.left == 0:
            raise Failing.error("made to fail")

    def execute(self, *given: Any) -> sqlite3.Cursor:
        """Run a statement, or fail."""
        self._count()
        return super().execute(*given)

    def executemany(self, *given: Any) -> sqlite3.Cursor:
        """Run a statement for many rows, or fail."""
        self._count()
        return super().executemany(*given)


class Killed(BaseException):
    """The process died here."""


HISTORY = [
    [started("O-1", 0), started("O-2", 5), started("P-1", 6, planned=True)],
    [started("O-3", 10), restored("O-1", 3), started("Q-1", 11, "TA-2")],
    [started("O-4", 12), started("O-2", 5), {"type": "nonsense"}],
    [retracted("O-3", 13), restored("O-4", 14), started("O-5", 15)],
]


def go_through(runtime: Runtime, done: int, insist: Callable[[Callable[[], object]], object] = lambda step: step()) -> None:
    """Take the batches of the history behind the first `done`, and let time move after each."""
    for number, events in list(enumerate(HISTORY))[done:]:
        parcels = [Parcel([line(event) for event in events])]
        insist(partial(runtime.receive, parcels, micros(40)))
        insist(partial(runtime.tick, micros(20 + number)))


def insist(step: Callable[[], object]) -> None:
    """Take a step; where it was not kept, take it once more."""
    try:
        step()
    except NotKept:
        step()


def outcome(path: Path) -> tuple[list[bytes], list[Any], list[Any], dict[str, int]]:
    """Return everything that a store tells to the outside."""
    store = open_store(path, micros(40))
    told = (
        sorted(published(store)),
        [row for _, row in store.events()],
        [row for _, row, _ in store.rejected()],
        {kind: sum(store.counters(kind).values()) for kind in ("accepted", "rejected", "repeated", "published")},
    )
    store.close()
    return told


def batches_kept(path: Path) -> int:
    """Return how many batches of the history a store has: it keeps them whole or not at all."""
    store = open_store(path, micros(40))
    positions = [row.id for _, row in store.events()]
    store.close()
    return [0, 3, 6, 7, 10].index(len(positions))


def test_whichever_statement_fails_the_batch_can_be_given_again_and_nothing_differs(rules: Rules, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    store = open_store(plain, micros(0))
    go_through(Runtime(store, rules, micros(0)), 0)
    store.close()
    expected = outcome(plain)
    assert len(expected[0]) > 5
    for number in range(1, 1_000):
        path = tmp_path / f"{number}"
        store = open_store(path, micros(0), factory=Failing)
        runtime = Runtime(store, rules, micros(0))
        Failing.left, Failing.error = number, sqlite3.OperationalError
        go_through(runtime, 0, insist)
        is_through = Failing.left > 0
        Failing.left = float("inf")
        store.close()
        assert outcome(path) == expected, f"statement {number}"
        if is_through:
            assert number > 30
            return
    pytest.fail("there is no end of statements")


def test_killed_between_any_two_statements_a_restart_goes_on_as_if_nothing_had_been(rules: Rules, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    store = open_store(plain, micros(0))
    go_through(Runtime(store, rules, micros(0)), 0)
    store.close()
    expected = outcome(plain)
    for number in range(1, 1_000):
        path = tmp_path / f"{number}"
        store = open_store(path, micros(0), factory=Failing)
        runtime = Runtime(store, rules, micros(0))
        Failing.left, Failing.error = number, Killed
        try:
            go_through(runtime, 0)
        except Killed:
            Failing.left = float("inf")
            store.close()
        else:
            Failing.left = float("inf")
            store.close()
            assert number > 30
            return
        done = batches_kept(path)
        store = open_store(path, micros(0))
        runtime = Runtime(store, rules, micros(0))
        if done:
            runtime.tick(micros(20 + done - 1))
        go_through(runtime, done)
        store.close()
        assert outcome(path) == expected, f"statement {number}"
    pytest.fail("there is no end of statements")


def test_random_batches_give_the_same_store_as_one_event_at_a_time(rules: Rules, tmp_path: Path) -> None:
    """How many requests share a transaction is the machine's business and shows nowhere."""
    chance = random.Random(7)
    events = [line(started(f"O-{n}", n, f"TA-{chance.randrange(3)}", planned=chance.random() < 0.3)) for n in range(150)]
    seen = []
    for name, most in (("one", 1), ("some", 40)):
        store = open_store(tmp_path / name, micros(0))
        runtime = Runtime(store, rules, micros(0))
        rest = events
        while rest:
            cut = chance.randint(1, most)
            runtime.receive([Parcel([event]) for event in rest[:cut]], micros(151))
            rest = rest[cut:]
        runtime.tick(micros(200))
        seen.append(published(store))
        store.close()
    assert seen[0] == seen[1]
    assert len(seen[0]) > 100
