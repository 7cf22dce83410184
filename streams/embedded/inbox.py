"""What waits between the front door and the runtime: requests, bounded by their bytes, each with somebody who waits for the answer."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streams.embedded.parcel import Parcel
    from streams.orders import Order


class Full(Exception):  # noqa: N818 - a state, not a failure
    """So much waits already that a sender has to come again later."""


@dataclass(slots=True)
class Letter:
    """One request: the events or the commands that it brought, and the answer once they are kept."""

    brought: Parcel | list[Order]
    size: int
    answer: Future[Any] = field(default_factory=Future)

    @property
    def count(self) -> int:
        """Return how many records it brought."""
        return len(self.brought if isinstance(self.brought, list) else self.brought.records)


class Inbox:
    """Letters in the order in which they came. `bell` is rung for each, and by whoever else wants the runtime to look up."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bell = threading.Event()
        self._letters: deque[Letter] = deque()
        self._size = 0
        self._is_open = True
        self._lock = threading.Lock()

    def put(self, brought: Parcel | list[Order], size: int) -> Future[Any]:
        """Return the answer to come: a receipt for events, what came of each for commands.

        Raises `Full` where too much waits, or where nothing more is taken.
        """
        letter = Letter(brought, size)
        with self._lock:
            if not self._is_open or (self._letters and self._size + size > self.limit):
                raise Full
            self._letters.append(letter)
            self._size += size
        self.bell.set()
        return letter.answer

    def take(self, events: int) -> list[Letter]:
        """Return the next letters, about so many events together, at least one letter if any waits."""
        taken: list[Letter] = []
        with self._lock:
            while self._letters and events > 0:
                letter = self._letters.popleft()
                self._size -= letter.size
                events -= letter.count
                taken.append(letter)
        return taken

    def close(self) -> None:
        """Take no more; what waits is still answered."""
        with self._lock:
            self._is_open = False
