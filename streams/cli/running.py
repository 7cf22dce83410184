"""`clearly run`: options put together for the embedded runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.cli.outcome import Refused
from streams.cli.pairing import paired
from streams.embedded import Feed, Options, run
from streams.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Listening(NamedTuple):
    """How a run goes: where it takes events by HTTP, whether it ends with its feeds, and whose numbers hold."""

    http: str | None = None
    once: bool = False
    profile: str | None = None


def run_embedded(rules: Path, db: Path, feeds: Sequence[Path], maps: Sequence[str], listening: Listening) -> int:
    """Run until told to stop, and return the exit code."""
    settings = read_settings()
    if isinstance(settings, list):
        raise Refused(settings)
    if not feeds and listening.http is None:
        raise Refused("clearly run: nothing to read; give --feed PATH or --http HOST:PORT")
    mappings = paired(feeds, maps, rules, "the feeds")
    chosen = tuple(Feed(path, mapping) for path, mapping in zip(feeds, mappings, strict=True))
    return run(Options(rules, db, chosen, listening.http, settings, listening.once, profile=listening.profile))
