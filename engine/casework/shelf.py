"""Tasks that sleep: after a restart a task is a row until something is asked of it, and what the world has to know of it is its outline.

A large utility has a hundred thousand open tasks, and an hour moves a few of them. So a task is unpacked when somebody acts on it, a
deadline of it comes, or it is looked at; from then on it is what it would have been all along.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING

import msgspec

from engine.casework.task import Task, Timer, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator


class Outline(msgspec.Struct, frozen=True, gc=False):
    """What a world knows of a task that sleeps: what it is about, what is armed, and in whom it lives on."""

    key: dict[str, str] = {}
    severity: str = "minor"
    state: str = ""
    parent: str | None = None
    opened_at: int = 0
    over_at: int | None = None
    at: int = 0
    timers: dict[str, Timer] = {}


#: Reads a packed task for its outline alone: everything else in it is passed over.
OUTLINE = msgspec.msgpack.Decoder(Outline)


class Shelf(MutableMapping[str, Task]):
    """Tasks by name, some of them asleep. Only who looks at a task wakes it; to ask whether it is there, or to count, does not."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[str, Task | bytes] = {}

    def lay_down(self, name: str, packed: bytes) -> Outline:
        """Put a task there asleep, and return its outline."""
        self._held[name] = packed
        return OUTLINE.decode(packed)

    def __getitem__(self, name: str) -> Task:
        held = self._held[name]
        if isinstance(held, bytes):
            held = self._held[name] = unpack(held)
        return held

    def __setitem__(self, name: str, task: Task) -> None:
        self._held[name] = task

    def __delitem__(self, name: str) -> None:
        del self._held[name]

    def __contains__(self, name: object) -> bool:
        return name in self._held

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)
