"""`clearly events …`: what can happen."""

from typing import Annotated

import typer

from streams.cli.options import MaybeRules

app = typer.Typer(name="events", help="The events of the catalogue.", no_args_is_help=True)


@app.callback()
def events() -> None:
    """The events of the catalogue."""


@app.command("schema", epilog="Example: `clearly events schema --rules my-rules > events.schema.json`")
def schema(
    rules: MaybeRules = None,
    type_: Annotated[str | None, typer.Option("--type", metavar="NAME", help="Only this event type.", show_default=False)] = None,
) -> int:
    """Write the JSON Schema of the events that a rules folder knows, for whoever sends them."""
    from streams.cli.catalogue import write_schema

    return write_schema(rules, type_)


@app.command("asyncapi", epilog="Example: `clearly events asyncapi --rules my-rules > asyncapi.yaml`")
def asyncapi(rules: MaybeRules = None) -> int:
    """Write every event, topic and message as an AsyncAPI 3 document, for whoever connects other systems."""
    from streams.cli.catalogue import write_asyncapi

    return write_asyncapi(rules)
