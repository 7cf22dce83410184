"""Every topic of the program: its name, how many partitions, what is kept of it and why. `clearly kafka setup` makes them so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DAY = 86_400_000
#: What the table of the watching stage is called.
TABLE = "rows"
#: The largest record that any of our topics takes, in bytes.
LARGEST = 8_000_000


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `partitions` is None where it is the number that all share."""

    name: str
    purpose: str
    config: Mapping[str, str] = field(default_factory=dict)
    partitions: int | None = None
    #: somebody else may have made it, with as many partitions as they like
    is_feed: bool = False


#: Why a setting is as it is: what goes wrong where it is not.
WHY = {
    "cleanup.policy": "compaction keeps the newest of each key: without it rows are lost by age; on a log of events it would lose events",
    "retention.ms": "what is let go earlier can no longer be read again after a long standstill, nor rebuilt from",
    "message.timestamp.type": "time moves by the brokers' clocks; with the senders' clocks one wrong clock moves everybody's deadlines",
    "max.message.bytes": "a record that does not fit stops the stage that wants to write it",
    "min.insync.replicas": "with fewer copies written before a record counts as written, the loss of one broker loses events",
    "min.compaction.lag.ms": "rows that a worker is just reading must not vanish under its hands",
}


def feed(name: str) -> Topic:
    """Return a topic that others write events to."""
    return Topic(name, "events from outside", {"retention.ms": str(90 * DAY), "message.timestamp.type": "LogAppendTime"}, is_feed=True)


@dataclass(frozen=True, slots=True)
class Names:
    """What topics and groups are called. Several installations on the same brokers differ in the prefix."""

    prefix: str = "clearly"

    @property
    def feed(self) -> str:
        """Return what the feed is called where nobody says otherwise."""
        return f"{self.prefix}.events.v1"

    @property
    def watched(self) -> str:
        """Return the one topic that the watching stage reads."""
        return f"{self.prefix}.watched.v1"

    @property
    def changes(self) -> str:
        """Return the topic of what is published."""
        return f"{self.prefix}.changes.v1"

    @property
    def findings(self) -> str:
        """Return the topic of findings that other rules count."""
        return f"{self.prefix}.findings.v1"

    @property
    def rejected(self) -> str:
        """Return the topic of dead letters."""
        return f"{self.prefix}.rejected.v1"

    @property
    def rulebook(self) -> str:
        """Return the topic that rulebooks travel in."""
        return f"{self.prefix}.rulebook.v1"

    @property
    def clock(self) -> str:
        """Return the topic that is asked for the time."""
        return f"{self.prefix}.clock.v1"

    @property
    def rows(self) -> str:
        """Return the topic of what rules know; Faust names it so."""
        return f"{self.group('watching')}-{TABLE}-changelog"

    def group(self, stage: str) -> str:
        """Return the consumer group of a stage."""
        return f"{self.prefix}.{stage}.v1"

    def topics(self, feeds: Iterable[str]) -> list[Topic]:
        """Return every topic that the program needs, the feeds included."""
        large = {"max.message.bytes": str(LARGEST)}
        by_broker = {"message.timestamp.type": "LogAppendTime"}
        rows = {"cleanup.policy": "compact", "min.compaction.lag.ms": "60000", **large}
        return [
            *map(feed, feeds),
            Topic(self.watched, "events by the key that rules watch them under", {"retention.ms": str(30 * DAY), **by_broker, **large}),
            Topic(self.rows, "what rules know about each key", rows),
            Topic(self.changes, "changes of tasks: what is published", {"retention.ms": "-1", **large}),
            Topic(self.findings, "findings that other rules count", {"retention.ms": str(30 * DAY), **by_broker}),
            Topic(self.rejected, "records that were no events, each with its reason", {"retention.ms": str(365 * DAY), **large}),
            Topic(self.rulebook, "rulebooks with their reference data", {"cleanup.policy": "compact", **large}, partitions=1),
            Topic(self.clock, "asked for the brokers' time", {"retention.ms": str(DAY), **by_broker}, partitions=1),
        ]
