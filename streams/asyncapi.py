"""Every event, topic and message as one AsyncAPI 3 document, made from the catalogue and from the types that are published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.casework import Entry, Publication, Task
from engine.events import json_schema
from engine.watching import Change
from streams.kafka.deadletter import Letter
from streams.kafka.topics import JOURNAL, STATES, TOLD, Names
from streams.orders import Asked, Told
from streams.topics import FINDINGS, TOPICS

if TYPE_CHECKING:
    from engine.events import Catalogue
    from streams.kafka.topics import Topic

#: What stands in a line of each topic of a database; every other topic has publications.
LINES: Final = {FINDINGS: "Change", "task.events": "Entry", "task.state": "Task"}
#: What a topic tells, in both languages.
TELLS: Final = {
    FINDINGS: "规则发现：新增、更新、撤回、结束 / what rules found: opened, updated, withdrawn, ended",
    "task.events": "流水：任务的每一步 / the journal: one entry for each step of each task",
    "task.state": "任务现状 / each task once, as it stands",
    "alert.unit": "各级预警，按单位 / every level, to be asked for one unit",
    "supervision": "督办 / lateness of supervisors, appeals, cancellations, addressees that lead to nobody",
    "digest": "通报、督办提醒、汇总 / circulars, reminders, notices of another calendar, the summary of a storm",
    "kpi": "考核指标 / what counts for scores",
}
#: What a plain record on Kafka is; other topics are the program's own business.
ON_KAFKA: Final = {"changes": "Change", "findings": "Change", "rejected": "Letter", "commands": "Asked", "results": "Told"}
TEXTS: Final = ("unitcode", "taskstate", "severity", "parentid", "dedupkey", "reason")
NUMBERS: Final = ("esclevel", "cycle", "seq", "lateby")
#: Settings of a topic that the Kafka binding has a place for.
BOUND: Final = ("retention.ms", "max.message.bytes")


def document(catalogue: Catalogue, version: str) -> dict[str, Any]:
    """Return the document."""
    events = [f"event.{name}" for name in catalogue.types]
    channels = {"events": http_channel(events), **store_channels(), **kafka_channels(events)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "说清楚 / explain clearly",
            "version": version,
            "description": "Events in, findings and tasks out. docs/events.md and docs/subscriptions.md say it in prose.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": servers(),
        "channels": channels,
        "operations": {name: operation(name, channel) for name, channel in channels.items() if "messages" in channel},
        "components": {"securitySchemes": security(), "messages": messages(catalogue), "schemas": schemas(catalogue)},
    }


def servers() -> dict[str, Any]:
    """Return where the topics are found."""
    return {
        "http": {
            "host": "127.0.0.1:8080",
            "protocol": "http",
            "description": "the front door of `clearly run --http`; a token where other machines reach it",
            "security": [ref("securitySchemes", "token")],
        },
        "database": {
            "host": "localhost",
            "protocol": "sqlite",
            "description": "the database of `clearly run`, read with `clearly tail --db FILE --topic ADDRESS`",
        },
        "kafka": {
            "host": "127.0.0.1:9092",
            "protocol": "kafka",
            "description": "the brokers of `clearly kafka`; TLS and SCRAM beyond one machine",
        },
    }


def security() -> dict[str, Any]:
    """Return how a sender shows who he is."""
    return {
        "token": {"type": "http", "scheme": "bearer", "description": "CLEARLY_HTTP_TOKEN, or the file that CLEARLY_HTTP_TOKEN_FILE names"}
    }


def http_channel(events: list[str]) -> dict[str, Any]:
    """Return the channel by which events come in over HTTP."""
    return {
        "address": "/events",
        "description": "POST: one event, a list, JSON Lines or CloudEvents. 202 once it is kept",
        "servers": [{"$ref": "#/servers/http"}],
        "messages": {name: ref("messages", name) for name in events},
    }


def store_channels() -> dict[str, Any]:
    """Return the topics of a database: plain lines, or CloudEvents with `--cloudevents`."""
    return {
        f"database.{topic}": {
            "address": topic,
            "description": TELLS.get(topic) or f"{topic[-1]} 级预警 / rung {topic[-1]} of the ladder: reached, jumped to, or cleared",
            "servers": [{"$ref": "#/servers/database"}],
            "messages": {name: ref("messages", name) for name in (LINES.get(topic, "Publication"), "CloudEvent")},
        }
        for topic in TOPICS
    }


def kafka_channels(events: list[str]) -> dict[str, Any]:
    """Return the topics on Kafka, ours and the feed."""
    names = Names()
    told = {getattr(names, name): [message] for name, message in ON_KAFKA.items()} | {names.feed: events}
    told |= {names.told(JOURNAL): ["Entry"], names.told(STATES): ["Task"], **{names.told(topic): ["Body"] for topic in TOLD}}
    return {f"kafka.{topic.name}": kafka_channel(topic, told.get(topic.name)) for topic in names.topics([names.feed])}


def kafka_channel(topic: Topic, told: list[str] | None) -> dict[str, Any]:
    """Return one topic; one without messages is the program's own and may change with any version."""
    bound: dict[str, Any] = {name: int(topic.config[name]) for name in BOUND if name in topic.config}
    bound["cleanup.policy"] = [topic.config.get("cleanup.policy", "delete")]
    binding: dict[str, Any] = {"topic": topic.name, "topicConfiguration": bound, "bindingVersion": "0.5.0"}
    if topic.partitions is not None:
        binding["partitions"] = topic.partitions
    own = "" if told else "; the program's own: its form may change with any version"
    return {
        "address": topic.name,
        "description": topic.purpose + own,
        "servers": [{"$ref": "#/servers/kafka"}],
        **({"messages": {name: ref("messages", name) for name in told}} if told else {}),
        "bindings": {"kafka": binding},
    }


