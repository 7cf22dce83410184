"""How far each partition of the feeds has been read, in the brokers' time: what the stages may settle, and no more.

A mark says that everything which came to a partition by that time has been delivered. While a backlog is read it follows the events
themselves, so that rules see a standstill as they would have seen it without one; once the end is reached it is the brokers' time.
Records of history (`HISTORY` among their headers) hold it back until their sender says that this was all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.kafka.packet import Heard, Mark, Source, level_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from streams.kafka.routing import Batch, Came

#: The header of records of history; its value is END on the empty record that closes them.
HISTORY, END = "clearly-history", "end"


@dataclass(slots=True)
class Reach:
    """How far one partition was read by this process."""

    #: the next record to deliver, when the last one came, and the latest event time seen (microseconds)
    position: int = 0
    arrived: int | None = None
    latest: int | None = None
    is_history: bool = False
    #: what was marked last
    marked: int | None = None


@dataclass(slots=True)
class Marks:
    """The partitions of feeds that this process reads."""

    findings: str
    reaches: dict[Source, Reach] = field(default_factory=dict)
    #: how far the findings have come, in their own words
    _told: dict[Source, int] = field(default_factory=dict)
    _heard: dict[Source, set[tuple[str, str]]] = field(default_factory=dict)
    _times: dict[tuple[str, str], int] = field(default_factory=dict)

    def assign(self, sources: Iterable[Source]) -> None:
        """Have these partitions, and no others."""
        self.reaches = {source: self.reaches.get(source, Reach()) for source in sources}

    def read(self, records: Sequence[Came], batch: Batch) -> None:
        """Note records that were delivered."""
        for record in records:
            reach = self.reaches.get(Source(record.topic, record.partition))
            if reach is not None:
                reach.position, reach.arrived = record.offset + 1, record.arrived
                reach.is_history = record.headers.get(HISTORY, END) != END
        for (topic, partition), latest in batch.latest.items():
            reach = self.reaches.get(Source(topic, partition))
            if reach is not None:
                reach.latest = max(latest, reach.latest or latest)
        for (topic, partition), heard in batch.heard.items():
            self._heard.setdefault(Source(topic, partition), set()).update(heard)
        for (level, partition), time in batch.told.items():
            self._told[Source(level_of(self.findings, level), partition)] = time

    def due(self, now: int, ends: Mapping[Source, int]) -> list[Mark]:
        """Return how far everything was read; `ends` are the ends of the partitions, asked for after the brokers' time was `now`."""
        found = [Mark(*source, time) for source, time in self._told.items() if Source(self.findings, source.partition) in self.reaches]
        for source, reach in self.reaches.items():
            time = self._time(source, reach, now, ends.get(source))
            if time is not None:
                reach.marked = max(time, reach.marked or time)
                found.append(Mark(source.topic, source.partition, reach.marked))
        return found

    def _time(self, source: Source, reach: Reach, now: int, end: int | None) -> int | None:
        if source.topic == self.findings:
            return None  # it says so itself, level by level
        if end is not None and reach.position >= end and not reach.is_history:
            return now
        if reach.latest is None or reach.arrived is None:
            return None
        return min(reach.latest, reach.arrived)

    def heard(self) -> list[Heard]:
        """Return when each declared source was heard, as far as that is known here."""
        for source, names in self._heard.items():
            reach = self.reaches.get(source)
            if reach is not None and reach.marked is not None:
                for name in names:
                    self._times[name] = max(reach.marked, self._times.get(name, reach.marked))
        self._heard.clear()
        return [Heard(kind, source, time) for (kind, source), time in self._times.items()]
