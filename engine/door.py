"""A door that opens late: what a room shows is read when somebody first asks for it, not when the room is first named.

Whoever lists tasks needs the words of a few states; to read everything that moves a task first would take longer than the list.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Door(ModuleType):
    """A room whose names are read late."""

    __late__: Mapping[str, str]

    def __getattr__(self, name: str) -> Any:
        """Return a name of the room, read now."""
        if name == "__late__" or name not in self.__late__:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        found = getattr(import_module(self.__late__[name]), name)
        super().__setattr__(name, found)
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        """Note a module of the room, unless the room shows something else of that name: `command` is what moves a task."""
        if not (isinstance(value, ModuleType) and name in self.__late__):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        """Return what there is to be had."""
        return sorted({*super().__dir__(), *self.__late__})


def open_late(room: str, shown: Mapping[str, Sequence[str]]) -> None:
    """Have a room show names that are read late; `shown` says in which of its modules each of them stands."""
    door = sys.modules[room]
    vars(door)["__late__"] = {name: f"{room}.{module}" for module, names in shown.items() for name in names}
    door.__class__ = Door
