"""A file of JSON Lines, plain or `.gz`, read up to its last complete line."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import msgspec

from engine.events import Rejected
from streams.embedded.feedfile import END, FeedFile
from streams.embedded.parcel import Parcel

if TYPE_CHECKING:
    from typing import BinaryIO

#: One parcel holds about this many bytes at most, however long its lines are.
STRETCH = 4_000_000
#: What is kept of a line that is longer than any event may be.
KEPT = 65_536
BOM = b"\xef\xbb\xbf"
#: CR and LF are no part of the record.
LINE_END = 2


class LineFile(FeedFile):
    """JSON Lines: `offset` counts the bytes of the text, unpacked."""

    def read(self, most: int) -> Parcel | None:
        """Return the next complete lines, or None where there is none. Damage of a packed file is a rejected record of its own."""
        records: list[bytes | Rejected] = []
        numbers: list[int] = []
        offset, line = self.offset, self.line
        self.is_cut = False
        try:
            handle = self.opened()
            while len(records) < most and offset - self.offset < STRETCH and (self.is_packed or offset < self.end):
                text, length = self._line(handle, first=offset == 0)
                if not length:
                    self.is_cut = not self.is_packed
                    break
                offset, line = offset + length, line + 1
                if not isinstance(text, bytes) or text.strip():
                    records.append(text)
                    numbers.append(line)
        except EOFError:
            self.close()  # still being written; what is complete so far is taken
            self.is_cut = True
        except (zlib.error, gzip.BadGzipFile) as error:
            self.close()
            if not records:
                records, numbers, offset = [damaged(error)], [line + 1], END
        if offset == self.offset:
            return None
        return Parcel(records, self.source, lambda index: f"{self.path}:{numbers[index]}", None, self.row(offset, line))

    def _line(self, handle: BinaryIO, *, first: bool) -> tuple[bytes | Rejected, int]:
        """Return the next line and its length in the file; length 0 where it is not complete yet."""
        text = handle.readline(self.event_limit + LINE_END)
        length = len(text)
        if not text.endswith(b"\n"):
            if length == self.event_limit + LINE_END:
                return self._overlong(handle, text)
            if not self.is_packed and not is_whole(text):
                return b"", 0
        return text.removeprefix(BOM) if first else text, length

    def _overlong(self, handle: BinaryIO, text: bytes) -> tuple[Rejected | bytes, int]:
        """Pass over a line that is longer than any event may be, keeping its beginning."""
        kept, length = text[:KEPT], len(text)
        while not text.endswith(b"\n"):
            text = handle.readline(1 << 20)
            if not text and not self.is_packed:
                return b"", 0
            if not text:
                break
            length += len(text)
        return overlong(kept, self.event_limit), length


def is_whole(text: bytes) -> bool:
    """Return whether a last line without its end is complete: no true beginning of a JSON object is a JSON object itself."""
    try:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def overlong(kept: bytes, limit: int) -> Rejected:
    """Return the rejection of a record that is longer than any event may be."""
    right = "write one event a line; CLEARLY_EVENT_LIMIT sets the bound"
    return Rejected(code="too-long", reason=f"longer than {limit:,} bytes", right=right, raw=kept)


def damaged(error: Exception) -> Rejected:
    """Return the rejection that stands for the rest of a packed file which cannot be unpacked."""
    reason = f"the packed file is damaged from here on ({str(error).lower()})"
    return Rejected(code="damaged", reason=reason, right="put a whole copy beside it under another name; it is read again", raw=b"")
