"""`clearly feed …`: other systems' files, before they are switched on."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import AsJson, MaybeRules

app = typer.Typer(name="feed", help="Turn other systems' CSV and JSON into events.", no_args_is_help=True)


@app.command("check", epilog="Example: `clearly feed check my-rules/feeds/outages.yaml outages.csv`")
def check(
    mapping: Annotated[Path, typer.Argument(metavar="MAPPING", help="The mapping file.", show_default=False)],
    samples: Annotated[list[Path], typer.Argument(metavar="SAMPLE...", help="Files as the other system writes them; .gz or not.")],
    rules: MaybeRules = None,
    as_json: AsJson = False,
) -> int:
    """Show what comes out of a mapping: events, what is rejected and why, what is left out, and columns that nothing looks at."""
    from streams.cli.mapping import check_feed

    return check_feed(mapping, samples, rules, as_json=as_json)


@app.command("new", epilog="Example: `clearly feed new outages.csv --rules my-rules > my-rules/feeds/outages.yaml`")
def new(
    sample: Annotated[Path, typer.Argument(metavar="SAMPLE", help="A file as the other system writes it; .gz or not.", show_default=False)],
    rules: MaybeRules = None,
) -> int:
    """Draft a mapping from the columns of a file; what cannot be told from them stands as "?" for a person to fill in."""
    from streams.cli.mapping import draft_feed

    return draft_feed(sample, rules)
