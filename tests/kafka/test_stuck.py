"""A worker that does not go on ends and is started again, within a time that is stated: without brokers, time given by the test."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from faust.tables.recovery import RebalanceAgain, ServiceStopped
from faust.types import TP

from streams.clock import steady
from streams.kafka.connection import connection_to
from streams.kafka.deadline import STEP, WITHOUT, Steps, Stuck
from streams.kafka.stage import Worker, make_app
from streams.kafka.table import PackedTable

if TYPE_CHECKING:
    from pathlib import Path

#: Where nobody listens.
NOWHERE = "127.0.0.1:1"


class Silent:
    """A producer whom no broker answers: it does not come to an end of anything."""

    def __init__(self) -> None:
        self.was_told_to_stop = False

    async def start(self) -> None:
        await asyncio.Event().wait()

    async def stop(self) -> None:
        self.was_told_to_stop = True
        await asyncio.Event().wait()


class Stalled(PackedTable):
    """A table that never comes to the end of fencing."""

    fenced = 0

    async def fence(self, tps: Any) -> None:
        self.fenced += 1
        await Silent().start()


def worker_at(folder: Path, kind: type[PackedTable] = PackedTable) -> tuple[Any, Any]:
    """Return recovery and table of a worker that has one partition and was not started."""
    app = make_app(connection_to(NOWHERE), "stuck", folder, "")
    table = app.tables.add(kind(app, name="rows", key_type=bytes, value_type=bytes))
    recovery, log = app.tables.recovery, TP(table.changelog_topic_name, 0)
    recovery.active_tps.add(log)
    recovery.tp_to_table[log] = table
    recovery.due = app.rebalancing_count
    return recovery, table


async def turns() -> None:
    """Let everything that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_step_ends_the_worker_when_its_time_is_over() -> None:
    steps = Steps()
    steps.check(10_000.0)
    steps.begin("fencing", 100.0)
    steps.check(100.0 + STEP)
    with pytest.raises(Stuck, match=r"^fencing does not come to an end$"):
        steps.check(101.0 + STEP)
    steps.begin("reading rows", 101.0 + STEP)
    steps.check(101.0 + 2 * STEP)
    steps.end()
    steps.check(10_000.0)


def test_a_recovery_that_cannot_fence_ends_the_worker(tmp_path: Path) -> None:
    async def story() -> None:
        recovery, _ = worker_at(tmp_path, Stalled)
        step = asyncio.ensure_future(recovery._wait(asyncio.sleep(0)))
        await turns()
        assert not step.done()
        recovery.check(steady())
        with pytest.raises(Stuck, match="fencing former owners"):
            recovery.check(steady() + STEP + 1)
        recovery.signal_recovery_start.set()
        with pytest.raises(RebalanceAgain):
            await step

    asyncio.run(story())


def test_a_recovery_that_was_overtaken_waits_longer_but_not_for_ever(tmp_path: Path) -> None:
    async def story() -> None:
        recovery, table = worker_at(tmp_path, Stalled)
        recovery.app.rebalancing_count += 1
        step = asyncio.ensure_future(recovery._wait(asyncio.sleep(0)))
        await turns()
        assert not step.done()
        recovery.check(steady() + STEP + 1)
        with pytest.raises(Stuck, match="the next rebalance"):
            recovery.check(steady() + WITHOUT + 1)
        recovery.signal_recovery_start.set()
        with pytest.raises(RebalanceAgain):
            await step
        await turns()
        assert table.fenced == 0, "partitions that others have now"

    asyncio.run(story())


def test_a_step_of_fausts_that_is_late_is_not_taken_for_the_end_of_the_worker(tmp_path: Path) -> None:
    """Faust would leave its recovery for good, and the worker would live on without ever working again."""

    async def story() -> None:
        recovery, _ = worker_at(tmp_path)
        recovery.due = None
        with pytest.raises(Stuck):
            await recovery._wait(asyncio.Event().wait(), timeout=0.01)
        recovery._stopped.set()
        with pytest.raises(ServiceStopped):
            await recovery._wait(asyncio.Event().wait(), timeout=0.01)

    asyncio.run(story())


def test_producers_of_former_partitions_hold_nobody_up(tmp_path: Path) -> None:
    """They are told to stop at each assignment, those too that an assignment cut off before had begun."""

    async def story() -> None:
        _, table = worker_at(tmp_path)
        former = table._writers = {0: Silent(), 1: Silent()}
        await asyncio.wait_for(table.fence([]), STEP)
        await turns()
        assert [one.was_told_to_stop for one in former.values()] == [True, True]
        assert table._writers == {}
        for task in table._leaving:
            task.cancel()

    asyncio.run(story())


def test_a_write_that_nobody_answers_ends_the_worker(tmp_path: Path) -> None:
    async def story() -> None:
        recovery, table = worker_at(tmp_path)
        table.steps.begin("a write to partition 3", steady())
        recovery.check(steady())
        with pytest.raises(Stuck, match="a write to partition 3"):
            recovery.check(steady() + STEP + 1)

    asyncio.run(story())


def test_whatever_fails_in_a_worker_its_end_has_a_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr("streams.kafka.stage.end_by", lambda: asked.append(True))

    async def story() -> None:
        app = make_app(connection_to(NOWHERE), "stuck", tmp_path, "")
        worker = Worker(app, loop=asyncio.get_running_loop(), override_logging=False, redirect_stdouts=False, quiet=True)
        worker.add_dependency(app)
        await app.tables.recovery.crash(Stuck("fencing does not come to an end"))
        assert worker.crashed
        assert asked

    asyncio.run(story())
