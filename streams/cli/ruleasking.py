"""`clearly rules explain`: questions to one rule."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import AsJson, Maps, MaybeBootstrap, MaybeDatabase, MaybeRules, ProfileOption
from streams.cli.tasks import Lang


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("explain", epilog="Example: `clearly rules explain long-outage --event O-1 --db clearly.db`")(explain)


def explain(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule's name.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="EVENTS...", help="Files of history, as `rules backtest` reads them, instead of a database.", show_default=False
        ),
    ] = None,
    event: Annotated[str | None, typer.Option("--event", metavar="ID", help="Ask about this event.", show_default=False)] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="FIELD=VALUE", help="Ask about this key; once for each field of it.", show_default=False),
    ] = None,
    task: Annotated[
        str | None, typer.Option("--task", metavar="ID", help="Ask about the event that opened this task.", show_default=False)
    ] = None,
    db: MaybeDatabase = None,
    bootstrap: MaybeBootstrap = None,
    rules: MaybeRules = None,
    maps: Maps = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="With files: ask as of this time; without it, as of the last event.")
    ] = None,
    profile: ProfileOption = None,
    as_json: AsJson = False,
    lang: Annotated[Lang, typer.Option("--lang", help="The language of the answer.")] = Lang.both,
) -> int:
    """Why a rule fired, or did not: every condition, what was looked for and found, what was nearest, and what would change it."""
    from streams.cli.question import Question, Where, ask

    question = Question(rule, event, tuple(key or ()), task)
    where = Where(db, rules, tuple(files or ()), tuple(maps or ()), until, profile, bootstrap)
    return ask(question, where, as_json=as_json, lang=lang.value)
