"""`clearly rules diff`: its arguments and options."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import AsJson, Maps, MaybeDatabase


def register(app: typer.Typer) -> None:
    """Add the command to those on rules."""
    app.command("diff", epilog="Example: `clearly rules diff --db clearly.db my-rules outages.csv`")(diff)


def diff(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="A B [EVENTS...]",
            help="Two rules folders (one with --db, which stands for A), and history to try both on.",
            show_default=False,
        ),
    ],
    db: MaybeDatabase = None,
    maps: Maps = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="With history: compare tasks that open from here on.", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="With history: stop the clock here.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Show on one page what a change of rules is: text, meaning in words, what it does to what is running, and what history comes to."""
    from streams.cli.difference import diff_rules
    from streams.cli.history import Wanted

    return diff_rules(paths, db, Wanted(tuple(maps or ()), since, until), as_json=as_json)
