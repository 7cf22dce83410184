"""`clearly init`, `rehearse`, `run`, `status`, `backup` and `version`: setting up and running."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import AsJson, Database, JUnit, Maps, MaybeBootstrap, MaybeDatabase, ProfileOption, RulesOption


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("init", epilog="Example: `clearly init my-rules`")(init)
    app.command("rehearse", epilog="Example: `clearly rehearse --rules my-rules stories/typhoon.story.yaml`")(rehearse)
    app.command("run", epilog="Example: `clearly run --rules my-rules --db clearly.db --feed incoming/ --http 127.0.0.1:8080`")(run)
    app.command("status", epilog="Example: `clearly status --db clearly.db`")(status)
    app.command("backup", epilog="Example: `clearly backup --db clearly.db --to backups/`")(backup)
    app.command("version", epilog="Example: `clearly version`")(version)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet, or is empty.", show_default=False)],
) -> int:
    """Make a new rules folder: catalogue, calendar, routes, one rule and its tests."""
    from streams.cli.beginning import begin

    return begin(folder)


def rehearse(
    rules: RulesOption,
    stories: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[STORY]...", help="Stories; all of DIR/stories/ where none is named.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    junit: JUnit = None,
    journal: Annotated[bool, typer.Option("--journal", help="Show everything that happened, an entry a line.")] = False,
) -> int:
    """Rehearse whole stories with a simulated clock: events, commands, and what must be so at any moment. Months pass at once."""
    from streams.cli.rehearsing import Wish, rehearse_stories

    return rehearse_stories(stories or [], rules, Wish(as_json, junit, journal))


def run(
    rules: RulesOption,
    db: Database,
    feed: Annotated[
        list[Path] | None,
        typer.Option("--feed", metavar="PATH", help="A file, a folder that is being filled, or - . May be repeated.", show_default=False),
    ] = None,
    maps: Maps = None,
    http: Annotated[
        str | None,
        typer.Option(
            "--http", metavar="HOST:PORT", help="Take events by POST /events. Beyond this machine it asks for a token.", show_default=False
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Read every feed to its end, decide what is due, and stop.")] = False,
    profile: ProfileOption = None,
) -> int:
    """Run the rules: events in from feeds and HTTP, tasks out to the database. Stop it with Ctrl-C; it goes on where it was."""
    from streams.cli.running import Listening, run_embedded

    return run_embedded(rules, db, feed or [], maps or [], Listening(http, once, profile))


def status(db: MaybeDatabase = None, bootstrap: MaybeBootstrap = None, as_json: AsJson = False) -> int:
    """Show how far everything is: each rule's watermark, state and waiting deadlines; each source's events, late and rejected."""
    from streams.cli.outcome import Refused

    if (db is None) == (bootstrap is None):
        raise Refused("clearly status: say of what: --db FILE or --bootstrap HOST:PORT")
    if db is None:
        from streams.cli.kafkastanding import show_standing

        return show_standing(bootstrap or "", as_json=as_json)
    from streams.cli.standing import show_status

    return show_status(db, as_json=as_json)


def backup(
    db: Database,
    to: Annotated[
        Path, typer.Option("--to", metavar="PATH", help="A new file, or a folder for one named after the moment.", show_default=False)
    ],
    as_json: AsJson = False,
) -> int:
    """Copy a database as it stands at one moment, also while it is written to, and look the copy over."""
    from streams.cli.backing import write_backup

    return write_backup(db, to, as_json=as_json)


def version(as_json: AsJson = False) -> int:
    """Say which version this is."""
    import json
    import platform
    from importlib.metadata import version as version_of

    found = {"explain-clearly": version_of("explain-clearly"), "python": platform.python_version()}
    typer.echo(json.dumps(found) if as_json else f"explain-clearly {found['explain-clearly']} (Python {found['python']})")
    return 0
