"""`clearly audit …`: the journal proves itself, to whoever runs it and to whoever audits."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import AsJson, Database, MaybeDatabase

app = typer.Typer(name="audit", help="Verify the journal, export it for an auditor, show what to keep elsewhere.", no_args_is_help=True)


@app.command("verify", epilog="Example: `clearly audit verify --db clearly.db --anchor 3f6c…`")
def verify(
    db: MaybeDatabase = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="An export, in place of a database.", show_default=False)
    ] = None,
    anchor: Annotated[
        str | None,
        typer.Option("--anchor", metavar="HASH", help="The hash of a checkpoint that was kept somewhere else.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Find every record that was changed, taken out, put in, moved or cut off, and whatever must hold of a task and does not."""
    from streams.cli.auditing import verify_database, verify_file
    from streams.cli.outcome import Refused

    if (db is None) == (file is None):
        raise Refused("clearly audit verify: say what: --db FILE, or --file FILE for an export")
    if file is not None:
        return verify_file(file, anchor, as_json=as_json)
    assert db is not None
    return verify_database(db, anchor, as_json=as_json)


@app.command("export", epilog="Example: `clearly audit export --db clearly.db --out audit.jsonl --task ec89b2`")
def export(
    db: Database,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Write it here.", show_default=False)],
    tasks: Annotated[
        list[str] | None,
        typer.Option("--task", metavar="TASK", help="Only this one, by its id or a part of it. May be repeated.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Write records, checkpoints and proofs into one file that explains itself, and that is verified without this program."""
    from streams.cli.auditing import export_journal

    return export_journal(db, out, tasks or [], as_json=as_json)


@app.command("roots", epilog="Example: `clearly audit roots --db clearly.db --most 1`")
def roots(
    db: Database,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, help="So many of the newest.")] = 24,
    as_json: AsJson = False,
) -> int:
    """The checkpoints over the journal, newest first, with the hash to keep somewhere else."""
    from streams.cli.auditing import show_roots

    return show_roots(db, most, as_json=as_json)
