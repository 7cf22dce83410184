"""Dead letters: records that were no events, each with where it came from, why it did not fit, and what would be right."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from streams.kafka.routing import Rejection


#: A record that is longer stays in its feed alone; a letter holds its beginning. What is kept may be six times as long in JSON.
LONGEST, BEGINNING = 1_200_000, 2_000


class Letter(msgspec.Struct, omit_defaults=True):
    """One dead letter. `raw` is what came where it is text, `raw64` where it is not; `length` is set where that is the beginning only."""

    topic: str
    partition: int
    offset: int
    number: int
    code: str
    reason: str
    path: str
    right: str
    source: str
    arrived: int
    headers: dict[str, str] = {}
    raw: str | None = None
    raw64: str | None = None
    length: int = 0

    @property
    def id(self) -> str:
        """Return what names it: the same, however often it was written."""
        return f"{self.topic}/{self.partition}/{self.offset}/{self.number}"

    @property
    def record(self) -> bytes:
        """Return the record as it came, or its beginning."""
        return base64.b64decode(self.raw64) if self.raw64 is not None else (self.raw or "").encode()


class Again(msgspec.Struct):
    """The note that a dead letter was sent again (microseconds); it stands in the same topic under the same key."""

    id: str
    replayed: int


def read_letter(value: bytes) -> Letter | Again:
    """Return one record of the topic. In a letter, quotes of what came stand behind a backslash."""
    return msgspec.json.decode(value, type=Again) if b'"replayed"' in value else msgspec.json.decode(value, type=Letter)


def letter_of(one: Rejection) -> Letter:
    """Return a rejection as a dead letter."""
    record, why = one.record, one.why
    length = len(record.value) if why.code == "too-long" or len(record.value) > LONGEST else 0
    kept = record.value[:BEGINNING] if length else record.value
    raw, raw64 = None, None
    try:
        raw = kept.decode("utf-8")
    except UnicodeDecodeError:
        raw64 = base64.b64encode(kept).decode()
    named = (record.topic, record.partition, record.offset, one.number, why.code, why.reason, why.path, why.right, why.source)
    return Letter(*named, record.arrived, dict(record.headers), raw, raw64, length)
