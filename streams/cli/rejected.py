"""`clearly rejected …`: records that came in and were no events (dead letters)."""

from typing import Annotated

import typer

from streams.cli.options import AsJson, Database, RulesOption

app = typer.Typer(name="rejected", help="Records that came in and did not fit (dead letters).", no_args_is_help=True)


@app.command("list", epilog="Example: `clearly rejected list --db clearly.db`")
def list_(
    db: Database,
    everything: Annotated[bool, typer.Option("--all", help="Those that were accepted later too.")] = False,
    as_json: AsJson = False,
) -> int:
    """List rejected records: where each stood, why it was rejected, and what would be right."""
    from streams.cli.deadletters import list_rejected

    return list_rejected(db, everything=everything, as_json=as_json)


@app.command("show", epilog="Example: `clearly rejected show 17 --db clearly.db`")
def show(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The record's number in the list.")],
    db: Database,
    as_json: AsJson = False,
) -> int:
    """Show one rejected record with everything that came."""
    from streams.cli.deadletters import show_rejected

    return show_rejected(number, db, as_json=as_json)


@app.command("replay", epilog="Example: `clearly rejected replay --all --db clearly.db --rules my-rules`")
def replay(
    rules: RulesOption,
    db: Database,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="[NUMBER...]", help="Records by their numbers in the list.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every record that is still open.")] = False,
) -> int:
    """Try rejected records again, after the catalogue was put right. `clearly run` must be stopped: one process a database."""
    from streams.cli.deadletters import replay_rejected

    return replay_rejected(rules, db, numbers or [], everything=everything)
