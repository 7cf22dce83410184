"""What is told beside changes, as records of Kafka: CloudEvents 1.0 in binary mode, with all that subscribers filter by in the headers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.casework import Publication, cloud_event
from engine.events import micros
from streams.kafka.table import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.kafka.topics import Names

#: Attributes of CloudEvents with a field of ours each, as text and as numbers; the others are read one by one.
TEXTS: Final = {"unitcode": "unit", "taskstate": "state", "severity": "severity", "dedupkey": "dedupkey", "reason": "reason"}
NUMBERS: Final = {"esclevel": "level", "cycle": "cycle", "seq": "seq"}
DATA: Final = ("data", "datacontenttype")
ENCODER = msgspec.json.Encoder(order="deterministic")


def message_of(names: Names, one: Publication, partition: int = 0, value: bytes | None = None) -> Message:
    """Return a publication as a message; its value is the body, unless another one is given."""
    told = cloud_event(one, f"/{names.prefix}")
    headers = [(f"ce_{name}", str(value).encode()) for name, value in told.items() if name not in DATA]
    body = ENCODER.encode(one.body) if value is None else value
    return Message(names.told(one.topic), partition, one.key.encode(), body, (*headers, ("content-type", b"application/json")))


class Mark(msgspec.Struct):
    """Up to when a partition of casework had told everything (microseconds since 1970), before the record that says so."""

    partition: int
    at: int


def mark_of(names: Names, partition: int, at: int) -> Message:
    """Return a mark as a message; the newest of each partition is kept."""
    return Message(names.reached, 0, str(partition).encode(), msgspec.json.encode(Mark(partition, at)))


def publication_of(topic: str, key: bytes, value: bytes, headers: Mapping[str, str]) -> Publication:
    """Return the publication of a record; `topic` is its name without prefix and version."""
    told = {name.removeprefix("ce_"): text for name, text in headers.items()}
    found: dict[str, Any] = {field: told.get(name, "") for name, field in TEXTS.items()}
    found |= {field: int(told[name]) if name in told else None for name, field in NUMBERS.items()}
    return Publication(
        topic=topic,
        key=key.decode(),
        id=told["id"],
        type=told["type"],
        subject=told["subject"],
        time=micros(datetime.fromisoformat(told["time"])),
        due=micros(datetime.fromisoformat(told["dueat"])) if "dueat" in told else None,
        parent=told.get("parentid"),
        late_by=int(told["lateby"]) * 1_000_000 if "lateby" in told else None,
        body=msgspec.json.decode(value, type=dict[str, Any]),
        **found,
    )
