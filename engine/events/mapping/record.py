"""One record of another system as it stands in its file, or the text that is none and why."""

from __future__ import annotations

from typing import Any, NamedTuple


class Row(NamedTuple):
    """One record: where it begins, its own text, and its cells or members."""

    line: int
    text: str
    cells: Any


class Broken(NamedTuple):
    """Text that is no record, and why."""

    line: int
    text: str
    found: str
    right: str


def text_fault(text: str) -> tuple[str, str] | None:
    """Return what is wrong with the signs of a record, if anything, and what would be right."""
    if "\0" in text:
        return "the row holds a NUL byte", "a row is text without NUL bytes"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "the row holds bytes that are not text in this encoding", "every row is text in the encoding that the mapping names"
    return None


def raw_of(text: str) -> bytes:
    """Return a record's text as bytes to be kept: what could not be read as text comes back as the bytes it was."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
