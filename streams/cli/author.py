"""`clearly rules new`, `schema`, `export`, `shadow` and `promote`: what a rule author does beside checking and testing."""

from typing import Annotated

import typer

from streams.cli.options import AsJson, Database, RulesDir, RulesOption
from streams.cli.tasks import Lang, Severity


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("new", epilog="Example: `clearly rules new my-rules`, and answer the questions")(new)
    app.command("schema", epilog="Example: `clearly rules schema my-rules`")(schema)
    app.command("export", epilog="Example: `clearly rules export my-rules --cel`")(export)
    app.command("shadow", epilog="Example: `clearly rules shadow --db clearly.db`")(shadow)
    app.command(
        "promote", epilog='Example: `clearly rules promote long-outage --rules my-rules --db clearly.db --why "looked at every task"`'
    )(promote)


def new(
    folder: RulesDir,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What the rule and its file are called.", show_default=False)
    ] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="中文 / English.", show_default=False)] = None,
    event: Annotated[str | None, typer.Option("--event", metavar="EVENT", help="The event it begins with.", show_default=False)] = None,
    conditions: Annotated[
        list[str] | None, typer.Option("--if", metavar="CONDITION", help="A condition. May be repeated.", show_default=False)
    ] = None,
    same: Annotated[
        list[str] | None,
        typer.Option("--same", metavar="FIELD", help="A field of the key, or nothing. May be repeated.", show_default=False),
    ] = None,
    count: Annotated[
        str | None, typer.Option("--count", metavar="N", help="At least so many: 3, or '3 different customer'.", show_default=False)
    ] = None,
    missing: Annotated[
        str | None, typer.Option("--missing", metavar="EVENT", help="The event that does not come in time.", show_default=False)
    ] = None,
    within: Annotated[str | None, typer.Option("--within", metavar="LENGTH", help="14 days, 3 working days.", show_default=False)] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="How urgent the task is.", show_default=False)] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="ROLE", help="Who has to explain.", show_default=False)] = None,
    due: Annotated[str | None, typer.Option("--due", metavar="LENGTH", help="How long they have.", show_default=False)] = None,
    owner: Annotated[str | None, typer.Option("--owner", metavar="NAME", help="Who answers for the rule.", show_default=False)] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Where its numbers come from.", show_default=False)] = None,
    lang: Annotated[Lang, typer.Option("--lang", help="The language of questions and stories.")] = Lang.both,
) -> int:
    """Write a rule and its first stories: one that fires, near misses, and both sides of the edge. Asks for what no option says."""
    from streams.cli.drafting import draft_rule

    given = {
        "event": event,
        "if": conditions,
        "same": same,
        "count": count,
        "missing": missing,
        "within": within,
        "title": title,
        "name": name,
        "severity": severity.value if severity else None,
        "to": to,
        "due": due,
        "owner": owner,
        "reason": reason,
    }
    return draft_rule(folder, {setting: value for setting, value in given.items() if value}, lang.value)


def schema(folder: RulesDir, as_json: AsJson = False) -> int:
    """Write JSON Schemas of the folder's rule and test files, from its catalogue, calendars, routes and rules, for editors."""
    from streams.cli.schemas import write_schemas

    return write_schemas(folder, as_json=as_json)


def export(
    folder: RulesDir,
    cel: Annotated[bool, typer.Option("--cel", help="Conditions in CEL, the Common Expression Language.")] = False,
    as_json: AsJson = False,
) -> int:
    """Write every rule with its conditions in a language that other programs read."""
    from streams.cli.exporting import export_rules

    return export_rules(folder, cel=cel, as_json=as_json)


def shadow(
    db: Database,
    rules: RulesOption,
    as_json: AsJson = False,
) -> int:
    """What the shadow rules would have asked so far, what live rules asked about the same, and whether they are ready to go live."""
    from streams.cli.promotion import show_shadow

    return show_shadow(db, rules, as_json=as_json)


def promote(
    name: Annotated[str, typer.Argument(metavar="RULE", help="The rule's name.", show_default=False)],
    rules: RulesOption,
    db: Database,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why it may go live; written into the file.", show_default=False)],
    anyway: Annotated[bool, typer.Option("--anyway", help="Even though its criterion is not met.")] = False,
) -> int:
    """Make a shadow rule live: change its status in the file, and write down when and why."""
    from streams.cli.promotion import promote_rule

    return promote_rule(name, rules, db, why, anyway=anyway)
