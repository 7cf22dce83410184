"""One CloudEvent whose envelope has been understood, and the plain event inside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from engine.events.diagnosis import UNREADABLES, diagnose_text
from engine.events.event import Moment, micros
from engine.events.rejected import Rejected
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events.catalogue import Catalogue, EventType

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One CloudEvent whose envelope is fine. `data` is what it holds as bytes, JSON where `datacontenttype` says so."""

    attributes: Mapping[str, str]
    data: bytes | None
    raw: bytes
    where: str = "$"

    @property
    def source(self) -> str:
        """Return who sent it."""
        return self.attributes["source"]

    def plain(self, catalogue: Catalogue) -> bytes | Rejected:
        """Return the event in the catalogue's own shape, or why there is none; fields themselves are not looked at.

        Type and source come from the envelope. Where the data lacks the field that the catalogue names for id or time,
        the envelope's id or time stands in.
        """
        kind = catalogue.types.get(self.attributes["type"])
        if kind is None:
            name = self.attributes["type"]
            right = suggest(name, catalogue.types).removeprefix("; ") or "the catalogue names every event type"
            return self._rejected("unknown-type", "type", f"there is no event type '{name}'", right)
        content = self.attributes.get("datacontenttype", JSON)
        if not is_json(content):
            reason = f"data of type '{content}' holds no fields"
            return self._rejected("ce-data", "datacontenttype", reason, f"send {JSON}")
        try:
            fields = msgspec.json.decode(self.data or b"{}", type=dict[str, msgspec.Raw])
        except msgspec.ValidationError:
            reason = "'data' must be an object of fields"
            return self._rejected("ce-data", "data", reason, "put the event's fields into 'data'")
        except UNREADABLES as error:
            rejected = diagnose_text(error, self.data or b"").inside(f"{self.where}.data", self.raw)
            return msgspec.structs.replace(rejected, source=self.source)
        return self._filled(fields, kind)

    def _filled(self, fields: dict[str, msgspec.Raw], kind: EventType) -> bytes:
        whole: dict[str, object] = {**fields, "type": kind.name, "source": self.source}
        whole.pop("specversion", None)
        if len(kind.id) == 1:
            whole.setdefault(kind.id[0], self.attributes["id"])
        at = self.attributes.get("time")
        if at is not None and kind.time not in whole:
            exact = kind.fields[kind.time].kind == "milliseconds"
            whole[kind.time] = micros(msgspec.convert(at, Moment)) // 1000 if exact else at
        return msgspec.json.encode(whole)

    def _rejected(self, code: str, name: str, reason: str, right: str) -> Rejected:
        path = f"{self.where}.{name}"
        return Rejected(code=code, reason=reason, path=path, right=right, raw=self.raw, source=self.source)


def is_json(content: str) -> bool:
    """Return whether a content type says JSON in an encoding that we read."""
    media, _, rest = content.partition(";")
    media = media.strip().lower()
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", rest, re.IGNORECASE)
    readable = charset is None or charset[1].lower() in ("utf-8", "utf8", "us-ascii", "ascii")
    return readable and (media in (JSON, "text/json") or media.endswith("+json"))
