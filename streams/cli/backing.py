"""`clearly backup`: a copy of a running database."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from streams import clock
from streams.backup import back_up
from streams.cli.outcome import FINE, Refused
from streams.cli.screen import both
from streams.lock import Unusable

if TYPE_CHECKING:
    from pathlib import Path


def write_backup(db: Path, to: Path, *, as_json: bool) -> int:
    """Make a backup, say where it is, and return the exit code."""
    try:
        made = back_up(db, to, clock.moment(clock.now()))
    except Unusable as error:
        raise Refused(str(error)) from error
    told = {"path": str(made.path), "bytes": made.size, "changes": made.changes}
    if made.mailroom is not None:
        told["mailroom"] = str(made.mailroom)
    beside = "" if made.mailroom is None else f"; {both('backup.mailroom')} {made.mailroom}"
    said = f"{made.path}: {made.size:,} bytes, changes up to {made.changes:,}, looked over and whole 已备份并校验{beside}"
    sys.stdout.write((json.dumps(told, ensure_ascii=False) if as_json else said) + "\n")
    return FINE
