"""What arrives together: records with where they stand, and how far their feed has been read once they are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.events import Rejected
    from streams.store import FeedRow


def nowhere(index: int) -> str:
    """Return the place of a record that stands in no file: its number among those that came with it."""
    return f"record {index + 1}"


@dataclass(frozen=True, slots=True)
class Mapped:
    """One event that a mapping made of another system's record, and that record as it came."""

    values: Mapping[str, object]
    raw: bytes


@dataclass(frozen=True, slots=True)
class Parcel:
    """Records of one request, or one stretch of one file.

    A record is JSON as it came, an event that a mapping made, or something its feed has found to be wrong already. `place(i)` says
    where the i-th one stands. `headers` are those of a CloudEvent in binary mode or name a CloudEvents content type. `skipped` counts
    by its reason what the feed's mapping leaves out on purpose.
    """

    records: Sequence[bytes | Mapped | Rejected]
    source: str = ""
    place: Callable[[int], str] = nowhere
    headers: Mapping[str, str] | None = None
    feed: FeedRow | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Receipt:
    """What became of a parcel: how many events were accepted, and which records were rejected, by their index."""

    accepted: int = 0
    rejected: list[tuple[int, Rejected]] = field(default_factory=list)
