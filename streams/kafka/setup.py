"""Topics as the program needs them: made where they are missing, mended where they differ, told where they cannot be mended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kafka.admin import ConfigFilterType, ConfigResource, ConfigResourceType

from streams.clock import pause, steady
from streams.kafka.connection import administrator, answered
from streams.kafka.topics import WHY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kafka import KafkaAdminClient

    from streams.kafka.connection import Connection
    from streams.kafka.topics import Topic

#: Seconds that a change of settings may take.
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, or to know. `is_wrong` says that it cannot be mended from here."""

    topic: str
    what: str
    why: str = ""
    is_wrong: bool = False


@dataclass(slots=True)
class Plan:
    """What is different from what should be, and what can be done about it."""

    steps: list[Step] = field(default_factory=list)
    missing: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def is_right(self) -> bool:
        """Return whether nothing stays wrong once the plan was carried out."""
        return not any(step.is_wrong for step in self.steps)


class Setup:
    """The topics of one installation, as they are and as they should be."""

    def __init__(self, connection: Connection, feeds: Sequence[str], partitions: int) -> None:
        self.connection = connection
        self.partitions = partitions
        self.wanted = connection.names.topics(feeds)
        self.admin: KafkaAdminClient = administrator(connection)

    def plan(self) -> Plan:
        """Return what differs; nothing is changed."""
        brokers = len(self.admin.describe_cluster()["brokers"])
        copies = min(3, brokers)
        there = set(self.admin.list_topics())
        plan = Plan()
        for topic in self.wanted:
            config = dict(topic.config) | {"min.insync.replicas": str(max(1, copies - 1))}
            if topic.name in there:
                self._compare(topic, config, copies, plan)
            else:
                count = topic.partitions or self.partitions
                plan.missing[topic.name] = {"num_partitions": count, "replication_factor": copies, "configs": config}
                plan.steps.append(Step(topic.name, f"make it, {count} partitions, {copies} copies: {topic.purpose}"))
        return plan

    def _compare(self, topic: Topic, config: dict[str, str], copies: int, plan: Plan) -> None:
        """Note what is different about a topic that is there."""
        described = self.admin.describe_topics([topic.name])[0]["partitions"]
        wanted = topic.partitions or self.partitions
        if len(described) != wanted and not topic.is_feed:
            why = "keys would be looked for in other partitions than they were written to; another number needs new topics and a replay"
            plan.steps.append(Step(topic.name, f"{len(described)} partitions, not {wanted}", why, is_wrong=True))
        fewest = min(len(one["replica_nodes"]) for one in described)
        if fewest < copies:
            why = "the loss of one broker stops it, or loses it; kafka-reassign-partitions.sh adds copies"
            plan.steps.append(Step(topic.name, f"{fewest} copies, not {copies}", why, is_wrong=True))
        for name, value in self._settings_of(topic.name, config).items():
            if value != config[name]:
                plan.settings.setdefault(topic.name, {})[name] = config[name]
                plan.steps.append(Step(topic.name, f"{name} is {value}; make it {config[name]}", WHY.get(name, "")))

    def _settings_of(self, name: str, wanted: dict[str, str]) -> dict[str, str]:
        asked = ConfigResource(ConfigResourceType.TOPIC, name, configs=dict.fromkeys(wanted))
        found = self.admin.describe_configs([asked], config_filter=ConfigFilterType.ALL)["topic"][name]
        return {one: str(found[one]["value"]) for one in wanted if one in found}

    def carry_out(self, plan: Plan) -> None:
        """Do what the plan says."""
        if plan.missing:
            self.admin.create_topics(plan.missing)
            self.admin.wait_for_topics(list(plan.missing), timeout_ms=30_000)
        for name, settings in plan.settings.items():
            self.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=settings)])
            self._settle(name, settings)

    def _settle(self, name: str, settings: dict[str, str]) -> None:
        """Wait until brokers say so themselves: one that has much to do takes up what it was told a while later."""
        end = steady() + PATIENCE
        while self._settings_of(name, settings) != settings and steady() < end:
            pause(0.1)

    def close(self) -> None:
        """Let go of the connection."""
        self.admin.close()


def set_up(connection: Connection, feeds: Sequence[str], partitions: int, *, dry_run: bool = False) -> Plan:
    """Make the topics, or only say what would be made; raise `Unusable` where the brokers refuse. Return what differed."""
    setup = Setup(connection, feeds or [connection.names.feed], partitions)
    try:
        with answered(connection):
            plan = setup.plan()
            if not dry_run:
                setup.carry_out(plan)
        return plan
    finally:
        setup.close()
