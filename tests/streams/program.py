"""The embedded runtime as a process of its own, started as a user's command would start it."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Self

from streams.lock import Unusable
from streams.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

#: Long enough for a machine that does much else.
PATIENCE = 30.0
START = """
import sys
from pathlib import Path
from streams.embedded import Feed, Options, run
from streams.settings import Settings
rules, database, feeds, options, settings = eval(sys.argv[1])
feeds = tuple(Feed(Path(path), mapping and Path(mapping), source) for path, mapping, source in feeds)
sys.exit(run(Options(Path(rules), Path(database), feeds, settings=Settings(**settings), **options)))
"""


class Program:
    """One run. `log` is everything that it has written to standard error so far."""

    def __init__(
        self,
        rules: Path,
        database: Path,
        feeds: Sequence[tuple[str, str | None, str]] = (),
        settings: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.database = database
        told = repr((str(rules), str(database), list(feeds), options, {"poll_seconds": 0.05, "grace_seconds": 0, **(settings or {})}))
        self.attach(
            subprocess.Popen(
                [sys.executable, "-c", START, told],
                stdin=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONHASHSEED": "0"},
            )
        )

    def attach(self, process: subprocess.Popen[bytes]) -> None:
        """Listen to a process."""
        self.process = process
        self.log = ""
        assert self.process.stderr is not None
        os.set_blocking(self.process.stderr.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.process.stderr, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self._listen(0)
        self.process.wait()
        self._selector.close()
        for pipe in (self.process.stdin, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def _listen(self, seconds: float) -> None:
        assert self.process.stderr is not None
        if self._selector.select(seconds):
            self.log += (self.process.stderr.read() or b"").decode()

    def until(self, holds: Callable[[], object]) -> Any:
        """Return what `holds` comes to, as soon as it comes to something."""
        end = time.monotonic() + PATIENCE
        while not (found := holds()):
            assert time.monotonic() < end, f"nothing happened:\n{self.log}"
            assert self.process.poll() is None, f"it ended:\n{self.log}"
            self._listen(0.02)
        return found

    def says(self, pattern: str) -> re.Match[str]:
        """Return where the log matches, as soon as it does."""
        found = self.until(lambda: re.search(pattern, self.log))
        assert isinstance(found, re.Match)
        return found

    def url(self) -> str:
        """Return where the front door is, once it is open."""
        return self.says(r"http=(http://\S+)")[1]

    def count(self, table: str) -> int:
        """Return how many rows were ever written to a table."""
        try:
            reader = open_reader(self.database)
        except Unusable:
            return 0  # it is only being made
        try:
            return reader.end(table)
        finally:
            reader.close()

    def ended(self) -> int:
        """Return the exit code, once it has ended by itself."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it does not end:\n{self.log}"
            self._listen(0.02)
        self._listen(0)
        return self.process.returncode

    def stop(self) -> int:
        """Tell it to stop and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def kill_at(self, events: int) -> bool:
        """End it as a power cut would, once so many events are kept; return whether it was still running."""
        while self.process.poll() is None and self.count("events") < events:
            self._listen(0.001)
        is_running = self.process.poll() is None
        self.process.kill()
        self.process.wait()
        return is_running
