"""What `clearly run` is told: frozen values, worked out by the command line, with nothing left to read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Feed:
    """Where events come from: a file, a folder that is being filled, or `-` for standard input.

    `mapping` is the file that turns another system's records into events; `source` names the feed for events that do not say theirs.
    """

    path: Path
    mapping: Path | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """One run of the embedded runtime.

    `http` is `HOST:PORT`. `once` ends the run when every feed has been read to its end and what is due by then has been decided.
    `until` (microseconds since 1970) is a moment at which the clock stops: nothing later is decided, and the run ends there.
    """

    rules: Path
    database: Path
    feeds: tuple[Feed, ...] = ()
    http: str | None = None
    settings: Settings = field(default_factory=Settings)
    once: bool = False
    until: int | None = None
    #: whose numbers hold; None leaves it to the catalogue
    profile: str | None = None
