"""`clearly kafka setup`: topics made and checked, rights printed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.text import Text

from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.screen import console
from streams.kafka.acl import commands
from streams.kafka.connection import connection_to
from streams.kafka.setup import set_up as make_topics
from streams.lock import Unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.kafka.connection import Connection
    from streams.kafka.setup import Plan


def reach(bootstrap: str) -> Connection:
    """Return the connection that was asked for, or end the command saying why not."""
    try:
        return connection_to(bootstrap)
    except Unusable as error:
        raise Refused(str(error).splitlines()) from error


def set_up(bootstrap: str, feeds: Sequence[str], partitions: int, *, dry_run: bool) -> int:
    """Make the topics or say what would be made; return 1 where something is wrong that cannot be mended from here."""
    connection = reach(bootstrap)
    try:
        plan = make_topics(connection, feeds, partitions, dry_run=dry_run)
    except Unusable as error:
        raise Refused(str(error)) from error
    show(plan, dry_run=dry_run)
    return FINE if plan.is_right else FINDINGS


def show(plan: Plan, *, dry_run: bool) -> None:
    """Print what differed, and what became of it."""
    screen = console()
    for step in plan.steps:
        mark = "wrong" if step.is_wrong else "to do" if dry_run else "done"
        style = {"wrong": "red", "to do": "yellow", "done": "green"}[mark]
        screen.print(Text.assemble((f"{mark:<6}", style), (step.topic, "bold"), f"  {step.what}"), soft_wrap=True)
        if step.why:
            screen.print(Text(f"      {step.why}", style="dim"), soft_wrap=True)
    if not plan.steps:
        screen.print(Text("everything is as it should be 一切正常", style="green"))


def print_rights(bootstrap: str, feeds: Sequence[str]) -> int:
    """Print the commands that give each stage what it needs, and nothing else."""
    connection = reach(bootstrap)
    for line in commands(connection.names, feeds or [connection.names.feed], bootstrap):
        sys.stdout.write(line + "\n")
    return FINE
