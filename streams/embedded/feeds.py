"""Where a feed's records come from: one file, a folder that is being filled, or standard input.

A round of reading is `look`, then `read` and `advance` until `read` gives nothing: then the feed has been read as far as it reached
when it was looked at.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Protocol

import structlog

from streams.clock import steady
from streams.embedded.linefile import LineFile, overlong
from streams.embedded.mappedfile import QUIET, MappedFile
from streams.embedded.parcel import Parcel
from streams.lock import Unusable
from streams.mappings import load_mapping

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

    from engine.events import Catalogue, Rejected
    from engine.events.mapping import Mapping
    from streams.embedded.feedfile import FeedFile
    from streams.embedded.options import Feed, Options
    from streams.settings import Settings
    from streams.store import Reader

STDIN = "-"
#: Names under which writers keep what is not finished yet.
UNFINISHED = (".tmp", ".part", ".partial", ".swp", "~")
log = structlog.get_logger("clearly")


class Source(Protocol):
    """What every feed can do."""

    def look(self) -> None:
        """Note how far the feed reaches now."""

    def read(self, most: int) -> Parcel | None:
        """Return the next records up to there, or None where they have all been read. Does not move on."""

    def advance(self, parcel: Parcel) -> None:
        """Move on: the parcel that was read last is kept."""

    @property
    def is_caught_up(self) -> bool:
        """Return whether what came before the last look has been read: only then may time move."""

    @property
    def is_over(self) -> bool:
        """Return whether nothing more is to be had, unless somebody writes to a file."""

    @property
    def cut(self) -> list[Path]:
        """Return the files that end in the middle of a record, as far as they were read."""

    def close(self) -> None:
        """Let go of everything."""


class FileSource:
    """Files that are read and followed: one, or those of a folder in the order of their names."""

    def __init__(self, path: Path, open_file: Callable[[Path], FeedFile]) -> None:
        self.path = path.absolute()
        self._open_file = open_file
        self._files: dict[Path, FeedFile] = {}
        self._unread: deque[FeedFile] = deque()
        self._missing = False

    def look(self) -> None:
        """Note which files there are and how far they reach."""
        try:
            paths = self._paths()
        except OSError as error:
            self._warn(self.path, error)
            return
        for path in paths:
            try:
                self._look_at(path)
            except OSError as error:
                self._warn(path, error)

    def _look_at(self, path: Path) -> None:
        if path not in self._files:
            self._files[path] = self._open_file(path)
        file = self._files[path]
        if file.look() and file not in self._unread:
            self._unread.append(file)

    def _paths(self) -> list[Path]:
        if not self.path.is_dir():
            return [self.path]
        listed = sorted(path for path in self.path.iterdir() if is_finished(path.name) and path.is_file())
        for gone in self._files.keys() - set(listed):
            self._files.pop(gone).close()
        return listed

    def _warn(self, path: Path, error: OSError) -> None:
        """Say once that a file cannot be read; it is looked for again and again."""
        if not self._missing:
            log.warning("a feed cannot be read; it is looked for again", path=str(path), why=(error.strerror or str(error)).lower())
        self._missing = True

    def read(self, most: int) -> Parcel | None:
        """Return the next records of the first file that has any."""
        while self._unread:
            file = self._unread[0]
            try:
                parcel = file.read(most)
            except OSError as error:
                self._warn(file.path, error)
                parcel = None
            if parcel is not None:
                self._missing = False
                return parcel
            self._unread.popleft()
            if self.path != file.path:
                file.close()  # a folder holds more files than may be open at once
        return None

    def advance(self, parcel: Parcel) -> None:
        """Move on in the file that was read last."""
        assert parcel.feed is not None, "every parcel of a file says how far it was read"
        self._unread[0].advance(parcel.feed)

    @property
    def is_caught_up(self) -> bool:
        """Return whether everything was read."""
        return not self._unread

    @property
    def is_over(self) -> bool:
        """Return whether everything was read."""
        return not self._unread

    @property
    def cut(self) -> list[Path]:
        """Return the files that end in the middle of a record."""
        return [path for path, file in self._files.items() if file.is_cut]

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()


def is_finished(name: str) -> bool:
    """Return whether a file of a folder is one to read, going by its name."""
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED)


class StreamSource:
    """Lines of standard input. What was read from a pipe cannot be read again: it is gone from there once it is in memory."""

    def __init__(self, handle: BinaryIO, source: str, settings: Settings, bell: threading.Event) -> None:
        self._handle, self._source, self._event_limit = handle, source, settings.event_limit
        self._quiet, self._bell = settings.poll_seconds, bell
        self._lines: deque[bytes | Rejected] = deque()
        self._line = 0
        self._room = threading.Semaphore(10 * settings.batch)
        self._is_ended = False
        self._heard = steady()
        threading.Thread(target=self._listen, name="standard input", daemon=True).start()

    def _listen(self) -> None:
        try:
            while text := self._handle.readline(self._event_limit + 2):
                kept = text
                while not text.endswith(b"\n") and (text := self._handle.readline(1 << 20)):
                    pass
                self._room.acquire()
                self._lines.append(kept if len(kept) <= self._event_limit + 1 else overlong(kept[:65_536], self._event_limit))
                self._heard = steady()
                self._bell.set()
        except (OSError, ValueError) as error:
            log.warning("standard input cannot be read any further", why=str(error).lower())
        self._is_ended = True
        self._bell.set()

    def look(self) -> None:
        """Do nothing: what is there is there."""

    def read(self, most: int) -> Parcel | None:
        """Return the lines that have come."""
        lines = list(zip(range(most), self._lines, strict=False)) if self._lines else []
        if not lines:
            return None
        first = self._line + 1
        records = [line for _, line in lines]
        return Parcel(records, self._source, lambda index: f"standard input:{first + index}")

    def advance(self, parcel: Parcel) -> None:
        """Forget the lines that were read last: they are kept."""
        for _ in parcel.records:
            self._lines.popleft()
        self._room.release(len(parcel.records))
        self._line += len(parcel.records)

    @property
    def is_caught_up(self) -> bool:
        """Return whether no line has come for a while: a pipe does not say how much is still to come."""
        return not self._lines and (self._is_ended or steady() - self._heard >= self._quiet)

    @property
    def is_over(self) -> bool:
        """Return whether the writer has closed its end and everything was read."""
        return self._is_ended and not self._lines

    @property
    def cut(self) -> list[Path]:
        """Return nothing: this is no file."""
        return []

    def close(self) -> None:
        """Do nothing: the thread ends with the process."""


def opened(options: Options, catalogue: Catalogue, reader: Reader, bell: threading.Event) -> list[Source]:
    """Return the feeds, ready to be read on from where the store stands; raise `Unusable` for the first that cannot be."""
    return [source_of(feed, options, catalogue, reader, bell) for feed in options.feeds]


def source_of(feed: Feed, options: Options, catalogue: Catalogue, reader: Reader, bell: threading.Event) -> Source:
    """Return one feed, ready to be read."""
    limit = options.settings.event_limit
    mapping = None if feed.mapping is None else mapping_of(feed.mapping, catalogue)
    if str(feed.path) == STDIN:
        if mapping is not None:
            raise Unusable("--feed -: standard input carries events, one JSON object a line; write mapped records to a file")
        return StreamSource(sys.stdin.buffer, feed.source, options.settings, bell)
    if not feed.path.exists():
        raise Unusable(f"--feed {feed.path}: there is no such file or folder")

    def open_file(path: Path) -> FeedFile:
        row = reader.feed(str(path))
        if mapping is None:
            return LineFile(path, row, source=feed.source, event_limit=limit)
        # A run `once` comes never again: a last row without its line end is all there will be.
        quiet = 0 if options.once else QUIET
        file = MappedFile(path, row, mapping=mapping, event_limit=limit, quiet=quiet)
        file.source = feed.source or file.source
        return file

    return FileSource(feed.path, open_file)


def mapping_of(path: Path, catalogue: Catalogue) -> Mapping:
    """Return a feed mapping; raise `Unusable` with everything that is wrong with it."""
    found = load_mapping(path, catalogue)
    if isinstance(found, list):
        raise Unusable("\n".join(found))
    return found
