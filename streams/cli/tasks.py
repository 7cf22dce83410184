"""`clearly explain` and `tail`: what was published."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import AsJson, MaybeBootstrap, MaybeDatabase, MaybeRules


class Lang(StrEnum):
    """In which language supervisors read."""

    zh = "zh"
    en = "en"
    both = "both"


class Severity(StrEnum):
    """How urgent a task is, from least to most."""

    info = "info"
    minor = "minor"
    major = "major"
    serious = "serious"
    critical = "critical"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("explain", epilog="Example: `clearly explain repeated-outage-3f2a9c41d0be --tasks TASKS.jsonl`")(explain)
    app.command("tail", epilog="Example: `clearly tail --db clearly.db --follow --severity major`")(tail)


def explain(
    task_id: Annotated[str, typer.Argument(metavar="TASK_ID", help="The task's id, or a part of it that no other has.")],
    tasks: Annotated[
        Path | None, typer.Option("--tasks", metavar="FILE", help="What `rules backtest --out` or `tail` wrote.", show_default=False)
    ] = None,
    db: MaybeDatabase = None,
    bootstrap: MaybeBootstrap = None,
    rules: MaybeRules = None,
    as_json: AsJson = False,
    lang: Annotated[Lang, typer.Option("--lang", help="The language of the explanation.")] = Lang.both,
) -> int:
    """Why a task exists: the rule in words, the events that counted, what did not count and why, and what was said since."""
    from streams.cli.explanation import explain_task
    from streams.cli.kafkadesk import log_of

    with log_of(db, bootstrap) as here:
        return explain_task(task_id, tasks, here, rules, as_json=as_json, lang=lang.value)


class Status(StrEnum):
    """The status of the rule that found something."""

    shadow = "shadow"
    live = "live"


def tail(
    db: MaybeDatabase = None,
    bootstrap: MaybeBootstrap = None,
    topic: Annotated[
        str, typer.Option("--topic", metavar="TOPIC", help="What to read; `alert.l3+` is a level and all above it.")
    ] = "findings",
    after: Annotated[
        int | None, typer.Option("--from", metavar="POSITION", help="Begin behind this position; 0 is the very beginning.")
    ] = 0,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
    rule: Annotated[
        list[str] | None, typer.Option("--rule", metavar="NAME", help="Only this rule. May be repeated.", show_default=False)
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option("--unit", metavar="UNIT", help="Only this unit and those below it. May be repeated.", show_default=False),
    ] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only this severity and above.", show_default=False)] = None,
    status: Annotated[
        list[Status] | None, typer.Option("--status", help="Of findings: only of live, or of shadow rules.", show_default=False)
    ] = None,
    level: Annotated[
        int | None, typer.Option("--level", metavar="N", min=0, max=5, help="Only on this rung and above.", show_default=False)
    ] = None,
    cloudevents: Annotated[bool, typer.Option("--cloudevents", help="Write CloudEvents 1.0, with ids that a restart repeats.")] = False,
    positions: Annotated[
        bool, typer.Option("--positions", help="Begin each line with its position and a tab, to go on from there.")
    ] = False,
) -> int:
    """Write the records of a topic to standard output, a line of JSON each, from any position on."""
    from streams.cli.outcome import Refused
    from streams.cli.tail import Wanted, Written, tail_topic

    if (db is None) == (bootstrap is None):
        raise Refused("clearly tail: say where the changes are: --db FILE or --bootstrap HOST:PORT")
    if bootstrap is not None and after:
        raise Refused("clearly tail: --from goes with --db; the log of Kafka has a position for each partition")
    least = list(Severity).index(severity) if severity else 0
    severities = frozenset(one.value for one in list(Severity)[least:])
    statuses = frozenset(one.value for one in status or ())
    wanted = Wanted(topic, frozenset(rule or ()), frozenset(unit or ()), severities, statuses, level)
    written = Written(positions, cloudevents)
    if db is not None:
        return tail_topic(db, after or 0, wanted, written, follow=follow)
    from streams.cli.kafkatail import tail_log

    return tail_log(bootstrap or "", wanted, written, follow=follow)
