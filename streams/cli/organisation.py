"""`clearly organisation …`: people and units."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import AsJson, RulesOption

app = typer.Typer(name="organisation", help="People and units.", no_args_is_help=True)


@app.callback()
def organisation() -> None:
    """People and units."""


@app.command("import", epilog="Example: `clearly organisation import staff.csv --rules my-rules --since 2026-07-01`")
def take_over(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The export of the personnel system.", show_default=False)],
    rules: RulesOption,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DATE", help="From when on what has changed in it holds.", show_default=False),
    ] = None,
    complete: Annotated[bool, typer.Option("--complete", help="Who is not in the file is gone from --since on.")] = False,
    columns: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="NAME=COLUMN", help="What a column of the file is called. May be repeated.", show_default=False),
    ] = None,
    encoding: Annotated[
        str, typer.Option("--encoding", help="How the file is written; exports of older systems are often gb18030.")
    ] = "utf-8",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and write nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    """Take an export of people and units over into organisation.csv: all of it, or with any mistake nothing."""
    from streams.cli.importing import Export, import_organisation

    return import_organisation(Export(file, encoding, since, complete, tuple(columns or ())), rules, dry_run=dry_run, as_json=as_json)
