"""`clearly rules status`, `owners` and `stale`: rules as those look after them who own them."""

from typing import Annotated

import typer

from streams.cli.options import AsJson, Database, MaybeDatabase, MaybeRules


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("status", epilog="Example: `clearly rules status --db clearly.db`")(status)
    app.command("owners", epilog="Example: `clearly rules owners --rules my-rules`")(owners)
    app.command("stale", epilog="Example: `clearly rules stale --db clearly.db`")(stale)


def status(db: Database, as_json: AsJson = False) -> int:
    """How far each rule is: version, watermark, what it keeps, deadlines that wait, last task, events without a key or too late."""
    from streams.cli.keeping import show_status

    return show_status(db, as_json=as_json)


def owners(db: MaybeDatabase = None, rules: MaybeRules = None, as_json: AsJson = False) -> int:
    """Whose rules these are, with status, review date and, of a database, the tasks that stand."""
    from streams.cli.keeping import show_owners

    return show_owners(db, rules, as_json=as_json)


def stale(
    db: Database,
    rules: MaybeRules = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Judge review dates as of this date instead of today.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Rules that never told a task, that always open together with another one, or whose review date has passed."""
    from streams.cli.keeping import show_stale

    return show_stale(db, rules, as_of=as_of, as_json=as_json)
