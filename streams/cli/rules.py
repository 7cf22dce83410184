"""`clearly rules …`: check, test and backtest rule files."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli import author, ruleasking, rulechanging, rulekeeping, ruleprofiles
from streams.cli.options import AsJson, JUnit, Maps, ProfileOption, RulesDir, RulesOption

app = typer.Typer(name="rules", help="Check, test and backtest rule files.", no_args_is_help=True)
ruleasking.register(app)
rulechanging.register(app)
rulekeeping.register(app)
SAY_WHEN = "a date (2026-03-01) or a time (2026-03-01T08:00); the catalogue's time zone holds"


@app.command("check", epilog="Example: `clearly rules check my-rules`")
def check(
    folder: RulesDir,
    as_json: AsJson = False,
    junit: JUnit = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Judge review dates as of this date instead of today.", show_default=False)
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Check again whenever a file changes.")] = False,
    profile: ProfileOption = None,
) -> int:
    """Find every mistake in every file of a rules folder, one line each: file, line, column, and what would be right."""
    from streams.cli.checking import Judged, check_rules

    return check_rules(folder, Judged(as_of, profile), as_json=as_json, junit=junit, watch=watch)


@app.command("test", epilog="Example: `clearly rules test my-rules --rule long-outage`")
def rehearse(
    folder: RulesDir,
    rule: Annotated[
        list[str] | None, typer.Option("--rule", metavar="NAME", help="Only this rule. May be repeated.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    junit: JUnit = None,
    profile: ProfileOption = None,
) -> int:
    """Run the stories beside the rules three ways: straight, restarted after every event, and arriving in other orders."""
    from streams.cli.testing import test_rules

    return test_rules(folder, rule or [], as_json=as_json, junit=junit, profile=profile)


@app.command("backtest", epilog="Example: `clearly rules backtest --rules my-rules --map outages.yaml --out TASKS.jsonl outages.csv`")
def backtest(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="EVENTS...", help="JSON Lines, or anything that a mapping reads; .gz or not; - is standard input."),
    ],
    rules: RulesOption,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where the changes go, a line of JSON each, with what explains it.", show_default=False),
    ] = None,
    maps: Maps = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help=f"Tell tasks that open from here on: {SAY_WHEN}.", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Stop the clock here; without it, at the last event.", show_default=False)
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            "--compare", metavar="DIR", help="Compare with this rules folder: what becomes different with it.", show_default=False
        ),
    ] = None,
    capacity: Annotated[
        int | None,
        typer.Option("--capacity", metavar="N", min=0, help="With --compare: tasks that one unit can handle a day.", show_default=False),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="With --compare: write a report with pictures, one file of HTML.", show_default=False),
    ] = None,
    processes: Annotated[
        int, typer.Option("--processes", metavar="N", min=0, help="Judge a long history in N processes; 0: one on each core.")
    ] = 0,
    as_json: AsJson = False,
    profile: ProfileOption = None,
) -> int:
    """Run history through the engine and show what the rules would have found. Ctrl-C keeps what was found so far."""
    from streams.cli.comparison import Asked, compare_rules
    from streams.cli.history import Wanted, backtest_rules
    from streams.cli.outcome import Refused

    wanted = Wanted(tuple(maps or ()), since, until, profile, processes)
    if compare is not None:
        return compare_rules(files, (rules, compare), wanted, Asked(out, html, capacity, as_json))
    if capacity is not None or html is not None:
        raise Refused("--capacity and --html go with --compare DIR; add it")
    return backtest_rules(files, rules, out, wanted, as_json=as_json)


@app.command("weak-spots", epilog="Example: `clearly rules weak-spots my-rules --at-least 95`")
def weak_spots(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The rules folder; `rules` where nothing is said.", show_default=False)
    ] = Path("rules"),
    rule: Annotated[
        list[str] | None, typer.Option("--rule", metavar="NAME", help="Only this rule. May be repeated.", show_default=False)
    ] = None,
    at_least: Annotated[
        float | None,
        typer.Option(
            "--at-least", metavar="PERCENT", min=0, max=100, help="End with 1 where fewer changes are noticed.", show_default=False
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Show every hole and every story, not only the worst.")] = False,
    fresh: Annotated[bool, typer.Option("--no-cache", help="Try everything again, and keep nothing.")] = False,
    as_json: AsJson = False,
    profile: ProfileOption = None,
) -> int:
    """Change one number, word or field of each rule at a time, and list what no story notices, with the story that would."""
    from streams.cli.weakspots import Asked, find_weak_spots

    return find_weak_spots(folder, rule or [], Asked(at_least, every, fresh, as_json, profile))


author.register(app)
app.add_typer(ruleprofiles.app)
