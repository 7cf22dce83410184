"""`clearly subscription …`: who is told what, by which channel, and what did not get through."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import AsJson, Database
from streams.cli.tasks import Severity

app = typer.Typer(name="subscription", help="Saved subscriptions: who is told of what, by mail, chat or webhook.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The subscription's name.", show_default=False)]


@app.command(
    "add", epilog="Example: `clearly subscription add linxi-l3 --db clearly.db --to wecombot://KEY --owner cao-ying --level 3 --unit linxi`"
)
def add(
    name: Name,
    db: Database,
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="Where messages go: a webhook, or an address of Apprise.", show_default=False)
    ],
    owner: Annotated[
        str, typer.Option("--owner", metavar="PERSON", envvar="CLEARLY_ACTOR", help="Whose subscription it is.", show_default=False)
    ],
    level: Annotated[
        int | None, typer.Option("--level", metavar="N", min=0, max=5, help="Alerts of this rung and above.", show_default=False)
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option("--unit", metavar="UNIT", help="Only of this unit and those below it. May be repeated.", show_default=False),
    ] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only this severity and above.", show_default=False)] = None,
    category: Annotated[
        list[str] | None,
        typer.Option(
            "--category",
            metavar="CATEGORY",
            help="Only what these rules found: a folder of rules such as complaint, or one rule. May be repeated.",
            show_default=False,
        ),
    ] = None,
    topic: Annotated[
        list[str] | None,
        typer.Option(
            "--topic", metavar="TOPIC", help="alert (the default), supervision, digest, kpi. May be repeated.", show_default=False
        ),
    ] = None,
    quiet: Annotated[
        str, typer.Option("--quiet", metavar="HH:MM-HH:MM", help="Hours in which only urgent messages are sent.", show_default=False)
    ] = "",
    expires: Annotated[str, typer.Option("--expires", metavar="DATE", help="The last day on which it holds.", show_default=False)] = "",
    secret: Annotated[
        Path | None,
        typer.Option(
            "--secret-file", metavar="FILE", help="What signs the messages to a webhook; made if none is given.", show_default=False
        ),
    ] = None,
) -> int:
    """Save a subscription, or change the one of that name; it is told what happens from now on."""
    from engine.casework import Subscription
    from streams.cli.subscriptions import add_subscription

    wanted = Subscription(
        name=name,
        to=to,
        owner=owner,
        level=level,
        units=tuple(unit or ()),
        severity=severity.value if severity else "",
        categories=tuple(category or ()),
        topics=tuple(topic or ()),
        quiet=quiet,
        expires=expires,
    )
    return add_subscription(db, wanted, secret)


@app.command("list", epilog="Example: `clearly subscription list --db clearly.db`")
def listed(db: Database, as_json: AsJson = False) -> int:
    """Every subscription: whose it is, what it wants, how many messages got through, and which levels nobody reads."""
    from streams.cli.subscriptions import list_subscriptions

    return list_subscriptions(db, as_json=as_json)


@app.command("remove", epilog="Example: `clearly subscription remove linxi-l3 --db clearly.db`")
def remove(name: Name, db: Database) -> int:
    """Stop a subscription; what still waits for it is not sent."""
    from streams.cli.subscriptions import remove_subscription

    return remove_subscription(db, name)


@app.command("test", epilog="Example: `clearly subscription test linxi-l3 --db clearly.db`")
def test(name: Name, db: Database) -> int:
    """Send a message to a subscriber now, and say whether it got through."""
    from streams.cli.subscriptions import try_subscription

    return try_subscription(db, name)


@app.command("undelivered", epilog="Example: `clearly subscription undelivered --db clearly.db`")
def undelivered(db: Database, as_json: AsJson = False) -> int:
    """Messages that were given up, each with why."""
    from streams.cli.subscriptions import list_undelivered

    return list_undelivered(db, as_json=as_json)


@app.command("replay", epilog="Example: `clearly subscription replay --all --db clearly.db`")
def replay(
    db: Database,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="NUMBER...", help="Which ones; `undelivered` shows the numbers.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every message that was given up.")] = False,
) -> int:
    """Have messages that were given up tried again by the process that runs."""
    from streams.cli.subscriptions import replay_undelivered

    return replay_undelivered(db, numbers or [], everything=everything)
