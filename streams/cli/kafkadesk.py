"""Tasks of a Kafka installation at a command line: read from the log for the while of one command, moved by the casework stage."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from streams.cli.outcome import Refused
from streams.lock import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.watching import Past
    from streams.orders import Asked, Told
    from streams.rules import Rules


def read_log(bootstrap: str, database: Path) -> Path:
    """Read everything that was told up to now into a new database, and return it."""
    from streams.cli.kafkasetup import reach
    from streams.kafka.ledger import Ledger

    try:
        Ledger(reach(bootstrap), database).read_up()
    except Unusable as error:
        raise Refused(str(error)) from error
    return database


@contextmanager
def log_of(db: Path | None, bootstrap: str | None) -> Iterator[Path | None]:
    """Give the database that was asked for: a file, one that holds what stands in a log as long as it is used, or none."""
    if bootstrap is None:
        yield db
        return
    if db is not None:
        raise Refused("--db and --bootstrap: give one of the two")
    with TemporaryDirectory() as folder:
        yield read_log(bootstrap, Path(folder) / "log.db")


def past_of(bootstrap: str, rules: Rules, rule: str) -> Past:
    """Return what the log has kept of the events that a rule rests on."""
    from streams.cli.kafkasetup import reach
    from streams.kafka.past import past_of_log

    try:
        return past_of_log(reach(bootstrap), rules, rule)
    except Unusable as error:
        raise Refused(str(error)) from error


def give(bootstrap: str, asked: Sequence[Asked]) -> list[Told]:
    """Have the casework stage carry out commands, and return what came of each."""
    from streams.cli.kafkasetup import reach
    from streams.kafka.asking import ask

    try:
        return ask(reach(bootstrap), asked)
    except Unusable as error:
        raise Refused(str(error)) from error
