"""Recovery that loses nothing: Faust's own delivers before it seeks, then books the hole as compacted away and commits over it.

What is replaced, and why, in the order of the classes: the fetch is short, because steps of the recovery queue up behind it; the
reader never drains partitions that were resumed during its fetch, and stands still before every seek; tables bring themselves to the
end of their log, in batches and with what was committed alone, before Faust looks, which then finds nothing to do.

Written against the inner order of one version of Faust, which is asserted here: docs/decisions/0041 says how to go to another one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import faust
import structlog
from aiokafka import AIOKafkaConsumer
from faust.tables.manager import Recovery, TableManager
from faust.tables.recovery import ServiceStopped
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer
from mode import Service
from prometheus_client import Histogram

from streams.clock import steady
from streams.kafka.deadline import WITHOUT, Steps, Stuck
from streams.kafka.endpoint import PULSE
from streams.kafka.table import PackedTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

log = structlog.get_logger("clearly")
RECOVERY = Histogram(
    "clearly_stage_recovery_seconds",
    "seconds from an assignment until rows are read and former owners fenced",
    ["stage"],
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 300),
)
#: The only version whose inner order was read and tested.
FAUST = "0.15.3"
#: Seconds of the longest wait of one fetch, and so until the reader stands still.
POLL = 0.1
#: The most rows of one write while catching up: everything else waits for it.
CHUNK = 10_000


def check_faust() -> None:
    """Raise where another version of Faust is installed."""
    if faust.__version__ != FAUST:
        raise RuntimeError(f"faust-streaming {faust.__version__}: the recovery was tested on {FAUST} alone; install that one")


class SafeConsumerThread(AIOKafkaConsumerThread):
    """The thread that fetches, with short waits."""

    #: whether it reads what was not committed; set once, when the program is built
    isolation = "read_uncommitted"

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = int(POLL * 1000)
        consumer._isolation_level = self.isolation
        return consumer


class SafeConsumer(Consumer):
    """The reader, which can be asked whether it stands still."""

    #: whether the reader stands at the gate that stop_flow() shuts
    parked = False

    def _new_consumer_thread(self) -> SafeConsumerThread:
        return SafeConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _wait_next_records(self, timeout: float) -> tuple[Any, Any]:
        if not self.flow_active:
            self.parked = True
            await self.wait(self.can_resume_flow)
            self.parked = False
        active = self._get_active_partitions()
        if not active:  # to aiokafka an empty set would mean "all"
            await self.sleep(POLL)
            return {}, active
        # a copy: partitions resumed during this fetch must not be drained by it
        return await self._getmany(set(active), timeout=min(timeout, POLL)), active

    async def perform_seek(self) -> None:
        """Seek to what was committed, and to the beginning where nothing was: Faust leaves those out."""
        await super().perform_seek()
        fresh = [tp for tp in self.assignment() if not (self._is_changelog_tp(tp) or self._read_offset[tp])]
        if fresh:
            await self.seek_wait(await self.earliest_offsets(*fresh))


class SafeRecovery(Recovery):
    """Recovery in which tables catch up by themselves, and which comes to its end or ends the worker."""

    #: the rebalance whose catch-up is still to be done
    due: int | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: what it is at between an assignment and the flow of the stream
        self.steps = Steps()

    async def on_rebalance(self, *args: Any, **kwargs: Any) -> None:
        """Note that there is something to catch up with, unless the next rebalance has overtaken this one."""
        PULSE.is_ready = False
        self.steps.begin("a rebalance", steady(), WITHOUT)
        await super().on_rebalance(*args, **kwargs)
        if self.signal_recovery_start.is_set():
            self.due = self.app.rebalancing_count
            self.steps.begin("getting ready to recover", steady())

    async def _wait(self, coro: Any, timeout: float | None = None) -> None:
        """Faust awaits each step of its recovery here; the first is the delay after an assignment."""
        await self._in_time(coro, timeout)
        if self.due is not None and not self.signal_recovery_start.is_set():
            await self._in_time(self.catch_up(self.due))
            self.due = None

    async def _in_time(self, coro: Any, timeout: float | None = None) -> None:
        """Await a step of Faust's. Raise `Stuck` where it is not done in time: Faust takes that for "stopped", and never recovers again."""
        try:
            await super()._wait(coro, timeout)
        except ServiceStopped:
            if self.should_stop:
                raise
            raise Stuck(f"a step of the recovery does not come to an end within {timeout} seconds") from None

    @Service.task
    async def _go_on(self) -> None:
        """End the worker where recovery, or a write to a table, does not go on."""
        while not self.should_stop:
            await self.sleep(1.0)
            self.check(steady())

    def check(self, now: float) -> None:
        """Raise `Stuck` where something does not go on."""
        for steps in (self.steps, *(table.steps for table in self.tables.values() if isinstance(table, PackedTable))):
            steps.check(now)

    async def catch_up(self, due: int) -> None:
        """Void what former owners may still write, and bring the tables to the ends of their logs."""
        tables = {tp: table for tp in self.active_tps if isinstance(table := self.tp_to_table[tp], PackedTable)}
        await self._unless_overtaken(due)
        began = steady()
        log.info("reading rows", partitions=sorted(tp.partition for tp in tables))
        self.steps.begin("fencing former owners", began)
        for table in set(tables.values()):
            await table.fence([tp for tp in tables if tables[tp] is table])
        self.steps.begin("finding the ends of the logs of rows", steady())
        offsets = self.active_offsets
        have = {tp: -1 if offsets[tp] is None else offsets[tp] for tp in tables}
        ends = await self.app.consumer.highwaters(*tables)
        behind = {tp: end - 1 for tp, end in ends.items() if end and have[tp] < end - 1}
        if behind:
            await self._read_up(tables, have, behind, due)
        self.steps.begin("taking up work", steady())
        RECOVERY.labels(PULSE.stage).observe(steady() - began)
        log.info("rows read", seconds=round(steady() - began, 2))

    async def _read_up(self, tables: Mapping[Any, PackedTable], have: dict[Any, int], behind: dict[Any, int], due: int) -> None:
        producer = self.app.producer
        async with AIOKafkaConsumer(
            bootstrap_servers=producer._settings_default()["bootstrap_servers"],
            **producer._settings_auth(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=8 << 20,
        ) as reader:
            reader.assign(list(behind))
            for tp in behind:
                reader.seek(tp, have[tp] + 1)  # below the start of the log: the earliest there is
            self.steps.begin("reading rows", steady())
            while behind:
                fetched = await reader.getmany(timeout_ms=100, max_records=CHUNK)
                reached = {tp: await reader.position(tp) - 1 for tp in behind}
                await self._unless_overtaken(due)  # its stores may be closed by now
                for tp, last in reached.items():
                    if last > have[tp]:
                        tables[tp].absorb(tp.partition, fetched.get(tp, ()), last)
                        have[tp] = self.active_offsets[tp] = last
                        self.steps.begin("reading rows", steady())
                behind = {tp: end for tp, end in behind.items() if have[tp] < end}

    async def _unless_overtaken(self, due: int) -> None:
        if self.app.rebalancing_count != due:
            self.steps.begin("the next rebalance", steady(), WITHOUT)
            await asyncio.Event().wait()  # until _wait() cancels the catch-up: woken by the same signal, it would fence once more

    async def _seek_offsets(self, consumer: Any, tps: Iterable[Any], offsets: Mapping[Any, int], title: str) -> None:
        """Seek when nothing is in flight: a fetch under way hides rows that are read again when a second rebalance interrupts."""
        consumer.stop_flow()
        self.app.flow_control.suspend()
        while self.app._fetcher.started and not consumer.parked:
            await asyncio.sleep(0.005)
        self.tables.changelog_queue.clear()  # not yet counted in the offsets, so it is read again
        await super()._seek_offsets(consumer, tps, offsets, title)

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """Let the stream flow, once the reader stands still."""
        await self._seek_offsets(self.app.consumer, (), {}, "none")  # only for its waiting
        await super().on_recovery_completed(generation_id)
        if self.app.consumer_generation_id == generation_id:
            PULSE.is_ready = True
            self.steps.end()
        else:
            self.steps.begin("the next rebalance", steady(), WITHOUT)


class SafeTableManager(TableManager):
    """Has Faust use the classes above."""

    _recovery: SafeRecovery | None = None

    def __init__(self, app: Any, **kwargs: Any) -> None:
        super().__init__(app, **kwargs)
        app.transport.Consumer = SafeConsumer

    @property
    def recovery(self) -> SafeRecovery:
        """Return the recovery of the tables."""
        if self._recovery is None:
            self._recovery = SafeRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
