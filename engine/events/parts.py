"""The parts of a list of events, each as the bytes that came, so that one bad part costs nothing but itself."""

from __future__ import annotations

import json

import msgspec

from engine.events.diagnosis import UNREADABLES, diagnose_text
from engine.events.rejected import Rejected

_SPACE = " \t\r\n"


def parts_of(raw: bytes) -> list[bytes] | Rejected:
    """Return the parts of a JSON list, or why there are none.

    Some senders write what JSON has no word for (`NaN`, half characters). Where that is all that is wrong with a list,
    its parts are found nevertheless and only those that hold such things are then rejected.
    """
    try:
        return [bytes(part) for part in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    except msgspec.ValidationError:
        return Rejected(code="not-a-list", reason="it is not a list of events", raw=raw)
    except UNREADABLES as error:
        return _leniently(raw) or msgspec.structs.replace(diagnose_text(error, raw), raw=raw)


def _leniently(raw: bytes) -> list[bytes] | None:
    """Return the parts of a list that JSON's own grammar refuses only inside of parts, else None."""
    try:
        text = raw.decode("utf-8", "surrogateescape").strip(_SPACE)
        return _split(text) if isinstance(json.loads(text), list) else None
    except (ValueError, RecursionError):
        return None


def _split(text: str) -> list[bytes]:
    """Return the parts of a list that is known to be well formed."""
    decoder = json.JSONDecoder()
    parts: list[bytes] = []
    at = _next(text, 1)
    while text[at] != "]":
        _, end = decoder.raw_decode(text, at)
        parts.append(text[at:end].encode("utf-8", "surrogateescape"))
        at = _next(text, end)
        at = _next(text, at + 1) if text[at] == "," else at
    return parts


def _next(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at
