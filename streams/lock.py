"""One process a database: a lock that the operating system takes back when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Unusable(Exception):  # noqa: N818 - what the thing is, as an operator reads it
    """A database that this process may not or cannot use; the message says why and what to do, in one line."""


class Hold:
    """The hold of this process on a database, for as long as it lives or until `release`."""

    def __init__(self, database: Path) -> None:
        """Take hold of `database`; raise `Unusable`, naming the holder, while another process has it.

        The lock lies on a file of its own beside the database, because closing any handle of the database file itself would drop
        SQLite's locks on it. The file stays: removing it would let two processes lock two files of one name.
        """
        path = database.with_name(database.name + ".lock")
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
        except OSError as error:
            raise Unusable(f"{path}: {(error.strerror or str(error)).lower()}") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._handle, 200).decode("utf-8", "replace").strip() or "another process"
            os.close(self._handle)
            raise Unusable(f"{database}: in use by {holder}; one process a database: stop it first, or give another --db") from None
        os.truncate(self._handle, 0)
        os.pwrite(self._handle, f"process {os.getpid()} on {os.uname().nodename}\n".encode(), 0)

    def release(self) -> None:
        """Let go. A process that ends lets go by itself."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
