"""`clearly run`: options put together for the embedded runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.cli.outcome import Refused
from streams.cli.pairing import paired
from streams.embedded import Feed, Options, run
from streams.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def run_embedded(rules: Path, db: Path, feeds: Sequence[Path], maps: Sequence[str], *, http: str | None, once: bool) -> int:
    """Run until told to stop, and return the exit code."""
    settings = read_settings()
    if isinstance(settings, list):
        raise Refused(settings)
    if not feeds and http is None:
        raise Refused("clearly run: nothing to read; give --feed PATH or --http HOST:PORT")
    mappings = paired(feeds, maps, rules, "the feeds")
    chosen = tuple(Feed(path, mapping) for path, mapping in zip(feeds, mappings, strict=True))
    return run(Options(rules, db, chosen, http, settings, once))
