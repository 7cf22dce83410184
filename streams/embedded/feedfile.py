"""A file that a feed consists of: which file it is, how far it has been read, and whether there is more."""

from __future__ import annotations

import gzip
import hashlib
import os
from typing import TYPE_CHECKING, BinaryIO, cast

from streams.store import FeedRow

if TYPE_CHECKING:
    from pathlib import Path

    from streams.embedded.parcel import Parcel

#: How much of a file's beginning tells it from another one under the same name.
BEGINNING = 4096
#: "Read to its end, whatever its length."
END = 1 << 62


class FeedFile:
    """One file of a feed. `look` notes how far it reaches now, `read` gives the next stretch, `advance` moves on once it is kept.

    Nothing is lost and nothing is marked in the file itself: what was kept is remembered in the store under the file's path. A file
    that was replaced or rewritten is read from its start again, which does no harm: events that were judged are recognised.
    """

    #: how much of its beginning the file is recognised by
    beginning = BEGINNING

    def __init__(self, path: Path, row: FeedRow | None, *, source: str, event_limit: int) -> None:
        self.path = path
        self.source = source
        self.event_limit = event_limit
        self.is_packed = path.suffix == ".gz"
        #: whether what was read last ends in the middle of a record
        self.is_cut = False
        self.identity = identity(path, self.beginning)
        known = row if row is not None and self.is_same(row) else None
        self.was_replaced = row is not None and known is None
        self.offset, self.line = (known.offset, known.line) if known else (0, 0)
        #: bytes up to which reading goes this time
        self.end = 0
        self._handle: BinaryIO | None = None
        self._looked: tuple[int, int, int] | None = None

    def is_same(self, row: FeedRow) -> bool:
        """Return whether progress noted earlier is of this file: the same inode and beginning, grown at most."""
        return is_identity(self.path, row.identity) and not self._is_shorter(self.path.stat().st_size, row.offset)

    def _is_shorter(self, size: int, offset: int) -> bool:
        return not self.is_packed and offset != END and size < offset

    def look(self) -> bool:
        """Note how far the file reaches now; return whether there may be something to read.

        Reading stops there, so that a file which grows faster than it is read cannot hold up the clock.
        """
        info = self.path.stat()
        if self._handle is not None and info.st_ino != os.fstat(self._handle.fileno()).st_ino and self._finish_old_one(self._handle):
            # The name stands for another file now: the open one is finished first.
            return True
        seen = (info.st_ino, info.st_size, info.st_mtime_ns)
        changed, self._looked = seen != self._looked, seen
        if changed and (self._is_shorter(info.st_size, self.offset) or not is_identity(self.path, self.identity)):
            self.begin_again()
        self.end = info.st_size
        return changed

    def _finish_old_one(self, handle: BinaryIO) -> bool:
        self.end = os.fstat(handle.fileno()).st_size
        return self.read(1) is not None

    def begin_again(self) -> None:
        """Take the file as a new one, from its start."""
        self.close()
        self.offset = self.line = 0
        self.identity = identity(self.path, self.beginning)
        self.was_replaced = True

    def read(self, most: int) -> Parcel | None:
        """Return the next records, `most` at most, or None where there is nothing complete. Does not move on."""
        raise NotImplementedError

    def row(self, offset: int, line: int) -> FeedRow:
        """Return the progress to keep together with what was read up to `offset`."""
        if self.identity.split(":")[1] != str(BEGINNING):
            # The beginning of a small file still grows. The open file is asked: its name may stand for another one by now.
            self.identity = identity(self.path if self._handle is None else self._handle.fileno(), self.beginning)
        return FeedRow(str(self.path), self.identity, offset, line)

    def advance(self, row: FeedRow) -> None:
        """Move on: what was read up to here is kept."""
        self.offset, self.line = row.offset, row.line

    def opened(self) -> BinaryIO:
        """Return the file, unpacked if it is packed, at the place where reading goes on."""
        if self._handle is None:
            opened = gzip.open(self.path, "rb") if self.is_packed else self.path.open("rb")  # noqa: SIM115  # stays open between reads
            self._handle = cast("BinaryIO", opened)
        if self._handle.tell() != self.offset:
            self._handle.seek(self.offset)
        return self._handle

    def close(self) -> None:
        """Let go of the file; it is opened again when needed."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None


def identity(file: Path | int, most: int = BEGINNING) -> str:
    """Return what a file, by name or open, is recognised by later: its inode, and the hash of its beginning as far as there is one."""
    info = os.fstat(file) if isinstance(file, int) else file.stat()
    length = min(info.st_size, most)
    return f"{info.st_ino}:{length}:{digest(file, length)}"


def is_identity(path: Path, known: str) -> bool:
    """Return whether a file is the one that was recognised by `known`, grown at most."""
    inode, length, hashed = known.split(":")
    info = path.stat()
    return info.st_ino == int(inode) and info.st_size >= int(length) and digest(path, int(length)) == hashed


def digest(file: Path | int, length: int) -> str:
    """Return the hash of a file's first `length` bytes."""
    if isinstance(file, int):
        held = os.pread(file, length, 0)
    else:
        with file.open("rb") as handle:
            held = handle.read(length)
    return hashlib.blake2b(held, digest_size=8).hexdigest()
