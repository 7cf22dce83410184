"""Another system's file, read through a mapping: CSV or JSON Lines up to the last complete row, a JSON document once it is complete."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from engine.events import Rejected
from engine.events import mapping as feeds
from streams.clock import now
from streams.embedded.feedfile import END, FeedFile, identity
from streams.embedded.linefile import KEPT, STRETCH, damaged, is_whole, overlong
from streams.embedded.parcel import Mapped, Parcel
from streams.embedded.textlines import TextLines, byte_order, decoded, encoded_length
from streams.store import FeedRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


#: A last row without its line end is taken for a whole one when nothing was written for this long, in microseconds.
QUIET = 60_000_000
#: A JSON document is read as a whole, so it has to fit into memory.
LONGEST_DOCUMENT = 256_000_000


class MappedFile(FeedFile):
    """`offset` counts the bytes of the text, unpacked; `line` the lines.

    A parcel that was handed out and not kept is handed out again as it was. A file whose line of names does not fit the mapping is
    told once and looked at again at the next start, when the mapping may have been put right.
    """

    def __init__(self, path: Path, row: FeedRow | None, *, mapping: feeds.Mapping, event_limit: int, quiet: int = QUIET) -> None:
        self.mapping = mapping
        self.is_document = mapping.format == "json"
        if self.is_document:
            self.beginning = END  # a document is rewritten, not continued: all of it is what it is recognised by
        super().__init__(path, row, source=mapping.source, event_limit=event_limit)
        self._quiet = quiet
        self._encoding = self._byte_order()
        self._forget()

    def _forget(self) -> None:
        self._given: Parcel | None = None
        self._is_refused = False
        self._waits = False
        self._columns: tuple[str, ...] = ()
        self._seen: set[str] = set()
        self._is_primed = False
        self._document: _Document | None = None

    def _byte_order(self) -> str:
        with (gzip.open if self.is_packed else open)(self.path, "rb") as handle:
            try:
                return byte_order(handle.read(2), self.mapping.encoding)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                return byte_order(b"", self.mapping.encoding)

    def begin_again(self) -> None:
        """Take the file as a new one, from its start."""
        super().begin_again()
        self._forget()
        self._encoding = self._byte_order()

    def look(self) -> bool:
        """Note how far the file reaches now; return whether there may be something to read."""
        return super().look() or (self._waits and self._is_quiet())

    def _is_quiet(self) -> bool:
        return now() - self.path.stat().st_mtime_ns // 1000 >= self._quiet

    def row(self, offset: int, line: int) -> FeedRow:
        """Return the progress to keep together with what was read up to `offset`."""
        if self.is_document:  # what was read, whatever stands there by now
            return FeedRow(str(self.path), self.identity, offset, line)
        return super().row(offset, line)

    def advance(self, row: FeedRow) -> None:
        """Move on: what was read up to here is kept."""
        super().advance(row)
        self._given = None

    def read(self, most: int) -> Parcel | None:
        """Return what the next rows come to, about `most` records, or None where nothing is complete."""
        if self._given is None and not self._is_refused and self.offset < END:
            self._given = self._from_document(most) if self.is_document else self._from_rows(most)
        return self._given

    # CSV and JSON Lines

    def _from_rows(self, most: int) -> Parcel | None:
        self._prime()
        lines = self._lines(self.end or END)
        reading = self.mapping.read(lines, str(self.path), feeds.Start(self.line, self._columns, self._seen))
        if reading.is_refused:
            return self._refusal(reading, lines)
        taken = _Taken()
        reached = self.line
        for judged in reading:
            if reading.is_cut and not (lines.is_whole or lines.overlong or lines.damage):
                break
            taken.add(judged)
            reached = reading.settled
            if len(taken.records) >= most or lines.ends[reached - self.line - 1] - self.offset >= STRETCH:
                break
        else:
            reached = reading.settled
        offset = lines.ends[reached - self.line - 1] if reached > self.line else self.offset
        self._waits = not lines.is_whole and offset < self.end
        if reached == self.line or (self.mapping.format == "csv" and not reading.header):
            return self._odd_end(lines)
        self._columns = reading.header
        return self._parcel(taken, offset, reached)

    def _lines(self, end: int) -> TextLines:
        return TextLines(self.opened(), END if self.is_packed else end, self._encoding, self.event_limit, self._is_last)

    def _is_last(self, line: bytes) -> bool:
        """Return whether the file ends after a last line without its line end, or after no line at all."""
        return self.is_packed or self._is_quiet() or (self.mapping.format == "json lines" and is_whole(line))

    def _prime(self) -> None:
        """After a restart: read again what came before only as far as the rows to come depend on it."""
        if self._is_primed or not self.offset:
            self._is_primed = True
            return
        offset, self.offset = self.offset, 0
        lines = self._lines(offset)
        reading = self.mapping.read(lines, str(self.path), feeds.Start(0, (), self._seen))
        for _ in reading if self.mapping.first_of is not None else ():
            if lines.ends[reading.settled - 1] >= offset:
                break
        self.offset, self._columns, self._is_primed = offset, reading.header, True

    def _refusal(self, reading: feeds.Reading, lines: TextLines) -> Parcel | None:
        if reading.is_cut and not lines.is_whole:
            return None
        taken = _Taken()
        for judged in reading:
            taken.add(judged)
        self._is_refused = True
        return self._parcel(taken, 0, 0)

    def _odd_end(self, lines: TextLines) -> Parcel | None:
        """Return what stands where there is no row: a line that is too long, or damage."""
        if lines.damage is not None:
            self.close()
            return self._alone(damaged(lines.damage), END)
        if lines.overlong:
            return self._too_long(self._lines(END))
        if not lines.is_whole and self.is_packed:
            self.close()  # it grows; opened again, it shows what was added
        return None

    def _too_long(self, lines: TextLines) -> Parcel | None:
        passed = lines.pass_over()
        if passed is None:
            return None
        kept, length = passed
        if not self._columns and self.mapping.format == "csv":
            self._is_refused, length = True, 0
        return self._alone(overlong(kept, self.event_limit), self.offset + length)

    # a JSON document

    def _from_document(self, most: int) -> Parcel | None:
        if self._document is None:
            found = self._loaded()
            if found is None or isinstance(found, Parcel):
                return found
            self._document = found
        taken, offset, line = _Taken(), self.offset, self.line
        for judged in self._document.judged:
            offset, line = self._document.offset, judged.line
            if offset <= self.offset:
                continue  # kept before a restart
            taken.add(judged)
            if len(taken.records) >= most:
                break
        return self._parcel(taken, offset, line) if offset > self.offset else None

    def _loaded(self) -> _Document | Parcel | None:
        """Return the document, what is wrong with it as a file, or None where it is still being written."""
        known = identity(self.path, END)
        try:
            with (gzip.open if self.is_packed else open)(self.path, "rb") as handle:
                raw = handle.read(LONGEST_DOCUMENT + 1)
        except EOFError:
            return None
        except (zlib.error, gzip.BadGzipFile) as error:
            return self._alone(damaged(error), END)
        if identity(self.path, END) != known:
            return None
        self.identity = known
        if len(raw) > LONGEST_DOCUMENT:
            return self._alone(overlong(raw[:KEPT], LONGEST_DOCUMENT), END)
        text = decoded(raw, self._encoding)
        self._waits = not is_json(text)
        if self._waits and not self.is_packed and not self._is_quiet():
            return None
        self._waits = False
        return _Document(self.mapping.read(text, str(self.path), feeds.Start(0, (), self._seen)), text, self._encoding)

    # what is handed out

    def _alone(self, rejected: Rejected, offset: int) -> Parcel:
        place = f"{self.path}:{self.line + 1}"
        one = msgspec.structs.replace(rejected, source=self.source)
        return Parcel([one], self.source, lambda _: place, None, self.row(offset, self.line + 1 if offset else 0))

    def _parcel(self, taken: _Taken, offset: int, line: int) -> Parcel:
        numbers = taken.numbers
        row = self.row(offset, line)
        return Parcel(taken.records, self.source, lambda index: f"{self.path}:{numbers[index]}", None, row, taken.skipped)


@dataclass(slots=True)
class _Taken:
    records: list[Mapped | Rejected] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)

    def add(self, judged: feeds.Judged) -> None:
        for outcome in judged.outcomes:
            if isinstance(outcome, feeds.Skipped):
                self.skipped[outcome.reason] = self.skipped.get(outcome.reason, 0) + 1
                continue
            self.records.append(outcome if isinstance(outcome, Rejected) else Mapped(outcome, feeds.raw_of(judged.text)))
            self.numbers.append(judged.line)


class _Document:
    """A JSON document on the way through; `offset` is the byte behind the record that was given last."""

    def __init__(self, reading: feeds.Reading, text: str, encoding: str) -> None:
        self.offset = 0
        self._reading = reading
        self._text = text
        self._encoding = encoding
        self.judged = self._through()

    def _through(self) -> Iterator[feeds.Judged]:
        before = 0
        for judged in self._reading:
            settled = self._reading.settled
            self.offset += encoded_length(self._text[before:settled], self._encoding)
            before = settled
            yield judged


def is_json(text: str) -> bool:
    """Return whether a text is one whole JSON value."""
    try:
        msgspec.json.decode(text.removeprefix("\ufeff").encode("utf-8", "surrogatepass"), type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
