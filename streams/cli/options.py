"""Options and arguments that several commands have, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

RulesDir = Annotated[Path, typer.Argument(metavar="DIR", help="The rules folder.", show_default=False)]
RulesOption = Annotated[Path, typer.Option("--rules", metavar="DIR", help="The rules folder.", show_default=False)]
MaybeRules = Annotated[Path | None, typer.Option("--rules", metavar="DIR", help="The rules folder.", show_default=False)]
Database = Annotated[Path, typer.Option("--db", metavar="FILE", help="The database of `clearly run`.", show_default=False)]
MaybeDatabase = Annotated[Path | None, typer.Option("--db", metavar="FILE", help="The database of `clearly run`.", show_default=False)]
MaybeBootstrap = Annotated[
    str | None, typer.Option("--bootstrap", metavar="HOST:PORT", help="The brokers of a Kafka installation.", show_default=False)
]


class Log(NamedTuple):
    """The brokers of a Kafka installation, where a database was asked for."""

    bootstrap: str

    def __str__(self) -> str:
        return self.bootstrap


#: Where tasks are found: in a database, or in a log.
Where = Path | Log


def place(db: Path | None, bootstrap: str | None) -> Where:
    """Return where tasks are found; refuse where that is not said, or twice."""
    from streams.cli.outcome import Refused

    if db is not None and bootstrap is None:
        return db
    if bootstrap is not None and db is None:
        return Log(bootstrap)
    raise Refused("say where the tasks are: --db FILE or --bootstrap HOST:PORT")


AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, for machines.")]
JUnit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write a JUnit report too.", show_default=False)]
Maps = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="MAPPING[=PATH]",
        help="Read PATH (or, without one, everything that has no mapping of its own) through this mapping file. May be repeated.",
        show_default=False,
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="Whose numbers hold: a file of profiles/; else the catalogue says.", show_default=False),
]
