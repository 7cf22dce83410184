"""The lines of another system's file as text, each with where it ends: only whole ones, in the encoding that the mapping names."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, BinaryIO, cast

from streams.embedded.feedfile import END
from streams.embedded.linefile import KEPT, LINE_END

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def byte_order(beginning: bytes, encoding: str) -> str:
    """Return the encoding by its exact name: UTF-16 says in its first two bytes which of two it is."""
    if encoding != "utf-16":
        return encoding
    return "utf-16-be" if beginning.startswith(b"\xfe\xff") else "utf-16-le"


def decoded(raw: bytes, encoding: str) -> str:
    """Return bytes as text. What is no text in this encoding stays visible as lone surrogates, which the mapping rejects row by row."""
    if not encoding.startswith("utf-16"):
        return raw.decode(encoding, "surrogateescape")
    try:
        return raw.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace") + "\udc80"


def encoded_length(text: str, encoding: str) -> int:
    """Return how many bytes `decoded` made a text of."""
    return len(text.encode(encoding, "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"))


def whole_text(path: Path, encoding: str) -> Iterator[str]:
    """Give the lines of a file that nobody writes any more, plain or `.gz`, cut as `TextLines` cuts them.

    Raises `OSError` where the file cannot be read to its end, after the lines that could be.
    """
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as handle:
        try:
            order = byte_order(handle.read(2), encoding)
            handle.seek(0)
        except (EOFError, zlib.error) as error:
            raise OSError(f"the packed file is damaged ({error})") from error
        lines = TextLines(cast("BinaryIO", handle), END, order, END, lambda _: True)
        yield from lines
        if lines.damage is not None or not lines.is_whole:
            raise OSError("the packed file is damaged or not complete; what came before was read")


class TextLines:
    """Lines from where the file stands up to `end`. Going through it never raises for what the file holds.

    `ends` are the offsets behind each line that was given. Afterwards `is_whole` says whether nothing more can come, `damage` what
    a packed file broke off with, and `overlong` whether the next line is longer than any record may be.
    """

    def __init__(self, handle: BinaryIO, end: int, encoding: str, limit: int, is_last: Callable[[bytes], bool]) -> None:
        self.ends: list[int] = []
        self.is_whole = False
        self.damage: Exception | None = None
        self.overlong = False
        self._handle = handle
        self._at = handle.tell()
        self._end = end
        self._encoding = encoding
        self._limit = limit + LINE_END + limit % 2  # even, so that no two-byte character is cut in half
        self._is_last = is_last

    def __iter__(self) -> Iterator[str]:
        try:
            while self._at < self._end:
                line = self._line()
                if line is None:
                    return
                self._at += len(line)
                self.ends.append(self._at)
                yield decoded(line, self._encoding)
            self.is_whole = self._is_last(b"")
        except EOFError:
            pass  # a packed file that is still being written
        except (zlib.error, gzip.BadGzipFile) as error:
            self.damage = error

    def _line(self) -> bytes | None:
        """Return the next line; None where it is too long, not complete yet, or there is none."""
        line = self._read()
        if not self._ends(line):
            self.overlong = len(line) >= self._limit
            self.is_whole = not self.overlong and self._is_last(line)
            return line if line and self.is_whole else None
        return line

    def pass_over(self) -> tuple[bytes, int] | None:
        """Return the beginning and the length of the overlong line, or None where its end has not come yet."""
        kept, length = b"", 0
        try:
            while True:
                part = self._read()
                kept, length = kept or part[:KEPT], length + len(part)
                if self._ends(part):
                    return kept, length
                if not part:
                    return (kept, length) if self._is_last(b"") else None
        except EOFError:
            return None
        except (zlib.error, gzip.BadGzipFile):
            return kept, length  # what is damaged comes next

    def _ends(self, line: bytes) -> bool:
        if self._encoding.startswith("utf-16"):
            return len(line) % 2 == 0 and line.endswith(b"\n\x00" if self._encoding == "utf-16-le" else b"\x00\n")
        return line.endswith(b"\n")

    def _read(self) -> bytes:
        if not self._encoding.startswith("utf-16"):
            return self._handle.readline(self._limit)
        return self._wide()

    def _wide(self) -> bytes:
        """Return a line of two-byte characters: a byte 10 ends it only as one half of U+000A."""
        line = b""
        while len(line) < self._limit:
            part = self._handle.readline(self._limit - len(line))
            line += part
            if self._encoding == "utf-16-le" and len(line) % 2 and part.endswith(b"\n"):
                line += self._handle.read(1)
            if not part.endswith(b"\n") or self._ends(line):
                break
        return line