def operation(name: str, channel: dict[str, Any]) -> dict[str, Any]:
    """Return what the program does with a channel: events are received, everything else is sent."""
    is_feed = next(iter(channel["messages"])).startswith(("event.", "Asked"))
    return {"action": "receive" if is_feed else "send", "channel": {"$ref": f"#/channels/{name}"}}


def messages(catalogue: Catalogue) -> dict[str, Any]:
    """Return every message by its name."""
    events = {
        f"event.{name}": {
            "name": name,
            "title": " / ".join(dict.fromkeys(kind.title.get(language, "") for language in ("zh", "en"))),
            "payload": ref("schemas", f"event.{name}"),
        }
        for name, kind in catalogue.types.items()
    }
    own = {name: {"name": name, "payload": ref("schemas", name)} for name in (*LINES.values(), "Publication", "Letter", "Asked", "Told")}
    own["Body"] = {"name": "Body", "contentType": "application/json", "payload": {"type": "object"}, "headers": ref("schemas", "Headers")}
    cloud = {"CloudEvent": {"name": "CloudEvent", "contentType": "application/cloudevents+json", "payload": ref("schemas", "CloudEvent")}}
    return events | own | cloud


def schemas(catalogue: Catalogue) -> dict[str, Any]:
    """Return the schema of every payload."""
    _, own = msgspec.json.schema_components(
        [Change, Entry, Publication, Task, Letter, Asked, Told], ref_template="#/components/schemas/{name}"
    )
    events = {f"event.{name}": schema for name, schema in json_schema(catalogue)["definitions"].items()}
    return {**events, **dict(sorted(own.items())), "CloudEvent": cloud_event_schema(), "Headers": headers_schema()}


def cloud_event_schema() -> dict[str, Any]:
    """Return the schema of a record as a CloudEvent 1.0 with what a subscriber filters by."""
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            **dict.fromkeys(("id", "source", "type", "subject", "datacontenttype", "partitionkey", *TEXTS), text),
            **{name: {"type": "integer"} for name in NUMBERS},
            **{name: {"type": "string", "format": "date-time"} for name in ("time", "dueat")},
            "data": {"type": "object"},
        },
    }


def headers_schema() -> dict[str, Any]:
    """Return the schema of the headers of a CloudEvent in binary mode; on Kafka all of them are text."""
    required = ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "content-type"]
    names = (*TEXTS, *NUMBERS, "partitionkey", "dueat")
    return {
        "type": "object",
        "required": required,
        "properties": {name: {"type": "string"} for name in [*required, *(f"ce_{one}" for one in names)]},
    }


def ref(section: str, name: str) -> dict[str, str]:
    """Return a reference to a component."""
    return {"$ref": f"#/components/{section}/{name}"}
