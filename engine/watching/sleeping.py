"""Watches that sleep: after a restart a watch is a row, a key and a deadline, until something asks it for more.

A large utility has a hundred thousand watches, and an hour touches a few of them. So a watch is unpacked when an event of its key
comes, or its deadline: whatever is asked of it first wakes it, and from then on it is what it would have been all along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.watching.watch import Watch

if TYPE_CHECKING:
    from engine.watching.plan import Plan

#: What is known of a watch while it sleeps.
KNOWN = frozenset({"armed", "key", "packed", "plan"})


class Sleeping(Watch):
    """A watch that was not unpacked yet. When it wakes, its class becomes that of its rule's watches."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        """Wake, since something is asked that only the row knows."""
        wake(self)
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Wake before anything is changed that the row would bring back."""
        if name not in KNOWN:
            wake(self)
        object.__setattr__(self, name, value)


#: The class of the sleeping watches of each class: with the same slots, so that the one can become the other.
ASLEEP: dict[type[Watch], type[Watch]] = {}


def asleep(awake: type[Watch]) -> type[Watch]:
    """Return the class of the sleeping watches of a class."""
    if awake not in ASLEEP:
        ASLEEP[awake] = type(f"Sleeping{awake.__name__}", (Sleeping, awake), {"__slots__": ()})
    return ASLEEP[awake]


def lay_down(plan: Plan, key: tuple[Any, ...], packed: bytes) -> Watch:
    """Return a watch of a rule that sleeps."""
    watch = plan.watch.__new__(plan.watch)
    watch.plan, watch.key, watch.packed, watch.armed = plan, key, packed, None
    watch.__class__ = asleep(plan.watch)  # last: to set what a sleeping watch has takes longer
    return watch


def wake(watch: Watch) -> None:
    """Have a watch be what its row says. In the timers it stands as before."""
    plan, packed, armed = watch.plan, watch.packed, watch.armed
    object.__setattr__(watch, "__class__", plan.watch)
    watch.__init__(plan, watch.key)  # type: ignore[misc] # it was never made
    plan.unpack(watch, packed)
    watch.armed = armed
    del watch.packed
