"""`clearly kafka`: everything about the Kafka runtime, from a broker on this machine to the workers."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="kafka", help="The same engine on Apache Kafka: as many workers as it takes.", no_args_is_help=True, rich_markup_mode="markdown"
)

Folder = Annotated[Path, typer.Option("--dir", metavar="DIR", help="Where the brokers keep everything.")]
HERE = Path(".clearly-kafka")


@app.command("up", epilog="Example: `clearly kafka up`")
def up(
    brokers: Annotated[int, typer.Option("--brokers", metavar="1|3", help="How many brokers.")] = 1,
    folder: Folder = HERE,
    port: Annotated[int, typer.Option("--port", metavar="PORT", help="The port of the first broker, when DIR is new.")] = 9092,
) -> int:
    """Start a real Apache Kafka on this machine, for development and demo: loopback only, no passwords."""
    from streams.cli.kafkabroker import start

    return start(folder, brokers, port)


@app.command("down", epilog="Example: `clearly kafka down`")
def down(
    folder: Folder = HERE,
    remove: Annotated[bool, typer.Option("--remove", help="Remove DIR with everything that the brokers kept, too.")] = False,
) -> int:
    """Stop the brokers that `clearly kafka up` started; what they kept stays."""
    from streams.cli.kafkabroker import stop

    return stop(folder, remove=remove)
