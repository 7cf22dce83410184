"""`clearly rules profile …`: the same rules with other numbers."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import AsJson

app = typer.Typer(name="profile", help="The same rules with other numbers: what stands in profiles/.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(metavar="[DIR]", help="The rules folder; `rules` where nothing is said.", show_default=False)]


@app.command("list", epilog="Example: `clearly rules profile list my-rules`")
def listed(folder: Folder = Path("rules"), as_json: AsJson = False) -> int:
    """Show every profile with its title, its reason, and how many rules it changes or switches off."""
    from streams.cli.profiles import show_profiles

    return show_profiles(folder, as_json=as_json)


@app.command("diff", epilog="Example: `clearly rules profile diff state-grid-2009 state-grid-2023 my-rules`")
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A profile, or `none` for the numbers of the rule files.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    folder: Folder = Path("rules"),
    as_json: AsJson = False,
) -> int:
    """Show what changes from one profile to another: each rule in words, before and after."""
    from streams.cli.profiles import compare_profiles

    return compare_profiles(folder, before, after, as_json=as_json)
