"""`clearly kafka up` and `down`: a broker on this machine."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from streams.cli.outcome import FINE, Refused
from streams.kafka.broker import found, set_up
from streams.lock import Unusable

if TYPE_CHECKING:
    from pathlib import Path


def start(folder: Path, brokers: int, port: int) -> int:
    """Start the brokers of a folder, and print the address that every other command takes as --bootstrap."""
    if brokers not in {1, 3}:
        raise Refused("clearly kafka up: --brokers is 1 or 3; with 2, neither could do without the other")
    try:
        here = set_up(folder, brokers, port)
        here.start()
    except Unusable as error:
        raise Refused(str(error).splitlines()) from error
    sys.stdout.write(f"{here.cluster.bootstrap}\n")
    return FINE


def stop(folder: Path, *, remove: bool) -> int:
    """Stop the brokers of a folder."""
    try:
        count = found(folder).stop()
    except Unusable as error:
        raise Refused(str(error)) from error
    if remove:
        shutil.rmtree(folder)
    sys.stderr.write(f"{count} stopped{f', {folder} removed' if remove else ''}\n")
    return FINE
