"""Every topic of the program: its name, how many partitions, what is kept of it and why. `clearly kafka setup` makes them so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DAY = 86_400_000
#: What the table of a stage is called.
TABLE = "rows"
#: What casework tells people, what for, and for how many days it is kept. Few records: one partition, so that there is one order.
TOLD = {
    **{f"alert.l{level}": (f"rung {level} of the ladder: reached, jumped to, or cleared", 90) for level in range(6)},
    "supervision": ("lateness of supervisors, appeals, cancellations, addressees that lead to nobody", 365),
    "digest": ("circulars, reminders, notices of another calendar, the summary of a storm", 30),
    "kpi": ("what counts for scores, and the scorecard of each unit and month", 365),
}
#: Where the ledger tells what goes by unit over all areas.
OVER_ALL = ("digest", "kpi")
#: The journal and how tasks stand: in the partition in which the task lives.
JOURNAL, STATES = "task.events", "task.state"
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
        return self.rows_of("watching")

    def rows_of(self, stage: str) -> str:
        """Return the topic of what a stage knows; Faust names it so."""
        return f"{self.group(stage)}-{TABLE}-changelog"

    @property
    def inbox(self) -> str:
        """Return the one topic that the casework stage reads."""
        return f"{self.prefix}.case.inbox.v1"

    @property
    def commands(self) -> str:
        """Return the topic of what people ask for."""
        return f"{self.prefix}.commands.v1"

    @property
    def results(self) -> str:
        """Return the topic of what came of commands."""
        return f"{self.prefix}.command.results.v1"

    @property
    def reached(self) -> str:
        """Return the topic of how far the casework stage has come."""
        return f"{self.prefix}.casework.reached.v1"

    @property
    def evidence(self) -> str:
        """Return the topic of files that were handed in."""
        return f"{self.prefix}.evidence.v1"

    def told(self, topic: str) -> str:
        """Return what a topic of casework is called here: `task.events`, `alert.l3` and so on."""
        return f"{self.prefix}.{topic}.v1"

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
            *self.topics_of_casework(),
        ]

    def topics_of_casework(self) -> list[Topic]:
        """Return every topic that has to do with tasks of people."""
        large, by_broker = {"max.message.bytes": str(LARGEST)}, {"message.timestamp.type": "LogAppendTime"}
        rows = {"cleanup.policy": "compact", "min.compaction.lag.ms": "60000", **large}
        quarter = {"retention.ms": str(90 * DAY)}
        return [
            Topic(self.commands, "what people ask for", {**quarter, **by_broker, **large}),
            Topic(self.inbox, "findings and commands by area", {"retention.ms": str(30 * DAY), **by_broker, **large}),
            Topic(self.rows_of("casework"), "tasks as the casework stage keeps them", rows),
            Topic(self.told(JOURNAL), "the journal of every task", {"retention.ms": "-1", **large}),
            Topic(
                self.told(STATES),
                "every task as it stands",
                {"cleanup.policy": "compact", "min.compaction.lag.ms": str(DAY), **large},
            ),
            *(Topic(self.told(one), purpose, {"retention.ms": str(days * DAY)}, partitions=1) for one, (purpose, days) in TOLD.items()),
            Topic(self.results, "what came of each command", quarter),
            Topic(self.reached, "up to when each partition of casework has told everything", {"cleanup.policy": "compact"}, partitions=1),
            Topic(self.evidence, "files that were handed in", {"cleanup.policy": "compact", **large}),
        ]
