"""`clearly unit …`: how a unit and its supervisors did."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import AsJson, Database

app = typer.Typer(name="unit", help="Units: how they and their supervisors did.", no_args_is_help=True)


@app.callback()
def unit() -> None:
    """Units: how they and their supervisors did."""


@app.command("scorecard", epilog="Example: `clearly unit scorecard linxi --month 2026-03 --db clearly.db`")
def scorecard(
    name: Annotated[str, typer.Argument(metavar="UNIT", help="The unit, with everything below it.", show_default=False)],
    db: Database,
    month: Annotated[str, typer.Option("--month", metavar="YYYY-MM", help="Which month.", show_default=False)],
    customers: Annotated[
        int | None, typer.Option("--customers", metavar="N", min=1, help="How many customers the unit has.", show_default=False)
    ] = None,
    complaints: Annotated[
        int | None, typer.Option("--complaints", metavar="N", min=1, help="How many complaints it had in that month.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> int:
    """On time, accepted at once, come back, appeals upheld, hours in each state; its supervisors by the same measure."""
    from streams.cli.scorecard import Asked, show_scorecard

    return show_scorecard(Path(db), Asked(name, month, customers, complaints), as_json=as_json)
