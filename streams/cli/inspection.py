"""`clearly inspection …`: what is looked at this time, drawn so that anybody can draw it again."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import AsJson, Maps, MaybeDatabase, MaybeRules

app = typer.Typer(name="inspection", help="Inspections: draws that anybody can repeat.", no_args_is_help=True)

Kind = Annotated[str, typer.Argument(metavar="KIND", help="What is drawn from: connections, complaints or tasks.", show_default=False)]
Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[FILES...]",
        help="Events, a line of JSON each or through a mapping; for tasks, a file of changes. Without --db.",
        show_default=False,
    ),
]


@app.callback()
def inspection() -> None:
    """Inspections: draws that anybody can repeat."""


@app.command(
    "draw", epilog="Example: `clearly inspection draw connections --seed 2026-03 --from 2026-03-01 --to 2026-04-01 --db clearly.db`"
)
def draw(
    kind: Kind,
    seed: Annotated[
        str,
        typer.Option(
            "--seed", metavar="TEXT", help="What decides the draw; best a text that nobody could know before.", show_default=False
        ),
    ],
    files: Files = None,
    rules: MaybeRules = None,
    db: MaybeDatabase = None,
    maps: Maps = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="From here on; without it, from the beginning.", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Before this; without it, to the end.", show_default=False)
    ] = None,
    county: Annotated[int, typer.Option("--per-county", metavar="N", min=0, help="How many in each county.")] = 5,
    city: Annotated[int, typer.Option("--per-city", metavar="N", min=0, help="How many in each city.")] = 5,
    sheet: Annotated[
        Path | None,
        typer.Option("--sheet", metavar="FILE", help="Write a sheet (CSV) for the inspectors to fill in.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Draw cases, complaints or tasks for inspection (抽样督查): the same seed draws the same, for whoever asks."""
    from streams.cli.drawing import Asked, Where, draw_for_inspection

    asked = Asked(kind, seed, since, until, county, city)
    return draw_for_inspection(asked, Where(rules, db, tuple(files or ()), tuple(maps or ())), sheet, as_json=as_json)


@app.command("verify", epilog="Example: `clearly inspection verify draw.json --db clearly.db`")
def verify(
    drawn: Annotated[Path, typer.Argument(metavar="DRAW", help="What `draw --json` wrote.", show_default=False)],
    files: Files = None,
    rules: MaybeRules = None,
    db: MaybeDatabase = None,
    maps: Maps = None,
    as_json: AsJson = False,
) -> int:
    """Draw again, by what a draw says of itself, and say whether the same comes of it. Exit code 1: it does not."""
    from streams.cli.drawing import Where, verify_draw

    return verify_draw(drawn, Where(rules, db, tuple(files or ()), tuple(maps or ())), as_json=as_json)
